"""Who is tried next: an even start, some of it at usual values, then TPE; no configuration twice.

TPE is Optuna's, which by default models all dimensions jointly and takes running trials into
account. Asking again on a duplicate removes them all at no loss.
"""

import math
import warnings
from bisect import insort
from collections.abc import Container, Iterable, Mapping, Sequence
from copy import copy
from itertools import product
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

from search.store.manifest import WarmStart
from search.store.optuna_compat import frozen_trial, reread, take_logarithms_by_scipy
from search.store.trials import read_trial
from search.study.parameters import Choice, Float, Int, Parameter, Value, combinations
from search.study.study import Study
from search.study.trial import State, seed_of

take_logarithms_by_scipy()

EVEN_START = 10
"""Trials before TPE's first."""
USUAL: Mapping[str, Sequence[Value]] = {
    "optimizer": ("adam", "adam", "rmsprop", "adam"),
    "activation": ("relu", "relu", "relu", "tanh"),
    "learning_rate": (3e-3, 1e-2, 1e-3, 3e-3),
    "layers": (2, 2, 3, 1),
    "dropout": (0.1, 0.2, 0.1, 0.0),
    "l2": (1e-5, 1e-4, 1e-5, 1e-5),
    "batch_size": (32, 64, 32, 32),
}
"""Hyperparameter → its values in the first trials, where networks usually do well: so TPE soon has
good trials to go by. A space without such a name, or such a value, has those of Sobol points."""
BEST, LATEST = 50, 150
"""Trials that TPE is shown of a longer search: no suggestion takes longer for its length."""
RUNNING = 100
"""Trials under way that TPE is shown: no suggestion takes longer for the size of a cluster."""
TRIES = 8
"""How often a configuration that was tried already is drawn anew."""
LISTED = 10_000
"""Configurations that a space may have for those not tried to be listed."""


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
    """Proposes configurations so that each suggestion depends on the store alone.

    Every suggestion has a fresh generator, seeded from the study's seed, the trial's number and the
    try. What was read of the store is cached, nothing else: a resumed run suggests as an
    undisturbed one would have. One sampler serves one Optuna study.

    Args:
        study: What is searched.
        warm_start: From whose trials. They count as history: with 10 of them there is no even start
            any more. What is left of it is drawn anew, and without usual values, since the same
            seed would give what the old run has tried, squeezed or stretched to the new ranges.
    """

    def __init__(self, study: Study, warm_start: WarmStart | None = None) -> None:
        self._study = study
        self._seed = study.seed
        if warm_start is not None:
            self._seed = seed_of(study.seed, "warm start", warm_start.taken, warm_start.trials)
        self._first: Sequence[Mapping[str, Any]] = ()
        if study.sampler == "tpe":
            usual = {} if warm_start else USUAL
            self._first = _first_points(study.parameters, usual, self._seed)
        self._current = (-1, self._fresh(-1, 0))
        self._history: _History | None = None

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """A declared space is known; of a conditional one, what TPE sees in the history."""
        if not self._study.conditional:
            return distributions(self._study.parameters)
        return self._for(trial).infer_relative_search_space(self._seen(study), trial)

    def sample_relative(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        search_space: dict[str, BaseDistribution],
    ) -> dict[str, Any]:
        """All values of a declared space at once."""
        if self._study.conditional:
            return self._for(trial).sample_relative(self._seen(study), trial, search_space)
        return self._not_yet_tried(study, trial, search_space)

    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """One value of a conditional space."""
        return self._for(trial).sample_independent(
            self._seen(study), trial, param_name, param_distribution
        )

    def _seen(self, study: optuna.Study) -> Any:
        """What TPE sees of a conditional space: all of it, with paused trials as pruned ones."""
        if not self._study.resume_paused:
            return study
        return _Window(study, [*map(_as_it_counts, study.get_trials(deepcopy=False))])

    def _not_yet_tried(
        self, study: optuna.Study, trial: FrozenTrial, space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        if self._history is None:
            self._history = _History(study, self._study)
        self._history.update(trial.number)
        shown: Any = _Window(study, self._history.shown)
        params: dict[str, Any] = {}
        for attempt in range(TRIES):
            params = self._draw(shown, trial, space, attempt)
            if self._study.identity(params) not in self._history.tried:
                return params
        return self._untried(trial.number, self._history.tried) or params

    def _untried(
        self, number: int, tried: Container[frozenset[tuple[str, Any]]]
    ) -> dict[str, Any] | None:
        """Some configuration of a nearly exhausted space that was not tried; None of a large one.

        Drawn evenly: TPE has shown that it has no other wish.
        """
        parameters = self._study.parameters
        if combinations(parameters) > LISTED:
            return None
        every = (
            dict(zip(parameters, values, strict=True))
            for values in product(*map(_values, parameters.values()))
        )
        left = [params for params in every if self._study.identity(params) not in tried]
        if not left:
            return None
        return left[seed_of(self._seed, "untried", number) % len(left)]

    def _draw(
        self,
        shown: Any,
        trial: FrozenTrial,
        space: dict[str, BaseDistribution],
        attempt: int,
    ) -> dict[str, Any]:
        if attempt == 0 and trial.number < len(self._first):
            return dict(self._first[trial.number])
        fresh = self._fresh(trial.number, attempt)
        params = fresh.sample_relative(shown, trial, space)
        return params or {
            name: fresh.sample_independent(shown, trial, name, distribution)
            for name, distribution in space.items()
        }

    def _for(self, trial: FrozenTrial) -> BaseSampler:
        """The generator of this suggestion: the same for all its values."""
        if self._current[0] != trial.number:
            self._current = (trial.number, self._fresh(trial.number, 0))
        return self._current[1]

    def _fresh(self, number: int, attempt: int) -> BaseSampler:
        seed = seed_of(self._seed, "ask", number, attempt)
        if self._study.sampler == "random":
            return RandomSampler(seed=seed)
        with warnings.catch_warnings():
            # Experimental by name, and the only one that models a conditional space jointly.
            warnings.simplefilter("ignore", ExperimentalWarning)
            return TPESampler(n_startup_trials=EVEN_START, group=self._study.conditional, seed=seed)


def _values(parameter: Parameter) -> Iterable[Any]:
    """All values of a parameter that can be counted."""
    match parameter:
        case Choice(options):
            return options
        case Int(low, high):
            return range(low, high + 1, parameter.step)
        case Float():
            raise TypeError("the values of a continuous range cannot be listed")


class _History:
    """What TPE and the search for duplicates need, kept up to date between suggestions.

    It says nothing that the store does not: only walking through all of it at each suggestion is
    saved.

    Args:
        study: Whose trials.
        searched: What distinguishes its configurations.

    Attributes:
        tried: Every configuration that was suggested.
    """

    def __init__(self, study: optuna.Study, searched: Study) -> None:
        self._study = study
        self._searched = searched
        self._sign = -1.0 if study.direction is StudyDirection.MAXIMIZE else 1.0
        self._seen = 0
        self._running: list[FrozenTrial] = []
        self._best: list[tuple[float, int]] = []
        self._numbers: list[int] = []
        self._kept: dict[int, FrozenTrial] = {}
        self.tried: set[frozenset[tuple[str, Any]]] = set()

    def update(self, number: int) -> None:
        """Take note of what became of all trials before `number`."""
        running = [reread(self._study, trial) for trial in self._running]
        new = [frozen_trial(self._study, n) for n in range(self._seen, number)]
        self._seen, self._running = number, []
        self.tried.update(self._searched.identity(trial.params) for trial in new)
        for trial in [*running, *new]:
            if not trial.state.is_finished():
                self._running.append(trial)
            elif trial.state is not TrialState.FAIL:
                self._keep(trial)
        self._forget()

    @property
    def shown(self) -> list[FrozenTrial]:
        """The best, the latest, the running suggested last, and the paused, by number."""
        by_number = sorted(self._running, key=lambda trial: trial.number)
        counted = [*map(_as_it_counts, by_number)]
        paused = [trial for trial in counted if trial.state.is_finished()]
        running = [trial for trial in counted if not trial.state.is_finished()][-RUNNING:]
        return sorted([*self._kept.values(), *paused, *running], key=lambda trial: trial.number)

    def _keep(self, trial: FrozenTrial) -> None:
        self._kept[trial.number] = trial
        insort(self._numbers, trial.number)
        if trial.state is TrialState.COMPLETE:
            insort(self._best, (self._sign * cast(float, trial.value), trial.number))

    def _forget(self) -> None:
        """Drop what is neither among the best nor among the latest."""
        del self._best[BEST:], self._numbers[:-LATEST]
        wanted = {*self._numbers, *(number for _, number in self._best)}
        self._kept = {number: t for number, t in self._kept.items() if number in wanted}


class _Window:
    """A study that shows TPE a part of its trials: no suggestion takes longer for its length.

    Args:
        study: The whole one.
        trials: That are shown.
    """

    def __init__(self, study: optuna.Study, trials: Sequence[FrozenTrial]) -> None:
        self._study = study
        self._trials = trials

    def __getattr__(self, name: str) -> Any:
        return getattr(self._study, name)

    def _get_trials(
        self,
        deepcopy: bool = True,
        states: Container[TrialState] | None = None,
        use_cache: bool = False,
    ) -> list[FrozenTrial]:
        del deepcopy, use_cache
        return [trial for trial in self._trials if states is None or trial.state in states]


def _as_it_counts(trial: FrozenTrial) -> FrozenTrial:
    """A paused trial as one that was pruned where it stands, which to Optuna is running."""
    if "pauses" not in trial.user_attrs or read_trial(trial, {}).state is not State.PAUSED:
        return trial
    shown = copy(trial)
    shown.state = TrialState.PRUNED
    return shown


def _first_points(
    parameters: Mapping[str, Parameter], usual: Mapping[str, Sequence[Value]], seed: int
) -> list[dict[str, Any]]:
    """Scrambled Sobol points, the first of them with usual values: the same for the same seed."""
    from scipy.stats import qmc

    if not parameters:
        return []
    sobol = qmc.Sobol(len(parameters), scramble=True, rng=seed_of(seed, "even start"))
    shares = sobol.random_base2(math.ceil(math.log2(EVEN_START)))[:EVEN_START].tolist()
    points = [
        {n: p.at(share) for (n, p), share in zip(parameters.items(), point, strict=True)}
        for point in shares
    ]
    for name, values in usual.items():
        for point, value in zip(points, values, strict=False):
            if name in parameters and parameters[name].contains(value):
                point[name] = value
    return points
