"""What goes into a model and what comes out of it, for whoever has nothing but its file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from search.study.data.columns import Array, Kind
from search.study.data.forms import Form, Texts
from search.study.data.steps import CategoryStep, Step
from search.study.dataset import Dataset
from search.study.outputs import Outputs
from search.study.split import Parts
from search.study.target_form import PLAIN, TargetForm

MOST_TEXT = 1 << 20
"""Letters of texts that a model file has beside its layers at most."""
SOME_ROWS = 4096
"""That tell the range of rows that stay in their file."""


@dataclass(frozen=True)
class Values:
    """In what range the values of an array were that a model was trained on.

    Attributes:
        low: The least.
        high: The greatest.
        whole: Whether all were whole numbers.
    """

    low: float
    high: float
    whole: bool

    @classmethod
    def of(cls, x: Array) -> "Values | None":
        """Of rows, shape (rows, …); None without a value."""
        if not x.size:
            return None
        return cls(float(x.min()), float(x.max()), bool((x == np.floor(x)).all()))

    def __str__(self) -> str:
        return f"{self.low:.4g} to {self.high:.4g}"

    def unlike(self, new: "Values") -> str:
        """What to do to other values that are brightnesses on another scale; "" where they fit."""
        if self.low >= -1 and self.high <= 1 and not self.whole:
            grey = new.whole and new.low >= 0 and 2 <= new.high <= 255
            centred = "; then bring them to −1…1 as before" if self.low < 0 else ""
            return f"divide them by 255{centred}" if grey else ""
        if self.whole and self.low >= 0 and 2 <= self.high <= 255:
            unit = not new.whole and new.low >= 0 and new.high <= 1
            return "multiply them by 255" if unit and self.high > 16 else ""
        return ""


@dataclass(frozen=True)
class Signature:
    """What a model takes and says.

    Attributes:
        task: Such as "binary".
        names: Of the classes by code, of the labels, or of the numbers that it predicts.
        columns: Name of each raw column that it takes → kind; empty where it takes arrays.
        shape: Of one row where it takes arrays, such as (2,).
        features: Names of an array's columns; empty where a row has more than one axis.
        outputs: How its outputs are read.
        forms: Name of a column → how its values were written, where it is not the plain way.
        texts: Name of a text column → the values that there are features for.
        pictures: Whether rows were read from files of pictures, brought to `shape` and to 0…1.
        values: Of arrays, their range; None where it is not known.
        targets: How the classes are written that it is trained on.
    """

    task: str
    names: tuple[str, ...]
    columns: Mapping[str, Kind] = field(default_factory=dict)
    shape: tuple[int, ...] = ()
    features: tuple[str, ...] = ()
    outputs: Outputs = field(default_factory=Outputs)
    forms: Mapping[str, Form] = field(default_factory=dict)
    texts: Mapping[str, Texts] = field(default_factory=dict)
    pictures: bool = False
    values: Values | None = None
    targets: TargetForm = PLAIN

    @classmethod
    def of(cls, data: Dataset, parts: Parts) -> "Signature":
        """Of the exported models that are trained on these rows."""
        if parts.preparation is not None:
            columns = {step.name: step.kind for step in parts.preparation.steps}
            forms = data.columns.forms if data.columns is not None else {}
            texts = _texts(parts.preparation.steps)
            return cls(data.task, data.names, columns, forms=forms, texts=texts)
        shape = data.x.shape[1:]
        features = data.feature_names if len(shape) == 1 else ()
        rows = parts.train.x[:SOME_ROWS] if parts.train.in_file else parts.train.x
        return cls(
            data.task,
            data.names,
            shape=shape,
            features=features,
            pictures=data.pictures,
            values=Values.of(np.asarray(rows)),
        )

    @property
    def expects(self) -> str:
        """What it takes, for people."""
        if self.columns:
            return f"the columns {', '.join(self.columns)}"
        if self.pictures:
            colour = "grey" if self.shape[2] == 1 else "in colour"
            return (
                f"pictures, {colour}, of any size (they are brought to {self.shape[0]}×"
                f"{self.shape[1]}); or arrays of shape ({self._rows}) with values from 0 to 1"
            )
        values = f" with values such as {self.values}" if self.values else ""
        return f"arrays of shape ({self._rows}){values}"

    @property
    def _rows(self) -> str:
        return ", ".join(["rows", *map(str, self.shape)])

    @property
    def table(self) -> Mapping[str, Kind]:
        """The columns of a table from which rows can be made; empty where none can."""
        return self.columns or dict.fromkeys(self.features, "number")


def _texts(steps: Sequence[Step]) -> Mapping[str, Texts]:
    """What the model knows of each text column; nothing where that is too much to take along."""
    found = {
        step.name: Texts(tuple(text for texts in step.spelled for text in texts), step.other)
        for step in steps
        if isinstance(step, CategoryStep)
    }
    long = sum(len(text) for texts in found.values() for text in texts.values)
    return found if long <= MOST_TEXT else {}
