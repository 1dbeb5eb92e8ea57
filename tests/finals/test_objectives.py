"""What is said of a winner in each objective, recomputed from its file by plain Keras."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from sklearn import dummy, linear_model, metrics
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from search import Budget, DenseSpace, Finals, Float, Int, State, Study, arrays
from search.data.dataset import Array
from search.report.wording import verdict_lines
from search.store.run import load_run
from tests.finals.test_with_keras import Played, play
from tests.forms import long_but

pytestmark = pytest.mark.keras

ROWS = 300
RNG = np.random.default_rng(4)
X = RNG.normal(size=(ROWS, 4)).astype(np.float32)
SCORE = X[:, 0] - 0.5 * X[:, 1] + 0.7 * RNG.normal(size=ROWS)
RARE = (SCORE > 1.0).astype(int)
THREE = np.digitize(SCORE, [-0.5, 0.5])
LABELS = np.stack([SCORE > 0, X[:, 1] > 0.3, X[:, 2] + SCORE > 0.5], axis=1).astype(int)
NUMBERS = np.stack([50 + 20 * SCORE, 3000 + 500 * X[:, 2] + 100 * SCORE], axis=1)
COUNTS = RNG.poisson(np.exp(0.5 * SCORE)).astype(np.float32)

Figure = Callable[[Array, Array], float]


def hard(said: Array) -> Array:
    """The class or labels that are predicted."""
    found: Array = said.argmax(axis=1)
    return found


def of_labels(figure: Callable[..., float]) -> Figure:
    return lambda y, said: figure(y, said > 0.5, average="micro", zero_division=0)


def log_loss_of_labels(y: Array, said: Array) -> float:
    sure = np.clip(said, 1e-7, 1 - 1e-7)
    return float(-(y * np.log(sure) + (1 - y) * np.log(1 - sure)).mean())


BINARY: dict[str, Figure] = {
    "accuracy": lambda y, said: metrics.accuracy_score(y, hard(said)),
    "auc": lambda y, said: metrics.roc_auc_score(y, said[:, 1]),
    "f1": lambda y, said: metrics.f1_score(y, hard(said)),
    "precision": lambda y, said: metrics.precision_score(y, hard(said), zero_division=0),
    "recall": lambda y, said: metrics.recall_score(y, hard(said)),
    "loss": metrics.log_loss,
}
MULTICLASS: dict[str, Figure] = {
    "accuracy": lambda y, said: metrics.accuracy_score(y, hard(said)),
    "auc": lambda y, said: metrics.roc_auc_score(y, said, multi_class="ovr"),
    "f1": lambda y, said: metrics.f1_score(y, hard(said), average="macro"),
    "loss": metrics.log_loss,
}
MULTILABEL: dict[str, Figure] = {
    "accuracy": lambda y, said: float(((said > 0.5) == y).mean()),
    "auc": metrics.roc_auc_score,
    "f1": of_labels(metrics.f1_score),
    "precision": of_labels(metrics.precision_score),
    "recall": of_labels(metrics.recall_score),
    "loss": log_loss_of_labels,
}
REGRESSION: dict[str, Figure] = {
    "mae": metrics.mean_absolute_error,
    "mse": metrics.mean_squared_error,
    "rmse": metrics.root_mean_squared_error,
    "r2": metrics.r2_score,
    "loss": metrics.mean_squared_error,
}
TARGETS = {
    "binary": (RARE, BINARY),
    "multiclass": (THREE, MULTICLASS),
    "multilabel": (LABELS, MULTILABEL),
    "regression": (NUMBERS[:, 0], REGRESSION),
}
WITHOUT_INTERVAL: set[tuple[str, str]] = set()
CASES = {
    f"{task} {name}": (task, name) for task, (_, figures) in TARGETS.items() for name in figures
}
SHORT = (
    "binary auc", "multiclass loss", "multilabel f1", "regression mae",
)  # fmt: skip
"""Each task, and each way of measuring: of ranks, of classes, of rows, of a loss."""


def searched(y: Array, root: Path, task: str | None = None, **changes: Any) -> Played:
    given: dict[str, Any] = {
        "space": DenseSpace(layers=1, units=8, learning_rate=Float(0.01, 0.04, log=True)),
        "budget": Budget(trials=3, epochs=6),
        "finals": Finals(top=2, seeds=2),
    }
    study = Study(data=arrays(X, y, task=task), **given | changes)
    return play(study.for_task(study.data.load().task), root)


def said_by_file(played: Played) -> Array:
    """What the exported file says of the held-out rows; of two classes, both."""
    file = load_run(played.path).folder.model
    said = np.asarray(keras.saving.load_model(file).predict(played.parts.held_out.x, verbose=0))
    if played.parts.held_out.y.ndim == 1 and said.shape[1] == 1:
        return np.hstack([1 - said, said])
    return said


def truth_of(played: Played, y: Array) -> Array:
    """The held-out targets as they were given, found by their rows."""
    places = [int(np.flatnonzero((row == X).all(axis=1))[0]) for row in played.parts.held_out.x]
    found: Array = y[places]
    return found


def places_of(x: Array) -> list[int]:
    """Which rows of all these are."""
    return [int(np.flatnonzero((row == X).all(axis=1))[0]) for row in x]


def of_references(played: Played, y: Array, task: str, by: str) -> dict[str, Array]:
    """What scikit-learn's own models say of the held-out rows, fitted on those that train."""
    linear, constant = linear_model.LogisticRegression(), dummy.DummyClassifier(strategy="prior")
    if task == "regression":
        linear, constant = linear_model.Ridge(), dummy.DummyRegressor()
    if by == "mae":
        linear = linear_model.QuantileRegressor(alpha=1e-6)
        constant = dummy.DummyRegressor(strategy="median")
    models = {"constant": constant, "linear model": make_pipeline(StandardScaler(), linear)}
    if task == "multilabel":
        models = {name: MultiOutputClassifier(model) for name, model in models.items()}
    x, places = played.parts.held_out.x, places_of(played.parts.train.x)
    found = {}
    for name, model in models.items():
        model.fit(X[places], y[places])
        if task == "regression":
            found[name] = model.predict(x)
        elif task == "multilabel":
            found[name] = np.column_stack([said[:, 1] for said in model.predict_proba(x)])
        else:
            found[name] = model.predict_proba(x)
    return found


