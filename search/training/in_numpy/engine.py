"""The engine without Keras: dense networks in training by NumPy, from epoch to epoch."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from search.data.dataset import Array, Shape
from search.data.rows_in_file import Features, flat
from search.data.split import Rows
from search.study.class_weights import CLASS_WEIGHT, NONE
from search.study.dense import DenseSpace, values_of
from search.study.outputs import PROBABILITIES
from search.study.trial import Curve
from search.training.engine import Engine, StudyNeeds, Training, TrainingRequest, only_fit
from search.training.in_numpy.measures import Measures
from search.training.in_numpy.network import Network
from search.training.in_numpy.optimizers import OPTIMIZERS
from search.training.in_numpy.output_losses import ANSWERS
from search.training.plan import PLAIN, TrainingPlan
from search.training.rate_schedule import schedule_of
from search.training.rate_suggestion import rows_a_rate

VALIDATION_BATCH = 4096
MOST_WEIGHTS = 100_000
"""Up to here NumPy leads; beyond, both engines wait for the same arithmetic and the graph's is a
little faster (784-256-256-10, two epochs of 20,000 rows: 1.0 s and 0.8 s)."""
DRAWN = 1 << 20
"""Numbers of rows that are put into an epoch's order at once: 4 MiB."""


class NumpyEngine(Engine):
    """Trains the networks of a `DenseSpace` without Keras."""

    name = "numpy"
    needs_keras = False
    draws_by_numpy = True

    @staticmethod
    def suits(needs: StudyNeeds) -> tuple[bool, str]:
        """What is small, dense and on a CPU."""
        space = needs.study.space
        if why_not := only_fit(needs):
            return False, why_not
        if not isinstance(space, DenseSpace):
            return False, "any Keras model trains whole epochs in one graph"
        if needs.gpus:
            return False, "a GPU is used through TensorFlow"
        if not set(values_of(space.optimizer)) <= set(OPTIMIZERS):
            return False, "an optimizer of the space is Keras's alone"
        widest = _most_weights(space, needs.shape)
        if widest > MOST_WEIGHTS:
            return False, f"networks of up to {widest:,} weights"
        return True, f"dense networks of at most {widest:,} weights"

    def refuses(self, request: TrainingRequest) -> str:
        """What is not of a `DenseSpace`, or asks for what is Keras's alone."""
        if request.custom:
            return "a function of yours builds the model"
        optimizer = request.params["optimizer"]
        return "" if optimizer in OPTIMIZERS else f"the optimizer {optimizer} is Keras's alone"

    def begin(self, request: TrainingRequest) -> "NumpyTraining":
        """As in `Engine`."""
        rows, seed = self.rows, request.seed
        return NumpyTraining(
            rows.shape, request.params, rows.train, rows.validation, seed, course=request.plan
        )


def _most_weights(space: DenseSpace, shape: Shape) -> int:
    widths = [int(np.prod(shape.features)), *space.most_units, shape.outputs]
    return sum(a * b + b for a, b in pairwise(widths))


