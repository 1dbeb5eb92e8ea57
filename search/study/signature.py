"""What goes into a model and what comes out of it, for those who have only its file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod

import numpy as np

from search.data.column_steps import CategoryStep, Step
from search.data.columns import Array, Kind
from search.data.dataset import Dataset
from search.data.rows_in_file import AT_ONCE, leaves_of, whole
from search.data.seen import Seen, seen_in
from search.data.series_rows import SeriesForm
from search.data.split import Parts
from search.data.text_forms import PLAIN_CSV, CsvForm, Form, TextForm
from search.data.tree import TEXT, Leaf, Tree, key
from search.study.outputs import Outputs
from search.study.target_form import PLAIN, TargetForm

MOST_TEXT = 1 << 20
"""Letters of texts that a model file has beside its layers at most."""
SOME_ROWS = 4096
"""That tell the range of rows that stay in their file."""
WIDEST = 65_535
"""White of 16 bits."""
MOST_BELOW = 0.1
"""Of the range, up to which resizing may overshoot below black."""
MOST_ABOVE = 0.1
"""The same above white."""
DIVIDED_TWICE = 250
SAME = "bring them to the same scale"
FAR = 20
"""Ranges beyond their own that values of no known scale may lie: heavy tails do."""


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
        whole = x.dtype.kind in "biu" or bool((x == np.floor(x)).all())
        return cls(float(x.min()), float(x.max()), whole)

    def __str__(self) -> str:
        return f"{self.low:.4g} to {self.high:.4g}"

    def unlike(self, new: "Values") -> str:
        """What to do to other values that are on another scale; "" where they fit.

        Args:
            new: Of rows of the same shape.
        """
        unit = not new.whole and new.low >= 0 and new.high <= 1
        if new.whole and new.low >= 0 and new.high <= WIDEST:
            if self._is_unit and new.high >= 2:
                white = 255 if new.high <= 255 else WIDEST
                return f"divide them by {white}{self._centred}"
            if self._is_bytes and new.high > 2 * 255:
                return "divide them by 257"
        if self._is_bytes and unit and self.high > 16:
            return "multiply them by 255"
        if not self._is_scale:
            return SAME if self.is_exceeded_by(new) else ""
        if self.low >= 0 and new.low < -MOST_BELOW * self.high:
            centred = new.low >= -1 and new.high <= 1
            times = " · 255" if self._is_bytes else ""
            return f"give (x + 1) / 2{times}, if they are of −1…1" if centred else SAME
        tiny = 0 < new.size <= self.size / DIVIDED_TWICE and new.low < new.high
        bright = new.high > (1 if self._is_unit else 255) * (1 + MOST_ABOVE)
        return SAME if tiny or bright or self.is_exceeded_by(new) else ""

    def is_exceeded_by(self, new: "Values") -> bool:
        """Whether others go far beyond: by a whole scale of brightnesses, else by many ranges."""
        beyond = max(new.high - self.high, self.low - new.low)
        return beyond > (1 if self._is_scale else FAR) * (self.high - self.low) > 0

    @property
    def size(self) -> float:
        """The greatest, whatever its sign."""
        return max(abs(self.low), abs(self.high))

    @property
    def _is_unit(self) -> bool:
        return self.low >= -1 and self.high <= 1 and not self.whole

    @property
    def _is_bytes(self) -> bool:
        return self.whole and self.low >= 0 and 2 <= self.high <= 255

    @property
    def _is_scale(self) -> bool:
        """Whether these are brightnesses that use most of 0…1, −1…1 or 0…255."""
        return (self._is_unit and self.high >= 0.5) or (self._is_bytes and self.high >= 128)

    @property
    def _centred(self) -> str:
        return "; then bring them to −1…1 as before" if self.low < 0 else ""


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
        pictures: Whether rows were read from files of pictures, brought to `shape` and to 0…1, or
            to 0…255 where a `PictureSpace` makes models.
        values: Of arrays, their range; None where it is not known.
        seen: By the name of a raw column, or of an array's: what the training rows had in it.
        targets: How the classes are written that it is trained on.
        inputs: Where it takes several arrays, or one of texts, each; else empty.
        batch: Rows that it takes at once, no fewer and no more; 0 for any number.
        csv: How the file was written that the columns were read from.
        series: Where it takes windows of a series, how they are made; else None.
        padded: Names of arrays whose rows may be shorter, and are then padded by 0.
        gives: Of a "custom" task, what the model gives of a row.
        links: Of a "custom" task, by the name of an output whose loss takes logits: "softmax" or
            "sigmoid", which makes probabilities of them.
        called: Of a "custom" task, by the name that an output has in a file by its place, such as
            "arr_0", what the model calls it.
        classes: Of a "custom" task, by the name of an output that is a class a row, the names of
            its classes where they are known.
    """

    task: str
    names: tuple[str, ...]
    columns: Mapping[str, Kind] = field(default_factory=dict)
    shape: tuple[int, ...] = ()
    features: tuple[str, ...] = ()
    outputs: Outputs = field(default_factory=Outputs)
    forms: Mapping[str, Form] = field(default_factory=dict)
    texts: Mapping[str, TextForm] = field(default_factory=dict)
    pictures: bool = False
    values: Values | None = None
    seen: Mapping[str, Seen] = field(default_factory=dict)
    targets: TargetForm = PLAIN
    inputs: tuple[Leaf, ...] = ()
    batch: int = 0
    csv: CsvForm = PLAIN_CSV
    series: SeriesForm | None = None
    padded: tuple[str, ...] = ()
    gives: tuple[Leaf, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    called: Mapping[str, str] = field(default_factory=dict)
    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, data: Dataset, parts: Parts) -> "Signature":
        """Of the exported models that are trained on these rows."""
        if parts.preparation is not None:
            columns = {step.name: step.kind for step in parts.preparation.steps}
            texts, raw = _texts(parts.preparation.steps), data.columns
            found = cls(data.task, data.names, columns, texts=texts, seen=_seen(parts))
            return found if raw is None else replace(found, forms=raw.forms, csv=raw.csv)
        if data.series is not None:
            form = data.series.form
            return cls(data.task, data.names, shape=data.x.shape[1:], series=form)
        padded = tuple(map(key, data.given.padded))
        known = not parts.train.on_demand and parts.train.stream is None  # all that train
        if isinstance(data.x, Tree):
            seen = seen_in(parts.train.x) if known and isinstance(parts.train.x, Tree) else {}
            inputs = leaves_of(data.x)
            return cls(data.task, data.names, inputs=inputs, padded=padded, seen=seen)
        shape = data.x.shape[1:]
        features = data.feature_names if len(shape) == 1 else ()
        x = parts.train.x
        few = min(SOME_ROWS, max(1, AT_ONCE // max(1, prod(shape))))
        rows = np.asarray(x[:few] if parts.train.on_demand else whole(x))
        return cls(
            data.task,
            data.names,
            shape=shape,
            features=features,
            pictures=data.pictures,
            values=Values.of(rows),
            seen=seen_in(rows, features) if known else {},
            padded=padded,
        )

    @property
    def raw_pixels(self) -> bool:
        """Whether rows are of files of pictures, with values from 0 to 255."""
        return self.pictures and self.values is not None and self.values.high > 1

    @property
    def expects(self) -> str:
        """What it takes, as text."""
        only = f", in batches of exactly {self.batch} rows where Keras alone is asked"
        return self._expects + (only if self.batch else "")

    @property
    def _expects(self) -> str:
        if self.columns:
            return f"the columns {', '.join(self.columns)}"
        if self.series:
            rows = f"{self.series.window} steps or more"
            return f"the columns {', '.join(self.series.columns)}, in the last {rows}"
        if self.text_inputs:
            columns = "column" if len(self.text_inputs) == 1 else "columns"
            return f"texts: arrays, or a table with the {columns} {', '.join(self.text_inputs)}"
        if self.inputs:
            return "the arrays " + ", ".join(map(str, self.inputs))
        if self.pictures:
            colour = "grey" if self.shape[2] == 1 else "in colour"
            white = 255 if self.raw_pixels else 1
            return (
                f"pictures, {colour}, of any size (they are brought to {self.shape[0]}×"
                f"{self.shape[1]}); or arrays of shape ({self._rows}) with values from 0 to {white}"
            )
        values = f" with values such as {self.values}" if self.values else ""
        return f"arrays of shape ({self._rows}){values}"

    @property
    def _rows(self) -> str:
        return ", ".join(["rows", *map(str, self.shape)])

    @property
    def table(self) -> Mapping[str, Kind]:
        """The columns of a table from which rows can be made; empty where none can."""
        if self.text_inputs:
            return dict.fromkeys(self.text_inputs, "text")
        return self.columns or dict.fromkeys(self.features, "number")

    @property
    def text_inputs(self) -> dict[str, Leaf]:
        """Inputs by the names of columns of texts, where a model takes nothing else."""
        plain = all(leaf.dtype == TEXT and leaf.shape in {(), (1,)} for leaf in self.inputs)
        named = {leaf.path[0] if leaf.path else "text": leaf for leaf in self.inputs}
        if not plain or len(named) < len(self.inputs) or not all(isinstance(n, str) for n in named):
            return {}
        return {str(name): leaf for name, leaf in named.items()}


def _seen(parts: Parts) -> Mapping[str, Seen]:
    """Of the raw columns of the rows that train."""
    if parts.data is None or parts.data.columns is None or not parts.numbers:
        return {}
    return seen_in(parts.data.columns.take(parts.numbers[0]))


def _texts(steps: Sequence[Step]) -> Mapping[str, TextForm]:
    """What the model knows of each text column; nothing where that is too much to take along."""
    found = {
        step.name: TextForm(tuple(text for texts in step.spelled for text in texts), step.other)
        for step in steps
        if isinstance(step, CategoryStep)
    }
    long = sum(len(text) for texts in found.values() for text in texts.values)
    return found if long <= MOST_TEXT else {}
