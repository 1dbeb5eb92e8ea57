"""One model in training after the other, by whichever engine suits it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import keras
import psutil

from search.data.dataset import Array, Shape
from search.data.rows_in_file import Features, whole
from search.data.split import Rows
from search.study.class_weights import NONE
from search.study.outputs import Outputs
from search.study.target_form import PLAIN, TargetForm
from search.study.trial import Curve
from search.training.callbacks import OneTraining
from search.training.in_graph import InGraph, OnDevice
from search.training.outputs import form_of, has_own_steps, outputs_of, written
from search.training.predict import predictions, raw_outputs
from search.training.programs import Programs
from search.training.rate_schedule import RateSchedule
from search.training.stock_fit import StockFit

SHARE_OF_MEMORY = 0.25
"""Of the machine's free memory that the rows may take before training leaves them to `fit`."""


class Trainer:
    """Trains models on the same rows, one at a time.

    Args:
        train: Rows that train; class weights come on top of their own.
        validation: Rows that are measured after each epoch.
        task: Of their targets.
        engine: "fit" for stock Keras; whatever suits the model for any other.
        given: How classes were given; a loss of your own gets them so.
    """

    def __init__(
        self,
        train: Rows,
        validation: Rows,
        task: str,
        engine: str = "in-graph",
        given: TargetForm = PLAIN,
    ) -> None:
        self._shape = Shape(train.x.shape[1:], 0, task, given)
        self._train = train
        self._validation = validation
        self._engine = engine
        self._programs: dict[tuple[object, TargetForm], Programs] = {}
        size = 4 * (train.x.size + validation.x.size)
        room = SHARE_OF_MEMORY * psutil.virtual_memory().available
        self._too_large = train.in_file or size > room

    @cached_property
    def _on_device(self) -> OnDevice:
        return OnDevice(self._train, self._validation)

    def begin(  # noqa: PLR0913 - what one training differs in from another
        self,
        model: Any,
        batch_size: int,
        seed: int,
        *,
        class_weight: object = NONE,
        schedule: RateSchedule | None = None,
        callbacks: OneTraining | None = None,
    ) -> "Training":
        """Start to train a model; a training begun before is over.

        Args:
            model: From `build`.
            batch_size: Rows a step.
            seed: Of the order of rows.
            class_weight: As in `Rows.weighted`.
            callbacks: For which the model is trained by `fit`; None for none.
            schedule: Of the learning rate; None to leave it to the model.
        """
        form = form_of(model, self._shape)
        train, validation = (
            replace(rows, y=written(model, rows.y, self._shape, form))
            for rows in (self._train.weighted(class_weight), self._validation)
        )
        by_fit = self._engine == "fit" or callbacks is not None
        engine: InGraph | StockFit
        if by_fit or self._too_large or needs_fit(model, validation):
            engine = StockFit(model, train, validation, batch_size, seed, callbacks, schedule)
        else:
            key = class_weight, form
            if key not in self._programs:
                self._programs[key] = Programs(self._on_device.writing(train, validation))
            engine = InGraph(self._programs[key].of(model), batch_size, seed, schedule)
        return Training(engine, self._shape)


class Training:
    """A model that is trained to one epoch after the other.

    Args:
        engine: That trains it.
        shape: Of the data.

    Attributes:
        model: As it stands; not the object that was given where its architecture was known.
        epoch: Epochs that it has behind it.
        engine: "in-graph" or "fit".
    """

    def __init__(self, engine: InGraph | StockFit, shape: Shape) -> None:
        self._shape = shape
        self.model = engine.model
        self.epoch = 0
        self._engine = engine
        self.engine = engine.name

    @property
    def stopped(self) -> bool:
        """Whether a callback has ended the training."""
        return self._engine.stopped

    @property
    def weights(self) -> int:
        """How many numbers the model learns."""
        return sum(int(variable.shape.num_elements()) for variable in _plain(self.model))

    def advance(self, to_epoch: int) -> Curve:
        """Train on; stops after the first epoch whose loss is not finite.

        Args:
            to_epoch: Epochs that the model shall have behind it.

        Returns:
            Measure → its value after each newly trained epoch.
        """
        measured = self._engine.run(self.epoch, to_epoch)
        self.epoch += len(measured["loss"])
        return measured

    def sweep(self, rates: Array) -> Curve:
        """Train a short epoch at each learning rate, without validation.

        Args:
            rates: Shape (epochs,); the model must not have been compiled with a schedule.

        Returns:
            Measure → its value after each epoch; fewer epochs where a loss is not finite.
        """
        return self._engine.sweep(rates)

    def end(self, curve: Curve) -> Curve:
        """Nothing more is trained, and all was measured: the callbacks are told.

        Args:
            curve: Of the training.

        Returns:
            It as far as it belongs to the model as it now is: a callback may restore weights.
        """
        return self._engine.end(curve)

    def state(self) -> dict[str, Array]:
        """All that training changes, of model and optimizer: name → array."""
        return {f"{i}": variable.numpy() for i, variable in enumerate(self._variables)}

    def restore(self, epoch: int, state: Mapping[str, Array]) -> None:
        """Go on from where a training of such a model stood after `epoch`."""
        self.epoch = epoch
        for i, variable in enumerate(self._variables):
            variable.assign(state[f"{i}"])

    @property
    def _variables(self) -> list[Any]:
        optimizer = self.model.optimizer
        optimizer.build(self.model.trainable_variables)
        return [*self.model.variables, *optimizer.variables]

    def arrays(self) -> list[Array]:
        """Every array of the model, in the order of `keras.Model.get_weights`."""
        return list(self.model.get_weights())

    def load(self, arrays: Sequence[Array]) -> None:
        """Take over the arrays of such a model."""
        self.model.set_weights(arrays)

    def predictions(self, x: Features) -> Array:
        """What the model says of rows `x`; see `predict.predictions`."""
        return predictions(self.model, x, self._shape.task, self._outputs)

    def kind_of(self, x: Features) -> str:
        """What predictions of rows are; see `search.study.outputs.Outputs.kind_read`."""
        return self._outputs.kind_read(raw_outputs(self.model, x), self._shape.task)

    @cached_property
    def _outputs(self) -> Outputs:
        return outputs_of(self.model, self._shape)


def needs_fit(model: Any, rows: Rows) -> bool:
    """Whether only Keras's `fit` can train this model as its author means it.

    Args:
        model: Compiled and built.
        rows: That validate, with targets as the model takes them.
    """
    own_fit = type(model).fit not in (keras.Model.fit, keras.Sequential.fit)
    return own_fit or bool(model.run_eagerly) or _tells_otherwise(model, rows)


def _tells_otherwise(model: Any, rows: Rows) -> bool:
    """Whether a `test_step` of one's own returns what none of the model's metrics keeps.

    `fit` then takes what the step returns, and else the metrics' results.
    """
    if not has_own_steps(model):
        return False
    try:
        told = model.test_step((whole(rows.x[:1]), rows.y[:1]))
        return set(told) != set(model.get_metrics_result())
    except Exception:  # it will fail where it is trained, and be told there
        return False
    finally:
        model.reset_metrics()


def _plain(model: Any) -> list[Any]:
    return [variable.value for variable in model.trainable_variables]