@pytest.mark.parametrize(("task", "name"), long_but(SHORT, CASES))
def test_the_verdict_is_in_the_objective(task: str, name: str, tmp_path: Path) -> None:
    y, figures = TARGETS[task]
    played = searched(y, tmp_path, objective=f"val_{name}")
    answer, said = played.answer, said_by_file(played)
    right = figures[name](truth_of(played, y), said)
    judged = answer.headline.judged
    assert judged.value == pytest.approx(right, rel=2e-3, abs=2e-4)
    if (task, name) not in WITHOUT_INTERVAL:
        assert judged.interval is not None
        assert judged.interval.low <= judged.value <= judged.interval.high
    headline = " ".join(verdict_lines(load_run(played.path).manifest, answer))
    assert judged.measure in headline
    truth = truth_of(played, y)
    references = {each.name: each.score.judged.value for each in answer.yardsticks}
    for of, told in of_references(played, y, task, name).items():
        assert references[of] == pytest.approx(figures[name](truth, told), rel=2e-3, abs=5e-4)
    beside = figures[{"multilabel": "f1", "regression": "r2"}.get(task, "accuracy")]
    assert answer.headline.value == pytest.approx(beside(truth, said), rel=2e-3, abs=2e-4)


@dataclass(frozen=True)
class Own:
    """A model of one's own with its loss and metric, and the figure that is searched for."""

    y: Array
    end: str | None
    loss: str
    metric: Any
    objective: str
    figure: Figure


def fbeta(y: Any, p: Any) -> Any:
    """F2 of a batch."""
    y, p = keras.ops.cast(y, "float32"), keras.ops.cast(p > 0.5, "float32")
    y = keras.ops.reshape(y, keras.ops.shape(p))
    hits = keras.ops.sum(y * p)
    return 5 * hits / (4 * keras.ops.sum(y) + keras.ops.sum(p) + 1e-7)


OWN = {
    "own metric": Own(
        RARE, "sigmoid", "binary_crossentropy", fbeta, "val_fbeta",
        lambda y, said: metrics.fbeta_score(y, hard(said), beta=2, zero_division=0),
    ),
    "mae as loss": Own(
        NUMBERS[:, 0], None, "mae", "mae", "val_loss", metrics.mean_absolute_error
    ),
    "counts": Own(
        COUNTS, "exponential", "poisson", "mae", "val_loss",
        lambda y, said: float((said[:, 0] - y * np.log(said[:, 0] + 1e-7)).mean()),
    ),
    "an unnamed area": Own(
        RARE, "sigmoid", "binary_crossentropy", keras.metrics.AUC, "val_auc", BINARY["auc"]
    ),
}  # fmt: skip


@pytest.mark.parametrize("own", long_but(["counts"], OWN))
def test_a_model_of_ones_own_is_judged_by_what_it_measures(own: Own, tmp_path: Path) -> None:
    def build(units: int) -> Any:
        model = keras.Sequential(
            [
                keras.Input((4,)),
                keras.layers.Dense(units, "relu"),
                keras.layers.Dense(1, own.end),
            ]
        )
        metric = own.metric() if isinstance(own.metric, type) else own.metric
        model.compile(keras.optimizers.Adam(0.02), own.loss, metrics=[metric])
        return model

    played = searched(
        own.y, tmp_path, model=build, space={"units": Int(4, 16)}, objective=own.objective,
        direction="minimize" if own.objective == "val_loss" else "maximize",
        **({} if own.y.dtype.kind == "i" else {"task": "regression"}),
    )  # fmt: skip
    file = load_run(played.path).folder.model
    custom = {"fbeta": fbeta}
    model = keras.saving.load_model(file, custom_objects=custom, compile=False)
    said = np.asarray(model.predict(played.parts.held_out.x, verbose=0), float)
    said = np.hstack([1 - said, said]) if own.y.dtype.kind == "i" else said
    right = own.figure(truth_of(played, own.y), said)
    judged = played.answer.headline.judged
    assert judged.value == pytest.approx(right, rel=5e-3, abs=2e-3)
    assert {trial.state for trial in played.trials} == {State.COMPLETE}
