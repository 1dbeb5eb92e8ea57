"""The script trains what the engines train, for each task and each field of a dense space."""

import re
import runpy
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from search import Split, arrays
from search.data.dataset import Array, Shape
from search.study.outputs import LOGITS, Outputs
from search.study.task import BINARY, MULTICLASS, MULTILABEL, REGRESSION, TASKS
from search.training.choice import draws_by_numpy
from search.training.held_out_figures import function_for
from search.training.in_numpy.engine import NumpyTraining
from search.training.plan import TrainingPlan
from search.training.rate_schedule import schedule_of
from search.training.recipe import Builder, Figure, OneCall, Recipe, StreamText, builder_of
from search.training.script import script
from tests.forms import long_but
from tests.training.conftest import PLAIN

EPOCHS = 5


@dataclass(frozen=True, eq=False)
class Case:
    """Rows and a configuration."""

    x: Array
    y: Array
    task: str
    objective: str
    params: dict[str, Any] = field(default_factory=dict)


DRAW = np.random.default_rng(3)
X = DRAW.normal(size=(300, 4, 2)).astype(np.float32)
SUMS = X.sum(axis=(1, 2))
CASES = {
    "labels, normalised, by a schedule": Case(
        X[:, :, 0],
        np.column_stack([SUMS > 0, X[:, 0, 0] > 0.5]).astype(int),
        "multilabel",
        "val_auc",
        {"batch_norm": True, "schedule": "linear", "warmup": 0.2},
    ),
    "classes of pictures, decayed and weighted": Case(
        X,
        np.digitize(SUMS, (-3, 1)),
        "multiclass",
        "val_f1",
        {"l2": 0.01, "class_weight": "balanced"},
    ),
    "numbers in their own units": Case(
        X[:, :, 1], np.column_stack([1e4 + 900 * SUMS, X[:, 0, 1]]), "regression", "val_mae"
    ),
}


@pytest.mark.keras
@pytest.mark.parametrize("case", long_but(["labels, normalised, by a schedule"], CASES))
def test_a_script_trains_what_the_engine_trains(case: Case, tmp_path: Path) -> None:
    data = arrays(case.x, case.y, task=case.task).load()
    own = Split().parts(data)
    parts = own.scaled() if case.task == "regression" else own
    params = {**PLAIN, "class_weight": "none", **case.params}
    course = TrainingPlan(EPOCHS)
    training = NumpyTraining(data.shape, params, parts.train, parts.validation, 7, course=course)
    curve = training.advance(EPOCHS)
    predicted = training.predictions(parts.held_out.x)
    schedule = schedule_of(params, EPOCHS, len(parts.train))
    weights = parts.train.weighted(params["class_weight"]).weights
    told = {"train": own.train, "validation": own.validation, "held_out": own.held_out}
    more = {} if schedule is None else {"rates": schedule.rates(0, EPOCHS)}
    more |= {} if weights is None else {"train_weights": weights}
    deviations = tuple(map(float, parts.scale.deviation)) if parts.scale else ()
    rows = {f"{n}_{k}": getattr(r, k) for n, r in told.items() for k in "xy"}
    np.savez(tmp_path / "data.npz", **rows, **more)
    recipe = Recipe(
        run="a-run",
        versions={"keras": "3"},
        builder=builder_of(data.shape, params),
        shape=data.shape,
        seed=7,
        epochs=EPOCHS,
        batch=params["batch_size"],
        numpy_random=True,
        threads=1,
        figures=(
            Figure(
                "objective", 0.25, function_for(case.objective, case.task), deviations=deviations
            ),
            Figure("plain", 0.5, function_for(PLAIN_OBJECTIVES[case.task], case.task)),
        ),
        seeds=(0.25,),
        loss=curve["val_loss"][-1],
        scaled=parts.scale is not None,
        weighted=weights is not None,
        scheduled=schedule is not None,
    )
    out = printed(recipe, tmp_path)
    loss = re.search(r"validation loss (\S+) here", out)
    assert loss
    assert float(loss[1]) == pytest.approx(curve["val_loss"][-1], rel=1e-3)

    from search.finals.scoring import Judge
    from search.training.export import load
    from search.training.predict import predictions

    found = predictions(load(tmp_path / "trained.keras"), own.held_out.x, case.task)
    back = parts.scale.back(predicted) if parts.scale else predicted
    np.testing.assert_allclose(found, back, rtol=1e-3, atol=1e-3)
    scale = np.array(deviations) if deviations else None
    judge = Judge(own.held_out.y, case.task, case.objective, maximize=True, deviation=scale)
    score = judge.score(judge.judged(found))
    assert score.goal is not None
    assert figure(out, "objective", "0.25") == pytest.approx(score.goal.value, rel=1e-4)
    assert figure(out, "plain", "0.5") == pytest.approx(score.value, rel=1e-4)


