"""How classes were given, and how a loss wants them: as codes, one-hot, or as −1 and 1."""

from dataclasses import dataclass, replace

import numpy as np

from search.data.columns import Array

CODES, COLUMN, ONE_HOT, SIGNED = "codes", "column", "one-hot", "signed"


@dataclass(frozen=True)
class TargetForm:
    """A way to write the classes of rows.

    Attributes:
        layout: "codes" 0 … classes - 1 of shape (rows,); "column", the same of shape (rows, 1);
            "one-hot" of shape (rows, classes); or "signed": −1 and 1 of shape (rows,).
        floats: Whether they are float32; else int32.
    """

    layout: str = CODES
    floats: bool = False

    @classmethod
    def of(cls, y: Array) -> "TargetForm":
        """How classes were given.

        Args:
            y: As given, shape (rows,) or (rows, …); numbers, booleans or texts.
        """
        floats = y.dtype.kind == "f"
        if y.ndim == 2:
            return cls(ONE_HOT if y.shape[1] > 1 else COLUMN, floats)
        signed = y.dtype.kind in "if" and len(y) > 0 and bool(np.isin(y, (-1, 1)).all())
        return cls(SIGNED if signed else CODES, floats)

    def as_layout(self, layout: str) -> "TargetForm":
        """The same type of number in another layout."""
        return replace(self, layout=layout)

    def write(self, codes: Array, classes: int) -> Array:
        """Classes in this form.

        Args:
            codes: Shape (rows,).
            classes: How many there are.
        """
        kind = np.float32 if self.floats else np.int32
        if self.layout == ONE_HOT:
            written: Array = np.eye(classes, dtype=kind)[codes]
        elif self.layout == SIGNED:
            written = (2 * codes - 1).astype(kind)
        else:
            written = codes.astype(kind)
        return written.reshape(-1, 1) if self.layout == COLUMN else written


PLAIN = TargetForm()


def is_one_hot(y: Array) -> bool:
    """Whether each row has exactly one 1 in its columns, and 0 in all others."""
    if y.ndim != 2 or y.shape[1] < 2 or y.dtype.kind not in "biuf":
        return False
    return bool(np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all())
