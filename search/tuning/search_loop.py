"""The search itself as work: suggests trials, compares them at rungs, records how they ended."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import optuna
from optuna.trial import TrialState

from search.data.dataset import Array
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
from search.study.trial import Curve, Forecast, Outcome, Pause, State, Trial, epochs_in, seed_of
from search.tuning.curve_pruner import CurvePruner
from search.tuning.paused import PausedTrials, in_turn
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
        self._paused = PausedTrials(self._curves, trials)
        taken = [trial for trial in trials if trial.taken]
        self._taken = len(taken)
        # Suggested in an earlier session and never ended: run again, under their numbers. What went
        # with its worker is run by itself.
        left = sorted((t for t in trials if t.state is State.RUNNING), key=in_turn)
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
    def _cut_short(self) -> bool:
        """Whether no more trials begin, nor go on from a pause, however many are left."""
        return self._storm or self._late or self._finishing

    @property
    def _ended(self) -> bool:
        """Whether no more new trials begin."""
        return self._left <= 0 or self._cut_short

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
            self._end_paused()
            return None
        self.asking = self.asking[0] + time.monotonic() - began, self.asking[1] + len(trial_jobs)
        pausing = self._study.resume_paused
        return Assignment(tuple(trial_jobs), self._rungs, self._study.goal, self._limits, pausing)

    def _may_begin(self) -> bool:
        room = (self._workers + self._spare) * self._together - len(self._underway)
        if self._stopping or self._cut_short or room <= 0:
            return False
        return self._left > 0 or self._returning() is not None

    def _returning(self) -> int | None:
        """The paused trial that goes on before a new one is suggested; None for none."""
        return self._paused.next(self._asked, new_left=self._asked < self._budget)

    def _begin(self) -> TrialJob | None:
        """Suggest a trial, or take one up again; None where the space's own code failed."""
        waiting = self._alone or self._again
        returning = None if waiting else self._returning()
        again = bool(waiting) or returning is not None
        if returning is not None:
            trial = self._go_on(returning)
        else:
            trial = self._adopt(waiting.pop(0)) if waiting else self._ask()
        self._underway[trial.number] = RunningTrial(trial)
        reason = self._suggest(trial)
        if reason:
            self._tell(trial.number, Outcome(State.FAIL, reason=reason))
            return None
        seed = seed_of(self._study.seed, "trial", trial.number)
        params = {**self._study.fixed, **trial.params}
        found = self._recorder.kept(trial.number) if again else None
        kept = Checkpoint(trial.number, *found) if found else None
        self._changed(trial.number, kept.epoch if kept else 0)
        return TrialJob(trial.number, Configuration(params, seed), kept)

    @property
    def _left(self) -> float:
        """Trials of the budget that no worker has and that have not ended."""
        waiting = len(self._alone) + len(self._again)
        return waiting + self._budget - self._asked

    def over(self) -> bool:
        """Whether the budget is finished, or no more is wanted."""
        return self._stopping or (self._ended and not self._underway and not self._paused)

    def at_rung(self, job: Job, rungs: tuple[Rung, ...], worker: str = "") -> bool:
        """Report to the pruner; a trial that it gives up is paused, or recorded as PRUNED."""
        del job
        if self._stopping:
            return False
        (rung,) = rungs
        underway = self._underway[rung.number]
        underway.reached = replace(rung, state=None)  # it may be large, and goes stale
        # A trial keeps what it has read of the store.
        optuna_compat.report(self._optuna, underway.trial, rung.epoch, rung.value)
        underway.trial = optuna_compat.trial_of(self._optuna, underway.trial)
        why, found = self._why_stopped(underway.trial, rung)
        pauses = why and found is not None and self._paused.has_room(found.chance)
        fetch = rung.state if pauses else None
        state = fetch() if fetch is not None else None
        if fetch is not None and state is None:
            return True  # its worker has gone, and the runner is about to notice
        with self._recorder.transaction():
            if found is not None:
                self._recorder.note_forecast(rung.number, found)
            if found is not None and state is not None:
                self._pause(rung, found, state)
            elif why:
                reason = f"{why} after epoch {rung.epoch}"
                self._tell(rung.number, _outcome(State.PRUNED, rung, reason), worker)
            else:
                self._changed(rung.number, rung.epoch)
        return not why

    def _why_stopped(self, trial: optuna.Trial, rung: Rung) -> tuple[str, Forecast | None]:
        """Why a trial is stopped, empty where it goes on; and by what forecast it is given up."""
        if self._finishing:
            return f"{FINISHED_EARLY},", None
        if self._curves is None:
            return "behind the others" if trial.should_prune() else "", None
        before = self._recorder.forecast(rung.number)
        if before is not None and before.audited:
            return "", None
        found = self._curves.given_up(rung.number, rung.curve)
        if found is None or found.audited:
            return "", found
        return _chance(found), found

    def _pause(self, rung: Rung, found: Forecast, state: Mapping[str, Array]) -> None:
        """Keep where a trial stands that is given up, to go on with it or to end it there later."""
        pause = Pause(rung.epoch, rung.value, found.chance, round(rung.seconds or 0.0, 4))
        del self._underway[rung.number]
        stands = _outcome(State.PAUSED, rung, "")
        self._paused.add(
            rung.number, self._recorder.pause(rung.number, pause, stands, state), rung.curve
        )
        self._changed(rung.number, rung.epoch, rung.curve)
        for number in self._paused.too_many():
            self._end_at_pause(number, "others with more of a chance took its place")

    def _go_on(self, number: int) -> optuna.Trial:
        turn = self._paused.go_on(number, self._asked)
        self._recorder.go_on(number, self._asked, turn)
        return optuna_compat.trial_of(
            self._optuna, optuna_compat.frozen_trial(self._optuna, number)
        )

    def _end_paused(self) -> None:
        """Once the search is over, trials that are still paused are recorded as PRUNED."""
        if self._underway or self._stopping or not self._ended:
            return
        if not self._cut_short and self._returning() is not None:
            return  # there is no worker for it just now
        with self._recorder.transaction():
            for number in self._paused:
                self._end_at_pause(number, "the search ended")

    def _end_at_pause(self, number: int, until: str) -> None:
        trial = self._recorder.trial(number, self._recorder.curve(number))
        chance = "" if trial.forecast is None else f"{_chance(trial.forecast)} "
        reason = f"{chance}after epoch {trial.epochs}, where it was paused until {until}"
        self._paused.drop(number)
        self._tell(number, Outcome(State.PRUNED, trial.value, reason, trial.curve))

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
        self._underway.pop(number, None)  # a paused one is not under way
        self._endings.append(outcome.reason if outcome.state is State.FAIL else "")
        self._changed(number, epochs_in(outcome.curve), outcome.curve)


def _chance(found: Forecast) -> str:
    least = percent(LEAST_TOLD, 1)
    chance = percent(found.chance, 1) if found.chance >= LEAST_TOLD else f"under {least}"
    return f"a chance of {chance} to be among the best,"


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
    value = None if state is State.FAIL else rung.value
    known = (rung.curve, rung.weights, rung.seconds)
    return Outcome(state, value, reason, *known, engine=rung.engine)


def _sound(outcome: Outcome) -> Outcome:
    """No trial completes with a value that is no number."""
    value = outcome.value
    if outcome.state is State.COMPLETE and (value is None or not math.isfinite(value)):
        return replace(outcome, state=State.FAIL, value=None, reason="the objective is not finite")
    return outcome