PLAIN_OBJECTIVES = {"multilabel": "val_f1", "multiclass": "val_accuracy", "regression": "val_r2"}


def printed(recipe: Recipe, folder: Path) -> str:
    """What the script says beside its data."""
    (folder / "train.py").write_text(script(recipe))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "train.py"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def figure(out: str, name: str, page: str) -> float:
    found = re.search(rf"^held-out {re.escape(name)} (\S+) here, {page} on the page", out, re.M)
    assert found, out
    return float(found[1])


OWN = """
import keras


def build():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(
        1, kernel_regularizer=keras.regularizers.L2(0.1))])
    model.compile(
        "adam",
        keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.AUC(curve="PR", from_logits=True, name="pr")],
    )
    return model
"""


DRAWN = """
import random
import numpy
print("drawn", random.random(), numpy.random.rand())
"""


@pytest.mark.keras
def test_logits_are_read_and_a_metric_of_your_own_is_measured_by_the_model(tmp_path: Path) -> None:
    data = arrays(X[:, :, 0], (X[:, 0, 0] > 0.8).astype(int)).load()
    parts = Split().parts(data)
    told = {"train": parts.train, "held_out": parts.held_out}
    rows = {f"{n}_{k}": getattr(r, k) for n, r in told.items() for k in "xy"}
    np.savez(tmp_path / "data.npz", **rows)
    known = {"val_auc": "ROC AUC", "val_f1": "F1", "val_loss": "log loss"}
    figures = [Figure(title, 0.5, function_for(name, "binary")) for name, title in known.items()]
    own = {"val_pr": "pr (the model's own)", "val_loss": "loss (the model's own)"}
    figures += [Figure(title, None, "", name) for name, title in own.items()]
    logits = Outputs(LOGITS, "sigmoid")
    recipe = Recipe(
        run="a-run", versions={}, builder=Builder(DRAWN + OWN, "build()", own=True),
        shape=data.shape, seed=1, epochs=1, batch=32, numpy_random=False, threads=1,
        figures=tuple(figures), seeds=(), loss=None, outputs=logits,
    )  # fmt: skip
    out = printed(recipe, tmp_path)
    # As `SpaceSource` seeds what a space draws as it is read.
    drawn = Random(0).random(), np.random.RandomState(0).rand()  # noqa: S311 - as there
    assert f"drawn {drawn[0]} {drawn[1]}" in out

    import keras

    from search.finals.scoring import Judge
    from search.training.own_measure import of_others
    from search.training.predict import predictions

    model = keras.saving.load_model(tmp_path / "trained.keras")
    x, y = parts.held_out.x, parts.held_out.y
    said = predictions(model, x, "binary", logits)
    for name, title in known.items():
        score = Judge(y, "binary", name, maximize=True)
        expected = score.judged(said).estimate.value
        assert figure(out, title, "0.5") == pytest.approx(expected, rel=1e-4)
    for name, title in own.items():
        expected = of_others(model, name, (x, y, None), {}, data.shape)[""].value
        assert figure(out, title, "no finite number") == pytest.approx(expected, rel=1e-4)


