"""What the page says of forecasts: counted anew from the trials."""

from dataclasses import replace

import pytest

from search import State
from search.report.curve_forecasts import Forecasts, Pauses
from search.report.material import Material
from search.report.report_data import report_data
from search.store.run import load_run
from search.study.trial import Forecast, Pause, Trial
from tests.report.runs_to_show import Pages, Runs, learnt
from tests.report.scenes import GIVEN_UP
from tests.runs import manifest_for, small_study

MANIFEST = manifest_for(small_study())
PLAN = replace(MANIFEST.plan, epochs=9, finals=(2, 3))


def complete(number: int, value: float, by: Forecast | None = None, epochs: int = 9) -> Trial:
    curve = learnt(value, epochs)
    return Trial(number, State.COMPLETE, {}, value, curve=curve, forecast=by, seconds=0.9)


def stopped(number: int, epochs: int, seconds: float) -> Trial:
    curve = learnt(0.55, epochs)
    return Trial(number, State.PRUNED, {}, 0.55, curve=curve, forecast=GIVEN_UP, seconds=seconds)


AUDITED = replace(GIVEN_UP, audited=True)
TRIALS = (
    complete(0, 0.9),
    complete(1, 0.7),
    stopped(2, 3, 0.6),
    stopped(3, 4, 0.8),
    complete(4, 0.65, AUDITED),
    complete(5, 0.85, AUDITED),
    complete(6, 0.45, AUDITED),
    Trial(7, State.FAIL, {}, None, forecast=AUDITED),
)


def test_what_was_spared_and_how_often_it_was_wrong_is_counted() -> None:
    found = Forecasts.of(TRIALS, PLAN)
    assert found is not None
    assert (found.stopped, found.after, found.epochs) == (2, 3.5, 5 * 9 + 7)
    assert found.spared == 6 + 5
    # At the pace of the others: of few epochs, what a trial takes to begin weighs too much.
    assert found.seconds == pytest.approx((6 + 5) * 0.1)
    assert [(audit.number, audit.held, audit.among_best) for audit in found.audits] == [
        (4, True, False),
        (5, False, True),
        (6, False, False),
    ]
    first, second = found.told(2)
    assert first == (
        "Forecasts of their curves ended 2 trials, after 3.5 epochs in the median, which spared 11 "
        "epochs (17 % of all) or 1.1 seconds of training."
    )
    assert second == (
        "To see how often they are wrong, 3 trials that they had given up went on to the end: 1 "
        "came among the best 2, and the 90 % interval held the value of 1. What it took at the "
        "time was reached by 1; their chances add up to 0.1."
    )
    assert found.table(MANIFEST).rows[0] == (
        "4", "3", "0.600", "0.500 to 0.700", "0.800", "0.650",
    )  # fmt: skip
    of_numbers = replace(MANIFEST, data=replace(MANIFEST.data, standardised=True))
    assert "on targets standardised" in found.table(of_numbers).caption


PAUSE = Pause(3, 0.55, 0.02, seconds=0.4, bytes=21_000)
WENT_ON = replace(PAUSE, asked=4, turn=1)


def test_what_became_of_the_paused_is_counted() -> None:
    trials = (
        complete(0, 0.9),
        replace(complete(1, 0.95, GIVEN_UP), pauses=(WENT_ON,)),
        replace(complete(2, 0.3, GIVEN_UP), pauses=(WENT_ON, replace(WENT_ON, epoch=4, turn=3))),
        complete(3, 0.8),
        replace(stopped(4, 3, 0.6), pauses=(PAUSE,)),
        replace(stopped(5, 4, 0.2), pauses=(WENT_ON, replace(PAUSE, epoch=4, bytes=2_500_000))),
        # Given up once, it went on, and `search finish` ended it.
        replace(stopped(6, 6, 0.3), pauses=(replace(WENT_ON, turn=4),)),
        replace(stopped(7, 3, 0.6), state=State.PAUSED, pauses=(PAUSE,)),
        replace(stopped(8, 3, 0.6), state=State.PAUSED, pauses=(replace(PAUSE, bytes=9_000),)),
    )
    found = Forecasts.of(trials, replace(PLAN, resume_paused=True))
    assert found is not None
    assert found.pauses == Pauses(
        trials=7, went_on=4, completed=2, among_best=1, now=2, bytes=30_000, largest=2_500_000
    )
    assert (found.stopped, found.audits) == (2, ())
    # The middle one of those at their end had 0.2 s before its pause.
    assert found.seconds == pytest.approx((6 + 5) * (0.9 + 0.2) / 9)
    _, said = found.told(2)
    assert said == (
        "7 trials that they gave up were paused first; 4 went on when a later forecast had hope "
        "again: 2 to the end, of which 1 came among the best 2. A trial's state took up to 2.5 MB. "
        "2 are paused now, which takes 30 kB of the run folder until the search ends."
    )


