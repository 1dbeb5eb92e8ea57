"""A Keras model in training, whatever takes its steps."""

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from search.data.dataset import Array, Shape
from search.data.rows_in_file import Features
from search.data.split import Rows
from search.metrics.base import Measure
from search.metrics.measures import measure_of
from search.study.outputs import OF_LOSS, Outputs
from search.study.task import TASKS
from search.study.trial import Curve, GrowingCurve, epochs_in
from search.training.engine import Training, TrainingRequest
from search.training.keras_own import overrides
from search.training.outputs import outputs_of
from search.training.predict import predictions, raw_outputs


class KerasTraining(Training):
    """What trainings of a Keras model have in common; see `Training`.

    Args:
        model: Compiled and built; what is trained.
        shape: Of the data.
    """

    def __init__(self, model: Any, shape: Shape) -> None:
        self.model: Any = model
        self._shape = shape
        self._too: tuple[str, Measure, Rows] | None = None

    @property
    def n_parameters(self) -> int:
        """As in `Training`."""
        return sum(int(v.value.shape.num_elements()) for v in self.model.trainable_variables)

    def measure_too(self, request: TrainingRequest, rows: Rows) -> None:
        """As in `Training`: where steps or a loop of your own measure what they like."""
        objective = request.plan.objective
        measure = measure_of(objective, self._shape.task) if objective != "val_loss" else None
        own = request.loop or any(overrides(self.model, s) for s in ("train_step", "test_step"))
        if own and measure is not None:
            self._too = objective, measure, rows

    def advance(self, to_epoch: int) -> Curve:
        """As in `Training`."""
        curve = GrowingCurve()
        while self.epoch < to_epoch:
            more = self._run(self.epoch, to_epoch if self._too is None else self.epoch + 1)
            self.epoch += epochs_in(more)
            if not epochs_in(more):
                break
            curve.grow(self._with_objective(more))
            if not math.isfinite(more.get("loss", (0.0,))[-1]):
                break
        return curve.copied()

    def _with_objective(self, epoch: Curve) -> Curve:
        """A curve of one epoch with the objective, where that is to be found of predictions."""
        if self._too is None:
            return epoch
        objective, measure, rows = self._too
        if objective in epoch or not self._paused:
            self._too = None
            return epoch
        said = self.predictions(rows.x)
        value = measure.of_epoch(said, rows.y) if np.isfinite(said).all() else math.nan
        return {**epoch, objective: [value]}

    @property
    def _paused(self) -> bool:
        """Whether the model stands as it was after the epoch that was trained last."""
        return True

    @abstractmethod
    def _run(self, first: int, last: int) -> Curve:
        """Train from after epoch `first` to `last`; fewer where a loss is not finite."""

    def state(self) -> dict[str, Array]:
        """As in `Training`."""
        return {f"{i}": variable.numpy() for i, variable in enumerate(self._variables)}

    def restore(self, epoch: int, state: Mapping[str, Array]) -> None:
        """As in `Training`."""
        self.epoch = epoch
        for i, variable in enumerate(self._variables):
            variable.assign(state[f"{i}"])

    @property
    def _variables(self) -> list[Any]:
        optimizer = self.model.optimizer
        optimizer.build(self.model.trainable_variables)
        return [*self.model.variables, *optimizer.variables]

    def arrays(self) -> list[Array]:
        """As in `Training`."""
        return list(self.model.get_weights())

    def load(self, arrays: Sequence[Array]) -> None:
        """As in `Training`."""
        self.model.set_weights(arrays)

    def predictions(self, x: Features) -> Array:
        """As in `Training`."""
        if self._by_model:  # whatever it gives, only its own loss knows what that is worth
            return np.empty((len(x), 0))
        return predictions(self.model, x, self._shape.task, self._outputs)

    def kind_of(self, x: Features) -> str:
        """As in `Training`."""
        if self._by_model:
            return OF_LOSS
        return self._outputs.kind_read(raw_outputs(self.model, x), self._shape.task)

    @property
    def _by_model(self) -> bool:
        return TASKS[self._shape.task].by_model

    @cached_property
    def _outputs(self) -> Outputs:
        return outputs_of(self.model, self._shape)
