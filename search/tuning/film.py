"""What a model says of a coarse grid while it trains, for the page to play back."""

from typing import TYPE_CHECKING

import numpy as np

from search.study.dataset import Array
from search.tuning.work import Recording, Refit

if TYPE_CHECKING:
    from search.training.in_numpy.engine import NumpyTraining
    from search.training.training import Training

FRAMES = 20
"""At most; close together at first, where a network changes most."""


class Film:
    """Takes a frame after some of a fit's epochs.

    Args:
        job: That says of which points, if of any.
    """

    def __init__(self, job: Refit) -> None:
        self._points = job.grid
        self._at = frame_epochs(job.epochs) if job.grid is not None else []
        self._last = job.epochs
        self._frames: dict[int, Array] = {}

    def next_stop(self, epoch: int) -> int:
        """The epoch to train to: of the next frame, or the last."""
        return next((at for at in self._at if at > epoch), self._last)

    def take(self, training: "NumpyTraining | Training") -> None:
        """Take a frame, where this is its epoch."""
        if self._points is not None and training.epoch in self._at:
            shares = training.predictions(self._points)
            self._frames[training.epoch] = np.round(shares * 255).astype(np.uint8)

    @property
    def recording(self) -> Recording | None:
        """All frames; None where there are none."""
        if not self._frames:
            return None
        return Recording(tuple(self._frames), np.stack(list(self._frames.values())))


def frame_epochs(epochs: int) -> list[int]:
    """After which epochs of a fit a frame is taken; the last is among them."""
    return sorted({round(float(at)) for at in np.geomspace(1, epochs, FRAMES)})
