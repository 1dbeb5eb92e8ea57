"""The choice of the winner by validation, before anything sees the held-out rows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from search.data.dataset import Array
from search.data.split import VALIDATES
from search.finals.folds import OWN, Folds
from search.finals.retraining import Sound, Trained
from search.finals.verdict import Seen, in_order, median_of, with_ties
from search.metrics.base import ROUNDING, Estimate
from search.metrics.intervals import Draws
from search.metrics.measures import measure_of
from search.metrics.of_rows import by_group
from search.study.answer import Finalist, Fit
from search.study.study import Study


@dataclass(frozen=True, eq=False)
class FinalistChoice:
    """The winner, before the held-out evaluation.

    Attributes:
        finalists: The winner first.
        trained: The winner's fits with their weights.
        chosen: Its fit of median validation.
        entrants: All that were trained: finalists and baselines.
    """

    finalists: tuple[Finalist, ...]
    trained: Trained
    chosen: Fit
    entrants: tuple[Trained, ...]

    @property
    def shown(self) -> Sound:
        """The chosen fit with its weights."""
        seed = self.chosen.seed
        return next(s for s in self.trained.sound if s.configuration.seed == seed)

    @property
    def baselines(self) -> list[Trained]:
        """Those of the entrants that are no finalists."""
        return [trained for trained in self.entrants if trained.entrant.trial is None]


@dataclass(frozen=True, eq=False)
class Validation:
    """The validation rows on which finalists are compared.

    Attributes:
        study: What was searched.
        folds: Its rows.
        task: Of them.
    """

    study: Study
    folds: Folds
    task: str

    def choose(self, entrants: Sequence[Trained]) -> FinalistChoice | None:
        """The winner among those of the search; None where no fit is sound."""
        pairs = [(t, t.entrant.trial) for t in entrants if t.entrant.trial is not None]
        of_trial = {trial.number: trained for trained, trial in pairs}
        direction = self.study.direction
        order = in_order([trained.as_finalist(trial) for trained, trial in pairs], direction)
        if not order or order[0].mean is None:
            return None
        seen = {number: self._seen(trained) for number, trained in of_trial.items()}
        order = with_ties(order, seen, direction)
        chosen = median_of(order[0].fits, direction)
        if chosen is None:
            return None
        return FinalistChoice(tuple(order), of_trial[order[0].number], chosen, tuple(entrants))

    @property
    def among(self) -> int:
        """Of how many rows, or groups of rows, those of fresh splits are drawn anew."""
        parts = self.folds.parts(OWN)
        if parts.data is None:
            return 0
        blocks, groups = parts.blocks(VALIDATES), parts.data.given.groups
        return len(parts.data.y) if blocks is None or groups is None else int(groups.max()) + 1

    def _seen(self, trained: Trained) -> Seen:
        """The objective on each split's validation rows, as `with_ties` takes it."""
        measure = measure_of(self.study.objective, self.task)
        drawn, right = [], None
        for split in dict.fromkeys(trained.entrant.splits):
            parts, fits = self.folds.parts(split), [s for s in trained.sound if s.split == split]
            blocks, y = parts.blocks(VALIDATES), parts.validation.y
            draws = Draws.of(len(parts.validation), blocks)
            if split != OWN and self.among:
                draws = Draws.among(self.among, parts.numbers[1], blocks)
            found = [self._estimate(fit, y, draws) for fit in fits]
            if any(not len(one.drawn) for one in found):
                return Seen(None)
            many = min((len(one.drawn) for one in found), default=0)
            drawn.append(np.mean([one.drawn[:many] for one in found], axis=0) if found else None)
            if measure and split == OWN:
                rows = [measure.counted(fit.refitted.predictions, y) for fit in fits]
                known = [by_group(right, draws.groups) for right in rows if right is not None]
                right = np.mean(known, axis=0) if known else None
        known = [line for line in drawn if line is not None]
        if not known:
            return Seen(None)
        many = min(len(line) for line in known)
        lines = [np.full(many, np.nan) if line is None else line[:many] for line in drawn]
        y = self.folds.parts(OWN).validation.y
        of_values = max((abs(fit.value or 0.0) for fit in trained.fits), default=0.0)
        resolution = max(ROUNDING * of_values, measure.resolution(y) if measure else 0.0)
        return Seen(np.array(lines), right, resolution)

    def _estimate(self, fit: Sound, y: Array, draws: Draws) -> Estimate:
        """Of one fit, around what its training recorded: that may hold a penalty of weights."""
        measure, own = measure_of(self.study.objective, self.task), fit.refitted.estimate
        found = own or (
            measure.estimate(fit.refitted.predictions, y, draws) if measure else Estimate(math.nan)
        )
        shift = self.study.goal.value(fit.refitted.curve) - found.value
        return replace(found, drawn=found.drawn + shift)
