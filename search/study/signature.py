"""What goes into a model and what comes out of it, for whoever has nothing but its file."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from search.study.data.columns import Kind
from search.study.data.forms import Form
from search.study.dataset import Dataset
from search.study.outputs import Outputs
from search.study.split import Parts


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
    """

    task: str
    names: tuple[str, ...]
    columns: Mapping[str, Kind] = field(default_factory=dict)
    shape: tuple[int, ...] = ()
    features: tuple[str, ...] = ()
    outputs: Outputs = field(default_factory=Outputs)
    forms: Mapping[str, Form] = field(default_factory=dict)

    @classmethod
    def of(cls, data: Dataset, parts: Parts) -> "Signature":
        """Of the exported models that are trained on these rows."""
        if parts.preparation is not None:
            columns = {step.name: step.kind for step in parts.preparation.steps}
            forms = data.columns.forms if data.columns is not None else {}
            return cls(data.task, data.names, columns, forms=forms)
        shape = data.x.shape[1:]
        features = data.feature_names if len(shape) == 1 else ()
        return cls(data.task, data.names, shape=shape, features=features)

    @property
    def table(self) -> Mapping[str, Kind]:
        """The columns of a table from which rows can be made; empty where none can."""
        return self.columns or dict.fromkeys(self.features, "number")
