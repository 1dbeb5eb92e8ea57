"""What a worker works with, sent once to each: the study's source, its rows, and its machine."""

from dataclasses import dataclass

from search.data.dataset import Array, Dataset
from search.data.preparation import Preparation
from search.data.scaling import Scale
from search.data.series_rows import Blocks
from search.data.split import VALIDATES, Parts
from search.loading.space_file import SpaceSource
from search.study.signature import Signature
from search.training.engine import TrainingRows


@dataclass(frozen=True, eq=False)
class DataSplit(TrainingRows):
    """Rows that models are trained on, and what was learnt from them.

    Attributes:
        scale: By which the targets were standardised; None where they were not.
        inputs: By which features of windows were; None where rows are none.
        preparation: How features were made of raw columns; None where there are none.
        signature: What an exported model takes and returns, to be saved in it; None for nothing.
        name: Of these rows, within one run; "" for the search's own split.
        places: Of the validation rows among all; None where they are not drawn from others.
        blocks: Which validation rows depend on each other; None where none do.
    """

    scale: Scale | None = None
    inputs: Scale | None = None
    preparation: Preparation | None = None
    signature: Signature | None = None
    name: str = ""
    places: Array | None = None
    blocks: Blocks | None = None

    @classmethod
    def of(
        cls, parts: Parts, data: Dataset, name: str = "", places: Array | None = None
    ) -> "DataSplit":
        """The rows of a split that workers see: never the held-out ones.

        Args:
            parts: The split.
            data: All rows.
            name: As in the attributes.
            places: As in the attributes.
        """
        return cls(
            parts.train,
            parts.validation,
            parts.shape(data),
            parts.scale,
            parts.inputs,
            parts.preparation,
            Signature.of(data, parts),
            name,
            places,
            parts.blocks(VALIDATES),
        )


@dataclass(frozen=True, eq=False)
class WorkerContext:
    """All that a worker needs: nothing of a space is pickled, only its text.

    Attributes:
        source: The space file and its siblings.
        rows: Those of the search.
        engine: Name of the one that is planned for the trials, as in `search.training.choice`.
        cpus: That a worker may use.
        gpus: That a worker may use.
        run: Name of the run; "" where models are trained that belong to none.
    """

    source: SpaceSource
    rows: DataSplit
    engine: str
    cpus: float = 1
    gpus: float = 0
    run: str = ""


@dataclass(frozen=True)
class FunctionContext:
    """The same of a study of a function, which has its own rows; attributes as there."""

    source: SpaceSource
    cpus: float = 1
    gpus: float = 0