SUBCLASSED = """
import keras


class Own(keras.Model):
    def __init__(self, units):
        super().__init__()
        self.hidden, self.out = keras.layers.Dense(units, "relu"), keras.layers.Dense(1, "sigmoid")

    def call(self, x):
        return self.out(self.hidden(x))


def build():
    model = Own(3)
    model.compile("adam", "binary_crossentropy", metrics=[keras.metrics.AUC(name="ranks")])
    return model


def loop(model, train, validation, epochs, callbacks):
    model.compile("adam", "mse")
    model.fit(train.x, train.y, epochs=epochs, callbacks=callbacks, verbose=0)
"""


@pytest.mark.keras
@pytest.mark.parametrize("one", [None, OneCall(4, "loop")], ids=["epochs", "a loop"])
def test_figures_of_a_model_that_keras_cannot_save_are_told_and_its_weights_kept(
    one: OneCall | None, tmp_path: Path
) -> None:
    """They are of what `build` compiles, even where a loop compiles the model anew."""
    data = arrays(X[:, :, 0], (X[:, 0, 0] > 0.8).astype(int)).load()
    parts = Split().parts(data)
    told = {"train": parts.train, "validation": parts.validation, "held_out": parts.held_out}
    rows = {f"{n}_{k}": getattr(r, k) for n, r in told.items() for k in "xy"}
    np.savez(tmp_path / "data.npz", **rows)
    figures = (Figure("ranks", 0.5, "", "val_ranks"), Figure("accuracy", 0.5, "accuracy"))
    recipe = Recipe(
        run="a-run", versions={}, builder=Builder(SUBCLASSED, "build()", own=True),
        shape=data.shape, seed=1, epochs=3, batch=32, numpy_random=False, threads=1,
        figures=figures, seeds=(), loss=None, one_call=one,
    )  # fmt: skip
    out = printed(recipe, tmp_path)
    assert "Keras cannot write trained.keras: NotImplementedError: Object Own was created" in out
    assert out.splitlines()[-1].startswith("trained.weights.h5 has its weights")
    assert not (tmp_path / "trained.keras").exists()

    space: dict[str, Any] = {"__name__": "own"}
    exec(compile(SUBCLASSED, "own.py", "exec"), space)  # noqa: S102 - of this file
    model = space["build"]()
    model(parts.held_out.x[:1])
    model.load_weights(tmp_path / "trained.weights.h5")
    x, y = parts.held_out.x, parts.held_out.y
    found = model.evaluate(x, y, verbose=0, return_dict=True)
    assert figure(out, "ranks", "0.5") == pytest.approx(found["ranks"], rel=1e-4)
    right = ((model.predict(x, verbose=0)[:, 0] >= 0.5) == y).mean()
    assert figure(out, "accuracy", "0.5") == pytest.approx(right, rel=1e-4)


def test_a_script_of_what_only_a_loop_reports_names_no_figure() -> None:
    recipe = replace(recipe_of("fit", dropout=False), figures=(), loss=None)
    told = script(replace(recipe, one_call=OneCall(4, "loop")))
    assert "no held-out figure stands here" in told
    assert 'on the page")' not in told


ADAPTS = """
import keras


def build(train):
    scale = keras.layers.Normalization()
    scale.adapt(train.x)
    x, y = train
    assert y.shape == (len(x), 2), y.shape
    model = keras.Sequential([keras.Input((4,)), scale, keras.layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    return model
"""


@pytest.mark.long
@pytest.mark.keras
def test_a_model_that_adapts_is_given_the_training_rows(tmp_path: Path) -> None:
    one_hot = np.eye(2, dtype=int)[(X[:, 0, 0] > 0.8).astype(int)]
    data = arrays(X[:, :, 0] * 5 + 3, one_hot).load()
    parts = Split().parts(data)
    told = {"train": parts.train, "held_out": parts.held_out}
    rows = {f"{n}_{k}": getattr(r, k) for n, r in told.items() for k in "xy"}
    np.savez(tmp_path / "data.npz", **rows)
    figures = (Figure("accuracy", 0.5, function_for("val_accuracy", "binary")),)
    recipe = Recipe(
        run="a-run", versions={}, builder=Builder(ADAPTS, "build(train=train)", adapts=True),
        shape=data.shape, seed=1, epochs=1, batch=32, numpy_random=False, threads=1,
        figures=figures, seeds=(), loss=None,
    )  # fmt: skip
    printed(recipe, tmp_path)

    import keras

    model = keras.saving.load_model(tmp_path / "trained.keras", safe_mode=True)
    mean = np.ravel(model.layers[0].mean)
    np.testing.assert_allclose(mean, parts.train.x.mean(axis=0), rtol=1e-5, atol=1e-5)


