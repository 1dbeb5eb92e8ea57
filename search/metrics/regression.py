"""How near are numbers met?"""

from collections.abc import Sequence

import numpy as np

from search.data.dataset import Array
from search.metrics.base import Estimate, measures
from search.metrics.intervals import Draws
from search.metrics.of_rows import OfErrors, OfRows
from search.study.answer import MAE_OF, R2_OF, Interval
from search.study.outputs import PROBABILITIES
from search.study.task import REGRESSION

TINY = 1e-300
EQUAL = 1e-12
"""Of the mean of squares, a variance that rounding alone makes."""
FINE = 1e-6
"""Of the truth's deviation, float32's own rounding."""


def _deviation(y: Array) -> float:
    # In float64: squares of large numbers, and of tiny ones, are beyond float32.
    return float(y.std(axis=0, dtype=float).mean()) or 1.0


@measures("mae", REGRESSION)
class Mae(OfErrors):
    """Mean absolute error."""

    title, power, keras = "MAE", 1, "MeanAbsoluteError"

    def resolution(self, y: Array) -> float:
        return FINE * _deviation(y)

    def parts(self, said: Array, y: Array) -> Array:
        found: Array = np.abs(said.astype(float) - y).mean(axis=1)[:, None]
        return found


@measures("loss", REGRESSION)
@measures("mse", REGRESSION)
class Mse(OfErrors):
    """Mean squared error."""

    title, power, keras = "MSE", 2, "MeanSquaredError"

    def resolution(self, y: Array) -> float:
        return 1e-3 * FINE * _deviation(y) ** 2

    def parts(self, said: Array, y: Array) -> Array:
        return self.losses(said, y)[:, None]

    def losses(self, said: Array, y: Array, kind: str = PROBABILITIES) -> Array:
        """Of each row; see `search.metrics.measures.row_losses`."""
        found: Array = np.square(said.astype(float) - y).mean(axis=1)
        return found


@measures("rmse", REGRESSION)
class Rmse(Mse):
    """The root of the mean squared error."""

    title, power, keras = "RMSE", 1, "RootMeanSquaredError"

    def resolution(self, y: Array) -> float:
        return FINE * _deviation(y)

    def of(self, means: Array) -> Array:
        found: Array = np.sqrt(means[..., 0])
        return found

    def interval(self, said: Array, y: Array, estimate: Estimate) -> Interval | None:
        """No lower than that of the mean absolute error, which is never above it."""
        found = super().interval(said, y, estimate)
        if found is None:
            return None
        mean = Mae("mae", self.task)
        parts, draws = mean.parts(said, y), estimate.blocks and Draws.of(len(y), estimate.blocks)
        least = mean.estimate(said, y, draws) if draws else Estimate(float(parts.mean()))
        beside = mean.interval(said, y, least)
        return Interval(max(found.low, beside.low), found.high) if beside else found


@measures("r2", REGRESSION)
class R2(OfRows):
    """Explained part of the variance, mean over targets."""

    title, share, keras = "R²", True, "R2Score"

    def parts(self, said: Array, y: Array) -> Array:
        y = y.astype(float)
        centred = y - y.mean(axis=0)  # else squares of large numbers lose the digits that tell
        return np.hstack([np.square(said.astype(float) - y), centred, np.square(centred)])

    def of(self, means: Array) -> Array:
        """Of equal targets it is not defined: 1 without an error and else 0, as scikit-learn."""
        squared, each = np.split(means, 3, axis=-1)[0], r2_of_each(means)
        found: Array = np.where(np.isfinite(each), each, squared <= TINY).mean(axis=-1)
        return found

    def of_epoch(self, said: Array, y: Array) -> float:
        """Keras's: 0 of a target that does not vary."""
        return float(np.nan_to_num(r2_of_each(self.parts(said, y).mean(axis=0))).mean())

    def beside(self, said: Array, y: Array, names: Sequence[str] | None) -> dict[str, float]:
        """Errors of one target, or each target's own: no mean is over metres and seconds.

        Names are None where all numbers are of one target.
        """
        said, y = said.astype(float), y.astype(float)
        distance = np.abs(said - y).mean(axis=0).tolist()
        if y.shape[1] == 1 or names is None:
            return {
                "MAE": float(np.mean(distance)),
                "RMSE": float(np.sqrt(np.square(said - y).mean())),
            }
        found = {}
        own = names if len(names) == y.shape[1] else [f"target {i}" for i in range(y.shape[1])]
        for place, name in enumerate(own):
            found[R2_OF + name] = self.value(said[:, [place]], y[:, [place]])
            found[MAE_OF + name] = distance[place]
        return found


def r2_of_each(means: Array) -> Array:
    """Each target's own; NaN of one that does not vary.

    Args:
        means: Of squared errors, centred truth and its squares, shape (…, 3 × targets).
    """
    squared, mean, squares = np.split(means, 3, axis=-1)
    variance = squares - np.square(mean)
    varies = variance > EQUAL * squares
    found: Array = np.where(varies, 1.0 - squared / np.where(varies, variance, 1.0), np.nan)
    return found
