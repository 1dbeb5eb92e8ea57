"""A `fit=` of one's own: paused at each epoch, left where it is pruned, and its mistakes."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from search import Budget, Choice, Float, Int, State, Study, circles, kerastuner
from search.data.dataset import Shape
from search.data.split import Parts
from search.jobs.context import DataSplit, WorkerContext
from search.jobs.executor import JobExecutor
from search.jobs.messages import (
    Assignment,
    AssignmentResult,
    Configuration,
    Failed,
    FirstStep,
    Limits,
    Refit,
    Refitted,
    Result,
    Rung,
    Stepped,
    TrialJob,
)
from search.loading.space_file import SpaceSource
from search.study.errors import InputError
from search.study.goal import Goal
from search.study.trial import Outcome
from search.training.engine import Training
from search.training.plan import TrainingPlan
from tests.training.conftest import asked, trainer_of

pytestmark = pytest.mark.keras

LOSS = Goal("val_loss", "minimize")
EPOCHS = 4


def network(units: int = 8, *, compiled: bool = True) -> Any:
    layers = [
        keras.Input((2,)),
        keras.layers.Dense(units, "tanh"),
        keras.layers.Dense(1, "sigmoid"),
    ]
    model = keras.Sequential(layers)
    if compiled:
        model.compile(keras.optimizers.Adam(0.02), "binary_crossentropy", metrics=["accuracy"])
    return model


def by_fit(model: Any, train: Any, validation: Any, epochs: int, callbacks: Any) -> Any:
    x, y = train
    more = {"validation_data": validation, "callbacks": callbacks, "verbose": 0}
    return model.fit(x, y, batch_size=16, epochs=epochs, **more)


def by_hand(  # noqa: PLR0913
    model: Any, train: Any, validation: Any, epochs: int, *, callbacks: Any, rate: float = 0.02
) -> None:
    """No compiled model: gradients, two batches accumulated to one step."""
    optimizer, loss = keras.optimizers.Adam(rate), keras.losses.BinaryCrossentropy()
    x, y = train
    rows = tf.data.Dataset.from_tensor_slices((x, y[:, None])).shuffle(200, seed=1).batch(16)
    for epoch in range(epochs):
        kept: list[Any] = []
        for step, (some, truth) in enumerate(rows):
            with tf.GradientTape() as tape:
                error = loss(truth, model(some, training=True))
            found = tape.gradient(error, model.trainable_variables)
            kept = [a + b for a, b in zip(kept, found, strict=True)] if kept else found
            if step % 2:
                optimizer.apply(kept, model.trainable_variables)
                kept = []
        far = loss(validation.y[:, None], model(validation.x, training=False))
        callbacks.on_epoch_end(epoch, {"loss": error, "val_loss": far})


def training(rows: tuple[Parts, Shape], loop: Any, model: Any, epochs: int = EPOCHS) -> Training:
    request = replace(asked(model, 16, 11), loop=loop, plan=TrainingPlan(epochs))
    return trainer_of(*rows, "own loop").begin(request)


def test_it_is_one_call_that_pauses_at_each_epoch_and_equals_plain_fit(
    binary: tuple[Parts, Shape],
) -> None:
    calls, model, plain = [], network(), network()
    plain.set_weights(model.get_weights())

    def loop(model: Any, train: Any, validation: Any, epochs: int, callbacks: Any) -> Any:
        calls.append(epochs)
        return by_fit(model, train, validation, epochs, callbacks)

    trained = training(binary, loop, model)
    first = trained.advance(1)
    after_one = trained.arrays()
    rest = [trained.advance(rung) for rung in (2, 4)]
    assert (calls, trained.epoch, trained.stopped) == ([4], 4, False)
    keras.utils.set_random_seed(11)
    parts = binary[0]
    weights: list[Any] = []
    note = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda *_: weights.append(plain.get_weights())
    )
    history = by_fit(
        plain, (parts.train.x, parts.train.y), (parts.validation.x, parts.validation.y), 4, [note]
    ).history
    for name, values in history.items():
        told = [value for curve in (first, *rest) for value in curve[name]]
        assert told == pytest.approx(values, abs=1e-5)
    for mine, theirs in zip(after_one, weights[0], strict=True):
        assert np.allclose(mine, theirs, atol=1e-5)
    assert trained.end({"val_loss": [1.0]}) == {"val_loss": [1.0]}
    assert trained.stopped


def test_a_loop_by_hand_reports_by_the_callback_and_needs_no_compiled_model(
    binary: tuple[Parts, Shape],
) -> None:
    model = network(compiled=False)
    trained = training(binary, by_hand, model)
    curve = trained.advance(1)
    before = trained.predictions(binary[0].validation.x)
    more = trained.advance(4)
    assert [len(curve["val_loss"]), len(more["val_loss"])] == [1, 3]
    assert not np.allclose(before, trained.predictions(binary[0].validation.x))
    y = binary[0].validation.y
    said = trained.predictions(binary[0].validation.x)[:, -1]
    expected = -np.mean(np.log(np.where(y == 1, said, 1 - said)))
    assert more["val_loss"][-1] == pytest.approx(expected, abs=1e-4)


def test_a_loop_that_is_left_is_ended_where_it_is(binary: tuple[Parts, Shape]) -> None:
    ended: list[str] = []

    def loop(model: Any, train: Any, validation: Any, epochs: int, callbacks: Any) -> Any:
        try:
            return by_fit(model, train, validation, epochs, callbacks)
        except Exception:
            ended.append("as an error")
            raise
        finally:
            ended.append("finally")

    trainer = trainer_of(*binary, "own loop")
    request = replace(asked(network(), 16, 11), loop=loop, plan=TrainingPlan(EPOCHS))
    trainer.begin(request).advance(1)
    assert not ended
    trainer.begin(replace(request)).advance(1)
    assert ended == ["finally"]
    trainer.leave()
    assert ended == ["finally"] * 2


def test_a_history_alone_is_a_curve_too(binary: tuple[Parts, Shape]) -> None:
    def loop(model: Any, epochs: int, **_: Any) -> Any:
        return {"loss": [0.5] * epochs, "val_loss": list(np.linspace(0.6, 0.4, epochs))}

    trained = training(binary, loop, network())
    assert trained.advance(1) == {"loss": [0.5], "val_loss": [0.6]}
    assert trained.advance(4)["val_loss"] == pytest.approx([0.5333333, 0.46666667, 0.4])
    assert trained.stopped


def executor(study: Study) -> JobExecutor:
    data = study.data.load()
    parts = study.split.parts(data)
    source = SpaceSource("small.py", "small.py", {})
    return JobExecutor(WorkerContext(source, DataSplit.of(parts, data), "own loop"), study)


def build(units: int) -> Any:
    return network(units)


def study_of(loop: Callable[..., Any], **changes: Any) -> Study:
    given: dict[str, Any] = {
        "data": circles(samples=120, noise=0.1),
        "model": build,
        "space": {"units": Int(2, 8)},
        "budget": Budget(trials=2, epochs=9),
        "objective": "val_loss",
        "fit": loop,
    }
    return Study(**given | changes)


CONFIGURATION = Configuration({"units": 4}, seed=7)


def first_step(study: Study, **params: Any) -> Result:
    configuration = Configuration({"units": 4, **params}, 7)
    goal = replace(LOSS, objective=study.objective, patience=study.budget.patience)
    (said,) = executor(study).perform(FirstStep(configuration, 9, goal, Limits()))
    assert isinstance(said, Failed | Stepped)
    return said


def test_a_trial_reports_at_rungs_and_a_fit_of_the_finals_equals_it() -> None:
    study = study_of(by_fit)
    job = Assignment((TrialJob(0, CONFIGURATION),), (2, 5), LOSS)
    *rungs, last = executor(study).perform(job)
    assert [rung.epoch for (rung,) in rungs if isinstance(rung, Rung)] == [2]
    assert isinstance(last, AssignmentResult)
    outcome: Outcome = last.outcomes[0]
    assert (outcome.state, outcome.engine.name) == (State.COMPLETE, "own loop")
    (refitted,) = executor(study).perform(Refit("again", CONFIGURATION, 5, LOSS))
    assert isinstance(refitted, Refitted)
    assert refitted.curve == outcome.curve


def test_with_patience_the_best_epochs_weights_are_kept_and_the_loop_is_left() -> None:
    ends: list[int] = []

    def loop(model: Any, epochs: int, callbacks: Any, **_: Any) -> None:
        try:
            for epoch in range(epochs):
                model.layers[-1].bias.assign([float(epoch)])
                callbacks.on_epoch_end(epoch, {"loss": 1.0, "val_loss": abs(epoch - 2.0)})
        finally:
            ends.append(epoch)

    goal = replace(LOSS, patience=3)
    (refitted,) = executor(study_of(loop)).perform(Refit("again", CONFIGURATION, 9, goal))
    assert isinstance(refitted, Refitted)
    assert refitted.weights[-1].tolist() == [2.0]
    assert ends == [5]


def wrong_loops() -> Iterator[tuple[Callable[..., Any], str]]:
    def nothing(model: Any, train: Any, validation: Any, epochs: int, callbacks: Any) -> None:
        pass

    def fewer(model: Any, train: Any, validation: Any, epochs: int, callbacks: Any) -> Any:
        return by_fit(model, train, validation, 2, callbacks)

    def more(model: Any, train: Any, validation: Any, epochs: int, callbacks: Any) -> Any:
        return by_fit(model, train, validation, 20, callbacks)

    def blind(model: Any, train: Any, validation: Any, epochs: int, callbacks: Any) -> Any:
        return model.fit(*train, epochs=epochs, callbacks=callbacks, verbose=0)

    def raises(model: Any, train: Any, validation: Any, epochs: int, callbacks: Any) -> Any:
        return by_fit(model, train, validation, epochs, callbacks) / 0

    def uneven(model: Any, train: Any, validation: Any, epochs: int, callbacks: Any) -> Any:
        return {"loss": [1.0] * epochs, "val_loss": [1.0]}

    def words(model: Any, train: Any, validation: Any, epochs: int, callbacks: Any) -> Any:
        callbacks.on_epoch_end(0, {"val_loss": "low"})

    def bare(model: Any, train: Any, validation: Any, epochs: int, callbacks: Any) -> Any:
        callbacks.on_epoch_end(0)

    def around(model: Any, train: Any, validation: Any, epochs: int, callbacks: Any) -> Any:
        outer = keras.Model(model.inputs, model.outputs)
        outer.compile("adam", "binary_crossentropy")
        return by_fit(outer, train, validation, epochs, callbacks)

    yield around, "around hands callbacks to the fit of another model than the one it is given"
    yield nothing, "nothing reported no epoch and returned NoneType; hand callbacks to model.fit"
    yield fewer, "fewer reported 2 of the 3 epochs that it was asked for"
    yield more, "more trained for more than the 3 epochs that it was asked for"
    yield blind, "blind reports no val_loss, only loss, accuracy, and trials are compared by it"
    yield raises, "unsupported operand"
    yield uneven, "uneven returned a history with 3 of loss, 1 of val_loss"
    yield words, "val_loss was reported as 'low', which is no number"
    yield (
        bare,
        "bare reported no measures of an epoch; give on_epoch_end(epoch, logs)",
    )


@pytest.mark.parametrize(("loop", "sentence"), [*wrong_loops()])
def test_what_a_loop_does_wrong_is_said_before_the_first_trial(loop: Any, sentence: str) -> None:
    said = first_step(study_of(loop))
    assert isinstance(said, Failed)
    assert sentence in said.reason
    assert "test_own_loop.py, line" in said.where or said.where == "small.py"


class OfGuide:
    """A loop as in KerasTuner's guide, which trains for two epochs whatever it is asked for."""

    epochs = 2

    def build(self, hp: Any) -> Any:
        return network(hp.Int("units", 2, 8), compiled=False)

    def fit(self, hp: Any, model: Any, x: Any, y: Any, callbacks: Any, **_: Any) -> float:
        for callback in callbacks:
            callback.model = model  # as with Keras 2
        for epoch in range(self.epochs):
            model.layers[-1].bias.assign([float(epoch)])
            for callback in callbacks:
                callback.on_epoch_end(epoch, logs={"my_metric": 1.0 / (epoch + 1)})
        return 0.0


