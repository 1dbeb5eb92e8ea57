"""Searches whose targets are neither classes nor labels nor numbers, to the winner's own file."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    jaccard_score,
    mean_absolute_error,
    r2_score,
    roc_auc_score,
)

from search import Budget, Finals, Int, Study, arrays
from search.app.predict import new_rows_of, predict
from search.report.content import Page, page_of
from search.report.material import Material
from search.store.model_file import model_at
from search.store.run import load_run
from search.study.errors import RunError
from search.training.model_outputs import as_losses_take
from search.training.target_forms import given_as
from tests.forms import long_but
from tests.playing import Played, play
from tests.training.custom_jobs import jobs

pytestmark = pytest.mark.keras
NO_CONSTANT = {"vae"}
"""Of which there is no model that gives the same for each row."""
DRAWN = {"vae": 0.2}
"""Models that draw random numbers as they are measured, and how much of a loss that changes."""


@pytest.mark.parametrize(
    "name",
    long_but(
        ["rows of numbers, themselves", "vae"],
        {name: name for name in jobs()},
    ),
)
def test_the_held_out_figure_is_what_keras_measures_of_the_file(name: str, tmp_path: Path) -> None:
    import keras

    job = jobs()[name]
    finalists = 2 if name == "two outputs" else 1
    study = Study(
        data=arrays(job.x, job.y, task=job.task),
        model=job.build,
        space={"units": Int(4, 8)},
        budget=Budget(trials=finalists, epochs=2),
        finals=Finals(top=finalists, seeds=1),
        pruner="none",
    )
    played = play(study, tmp_path)
    answer, rows = played.answer, played.parts.held_out
    told = answer.headline.judged
    assert not answer.no_model, answer.no_model
    model = keras.saving.load_model(played.path / "finals" / "winner.keras")
    y = given_as(as_losses_take(model, rows.y))
    x: Any = rows.x if isinstance(rows.x, np.ndarray) else rows.x.nested
    measured = model.evaluate(x, y, batch_size=1024, verbose=0, return_dict=True)
    assert told.value == pytest.approx(measured["loss"], rel=DRAWN.get(name, 1e-5))
    of_all = {of.measure: of.value for of in answer.measures}
    if name not in DRAWN:
        assert of_all == pytest.approx(measured, rel=1e-5)
    assert told.interval is not None
    assert told.interval.low < told.value < told.interval.high
    assert [y.name for y in answer.yardsticks] == [] if name in NO_CONSTANT else ["constant"]
    assert all(y.against is not None for y in answer.yardsticks)
    assert all(finalist.tied is not None for finalist in answer.finalists)
    page = page_of(Material.of(load_run(played.path)))
    assert told.measure in page.verdict[0]
    if name in SHOWN:
        SHOWN[name](page, played)
    else:
        assert not [section for section in page.sections if section.name.startswith("output")]


def _of_logits(units: int) -> Any:
    import keras

    rows = keras.Input((4,))
    hidden = keras.layers.Dense(units, "relu")(rows)
    outputs = {"kind": keras.layers.Dense(3)(hidden), "yes": keras.layers.Dense(1)(hidden)}
    model = keras.Model(rows, outputs)
    of_classes = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    binary = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile("adam", {"kind": of_classes, "yes": binary})
    return model


@pytest.mark.long  # in short by test_outputs.py
def test_logits_are_probabilities_on_the_page_and_in_predict(tmp_path: Path) -> None:
    import keras

    x = np.random.default_rng(0).normal(size=(120, 4)).astype("float32")
    y = {"kind": np.digitize(x[:, 1], [-0.5, 0.5]), "yes": (x[:, 0] > 0).astype(int)}
    study = Study(
        data=arrays(x, y),
        model=_of_logits,
        space={"units": Int(4, 8)},
        budget=Budget(trials=1, epochs=2),
        finals=Finals(top=1, seeds=1),
    )
    played = play(study, tmp_path)
    rows = played.parts.held_out
    said, page = _said(played.path, rows), page_of(Material.of(load_run(played.path)))
    kind = np.asarray(keras.ops.softmax(said["kind"]))
    yes = np.asarray(keras.ops.sigmoid(said["yes"]))
    told = _text(page, "output-0")
    loss = -np.log(kind[np.arange(len(kind)), rows.y.leaves["kind",]]).mean()
    assert f" | {loss:.4f} | " in told
    area = roc_auc_score(rows.y.leaves["yes",], yes[:, 0])
    assert f"AUC {area:.3f}" in _text(page, "output-1")
    assert "output “kind” gives logits" in _text(page, "winner")
    file = model_at(played.path)
    found = predict(file, new_rows_of(file, rows.x)).arrays
    assert found is not None
    np.testing.assert_allclose(found.leaves["kind",], kind, atol=1e-5)
    np.testing.assert_allclose(found.leaves["yes",], yes, atol=1e-5)


def _said(path: Path, rows: Any) -> Any:
    """What the winner's file gives of held-out rows, by plain Keras."""
    import keras

    model = keras.saving.load_model(path / "finals" / "winner.keras", compile=False)
    x = rows.x if isinstance(rows.x, np.ndarray) else rows.x.nested
    return keras.tree.map_structure(np.asarray, model(x, training=False))


def _text(page: Page, name: str) -> str:
    """All that is told in a section: sentences, tables and matrices."""
    (section,) = (section for section in page.sections if section.name == name)
    tables = [*section.overview, *section.tables]
    cells = [" | ".join(map(str, row)) for table in tables for row in table.rows]
    counts = [" ".join(cell.count for cell in row) for m in section.matrices for _, row in m.rows]
    drawn = [figure.says for figure in section.figures]
    told = [section.title, section.finding, *section.text, *(t.caption for t in tables)]
    return "\n".join([*told, *cells, *counts, *drawn])


