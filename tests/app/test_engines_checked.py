"""`search check` names the engine that does train, where that was tried."""

from typing import Any

import pytest

from search.app.check import _of_engines
from search.jobs.messages import Configuration, FirstStep, Limits, Stepped
from search.study.goal import Goal
from search.study.trial import EngineChoice
from search.tuning.first_steps import FirstSteps, Model

PLANNED = EngineChoice("in-graph", "any Keras model trains whole epochs in one graph")
HERE, OTHER = EngineChoice("in-graph"), EngineChoice("fit", "the model has a fit of its own")


def told(*trained: EngineChoice) -> dict[str, Any]:
    """Of a space whose configurations, of which the first is its middle, were trained so."""
    steps = FirstSteps(None, 1)
    goal, limits = Goal("val_loss", "minimize"), Limits(1.0, None)
    jobs = [FirstStep(Configuration({"n": n}, 0), 1, goal, limits) for n in range(len(trained))]
    steps.models = [Model("", jobs, {n: Stepped(engine) for n, engine in enumerate(trained)})]
    return _of_engines(PLANNED, trained[0], steps)


@pytest.mark.parametrize(
    ("trained", "name", "others"),
    [
        ((HERE, HERE), "in-graph", []),
        ((OTHER, OTHER), "fit", []),
        ((OTHER, HERE), "in-graph", [f"trials such as n=0: fit, since {OTHER.why}"]),
    ],
)
def test_what_trains_all_that_was_tried_is_the_engine(
    trained: tuple[EngineChoice, ...], name: str, others: list[str]
) -> None:
    found = told(*trained)
    assert (found["name"], found["others"]) == (name, others)
    assert found["why"] == (PLANNED if name == "in-graph" else OTHER).why
    assert (found["planned"], found["middle"]) == ("in-graph", trained[0].name)
