"""The simulated runner: every trial of the budget ends once, whatever happens to the nodes."""

import pytest

from benchmarks.simulate import Fleet, simulate
from benchmarks.tune_cost import TuneCost

FREE = TuneCost(actors=1, trial=0.0, result=0.0)


def test_nodes_that_are_lost_cost_only_the_trials_on_them() -> None:
    result = simulate(Fleet(workers=48, seconds=60.0, lost=20.0), trials=300, cost=FREE)
    assert result.trials == 300  # each once, and none failed: `simulate` raises otherwise
    assert result.again > 0


def test_workers_wait_where_the_driver_is_slower_than_they_are() -> None:
    slow = TuneCost(actors=1, trial=1.0, result=0.0)
    result = simulate(Fleet(workers=8, seconds=4.0, lost=0.0), trials=80, cost=slow)
    # One trial a second at most, so no more than as many seconds of work in each.
    assert result.rate < 1.0
    assert result.busy == pytest.approx(result.rate * result.trained / 8, rel=0.1)


def test_a_driver_that_is_quick_enough_keeps_them_busy() -> None:
    result = simulate(Fleet(workers=8, seconds=600.0, lost=0.0), trials=80, cost=FREE)
    assert result.busy > 0.95
