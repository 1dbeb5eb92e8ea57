"""How many of the search's configurations are trained again."""

import pytest

from search import Budget, Finals, State
from search.finals.retraining import entrants
from search.study.trial import Trial
from tests.runs import small_study


@pytest.mark.parametrize(
    ("budget", "finals", "count"),
    [
        (6, Finals(), 2),
        (18, Finals(), 2),
        (27, Finals(), 3),
        (50, Finals(), 5),
        (500, Finals(), 5),
        (50, Finals(top=2), 2),
        (50, Finals(seeds=8), 2),
        (6, Finals(seeds=7), 1),
        (50, Finals(share=0.5, top=8), 8),
    ],
)
def test_as_many_reach_the_finals_as_their_share_of_the_budget_allows(
    budget: int, finals: Finals, count: int
) -> None:
    study = small_study(budget=Budget(trials=budget, epochs=9), finals=finals)
    trials = [Trial(n, State.COMPLETE, {"units": n}, value=n / 100) for n in range(20)]
    found = entrants(study, trials)
    assert [e.trial.number for e in found if e.trial] == list(range(19, 19 - count, -1))
    assert all(len(entrant.jobs) == finals.seeds for entrant in found)
