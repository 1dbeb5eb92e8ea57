"""What a new run takes from an old one: the trials whose value means the same in both.

The old folder is only read, and nothing of it is executed.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import FrozenTrial

from search.loading.model_source import model_source
from search.loading.space_file import SpaceSource
from search.store.manifest import DataSummary, Look, Manifest, Plan, WarmStart
from search.store.optuna_compat import contains, frozen_trial
from search.store.run import StoredRun, load_run
from search.study.dense import DenseSpace
from search.study.errors import ArgumentError, InputError, SearchError
from search.study.parameters import Value
from search.study.ready_spaces import READY
from search.study.study import Study, Suggest
from search.study.trial import Curve, State, Trial
from search.tuning.pruning import rungs
from search.tuning.sampler import distributions


@dataclass(frozen=True, eq=False)
class Taken:
    """What a new run begins with; nothing, where it is not given.

    Attributes:
        warm_start: The same as displayed; None where nothing was to be taken.
        trials: The new run's first, with their curves.
        looks: Held-out evaluations of the old run, on the held-out rows that are the new run's too.
    """

    warm_start: WarmStart | None = None
    trials: Sequence[tuple[FrozenTrial, Curve]] = ()
    looks: tuple[Look, ...] = ()

    def noted(self, manifest: Manifest) -> Manifest:
        """The new run's manifest with it: the budget of new trials stays what it was."""
        plan = replace(manifest.plan, trials=manifest.plan.trials + len(self.trials))
        return replace(manifest, plan=plan, looks=self.looks, warm_start=self.warm_start)


def take(path: Path, study: Study, source: SpaceSource, data: DataSummary) -> Taken:
    """The trials of an old run that are worth the same in a new one.

    Args:
        path: The old run's folder.
        study: Of the new run.
        source: Of the new run's space.
        data: The new run's rows.

    Raises:
        InputError: There is no such run, its values mean something else, or no trial of it fits.
    """
    try:
        run = load_run(path)
        _check(run, study, source, data)
        trials = run.trials()
    except SearchError as error:
        why = (error.problem, error.fix) if isinstance(error, InputError) else (str(error),)
        raise ArgumentError("continue_from", path, *why) from None
    found: list[tuple[FrozenTrial, Curve]] = []
    misfits: list[MisfitError] = []
    old, held = run.study, _held(run.manifest.plan)
    for trial in trials:
        try:
            placed = _placed(study, held, trial, frozen_trial(old, trial.number).params)
        except MisfitError as misfit:
            misfits.append(misfit)
        else:
            note = f"{run.name} trial {trial.number}"
            frozen = frozen_trial(old, trial.number)
            reports = {**_on_the_way(trial, study), **frozen.intermediate_values}
            found.append((_copy(frozen, placed, reports, note), trial.curve))
    warm_start = WarmStart(str(path), len(trials), len(found), _grouped(misfits))
    if not found:
        why = (f"{warm_start}", "widen the space") if trials else ("it has no trial yet", "wait")
        raise ArgumentError("continue_from", path, why[0], f"{why[1]}, or begin without it")
    looks = (replace(look, run=look.run or run.name) for look in run.manifest.looks)
    return Taken(warm_start, found, tuple(looks))