class NumpyTraining(Training):
    """A dense network that is trained to one epoch after the other; see `Training`.

    Args:
        shape: Of the data.
        params: The fields of a `DenseSpace`.
        train: Rows that train; class weights come on top of their own.
        validation: Rows that are measured after each epoch.
        seed: Of weights, row order and dropout.
        order: The row numbers of an epoch; drawn from the seed and the epoch where left out.
        course: How long it is meant to be, and what is measured.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the same as Training's, and a test's order
        self,
        shape: Shape,
        params: Mapping[str, Any],
        train: Rows,
        validation: Rows,
        seed: int,
        order: Callable[[int], Array] | None = None,
        course: TrainingPlan = PLAIN,
    ) -> None:
        self._seed = seed
        self._order = order or self._drawn
        self._batch = params["batch_size"]
        self._task = ANSWERS[shape.task]
        self._measures = Measures(shape.task, course.measure)
        self._schedule = schedule_of(params, course.epochs, len(train))
        self._train = _Flat.of(train.weighted(params.get(CLASS_WEIGHT, NONE)))
        self._validation = _Flat.of(validation)
        self.network = Network(shape, params, np.random.default_rng([seed, 0]))
        size = len(self.network.weights)
        self._optimizer = OPTIMIZERS[params["optimizer"]](size, params["learning_rate"])

    @property
    def n_parameters(self) -> int:
        """As in `Training`."""
        return len(self.network.weights)

    def advance(self, to_epoch: int) -> Curve:
        """As in `Training`."""
        rows = []
        with np.errstate(all="ignore"):  # what is not finite ends the trial, with its reason
            while self.epoch < to_epoch:
                trained = self._train_once(rates=self._rates())
                rows.append((*trained, *self._validate()))
                self.epoch += 1
                if not np.isfinite(trained[0]):
                    break
        own = self._measures.names
        names = (*own, *(f"val_{name}" for name in own))
        return {name: [row[i] for row in rows] for i, name in enumerate(names)}

    def sweep(self, rates: Array) -> Curve:
        """As in `Training`."""
        rows = []
        with np.errstate(all="ignore"):
            for rate in rates:
                self._optimizer.rate = float(rate)
                rows.append(self._train_once(rows_a_rate(self._batch)))
                self.epoch += 1
                if not np.isfinite(rows[-1][0]):
                    break
        return {name: [row[i] for row in rows] for i, name in enumerate(self._measures.names)}

    def state(self) -> dict[str, Array]:
        """As in `Training`."""
        network = {f"network {i}": a.copy() for i, a in enumerate(self.network.arrays())}
        return network | {f"optimizer {name}": a for name, a in self._optimizer.state().items()}

    def restore(self, epoch: int, state: Mapping[str, Array]) -> None:
        """As in `Training`."""
        self.epoch = epoch
        self.network.load([state[f"network {i}"] for i in range(len(self.network.arrays()))])
        self._optimizer.restore(
            {name: state[f"optimizer {name}"] for name in self._optimizer.state()}
        )

    def arrays(self) -> list[Array]:
        """As in `Training`."""
        return [array.copy() for array in self.network.arrays()]

    def load(self, arrays: Sequence[Array]) -> None:
        """As in `Training`."""
        self.network.load(arrays)

    def predictions(self, x: Features) -> Array:
        """As in `Training`."""
        return self._task.predictions(self._logits(x).astype(float))

    def kind_of(self, x: Features) -> str:
        """As in `Training`."""
        del x
        return PROBABILITIES

    def _logits(self, x: Features) -> Array:
        starts = range(0, len(x), VALIDATION_BATCH)
        batches = (x[at : at + VALIDATION_BATCH] for at in starts)
        return np.concatenate([self.network.logits(flat(b)) for b in batches])

    def _rates(self) -> Array | None:
        """Those of the next epoch's steps; None where the rate stays."""
        schedule = self._schedule
        return None if schedule is None else schedule.rates(self.epoch, self.epoch + 1)

    def _train_once(self, most: int | None = None, rates: Array | None = None) -> tuple[float, ...]:
        order = self._order(self.epoch)[:most]
        y = self._train.y[order]
        weights = None if self._train.weights is None else self._train.weights[order]
        draw = np.random.default_rng([self._seed, 1, self.epoch])
        logits, penalties = [], 0.0
        for step, (start, batch) in enumerate(self._batches(order)):
            if rates is not None:
                self._optimizer.rate = float(rates[step])
            truth = y[start : start + self._batch]
            out = self.network.forward(batch, draw)
            logits.append(out)
            penalties += self.network.penalty() * len(batch)
            gradient = self._task.gradient(out, truth)
            if weights is not None:
                gradient *= weights[start : start + self._batch, None]
            self.network.back(gradient)
            self._optimizer.step(self.network.weights, self.network.gradient)
        return self._measures.of(np.concatenate(logits), y, penalties / len(y), weights)

    def _batches(self, order: Array) -> Iterator[tuple[int, Array]]:
        """The features of each step, with the number of its first row.

        Drawn some batches at a time: all rows at once would be there twice in every worker.
        """
        at_once = self._batch * max(1, DRAWN // (self._batch * self._train.x.shape[1]))
        for first in range(0, len(order), at_once):
            x = self._train.x[order[first : first + at_once]]
            for start in range(0, len(x), self._batch):
                yield first + start, x[start : start + self._batch]

    def _validate(self) -> tuple[float, ...]:
        logits = self._logits(self._validation.x)
        return self._measures.of(logits, self._validation.y, self.network.penalty())

    def _drawn(self, epoch: int) -> Array:
        return np.random.default_rng([self._seed, 2, epoch]).permutation(len(self._train.y))


class _Flat(NamedTuple):
    """Rows with one axis of features."""

    x: Array
    y: Array
    weights: Array | None

    @classmethod
    def of(cls, rows: Rows) -> "_Flat":
        return cls(flat(rows.x), rows.y, rows.weights)
