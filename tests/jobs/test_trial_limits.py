"""A trial looks up now and then: at its limits, and whether to keep where it stands."""

import pytest

from search.jobs.messages import Limits
from search.jobs.trial_limits import KEEP, LOOK, LimitWatch


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def pace(clock: Clock, seconds: float | None = None) -> LimitWatch:
    return LimitWatch(Limits(seconds), clock, lambda: 0)


def test_short_epochs_are_trained_in_one_go_after_the_first() -> None:
    clock = Clock()
    watched = pace(clock)
    assert watched.next_stop(0, 25) == 1
    clock.now += 0.001
    watched.went(1)
    assert watched.next_stop(1, 25) == 25


def test_long_epochs_are_looked_at_one_by_one() -> None:
    clock = Clock()
    watched = pace(clock)
    clock.now += 2 * LOOK
    watched.went(1)
    assert watched.next_stop(1, 25) == 2
    clock.now += LOOK / 3
    watched.went(1)
    assert watched.next_stop(2, 25) == 5


def test_a_clock_that_stands_still_stops_nothing() -> None:
    watched = pace(Clock())
    watched.went(1)
    assert watched.next_stop(1, 25) == 25


def test_it_says_what_was_exceeded_and_when() -> None:
    clock = Clock()
    watched = pace(clock, seconds=60)
    clock.now = 59.0
    watched.went(3)
    assert watched.exceeded(3) == ""
    clock.now = 61.4
    watched.went(1)
    assert watched.exceeded(4) == "it took longer than trial_seconds=60 (61 s, epoch 4)"
    full = LimitWatch(Limits(memory=2_000_000_000), clock, lambda: 2_500_000_000)
    assert full.exceeded(2) == (
        "its process took more than trial_memory=2,000 MB (2,500 MB, epoch 2)"
    )


def test_inside_an_epoch_it_has_some_grace() -> None:
    clock = Clock()
    watched = pace(clock, seconds=4)
    clock.now = 8.9
    assert watched.overrun() == ""
    clock.now = 9.2
    assert watched.overrun() == "it took longer than trial_seconds=4 (9 s, before epoch 1)"
    watched.begin()
    watched.next_stop(0, 25)
    clock.now += 9.1
    assert watched.overrun() == "it took longer than trial_seconds=4 (9 s, in epoch 1)"
    watched.went(10)
    watched.next_stop(10, 25)
    assert watched.overrun() == "it took longer than trial_seconds=4 (9 s, in epochs 11 to 15)"


def test_the_grace_of_a_long_limit_is_a_quarter_of_it() -> None:
    clock = Clock()
    watched = pace(clock, seconds=400)
    clock.now = 499.0
    assert watched.overrun() == ""
    clock.now = 501.0
    assert "trial_seconds=400 (501 s" in watched.overrun()


@pytest.mark.parametrize(("used", "ends"), [(2_400_000_000, False), (2_600_000_000, True)])
def test_inside_an_epoch_memory_may_swell_by_a_quarter(used: int, ends: bool) -> None:
    watched = LimitWatch(Limits(memory=2_000_000_000), Clock(), lambda: used)
    watched.next_stop(3, 4)
    expected = "its process took more than trial_memory=2,000 MB (2,600 MB, in epoch 4)"
    assert watched.overrun() == (expected if ends else "")


def test_it_is_kept_every_five_minutes() -> None:
    clock = Clock()
    watched = pace(clock)
    kept = []
    for minute in range(1, 16):
        clock.now = minute * 60.0
        watched.went(1)
        if watched.keep_is_due():
            kept.append(minute)
    assert kept == [5, 10, 15]
    assert KEEP == 300.0


@pytest.mark.parametrize("limits", [Limits(), Limits(seconds=1e6, memory=10**15)])
def test_within_its_limits_a_trial_goes_on(limits: Limits) -> None:
    watched = LimitWatch(limits)
    watched.went(1)
    assert watched.exceeded(1) == watched.overrun() == ""
