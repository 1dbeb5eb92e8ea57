"""What a `build` of one's own may set and compile: its recorded score, by plain Keras again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from sklearn.metrics import f1_score

from search import Budget, Finals, Float, Int, State, Study, arrays
from search.data.scaling import Scale
from search.store.run import load_run
from search.training.export import in_own_units, keras_bytes
from tests.finals.test_with_keras import Played, play
from tests.forms import long_but

pytestmark = pytest.mark.keras

ROWS, FEATURES = 240, 5
RNG = np.random.default_rng(0)
X = RNG.normal(size=(ROWS, FEATURES)).astype(np.float32)
SCORE = X[:, 0] + 0.3 * RNG.normal(size=ROWS)
TWO = (SCORE > 0).astype(int)
THREE = np.digitize(SCORE, [-0.5, 0.5])

Compile = Callable[[Any], None]
BCE = "binary_crossentropy"


def search_of(build: Any, y: Any, root: Path, **changes: Any) -> Played:
    given: dict[str, Any] = {
        "space": {"units": Int(7, 8)},
        "budget": Budget(trials=2, epochs=2, patience=None),
        "finals": Finals(top=1, seeds=1, refit=False),
    }
    study = Study(data=arrays(X, y), model=build, **given | changes)
    return play(study.for_task(study.data.load().task), root)


def network(units: int, outputs: int = 1) -> Any:
    end = keras.layers.Dense(outputs, "sigmoid" if outputs == 1 else "softmax", dtype="float32")
    layers = [keras.Input((FEATURES,)), keras.layers.Dense(units, "relu"), end]
    return keras.Sequential(layers)


class Halved(keras.optimizers.SGD):
    """Of one's own: every gradient by half."""

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        super().update_step(gradient / 2, variable, learning_rate)


@keras.saving.register_keras_serializable("people")
class Share(keras.metrics.Metric):
    """A metric of one's own, by a class."""

    def __init__(self, name: str = "share", **more: Any) -> None:
        super().__init__(name=name, **more)
        self.right = self.add_weight(name="right", initializer="zeros")
        self.all = self.add_weight(name="all", initializer="zeros")

    def update_state(self, y: Any, p: Any, sample_weight: Any = None) -> None:
        del sample_weight
        flat = keras.ops.cast(keras.ops.reshape(p, (-1,)) > 0.5, "float32")
        hit = keras.ops.cast(
            keras.ops.equal(flat, keras.ops.cast(keras.ops.reshape(y, (-1,)), "float32")), "float32"
        )
        self.right.assign_add(keras.ops.sum(hit))
        self.all.assign_add(keras.ops.cast(keras.ops.size(hit), "float32"))

    def result(self) -> Any:
        return self.right / self.all


def closeness(y: Any, p: Any) -> Any:
    """A metric of one's own, by a function."""
    y = keras.ops.reshape(keras.ops.cast(y, p.dtype), (-1, 1))
    return 1 - keras.ops.mean(keras.ops.abs(y - p), axis=-1)


def distance(y: Any, p: Any) -> Any:
    """A loss of one's own, by a function that is not registered."""
    y = keras.ops.reshape(keras.ops.cast(y, p.dtype), (-1, 1))
    return keras.ops.mean(keras.ops.square(y - p), axis=-1)


def compiled(optimizer: Callable[[], Any], **more: Any) -> Compile:
    more = {"loss": BCE, "metrics": ["accuracy"], **more}
    return lambda model: model.compile(optimizer(), **more)


ADAM, SGD = keras.optimizers.Adam, keras.optimizers.SGD
DECAY = keras.optimizers.schedules.ExponentialDecay
COMPILED: dict[str, Compile] = {
    "clipped": compiled(lambda: ADAM(0.02, clipnorm=0.5)),
    "clipped as a whole": compiled(lambda: ADAM(0.02, global_clipnorm=0.5)),
    "averaged weights": compiled(lambda: ADAM(0.02, use_ema=True, ema_momentum=0.9)),
    "averaged, taken over": compiled(
        lambda: ADAM(0.02, use_ema=True, ema_momentum=0.9, ema_overwrite_frequency=3)
    ),
    "accumulated": compiled(lambda: ADAM(0.02, gradient_accumulation_steps=2)),
    "scheduled": compiled(lambda: SGD(DECAY(0.1, 5, 0.9))),
    "scaled loss": compiled(lambda: keras.optimizers.LossScaleOptimizer(ADAM(0.02))),
    "scaled and scheduled": compiled(
        lambda: keras.optimizers.LossScaleOptimizer(SGD(DECAY(0.1, 5, 0.9)))
    ),
    "own optimizer": compiled(lambda: Halved(0.1)),
    "steps at once": compiled(lambda: ADAM(0.02), steps_per_execution=4),
    "by XLA": compiled(lambda: ADAM(0.02), jit_compile=True),
    "eagerly": compiled(lambda: ADAM(0.02), run_eagerly=True),
    "weighted metrics": compiled(lambda: ADAM(0.02), weighted_metrics=["accuracy"], metrics=None),
    "metrics in a list of lists": compiled(lambda: ADAM(0.02), metrics=[["accuracy"]]),
    "own loss": compiled(lambda: ADAM(0.02), loss=distance),
}


