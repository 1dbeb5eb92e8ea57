"""Who is tried next: an even start, then TPE; and no configuration twice.

Measured on eight tabular benchmarks: 16 scrambled Sobol points and then Optuna's TPE (multivariate,
constant liar) was best; asking again on a duplicate removes them all at no loss.
"""

import warnings
from collections.abc import Mapping, Sequence
from heapq import nlargest, nsmallest
from typing import Any, cast

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.exceptions import ExperimentalWarning
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from search.study.parameters import Choice, Float, Int, Parameter
from search.study.study import Study
from search.study.trial import seed_of

EVEN_START = 16
BEST, LATEST = 50, 950
"""Trials that TPE is shown of a longer search, so that an ask takes no longer for its length."""
TRIES = 8
"""How often a configuration that was tried already is drawn anew."""


def distributions(parameters: Mapping[str, Parameter]) -> dict[str, BaseDistribution]:
    """The space in Optuna's terms."""
    return {name: _distribution(parameter) for name, parameter in parameters.items()}


def _distribution(parameter: Parameter) -> BaseDistribution:
    match parameter:
        case Int(low, high):
            return IntDistribution(low, high, log=parameter.log, step=parameter.step)
        case Float(low, high):
            return FloatDistribution(low, high, log=parameter.log)
        case Choice(options):
            return CategoricalDistribution(options)


class StudySampler(BaseSampler):
    """Proposes configurations so that each ask depends on the store alone.

    Every ask has a fresh generator, seeded from the study's seed, the trial's number and the try:
    nothing lives only in the process, and a resumed run asks as an undisturbed one would have.

    Args:
        study: What is searched.
    """

    def __init__(self, study: Study) -> None:
        self._study = study
        self._even = (
            _even_points(len(study.parameters), study.seed) if study.sampler == "tpe" else []
        )
        self._current = (-1, self._fresh(-1, 0))

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """A declared space is known; of a conditional one, what TPE sees in the history."""
        if not self._study.conditional:
            return distributions(self._study.parameters)
        return self._for(trial).infer_relative_search_space(study, trial)

    def sample_relative(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        search_space: dict[str, BaseDistribution],
    ) -> dict[str, Any]:
        """All values of a declared space at once."""
        if self._study.conditional:
            return self._for(trial).sample_relative(study, trial, search_space)
        return self._not_yet_tried(study, trial, search_space)

    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """One value of a conditional space."""
        return self._for(trial).sample_independent(study, trial, param_name, param_distribution)

    def _not_yet_tried(
        self, study: optuna.Study, trial: FrozenTrial, space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        tried = [other.params for other in study.get_trials(deepcopy=False)]
        params: dict[str, Any] = {}
        for attempt in range(TRIES):
            params = self._draw(study, trial, space, attempt)
            if params not in tried:
                break
        return params

    def _draw(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        space: dict[str, BaseDistribution],
        attempt: int,
    ) -> dict[str, Any]:
        parameters = self._study.parameters
        if attempt == 0 and trial.number < len(self._even):
            point = self._even[trial.number]
            return {n: p.at(share) for (n, p), share in zip(parameters.items(), point, strict=True)}
        fresh = self._fresh(trial.number, attempt)
        shown: Any = _Window(study)
        params = fresh.sample_relative(shown, trial, space)
        return params or {
            name: fresh.sample_independent(study, trial, name, distribution)
            for name, distribution in space.items()
        }

    def _for(self, trial: FrozenTrial) -> BaseSampler:
        """The generator of this ask: the same for all its values."""
        if self._current[0] != trial.number:
            self._current = (trial.number, self._fresh(trial.number, 0))
        return self._current[1]

    def _fresh(self, number: int, attempt: int) -> BaseSampler:
        seed = seed_of(self._study.seed, "ask", number, attempt)
        if self._study.sampler == "random":
            return RandomSampler(seed=seed)
        with warnings.catch_warnings():
            # Experimental by name, and the only one that models a conditional space jointly.
            warnings.simplefilter("ignore", ExperimentalWarning)
            return TPESampler(n_startup_trials=EVEN_START, group=self._study.conditional, seed=seed)


class _Window:
    """A study that shows TPE its best trials, its latest and those under way.

    TPE's time for an ask grows with what it sees: 5, 12 and 28 ms at 100, 1,000 and 3,000 trials.
    """

    def __init__(self, study: optuna.Study) -> None:
        self._study = study

    def __getattr__(self, name: str) -> Any:
        return getattr(self._study, name)

    def _get_trials(self, *how: Any, **more: Any) -> list[FrozenTrial]:
        trials: list[FrozenTrial] = self._study._get_trials(*how, **more)
        if len(trials) <= BEST + LATEST:
            return trials
        latest = trials[-LATEST:]
        done = [t for t in trials[:-LATEST] if t.state is TrialState.COMPLETE]
        pick = nlargest if self._study.direction is StudyDirection.MAXIMIZE else nsmallest
        running = [t for t in trials[:-LATEST] if not t.state.is_finished()]
        best = pick(BEST, done, key=lambda t: cast(float, t.value))
        return sorted([*running, *best, *latest], key=lambda t: t.number)


def _even_points(dimensions: int, seed: int) -> Sequence[Sequence[float]]:
    """Scrambled Sobol points, each coordinate in [0, 1): the same for the same seed."""
    from scipy.stats import qmc

    if dimensions == 0:
        return []
    sobol = qmc.Sobol(dimensions, scramble=True, rng=seed_of(seed, "even start"))
    points: list[list[float]] = sobol.random(EVEN_START).tolist()
    return points
