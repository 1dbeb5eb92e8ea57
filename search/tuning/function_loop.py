"""The search of a function as work: its trials are suggested where it is called, and kept here."""

import pickle
from collections.abc import Callable
from typing import Any

from optuna.trial import TrialState

from search.jobs.messages import Assignment, Failed, Job, Result, Rung
from search.store import optuna_compat
from search.store.recorder import Recorder
from search.study.function_study import FunctionStudy
from search.study.study import Study
from search.study.trial import Curve, Outcome, State
from search.tuning.function_jobs import FunctionJob, FunctionResult, FunctionRung
from search.tuning.search_loop import SearchLoop

STOPPED = "the function or its sampler stopped the study"


class FunctionLoop(SearchLoop):
    """Hands out the budget's trials one by one, and writes what a function made of each.

    What the sampler knows goes along with each job and comes back with its result, so that one
    worker suggests what Optuna's own loop would, and a resumed run goes on where it stood.

    Args:
        study: What is searched.
        recorder: Where it is written.
        workers: As of `SearchLoop`.
        on_change: As of `SearchLoop`.

    Attributes:
        mistakes: In the function itself, found by its first trial: nothing can be searched.
    """

    def __init__(
        self,
        study: FunctionStudy,
        recorder: Recorder,
        workers: int,
        on_change: Callable[[int, int, Curve], None] = lambda *_: None,
    ) -> None:
        super().__init__(study, recorder, workers, on_change)
        self.mistakes: list[Failed] = []
        self._told: dict[int, Any] = {}
        self._finished: dict[int, bytes] = {}
        self._state = recorder.sampler_state()
        self._handed = False
        self._wants_no_more = False

    def next(self) -> FunctionJob | None:
        """The next trial, with all that its suggestions hang on."""
        found = super().next()
        if found is None:
            return None
        job = FunctionJob(
            found.trial_jobs, (), found.goal, found.limits, history=self._history(),
            state=self._state, reseed=self._handed,
        )  # fmt: skip
        self._handed = True
        return job

    def _history(self) -> list[bytes]:
        """All trials; of those under way what they have asked for so far."""
        found = []
        for trial in self._optuna.get_trials(deepcopy=False):
            content = self._finished.get(trial.number)
            if content is None:
                content = pickle.dumps(self._told.get(trial.number, trial))
                if trial.state.is_finished():
                    self._finished[trial.number] = content
            found.append(content)
        return found

    @property
    def why_ended(self) -> str:
        """As in `SearchLoop`."""
        return STOPPED if self._wants_no_more and self._left > 0 else super().why_ended

    def at_rung(self, job: Job, rungs: tuple[Rung, ...], worker: str = "") -> bool:
        """Take note of what was reported; the function itself asks whether to go on."""
        del job, worker
        for rung in rungs:
            if isinstance(rung, FunctionRung) and not self._stopping:
                self._told[rung.number] = rung.told
                self._changed(rung.number, rung.epoch)
        return not self._stopping

    def ended(self, job: Job, result: Result, worker: str) -> None:
        """Record the trial with all that it asked for."""
        if not isinstance(result, FunctionResult):
            return
        ((number, outcome),) = result.outcomes.items()
        self._told.pop(number, None)
        if result.mistake and all(reason for reason in self._endings):
            self.mistakes.append(Failed(outcome.reason))
            self.stop()
            return
        with self._recorder.transaction():
            try:
                optuna_compat.fill(self._optuna, number, result.told)  # type: ignore[arg-type]
            except ValueError as error:
                outcome = Outcome(State.FAIL, reason=str(error), seconds=outcome.seconds)
            super().ended(job, type(result)({number: outcome}), worker)
            if result.left is not None and result.left.content:
                self._recorder.keep_left(number, result.left, self._best)
            if result.state is not None:
                self._state, self._handed = result.state, False
                self._recorder.keep_sampler_state(result.state)
        if result.stop:
            self._wants_no_more = True
            self.finish()

    @property
    def _best(self) -> list[int]:
        """The trials of which is kept what they left, as many as finals would have."""
        maximize = self._study.direction == "maximize"
        sound = [
            (-value if maximize else value, trial.number)
            for trial in self._optuna.get_trials(deepcopy=False, states=[TrialState.COMPLETE])
            if (value := trial.value) is not None
        ]
        return [number for _, number in sorted(sound)[: self._study.finals.top]]

    def lost(self, job: Job, reason: str) -> None:
        """As in `SearchLoop`; what it had asked for is forgotten."""
        self._forget(job)
        super().lost(job, reason)

    def returned(self, job: Job) -> None:
        """As in `SearchLoop`; what it had asked for is forgotten."""
        self._forget(job)
        super().returned(job)

    def _forget(self, job: Job) -> None:
        if isinstance(job, Assignment):
            for trial_job in job.trial_jobs:
                self._told.pop(trial_job.number, None)
        self._handed = False


def loop_of(
    study: Study,
    recorder: Recorder,
    workers: int,
    on_change: Callable[[int, int, Curve], None] = lambda *_: None,
) -> SearchLoop:
    """What searches a study; arguments as of `SearchLoop`."""
    if isinstance(study, FunctionStudy):
        return FunctionLoop(study, recorder, workers, on_change)
    return SearchLoop(study, recorder, workers, on_change)