SHORT = "accumulated", "own loss"


@pytest.mark.parametrize("compile_", long_but(SHORT, COMPILED))
def test_whatever_is_compiled_is_trained_and_its_score_holds(
    compile_: Compile, tmp_path: Path
) -> None:
    def build(units: int) -> Any:
        model = network(units)
        compile_(model)
        return model

    played = search_of(build, TWO, tmp_path)
    assert [t.state for t in played.trials] == [State.COMPLETE] * 2, played.trials[0].reason
    assert not played.answer.no_model
    model = keras.saving.load_model(load_run(played.path).folder.model)
    for rows, value in (
        (played.parts.validation, played.answer.chosen.value),
        (played.parts.held_out, played.answer.headline.value),
    ):
        said = model.predict(rows.x, verbose=0).ravel() > 0.5
        assert value == pytest.approx(np.mean(said == rows.y), abs=1e-6)


TOP = keras.metrics.SparseTopKCategoricalAccuracy
MEASURED: dict[str, tuple[str, Any, int, Callable[[Any, Any], float]]] = {
    "two accuracies, top first": (
        "val_accuracy",
        lambda: [TOP(2, name="top2_accuracy"), "accuracy"],
        3,
        lambda y, p: float(np.mean(p.argmax(axis=1) == y)),
    ),
    "two accuracies, top searched": (
        "val_top2_accuracy",
        lambda: ["accuracy", TOP(2, name="top2_accuracy")],
        3,
        lambda y, p: float(np.mean([t in r.argsort()[-2:] for t, r in zip(y, p, strict=True)])),
    ),
    "two accuracies, the other's threshold": (
        "val_binary_accuracy",
        lambda: ["accuracy", keras.metrics.BinaryAccuracy(threshold=0.3)],
        1,
        lambda y, p: float(np.mean((p.ravel() > 0.3) == y)),
    ),
    "by Keras's long name": (
        "val_sparse_categorical_accuracy",
        lambda: [keras.metrics.SparseCategoricalAccuracy()],
        3,
        lambda y, p: float(np.mean(p.argmax(axis=1) == y)),
    ),
    "a value an output": (
        "val_f1_score",
        lambda: [keras.metrics.F1Score(threshold=0.5)],
        1,
        lambda y, p: f1_score(y, p.ravel() > 0.5),
    ),
    "unnamed AUC": (
        "val_auc",
        lambda: [keras.metrics.AUC()],
        1,
        lambda y, p: float(_result(keras.metrics.AUC(), y, p)),
    ),
    "two unnamed AUCs": (
        "val_auc_1",
        lambda: [keras.metrics.AUC(curve="ROC"), keras.metrics.AUC(curve="PR")],
        1,
        lambda y, p: float(_result(keras.metrics.AUC(curve="PR"), y, p)),
    ),
    "own class": (
        "val_share",
        lambda: [Share()],
        1,
        lambda y, p: float(np.mean((p.ravel() > 0.5) == y)),
    ),
    "own function": (
        "val_closeness",
        lambda: [closeness],
        1,
        lambda y, p: float(1 - np.mean(np.abs(y - p.ravel()))),
    ),
}


def _result(metric: Any, y: Any, p: Any) -> Any:
    metric.update_state(y[:, None], p)
    return metric.result()


