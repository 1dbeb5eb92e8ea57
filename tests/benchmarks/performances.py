"""Runs of contestants that never took place, for the arithmetic of tables."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from benchmarks.contestants.order import Order
from benchmarks.entrants import PRODUCT
from benchmarks.jobs import JOBS
from benchmarks.performing import Performance
from benchmarks.watching import Sample, Watched

BEGAN = 1000.0
DRIVER, WORKER = 10, 11


def watched(samples: Sequence[Sample]) -> Watched:
    return Watched(DRIVER, 0, BEGAN, samples[-1].time, samples)


def steady(seconds: int) -> Watched:
    """A driver that works a tenth of the time, a worker that works all the time and grows."""
    return watched(
        [
            Sample(
                BEGAN + second,
                {DRIVER: second / 10, WORKER: float(second)},
                {DRIVER: 1_000_000, WORKER: 1_000_000 * second},
            )
            for second in range(seconds + 1)
        ]
    )


def performance(results: Sequence[float], **changes: Any) -> Performance:
    """A run of the product with these times of results."""
    run = Performance(
        entrant=PRODUCT,
        order=Order(JOBS["circles"], len(results), 25, 0),
        watched=steady(int(results[-1]) + 10),
        results=tuple(results),
        page=None,
        best=1.0,
        best_loss=0.5,
        workers=(WORKER,),
        driver=DRIVER,
    )
    return replace(run, **changes)
