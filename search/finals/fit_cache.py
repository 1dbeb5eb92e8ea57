"""Fits of finals that were interrupted: what took long is not trained twice."""

from collections.abc import Sequence
from dataclasses import astuple
from hashlib import sha256

import numpy as np

from search.data.dataset import Array
from search.data.series_rows import Blocks
from search.jobs.messages import Job, Refit, Refitted, Result
from search.metrics.base import Estimate
from search.metrics.row_loss import RowLoss
from search.store.recorder import Recorder
from search.study.trial import UNKNOWN_ENGINE, EngineChoice

LONG = 2.0
"""Seconds from which a fit is saved; a shorter one is trained again about as fast as it is read."""


class FitCache:
    """Saves fits in the run folder, until the finals have an answer.

    Args:
        recorder: Of the run.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def of(self, jobs: Sequence[Job]) -> list[Result | None]:
        """What an earlier session had of each job; None where it has to be done."""
        return [self._found(job) if isinstance(job, Refit) else None for job in jobs]

    def keep(self, job: Job, result: Result, seconds: float) -> None:
        """Save a job's result where it was a long fit.

        Args:
            job: Whose.
            result: Of it.
            seconds: From its handing out to its result.
        """
        if not isinstance(job, Refit) or not isinstance(result, Refitted) or seconds < LONG:
            return
        arrays = {f"curve {name}": np.asarray(values) for name, values in result.curve.items()}
        arrays |= {f"weights {i}": weights for i, weights in enumerate(result.weights)}
        arrays |= {"predictions": result.predictions, "count": np.asarray(result.count)}
        arrays["seconds"] = np.asarray(result.seconds)
        arrays["learnt"] = np.asarray(result.learnt, float)  # NaN for none
        arrays["importance"] = np.asarray(result.importance)
        arrays["engine"] = np.asarray([result.engine.name, result.engine.why])
        if result.estimate is not None:
            own = result.estimate
            arrays |= {"estimate": np.asarray(own.value), "drawn": own.drawn}
            arrays["title"], arrays["share"] = np.asarray(own.title), np.asarray(own.share)
            arrays["row loss"] = np.asarray([own.row_loss.kind, repr(own.row_loss.level)])
            if own.rows is not None:
                arrays["rows"] = own.rows
            if own.blocks is not None:
                arrays |= {"moments": own.blocks.moments, "length": np.asarray(own.blocks.length)}
        self._recorder.keep_fit(self._key(job), arrays)

    def _found(self, job: Refit) -> Refitted | None:
        if self._recorder.manifest.data_changed:
            return None  # it may have been trained on other rows
        arrays = self._recorder.kept_fit(self._key(job))
        return _refitted(arrays) if "learnt" in arrays else None  # an earlier version kept less

    def _key(self, job: Refit) -> str:
        """Everything that a fit depends on, within one run."""
        params = sorted(job.configuration.params.items())
        rows = "" if job.fold is None else job.fold.name
        how_long = (job.epochs, job.until)
        of_job = (params, job.configuration.seed, job.configuration.baseline, rows, how_long)
        return sha256(repr((*of_job, astuple(job.goal))).encode()).hexdigest()[:16]


def _refitted(arrays: dict[str, Array]) -> Refitted:
    curve = {
        name.removeprefix("curve "): values.tolist()
        for name, values in arrays.items()
        if name.startswith("curve ")
    }
    count = sum(name.startswith("weights ") for name in arrays)
    weights = tuple(arrays[f"weights {i}"] for i in range(count))
    return Refitted(
        curve=curve,
        weights=weights,
        count=int(arrays["count"]),
        predictions=arrays["predictions"],
        seconds=float(arrays["seconds"]),
        importance=tuple(arrays["importance"].tolist()),
        estimate=_estimate(arrays),
        learnt=None if np.isnan(arrays["learnt"]) else float(arrays["learnt"]),
        engine=EngineChoice(*map(str, arrays["engine"])) if "engine" in arrays else UNKNOWN_ENGINE,
    )


def _estimate(arrays: dict[str, Array]) -> Estimate | None:
    if "estimate" not in arrays:
        return None
    kind, level = map(str, arrays["row loss"])
    in_blocks = "moments" in arrays
    return Estimate(
        float(arrays["estimate"]),
        arrays["drawn"],
        str(arrays["title"]),
        Blocks(arrays["moments"], int(arrays["length"])) if in_blocks else None,
        share=bool(arrays["share"]),
        rows=arrays.get("rows"),
        row_loss=RowLoss(kind, float(level)),
    )