class MisfitError(Exception):
    """Why a trial has no place in the new run.

    Args:
        why: The same for all trials of its kind.
        example: How it was with this one.
    """

    def __init__(self, why: str, example: Value | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.example = example


def _grouped(misfits: Sequence[MisfitError]) -> dict[str, int]:
    """How many there are of each kind, the commonest first, each with its first example."""
    examples = {misfit.why: misfit.example for misfit in reversed(misfits)}
    return {
        why if examples[why] is None else f"{why} (such as {examples[why]})": count
        for why, count in Counter(misfit.why for misfit in misfits).most_common()
    }


def _check(run: StoredRun, study: Study, source: SpaceSource, data: DataSummary) -> None:
    """Refuse a run whose values all mean something else; the gravest difference is named."""
    differs = _of_rows(run.manifest, data) or _of_trials(run, study, source)
    if differs:
        what, mend = differs
        raise InputError(run.folder.path, what, f"{mend}, or begin without it")


def _of_rows(old: Manifest, new: DataSummary) -> tuple[str, str] | None:
    """How the rows differ, and how to fix it."""
    if old.data.hash != new.hash:
        what = f"its rows are {_rows(old.data)} and these are {_rows(new)}"
        return what, "search the same rows"
    if old.data_changed:
        return "its rows changed between two of its sessions", "continue from a run without that"
    if old.data.split and old.data.split != new.split:
        return f"its split is {old.data.split} and this is {new.split}", "cut the rows as it did"
    if old.data.rows != new.rows:
        return f"its parts are {_parts(old.data)} and these are {_parts(new)}", "cut them as it did"
    return None


def _of_trials(run: StoredRun, study: Study, source: SpaceSource) -> tuple[str, str] | None:
    """How what is trained and measured differs, and how to fix it."""
    plan = run.manifest.plan
    if plan.objective != study.objective:
        what = f"its objective is {plan.objective} and this is {study.objective}"
        return what, f"give objective={plan.objective!r}"
    if plan.patience != study.budget.patience:
        what = f"its patience is {plan.patience} and this is {study.budget.patience}"
        return what, f"give Budget(patience={plan.patience})"
    if plan.epochs != study.budget.epochs:
        what = f"its trials have {plan.epochs} epochs and these have {study.budget.epochs}"
        return what, f"give {plan.epochs} epochs"
    was, now = (_MADE_BY_US.get(kind, "made by a function") for kind in (plan.space, study.kind))
    if was != now:
        return (
            f"its models are {was} and these are {now}",
            "search models of its kind",
        )
    if study.model is not None and not _same_model(run, source):
        kept = run.folder.space / run.manifest.space_file
        return f"the model function changed since; {kept} has it as it was", "bring that back"
    return None


_MADE_BY_US = {kind: space.networks for kind, space in READY.items()}


def _same_model(run: StoredRun, source: SpaceSource) -> bool:
    try:
        was = model_source(run.sources(), run.manifest.space_file)
    except SyntaxError:
        return False  # another Python wrote it, and this one has read the new one
    return was == model_source(source.files, source.name)


def _rows(data: DataSummary) -> str:
    return f"{data.description} (SHA-256 {data.hash[:8]}…)"


def _parts(data: DataSummary) -> str:
    return ", ".join(f"{name} {sum(counts):,}" for name, counts in data.rows.items())


Placed = tuple[dict[str, Value], dict[str, BaseDistribution]]
"""A trial's parameters in the new space, and where each was drawn from."""


def _held(old: Plan) -> dict[str, Value]:
    """What an old run fixed; what dense spaces could not change then was at its default."""
    if old.space != "dense":
        return dict(old.fixed)
    default, new = DenseSpace().fixed, {"class_weight", "schedule", "warmup"} - set(old.parameters)
    return {**{name: default[name] for name in new}, **old.fixed}


def _placed(
    study: Study, held: Mapping[str, Value], trial: Trial, params: Mapping[str, Value]
) -> Placed:
    """Give an old trial its place in the new space, whatever was searched then and is fixed now.

    Args:
        study: Of the new run.
        held: What the old run fixed.
        trial: Of the old run.
        params: All its parameters, also those that mean nothing in it.

    Raises:
        MisfitError: It has none.
    """
    if not trial.state.finished:
        raise MisfitError("paused" if trial.state is State.PAUSED else "not finished")
    if trial.state is State.FAIL:
        raise MisfitError("failed")
    old = {**held, **params}
    replay = Replay(old)
    if callable(study.space):
        replay.ask(study.space)
    for name, distribution in distributions(study.parameters).items():
        replay.give(name, distribution)
    for name, value in study.fixed.items():
        if not _same(replay.old(name), value):
            raise MisfitError(f"{name} is fixed at {value}", old[name])
    for name, value in {**held, **trial.params}.items():
        if name not in replay.params and name not in study.fixed:
            raise MisfitError(f"the new space does not suggest {name}", value)
    return replay.params, replay.distributions


class Replay:
    """Answers Optuna's `trial.suggest_*` with an old trial's values, as far as they are allowed.

    Optuna's `FixedTrial` only warns of a value outside its range.

    Args:
        values: Of the old trial.

    Attributes:
        params: Those that were asked for.
        distributions: Where each was asked from.
    """

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = values
        self.params: dict[str, Value] = {}
        self.distributions: dict[str, BaseDistribution] = {}

    def ask(self, space: Suggest) -> None:
        """Let a conditional space ask.

        Raises:
            MisfitError: It asks for what the trial has not, or fails.
        """
        try:
            space(self)
        except MisfitError:
            raise
        except Exception as error:  # the user's own code
            raise MisfitError(f"{type(error).__name__} in the space's function: {error}") from None

    def old(self, name: str) -> Value:
        """The old trial's value.

        Raises:
            MisfitError: It has none.
        """
        if name not in self._values:
            raise MisfitError(f"no value for {name}")
        return self._values[name]

    def give(self, name: str, distribution: BaseDistribution) -> Any:
        """The old trial's value, where a range allows it.

        Raises:
            MisfitError: It does not, or there is none.
        """
        value = self.old(name)
        if not _allows(distribution, value):
            raise MisfitError(f"{name} lies outside {_text(distribution)}", value)
        self.distributions[name] = distribution
        self.params[name] = distribution.to_external_repr(distribution.to_internal_repr(value))
        return self.params[name]

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> Any:
        """As Optuna's."""
        return self.give(name, IntDistribution(low, high, log=log, step=step))

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> Any:
        """As Optuna's."""
        return self.give(name, FloatDistribution(low, high, log=log, step=step))

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """As Optuna's."""
        return self.give(name, CategoricalDistribution(choices))


def _allows(distribution: BaseDistribution, value: Value) -> bool:
    """Whether a value could have been drawn; True is no 1, and 16.0 no whole number."""
    match distribution:
        case CategoricalDistribution():
            return any(_same(option, value) for option in distribution.choices)
        case IntDistribution():
            sound = isinstance(value, int) and not isinstance(value, bool)
        case _:
            sound = isinstance(value, int | float) and not isinstance(value, bool)
    return sound and contains(distribution, cast(float, value))


def _same(one: Value, other: Value) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _text(distribution: BaseDistribution) -> str:
    match distribution:
        case CategoricalDistribution():
            return ", ".join(str(option) for option in distribution.choices)
        case IntDistribution() | FloatDistribution():
            steps = f", step {distribution.step}" if distribution.step not in (None, 1) else ""
            low, high = distribution.low, distribution.high
            return f"{low}…{high}{steps}" if isinstance(low, int) else f"{low:g}…{high:g}{steps}"
        case _:
            return str(distribution)


def _on_the_way(trial: Trial, study: Study) -> dict[int, float]:
    """What a completed trial stood at where new ones are compared.

    A run without a pruner reports nothing on the way. The median rule would then know many trials
    and no value of them, and stop the second new trial for being behind the first.
    """
    if trial.state is not State.COMPLETE or study.objective not in trial.curve:
        return {}
    reached = [rung for rung in rungs(study)[:-1] if rung <= trial.epochs]
    return {rung: study.goal.value(_first(trial.curve, rung)) for rung in reached}


def _first(curve: Curve, epochs: int) -> Curve:
    return {name: values[:epochs] for name, values in curve.items()}


def _copy(old: FrozenTrial, placed: Placed, reports: Mapping[int, float], note: str) -> FrozenTrial:
    """A trial of the new run: the old one's value to the bit, its reports, notes and times."""
    params, ranges = placed
    copy = optuna.trial.create_trial(
        state=old.state,
        value=old.value,
        params=params,
        distributions=ranges,
        user_attrs={**_of_both(old), "taken": note},
        intermediate_values=dict(reports),
    )
    copy.datetime_start, copy.datetime_complete = old.datetime_start, old.datetime_complete
    return copy


def _of_both(old: FrozenTrial) -> dict[str, Any]:
    """What is noted of a trial wherever it is; the new run has not paused it."""
    return {name: value for name, value in old.user_attrs.items() if name != "pauses"}
