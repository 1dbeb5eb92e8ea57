"""A hand-made kind of model that parts two circles exactly as well as one wants.

A ring calls the inner class what lies inside its radius: 0.9 parts the circles without an error, 0
calls all rows outer. Its radius is its one weight, so it is trained, kept and asked like a network.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from search.data.dataset import Array
from search.data.split import Parts
from search.jobs.batch import Batch
from search.jobs.messages import (
    Assignment,
    Failed,
    Job,
    Predicted,
    Prediction,
    Rates,
    RateTest,
    Refit,
    Refitted,
    Result,
    SnapshotJob,
    Snapshots,
)
from search.study.trial import Curve

PERFECT, FAIR, BLIND = 0.9, 1.0, 0.0
"""Radii; fair takes about half the rows of the outer circle for inner ones."""
LOST = "its worker process died"

Radius = float | str
"""Of the ring that a job ends in; or why the job fails."""


def shares(radius: float, x: Array) -> Array:
    """Probabilities of both classes, shape (rows, 2)."""
    inner = np.where(np.linalg.norm(x, axis=1) < radius, 0.95, 0.05)
    return np.column_stack([1 - inner, inner])


@dataclass(frozen=True, eq=False)
class Worker:
    """Performs the finals' jobs with rings, by hand.

    Attributes:
        parts: It looks at what trains and what validates.
        radii: Name of an entrant → its radius on each of its seeds, over and over.
        predicts: Whether its predictions arrive.
    """

    parts: Parts
    radii: Mapping[str, tuple[Radius, ...]]
    predicts: bool = True
    _seen: dict[str, int] = field(default_factory=dict)

    def perform(self, batch: Batch) -> Batch:
        """Do a whole round."""
        while (job := batch.next()) is not None:
            batch.ended(job, self._result(job), "1@here")
        return batch

    def _result(self, job: Job) -> Result:
        match job:
            case Refit():
                return self._refit(job)
            case Prediction():
                return self._predict(job)
            case SnapshotJob():
                frames = {name: shares(0.5, x)[None] for name, x in job.inputs.items()}
                return Snapshots((job.epochs,), frames)
            case RateTest():
                first = 0.7 if job.configuration.baseline is None else 0.6
                return Rates((0.001, 0.01, 0.1), (first, 0.5, None))
            case Assignment():
                return Failed("no trial belongs to the finals")

    def _refit(self, job: Refit) -> Result:
        place = self._seen[job.name] = self._seen.get(job.name, -1) + 1
        radius = self.radii[job.name][place % len(self.radii[job.name])]
        if isinstance(radius, str):
            return Failed(radius)
        rows = job.fold.validation if job.fold else self.parts.validation
        found = shares(radius, rows.x)
        curve = _curve(found, rows.y, job.until or job.epochs)
        if job.until:
            curve = {name: values for name, values in curve.items() if name[:4] != "val_"}
        return Refitted(
            curve=curve,
            weights=(np.array([radius]),),
            count=1,
            predictions=found,
        )

    def _predict(self, job: Prediction) -> Result:
        if not self.predicts:
            return Failed(LOST)
        (radius,) = job.weights[0].tolist()
        found = {name: shares(radius, x) for name, x in job.inputs.items()}
        return Predicted(found, f"a ring of {radius}".encode() if job.export else b"")


def _curve(probabilities: Array, y: Array, epochs: int) -> Curve:
    right = float((probabilities.argmax(axis=1) == y).mean())
    loss = float(-np.log(probabilities[np.arange(len(y)), y]).mean())
    return {
        "loss": [loss] * epochs,
        "accuracy": [right] * epochs,
        "val_loss": [loss] * epochs,
        "val_accuracy": [right] * epochs,
    }
