"""How one output of a model of a "custom" task is read, so that it is shown by its own task."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from search.study.task import BINARY, MULTICLASS, MULTILABEL

ROWS: Final = "rows"
PLACES: Final = "places"
VALUES: Final = "values"
QUANTILES: Final = "quantiles"
"""One class, labels or a few numbers a row; a class, or labels, at each place of a row, as masks
and sequences have; many numbers a row, as pictures, curves and reconstructions have; and several
quantiles of one number a row."""


@dataclass(frozen=True)
class OutputForm:
    """One output of a model.

    Attributes:
        name: Of the output; empty where it is the only one.
        form: One of the above.
        task: Of a row, or of each place: such as "binary".
        names: Of the classes by code, of the labels, or of the numbers.
        shape: Of a row's places or numbers.
        link: "softmax" or "sigmoid", which makes probabilities of its logits; else empty.
        same: Whether its targets are the model's input.
        levels: Of quantiles which they are, as parts of 1.
        measure: By which numbers are judged where their loss is another than the squared error,
            such as "mae"; else empty.
    """

    name: str
    form: Literal["rows", "places", "values", "quantiles"]
    task: str
    names: tuple[str, ...]
    shape: tuple[int, ...] = ()
    link: str = ""
    same: bool = False
    levels: tuple[float, ...] = ()
    measure: str = ""

    def called(self, names: Sequence[str]) -> "OutputForm":
        """With these names of its classes, by code; a class without one is called by its code."""
        if not names or self.task not in {BINARY.name, MULTICLASS.name}:
            return self
        return replace(self, names=(*names[: len(self.names)], *self.names[len(names) :]))

    @property
    def is_mask(self) -> bool:
        """Whether its places are pixels, and no steps."""
        return self.form == PLACES and len(self.shape) - (self.task == MULTILABEL.name) > 1
