"""The search itself as work: suggests trials, compares them at rungs, records how they ended."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import optuna
from optuna.trial import TrialState

from search.jobs.job_source import JobSource
from search.jobs.messages import (
    Assignment,
    AssignmentResult,
    Checkpoint,
    Configuration,
    Job,
    Limits,
    Result,
    Rung,
    TrialJob,
)
from search.store import optuna_compat
from search.store.recorder import Recorder
from search.study.errors import first_line
from search.study.plain_text import LONGEST, one_line, percent
from search.study.study import Study
from search.study.trial import Curve, Forecast, Outcome, State, Trial, epochs_in, seed_of
from search.tuning.curve_pruner import CurvePruner
from search.tuning.pruning import CURVE, pruner, rungs
from search.tuning.sampler import StudySampler, distributions

STORM = 10
"""Trials that all fail for one reason, before any other ends otherwise, end the search."""
FINISHED_EARLY = "`search finish` ended it"
"""Why no more trials begin where you asked for that."""
_NO_CURVE: Curve = {}
LEAST_TOLD = 0.001
"""Of the chances by which trials are given up."""
DEATHS = 2
"""Workers that a trial may take with it before it has failed."""


@dataclass
class RunningTrial:
    """A trial that was suggested and whose end is not yet recorded."""

    trial: optuna.Trial
    reached: Rung | None = None


class SearchLoop(JobSource):
    """Hands out the budget's trials, each once, and writes what becomes of them.

    Args:
        study: What is searched.
        recorder: Where it is written; nothing of a trial lives only here.
        workers: How many work at once, until `staffed` changes it.
        on_change: Called after a trial was suggested, reached a rung or ended, with its number, the
            epochs that it has reached, and its curve where it has ended.

    Attributes:
        asking: Seconds that all suggestions took so far, and how many trials were suggested.
    """

    def __init__(
        self,
        study: Study,
        recorder: Recorder,
        workers: int,
        on_change: Callable[[int, int, Curve], None] = lambda *_: None,
    ) -> None:
        self._study = study
        self._recorder = recorder
        self._workers, self._spare = workers, 0
        self._on_change = on_change
        self._rungs = rungs(study)
        self._limits = Limits(study.budget.trial_seconds, study.budget.trial_bytes)
        self._underway: dict[int, RunningTrial] = {}
        self._finishing = False
        self.asking = 0.0, 0
        self._began = time.monotonic()
        self._spent = recorder.manifest.seconds.get("search", 0.0)
        self._optuna = recorder.study
        self._optuna.sampler = StudySampler(study, recorder.manifest.warm_start)
        self._optuna.pruner = pruner(study)
        self._curves = CurvePruner(study) if study.pruner == CURVE else None
        self._distributions = distributions(study.parameters)
        trials = recorder.trials()
        self._asked = len(trials)
        for trial in trials:
            self._learn(trial.number, trial.state, trial.curve, taken=bool(trial.taken))
        taken = [trial for trial in trials if trial.taken]
        self._taken = len(taken)
        # Suggested in an earlier session and never ended: run again, under their numbers. What went
        # with its worker is run by itself.
        left = [trial for trial in trials if not trial.state.finished]
        self._again = [trial.number for trial in left if not trial.deaths]
        self._alone = [trial.number for trial in left if trial.deaths]
        # What was taken from another run ended well there, and says nothing of a storm here.
        own = [trial for trial in trials if trial.ended and not trial.taken]
        self._endings = [trial.reason if trial.state is State.FAIL else "" for trial in own]
        self._budget = min(study.budget.trials, _configurations(study, taken))

    @property
    def _together(self) -> int:
        """Trials of an assignment: by the plan, and fewer where more workers have come."""
        plan, planned = self._recorder.manifest.plan, self._recorder.manifest.machine.workers
        return max(1, plan.together * planned // max(planned, self._workers, 1))

    def staffed(self, workers: int, spare: int = 0) -> None:
        """So many work at once from now on; none where a cluster has shrunk to nothing."""
        self._workers, self._spare = workers, spare

    def finish(self) -> None:
        """Begin no more trials; those under way come to their end, or to their next rung."""
        self._finishing = True

    @property
    def why_ended(self) -> str:
        """Why no more trials begin, where that is not the budget's number; else empty."""
        if self._storm:
            new = "new " if self._taken else ""
            return f"the first {STORM} {new}trials all failed: {self._endings[0]}"
        if self._finishing and self._left > 0:
            return FINISHED_EARLY
        if self._late and self._left > 0:
            return f"its budget of {self._study.budget.seconds:g} seconds is spent"
        if self._budget < self._study.budget.trials:
            size = self._study.size
            return f"the space has {size} configurations, and all were tried"
        return ""

    @property
    def _storm(self) -> bool:
        first = self._endings[:STORM]
        return len(first) == STORM and first[0] != "" and len(set(first)) == 1

    @property
    def _late(self) -> bool:
        most = self._study.budget.seconds
        return most is not None and self._spent + time.monotonic() - self._began >= most

    @property
    def _ended(self) -> bool:
        """Whether no more trials begin."""
        return self._left <= 0 or self._storm or self._late or self._finishing

    def next(self) -> Assignment | None:
        """The next trials, unless the whole budget was suggested or enough are under way."""
        began = time.monotonic()
        trial_jobs: list[TrialJob] = []
        with self._recorder.transaction():  # so that a resume finds them all, and together
            while len(trial_jobs) < self._together and self._may_begin():
                alone = bool(self._alone)
                trial_job = self._begin()
                if trial_job is not None:
                    trial_jobs.append(trial_job)
                if alone:
                    break
        if not trial_jobs:
            return None
        self.asking = self.asking[0] + time.monotonic() - began, self.asking[1] + len(trial_jobs)
        return Assignment(tuple(trial_jobs), self._rungs, self._study.goal, self._limits)

    def _may_begin(self) -> bool:
        room = (self._workers + self._spare) * self._together - len(self._underway)
        return not self._stopping and not self._ended and room > 0

    def _begin(self) -> TrialJob | None:
        """Suggest a trial, or take one up again; None where the space's own code failed."""
        waiting = self._alone or self._again
        again = bool(waiting)
        trial = self._adopt(waiting.pop(0)) if again else self._ask()
        self._underway[trial.number] = RunningTrial(trial)
        reason = self._suggest(trial)
        if reason:
            self._tell(trial.number, Outcome(State.FAIL, reason=reason))
            return None
        self._changed(trial.number, 0)
        seed = seed_of(self._study.seed, "trial", trial.number)
        params = {**self._study.fixed, **trial.params}
        found = self._recorder.kept(trial.number) if again else None
        kept = Checkpoint(trial.number, *found) if found else None
        return TrialJob(trial.number, Configuration(params, seed), kept)

    @property
    def _left(self) -> float:
        """Trials of the budget that no worker has and that have not ended."""
        waiting = len(self._alone) + len(self._again)
        return waiting + self._budget - self._asked

    def over(self) -> bool:
        """Whether the budget is finished, or no more is wanted."""
        return self._stopping or (self._ended and not self._underway)

    def at_rung(self, job: Job, rungs: tuple[Rung, ...]) -> bool:
        """Report to the pruner; a trial that it gives up is recorded as PRUNED."""
        del job
        if self._stopping:
            return False
        (rung,) = rungs
        underway = self._underway[rung.number]
        underway.reached = rung
        # A trial keeps what it has read of the store.
        optuna_compat.report(self._optuna, underway.trial, rung.epoch, rung.value)
        underway.trial = optuna_compat.trial_of(self._optuna, underway.trial)
        why, found = self._why_stopped(underway.trial, rung)
        with self._recorder.transaction():
            if found is not None:
                self._recorder.note_forecast(rung.number, found)
            if why:
                reason = f"{why} after epoch {rung.epoch}"
                self._tell(rung.number, _outcome(State.PRUNED, rung, reason))
            else:
                self._changed(rung.number, rung.epoch)
        return not why

    def _why_stopped(self, trial: optuna.Trial, rung: Rung) -> tuple[str, Forecast | None]:
        """Why a trial is stopped, empty where it goes on; and by what forecast it is given up."""
        if self._finishing:
            return f"{FINISHED_EARLY},", None
        if self._curves is None:
            return "behind the others" if trial.should_prune() else "", None
        if self._recorder.forecast(rung.number) is not None:
            return "", None  # it is audited
        found = self._curves.given_up(rung.number, rung.curve)
        if found is None or found.audited:
            return "", found
        least = percent(LEAST_TOLD, 1)
        chance = percent(found.chance, 1) if found.chance >= LEAST_TOLD else f"under {least}"
        return f"a chance of {chance} to be among the best,", found

    def keep(self, kept: Checkpoint) -> None:
        """Keep where a long trial stands, for its next attempt."""
        if kept.number in self._underway:
            self._recorder.keep(kept.number, kept.epoch, kept.curve, kept.state)

    def ended(self, job: Job, result: Result, worker: str) -> None:
        """Record the trials of the assignment; those that were not trained are run again."""
        if not isinstance(job, Assignment) or not isinstance(result, AssignmentResult):
            return
        with self._recorder.transaction():
            for number, outcome in result.outcomes.items():
                self._tell(number, _sound(outcome), worker)
        for trial_job in job.trial_jobs:
            if trial_job.number not in result.outcomes:
                del self._underway[trial_job.number]
                self._again.append(trial_job.number)

    def lost(self, job: Job, reason: str) -> None:
        """The worker died: each trial is run again by itself, until it was one death too many."""
        if not isinstance(job, Assignment) or self._stopping:
            return  # a stop may take workers too, and is no trial's fault
        with self._recorder.transaction():
            for trial_job in job.trial_jobs:
                deaths = self._recorder.died(trial_job.number)
                if len(job.trial_jobs) == 1 and deaths >= DEATHS:
                    reached = self._underway[trial_job.number].reached
                    self._tell(trial_job.number, _outcome(State.FAIL, reached, reason))
                else:
                    del self._underway[trial_job.number]
                    self._alone.append(trial_job.number)

    def returned(self, job: Job) -> None:
        """Each trial is run again, under its number, as if it had not begun."""
        if isinstance(job, Assignment) and not self._stopping:
            for trial_job in job.trial_jobs:
                del self._underway[trial_job.number]
                self._again.append(trial_job.number)

    def _ask(self) -> optuna.Trial:
        """As `Study.ask`, which however looks through all trials for enqueued ones each time."""
        first = self._study.first[self._asked - self._taken :]
        given = {"fixed_params": dict(first[0])} if first else {}
        running = optuna.trial.create_trial(state=TrialState.RUNNING, system_attrs=given)
        with self._recorder.transaction():
            trial = optuna_compat.add_trial(self._optuna, running)
            for name, distribution in self._distributions.items():
                optuna_compat.suggest(trial, name, distribution)
            idle = self._study.idle(trial.params)
            if idle:
                trial.set_user_attr("idle", sorted(idle))
        self._asked += 1
        return trial

    def _suggest(self, trial: optuna.Trial) -> str:
        """Let a conditional space suggest its values; returns why it could not."""
        if not callable(self._study.space):
            return ""
        try:
            self._study.space(trial)
        except Exception as error:  # the user's own code: its error is this trial's ending
            return f"{type(error).__name__} in the space's function: {first_line(error)}"
        return ""

    def _adopt(self, number: int) -> optuna.Trial:
        kept = optuna_compat.frozen_trial(self._optuna, number)
        trial = optuna_compat.trial_of(self._optuna, kept)
        trial.set_user_attr("attempts", kept.user_attrs.get("attempts", 1) + 1)
        return trial

    def _changed(self, number: int, epoch: int, curve: Curve = _NO_CURVE) -> None:
        """Nothing is shown that a kill could still take back."""
        self._recorder.then(partial(self._on_change, number, epoch, curve))

    def _learn(self, number: int, state: State, curve: Curve, *, taken: bool = False) -> None:
        if self._curves is not None:
            self._curves.learn(number, state, curve, taken=taken)

    def _tell(self, number: int, outcome: Outcome, worker: str = "") -> None:
        # Readers of the study read reasons: a line each, and text that any file can hold.
        outcome = replace(outcome, reason=one_line(outcome.reason, LONGEST))
        self._recorder.tell(number, outcome, worker)
        self._learn(number, outcome.state, outcome.curve)
        del self._underway[number]
        self._endings.append(outcome.reason if outcome.state is State.FAIL else "")
        self._changed(number, epochs_in(outcome.curve), outcome.curve)


def _configurations(study: Study, taken: Sequence[Trial]) -> float:
    """How many trials a space has in it: a point that is given twice is meant twice.

    So is a point that is among those taken; what was taken twice is one configuration.
    """
    tried = {study.identity(trial.params) for trial in taken}
    given = [study.identity(point) for point in study.first]
    again = len(given) - len(set(given) - tried)
    return len(taken) + study.size - len(tried) + again


def _outcome(state: State, rung: Rung | None, reason: str) -> Outcome:
    if rung is None:
        return Outcome(state, reason=reason)
    value = rung.value if state is State.PRUNED else None
    known = (rung.curve, rung.weights, rung.seconds)
    return Outcome(state, value, reason, *known, engine=rung.engine)


def _sound(outcome: Outcome) -> Outcome:
    """No trial completes with a value that is no number."""
    value = outcome.value
    if outcome.state is State.COMPLETE and (value is None or not math.isfinite(value)):
        return replace(outcome, state=State.FAIL, value=None, reason="the objective is not finite")
    return outcome
