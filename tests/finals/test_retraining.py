"""How many of the search's configurations are trained again."""

import pytest

from search import Budget, Finals, State
from search.finals.retraining import Entrant, entrants, rate_tests
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


@pytest.mark.parametrize(
    ("trials", "epochs", "rows", "seeds"),
    [
        (50, 25, 600, 5),
        (5, 25, 600, 1),
        (16, 25, 600, 2),
        # However many rows there are, a curve takes 1,024 of them at each rate.
        (20, 3, 50_000, 5),
        (3, 1, 5_000, 1),
    ],
)
def test_rate_curves_take_no_more_than_half_of_the_search(
    trials: int, epochs: int, rows: int, seeds: int
) -> None:
    study = small_study(budget=Budget(trials=trials, epochs=epochs))
    entrant = Entrant("trial 0", {}, (1,), (0,), epochs, study.goal)
    jobs = rate_tests(entrant, study, rows)
    assert len(jobs) == seeds
    assert len({job.configuration.seed for job in jobs}) == seeds
