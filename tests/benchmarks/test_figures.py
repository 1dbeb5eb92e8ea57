"""The figures in the tables are what their notes say."""

import math

import pytest

from benchmarks.entrants import ENTRANTS
from benchmarks.markdown import number, spread, times
from benchmarks.scaling import Growth, driver_cost
from benchmarks.standings import Spread, Standing
from tests.benchmarks.performances import DRIVER, WORKER, performance

PEER = ENTRANTS["d"]


def test_a_full_run_is_taken_as_it_was() -> None:
    run = performance([5.0, 8.0, 10.0, 14.0])
    assert run.last(4) == 14.0
    assert run.cpu(4) == pytest.approx(14.0 * 1.1)


def test_a_shorter_run_is_scaled_by_start_up_and_a_further_trial() -> None:
    run = performance([5.0, 8.0, 11.0, 14.0])
    assert run.per_trial == pytest.approx(3.0)
    assert run.last(50) == pytest.approx(5.0 + 49 * 3.0)
    assert run.cpu(50) == pytest.approx(1.1 * (5.0 + 49 * 3.0))


def test_the_pairs_of_two_workers_do_not_shorten_a_trial() -> None:
    in_pairs = [float(5 + 4 * (i // 2)) for i in range(20)]
    assert performance(in_pairs).per_trial == pytest.approx(2.0, rel=0.02)


def test_a_standing_marks_what_is_scaled_and_compares_losses_only_at_equal_trials() -> None:
    ours = Standing(ENTRANTS["a"], 4, [performance([5.0, 6.0, 7.0, 8.0])] * 2)
    losses = (0.7, 0.9)
    equal = [performance([5.0, 8.0, 11.0, 14.0], entrant=PEER, best_loss=loss) for loss in losses]
    fewer = [performance([5.0, 8.0], entrant=PEER)]
    assert not Standing(PEER, 4, equal).scaled
    mean, error = Standing(PEER, 4, equal).loss_above(ours) or (0, 0)
    assert (mean, error) == (pytest.approx(0.3), pytest.approx(0.1))
    assert Standing(PEER, 4, fewer).scaled
    assert Standing(PEER, 4, fewer).loss_above(ours) is None


def test_cpu_is_read_between_two_looks_and_memory_from_the_nearest() -> None:
    watched = performance([5.0, 20.0]).watched
    assert watched.cpu(1002.5) == pytest.approx(2.75)
    assert watched.cpu(1002.5, DRIVER) == pytest.approx(0.25)
    assert watched.cpu(9999.0) == pytest.approx(33.0)
    assert watched.memory(1007.4, [WORKER]) == 7_000_000
    assert watched.peak(1009.0) == 10_000_000


def test_growth_is_counted_from_the_hundredth_trial() -> None:
    run = performance([float(i) for i in range(1, 301)])
    growth = Growth.of(run, run.workers)
    assert (growth.early, growth.late, growth.trials) == (100_000_000, 300_000_000, 200)
    assert growth.share == "+200.0%"
    assert growth.each == "+1000.0"
    assert Growth.of(performance([1.0, 2.0]), [WORKER]).share == "–"


def test_the_drivers_cost_is_its_own_cpu_alone() -> None:
    run = performance([float(i) for i in range(1, 301)])
    assert driver_cost(run, 200) == "100"
    assert driver_cost(run, 500) == "–"


def test_numbers_in_cells() -> None:
    written = [number(value) for value in (0.0123, 1.234, 12.34, 1234.5, math.nan)]
    assert written == ["0.0123", "1.23", "12.3", "1,234", "–"]
    assert spread(Spread.of([3.0, 1.0, 2.0]), "*") == "2.00* (1.00 to 3.00)"
    assert spread(Spread.of([3.0])) == "3.00"
    assert (times(12.0, 4.0), times(1.0, 4.0), times(1.0, None)) == ("3.00×", "0.25×", "–")
