"""What the Ray dashboard and its agents' `/metrics` show of a run while it goes."""

import json
import os
import time
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from search.cluster.ray_compat import set_job_message
from search.cluster.worker_pool import Standing
from search.study.goal import Goal
from search.study.plain_text import LONGEST, ascii_line, one_line
from search.study.ranking import ranked
from search.study.trial import State, Trial
from search.tuning.listeners import Listener

if TYPE_CHECKING:
    from ray.util.metrics import Gauge

REASONS = 20
"""Reasons of failures that are counted apart, each a series of its own; all others together."""
LENGTH = 100
"""Characters of a reason or a name, which Ray's metrics take in ASCII alone: anything else raised
UnicodeEncodeError."""
JOB_EVERY = 5.0
"""Seconds between two messages of a job."""


class Gauges(Listener):
    """Keeps count of a run's trials, and shows it at each update.

    Args:
        run: Name.
        space: What is searched, in a few words.
        goal: What trials are compared by.
        asking: Seconds that all suggestions of this session took, and how many those were.
        clock: Seconds.
    """

    def __init__(
        self,
        run: str,
        space: str,
        goal: Goal,
        asking: Callable[[], tuple[float, int]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._run = run
        self._tag = ascii_line(run, LENGTH)
        self._space = space
        self._goal = goal
        self._asking = asking
        self._clock = clock
        self._states: dict[int, State] = {}
        self._failures: Counter[str] = Counter()
        self._best: Trial | None = None
        self._asked = (0.0, 0)
        self._ended = 0
        self._looked = self._messaged = clock()
        self._gauges: dict[str, Gauge] = {}

    def trial_changed(self, trial: Trial, epoch: int) -> None:
        """Count it."""
        del epoch
        self._states[trial.number] = trial.state
        if trial.state is State.FAIL:
            reason = ascii_line(trial.reason, LENGTH) or "no reason"
            known = reason in self._failures or len(self._failures) < REASONS
            self._failures[reason if known else "others"] += 1
        if trial.state.finished:
            self._ended += 1
            self._best = next(iter(ranked(filter(None, [self._best, trial]), self._goal)), None)

    def workers_changed(self, standing: Standing) -> None:
        """Show how things stand."""
        now, (seconds, asks) = self._clock(), self._asking()
        passed = max(now - self._looked, 1e-9)
        counts = Counter(self._states.values())
        for state in State:
            self._set("search_trials", "Trials by state", counts[state], state=str(state))
        for reason, count in self._failures.items():
            self._set("search_failures", "Failed trials by reason", count, reason=reason)
        if self._best is not None and self._best.value is not None:
            self._set("search_best_value", "Objective of the best trial", self._best.value)
        self._set("search_trials_per_second", "Trials that end", self._ended / passed)
        asked = asks - self._asked[1]
        if asked:
            mean = (seconds - self._asked[0]) / asked
            self._set("search_ask_seconds", "Seconds to suggest a trial", mean)
        busy = standing.busy / standing.workers if standing.workers else 0.0
        self._set("search_workers", "Workers that live", standing.live)
        self._set("search_workers_busy", "Fraction of workers that have a job", min(busy, 1.0))
        self._looked, self._ended, self._asked = now, 0, (seconds, asks)
        if now - self._messaged >= JOB_EVERY:
            self._messaged = now
            tell_job(self.sentence)

    @property
    def sentence(self) -> str:
        """How it goes, in one line."""
        finished = sum(state.finished for state in self._states.values())
        best = self._best
        if best is None or best.value is None:
            return one_line(f"{self._run} ({self._space}): {finished} trials", LONGEST)
        value = f"{self._goal.objective} {best.value:.4f}"
        told = f"{finished} trials, best {value} (trial {best.number})"
        return one_line(f"{self._run} ({self._space}): {told}", LONGEST)

    def _set(self, name: str, description: str, value: float, **tags: str) -> None:
        from ray.util.metrics import Gauge

        if name not in self._gauges:
            self._gauges[name] = Gauge(name, description, ("run", *tags))
        self._gauges[name].set(value, {"run": self._tag, **tags})


def tell_job(message: str) -> None:
    """Put a sentence beside the job that this process runs in, where a Ray job runs it."""
    of_job = json.loads(os.environ.get("RAY_JOB_CONFIG_JSON_ENV_VAR", "{}"))
    name = of_job.get("metadata", {}).get("job_submission_id")
    if name:
        set_job_message(name, message)
