"""Calls a function with a trial, on whatever machine and in whatever process this is.

The trial is Optuna's own, of a study in memory that has what the store has: whatever a function may
ask of it works, and a suggestion needs no way to the driver and back.
"""

import json
import math
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import replace
from queue import Empty
from typing import Any, NamedTuple

import cloudpickle
import numpy as np
import optuna
from optuna.pruners import MedianPruner
from optuna.samplers import TPESampler
from optuna.trial import FrozenTrial, TrialState

from search.jobs.background import BackgroundThread
from search.jobs.context import FunctionContext, WorkerContext
from search.jobs.executor import JobExecutor
from search.jobs.failures import Tracebacks, reason_of
from search.jobs.messages import Job, WorkerMessage
from search.jobs.trial_limits import LimitWatch
from search.loading.lazy_imports import HEAVY
from search.loading.local_imports import imports
from search.store.optuna_compat import (
    WatchedTrial,
    attributes_of,
    frozen_trial,
    set_attributes,
    study_in_memory,
    tell,
    was_stopped,
)
from search.store.trials import NOTES
from search.study.errors import plain
from search.study.function_study import (
    FUNCTION,
    MODEL,
    FunctionMistakeError,
    FunctionStudy,
    Left,
)
from search.study.plain_text import brief
from search.study.study import Study
from search.study.trial import Curve, EngineChoice, Outcome, State
from search.training.device import limit_threads, prepare
from search.tuning.function_jobs import FunctionJob, FunctionResult, FunctionRung

LOOK = 0.5
"""Seconds between two looks at what a function has reported."""
_ENGINE = EngineChoice(FUNCTION)
_NOT_KEPT = object()
_STATES = {
    State.COMPLETE: TrialState.COMPLETE, State.PRUNED: TrialState.PRUNED,
    State.FAIL: TrialState.FAIL,
}  # fmt: skip


class CallEnding(NamedTuple):
    """What a function's value or exception means: state, value, reason, mistake as of a result."""

    state: State
    value: float | None = None
    reason: str = ""
    mistake: bool = False


class TrialsRead:
    """The trials of a run, of which each is read once: unpickling 300 takes longer than a draw."""

    def __init__(self) -> None:
        self._known: list[tuple[bytes, FrozenTrial]] = []

    def of(self, history: Sequence[bytes]) -> list[FrozenTrial]:
        """As they are now; those that are as they were are not read again."""
        for number, content in enumerate(history):
            if number == len(self._known):
                self._known.append((content, cloudpickle.loads(content)))
            elif self._known[number][0] != content:
                self._known[number] = content, cloudpickle.loads(content)
        return [trial for _, trial in self._known[: len(history)]]


class FunctionExecutor:
    """Performs jobs of a study of a function, one at a time.

    Args:
        context: What to work with.
        study: The study that the source gives, where it was executed already.
    """

    def __init__(self, context: FunctionContext, study: Study | None = None) -> None:
        limit_threads(context.cpus)
        if imports(context.source.files.values(), *HEAVY):
            prepare(context.cpus, context.gpus)
        self._source = context.source
        found = study or context.source.execute().study
        assert isinstance(found, FunctionStudy)  # noqa: S101 - for mypy
        self._study = found
        self._tracebacks = Tracebacks()
        self._trials = TrialsRead()
        sampler = found.sampler_object or TPESampler(seed=found.seed)
        self._begin = cloudpickle.dumps((sampler, {}))
        self._thread = BackgroundThread()  # Keras keeps its state by thread
        self._call: FunctionCall | None = None
        optuna.logging.set_verbosity(optuna.logging.WARNING)

    def perform(self, job: Job) -> Generator[WorkerMessage, None, None]:
        """The messages about a job: a rung where something was reported, at the end its result."""
        assert isinstance(job, FunctionJob)  # noqa: S101 - there is no other
        trials = self._trials.of(job.history)
        self._call = call = FunctionCall(self._study, job, trials, job.state or self._begin)
        try:
            self._thread.begin(lambda: call.ending(self._judged))
            while True:
                try:
                    ending = self._thread.result(LOOK)
                except Empty:
                    if call.has_news:
                        yield (call.rung(),)
                else:
                    yield call.result(ending)
                    return
        finally:
            self._call = None

    def overrun(self) -> FunctionResult | None:
        """How the trial ends where it has to be ended where it is; called by another thread."""
        call = self._call
        reason = call.overrun() if call else ""
        return call.snapshot(CallEnding(State.FAIL, None, reason)) if call and reason else None

    def _judged(self, call: Callable[[], object]) -> CallEnding:
        try:
            return ending_of(call())
        except optuna.TrialPruned as pruned:
            return CallEnding(State.PRUNED, None, str(pruned) or "it raised TrialPruned")
        except (Exception, SystemExit) as error:
            reason = reason_of(error, self._source)
            self._tracebacks.tell(error, reason)
            return CallEnding(State.FAIL, None, reason, isinstance(error, FunctionMistakeError))