class Longer(OfGuide):
    epochs = 6


class Silent(OfGuide):
    epochs = 0


class Other(OfGuide):
    def fit(self, hp: Any, model: Any, x: Any, y: Any, callbacks: Any, **_: Any) -> float:
        for callback in callbacks:
            callback.on_epoch_end(0, logs={"accuracy": 1.0, "odd": 1.0})
        return 0.0


OWN = Goal("val_my_metric", "minimize")


def guide(hypermodel: type[OfGuide], **changes: Any) -> Study:
    model = kerastuner(hypermodel)
    model.explore()
    given: dict[str, Any] = {
        "data": circles(samples=120, noise=0.1), "model": model, "objective": "val_my_metric",
        "direction": "minimize", "budget": Budget(trials=2, epochs=9, patience=4),
    }  # fmt: skip
    return Study(**given | changes)


def test_a_model_around_the_given_one_trains_with_a_list_of_the_callbacks() -> None:
    def around(model: Any, train: Any, validation: Any, epochs: int, callbacks: Any) -> Any:
        outer = keras.Model(model.inputs, model.outputs)
        outer.compile("adam", "binary_crossentropy")
        return by_fit(outer, train, validation, epochs, [*callbacks])

    assert isinstance(first_step(study_of(around)), Stepped)


