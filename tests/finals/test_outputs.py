"""Whatever loss and output a model has: page, file and `search predict` say the same of its rows.

Each model is searched for, judged and exported; its file is then loaded by plain Keras, and what
its numbers mean is computed by hand.
"""

import csv
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, hinge_loss, log_loss

from search import Budget, Int, Study, arrays
from search import Finals as Settings
from search.store.run import load_run
from tests.forms import long_but
from tests.playing import play

pytestmark = pytest.mark.keras

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(240, 4)).astype(np.float32)
NOISE = 0.4 * GENERATOR.normal(size=240)
TWO = (X[:, 0] + NOISE > 0.3).astype(int)
THREE = np.digitize(X[:, 1] + NOISE, [-0.4, 0.5])
LABELS = np.column_stack([X[:, 0] > 0, X[:, 1] > 0.2, X[:, 2] > -0.3]).astype(int)

Made = Callable[[], Any]
Link = Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]]


def sigmoid(raw: Any) -> Any:
    return 1 / (1 + np.exp(-raw))


def softmax(raw: Any) -> Any:
    grown = np.exp(raw - raw.max(axis=1, keepdims=True))
    return grown / grown.sum(axis=1, keepdims=True)


def both(one: Any) -> Any:
    return np.hstack([1 - one, one])


def binary_logit(raw: Any) -> Any:
    return both(sigmoid(raw))


def as_is(raw: Any) -> Any:
    return raw


def margin(raw: Any) -> Any:
    return np.hstack([-raw, raw])


def model_with(units: int, activation: str | None, loss: Any, metrics: Any = None) -> Any:
    """A function that builds a model whose loss is made anew each time, where it is a function."""

    def build(width: int) -> Any:
        import keras

        layers = [keras.Input((4,)), keras.layers.Dense(width, "relu")]
        model = keras.Sequential([*layers, keras.layers.Dense(units, activation)])
        made = loss() if callable(loss) else loss
        told = metrics() if metrics else []
        model.compile(keras.optimizers.Adam(0.03), made, metrics=told)
        return model

    return build


def keras_loss(name: str, **given: Any) -> Made:
    def made() -> Any:
        import keras

        return getattr(keras.losses, name)(**given)

    return made


def functional_loss(name: str, **given: Any) -> Made:
    def made() -> Any:
        import keras

        return lambda y, said: getattr(keras.losses, name)(y, said, **given)

    return made


def own_cross_entropy() -> Any:
    """As a person writes it for one-hot targets."""
    import keras

    def cross_entropy(y: Any, said: Any) -> Any:
        sure = keras.ops.clip(said, 1e-7, 1.0)
        return -keras.ops.sum(keras.ops.cast(y, said.dtype) * keras.ops.log(sure), axis=-1)

    return cross_entropy


def own_focal() -> Any:
    """Of logits, as it is copied from article to article."""
    import keras

    def focal(y: Any, said: Any) -> Any:
        y = keras.ops.cast(keras.ops.reshape(y, keras.ops.shape(said)), said.dtype)
        each = keras.ops.binary_crossentropy(y, said, from_logits=True)
        p = keras.ops.sigmoid(said)
        return (1 - (y * p + (1 - y) * (1 - p))) ** 2 * each

    return focal


@dataclass(frozen=True, eq=False)
class Case:
    """A job: targets, the model's last layer, its loss, what its numbers mean, and what is said."""

    y: Any
    units: int
    activation: str | None
    loss: Any
    means: Link
    said: str = ""
    metrics: Made | None = None
    task: str | None = None


