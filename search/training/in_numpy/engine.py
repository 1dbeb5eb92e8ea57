"""One dense network in training by NumPy, from epoch to epoch."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from search.data.dataset import Array, Shape
from search.data.rows_in_file import Features, whole
from search.data.split import Rows
from search.study.class_weights import CLASS_WEIGHT, NONE
from search.study.outputs import PROBABILITIES
from search.study.trial import Curve
from search.training.in_numpy.measures import Measures
from search.training.in_numpy.network import Network
from search.training.in_numpy.optimizers import OPTIMIZERS
from search.training.in_numpy.output_losses import ANSWERS
from search.training.plan import PLAIN, TrainingPlan
from search.training.rate_schedule import schedule_of
from search.training.rate_suggestion import rows_a_rate

VALIDATION_BATCH = 4096
DRAWN = 1 << 20
"""Numbers of rows that are put into an epoch's order at once: 4 MiB."""


def can_train(params: Mapping[str, Any]) -> bool:
    """Whether this engine knows all that a configuration of a `DenseSpace` asks for."""
    return params["optimizer"] in OPTIMIZERS


class NumpyTraining:
    """A dense network that is trained to one epoch after the other, as `Training` with Keras.

    Args:
        shape: Of the data.
        params: The fields of a `DenseSpace`.
        train: Rows that train; class weights come on top of their own.
        validation: Rows that are measured after each epoch.
        seed: Of weights, row order and dropout.
        order: The row numbers of an epoch; drawn from the seed and the epoch where left out.
        course: How long it is meant to be, and what is measured.
    """

    engine = "numpy"
    stopped = False

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
        self.epoch = 0
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
    def weights(self) -> int:
        """How many numbers the network learns."""
        return len(self.network.weights)

    def advance(self, to_epoch: int) -> Curve:
        """Train on; stops after the first epoch whose loss is not finite.

        Args:
            to_epoch: Epochs that the network shall have behind it.

        Returns:
            Measure → its value after each newly trained epoch.
        """
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
        """Train a short epoch at each learning rate, without validation.

        Args:
            rates: Shape (epochs,).

        Returns:
            Measure → its value after each epoch; fewer epochs where a loss is not finite.
        """
        rows = []
        with np.errstate(all="ignore"):
            for rate in rates:
                self._optimizer.rate = float(rate)
                rows.append(self._train_once(rows_a_rate(self._batch)))
                self.epoch += 1
                if not np.isfinite(rows[-1][0]):
                    break
        return {name: [row[i] for row in rows] for i, name in enumerate(self._measures.names)}

    def end(self, curve: Curve) -> Curve:
        """Nothing more is trained."""
        return curve

    def state(self) -> dict[str, Array]:
        """All that training changes, of network and optimizer: name → array."""
        network = {f"network {i}": a.copy() for i, a in enumerate(self.network.arrays())}
        return network | {f"optimizer {name}": a for name, a in self._optimizer.state().items()}

    def restore(self, epoch: int, state: Mapping[str, Array]) -> None:
        """Go on from where a training of such a network stood after `epoch`."""
        self.epoch = epoch
        self.network.load([state[f"network {i}"] for i in range(len(self.network.arrays()))])
        self._optimizer.restore(
            {name: state[f"optimizer {name}"] for name in self._optimizer.state()}
        )

    def arrays(self) -> list[Array]:
        """A copy of every array, in the order of `keras.Model.get_weights`."""
        return [array.copy() for array in self.network.arrays()]

    def load(self, arrays: Sequence[Array]) -> None:
        """Take over the arrays of such a network."""
        self.network.load(arrays)

    def predictions(self, x: Features) -> Array:
        """What the network says of rows `x`, float64; see `search.training.predict.predictions`."""
        return self._task.predictions(self._logits(x).astype(float))

    def kind_of(self, x: Features) -> str:
        """What predictions of rows are; see `search.study.outputs.Outputs.kind_read`."""
        del x
        return PROBABILITIES

    def _logits(self, x: Features) -> Array:
        starts = range(0, len(x), VALIDATION_BATCH)
        batches = (x[at : at + VALIDATION_BATCH] for at in starts)
        return np.concatenate([self.network.logits(b.reshape(len(b), -1)) for b in batches])

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
        return cls(whole(rows.x).reshape(len(rows), -1), rows.y, rows.weights)