def test_a_hypermodels_fit_has_epochs_and_a_measure_of_its_own() -> None:
    assert isinstance(first_step(guide(OfGuide)), Stepped)
    job = Assignment((TrialJob(0, CONFIGURATION),), (1, 9), OWN)
    *rungs, last = executor(guide(OfGuide)).perform(job)
    assert [rung.epoch for (rung,) in rungs if isinstance(rung, Rung)] == [1]
    assert isinstance(last, AssignmentResult)
    outcome = last.outcomes[0]
    assert (outcome.state, outcome.value) == (State.COMPLETE, 0.5)
    assert outcome.curve == {"val_my_metric": [1.0, 0.5]}


def test_a_hypermodels_fit_is_stopped_after_the_epochs_of_the_budget() -> None:
    assert isinstance(first_step(guide(Longer)), Stepped)
    (refitted,) = executor(guide(Longer)).perform(Refit("again", CONFIGURATION, 3, OWN))
    assert isinstance(refitted, Refitted)
    assert refitted.curve["val_my_metric"] == pytest.approx([1.0, 1 / 2, 1 / 3])
    assert refitted.weights[-1].tolist() == [2.0]  # and not of the epoch in which it was left


@pytest.mark.parametrize(
    ("hypermodel", "sentence"),
    [
        (Silent, "Silent.fit reported no epoch and returned float; hand callbacks to model.fit"),
        (Other, "Other.fit reports no val_my_metric, only "),
    ],
)
def test_what_a_hypermodels_fit_does_wrong_names_it_and_its_line(
    hypermodel: type[OfGuide], sentence: str
) -> None:
    said = first_step(guide(hypermodel))
    assert isinstance(said, Failed)
    assert sentence in said.reason
    first = inspect.getsourcelines(hypermodel.fit)[1]
    line = int(said.where.rpartition(" ")[2])
    assert first <= line < first + len(inspect.getsourcelines(hypermodel.fit)[0])