STATEFUL = """
import keras


def build():
    inputs = keras.Input(batch_shape=(32, 4, 2))
    read = keras.layers.Bidirectional(keras.layers.GRU(3, stateful=True))(inputs)
    model = keras.Model(inputs, keras.layers.Dense(1, "sigmoid")(read))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model
"""


@pytest.mark.long  # in short by the tests of models of a fixed batch
@pytest.mark.keras
def test_a_script_trains_a_model_of_one_size_of_batch_as_the_run_did(tmp_path: Path) -> None:
    from search.training.model import build
    from search.training.predict import predictions
    from tests.training.conftest import asked, trainer_of

    data = arrays(X, (SUMS > 0).astype(int)).load()
    parts = Split().parts(data)
    (tmp_path / "own.py").write_text(STATEFUL)
    model = build(runpy.run_path(str(tmp_path / "own.py"))["build"], data.shape, {}, seed=1)
    training = trainer_of(parts, data.shape).begin(asked(model, 32, 1))
    curve = training.advance(2)
    told = {"train": parts.train, "validation": parts.validation, "held_out": parts.held_out}
    np.savez(
        tmp_path / "data.npz",
        **{f"{n}_{k}": getattr(r, k) for n, r in told.items() for k in "xy"},
    )
    recipe = Recipe(
        run="a-run", versions={}, builder=Builder(STATEFUL, "build()"), shape=data.shape, seed=1,
        epochs=2, batch=32, numpy_random=False, threads=1,
        figures=(Figure("log loss", 0.5, "log_loss"), Figure("own", 0.5, "", "val_loss")), seeds=(),
        loss=curve["val_loss"][-1], fixed=True,
    )  # fmt: skip
    out = printed(recipe, tmp_path)
    held = parts.held_out
    said = predictions(training.model, held.x, "binary")
    expected = -np.log(said[np.arange(len(held.y)), held.y]).mean()
    assert figure(out, "log loss", "0.5") == pytest.approx(expected, rel=1e-3)
    assert figure(out, "own", "0.5") == pytest.approx(expected, rel=1e-3)
    found = re.search(r"^validation loss (\S+) here", out, re.M)
    assert found
    assert float(found[1]) == pytest.approx(curve["val_loss"][-1], rel=1e-3)


def recipe_of(engine: str, *, dropout: bool) -> Recipe:
    data = arrays(X[:, :, 0], (SUMS > 0).astype(int)).load()
    return Recipe(
        run="a-run", versions={}, builder=builder_of(data.shape, PLAIN), shape=data.shape,
        seed=1, epochs=1, batch=32, numpy_random=draws_by_numpy(engine), threads=1,
        figures=(Figure("accuracy", 0.9, "accuracy"),), seeds=(0.875, 0.9), loss=0.1,
        dropout=dropout,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("engine", "dropout", "says"),
    [
        ("numpy", False, "expect it within 0.02"),
        ("numpy", True, "expect what another seed gives; the winner's seeds gave 0.875, 0.9"),
        ("in-graph", True, "equal on the same versions and CPU but for rounding"),
        ("fit", False, "equal on the same versions and CPU but for rounding"),
    ],
)
def test_a_script_says_what_to_expect(engine: str, dropout: bool, says: str) -> None:
    recipe = recipe_of(engine, dropout=dropout)
    assert says in recipe.expected
    assert repr(recipe.expected) in script(recipe)
    assert ("Initial weights as the run drew them" in script(recipe)) is (engine == "numpy")


