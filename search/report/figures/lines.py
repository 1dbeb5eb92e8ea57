"""How do the lines of trials look, in every figure that has a line a trial?"""

from collections.abc import Sequence
from typing import Any

from search.report.explored_space import Explored
from search.report.figures.svg import BLUE, INK, SOFT
from search.study.trial import Trial

MANY = 20
"""Of the best tenth, from which on their lines are thin."""


def styled(explored: Explored, trials: Sequence[Trial]) -> list[tuple[Trial, dict[str, Any]]]:
    """Trials with their lines' style: the best tenth above the others, the very best above all."""
    best = {trial.number for trial in explored.best_tenth}
    first = explored.best_first[0].number if best else None
    width = 1.1 if len(best) < MANY else 0.5

    def style(trial: Trial) -> dict[str, Any]:
        if trial.number == first:
            return {"color": INK, "linewidth": 1.9}
        if trial.number in best:
            return {"color": BLUE, "linewidth": width, "alpha": 0.8}
        return {"color": SOFT, "linewidth": 0.5, "alpha": 0.4}

    above = sorted(trials, key=lambda trial: (trial.number in best, trial.number == first))
    return [(trial, style(trial)) for trial in above]