def executor_of(
    context: WorkerContext | FunctionContext, study: Study | None = None
) -> "JobExecutor | FunctionExecutor":
    """What performs the jobs of a study.

    Args:
        context: What to work with.
        study: The study that the source gives, where it was executed already.
    """
    if isinstance(context, WorkerContext):
        return JobExecutor(context, study)
    return FunctionExecutor(context, study)


def ending_of(value: object) -> CallEnding:
    """What it means that a function returned this."""
    told = "the function returned"
    if value is None:
        return CallEnding(State.FAIL, None, f"{told} None; return the number to compare by", True)
    if isinstance(value, str | bytes | Mapping) or np.ndim(value) > 0:  # type: ignore[arg-type]
        several = isinstance(value, list | tuple)
        why = "; several objectives are not searched" if several else ""
        return CallEnding(State.FAIL, None, f"{told} {brief(value)}{why}; return one number", True)
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return CallEnding(State.FAIL, None, f"{told} {brief(value)}; return a number", True)
    if not math.isfinite(number):
        return CallEnding(State.FAIL, None, f"{told} {number}, which compares with nothing")
    return CallEnding(State.COMPLETE, number)


class FunctionCall:
    """One call of the function, as another thread may see it.

    Args:
        study: Whose function.
        job: What to do.
        trials: Those of its history.
        state: What the sampler knows, pickled.
    """

    def __init__(
        self, study: FunctionStudy, job: FunctionJob, trials: Sequence[FrozenTrial], state: bytes
    ) -> None:
        self._study, self._job, self._trials, self._state = study, job, trials, state
        self._optuna: optuna.Study | None = None
        self._left: Left | None = None
        self._watch = LimitWatch(job.limits)
        self._watch.at("before its first report")
        self._begun, self._seen = time.monotonic(), 0

    def ending(self, judge: Callable[[Callable[[], object]], CallEnding]) -> CallEnding:
        """Call the function, and have Optuna told of how it ended; all in one thread."""
        sampler, attributes = cloudpickle.loads(self._state)
        if self._job.reseed:
            sampler.reseed_rng()
        pruner = self._study.pruner_object or MedianPruner()
        # Each call has a study of its own: a name of chance would mix the brackets of Hyperband.
        name, direction = f"seed {self._study.seed}", self._study.direction
        study = study_in_memory(name, self._trials, direction, sampler, pruner)
        set_attributes(study, attributes)
        self._optuna = study
        self._watch.begin()
        trial = WatchedTrial(study, self._job.number)
        ending = judge(lambda: self._value(trial))
        if ending.state is State.COMPLETE and self._is_among_best(ending.value):
            self._left = _left_of(frozen_trial(study, self._job.number))
        value = ending.value if ending.state is State.COMPLETE else None
        tell(study, trial, value, _STATES[ending.state])
        return ending

    def _value(self, trial: WatchedTrial) -> object:
        """What the function returns; a model beside its value is kept as an attribute."""
        value = self._study.function(trial)  # type: ignore[misc]
        if isinstance(value, tuple) and len(value) == 2 and _is_model(value[1]):
            value, model = value
            trial.set_user_attr("model", model)
        return value

    def _is_among_best(self, value: float | None) -> bool:
        """Whether fewer trials that ended are better than are kept; the driver knows of more."""
        sign = 1 if self._study.direction == "maximize" else -1
        ended = (trial.value for trial in self._trials if trial.state is TrialState.COMPLETE)
        better = sum(sign * other > sign * (value or 0.0) for other in ended if other is not None)
        return better < self._study.finals.top

    @property
    def _told(self) -> FrozenTrial:
        """What it has asked for and reported so far."""
        number, study = self._job.number, self._optuna
        return self._trials[number] if study is None else frozen_trial(study, number)

    @property
    def has_news(self) -> bool:
        """Whether it has asked or reported since the last rung."""
        told = self._told
        now = len(told.params) + len(told.intermediate_values)
        self._watch.at(f"after {_reports(told)}")
        before, self._seen = self._seen, now
        return now > before

    def rung(self) -> FunctionRung:
        """Where it stands."""
        told = self._told
        curve = curve_of(told, self._study.objective)
        values = curve.get(self._study.objective, ())
        return FunctionRung(
            self._job.number, len(values), values[-1] if values else math.nan, curve, 0,
            self._seconds, _ENGINE, told=_kept(told),
        )  # fmt: skip

    def result(self, ending: CallEnding) -> FunctionResult:
        """How it ended."""
        assert self._optuna is not None  # noqa: S101 - it was called
        state = None
        with suppress(Exception):  # a sampler that cannot be pickled begins anew
            state = cloudpickle.dumps((self._optuna.sampler, attributes_of(self._optuna)))
        result = replace(self.snapshot(ending), state=state, stop=was_stopped(self._optuna))
        if self._left is None or result.told is None:
            return result
        if self._left.why_none:
            result.told.user_attrs["no_model"] = self._left.why_none
        return replace(result, left=self._left)

    def snapshot(self, ending: CallEnding) -> FunctionResult:
        """The same while it is still being called."""
        told = self._told
        outcome = Outcome(
            ending.state, ending.value, ending.reason, curve_of(told, self._study.objective),
            seconds=self._seconds, engine=_ENGINE,
        )  # fmt: skip
        if ending.state is State.PRUNED:
            value = told.intermediate_values.get(told.last_step)  # type: ignore[arg-type]
            reason = f"{ending.reason.rstrip('.')} after {_reports(told)}"
            outcome = replace(outcome, value=value, reason=reason)
        return FunctionResult({self._job.number: outcome}, told=_kept(told), mistake=ending.mistake)

    def overrun(self) -> str:
        """Why it has to be ended where it is; empty where it may go on."""
        return self._watch.overrun()

    @property
    def _seconds(self) -> float:
        return time.monotonic() - self._begun


