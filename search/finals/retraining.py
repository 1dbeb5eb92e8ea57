"""The best configurations again, on fresh seeds, and the baselines beside them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from search.finals.folds import OWN
from search.jobs.messages import (
    Configuration,
    Failed,
    RateTest,
    Refit,
    Refitted,
    Result,
)
from search.study.answer import Finalist, Fit
from search.study.goal import LOSS, Goal, Progress
from search.study.parameters import Value
from search.study.ranking import ranked
from search.study.study import Baseline, Study
from search.study.trial import Trial, seed_of
from search.training.rate_suggestion import ROWS_A_RATE, growing_rates

RATE_SEEDS = 5
"""One curve of one seed is a weak guide: its lowest point lay between 0.036 and 0.18."""
RATE_SHARE = 0.5
"""Rows that a model's curves may train on, beside those of the whole search: for the sake of a
short search of a large data set, fewer seeds."""


@dataclass(frozen=True)
class Entrant:
    """A configuration that is trained again, on each of its seeds.

    Attributes:
        name: As displayed.
        params: All its values by name.
        seeds: One a fit.
        splits: On which each seed's fit is trained, as in `Folds`.
        epochs: Passes over the training rows, at most.
        goal: By which its fits count.
        trial: Of the search; None for a baseline.
        baseline: Place among the study's baselines; None for a trial.
    """

    name: str
    params: Mapping[str, Value]
    seeds: tuple[int, ...]
    splits: tuple[int, ...]
    epochs: int
    goal: Goal
    trial: Trial | None = None
    baseline: int | None = None

    @property
    def configurations(self) -> list[Configuration]:
        """One a seed."""
        return [Configuration(self.params, seed, self.baseline) for seed in self.seeds]

    @property
    def jobs(self) -> list[Refit]:
        """One a seed."""
        return [Refit(self.name, c, self.epochs, self.goal) for c in self.configurations]


@dataclass(frozen=True, eq=False)
class Sound:
    """A fit that did not fail.

    Attributes:
        configuration: What was trained.
        split: On which rows, as in `Folds`.
        refitted: What came of it.
    """

    configuration: Configuration
    split: int
    refitted: Refitted


@dataclass(frozen=True, eq=False)
class Trained:
    """An entrant and what came of its jobs, one result a seed."""

    entrant: Entrant
    results: tuple[Result | None, ...]
    fits: tuple[Fit, ...]

    @classmethod
    def of(cls, entrant: Entrant, results: Sequence[Result | None]) -> "Trained":
        """An entrant with the results of its jobs."""
        found = zip(entrant.seeds, entrant.splits, results, strict=True)
        fits = tuple(_fit(seed, split, result, entrant.goal) for seed, split, result in found)
        return cls(entrant, tuple(results), fits)

    @property
    def sound(self) -> list[Sound]:
        """The fits that did not fail, with their weights."""
        entrant = self.entrant
        found = zip(entrant.configurations, entrant.splits, self.results, strict=True)
        return [Sound(c, s, result) for c, s, result in found if isinstance(result, Refitted)]

    @property
    def weights(self) -> int:
        """How many numbers the model learns; 0 where no fit is sound."""
        return max((sound.refitted.count for sound in self.sound), default=0)

    def as_finalist(self, trial: Trial) -> Finalist:
        """The fresh fits of a configuration of the search."""
        return Finalist(
            number=trial.number,
            params=trial.params,
            weights=trial.weights,
            search_value=math.nan if trial.value is None else trial.value,
            fits=self.fits,
            mean=_mean(self.fits),
            tied=False,
        )


def entrants(study: Study, trials: Sequence[Trial]) -> list[Entrant]:
    """The best of the search by validation, as many as the finals' part of the budget allows.

    Cost is counted in trials, not in seconds, so that the same search always gives the same finals.
    """
    top, seeds = study.finals.room(study.budget.trials)
    splits = study.finals.splits
    on = (OWN,) if splits == 1 else tuple(range(1, splits + 1))
    return [
        Entrant(
            name=f"trial {trial.number}",
            params={**study.fixed, **trial.params},
            seeds=_seeds(study, "finals", trial.number, seeds * splits),
            splits=on * seeds,
            epochs=study.epochs_of({**study.fixed, **trial.params}),
            goal=study.goal,
            trial=trial,
        )
        for trial in ranked(trials, study.goal)[:top]
    ]


def cost_of_finals(study: Study) -> float:
    """How many trials' training the finals are at most, without their curves of learning rates."""
    epochs = study.budget.epochs
    own = sum(b.seeds * (b.epochs or epochs) / epochs for b in study.baselines)
    top, seeds = study.finals.room(study.budget.trials)
    last = 1 + own if study.finals.refit else 0
    return top * seeds * study.finals.splits + own + last


