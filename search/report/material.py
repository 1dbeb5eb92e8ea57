"""What the page is made from, read once out of the store."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from search.data.dataset import Array
from search.report.explored_space import Explored, explored
from search.report.figures.boundary import BoundaryPlane, Scatter
from search.store.manifest import Manifest
from search.store.run import StoredRun
from search.study.answer import Answer
from search.study.ranking import ranked
from search.study.trial import Trial

if TYPE_CHECKING:
    from search.report.search_section import Searched


@dataclass(frozen=True, eq=False)
class Material:
    """A run's trials, its best and its answer.

    Attributes:
        run: For arrays and sources.
        manifest: What the run is made of.
        trials: By number.
        best: By validation; None where none completed.
        answer: None before the finals ended.
        searched: Gives what is told of the trials alone, where that is made beside the rest.
    """

    run: StoredRun
    manifest: Manifest
    trials: Sequence[Trial]
    best: Trial | None
    answer: Answer | None
    searched: "Callable[[], Searched] | None" = None

    @classmethod
    def of(cls, run: StoredRun) -> "Material":
        """Read a run."""
        trials = run.trials()
        best = next(iter(ranked(trials, run.manifest.plan.goal)), None)
        return cls(run, run.manifest, trials, best, run.judged(trials))

    @cached_property
    def explored(self) -> Explored:
        """The search as its figures see it; reckoned once, since importance takes a second."""
        return self.searched().explored if self.searched else explored(self.run, self.trials)

    def scatter_parts(self) -> dict[str, Scatter]:
        """The rows of two features by part; empty for other data."""
        points, held_out = self.run.arrays("points"), self.run.arrays("held_out")
        found = {}
        if points:
            names = {0: "training", 1: "validation"}
            found = {
                name: Scatter(
                    name, points["x"][points["part"] == part], points["y"][points["part"] == part]
                )
                for part, name in names.items()
            }
        if "x" in held_out:
            found["held-out"] = Scatter("held-out", held_out["x"], held_out["y"])
        return found

    def plane(self, grid: Mapping[str, Array]) -> BoundaryPlane:
        """The plane of two features, with a model's answer or without."""
        data = self.manifest.data
        return BoundaryPlane(data.features, data.classes, dict(grid))