def test_a_known_measure_is_that_of_validation_whatever_a_hypermodel_reports() -> None:
    said = first_step(guide(Other, objective="val_loss", direction="auto"))
    assert isinstance(said, Failed)
    assert "Other.fit reports no val_loss, only accuracy" in said.reason


def test_a_history_alone_finds_no_best_epoch() -> None:
    def loop(model: Any, train: Any, validation: Any, epochs: int, callbacks: Any) -> Any:
        return by_fit(model, train, validation, epochs, None)

    said = first_step(study_of(loop, budget=Budget(trials=2, epochs=9, patience=3)))
    assert isinstance(said, Failed)
    assert "reports no epoch while it trains, so that Budget(patience=…)" in said.reason
    assert isinstance(first_step(study_of(loop)), Stepped)


def test_weights_of_rows_that_no_loop_reads_are_said() -> None:
    def reads(model: Any, train: Any, validation: Any, epochs: int, callbacks: Any) -> Any:
        more = {"sample_weight": train.sample_weight, "validation_data": validation}
        return model.fit(*train, epochs=epochs, callbacks=callbacks, verbose=0, **more)

    space = {"units": Int(2, 8), "class_weight": Choice("none", "balanced")}
    said = first_step(study_of(by_fit, space=space), class_weight="balanced")
    assert isinstance(said, Failed)
    assert "by_fit does not read train.sample_weight, and these rows have weights" in said.reason
    assert isinstance(first_step(study_of(reads, space=space), class_weight="balanced"), Stepped)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"fit": lambda model, train, epochs: None},
            "fit=<lambda>: it has no argument 'validation' and no 'callbacks'; write def "
            "train_loop(model, train, validation, epochs, callbacks), with values of the space "
            "behind these",
        ),
        ({"fit": 3}, "fit=3: give a function such as def train_loop("),
        ({"engine": "fit"}, "engine='fit': with fit= your own function trains each model"),
        (
            {"space": {"units": Int(2, 8), "batch_size": Choice(8, 16)}},
            "space: 'batch_size' is not an argument of build(units)",
        ),
        (
            {"space": {"units": Int(2, 8), "rte": Float(0.1, 1)}, "fit": by_hand},
            "space: 'rte' is not an argument of build(units)",
        ),
    ],
)
def test_what_cannot_be_called_is_refused_as_it_is_read(
    changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InputError) as caught:
        study_of(changes.pop("fit", by_fit), **changes)
    assert str(caught.value).startswith(sentence)


def test_it_is_given_the_values_that_it_names_and_build_the_others() -> None:
    seen: list[Any] = []

    def loop(batch_size: int, **given: Any) -> Any:
        given.pop("units")
        seen.append((batch_size, given["epochs"], given["model"].layers[0].units))
        return by_fit(**given)

    space = {"units": Int(2, 8), "batch_size": Choice(8, 16), "epochs": Choice(2, 4)}
    study = study_of(loop, space=space, budget=Budget(trials=2))
    assert (study.budget.epochs, study.budget.patience) == (4, None)
    params = {"units": 5, "batch_size": 8, "epochs": 2}
    job = Assignment((TrialJob(0, Configuration(params, 3)),), (2, 4), LOSS)
    *_, last = executor(study).perform(job)
    assert isinstance(last, AssignmentResult)
    assert last.outcomes[0].state is State.COMPLETE, last.outcomes[0].reason
    assert len(last.outcomes[0].curve["val_loss"]) == 2
    assert seen == [(8, 2, 5)]
