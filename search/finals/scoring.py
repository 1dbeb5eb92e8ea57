"""How good is a model on held-out rows, by the objective and by what stands beside it?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from search.data.dataset import Array
from search.data.series_rows import Blocks
from search.data.split import HELD_OUT, Parts
from search.metrics.base import Estimate, Measure, PairedScores, why_no_interval
from search.metrics.custom import Custom
from search.metrics.intervals import Draws
from search.metrics.measures import measure_of, plain_measure
from search.metrics.scores import in_blocks, score
from search.store.manifest import DataSummary
from search.study.answer import Interval, Measured, Paired, Score
from search.study.outputs import OF_LOSS, PROBABILITIES
from search.study.study import Study
from search.study.task import TASKS, direction_of

UNLIKE = "standard deviations of each target"


def _nothing_beside(estimate: Estimate, rows: int) -> Score:
    """The score of a model that nothing but its own measures tell of."""
    value = estimate.value if math.isfinite(estimate.value) else 0.0
    return Score(rows, value, Interval(value, value), None, measure="", kind=OF_LOSS)


def _measured(measure: Measure, estimate: Estimate, within: Interval | None) -> Measured:
    finite = math.isfinite(estimate.value)
    return Measured(
        measure.title,
        estimate.value if finite else None,
        within,
        no_interval=why_no_interval(estimate) if finite and within is None else "",
        maximize=measure.maximize,
        share=measure.share,
    )


@dataclass(frozen=True, eq=False)
class Judge:
    """Scores and compares models on the same rows, in what was searched for.

    Attributes:
        y: The truth, numbers in their own units; of a "custom" task whatever its loss takes.
        task: Of it.
        objective: Such as "val_auc".
        maximize: Whether more of it is better.
        deviation: Of each target that was standardised for training; None where none was.
        names: Of the targets.
        own: Whether models measure it themselves, since this package does not know it.
        blocks: Which rows depend on each other, where some do.
    """

    y: Any
    task: str
    objective: str
    maximize: bool
    deviation: Array | None = None
    names: Sequence[str] | None = ()
    own: bool = False
    blocks: Blocks | None = None

    @classmethod
    def of(cls, study: Study, parts: Parts, data: DataSummary, *, own: bool) -> "Judge":
        """Of the held-out rows of a run.

        Args:
            study: What was searched.
            parts: Its rows.
            data: The same, as the manifest has them.
            own: As in the attributes.
        """
        scale, maximize = parts.scale, study.direction == "maximize"
        deviation = None if scale is None else np.asarray(scale.deviation, float)
        truth = parts.back(parts.held_out.y)
        names: Sequence[str] | None = data.targets
        blocks, of = parts.blocks(HELD_OUT), study.objective
        if blocks is not None and blocks.length and deviation is not None and not np.ptp(deviation):
            names = None  # steps of one target have one unit, and are measured together
        return cls(truth, data.task, of, maximize, deviation, names, own, blocks)

    @property
    def unit(self) -> str:
        """Of several targets that were standardised, none counts more for its unit."""
        if self.deviation is None or self._measure_of().share:
            return ""
        return UNLIKE if self._several or self.own else ""

    @property
    def _several(self) -> bool:
        """Whether targets are of several units, none of which is the others'."""
        return self.deviation is not None and len(set(self.deviation.tolist())) > 1

    def judged(
        self, said: Array, own: Estimate | None = None, kind: str = PROBABILITIES
    ) -> PairedScores:
        """Predictions with their estimate.

        Args:
            said: Of the rows, numbers in their own units.
            own: By the model's own metric, where that is wanted.
            kind: What the predictions are, as by `Outputs.kind_read`.
        """
        if self._known is None:
            return PairedScores(said, own or Estimate(math.nan), kind)
        estimate = self._known.estimate(*self._in_unit(said, self.y), self._draws)
        return PairedScores(said, estimate, kind)

    def score(self, of: PairedScores) -> Score:
        """In the objective, with accuracy, micro F1 or R² beside it."""
        measure = self._measure_of(of.estimate)
        if TASKS[self.task].by_model:
            plain = _nothing_beside(of.estimate, len(self.y))
        else:
            plain = score(of.said, self.y, self.task, self.names, of.kind)
            plain = in_blocks(plain, of.said, self.y, self.task, self.blocks)
            if measure is plain_measure(self.task) and self.groups != 1:
                return plain
        plain = replace(plain, groups=self.groups)
        finite = math.isfinite(of.estimate.value)
        within = measure.interval(*self._in_unit(of.said, self.y), of.estimate) if finite else None
        goal = _measured(measure, of.estimate, within)
        return replace(plain, goal=replace(goal, unit=self.unit, own=self._known is None))

    @property
    def groups(self) -> int:
        """Of which the rows are; 0 where they are independent, or windows."""
        return 0 if self.blocks is None else self.blocks.count

    def measured(self, of: Estimate, name: str) -> Measured:
        """What a model measures itself beside the objective; which way is better may be unknown."""
        maximize = of.share or direction_of(name) == "maximize"
        measure = Custom(name, maximize=maximize, seen=of)
        within = measure.interval(np.empty(0), np.empty(0), of)
        return replace(_measured(measure, of, within), own=True)

    def paired(self, winner: PairedScores, other: PairedScores) -> Paired | None:
        """The winner beside another model."""
        y = self.y if self.own or not self.unit else self._scaled(self.y)
        return self._measure_of(winner.estimate).paired(y, winner, other)

    def on_some(self, said: Array, places: Array, draws: Draws) -> Estimate:
        """The objective on some of the rows; the usual measure where only models know it.

        Args:
            said: Predictions for these rows, numbers in their own units; of a task that only a
                model measures, the objective of each, shape (rows, 1).
            places: Of them among the rows.
            draws: Of them.
        """
        if TASKS[self.task].by_model:  # what is said is the objective of each row
            title = f"{self.objective.removeprefix('val_')} of the whole model"
            return Estimate(float(said.mean()), draws.means(said)[:, 0], title)
        known = self._among_known
        in_unit = self._in_unit(said, self.y[places])
        return replace(known.estimate(*in_unit, draws), title=known.title)

    def better_by(self, gap: float) -> float:
        """A difference of what `on_some` measures, positive where it is for the better."""
        if TASKS[self.task].by_model:
            return gap if self.maximize else -gap
        return self._among_known.better(gap)

    @property
    def _among_known(self) -> Measure:
        return self._known or plain_measure(self.task)

    @cached_property
    def _draws(self) -> Draws:
        return Draws.of(len(self.y), self.blocks)

    @property
    def _known(self) -> Measure | None:
        return None if self.own else measure_of(self.objective, self.task)

    def _measure_of(self, seen: Estimate | None = None) -> Measure:
        name = self.objective.removeprefix("val_")
        return self._known or Custom(name, maximize=self.maximize, seen=seen)

    def _in_unit(self, said: Array, y: Array) -> tuple[Array, Array]:
        return (self._scaled(said), self._scaled(y)) if self.unit else (said, y)

    def _scaled(self, numbers: Array) -> Array:
        found: Array = numbers / self.deviation
        return found

    def in_own_units(self, value: float, penalty: float) -> float:
        """A value on validation as it is shown for held-out rows.

        Args:
            value: Of numbers as they are trained on.
            penalty: Of the weights, within a loss.
        """
        value -= penalty if self.objective == "val_loss" else 0.0
        if self._known is None or self.deviation is None or self._several:
            return value
        return float(value * self.deviation[0] ** self._known.power)
