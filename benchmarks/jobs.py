"""What is raced: a space file, and from it rows and budget, the same for every contestant."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from search.data.dataset import Shape
    from search.data.split import Rows
    from search.study.study import Study

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, eq=False)
class Material:
    """The rows that a contestant may see, cut as the product cuts them.

    Attributes:
        shape: Of the data.
        train: Rows that train.
        validation: Rows that a trial is measured on.
    """

    shape: "Shape"
    train: "Rows"
    validation: "Rows"


@dataclass(frozen=True)
class Job:
    """A space file that is raced on; its own budget holds where nobody says otherwise.

    Attributes:
        name: On the command line and in the result's file name.
        file: Relative to the checkout.
    """

    name: str
    file: str

    @property
    def space(self) -> Path:
        """The space file."""
        return ROOT / self.file

    def study(self) -> "Study":
        """What the space file says, read by the product's own reader."""
        from search.loading.space_file import read

        return read(self.space).execute().study

    def material(self) -> Material:
        """Load and cut the rows: the same call that `search run` makes."""
        study = self.study()
        dataset = study.data.load()
        parts = study.split.parts(dataset)
        return Material(dataset.shape, parts.train, parts.validation)


JOBS = {
    job.name: job
    for job in (
        Job("circles", "spaces/binary.py"),
        Job("dense784", "benchmarks/spaces/dense784.py"),
        Job("cnn", "benchmarks/spaces/cnn.py"),
        Job("one-second", "benchmarks/spaces/one_second.py"),
    )
}
