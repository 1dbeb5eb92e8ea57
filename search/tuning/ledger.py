"""The search itself as work: asks trials, weighs them at rungs, tells how they ended."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import optuna
from optuna.trial import TrialState

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
        workers: How many work at once.
        on_change: Called after a trial was asked, reached a rung or ended, with its number and
            the epochs that it has reached.
    """

    def __init__(
        self,
        study: Study,
        recorder: Recorder,
        workers: int,
        on_change: Callable[[int, int], None] = lambda *_: None,
    ) -> None:
        self._study = study
        self._recorder = recorder
        self._together = recorder.manifest.plan.together
        self._most = workers * self._together
        self._changed = on_change
        self._rungs = rungs(study)
        self._underway: dict[int, Underway] = {}
        self._stopping = False
        self._alone: list[int] = []
        self._optuna = recorder.study
        self._optuna.sampler = StudySampler(study)
        self._optuna.pruner = pruner(study)
        self._distributions = distributions(study.parameters)
        trials = recorder.trials()
        self._asked = len(trials)
        # Asked in an earlier session and never told: run again, under their numbers.
        self._again = [trial.number for trial in trials if not trial.state.finished]

    def stop(self) -> None:
        """Ask no more; what is under way and not finished will be run again by a resume."""
        self._stopping = True

    def stopped(self) -> bool:
        """Whether it was stopped."""
        return self._stopping

    def next(self) -> Assignment | None:
        """The next trials, unless the budget is asked or enough are under way."""
        tickets: list[Ticket] = []
        with self._recorder.transaction():  # so that a resume finds them all, and together
            while len(tickets) < self._together and self._may_begin():
                alone = bool(self._alone)
                ticket = self._begin()
                if ticket is not None:
                    tickets.append(ticket)
                if alone:
                    break
        if not tickets:
            return None
        return Assignment(tuple(tickets), self._rungs, self._study.objective)

    def _may_begin(self) -> bool:
        return not self._stopping and self._left > 0 and len(self._underway) < self._most

    def _begin(self) -> Ticket | None:
        """Ask for a trial, or take one up again; None where the space's own code failed."""
        again = self._alone or self._again
        trial = self._adopt(again.pop(0)) if again else self._ask()
        self._underway[trial.number] = Underway(trial)
        reason = self._suggest(trial)
        if reason:
            self._tell(trial.number, Outcome(State.FAIL, reason=reason))
            return None
        self._changed(trial.number, 0)
        seed = seed_of(self._study.seed, "trial", trial.number)
        params = {**self._study.fixed, **trial.params}
        return Ticket(trial.number, Configuration(params, seed))

    @property
    def _left(self) -> int:
        """Trials of the budget that nobody has in hand and that have not ended."""
        waiting = len(self._alone) + len(self._again)
        return waiting + self._study.budget.trials - self._asked

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
            with self._recorder.transaction():
                for number, outcome in result.outcomes.items():
                    self._tell(number, _sound(outcome), worker)

    def lost(self, job: Job, reason: str) -> None:
        """The worker died: its trial failed; of several, each is run again alone."""
        if not isinstance(job, Assignment):
            return
        if len(job.tickets) > 1:
            for ticket in job.tickets:
                del self._underway[ticket.number]
                self._alone.append(ticket.number)
            return
        for ticket in job.tickets:
            reached = self._underway[ticket.number].reached
            self._tell(ticket.number, _outcome(State.FAIL, reached, reason))

    def _ask(self) -> optuna.Trial:
        """As `Study.ask`, which however looks through all trials for enqueued ones each time."""
        first = self._study.first
        given = {"fixed_params": dict(first[self._asked])} if self._asked < len(first) else {}
        running = optuna.trial.create_trial(state=TrialState.RUNNING, system_attrs=given)
        with self._recorder.transaction():
            identity = self._optuna._storage.create_new_trial(self._optuna._study_id, running)
            trial = optuna.Trial(self._optuna, identity)
            for name, distribution in self._distributions.items():
                trial._suggest(name, distribution)
        self._asked += 1
        return trial

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
