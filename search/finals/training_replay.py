"""How models learnt: what they predicted for planes of points, epoch by epoch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from search.data.dataset import Array
from search.data.scaling import Scale
from search.finals.folds import Folds
from search.finals.projection import SIDE, Projection
from search.finals.retraining import Trained
from search.finals.verdict import median_of
from search.jobs.messages import Failed, Refitted, SnapshotJob, Snapshots
from search.study.task import TASKS

LONGEST = 20.0
"""Seconds of a fit that is trained once more to be watched, at most."""
BEYOND = 0.5
"""How far beyond the training rows' targets numbers are shown, in widths of their range."""


@dataclass(frozen=True, eq=False)
class Watched:
    """The models that are trained once more, and the planes on which they are watched.

    Attributes:
        planes: That there are.
        jobs: One a model.
        names: Of each job, in the arrays: a finalist's is its trial's number, a baseline's its
            place, after "b".
        left_out: Why other planes, or models, are not there.
    """

    planes: Sequence[Projection] = ()
    jobs: Sequence[SnapshotJob] = ()
    names: Sequence[str] = ()
    left_out: Sequence[str] = ()


def watched(
    trained: Sequence[Trained],
    planes: tuple[list[Projection], list[str]],
    folds: Folds,
    direction: str,
) -> Watched:
    """Whom to train once more: the median fit of each model that does not take long.

    Args:
        trained: Finalists and baselines.
        planes: And why others are left out.
        folds: Of the rows that the models were trained on.
        direction: Of the objective.
    """
    points = {plane.kind: plane.points for plane in planes[0]}
    jobs, names = [], []
    lost: dict[str, list[str]] = {}
    for one in trained if points else ():
        fit = median_of(one.fits, direction)
        for sound in one.sound:
            if fit is None or sound.configuration.seed != fit.seed:
                continue
            found = {kind: folds.features(sound.split, x) for kind, x in points.items()}
            inputs = {kind: x for kind, x in found.items() if x is not None}
            why = _why_not(sound.refitted, complete=len(inputs) == len(found))
            if why:
                lost.setdefault(why, []).append(one.entrant.name)
                continue
            entrant, fold = one.entrant, folds.fold(sound.split)
            of_fit = (entrant.name, sound.configuration, entrant.epochs, entrant.goal)
            counts = entrant.goal.place(sound.refitted.curve) + 1
            jobs.append(SnapshotJob(*of_fit, inputs, fold, counts))
            names.append(_name(one))
    return Watched(planes[0], jobs, names, [*planes[1], *_told(lost)])


def _why_not(fit: Refitted, *, complete: bool) -> str:
    """Why a fit is not watched; empty where it is."""
    if fit.seconds > LONGEST:
        return f"to be trained once more would take over {LONGEST:.0f} seconds"
    return "" if complete else "the columns of its split were prepared in another way"


def _told(lost: Mapping[str, Sequence[str]]) -> list[str]:
    """A sentence a reason why models are not there."""
    return [f"Not recorded: {', '.join(names)} ({reason})." for reason, names in lost.items()]


def _name(trained: Trained) -> str:
    entrant = trained.entrant
    return f"b{entrant.baseline}" if entrant.trial is None else f"{entrant.trial.number}"


def replay_of(
    watched: Watched, results: Sequence[object], y: Array, scale: Scale | None, task: str
) -> dict[str, Array]:
    """All that is saved for the page.

    Args:
        watched: And on which planes.
        results: Of its jobs.
        y: Of the training rows whose places the planes show.
        scale: Of the search's own targets.
        task: Such as "binary".

    Returns:
        "left out", sentences; "planes", their kinds, with "side" points along each side, and for
        each KIND "KIND axes", "KIND ends" (first and last place of each axis, shape (2, 2)),
        "KIND says" and "KIND rows"; "targets" of those rows; for each model that was recorded
        "NAME seed", "NAME epochs", "NAME counts" (the epoch by which it counted) and "NAME KIND",
        uint8, shape (epochs, points, outputs): 0 stands for "low" and 255 for "high", which are 0
        and 1 for probabilities, and a number a target for numbers.
    """
    y = scale.back(y) if scale else y
    low, high = _ends(y, task)
    found: dict[str, Array] = {"low": low, "high": high, "targets": y}
    lost: dict[str, list[str]] = {}
    for name, job, result in zip(watched.names, watched.jobs, results, strict=True):
        if not isinstance(result, Snapshots):
            reason = result.reason if isinstance(result, Failed) else "it was not trained"
            lost.setdefault(reason, []).append(job.name)
            continue
        if not all(np.isfinite(frames).all() for frames in result.frames.values()):
            lost.setdefault("its predictions are not finite", []).append(job.name)
            continue
        found |= {
            f"{name} seed": np.asarray(job.configuration.seed),
            f"{name} epochs": np.asarray(result.epochs),
            f"{name} counts": np.asarray(job.counts or job.epochs),
        }
        for kind, frames in result.frames.items():
            own = job.fold.scale if job.fold else scale
            told = own.back(frames) if own else frames
            within = np.clip((told - low) / (high - low), 0, 1)
            found[f"{name} {kind}"] = np.round(within * 255).astype(np.uint8)
    for plane in watched.planes:
        found |= {
            f"{plane.kind} axes": np.array(plane.axes, str),
            f"{plane.kind} ends": np.array([[side[0], side[-1]] for side in plane.sides]),
            f"{plane.kind} says": np.array(plane.says),
            f"{plane.kind} rows": plane.rows.astype(np.float32),
        }
    told_of = [*watched.left_out, *_told(lost)]
    return found | {
        "side": np.asarray(SIDE),
        "planes": np.array([plane.kind for plane in watched.planes], str),
        "left out": np.array(told_of, str),
    }


def _ends(y: Array, task: str) -> tuple[Array, Array]:
    """The smallest and the largest that can be shown of each target; of probabilities 0 and 1."""
    if not TASKS[task].has_numbers:
        return np.zeros(1), np.ones(1)
    wide = BEYOND * (y.max(axis=0) - y.min(axis=0))
    wide = np.where(wide > 0, wide, 1.0)
    return y.min(axis=0) - wide, y.max(axis=0) + wide
