"""How far a trial trains before it looks up: at its limits, and whether to keep where it stands."""

import math
import time
from collections.abc import Callable

import psutil

from search.tuning.work import Limits

LOOK = 5.0
"""Seconds between two looks, as near as whole epochs allow."""
KEEP = 300.0
"""Seconds of training that a long trial may lose: with a worker's loss it goes on from what was
kept last."""


def own_memory() -> int:
    """Bytes that this process has for itself: rows that it shares with others do not count."""
    info = psutil.Process().memory_info()
    return int(info.rss - getattr(info, "shared", 0))


class Pace:
    """Watches one trial.

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

    def next_stop(self, epoch: int, rung: int) -> int:
        """The epoch to train to: one at first, then as many as fit between two looks."""
        fit = LOOK / self._each if self._each else math.inf
        return min(rung, epoch + max(1, math.floor(min(fit, rung))))

    def went(self, epochs: int) -> None:
        """Take note that so many epochs were trained since the last look."""
        now = self._clock()
        self._each = (now - self._looked) / max(1, epochs)
        self._looked = now

    def exceeded(self, epoch: int) -> str:
        """Why the trial may not go on; empty where it may."""
        seconds, memory = self._limits.seconds, self._limits.memory
        spent = self._looked - self._began
        if seconds is not None and spent > seconds:
            return f"it took longer than trial_seconds={seconds:g} ({spent:.0f} s, epoch {epoch})"
        if memory is not None and (used := self._memory()) > memory:
            return (
                f"its process took more than trial_memory={memory / 1e6:,.0f} MB "
                f"({used / 1e6:,.0f} MB, epoch {epoch})"
            )
        return ""

    def keep_is_due(self) -> bool:
        """Whether it is time to keep where the trial stands; asked once for each keep."""
        if self._looked - self._kept < KEEP:
            return False
        self._kept = self._looked
        return True
