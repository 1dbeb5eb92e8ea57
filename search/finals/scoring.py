"""How good is a model on held-out rows, by the objective and by what stands beside it?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from search.data.dataset import Array
from search.metrics.intervals import Draws
from search.metrics.measures import Estimate, Measure, measure_of, plain_measure, why_no_interval
from search.metrics.paired import PairedScores, paired
from search.metrics.row_losses import row_losses
from search.study.answer import MAE_OF, R2_OF, Interval, Measured, Paired, Score
from search.study.outputs import PROBABILITIES
from search.study.task import MULTICLASS, MULTILABEL, REGRESSION

UNLIKE = "standard deviations of each target"


def score(
    predictions: Array,
    y: Array,
    task: str,
    names: Sequence[str] = (),
    kind: str = PROBABILITIES,
) -> Score:
    """How predictions do against the truth, by accuracy, micro F1 or R².

    Args:
        predictions: As by `search.training.predict.predictions`, numbers in their own units.
        y: The truth, as in `Dataset`.
        task: Such as "binary".
        names: Of several targets, to tell each one's own.
        kind: What the predictions are, as by `Outputs.kind_read`.
    """
    if task == REGRESSION.name:
        return _of_numbers(predictions, y, names)
    of_classes = _of_labels if task == MULTILABEL.name else _of_classes
    return of_classes(predictions, y, kind)


@dataclass(frozen=True, eq=False)
class Judge:
    """Scores and compares models on the same rows, in what was searched for.

    Attributes:
        y: The truth, numbers in their own units.
        task: Of it.
        objective: Such as "val_auc".
        maximize: Whether more of it is better.
        deviation: Of each target that was standardised for training; None where none was.
        names: Of the targets.
        own: Whether models measure it themselves, since this package does not know it.
    """

    y: Array
    task: str
    objective: str
    maximize: bool
    deviation: Array | None = None
    names: Sequence[str] = ()
    own: bool = False

    @property
    def unit(self) -> str:
        """Of several targets that were standardised, none counts more for its unit."""
        several = self.deviation is not None and len(self.deviation) > 1
        return UNLIKE if several and not self._measure.share else ""

    def judged(
        self, said: Array, own: Estimate | None = None, kind: str = PROBABILITIES
    ) -> PairedScores:
        """Predictions with their estimate.

        Args:
            said: Of the rows, numbers in their own units.
            own: By the model's own metric, where that is asked for.
            kind: What the predictions are, as by `Outputs.kind_read`.
        """
        known = measure_of(self.objective, self.task)
        if self.own or known is None:
            return PairedScores(said, own or Estimate(math.nan), kind)
        estimate = known.estimate(*self._in_unit(said), Draws.of(len(self.y)))
        return PairedScores(said, estimate, kind)

    def score(self, of: PairedScores) -> Score:
        """In the objective, with accuracy, micro F1 or R² beside it."""
        plain = score(of.said, self.y, self.task, self.names, of.kind)
        measure, value = self._measure, of.estimate.value
        if measure is plain_measure(self.task):
            return plain
        finite = math.isfinite(value)
        within = measure.interval(*self._in_unit(of.said), of.estimate) if finite else None
        goal = Measured(
            of.estimate.title or measure.title,
            value if finite else None,
            within,
            no_interval=why_no_interval(of.estimate) if finite and within is None else "",
            maximize=measure.maximize,
            share=measure.share or (self.own and self._is_share(of.estimate)),
            unit=self.unit,
            own=self.own or measure_of(self.objective, self.task) is None,
        )
        return replace(plain, goal=goal)

    def paired(self, winner: PairedScores, other: PairedScores) -> Paired | None:
        """The winner beside another model."""
        y = self.y if self.own or not self.unit else self._scaled(self.y)
        return paired(self._measure, y, winner, other)

    @property
    def _measure(self) -> Measure:
        known = None if self.own else measure_of(self.objective, self.task)
        name = self.objective.removeprefix("val_")
        return known or Measure(name, maximize=self.maximize)

    def _is_share(self, estimate: Estimate) -> bool:
        everything = np.append(estimate.drawn, estimate.value)
        return self.maximize and bool(((everything >= 0) & (everything <= 1)).all())

    def _in_unit(self, said: Array) -> tuple[Array, Array]:
        if not self.unit:
            return said, self.y
        return self._scaled(said), self._scaled(self.y)

    def _scaled(self, numbers: Array) -> Array:
        found: Array = numbers / self.deviation
        return found

    def in_own_units(self, value: float, penalty: float) -> float:
        """A value on validation as it is told of held-out rows.

        Args:
            value: Of numbers as they are trained on.
            penalty: Of the weights, within a loss.
        """
        name = self.objective.removeprefix("val_")
        value -= penalty if name == "loss" else 0.0
        if self.own or self.deviation is None or len(self.deviation) > 1:
            return value
        power = {"loss": 2, "mse": 2, "mae": 1, "rmse": 1}.get(name, 0)
        return float(value * self.deviation[0] ** power)


def _of_classes(shares: Array, y: Array, kind: str) -> Score:
    classes = shares.shape[1]
    predicted = shares.argmax(axis=1)
    matrix = np.zeros((classes, classes), dtype=int)
    np.add.at(matrix, (y, predicted), 1)
    value, interval = _plain(shares, y, MULTICLASS.name)
    return Score(
        rows=len(y),
        value=value,
        interval=interval,
        loss=_finite(row_losses(shares, y, MULTICLASS.name, kind).mean()),
        matrix=tuple(tuple(int(n) for n in line) for line in matrix),
        kind=kind,
    )


def _of_labels(shares: Array, y: Array, kind: str) -> Score:
    from sklearn.metrics import f1_score

    predicted, there = shares >= 0.5, y == 1
    misses = (predicted != there).sum(axis=1)
    value, interval = _plain(shares, y, MULTILABEL.name)
    return Score(
        rows=len(y),
        value=value,
        interval=interval,
        loss=_finite(row_losses(shares, y, MULTILABEL.name, kind).mean()),
        measure="micro F1",
        others={
            "macro F1": float(f1_score(there, predicted, average="macro", zero_division=0.0)),
            "Hamming loss": float(misses.mean() / y.shape[1]),
            "all labels right": float((misses == 0).mean()),
        },
        kind=kind,
    )


def _plain(said: Array, y: Array, task: str) -> tuple[float, Interval]:
    measure = plain_measure(task)
    value = float(measure.of(measure.parts(said, y).mean(axis=0)))
    interval = measure.interval(said, y, Estimate(value))
    return value, interval or Interval(value, value)


def _of_numbers(predicted: Array, y: Array, names: Sequence[str]) -> Score:
    value, interval = _plain(predicted, y, REGRESSION.name)
    return Score(
        rows=len(y),
        value=value,
        interval=interval,
        loss=_finite(np.square(predicted.astype(float) - y).mean()),
        measure="R²",
        others=_of_each(predicted.astype(float), y.astype(float), names),
    )


def _of_each(predicted: Array, y: Array, names: Sequence[str]) -> dict[str, float]:
    """Errors of one target, or each target's own: a mean over metres and seconds says nothing."""
    distance = np.abs(predicted - y).mean(axis=0)
    if y.shape[1] == 1:
        return {
            "MAE": float(distance[0]),
            "RMSE": float(np.sqrt(np.square(predicted - y).mean())),
        }
    own = names if len(names) == y.shape[1] else [f"target {i}" for i in range(y.shape[1])]
    found = {}
    for place, name in enumerate(own):
        column = slice(place, place + 1)
        found[R2_OF + name] = _plain_value(predicted[:, column], y[:, column])
        found[MAE_OF + name] = float(distance[place])
    return found


def _plain_value(predicted: Array, y: Array) -> float:
    measure = plain_measure(REGRESSION.name)
    return float(measure.of(measure.parts(predicted, y).mean(axis=0)))


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