def _check_masks(page: Page, played: Played) -> None:
    said, y = _said(played.path, played.parts.held_out)[..., 0] >= 0.5, played.parts.held_out.y
    train = played.parts.train.y.mean(axis=0) >= 0.5
    each = [jaccard_score((y == c).ravel(), (said == c).ravel()) for c in (0, 1)]
    told = _text(page, "output-0")
    assert _near(told, "Held-out mean IoU ", np.mean(each))
    constant = np.broadcast_to(train, y.shape)
    of_constant = [jaccard_score((y == c).ravel(), (constant == c).ravel()) for c in (0, 1)]
    assert f"gets {np.mean(of_constant):.3f}." in told
    assert _near(told, "accuracy by pixel ", np.mean(said == y))
    assert _near(told, "0 | ", each[0])
    for line in confusion_matrix(y.ravel(), said.ravel()):
        assert " ".join(f"{count:,}" for count in line) in told
    assert "the worst row, the median and the best" in told


def _near(told: str, before: str, value: float) -> bool:
    """Whether this value, rounded to the digits that are told, stands after these words."""
    found = re.search(re.escape(before) + r"(-?\d+\.\d+)", told)
    assert found is not None, before
    return abs(float(found[1]) - value) <= 0.51 * 10.0 ** -len(found[1].partition(".")[2])


def _check_two(page: Page, played: Played) -> None:
    said, y = _said(played.path, played.parts.held_out), played.parts.held_out.y.leaves
    told, price = _text(page, "output-0"), y[("price",)].ravel()
    assert "Output “price”" in told
    error, train = mean_absolute_error(price, said["price"][:, 0]), played.parts.train.y
    assert _near(told, "Held-out MAE ", error)
    median = np.median(train.leaves[("price",)])
    assert _near(told, "median, for each row) gets ", np.abs(price - median).mean())
    assert _near(told, "price | ", r2_score(price, said["price"][:, 0]))
    row = re.search(r"price \| [^|]+ \| [^|]+ \| [\d.]+", told)
    assert row is not None
    assert _near(row[0], row[0].rpartition(" ")[0] + " ", error)
    told, kind = _text(page, "output-1"), y[("kind",)].ravel()
    codes = said["kind"].argmax(axis=1)
    assert _near(told, "Held-out accuracy ", accuracy_score(kind, codes))
    area = roc_auc_score(kind, said["kind"], multi_class="ovr")
    assert f"Output “kind”: ROC and precision–recall on held-out data: AUC {area:.3f}" in told
    assert _near(told, "winner | ", accuracy_score(kind, codes))
    assert f" | {-np.log(said['kind'][np.arange(len(kind)), kind]).mean():.4f} | " in told
    for line in confusion_matrix(kind, codes, labels=[0, 1, 2]):
        assert " ".join(map(str, line)) in told
    assert "hardest held-out examples" in told


def _check_autoencoder(page: Page, played: Played) -> None:
    x: Any = played.parts.held_out.x
    train: Any = played.parts.train.x
    errors = np.square(_said(played.path, played.parts.held_out) - x)
    errors = errors.reshape(len(x), -1).mean(axis=1)
    told, mean = _text(page, "output-0"), train.mean(axis=0)
    assert _near(told, "Held-out reconstruction error (MSE) ", errors.mean())
    assert _near(told, "over the training rows) has ", np.square(x - mean).mean())
    assert f"an MSE below {np.median(errors):.4g}, " in told
    number = played.parts.numbers[-1][errors.argmax()] + 1
    assert f"{number} | {errors.max():.4g} | " in told


def _check_tags(page: Page, played: Played) -> None:
    said, y = _said(played.path, played.parts.held_out).argmax(axis=-1), played.parts.held_out.y
    told = _text(page, "output-0")
    assert _near(told, "Held-out accuracy by step ", np.mean(said == y))
    assert f"All steps are right in {(said == y).all(axis=1).sum()} of {len(y)} rows" in told
    (section,) = (section for section in page.sections if section.name == "output-0")
    (by_step,) = (figure for figure in section.figures if figure.name.endswith("by-step"))
    for step, right in enumerate((said == y).sum(axis=0).tolist(), start=1):
        assert f"{step},{right},{len(y)}," in unquote(by_step.csv)


SHOWN = {
    "masks": _check_masks,
    "two outputs": _check_two,
    "autoencoder": _check_autoencoder,
    "rows of numbers, themselves": _check_autoencoder,
    "tags": _check_tags,
}
"""Jobs → what their outputs' sections have to say."""


def test_what_only_a_loop_measures_is_trained_again_and_not_judged(tmp_path: Path) -> None:
    """Such as without targets, where `build` compiles a loss that takes some."""
    x = np.random.default_rng(0).normal(size=(60, 4)).astype("float32")

    def build(units: int) -> Any:
        import keras

        layers = keras.layers
        model = keras.Sequential([keras.Input((4,)), layers.Dense(units), layers.Dense(4)])
        model.compile("adam", "mse")
        return model

    def loop(model: Any, train: Any, validation: Any, epochs: int, callbacks: Any) -> None:
        del train
        for epoch in range(epochs):
            apart = np.asarray(model(validation.x)) - validation.x
            callbacks.on_epoch_end(epoch, {"val_mine": float(np.square(apart).mean())})

    study = Study(
        data=arrays(x),
        model=build,
        fit=loop,
        space={"units": Int(4, 8)},
        objective="val_mine",
        direction="minimize",
        budget=Budget(trials=1, epochs=2),
        finals=Finals(top=1, seeds=1),
    )
    with pytest.raises(RunError, match="judged: the model, as build compiles it, cannot measure"):
        play(study, tmp_path)
