"""Trials in training: from rung to rung, within their limits, from where they stood."""

import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace

from search.jobs.failures import Tracebacks, reason_of
from search.jobs.fitting import ended, not_finite
from search.jobs.messages import (
    Assignment,
    AssignmentResult,
    Checkpoint,
    GetState,
    Rung,
    TrialJob,
    WorkerMessage,
)
from search.jobs.models import Models
from search.jobs.trial_limits import LimitWatch
from search.study.arguments import EPOCHS, check_epochs
from search.study.goal import Progress
from search.study.trial import UNKNOWN_ENGINE, EngineChoice, GrowingCurve, Outcome, State
from search.training.engine import Training


@dataclass(eq=False)
class TrialInTraining:
    """A trial in training, as another thread may see it.

    Attributes:
        number: Of the trial.
        watch: How far it is, and its limits.
        before: How the trials ended that were handed out with it and trained before it.
        curve: All epochs so far.
        weights: How many numbers the model learns; 0 until it is built.
        engine: Which trains it; unknown until it is built.
        begun: When, by `time.monotonic`.
    """

    number: int
    watch: LimitWatch
    before: Mapping[int, Outcome] = field(default_factory=dict)
    curve: GrowingCurve = field(default_factory=GrowingCurve)
    weights: int = 0
    engine: EngineChoice = UNKNOWN_ENGINE
    begun: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """Since it was begun."""
        return time.monotonic() - self.begun

    def ended(self, state: State, value: float | None, reason: str = "") -> Outcome:
        """As it stands, with how it ended."""
        curve = self.curve.copied()
        weights, seconds, engine = self.weights, self.seconds, self.engine
        return Outcome(state, value, reason, curve, weights, seconds, engine=engine)


class Trials:
    """Trains the trials of assignments.

    Args:
        models: Of the study.
        tracebacks: Print what goes wrong.

    Attributes:
        underway: The trial in training; None between trials.
    """

    def __init__(self, models: Models, tracebacks: Tracebacks) -> None:
        self._models = models
        self._tracebacks = tracebacks
        self.underway: TrialInTraining | None = None

    def overrun(self) -> AssignmentResult | None:
        """How the assignment ends where its trial in training has to be ended where it is."""
        trial = self.underway
        reason = trial.watch.overrun() if trial else ""
        if trial is None or not reason:
            return None
        failed = trial.ended(State.FAIL, None, reason)
        return AssignmentResult({**trial.before, trial.number: failed})

    def perform(self, job: Assignment) -> Generator[WorkerMessage, None, None]:
        """One trial after the other; what goes wrong with one does not touch its neighbours."""
        outcomes: dict[int, Outcome] = {}
        ends: dict[int, float] = {}
        for trial_job in job.trial_jobs:
            begun = time.monotonic()
            try:
                self._models.make_ready(trial_job.configuration)
                begun = time.monotonic()
                outcome = yield from self._train(trial_job, job, dict(outcomes))
            except Exception as error:
                reason = reason_of(error, self._models.context.source)
                self._tracebacks.tell(error, reason)
                engine = self.underway.engine if self.underway else UNKNOWN_ENGINE
                outcome = Outcome(State.FAIL, reason=reason, engine=engine)
            finally:
                self.underway = None
            ends[trial_job.number] = time.monotonic()
            outcomes[trial_job.number] = replace(outcome, seconds=ends[trial_job.number] - begun)
        now = time.monotonic()
        yield AssignmentResult({n: replace(o, waited=now - ends[n]) for n, o in outcomes.items()})

    def _train(
        self, trial_job: TrialJob, job: Assignment, before: Mapping[int, Outcome]
    ) -> Generator[WorkerMessage, None, Outcome]:
        watch = LimitWatch(job.limits)
        self.underway = trial = TrialInTraining(trial_job.number, watch, before)
        training = self._begun(trial_job, job)
        trial.weights, trial.engine = training.n_parameters, training.engine
        watch.begin()
        progress = Progress(job.goal)
        if trial_job.kept:
            trial.curve.grow(trial_job.kept.curve)
            progress.follow(trial.curve)
        # What was saved lies behind the rungs that its attempt had reported.
        rungs = self._rungs(trial_job, job)
        for rung in (rung for rung in rungs if rung > training.epoch):
            reason = yield from self._to_rung(rung, training, trial, progress)
            if reason:
                return trial.ended(State.FAIL, None, reason)
            if training.epoch < rung:
                break
            if rung != rungs[-1]:
                state = training.state if job.pausing and training.can_go_on else None
                yield (_rung(rung, progress.value, trial, state),)
        trial.curve = GrowingCurve.of(ended(training, trial.curve.copied(), job.goal))
        return trial.ended(State.COMPLETE, job.goal.value(trial.curve))

    def _rungs(self, trial_job: TrialJob, job: Assignment) -> tuple[int, ...]:
        """Those of the search, up to the epochs that are the trial's own."""
        params = trial_job.configuration.params
        last = check_epochs(params[EPOCHS], job.rungs[-1]) if EPOCHS in params else job.rungs[-1]
        return (*(rung for rung in job.rungs if rung < last), last)

    def _begun(self, trial_job: TrialJob, job: Assignment) -> Training:
        plan = self._models.plan(job.goal, self._rungs(trial_job, job)[-1])
        training = self._models.begin(trial_job.configuration, plan, f"trial {trial_job.number}")
        if trial_job.kept:
            training.restore(trial_job.kept.epoch, trial_job.kept.state)
        return training

    def _to_rung(
        self, rung: int, training: Training, trial: TrialInTraining, progress: Progress
    ) -> Generator[WorkerMessage, None, str]:
        """Train to a rung, or less far where patience or a callback ends it; or why it failed."""
        watch = trial.watch
        patient = progress.goal.patience is not None
        while training.epoch < rung and not training.stopped and not progress.is_over:
            at = training.epoch
            more = training.advance(watch.next_stop(at, at + 1 if patient else rung))
            if training.epoch == at:
                break  # it has ended by itself
            trial.curve.grow(more)
            watch.went(training.epoch - at)
            reason = not_finite(more, at) or watch.exceeded(training.epoch)
            if reason:
                return reason
            progress.follow(trial.curve)
            if training.epoch < rung and training.can_go_on and watch.keep_is_due():
                curve = trial.curve.copied()
                yield Checkpoint(trial.number, training.epoch, curve, training.state())
        return ""


def _rung(epoch: int, value: float, trial: TrialInTraining, state: GetState | None) -> Rung:
    curve, weights = trial.curve.copied(), trial.weights
    return Rung(trial.number, epoch, value, curve, weights, trial.seconds, trial.engine, state)
