"""Progress of a running search, as the displays show it."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from search.store.manifest import Manifest
from search.store.run import load_run
from search.study.goal import Goal
from search.study.ranking import ranked
from search.study.trial import State, Trial

ROWS = 8
"""Trials that are shown at once."""


@dataclass
class ProgressDisplay:
    """Where a run stands; written by the driver, read by the screen. As small at any length.

    Attributes:
        budget: Trials in all.
        goal: What trials are compared by.
        ended: Trials that are finished.
        failed: Those of them that failed.
        paused: Numbers of the trials that are paused.
        best: Of the completed trials.
        failure: The newest failure.
        newest: The trials of the highest numbers, by number.
        epochs: Reached by each of them that is under way.
        finals: Jobs done and known in the finals; None before them.
        began: `time.monotonic()` at the start of this session.
        training: The same at the start of its first training, which a worker's start precedes.
        before: Trials that were finished before this session.
        message: That stands below it all.
    """

    budget: int = 0
    goal: Goal = field(default_factory=lambda: Goal("val_loss", "minimize"))
    ended: int = 0
    failed: int = 0
    paused: set[int] = field(default_factory=set)
    best: Trial | None = None
    failure: Trial | None = None
    newest: dict[int, Trial] = field(default_factory=dict)
    epochs: dict[int, int] = field(default_factory=dict)
    finals: tuple[int, int] | None = None
    training: float | None = None
    began: float = field(default_factory=time.monotonic)
    before: int = 0
    message: str = ""

    @classmethod
    def at(cls, budget: int, goal: Goal, trials: Iterable[Trial]) -> "ProgressDisplay":
        """Where a session begins: all trials that were finished are told once."""
        progress = cls(budget, goal)
        progress.begin(budget, goal, trials)
        return progress

    def begin(self, budget: int, goal: Goal, trials: Iterable[Trial]) -> None:
        """Take what is known once a session has begun."""
        self.budget, self.goal = budget, goal
        for trial in trials:
            if trial.state is not State.RUNNING:
                self.note(trial, trial.epochs)
        self.before, self.training = self.ended, None

    def follow(self, folder: Path, manifest: Manifest) -> None:
        """Begin where a run stands that another process drives."""
        plan = manifest.plan
        self.begin(plan.trials, plan.goal, load_run(folder).trials())

    def note(self, trial: Trial, epoch: int) -> None:
        """A trial was asked, reached a rung, was paused, or ended, which each does once."""
        self.newest[trial.number] = trial
        self.epochs[trial.number] = epoch
        for number in sorted(self.newest)[:-ROWS]:
            del self.newest[number], self.epochs[number]
        self.paused.discard(trial.number)
        if trial.state is State.PAUSED:
            self.paused.add(trial.number)
        if trial.state.finished:
            self.ended += 1
            if self.training is None:
                took = trial.seconds or 0.0
                self.training = max(self.began, time.monotonic() - took - trial.waited)
            self.best = next(iter(ranked(filter(None, [self.best, trial]), self.goal)), None)
        if trial.state is State.FAIL:
            self.failed += 1
            self.failure = trial

    def time_left(self) -> float | None:
        """Seconds that the rest of the trials will take, by those of this session."""
        ended = self.ended - self.before
        if ended < 1 or self.training is None:
            return None
        left = self.budget - self.ended - len(self.paused)
        return (time.monotonic() - self.training) / ended * max(left, 0)