@pytest.mark.parametrize(
    ("task", "name"), [(task.name, name) for task in TASKS.values() for name in task.measures]
)
def test_each_objective_is_measured_as_the_page_measures_it(task: str, name: str) -> None:
    from search.metrics.intervals import Draws
    from search.metrics.measures import measure_of
    from search.training import held_out_figures

    draw = np.random.default_rng(5)
    y = {
        BINARY.name: lambda: draw.integers(0, 2, 90),
        MULTICLASS.name: lambda: draw.integers(0, 3, 90),
        MULTILABEL.name: lambda: draw.integers(0, 2, (90, 3)),
        REGRESSION.name: lambda: np.column_stack([draw.normal(1e4, 9, 90), np.full(90, 2.0)]),
    }[task]()
    said = draw.uniform(size=(90, {BINARY.name: 2, REGRESSION.name: 2}.get(task, 3))).round(2)
    said = y + said if task == REGRESSION.name else said
    known = measure_of(f"val_{name}", task)
    assert known is not None
    value = known.estimate(said, y, Draws.of(len(y))).value
    measure = getattr(held_out_figures, function_for(f"val_{name}", task))
    assert measure(said, y) == pytest.approx(value, rel=1e-9)


STREAMED = """
import keras
import numpy as np
import tensorflow as tf

x = np.random.default_rng(0).normal(size=(90, 4)).astype("float32")
y = (x[:, 0] > 0).astype("int32")


def make():
    of = lambda a, b: tf.data.Dataset.from_tensor_slices((x[a:b], y[a:b])).batch(16)
    return of(0, 50), of(50, 70), of(70, 90)


def build():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.Adam(0.1), "binary_crossentropy", metrics=["accuracy"])
    return model


def loop(model, train, validation, epochs, callbacks):
    model.fit(train.x, epochs=epochs, validation_data=validation, callbacks=callbacks, verbose=0)


def stopping():
    return [keras.callbacks.EarlyStopping("loss", patience=9)]
"""


@pytest.mark.long
@pytest.mark.keras
@pytest.mark.parametrize(
    ("one", "steps"),
    [
        pytest.param(OneCall(4, "loop"), None, id="a loop"),
        pytest.param(OneCall(4, callbacks="stopping()"), 2, id="callbacks and steps"),
    ],
)
def test_a_stream_is_trained_on_by_one_call(
    one: OneCall, steps: int | None, tmp_path: Path
) -> None:
    """As plain Keras trains it, left after three of four epochs."""
    space: dict[str, Any] = {}
    exec(compile(STREAMED, "streamed.py", "exec"), space)  # noqa: S102 - of this file
    rows, labels = space["x"], space["y"]
    at = {"validation": slice(50, 70), "held_out": slice(70, 90)}
    parts = {f"{n}_{k}": a[p] for n, p in at.items() for k, a in (("x", rows), ("y", labels))}
    np.savez(tmp_path / "data.npz", **parts)
    figures = (Figure("loss", 0.5, "", "val_loss"),)
    recipe = Recipe(
        run="a-run", versions={}, shape=Shape((4,), 1, "binary"), seed=7, epochs=3, batch=16,
        builder=Builder(STREAMED, "build()", stream=StreamText("make()", True, steps, None)),
        numpy_random=False, threads=1, figures=figures, seeds=(), loss=None, one_call=one,
    )  # fmt: skip
    out = printed(recipe, tmp_path)
    import keras

    keras.utils.set_random_seed(7)
    train, _, held_out = space["make"]()
    model = space["build"]()
    keras.utils.set_random_seed(7)
    again = {"shuffle": False, **({"steps_per_epoch": 2} if steps else {})}
    model.fit(train.repeat() if steps else train, epochs=3, verbose=0, **again)
    found = model.evaluate(held_out, verbose=0, return_dict=True)
    assert figure(out, "loss", "0.5") == pytest.approx(found["loss"], rel=1e-3)