@pytest.mark.parametrize(
    "case",
    long_but(
        [
            "own class",
        ],
        {name: (case,) for name, case in MEASURED.items()},
    ),
)
def test_the_objective_is_the_measure_that_it_names_in_every_trial(
    case: tuple[str, Any, int, Callable[[Any, Any], float]], tmp_path: Path
) -> None:
    objective, measures, outputs, by_hand = case

    def build(units: int) -> Any:
        model = network(units, outputs)
        loss = BCE if outputs == 1 else "sparse_categorical_crossentropy"
        model.compile(ADAM(0.01), loss, metrics=measures())
        return model

    y = TWO[:, None] if outputs == 1 else THREE  # a column, as Keras's F1Score wants it
    played = search_of(build, y, tmp_path, objective=objective, direction="maximize")
    assert [t.state for t in played.trials] == [State.COMPLETE] * 2, played.trials[0].reason
    assert all(objective in trial.curve for trial in played.trials)
    model = keras.saving.load_model(load_run(played.path).folder.model, compile=False)
    rows = played.parts.validation
    found = by_hand(rows.y, model.predict(rows.x, verbose=0))
    assert played.answer.finalists[0].fits[0].value == pytest.approx(found, abs=1e-4)


def test_a_policy_of_the_file_is_in_force_in_every_trial(tmp_path: Path) -> None:
    keras.config.set_dtype_policy("mixed_float16")
    seen: list[tuple[str, str]] = []

    def build(units: int) -> Any:
        model = network(units)
        seen.append((model.layers[0].compute_dtype, keras.config.dtype_policy().name))
        model.compile(ADAM(0.02), BCE, metrics=["accuracy"])
        return model

    played = search_of(build, TWO, tmp_path)
    assert [t.state for t in played.trials] == [State.COMPLETE] * 2, played.trials[0].reason
    assert set(seen) == {("float16", "mixed_float16")}


def test_what_one_build_sets_does_not_reach_the_next(tmp_path: Path) -> None:
    seen: list[tuple[str, str, float]] = []

    def build(units: int) -> Any:
        seen.append(
            (keras.config.dtype_policy().name, keras.config.floatx(), keras.config.epsilon())
        )
        keras.config.set_floatx("float64")
        keras.config.set_epsilon(1e-3)
        keras.config.set_dtype_policy("mixed_bfloat16")
        keras.utils.set_random_seed(7)
        model = network(units)
        model.compile(ADAM(0.02), BCE, metrics=["accuracy"])
        return model

    played = search_of(build, TWO, tmp_path)
    assert [t.state for t in played.trials] == [State.COMPLETE] * 2, played.trials[0].reason
    assert set(seen) == {("float32", "float32", 1e-7)}


def test_a_plain_and_a_scheduled_rate_do_not_share_a_program(tmp_path: Path) -> None:
    def build(rate: float, scheduled: int) -> Any:
        model = network(8)
        model.compile(SGD(DECAY(rate, 5, 0.9) if scheduled else rate), BCE, metrics=["accuracy"])
        return model

    first = [{"rate": 0.1, "scheduled": k} for k in (0, 1, 0, 1)]
    played = search_of(
        build, TWO, tmp_path, space={"rate": Float(0.01, 0.2), "scheduled": Int(0, 1)}, first=first,
        budget=Budget(trials=4, epochs=2, patience=None),
    )  # fmt: skip
    trials = played.trials
    assert [t.state for t in trials] == [State.COMPLETE] * 4, [t.reason for t in trials]
    assert len({trial.curve["loss"][-1] for trial in trials}) == 4  # a seed each


LOSSES = {"named": distance, "lambda": lambda y, p: distance(y, p) * 1}


@pytest.mark.filterwarnings("ignore:The object being serialized includes a `lambda`")
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("within", [False, True], ids=["alone", "within another model"])
@pytest.mark.parametrize("compiles", [False, True])
def test_a_loss_of_ones_own_does_not_keep_keras_from_loading_the_file(
    loss: Any, tmp_path: Path, *, within: bool, compiles: bool
) -> None:
    inputs = keras.Input((FEATURES,))
    model = keras.Model(inputs, keras.layers.Dense(1)(inputs))
    model.compile("adam", loss, metrics=[closeness])
    scale = Scale(np.ones(1, np.float32), np.full(1, 2, np.float32))
    kept = in_own_units(model, scale) if within else model
    (tmp_path / "model.keras").write_bytes(keras_bytes(kept))
    again = keras.saving.load_model(tmp_path / "model.keras", compile=compiles)
    assert not again.compiled
    assert np.allclose(again.predict(X, verbose=0), kept.predict(X, verbose=0), atol=1e-6)


def test_a_compiling_by_keras_alone_stays_in_the_file(tmp_path: Path) -> None:
    model = network(4)
    model.compile(ADAM(0.02), BCE, metrics=["accuracy", keras.metrics.AUC()])
    (tmp_path / "model.keras").write_bytes(keras_bytes(model))
    assert keras.saving.load_model(tmp_path / "model.keras").compiled
