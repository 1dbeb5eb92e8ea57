"""How much is searched, and what a single trial may take."""

import math
import re
from dataclasses import dataclass, replace

from search.study.errors import InputError
from search.study.left_out import LEFT_OUT

_UNITS = {"": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]b)?\s*", re.IGNORECASE)


EPOCHS = 200
"""Of a trial at most, by default."""
PATIENCE = 20
"""With it."""
MOST = 10**9
"""Of whatever is counted in a run."""


@dataclass(frozen=True)
class Budget:
    """How much is searched.

    Args:
        trials: Trials that end, in whatever way.
        epochs: Passes over the training rows that a trial gets at most; left out, 200 with a
            patience of 20.
        patience: Epochs in which neither the objective nor the validation loss gets better, after
            which a trial ends. It then counts by its best epoch by the objective, of equal ones by
            the one with the lowest validation loss, and that epoch's weights are kept. None, and
            left out beside `epochs`: each trial has all epochs and counts by its last.
        seconds: Of the whole search, over all its sessions: no trial begins later. The finals and
            the page come on top.
        trial_seconds: That one trial may take; one that takes longer fails, with that reason.
        trial_memory: That the process of one trial may take, such as "2GB"; one that takes more
            fails, with that reason.

    Raises:
        InputError: A count below 1, a time that is not above 0, or a size that is none.
    """

    trials: int = 50
    epochs: int = LEFT_OUT
    patience: int | None = LEFT_OUT
    seconds: float | None = None
    trial_seconds: float | None = None
    trial_memory: str | int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "_left_out", self.epochs is LEFT_OUT)
        object.__setattr__(self, "_waits", self.patience is not LEFT_OUT)
        if self.patience is LEFT_OUT:
            object.__setattr__(self, "patience", PATIENCE if self.epochs is LEFT_OUT else None)
        if self.epochs is LEFT_OUT:
            object.__setattr__(self, "epochs", EPOCHS)
        count("Budget", "trials", self.trials)
        count("Budget", "epochs", self.epochs)
        if self.patience is not None:
            count("Budget", "patience", self.patience)
        for name in ("seconds", "trial_seconds"):
            value = getattr(self, name)
            if value is not None and not _is_time(value):
                raise InputError(
                    f"Budget({name}={value!r})", fix=f"give seconds above 0, such as {name}=600"
                )
        if self.trial_memory is not None and self.trial_bytes is None:
            raise InputError(
                f"Budget(trial_memory={self.trial_memory!r})",
                fix="give a size such as '2GB' or '500MB'",
            )

    @property
    def has_usual_epochs(self) -> bool:
        """Whether `epochs` was left out."""
        return bool(vars(self).get("_left_out"))

    def of(self, epochs: int) -> "Budget":
        """The same with as many epochs, where they were left out."""
        waits = vars(self).get("_waits")
        return replace(self, epochs=epochs, patience=self.patience if waits else None)

    @property
    def trial_bytes(self) -> int | None:
        """`trial_memory` in bytes; None where there is no bound (or none that can be read)."""
        found = None if self.trial_memory is None else _SIZE.fullmatch(str(self.trial_memory))
        if not found:
            return None
        return int(float(found[1]) * _UNITS[(found[2] or "").lower()]) or None


def count(owner: str, name: str, value: object) -> None:
    """Refuse what is no whole number of 1 or more, or more than a run can keep.

    Raises:
        InputError: Names `owner`, `name` and `value`.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InputError(f"{owner}({name}={value!r})", fix="give a whole number of 1 or more")
    if value > MOST:
        told = value if value < MOST**3 else "…"  # Python writes no number of 5,000 digits
        raise InputError(f"{owner}({name}={told})", fix=f"give {MOST:,} or less")


def _is_time(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and value > 0
