"""Whole numbers that are too large for float64 to distinguish all of them: names, times, hashes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from search.data.columns import Array

if TYPE_CHECKING:
    import pandas as pd

EXACT = 2.0**53
"""From here on float64 has no room for each whole number."""
ENOUGH_ROWS = 20
FEW = 50
"""Different values that are taken for names."""
FINE = 1e-2
"""Of the deviation; a rounding below it does no harm."""


@dataclass(frozen=True)
class Large:
    """What becomes of such a column.

    Attributes:
        note: Why, as text.
        names: Whether its values are taken for names.
        useless: Whether it is left out.
    """

    note: str
    names: bool = False
    useless: bool = False


def read_large(series: "pd.Series[Any]", numbers: Array) -> Large | None:
    """Look at a column that has whole numbers beyond 2⁵³; None where it has none.

    Args:
        series: As it was read.
        numbers: The same, as float64.
    """
    present = series.dropna()
    if len(present) < ENOUGH_ROWS:
        return None
    texts = present.astype(str).str.strip()
    if not texts.str.fullmatch(r"[-+]?\d{16,}|[-+]?\d{1,15}").all():
        return None
    count = texts.nunique()
    if count <= min(FEW, len(texts) / 2):
        return Large("whole numbers beyond 2⁵³, taken for names", names=True)
    floats = numbers[~np.isnan(numbers)]
    wide = float(np.ptp(floats)) > np.abs(floats).max() / 2
    if wide and count >= 0.95 * len(texts):
        return Large("a hash or identifier: whole numbers beyond 2⁵³, all different", useless=True)
    step = float(np.spacing(np.abs(floats).max()))
    if step <= FINE * float((floats / EXACT).std() * EXACT):
        return Large(f"whole numbers beyond 2⁵³, rounded to {step:.0f}")
    return Large(f"whole numbers beyond 2⁵³, which differ by less than {step:.0f}", useless=True)
