"""Which parameters made the difference between trials, and how sure is that?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from search.data.dataset import Array
from search.report.axis import Axis
from search.report.variance_shares import variance_shares
from search.report.wording import counted
from search.study.trial import Trial

ENOUGH = 4
"""Completed trials a parameter below which a forest only learns its trials by heart."""
DRAWS, TREES, DEPTH, MOST = 8, 8, 6, 200
"""As many trees together as Optuna grows by default. Its one forest of 64 deep trees took 60 s of
1,000 trials, and said the same, to 0.01, as these of 200 of them."""
MOST_CONDITIONAL = 8
"""Parameters that are weighed on forests of their own."""
CHANCE = "random numbers"


@dataclass(frozen=True)
class Weight:
    """How much a parameter matters by itself.

    Attributes:
        axis: The parameter.
        low: Smallest share of the values' variance, over all draws.
        middle: Median share.
        high: Largest share.
    """

    axis: Axis
    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class Importance:
    """The parameters' weights.

    Attributes:
        weights: The weightiest first; empty where nothing can be said.
        chance: Largest share that a made-up parameter of random numbers got in any draw.
        notes: Sentences: what was left out and why.
    """

    weights: Sequence[Weight] = ()
    chance: float = 0.0
    notes: Sequence[str] = ()

    @property
    def surely_first(self) -> Weight | None:
        """The weightiest, where no draw finds as little for it as for random numbers."""
        first = next(iter(self.weights), None)
        return first if first and first.low > self.chance else None


def importance(axes: Sequence[Axis], value: Axis, completed: Sequence[Trial]) -> Importance:
    """By fANOVA: shares of the values' variance that each parameter explains by itself.

    Each of eight forests grows on trials drawn with replacement, so that a share's spread holds
    the chance of the trials as well as of the forest. Every draw has a parameter of random numbers
    beside the real ones: what it gets, chance gives. A parameter that not all trials have is
    weighed on those that do, beside the parameters that all have.

    Args:
        axes: The parameters.
        value: Of the trials' values; on a log scale where they are far apart, so that no outlier
            is all the variance.
        completed: Trials with a finite value.
    """
    common = [axis for axis in axes if not axis.conditional]
    if not axes:
        return Importance(notes=["No hyperparameter was searched."])
    if len(completed) < ENOUGH * max(len(common), 1):
        return Importance(notes=[_too_few(len(completed), len(common))])
    if len({trial.value for trial in completed}) == 1:
        return Importance(notes=["No hyperparameter importance: all trials have the same value."])
    found, chance = _weights(common, value, completed) if common else ([], 0.0)
    left_out = []
    some = sorted((axis for axis in axes if axis.conditional), key=lambda axis: -axis.having)
    for place, axis in enumerate(some):
        having = [trial for trial in completed if axis.name in trial.params]
        few = len(having) < ENOUGH * (len(common) + 1) or len({t.value for t in having}) == 1
        if few or place >= MOST_CONDITIONAL:
            left_out.append(f"{axis.name} ({len(having)} completed trials have it)")
            continue
        weights, by_chance = _weights([*common, axis], value, having)
        found += [weight for weight in weights if weight.axis is axis]
        chance = max(chance, by_chance)
    found.sort(key=lambda weight: -weight.middle)
    notes = [f"Not in the hyperparameter importance, too few trials: {', '.join(left_out)}."]
    return Importance(found, chance, notes if left_out else ())


def _too_few(trials: int, parameters: int) -> str:
    return (
        f"No hyperparameter importance: {counted(trials, 'completed trial')} "
        f"{'is' if trials == 1 else 'are'} too few for "
        f"{counted(parameters, 'hyperparameter')}; it takes {ENOUGH * parameters}."
    )


def _weights(
    axes: Sequence[Axis], value: Axis, completed: Sequence[Trial]
) -> tuple[list[Weight], float]:
    """The weights of parameters that all these trials have, and the most that chance got."""
    generator = np.random.default_rng(0)
    many = min(len(completed), MOST)
    # Each forest is of trials drawn with replacement, and each of its trees of a draw of those.
    draws = generator.integers(0, len(completed), (DRAWS, 1, many))
    chance = generator.random((DRAWS, 1, many))
    rows = generator.integers(0, many, (DRAWS, TREES, many))
    trials, made_up = (np.take_along_axis(one, rows, axis=2) for one in (draws, chance))
    shape = (DRAWS * TREES, many)
    trials = trials.reshape(shape)
    columns = [_column(axis, completed)[trials] for axis in axes]
    values = np.array([value.place(trial.value or 0.0) for trial in completed])
    shares = variance_shares([*columns, made_up.reshape(shape)], values[trials], DEPTH)
    by_forest = shares.reshape(DRAWS, TREES, -1)
    known = np.isfinite(by_forest)
    with np.errstate(invalid="ignore"):  # of a draw of trials of one value
        found = np.where(known, by_forest, 0.0).sum(axis=1) / known.sum(axis=1)
    found = found[np.isfinite(found).all(axis=1)]
    if not len(found):
        return [], 0.0
    weights = [
        Weight(axis, float(of.min()), float(np.median(of)), float(of.max()))
        for axis, of in zip(axes, found.T[:-1], strict=True)
    ]
    return weights, float(found[:, -1].max())


def _column(axis: Axis, completed: Sequence[Trial]) -> Array:
    """Where on its axis a parameter lies in each trial; of a choice which option it is.

    On its axis a range by ratio is evenly spread: by difference, nine tenths of a rate's from 1e-4
    to 1e-1 would lie above 0.01.
    """
    values = [trial.params[axis.name] for trial in completed]
    if axis.is_number:
        return np.clip([axis.place(value) for value in values], 0.0, 1.0)
    options = axis.searched.options
    return np.eye(len(options))[[options.index(value) for value in values]]
