"""How far a trial trains between two checks: at its limits, and whether to save where it stands."""

import math
import time
from collections.abc import Callable

import psutil

from search.jobs.messages import Limits

LOOK = 5.0
"""Seconds between two checks, as near as whole epochs allow."""
GRACE = 5.0
"""Seconds over its limit after which a trial is ended inside an epoch; of a long limit, a quarter.
An epoch that ends within these ends the trial in order, and its worker stays."""
SWELL = 1.25
"""Times its limit of memory at which a trial is ended inside an epoch: what it takes for a moment
is not held against it, what it goes on taking may not end its neighbours."""
KEEP = 300.0
"""Seconds of training that a long trial may lose: with a worker's loss it goes on from what was
saved last."""


def own_memory() -> int:
    """Bytes that this process has for itself: rows that it shares with others do not count."""
    info = psutil.Process().memory_info()
    return int(info.rss - getattr(info, "shared", 0))


class LimitWatch:
    """Watches one trial, from its thread and, inside an epoch, from another.

    Args:
        limits: Of each trial.
        clock: Seconds.
        memory: Bytes that this process has for itself.
    """

    def __init__(
        self,
        limits: Limits,
        clock: Callable[[], float] = time.monotonic,
        memory: Callable[[], int] = own_memory,
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._memory = memory
        self._began = self._looked = self._kept = clock()
        self._each = math.inf
        self._where = "before epoch 1"

    def at(self, where: str) -> None:
        """Say where it stands, to whoever ends it there."""
        self._where = where

    def begin(self) -> None:
        """Its model is built: from now on its seconds count against their limit."""
        self._began = self._looked = self._kept = self._clock()

    def next_stop(self, epoch: int, rung: int) -> int:
        """The epoch to train to: one at first, then as many as fit between two checks."""
        fit = LOOK / self._each if self._each else math.inf
        stop = min(rung, epoch + max(1, math.floor(min(fit, rung))))
        first = epoch + 1
        self._where = f"in epoch {stop}" if stop == first else f"in epochs {first} to {stop}"
        return stop

    def went(self, epochs: int) -> None:
        """Take note that so many epochs were trained since the last check."""
        now = self._clock()
        self._each = (now - self._looked) / max(1, epochs)
        self._looked = now

    def exceeded(self, epoch: int) -> str:
        """Why the trial may not go on; empty where it may. Called between epochs."""
        return self._beyond(self._looked, 0.0, 1.0, f"epoch {epoch}")

    def overrun(self) -> str:
        """Why the trial has to be ended where it is: inside an epoch, or while it is built."""
        grace = max(GRACE, (self._limits.seconds or 0.0) / 4)
        return self._beyond(self._clock(), grace, SWELL, self._where)

    def _beyond(self, now: float, grace: float, swell: float, where: str) -> str:
        seconds, memory = self._limits.seconds, self._limits.memory
        spent = now - self._began
        if seconds is not None and spent > seconds + grace:
            return f"it took longer than trial_seconds={seconds:g} ({spent:.0f} s, {where})"
        if memory is not None and (used := self._memory()) > memory * swell:
            return (
                f"its process took more than trial_memory={memory / 1e6:,.0f} MB "
                f"({used / 1e6:,.0f} MB, {where})"
            )
        return ""

    def keep_is_due(self) -> bool:
        """Whether it is time to save where the trial stands; called once for each save."""
        if self._looked - self._kept < KEEP:
            return False
        self._kept = self._looked
        return True
