"""Rows of a table that are alike in all columns."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from search.data.columns import Array

if TYPE_CHECKING:
    import pandas as pd

DUPLICATES = ("keep", "group", "drop")
FACTOR = 0x9E3779B97F4A7C15
MANY = 0.2
"""Fraction of the rows from which a column's different values make a row one of its own."""
BY_THEMSELVES = 10
"""Ways to fill a row, for each row, up to which some are alike without being copies."""


@dataclass(frozen=True, eq=False)
class Copies:
    """Which rows are copies of which.

    Attributes:
        codes: The same for rows that are alike, int, shape (rows,).
        first: Numbers of the rows that no row before is like.
        natural: Whether the columns have so few values that rows are alike by themselves.
    """

    codes: Array
    first: Array
    natural: bool = False

    @property
    def count(self) -> int:
        """Rows that are copies of one before."""
        return len(self.codes) - len(self.first)

    def notes(self, duplicates: str) -> tuple[str, ...]:
        """What becomes of them, for people; nothing where there are none."""
        if not self.count or (self.natural and duplicates == "keep"):
            return ()
        became = {
            "keep": 'kept; table(…, duplicates="group") keeps copies in one part, "drop" takes one',
            "group": "kept, all copies in one part",
            "drop": "dropped",
        }
        rows = f"{self.count:,} of {len(self.codes):,} rows"
        return (f"{rows} are copies of a row before, alike in all columns: {became[duplicates]}",)


def copies_of(frame: "pd.DataFrame") -> Copies:
    """Compare all columns but running numbers, of which each row has its own."""
    import pandas as pd

    ways, many = 1.0, False
    hashes: Array = np.zeros(len(frame), np.uint64)
    for place, name in enumerate(frame.columns):
        series = frame[name]
        if _is_running(series):
            continue
        try:
            own = pd.util.hash_pandas_object(series, index=False).to_numpy()
        except TypeError:  # lists and other objects
            own = pd.util.hash_pandas_object(series.astype(str), index=False).to_numpy()
        hashes = hashes * np.uint64(31) + own * np.uint64((2 * place + 3) * FACTOR % 2**64)
        different = len(np.unique(own))
        ways *= different
        many |= different > MANY * len(frame)
    codes, first = np.unique(hashes, return_index=True)
    natural = not many and ways <= BY_THEMSELVES * len(frame)
    return Copies(np.searchsorted(codes, hashes), np.sort(first), natural)


def _is_running(series: "pd.Series[Any]") -> bool:
    """Whether the values are the whole numbers from 0 or 1 on, as an index that was written."""
    from pandas.api import types

    if not types.is_integer_dtype(series) or not len(series):
        return False
    return bool(series.is_unique and series.max() - series.min() == len(series) - 1)
