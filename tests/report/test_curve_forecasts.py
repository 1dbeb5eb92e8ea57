"""What the page says of forecasts: counted anew from the trials."""

from dataclasses import replace

import pytest

from search import State
from search.report.curve_forecasts import Forecasts
from search.report.material import Material
from search.report.report_data import report_data
from search.store.run import load_run
from search.study.trial import Forecast, Trial
from tests.report.runs_to_show import Pages, Runs, learnt
from tests.report.scenes import GIVEN_UP
from tests.runs import manifest_for, small_study

PLAN = replace(manifest_for(small_study()).plan, epochs=9, finals=(2, 3))


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
    assert found.seconds == pytest.approx(6 * 0.2 + 5 * 0.2)
    assert [(audit.number, audit.held, audit.among_best) for audit in found.audits] == [
        (4, True, False),
        (5, False, True),
        (6, False, False),
    ]
    first, second = found.told(2)
    assert first == (
        "Forecasts of their curves ended 2 trials, after 3.5 epochs in the median, which spared 11 "
        "epochs (17 % of all) or 2.2 seconds of training."
    )
    assert second == (
        "To see how often they are wrong, 3 trials that they had given up went on to the end: 1 "
        "came among the best 2, and the 90 % interval held the value of 1."
    )
    assert found.table("val_accuracy").rows[0] == (
        "4", "3", "0.600", "0.500 to 0.700", "0.800", "0.650",
    )  # fmt: skip


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
    assert "Forecasts that were audited" in page
    assert report_data(Material.of(run))["search"]["forecasts"] == {
        "stopped": 1,
        "epochs": 10 * 9 + 3,
        "epochs_spared": 9 - 3,
        "seconds_spared": pytest.approx(6 * 0.2 / 3),
        "audited": 1,
        "audited_wrong": 1,  # it is the best of all
        "audited_held": 0,
    }
