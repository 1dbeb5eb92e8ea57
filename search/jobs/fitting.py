"""A training to its end: for as long as it gets better, and to the epoch that counts."""

import math
from collections.abc import Generator, Sequence

from search.data.dataset import Array
from search.jobs.messages import Refit, SnapshotJob
from search.jobs.snapshots import SnapshotRecorder
from search.study.goal import Goal, Progress
from search.study.trial import Curve, GrowingCurve
from search.training.engine import Training

Fitted = tuple[Curve, Sequence[Array] | None]
"""The curve; and the arrays of the epoch that counts, where that need not be the last."""


def fitted(
    training: Training, job: Refit | SnapshotJob, film: SnapshotRecorder | None = None
) -> Fitted:
    """Train to the end, or as far as a film goes."""
    (found,) = _in_turn([_fitting(training, job, film)])
    return found


def fitted_together(trainings: Sequence[Training], jobs: Sequence[Refit]) -> list[Fitted]:
    """Train each to its end, all of them in the same epochs."""
    return _in_turn([_fitting(*pair) for pair in zip(trainings, jobs, strict=True)])


def _in_turn(fits: Sequence[Generator[None, None, Fitted]]) -> list[Fitted]:
    """Let each take a step, over and over, until all are at their end."""
    found: dict[int, Fitted] = {}
    while len(found) < len(fits):
        for place, fit in enumerate(fits):
            if place in found:
                continue
            try:
                next(fit)
            except StopIteration as end:
                found[place] = end.value
    return [found[place] for place in range(len(fits))]


def _fitting(
    training: Training, job: Refit | SnapshotJob, film: SnapshotRecorder | None = None
) -> Generator[None, None, Fitted]:
    """Train step by step: with patience an epoch at a time, else as far as there is no frame."""
    until = job.until if isinstance(job, Refit) else None
    patient, last = job.goal.patience is not None and until is None, until or job.epochs
    curve = GrowingCurve()
    progress = Progress(job.goal)
    best = training.arrays() if patient else None
    while training.epoch < last and not training.stopped:
        at = training.epoch
        stop = min(film.next_stop(at), last) if film else last
        more = training.advance(at + 1 if patient else stop)
        curve.grow(more)
        if training.epoch == at or not_finite(more):
            break
        if film:
            film.take(training)
        if film and film.slow:
            break
        if patient and progress.follow(curve).place == training.epoch - 1:
            best = training.arrays()
        if patient and progress.is_over:
            break
        yield
    return curve, best


def ended(training: Training, curve: Curve, goal: Goal) -> Curve:
    """Notify the callbacks that a training is over; its curve as far as it counts.

    With patience, the epoch that counts is chosen by the goal, whatever a callback restores.
    """
    found = training.end(curve)
    return curve if goal.patience is not None else found


def not_finite(curve: Curve, after: int = 0) -> str:
    """Why a curve cannot win: the first measure that is no finite number, and its epoch.

    Args:
        curve: Epochs that were looked at before may be missing.
        after: How many are missing.
    """
    first = [
        (epoch, order, name, value)
        for order, (name, values) in enumerate(curve.items())
        for epoch, value in enumerate(values, start=after + 1)
        if not math.isfinite(value)
    ]
    if not first:
        return ""
    epoch, _, name, value = min(first)
    what = "NaN" if math.isnan(value) else "infinite"
    return f"{name} became {what} in epoch {epoch}"