def test_what_was_taken_from_another_run_counts_among_the_best_alone() -> None:
    other = [replace(trial, taken=f"other trial {trial.number}") for trial in TRIALS[:6]]
    own = [complete(6, 0.8, AUDITED), complete(7, 0.95), stopped(8, 4, 0.8)]
    found = Forecasts.of([*other, *own], PLAN)
    assert found is not None
    assert (found.stopped, found.epochs, found.spared) == (1, 9 + 9 + 4, 5)
    assert [(audit.number, audit.among_best) for audit in found.audits] == [(6, False)]


def test_where_none_went_on_or_could_be_paused_that_is_said() -> None:
    waited = replace(stopped(2, 3, 0.6), pauses=(PAUSE,))
    plan = replace(PLAN, resume_paused=True)
    found = Forecasts.of((*TRIALS[:2], waited), plan)
    assert found is not None
    assert found.told(2)[1] == (
        "1 trial that they gave up was paused first; it did not go on, since no later forecast had "
        "hope again. A trial's state took up to 21 kB."
    )
    in_vain = replace(waited, pauses=(replace(WENT_ON, turn=4),))
    found = Forecasts.of((*TRIALS[:2], in_vain), plan)
    assert found is not None
    assert found.told(2)[-1].startswith(
        "1 trial that they gave up was paused first; 1 went on when a later forecast had hope "
        "again: none to the end. A trial's state"
    )
    found = Forecasts.of(TRIALS[:4], plan)
    assert found is not None
    assert found.told(2)[1].startswith("None of them was paused, since these models cannot be left")
    found = Forecasts.of(TRIALS[:4], PLAN)
    assert found is not None
    assert len(found.told(2)) == 1


def test_with_patience_a_trial_would_have_had_as_many_epochs_as_others() -> None:
    trials = (complete(0, 0.9, epochs=5), complete(1, 0.8, epochs=7), stopped(2, 3, 0.6))
    found = Forecasts.of(trials, replace(PLAN, patience=3))
    assert found is not None
    assert found.spared == 3


def test_a_search_without_forecasts_says_nothing_of_them(runs: Runs, pages: Pages) -> None:
    assert Forecasts.of(TRIALS[:2], PLAN) is None
    run = load_run(runs("binary"))
    assert report_data(Material.of(run))["search"]["forecasts"] is None
    assert "Forecasts of their curves" not in pages("binary").read_text(encoding="utf-8")


def test_the_page_tells_forecasts_of_a_run(runs: Runs, pages: Pages) -> None:
    run = load_run(runs("against_baselines"))
    assert run.trials()[9].forecast == replace(GIVEN_UP, audited=True)
    page = pages("against_baselines").read_text(encoding="utf-8")
    assert "Forecasts of their curves ended 1 trial, after 3 epochs in the median" in page
    assert "that were audited" in page
    assert report_data(Material.of(run))["search"]["forecasts"] == {
        "paused": {
            "trials": 2,
            "went_on": 2,
            "completed": 1,
            "among_best": 1,
            "now": 0,
            "bytes": 0,
            "largest": 21_000,
        },
        "stopped": 1,
        "epochs": 10 * 9 + 3,
        "epochs_spared": 9 - 3,
        "seconds_spared": pytest.approx(6 * 0.5 / 9),
        "audited": 1,
        "audited_wrong": 1,  # it is the best of all
        "audited_held": 0,
    }