SIGNED = np.where(TWO == 1, 1, -1)
LOGITS = "outputs are logits"
SCORES = "scores of a margin"
NEITHER = "so they are not probabilities"
CASES: dict[str, Case] = {
    "one logit": Case(TWO, 1, None, keras_loss("BinaryCrossentropy", from_logits=True),
                      binary_logit, LOGITS),
    "one logit, accuracy at 0.5": Case(
        TWO, 1, None, keras_loss("BinaryCrossentropy", from_logits=True), binary_logit,
        "as if the outputs were probabilities, cut at 0.5", metrics=lambda: ["accuracy"]),
    "one logit, smoothed": Case(
        TWO, 1, None, keras_loss("BinaryCrossentropy", from_logits=True, label_smoothing=0.2),
        binary_logit, LOGITS),
    "one logit, a lambda": Case(
        TWO, 1, None, functional_loss("binary_crossentropy", from_logits=True), binary_logit,
        LOGITS),
    "one logit, focal": Case(TWO, 1, None, keras_loss("BinaryFocalCrossentropy", from_logits=True),
                             binary_logit, LOGITS),
    "one logit, own focal": Case(TWO, 1, None, own_focal, binary_logit, LOGITS),
    "one logit in a list": Case(
        TWO, 1, None, lambda: [keras_loss("BinaryCrossentropy", from_logits=True)()],
        binary_logit, LOGITS),
    "two logits": Case(TWO, 2, None, keras_loss("SparseCategoricalCrossentropy", from_logits=True),
                       softmax, LOGITS),
    "two, softmax": Case(TWO, 2, "softmax", "sparse_categorical_crossentropy", as_is),
    "sigmoid": Case(TWO, 1, "sigmoid", "binary_crossentropy", both),
    "sigmoid, smoothed": Case(
        TWO, 1, "sigmoid", keras_loss("BinaryCrossentropy", label_smoothing=0.1), both),
    "sigmoid, said to be logits": Case(
        TWO, 1, "sigmoid", keras_loss("BinaryCrossentropy", from_logits=True), both,
        "says from_logits=True"),
    "sigmoid, of −1 and 1": Case(SIGNED, 1, "sigmoid", "binary_crossentropy", both),
    "hinge": Case(SIGNED, 1, None, "hinge", margin, SCORES),
    "hinge of tanh": Case(SIGNED, 1, "tanh", "hinge", margin, SCORES),
    "hinge of 0 and 1": Case(TWO, 1, None, "hinge", margin, SCORES),
    "squared hinge": Case(SIGNED, 1, None, keras_loss("SquaredHinge"), margin, SCORES),
    "squares of tanh": Case(SIGNED, 1, "tanh", "mse", margin, SCORES, task="binary"),
    "categorical hinge": Case(THREE, 3, None, "categorical_hinge", as_is, SCORES),
    "three logits": Case(
        THREE, 3, None, keras_loss("SparseCategoricalCrossentropy", from_logits=True), softmax,
        LOGITS),
    "three focal logits": Case(
        np.eye(3)[THREE], 3, None, keras_loss("CategoricalFocalCrossentropy", from_logits=True),
        softmax, LOGITS),
    "one-hot": Case(np.eye(3)[THREE], 3, "softmax", "categorical_crossentropy", as_is),
    "one-hot, sparse loss": Case(np.eye(3, dtype=int)[THREE], 3, "softmax",
                                 "sparse_categorical_crossentropy", as_is),
    "codes, dense loss": Case(THREE, 3, "softmax", "categorical_crossentropy", as_is),
    "one-hot, own loss": Case(np.eye(3, dtype=np.float32)[THREE], 3, "softmax",
                              own_cross_entropy, as_is),
    "one-hot of two, smoothed": Case(
        np.eye(2)[TWO], 2, "softmax", keras_loss("CategoricalCrossentropy", label_smoothing=0.1),
        as_is),
    "one-hot, logits, smoothed": Case(
        np.eye(3)[THREE], 3, None,
        keras_loss("CategoricalCrossentropy", from_logits=True, label_smoothing=0.1), softmax,
        LOGITS),
    "label logits": Case(LABELS, 3, None, keras_loss("BinaryCrossentropy", from_logits=True),
                         sigmoid, LOGITS),
    "labels": Case(LABELS, 3, "sigmoid", "binary_crossentropy", as_is),
    "squares of nothing": Case(THREE, 3, None, "mse", as_is, NEITHER),
}  # fmt: skip


def study_of(case: Case) -> Study:
    return Study(
        data=arrays(X, case.y, task=case.task),
        model=model_with(case.units, case.activation, case.loss, case.metrics),
        space={"width": Int(4, 8)},
        objective="val_loss",
        budget=Budget(trials=1, epochs=8),
        finals=Settings(top=1, seeds=1),
    )


