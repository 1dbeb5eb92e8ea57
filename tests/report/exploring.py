"""Searches for figures, without a run folder."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from search.report.axis import parameter_axes, sound, value_axis
from search.report.explored_space import Explored
from search.store.manifest import Searched
from search.study.goal import Goal
from search.study.trial import State, Trial
from tests.report.runs_to_show import learnt

SPACE = {
    "rate": Searched("float", 1e-4, 1e-1, log=True),
    "units": Searched("int", 4, 64),
    "kind": Searched("choice", options=("flat", "round")),
}


def explored(
    trials: Sequence[Trial],
    space: Mapping[str, Searched] = SPACE,
    objective: str = "val_accuracy",
    direction: str = "maximize",
) -> Explored:
    """What so many trials explored of a space."""
    completed = sound(trials)
    axes = parameter_axes(space, completed)
    value = value_axis(objective, completed)
    return Explored(trials, Goal(objective, direction), axes, value, epochs=9, space=space)


def drawn(count: int, **changes: Any) -> list[Trial]:
    """Completed trials all over `SPACE`, whose value hangs on the rate alone."""
    draw = np.random.default_rng(0)
    return [trial(number, *draw.random(3), **changes) for number in range(count)]


def trial(number: int, a: float, b: float, c: float, **changes: Any) -> Trial:
    """One trial at three places of `SPACE`."""
    params = {
        "rate": float(10 ** (3 * a - 4)),
        "units": int(4 + 60 * b),
        "kind": "flat" if c < 0.5 else "round",
    }
    value = 0.5 + 0.5 * a
    given = {"value": value, "curve": learnt(value), "weights": 9, **changes}
    state = given.pop("state", State.COMPLETE)
    return Trial(number, state, given.pop("params", params), **given)
