"""What a model predicts for some points while it trains, for the page to play back."""

import time

import numpy as np

from search.data.dataset import Array
from search.jobs.messages import SnapshotJob, Snapshots
from search.training.engine import Training

FRAMES = 20
"""At most; close together at first, where a network changes most."""
LONGEST = 1.0
"""Seconds that a frame may take; a model that takes longer is not recorded further."""


class SnapshotRecorder:
    """Takes a frame after some of a fit's epochs.

    Args:
        job: Names the points.

    Attributes:
        slow: Whether the last frame took too long for another.
    """

    def __init__(self, job: SnapshotJob) -> None:
        self._points = job.inputs
        self._at = sorted({*frame_epochs(job.epochs), job.counts or job.epochs})
        self._last = job.epochs
        self._frames: dict[int, dict[str, Array]] = {}
        self.slow = False

    def next_stop(self, epoch: int) -> int:
        """The epoch to train to: of the next frame, or the last."""
        return next((at for at in self._at if at > epoch), self._last)

    def take(self, training: Training) -> None:
        """Take a frame, where this is its epoch."""
        if training.epoch not in self._at:
            return
        begun = time.monotonic()
        self._frames[training.epoch] = {
            name: training.predictions(points).astype(np.float32)
            for name, points in self._points.items()
        }
        self.slow = time.monotonic() - begun > LONGEST

    @property
    def recording(self) -> Snapshots:
        """All frames."""
        frames = {
            name: np.stack([frame[name] for frame in self._frames.values()])
            for name in self._points
        }
        return Snapshots(tuple(self._frames), frames)


def frame_epochs(epochs: int) -> list[int]:
    """After which epochs of a fit a frame is taken; the last is among them."""
    return sorted({round(float(at)) for at in np.geomspace(1, epochs, FRAMES)})
