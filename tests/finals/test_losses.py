"""Losses other than the squared error, and targets of unlike scale: the verdict, recomputed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import mean_absolute_error, r2_score

from search import Baseline, Budget, DenseSpace, Finals, Int, Study, arrays
from search.app.status import facts
from search.data.dataset import Array
from search.display.status import sentences
from search.report import tables
from search.report.alerts_of_finals import alerts_of_finals
from search.report.wording import verdict_lines
from search.store.run import load_run
from tests.finals.test_objectives import COUNTS, NUMBERS, SCORE, X, truth_of
from tests.finals.test_with_keras import Played, play
from tests.forms import long_but

pytestmark = pytest.mark.keras

SKEWED = np.exp(3 + 0.8 * SCORE).astype(np.float32)
Loss = Callable[[Array, Array], float]


def pinball(y: Any, said: Any) -> Any:
    """Of the 90 % quantile."""
    return keras.ops.mean(keras.ops.maximum(0.9 * (y - said), 0.1 * (said - y)))


def huber(y: Array, said: Array) -> float:
    off = np.abs(y - said)
    return float(np.where(off <= 1, 0.5 * off**2, off - 0.5).mean())


LOSSES: dict[str, tuple[Array, Any, str | None, str, Loss]] = {
    "huber": (SKEWED, "huber", None, "loss (huber, the model's own)", huber),
    "mape": (
        SKEWED, "mape", None, "loss (mape, the model's own)",
        lambda y, said: float((np.abs(y - said) / y).mean() * 100),
    ),
    "poisson": (
        COUNTS, "poisson", "exponential", "loss (poisson, the model's own)",
        lambda y, said: float((said - y * np.log(said + 1e-7)).mean()),
    ),
    "quantile": (
        SKEWED, pinball, None, "loss (pinball, the model's own)",
        lambda y, said: float(np.maximum(0.9 * (y - said), 0.1 * (said - y)).mean()),
    ),
}  # fmt: skip


BOOSTED: dict[str, dict[str, Any]] = {
    "huber": {},
    "mape": {"loss": "quantile", "quantile": 0.5},
    "poisson": {"loss": "poisson"},
    "quantile": {"loss": "quantile", "quantile": 0.9},
}
"""By which loss scikit-learn's trees minimise each; by none of them Huber's."""


def builder(loss: Any, units: int = 1, end: str | None = None) -> Callable[..., Any]:
    def build(units_: int) -> Any:
        layers = [keras.Input((4,)), keras.layers.Dense(units_, "relu")]
        model = keras.Sequential([*layers, keras.layers.Dense(units, end)])
        model.compile(keras.optimizers.Adam(0.02), loss, metrics=["mae"])
        return model

    return build


def searched(y: Array, root: Path, **changes: Any) -> Played:
    given: dict[str, Any] = {
        "budget": Budget(trials=3, epochs=5),
        "finals": Finals(top=2, seeds=1, share=1.0),
    }
    names = {"target_names": ["heat", "cold"]} if y.ndim == 2 else {}
    study = Study(data=arrays(X, y, task="regression", **names), **given | changes)
    return play(study.for_task("regression"), root)


def said_by_file(played: Played) -> Array:
    """What the exported file says of the held-out rows."""
    model = keras.saving.load_model(load_run(played.path).folder.model, compile=False)
    return np.asarray(model.predict(played.parts.held_out.x, verbose=0), float)


@pytest.mark.parametrize("name", long_but(["quantile"], {n: n for n in LOSSES}))
def test_headline_and_references_are_in_the_models_own_loss(name: str, tmp_path: Path) -> None:
    y, loss, end, title, by_numpy = LOSSES[name]
    build, space = builder(loss, end=end), {"units_": Int(4, 16)}
    played = searched(y, tmp_path, model=build, space=space)
    truth, answer = truth_of(played, y), played.answer
    judged = answer.headline.judged
    assert judged.measure == title
    right = by_numpy(truth, said_by_file(played)[:, 0])
    assert judged.value == pytest.approx(right, rel=2e-3)
    train = played.parts.train.y[:, 0]
    best = minimize_scalar(
        lambda c: by_numpy(train, np.full(len(train), c)), bounds=(1e-3, 200), method="bounded"
    )
    constant = next(of for of in answer.yardsticks if of.name == "constant")
    of_best = by_numpy(truth, np.full(len(truth), best.x))
    assert constant.score.judged.value == pytest.approx(of_best, rel=5e-3)
    trees = HistGradientBoostingRegressor(random_state=0, **BOOSTED[name])
    heavy = 1 / train / (1 / train).mean() if name == "mape" else None
    trees.fit(played.parts.train.x, train, sample_weight=heavy)
    other = " fitted by squared error" if name == "huber" else ""
    boosted = next(of for of in answer.yardsticks if of.name == f"gradient-boosting model{other}")
    of_trees = by_numpy(truth, trees.predict(played.parts.held_out.x))
    assert boosted.score.judged.value == pytest.approx(of_trees, rel=2e-3)
    assert constant.against is not None
    assert constant.against.lead == pytest.approx(of_best - right, rel=2e-2)
    ends = constant.against.interval
    told = "ahead" if ends.low > 0 else "behind" if ends.high < 0 else "level"
    assert constant.against.told == told
    assert answer.promise == pytest.approx(answer.winner.search_value, rel=1e-5)
    for finalist in answer.finalists[1:]:
        assert isinstance(finalist.tied, bool)


POWERS = np.exp(X[:, :3] + 0.3 * SCORE[:, None])
PARTS = (POWERS / POWERS.sum(axis=1, keepdims=True)).astype(np.float32)
UNIT = ((X - X.min(axis=0)) / np.ptp(X, axis=0)).astype(np.float32)
SEVERAL: dict[str, tuple[Array, str, str, Loss]] = {
    "distributions": (
        PARTS, "kl_divergence", "softmax",
        lambda y, said: float((y * np.log(y / said)).sum(axis=1).mean()),
    ),
    "an autoencoder": (
        UNIT, "binary_crossentropy", "sigmoid",
        lambda y, said: float(-(y * np.log(said) + (1 - y) * np.log(1 - said)).mean()),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", long_but(["distributions"], {n: n for n in SEVERAL}))
def test_the_best_constant_of_several_targets_is_one_that_a_model_could_say(
    name: str, tmp_path: Path
) -> None:
    """An output that is no distribution would have a divergence far below 0."""
    y, loss, end, by_numpy = SEVERAL[name]
    build, space = builder(loss, units=y.shape[1], end=end), {"units_": Int(4, 16)}
    study = Study(
        data=arrays(X, y, task="regression"), model=build, space=space,
        budget=Budget(trials=1, epochs=5), finals=Finals(top=1, seeds=1),
    )  # fmt: skip
    played = play(study.for_task("regression"), tmp_path)
    truth, clipped = truth_of(played, y), lambda part: np.clip(part, 1e-7, 1 - 1e-7)
    judged = played.answer.headline.judged
    right = by_numpy(clipped(truth), clipped(said_by_file(played)))
    assert judged.value == pytest.approx(right, rel=2e-3)
    means = np.tile(played.parts.train.y.mean(axis=0), (len(truth), 1))
    of = {each.name: each.score.judged.value for each in played.answer.yardsticks}
    assert of["constant"] == pytest.approx(by_numpy(clipped(truth), clipped(means)), rel=0.05)
    assert all(value > 0 for value in of.values())


def each_by_hand(truth: Array, said: Array) -> dict[str, tuple[float, float]]:
    of = enumerate(("heat", "cold"))
    return {
        name: (
            float(r2_score(truth[:, i], said[:, i])),
            float(mean_absolute_error(truth[:, i], said[:, i])),
        )
        for i, name in of
    }


@pytest.mark.parametrize(
    "dense", long_but(["as they are"], {"standardised": True, "as they are": False})
)
def test_each_target_has_its_own_score_in_its_own_unit(dense: bool, tmp_path: Path) -> None:
    if dense:
        by_hand = {"layers": 1, "units": 8, "learning_rate": 0.02}
        given: dict[str, Any] = {
            "space": DenseSpace(layers=1, units=Int(4, 16), learning_rate=0.02),
            "objective": "val_mae",
            "baselines": [Baseline("by hand", **by_hand)],
        }
    else:
        given = {"model": builder("mae", units=2), "space": {"units_": Int(4, 16)}}
        given["baselines"] = [Baseline("by hand", model=builder("mae", units=2), units_=8)]
    played = searched(NUMBERS.astype(np.float32), tmp_path, **given)
    run, answer = load_run(played.path), played.answer
    truth, said = truth_of(played, NUMBERS), said_by_file(played)
    expected = each_by_hand(truth, said)
    for name, (r2, mae) in expected.items():
        own = answer.headline.of_targets[name]
        assert own == pytest.approx((r2, mae), rel=1e-3, abs=1e-4)
        told = f"{name}: R² {own[0]:.3f}, MAE {own[1]:.4g}"
        assert told in " ".join(verdict_lines(run.manifest, answer))
        assert told in "\n".join(sentences(run, facts(run)))
        in_json = facts(run)["winner"]["targets"][name]
        assert in_json == {"r2": own[0], "mae": own[1]}
    beside = tables.reference_models(run.manifest, answer)
    at = [beside.header.index(f"MAE of {name}") for name in expected]
    by_table = [float(beside.rows[0][place]) for place in at]
    assert by_table == pytest.approx([mae for _, mae in expected.values()], rel=1e-3)
    constant = next(of for of in answer.yardsticks if of.name == "constant")
    own_rows = [int(np.flatnonzero((row == X).all(axis=1))[0]) for row in played.parts.train.x]
    medians = np.tile(np.median(NUMBERS[own_rows], axis=0), (len(truth), 1))
    for name, (_, mae) in each_by_hand(truth, medians).items():
        assert constant.score.of_targets[name][1] == pytest.approx(mae, rel=1e-2)
    (baseline,) = answer.baselines
    assert set(baseline.scores[0].of_targets) == {"heat", "cold"}
    of_baseline = tables.baselines(run.manifest, answer)
    assert "MAE of cold" in of_baseline.header
    assert {len(row) for row in of_baseline.rows} == {len(of_baseline.header)}
    alerts = [
        a for a in alerts_of_finals(run.manifest, answer) if "of the loss comes from cold" in a.text
    ]
    assert len(alerts) == (0 if dense else 1)
    assert answer.loss_parts == () if dense else answer.loss_parts[1] > 0.9


def log_rates(y: Any, said: Any) -> Any:
    """Of counts, whose logarithm the model gives."""
    return keras.ops.mean(keras.ops.exp(said) - y * said, axis=-1)


@pytest.mark.long
def test_outputs_in_the_scale_of_the_loss_are_judged_by_it_alone(tmp_path: Path) -> None:
    played = searched(COUNTS, tmp_path, model=builder(log_rates), space={"units_": Int(4, 16)},
                      objective="val_loss")  # fmt: skip
    run, answer, truth = load_run(played.path), played.answer, truth_of(played, COUNTS)
    raw = said_by_file(played)[:, 0]
    by_hand = float((np.exp(raw) - truth * raw).mean())
    assert answer.headline.judged.value == pytest.approx(by_hand, rel=2e-3)
    (constant,) = answer.yardsticks
    best = np.log(played.parts.train.y.mean())
    of_best = float((np.exp(best) - truth * best).mean())
    assert constant.score.judged.value == pytest.approx(of_best, rel=5e-3)
    lines = [*verdict_lines(run.manifest, answer), *sentences(run, facts(run))]
    assert not [line for line in lines if "R²" in line and "there is no R²" not in line]
    assert not answer.headline.others
    assert answer.headline.loss is None
    (note,) = [note for note in facts(run)["warnings"] if "scale of its loss" in note]
    assert "(log_rates)" in note
    assert "R²" not in str(tables.reference_models(run.manifest, answer))
