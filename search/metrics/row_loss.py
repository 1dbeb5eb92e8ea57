"""What a measure of numbers adds up of rows: found by what it answers, whatever it is called."""

from dataclasses import dataclass

import numpy as np

from search.data.dataset import Array

SQUARED, QUANTILE, RELATIVE, LOGARITHMIC, POISSON = (
    "squared", "quantile", "relative", "logarithmic", "poisson",
)  # fmt: skip
FAR = (0.5, 1.0, 2.0, 8.0)
"""Deviations of predictions from the truth: what is round near the truth differs far from it."""
ALIKE = 5e-3
"""To which a measure and a loss agree, with float32's rounding."""
ENOUGH = 8
"""Predictions for which a loss is defined, to tell it."""


@dataclass(frozen=True)
class RowLoss:
    """What is added up of rows, up to a factor.

    Attributes:
        kind: `SQUARED` error; error of a `QUANTILE` (of the middle one, absolute error);
            `RELATIVE` absolute error; `LOGARITHMIC` squared error of log(1 + y); of a `POISSON`
            distribution; empty for anything else.
        level: The quantile, a part of 1.
    """

    kind: str = ""
    level: float = 0.5

    def __str__(self) -> str:
        """As in "fitted by …"."""
        if self.kind == QUANTILE and self.level != 0.5:
            return f"the pinball loss of the {self.level:g} quantile"
        return {
            QUANTILE: "absolute error", RELATIVE: "relative absolute error",
            LOGARITHMIC: "squared error of log(1 + y)", POISSON: "the Poisson loss",
        }.get(self.kind, "squared error")  # fmt: skip


BY_SQUARES, OF_ITS_OWN = RowLoss(SQUARED), RowLoss()


def questions(y: Array) -> tuple[Array, Array]:
    """Truths and predictions of rows by which a measure shows what it is.

    Args:
        y: Numbers, shape (rows, targets).

    Returns:
        Both as float32, shape (questions, targets): each truth met, and missed on both sides.
    """
    spread = np.where(y.std(axis=0) > 0, y.std(axis=0), 1.0)
    truths = np.quantile(y, (0.25, 0.5, 0.75), axis=0, method="nearest")
    steps = np.array([0.0, *FAR, *(-far for far in FAR)])
    said = truths[:, None] + steps[:, None] * spread
    truth = np.broadcast_to(truths[:, None], said.shape)
    shape = (-1, y.shape[1])
    return truth.reshape(shape).astype(np.float32), said.reshape(shape).astype(np.float32)


def row_loss(truth: Array, said: Array, values: Array) -> RowLoss:
    """Which loss a measure is.

    Args:
        truth: As by `questions`.
        said: As well.
        values: What the measure gives of each of these rows alone, shape (questions,).
    """
    truth, said = truth.astype(float), said.astype(float)
    each = len(FAR) * 2 + 1
    values = (values.reshape(-1, each) - values[::each, None]).reshape(-1)
    apart = said - truth
    far = np.abs(apart).mean(axis=1)
    over, under = (apart > 0).all(axis=1), (apart < 0).all(axis=1)
    with np.errstate(all="ignore"):
        squared = np.square(apart).mean(axis=1)
        if _factor(values, squared):
            return BY_SQUARES
        up, down = _factor(values[over], far[over]), _factor(values[under], far[under])
        if up and down and up * down > 0:
            return RowLoss(QUANTILE, round(down / (up + down), 3))
        for kind, losses in {
            RELATIVE: np.abs(apart / truth),
            # Keras's clips what is below 0.
            LOGARITHMIC: np.square(np.log1p(np.where(said > 0, said, np.nan)) - np.log1p(truth)),
            POISSON: said - truth - truth * np.log(said / truth),
        }.items():
            if _factor(values, losses.mean(axis=1)):
                return RowLoss(kind)
    return OF_ITS_OWN


def _factor(values: Array, losses: Array) -> float:
    """How many times a loss all values are; 0 where they are not, or too few can be compared."""
    known = np.isfinite(losses) & (losses > 0)
    if known.sum() < ENOUGH or not np.isfinite(values[known]).all():
        return 0.0
    factors = values[known] / losses[known]
    alike = np.allclose(factors, np.median(factors), rtol=ALIKE, atol=0)
    return float(np.median(factors)) if alike else 0.0