def curve_of(told: FrozenTrial, objective: str) -> Curve:
    """What was reported, in the order of its steps; what is not finite is left out."""
    steps = sorted(told.intermediate_values.items())
    values = [value for _, value in steps if math.isfinite(value)]
    return {objective: values} if values else {}


def _is_model(value: object) -> bool:
    """Whether it is a model of Keras's, which is not loaded for this."""
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(value, keras.Model)


def _left_of(told: FrozenTrial) -> Left | None:
    """The last model or checkpoint among its attributes, as a file; None where there is none."""
    for value in reversed(told.user_attrs.values()):
        if isinstance(value, Left):
            return value
        if _is_model(value):
            from search.training.export import keras_bytes

            try:
                return Left(MODEL, keras_bytes(value))
            except Exception as error:  # whatever a layer's own get_config does
                return Left(MODEL, why_none=f"Keras could not save it: {plain(error)}")
    return None


def _reports(told: FrozenTrial) -> str:
    count = len(told.intermediate_values)
    return f"{count} report{'' if count == 1 else 's'}"


def _kept(told: FrozenTrial) -> FrozenTrial:
    """The same with those attributes that the store can keep: plain values, as JSON has them."""
    kept = copy(told)
    attributes = {
        f"{name} (of the function)" if name in NOTES else name: _plain(value)
        for name, value in told.user_attrs.items()
    }
    kept.user_attrs = {name: value for name, value in attributes.items() if value is not _NOT_KEPT}
    kept.intermediate_values = {
        step: value for step, value in told.intermediate_values.items() if math.isfinite(value)
    }
    return kept


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return _NOT_KEPT
    return value
