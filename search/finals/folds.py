"""Which rows a fit is given: the search's own split, a fresh one, or all but those held out."""

from search.data.dataset import Array
from search.data.split import Parts, Split
from search.jobs.context import DataSplit

OWN = 0
"""The search's own split; those from 1 are fresh."""
TOGETHER = -1
"""The rows that train and those that validate: all of them train."""


class Folds:
    """Cuts rows anew, each way once.

    Args:
        split: Of the study.
        parts: The rows as the search had them.
    """

    def __init__(self, split: Split, parts: Parts) -> None:
        self._split = split
        self._known = {OWN: parts}
        self._folds: dict[int, DataSplit] = {}

    def parts(self, number: int) -> Parts:
        """The rows of a split, with held-out rows prepared in its way.

        Args:
            number: `OWN`, from 1 for a fresh split, or `TOGETHER`.
        """
        if number not in self._known:
            own = self._known[OWN]
            fresh = number != TOGETHER
            self._known[number] = self._split.fresh(own, number) if fresh else own.together()
        return self._known[number]

    def fold(self, number: int) -> DataSplit | None:
        """The same as workers are given it; None for `OWN`, which they have."""
        if number == OWN:
            return None
        if number not in self._folds:
            parts, together = self.parts(number), number == TOGETHER
            name = "training and validation" if together else f"fresh split {number}"
            places = None if together else parts.numbers[1]
            self._folds[number] = DataSplit.of(parts, parts.source, name, places)
        return self._folds[number]

    def features(self, number: int, features: Array) -> Array | None:
        """Points among the search's own features as a split's models take them.

        Args:
            number: Of the split.
            features: Shape (points, features).

        Returns:
            The same shape; None where the two prepare columns in ways that cannot be compared.
        """
        own, other = self._known[OWN].preparation, self.parts(number).preparation
        if own is None or other is None or number == OWN:
            return features
        return own.as_by(other, features)
