"""What a worker works with, sent once to each."""

from dataclasses import dataclass, replace

from search.data.dataset import Shape
from search.data.preparation import Preparation
from search.data.scaling import Scale
from search.data.split import Rows
from search.jobs.messages import DataSplit
from search.loading.space_file import SpaceSource
from search.study.signature import Signature
from search.training.engine import TrainingRows


@dataclass(frozen=True, eq=False)
class WorkerContext:
    """All that a worker needs: nothing of a space is pickled, only its text.

    Attributes:
        source: The space file and its siblings.
        shape: Of the data.
        train: Rows that train.
        validation: Rows that choose.
        engine: That is planned for the trials, as in `search.training.choice`.
        cpus: That a worker may use.
        gpus: That a worker may use.
        scale: By which the targets were standardised; None where they were not.
        preparation: How features were made of raw columns; None where there are none.
        signature: What an exported model takes and says, to be written into it; None for nothing.
    """

    source: SpaceSource
    shape: Shape
    train: Rows
    validation: Rows
    engine: str = "in-graph"
    cpus: float = 1
    gpus: float = 0
    scale: Scale | None = None
    preparation: Preparation | None = None
    signature: Signature | None = None

    @property
    def rows(self) -> TrainingRows:
        """Those that models are trained on."""
        return TrainingRows(self.train, self.validation, self.shape)

    def on(self, split: DataSplit) -> "WorkerContext":
        """The same with the rows of a job."""
        return replace(
            self,
            shape=split.shape,
            train=split.train,
            validation=split.validation,
            scale=split.scale,
            preparation=split.preparation,
            signature=split.signature,
        )
