"""Which parameters made the difference between trials, and how sure is that?"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from statistics import median
from typing import cast

import numpy as np
import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import FrozenTrial

from search.report.axis import Axis
from search.report.wording import counted
from search.study.parameters import Value
from search.study.trial import Trial

ENOUGH = 4
"""Completed trials a parameter below which a forest only learns its trials by heart."""
DRAWS, TREES, DEPTH, MOST = 8, 8, 6, 200
"""As many trees together as Optuna grows by default. One forest of 64 deep trees took 60 s of 1,000
trials, and said the same, to 0.01, as these of 200 of them in under a second."""
MOST_CONDITIONAL = 8
"""Parameters that are weighed on forests of their own, which take half a second each."""
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
    """Optuna's fANOVA: shares of the values' variance that each parameter explains by itself.

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
    from optuna.importance import FanovaImportanceEvaluator  # takes scikit-learn along

    optuna.logging.set_verbosity(optuna.logging.WARNING)  # it would tell of each study it makes
    draws: list[dict[str, float]] = []
    for seed in range(DRAWS):
        generator = np.random.default_rng(seed)
        drawn = generator.integers(0, len(completed), size=min(len(completed), MOST))
        study = optuna.create_study()
        study.add_trials(
            [_frozen(axes, value, completed[i], float(generator.random())) for i in drawn]
        )
        evaluator = FanovaImportanceEvaluator(n_trees=TREES, max_depth=DEPTH, seed=seed)
        with suppress(RuntimeError):  # all trials of this draw have one value
            draws.append(evaluator.evaluate(study))
    if not draws:
        return [], 0.0
    weights = []
    for place, axis in enumerate(axes):
        shares = [float(draw[str(place)]) for draw in draws]
        weights.append(Weight(axis, min(shares), median(shares), max(shares)))
    return weights, max(float(draw[CHANCE]) for draw in draws)


def _frozen(axes: Sequence[Axis], value: Axis, trial: Trial, chance: float) -> FrozenTrial:
    """A trial for a forest: named by place, and evenly spread where it was sampled on a log scale.

    Optuna's own evaluator takes a range by difference: of a rate from 1e-4 to 1e-1, nine tenths of
    the range would lie above 0.01.
    """
    spaces: dict[str, BaseDistribution] = {str(i): _space(axis) for i, axis in enumerate(axes)}
    params = {str(i): _value(axis, trial.params[axis.name]) for i, axis in enumerate(axes)}
    return optuna.create_trial(
        params={**params, CHANCE: chance},
        distributions={**spaces, CHANCE: FloatDistribution(0, 1)},
        value=value.place(trial.value or 0.0),
    )


def _space(axis: Axis) -> BaseDistribution:
    searched = axis.searched
    if not axis.is_number:
        return CategoricalDistribution(range(len(searched.options)))
    if searched.kind == "int" and not searched.log:
        return IntDistribution(int(searched.low or 0), int(searched.high or 0))
    return FloatDistribution(0, 1)


def _value(axis: Axis, value: Value) -> float | int:
    if not axis.is_number:
        return axis.searched.options.index(value)
    if axis.searched.kind == "int" and not axis.searched.log:
        return cast("int", value)
    return min(max(axis.place(value), 0.0), 1.0)
