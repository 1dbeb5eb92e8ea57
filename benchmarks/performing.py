"""One contestant in one run: started, watched, and what it answered."""

import json
import os
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.contestants.order import Order
from benchmarks.entrants import Entrant
from benchmarks.jobs import ROOT
from benchmarks.watching import Watched, watch


class ContestantError(Exception):
    """A contestant did not finish its trials."""


@dataclass(frozen=True)
class Performance:
    """What came of a run; times in seconds after the command was given.

    Attributes:
        entrant: Who.
        order: What it was told.
        watched: From outside.
        results: When each trial's result was known, in order.
        page: When its page was there; None for those that make none.
        best: Highest validation accuracy after a trial's last epoch.
        best_loss: Lowest validation loss, likewise.
        workers: Processes that trained, where the contestant says it.
        driver: Process that searched, likewise.
    """

    entrant: Entrant
    order: Order
    watched: Watched
    results: tuple[float, ...]
    page: float | None
    best: float
    best_loss: float
    workers: tuple[int, ...]
    driver: int | None

    @property
    def first(self) -> float:
        """When the first trial's result was known."""
        return self.results[0]

    @property
    def whole(self) -> float:
        """When all was over."""
        return self.page or self.watched.ended - self.watched.began

    @property
    def per_trial(self) -> float:
        """Seconds for each further trial.

        Results of two workers come in pairs; a slope between the first and the last would take
        the pair's second for free.
        """
        return slope(self.results)

    def last(self, budget: int) -> float:
        """When the last of `budget` trials' results is known; scaled where it ran fewer."""
        if budget == len(self.results):
            return self.results[-1]
        start_up = self.first - self.per_trial
        return start_up + self.per_trial * budget

    def cpu(self, budget: int) -> float:
        """CPU seconds up to the last of `budget` trials' results, scaled likewise."""
        first, last = (self._cpu_until(self.results[i]) for i in (0, -1))
        if budget == len(self.results):
            return last
        return first + (last - first) / (len(self.results) - 1) * (budget - 1)

    @property
    def cpu_whole(self) -> float:
        """CPU seconds of all that it did."""
        return self._cpu_until(self.whole)

    @property
    def peak(self) -> int:
        """Bytes of memory of all its processes, at most."""
        return self.watched.peak(self.watched.began + self.whole)

    def _cpu_until(self, seconds: float) -> float:
        return self.watched.cpu(self.watched.began + seconds)


def slope(values: Sequence[float]) -> float:
    """By how much each is more than the one before: of a line through all, two at least."""
    return statistics.linear_regression(range(len(values)), values).slope


def perform(entrant: Entrant, order: Order) -> Performance:
    """Run a contestant to its end.

    Raises:
        ContestantError: Names it, with the last lines of what it printed.
    """
    command = [sys.executable, "-m", entrant.script, *order.arguments]
    with tempfile.TemporaryDirectory(prefix="race-") as folder:
        watched = watch(command, Path(folder), environment())
        said, noise = ((Path(folder) / name).read_text() for name in ("out", "err"))
    answered = _answer(said) if watched.code == 0 else {}
    if answered.get("trials") != order.trials:
        tail = "\n".join((said + noise).splitlines()[-20:])
        raise ContestantError(
            f"{entrant} finished {answered.get('trials', 0)} of {order.trials} trials "
            f"(exit code {watched.code}); it ended with\n{tail}"
        )
    return _performance(entrant, order, watched, answered)


def environment() -> dict[str, str]:
    """For everybody: quiet, without a GPU, and with this checkout."""
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "RAY_USAGE_STATS_ENABLED": "0",
    }


def _answer(said: str) -> dict[str, Any]:
    answered: dict[str, Any] = json.loads(said.splitlines()[-1])
    return answered


def _performance(
    entrant: Entrant, order: Order, watched: Watched, answered: Mapping[str, Any]
) -> Performance:
    page = answered.get("page")
    nothing = float("nan")
    return Performance(
        entrant=entrant,
        order=order,
        watched=watched,
        results=tuple(when - watched.began for when in answered["results"]),
        page=None if page is None else page - watched.began,
        best=nothing if answered["best"] is None else answered["best"],
        best_loss=nothing if answered["best_loss"] is None else answered["best_loss"],
        workers=tuple(answered.get("workers", ())),
        driver=answered.get("driver"),
    )