def cost_of_rates(study: Study, rows: int) -> float:
    """How many trials' training the curves of learning rates are: the winner's and baselines'.

    Args:
        study: What is searched.
        rows: That train.
    """
    asked = 1 + sum(baseline.rate_curve for baseline in study.baselines)
    curve, count = _rate_curves(study, rows)
    return asked * count * curve / (study.budget.epochs * rows)


def challengers(study: Study) -> list[Entrant]:
    """The baselines, trained apart from the search."""
    return [
        Entrant(
            name=baseline.name,
            params=_values(study, baseline),
            seeds=_seeds(study, "baseline", baseline.name, baseline.seeds),
            splits=(OWN,) * baseline.seeds,
            epochs=baseline.epochs or study.epochs_of(_values(study, baseline)),
            # A number of epochs of its own is meant as it stands.
            goal=replace(study.goal, patience=None) if baseline.epochs else study.goal,
            baseline=place,
        )
        for place, baseline in enumerate(study.baselines)
    ]


def rate_tests(entrant: Entrant, study: Study, rows: int) -> list[RateTest]:
    """Range tests of an entrant's architecture on several seeds, fewer after a short search.

    Args:
        entrant: Whose.
        study: What was searched.
        rows: That train.
    """
    own = entrant.baseline is not None and study.baselines[entrant.baseline].model
    if study.fit and not own:
        return []  # it trains in its own way, with an optimizer that may be its own
    _, count = _rate_curves(study, rows)
    return [
        RateTest(entrant.name, Configuration(entrant.params, seed, entrant.baseline))
        for seed in _seeds(study, "rates", entrant.name, count)
    ]


def _rate_curves(study: Study, rows: int) -> tuple[int, int]:
    """Rows that one curve of one seed trains on, and on how many seeds there is one."""
    searched = study.budget.trials * study.budget.epochs * rows
    curve = len(growing_rates()) * min(rows, ROWS_A_RATE)
    return curve, max(1, min(RATE_SEEDS, math.floor(RATE_SHARE * searched / curve)))


def _fit(seed: int, split: int, result: Result | None, goal: Goal) -> Fit:
    match result:
        case Refitted(curve=curve, engine=engine, learnt=learnt):
            at = Progress(goal).follow(curve)
            loss = curve[LOSS][at.place] if LOSS in curve else None
            return Fit(seed, curve, at.value, loss, split=split, engine=engine, learnt=learnt)
        case Failed(reason):
            return Fit(seed, {}, None, None, reason, split)
        case _:
            return Fit(seed, {}, None, None, "it was not trained", split)


def _mean(fits: Sequence[Fit]) -> float | None:
    """Over splits, of the mean over seeds on each; None where no fit is sound."""
    values: dict[int, list[float]] = {}
    for fit in fits:
        if fit.value is not None:
            values.setdefault(fit.split, []).append(fit.value)
    return fmean(fmean(of_split) for of_split in values.values()) if values else None


def _seeds(study: Study, kind: str, which: int | str, count: int) -> tuple[int, ...]:
    return tuple(seed_of(study.seed, kind, which, i) for i in range(count))


def _values(study: Study, baseline: Baseline) -> dict[str, Value]:
    """A baseline with a model of its own brings all its values; else the study's fill the rest."""
    return dict(baseline.values) if baseline.model else {**study.fixed, **baseline.values}