def raw_of(path: Path, x: Any) -> Any:
    """By plain Keras."""
    import keras

    model = keras.saving.load_model(load_run(path).folder.model, compile=False)
    return np.asarray(model(x), float)


PAGES = ("one logit", "hinge", "squares of nothing", "labels")
"""Of which a page is made too, since each takes a second."""
SHORT = "one logit", "hinge", "three logits", "one-hot, own loss"
"""What CI tries: ways of writing targets, of saying logits and of being no probability."""


@pytest.mark.filterwarnings("ignore:.*from_logits", "ignore:.*includes a .lambda")
@pytest.mark.parametrize("case", long_but(SHORT, CASES))
def test_page_file_and_predict_say_the_same(case: Case, tmp_path: Path) -> None:
    from search.commands.predict import predict
    from search.report.page import write_page

    played = play(study_of(case), tmp_path)
    held, answer = played.parts.held_out, played.answer
    raw = raw_of(played.path, held.x)
    meant = case.means(raw)
    kept = load_run(played.path).arrays("held_out")["probabilities"]
    np.testing.assert_allclose(kept, meant, atol=1e-5)
    others = [note for note in answer.notes if not note.startswith("The classes were given as")]
    assert any(case.said in note for note in others) if case.said else not others
    np.save(tmp_path / "x.npy", held.x)
    predict(played.path, [tmp_path / "x.npy"], out=tmp_path / "said.csv")
    with (tmp_path / "said.csv").open() as file:
        lines = list(csv.reader(file))
    told = np.array([line[-meant.shape[1] :] for line in lines[1:]], float)
    np.testing.assert_allclose(told, meant, atol=1e-5)
    if case.y is LABELS:
        right = f1_score(held.y, meant >= 0.5, average="micro")
    else:
        right = accuracy_score(held.y, meant.argmax(axis=1))
        names = load_run(played.path).manifest.data.classes
        assert [line[0] for line in lines[1:]] == [names[c] for c in meant.argmax(axis=1)]
    assert answer.headline.value == pytest.approx(right)
    assert answer.headline.loss == pytest.approx(loss_of(held.y, meant, case), rel=1e-4)
    assert right > 0.6
    if case not in [CASES[name] for name in PAGES]:
        return
    write_page(load_run(played.path), tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert ("Calibration on held-out data" in page) == (case.said not in {SCORES, NEITHER})
    assert ("there is no calibration" in page) == (case.said in {SCORES, NEITHER})
    assert ("logits" in page) == (case.said == LOGITS or "logit" in str(answer.notes))


def loss_of(y: Any, meant: Any, case: Case) -> float:
    """By scikit-learn."""
    if case.y is LABELS:
        return float(np.mean([log_loss(y[:, i], meant[:, i]) for i in range(3)]))
    if case.said not in {SCORES, NEITHER}:
        return float(log_loss(y, meant / meant.sum(axis=1, keepdims=True)))
    if case.means is margin:
        return float(hinge_loss(y, meant[:, 1]))
    return float(hinge_loss(y, meant))


@pytest.mark.filterwarnings("ignore:.*softmax over axis")
def test_a_softmax_of_one_unit_is_refused() -> None:
    from search.data.dataset import Shape
    from search.training.model import ModelError, build

    made = model_with(1, "softmax", "binary_crossentropy")
    with pytest.raises(ModelError, match="softmax of one unit, which is 1 whatever the row"):
        build(made, Shape((4,), 1, "binary"), {"width": 4}, 0)


def test_what_another_model_says_is_written_as_the_own_one_would_give_it() -> None:
    from search.study.outputs import Outputs

    said = both(np.array([[0.2], [0.5], [0.9]]))
    for outputs, units in ((Outputs("logits", "sigmoid"), 1), (Outputs("logits", "softmax"), 2)):
        raw = outputs.write(said, "binary", units)
        np.testing.assert_allclose(outputs.read(raw, "binary"), said, atol=1e-6)
    assert math.isclose(Outputs("scores").write(said, "binary", 1)[1, 0], 0.0)
