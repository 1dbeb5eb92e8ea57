"""The search itself as work: asks trials, weighs them at rungs, tells how they ended."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import optuna

from search.store.recorder import Recorder
from search.study.study import Study
from search.study.trial import Outcome, State, seed_of
from search.tuning.pruning import pruner, rungs
from search.tuning.sampler import StudySampler, distributions
from search.tuning.work import Assignment, Configuration, Ended, Job, Result, Rung, Ticket


@dataclass
class Underway:
    """A trial that was asked and not yet told."""

    trial: optuna.Trial
    reached: Rung | None = None


class Ledger:
    """Hands out the budget's trials, each once, and writes what becomes of them.

    Args:
        study: What is searched.
        recorder: Where it is written; nothing of a trial lives only here.
        together: How many trials may be under way at once.
        on_change: Called after a trial was asked, reached a rung or ended, with its number and
            the epochs that it has reached.
    """

    def __init__(
        self,
        study: Study,
        recorder: Recorder,
        together: int,
        on_change: Callable[[int, int], None] = lambda *_: None,
    ) -> None:
        self._study = study
        self._recorder = recorder
        self._together = together
        self._changed = on_change
        self._rungs = rungs(study)
        self._underway: dict[int, Underway] = {}
        self._stopping = False
        self._optuna = recorder.study
        self._optuna.sampler = StudySampler(study)
        self._optuna.pruner = pruner(study)
        trials = recorder.trials()
        self._asked = len(trials)
        # Asked in an earlier session and never told: run again, under their numbers.
        self._again = [trial.number for trial in trials if not trial.state.finished]
        if not self._optuna.get_trials(deepcopy=False):
            for point in study.first:
                self._optuna.enqueue_trial(dict(point))

    def stop(self) -> None:
        """Ask no more; what is under way and not finished will be run again by a resume."""
        self._stopping = True

    def stopped(self) -> bool:
        """Whether it was stopped."""
        return self._stopping

    def next(self) -> Assignment | None:
        """The next trial, unless the budget is asked or enough are under way."""
        if self._stopping or len(self._underway) >= self._together or not self._left:
            return None
        trial = self._adopt(self._again.pop(0)) if self._again else self._ask()
        self._underway[trial.number] = Underway(trial)
        self._changed(trial.number, 0)
        reason = self._suggest(trial)
        if reason:
            self._tell(trial.number, Outcome(State.FAIL, reason=reason))
            return self.next()
        params = {**self._study.fixed, **trial.params}
        seed = seed_of(self._study.seed, "trial", trial.number)
        ticket = Ticket(trial.number, Configuration(params, seed))
        return Assignment((ticket,), self._rungs, self._study.objective)

    @property
    def _left(self) -> int:
        """Trials of the budget that nobody has in hand and that have not ended."""
        return len(self._again) + self._study.budget.trials - self._asked

    def over(self) -> bool:
        """Whether the budget is finished, or no more is wanted."""
        return self._stopping or (self._left <= 0 and not self._underway)

    def at_rung(self, job: Job, rungs: tuple[Rung, ...]) -> bool:
        """Report to the pruner; a trial that it gives up is told as PRUNED."""
        del job
        if self._stopping:
            return False
        (rung,) = rungs
        underway = self._underway[rung.number]
        underway.reached = rung
        underway.trial.report(rung.value, rung.epoch)
        if underway.trial.should_prune():
            reason = f"behind the others after epoch {rung.epoch}"
            self._tell(rung.number, _outcome(State.PRUNED, rung, reason))
            return False
        self._changed(rung.number, rung.epoch)
        return True

    def ended(self, job: Job, result: Result, worker: str) -> None:
        """Tell every trial of the assignment."""
        del job
        if isinstance(result, Ended):
            for number, outcome in result.outcomes.items():
                self._tell(number, _sound(outcome), worker)

    def lost(self, job: Job, reason: str) -> None:
        """The worker died: its trials failed, with what they had reached."""
        if not isinstance(job, Assignment):
            return
        for ticket in job.tickets:
            reached = self._underway[ticket.number].reached
            self._tell(ticket.number, _outcome(State.FAIL, reached, reason))

    def _ask(self) -> optuna.Trial:
        self._asked += 1
        with self._recorder.transaction():
            return self._optuna.ask(distributions(self._study.parameters))

    def _suggest(self, trial: optuna.Trial) -> str:
        """Let a conditional space ask for its values; returns why it could not."""
        if not callable(self._study.space):
            return ""
        try:
            self._study.space(trial)
        except Exception as error:  # the person's own code: its error is this trial's ending
            return f"{type(error).__name__} in the space's function: {error}"
        return ""

    def _adopt(self, number: int) -> optuna.Trial:
        kept = self._optuna.get_trials(deepcopy=False)[number]
        trial = optuna.Trial(self._optuna, kept._trial_id)
        trial.set_user_attr("attempts", kept.user_attrs.get("attempts", 1) + 1)
        return trial

    def _tell(self, number: int, outcome: Outcome, worker: str = "") -> None:
        self._recorder.tell(number, outcome, worker)
        del self._underway[number]
        self._changed(number, max((len(v) for v in outcome.curve.values()), default=0))


def _outcome(state: State, rung: Rung | None, reason: str) -> Outcome:
    if rung is None:
        return Outcome(state, reason=reason)
    value = rung.value if state is State.PRUNED else None
    return Outcome(state, value, reason, rung.curve, rung.weights)


def _sound(outcome: Outcome) -> Outcome:
    """No trial completes with a value that is no number."""
    value = outcome.value
    if outcome.state is State.COMPLETE and (value is None or not math.isfinite(value)):
        return replace(outcome, state=State.FAIL, value=None, reason="the objective is not finite")
    return outcome
