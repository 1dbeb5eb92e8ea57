"""What did the search explore? Its trials on the axes that its figures draw."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from search.report.axis import Axis, asked_for, parameter_axes, sound, value_axis
from search.report.importance import Importance, importance
from search.store.manifest import Searched
from search.store.run import StoredRun
from search.study.function_study import FUNCTION
from search.study.goal import Goal
from search.study.ranking import ranked
from search.study.trial import Trial


@dataclass(frozen=True, eq=False)
class Explored:
    """The search as its figures see it.

    Attributes:
        trials: All that ended, by number.
        goal: What they are compared by.
        axes: Of the parameters, in the order of the space.
        value: Of the trials' values.
        epochs: Budget of a trial.
        step: What a place of its curve is.
        space: Each parameter's range or options, also where all trials have one value.
    """

    trials: Sequence[Trial]
    goal: Goal
    axes: Sequence[Axis]
    value: Axis
    epochs: int
    step: str = "epoch"
    space: Mapping[str, Searched] = field(default_factory=dict)

    @cached_property
    def best_first(self) -> Sequence[Trial]:
        """Completed trials with a finite value."""
        return ranked(self.trials, self.goal)

    @property
    def best_tenth(self) -> Sequence[Trial]:
        """The best tenth of the completed ones, rounded up."""
        return self.best_first[: math.ceil(len(self.best_first) / 10)]

    @cached_property
    def importance(self) -> Importance:
        """Of the parameters."""
        return importance(self.axes, self.value, sound(self.trials))

    def thinned(self, most: int) -> list[Trial]:
        """At most so many trials, by number: the best tenth and, evenly, of the others."""
        if len(self.trials) <= most:
            return list(self.trials)
        kept = list(self.best_tenth[:most])
        numbers = {trial.number for trial in kept}
        others = [trial for trial in self.trials if trial.number not in numbers]
        left = most - len(kept)
        kept += [others[place * len(others) // left] for place in range(left)]
        return sorted(kept, key=lambda trial: trial.number)


def explored(run: StoredRun, trials: Sequence[Trial]) -> Explored:
    """What a run's search explored."""
    plan = run.manifest.plan
    searched = asked_for(run.study) if plan.space in ("conditional", FUNCTION) else plan.parameters
    completed = sound(trials)
    return Explored(
        trials=[trial for trial in trials if trial.state.finished],
        goal=plan.goal,
        axes=parameter_axes(searched, completed),
        value=value_axis(plan.objective, completed),
        epochs=plan.epochs,
        step="report" if plan.is_of_function else "epoch",
        space=searched,
    )
