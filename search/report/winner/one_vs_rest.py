"""What a classifier is asked of each row, as questions that are answered with yes or no."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from search.data.dataset import Array
from search.data.series_rows import Blocks, blocks_of, groups_in
from search.study.task import TASKS


@dataclass(frozen=True, eq=False)
class Questions:
    """Is a row of this class, or has it this label? One question a column.

    Attributes:
        names: What "yes" means: the second of two classes, else each class or label.
        truth: bool, shape (rows, names).
        shares: The probability of "yes", shape (rows, names).
        blocks: Which rows depend on each other; None where none do.
    """

    names: Sequence[str]
    truth: Array
    shares: Array
    blocks: Blocks | None = None

    @property
    def groups(self) -> Array | None:
        """As of `Blocks`."""
        return groups_in(self.blocks)

    @classmethod
    def of(cls, held_out: Mapping[str, Array], names: Sequence[str], task: str) -> "Questions":
        """Read them off the held-out rows.

        Args:
            held_out: `y` and `probabilities` of the run.
            names: Of all classes or labels.
            task: Such as "binary".
        """
        shares = TASKS[task].asked(held_out["probabilities"])
        columns = shares.shape[1]
        truth = TASKS[task].truth(held_out["y"], columns)
        return cls(names[-columns:], truth, shares, blocks_of(held_out))
