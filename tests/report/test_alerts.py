"""What a reader must not overlook."""

from dataclasses import replace
from typing import Any

import pytest

from search import Budget, Choice, DenseSpace, Float, Int
from search.metrics.intervals import wilson
from search.report import alerts as checks
from search.report.alerts_of_finals import most_of
from search.report.axis import position
from search.store.manifest import Searched
from search.study.answer import Answer, Finalist, Interval, Measured, Paired, Score, Yardstick
from search.study.study import Study
from search.study.trial import State, Trial
from tests.report.exploring import drawn, explored
from tests.report.runs_to_show import fits
from tests.runs import manifest_for, small_study

MIDDLE: dict[str, Any] = {"layers": 2, "units": 16, "activation": "relu", "learning_rate": 0.003}


def alerts(*of: Any) -> list[str]:
    """What is told of what the checks have found."""
    return [found.text for found in checks.alerts(*of)]


def complete(number: int, value: float = 0.9, **params: Any) -> Trial:
    own = {"learning_rate": 0.003 + number / 1e6}  # no configuration twice
    return Trial(number, State.COMPLETE, {**MIDDLE, **own, **params}, value=value)


def failed(number: int, reason: str) -> Trial:
    return Trial(number, State.FAIL, MIDDLE, reason=reason)


def told(
    trials: list[Trial], answer: Answer | None = None, study: Study | None = None
) -> list[str]:
    """The alerts of a run whose first trial is the best."""
    manifest = manifest_for(study or small_study())
    return alerts(manifest, trials, trials[0], answer)


def answer(search_value: float, accuracy: float, *values: float | None) -> Answer:
    score = Score(200, accuracy, wilson(round(accuracy * 200), 200), 0.1, ((100, 0), (0, 100)))
    found = fits(*values) if values else fits(0.9)
    winner = Finalist(0, MIDDLE, 113, search_value, found, 0.9, tied=False)
    return Answer((winner,), found[0], (score,), score, (), promise=search_value)


def test_what_was_taken_from_another_run_does_not_hide_that_new_trials_fail() -> None:
    taken = [replace(complete(n), taken=f"old trial {n}") for n in range(90)]
    (alert,) = told([*taken[:1], *(failed(n, "no memory") for n in range(90, 93)), *taken[1:]])[:1]
    assert alert.startswith("3 of 3 new trials failed, 3 of them with “no memory”")


def test_a_sound_run_has_no_alert() -> None:
    assert told([complete(0), complete(1, 0.8)], answer(0.9, 0.9)) == []


@pytest.mark.parametrize(
    ("params", "words"),
    [
        (
            {"learning_rate": 0.098},
            "The best learning_rate (0.098) is at the upper end of its range (0.0001…0.1). Try a ",
        ),
        ({"learning_rate": 1.1e-4}, "The best learning_rate (0.00011) is at the lower end of its"),
        ({"layers": 3}, "The best layers (3) is at the upper end of its range (1…3). Try a wider"),
        ({"layers": 1}, "The best layers (1) is at the lower end of its range (1…3). Try a wider"),
        ({"units": 62}, "The best units (62) is at the upper end of its range (4…64). Try a wider"),
    ],
)
def test_a_value_at_the_edge_of_its_range_is_named(params: dict[str, Any], words: str) -> None:
    (alert,) = told([complete(0, **params)])
    assert alert.startswith(words)


def test_the_middle_of_few_whole_numbers_is_no_edge() -> None:
    few = small_study(space=DenseSpace(layers=Int(0, 8), activation=Choice("relu", "tanh")))
    assert told([complete(0, layers=7)], study=few) == []
    assert len(told([complete(0, layers=8)], study=few)) == 1


def test_an_edge_of_a_conditional_space_is_that_of_what_it_was_asked() -> None:
    def suggest(trial: Any) -> None: ...

    def build(**values: Any) -> None: ...

    found = explored(drawn(12))
    best = replace(found.best_first[0], params={"rate": 0.0999, "kind": "flat"})
    manifest = manifest_for(small_study(space=suggest, model=build))
    (alert,) = alerts(manifest, found.trials, best, None, found)
    assert alert.startswith("The best rate (0.0999) is at the upper end of its range (0.0001…0.1).")
    assert alerts(manifest, found.trials, best, None) == []


def test_what_is_held_or_chosen_has_no_edge() -> None:
    space = DenseSpace(layers=Choice(1, 2), learning_rate=0.1, batch_norm=Choice(True, False))
    assert told([complete(0, layers=2, batch_norm=True)], study=small_study(space=space)) == []


@pytest.mark.parametrize(
    ("units", "words"),
    [
        (64, "The best units (64) is the largest of its 3 options (8…64). Try larger ones too."),
        (8, "The best units (8) is the smallest of its 3 options (8…64). Try smaller ones too."),
        (16, ""),
    ],
)
def test_the_largest_or_smallest_of_options_that_are_numbers_is_an_edge(
    units: int, words: str
) -> None:
    study = small_study(space=DenseSpace(units=Choice(16, 64, 8), dropout=Choice(0.0, 0.2, 0.4)))
    assert told([complete(0, units=units, dropout=0.0)], study=study) == [words][: bool(words)]


@pytest.mark.parametrize(
    ("value", "searched", "place"),
    [
        (0.01, Float(1e-4, 1.0, log=True), 0.5),
        (0.25, Float(0.0, 1.0), 0.25),
        (4, Int(4, 64), 0.0),
        (16, Int(4, 64, log=True), 0.5),
    ],
)
def test_a_place_in_a_range_is_by_ratio_where_it_is_drawn_so(
    value: float, searched: Int | Float, place: float
) -> None:
    assert position(value, Searched.of(searched)) == pytest.approx(place)


def test_many_failures_are_named_with_their_commonest_reason() -> None:
    trials = [complete(n) for n in range(3)]
    trials += [failed(3, "rare"), failed(4, "common"), failed(5, "common")]
    assert told(trials)[0].startswith("3 of 6 trials failed, 2 of them with “common”: ")


def test_a_fifth_of_failures_is_no_alert() -> None:
    assert told([*(complete(n, 0.5 + n / 10) for n in range(4)), failed(4, "rare")]) == []


def test_a_run_of_failures_alone_is_an_alert() -> None:
    manifest = manifest_for(small_study())
    (alert,) = alerts(manifest, [failed(0, "common")], None, None)
    assert alert.startswith("1 of 1 trials failed")


def test_many_equals_on_validation_are_named_with_the_rows_that_cannot_part_them() -> None:
    trials = [*(complete(n, 1.0) for n in range(4)), complete(4, 0.9)]
    assert told(trials) == [
        "4 of 5 trials reach 1.000 on validation: 40 rows cannot tell them apart; loss and fresh "
        "seeds decide among them."
    ]
    assert told(trials[1:]) == []
    assert told([trials[-1], *trials[:-1]]) == told(trials)  # whichever the finals chose


def test_equal_losses_are_no_tie_of_rows() -> None:
    by_loss = small_study(objective="val_loss")
    assert told([complete(n, 0.1) for n in range(9)], study=by_loss) == []


def test_a_search_that_promised_more_than_held_out_gave_is_named() -> None:
    (alert,) = told([complete(0)], answer(1.0, 0.85))
    assert alert.startswith(
        "The search saw accuracy 1.000 on validation, but held-out data gave 0.850: "
    )
    # 40 rows validate and 40 are held out: a standard error of 0.035 for the difference.
    assert told([complete(0)], answer(0.95, 0.85)) == []


@pytest.mark.parametrize(
    ("goal", "promise", "words"),
    [
        (
            Measured("ROC AUC", 0.74, Interval(0.7, 0.78)),
            0.83,
            "ROC AUC 0.830 on validation, but held-out data gave 0",
        ),
        (
            Measured("R²", 0.351, Interval(0.2, 0.5)),
            0.703,
            "R² 0.70 on validation, but held-out data gave 0.35: ",
        ),
        (Measured("MAE", 9.0, Interval(8.0, 10.0), maximize=False, share=False), 6.5, "MAE 6.5 "),
        (Measured("MAE", 9.0, Interval(8.0, 10.0), maximize=False, share=False), 12.0, ""),
        (Measured("f2", 0.7, None), 0.9, ""),
    ],
)
def test_a_promise_is_weighed_in_the_objective(goal: Measured, promise: float, words: str) -> None:
    plain = answer(promise, 0.9)
    found = told([complete(0)], replace(plain, headline=replace(plain.headline, goal=goal)))
    assert [a for a in found if "The search saw" in a] == found
    assert len(found) == bool(words)
    assert all(f"The search saw {words}" in alert for alert in found)


@pytest.mark.parametrize("measure", ["R²", "micro F1"])
def test_a_promise_of_numbers_and_labels_is_weighed_too(measure: str) -> None:
    """Where the objective is what stands beside it for other objectives."""
    plain = answer(0.703, 0.351)
    score = replace(plain.headline, measure=measure, matrix=(), interval=Interval(0.2, 0.5))
    (alert,) = told([complete(0)], replace(plain, headline=score))
    assert alert.startswith(
        f"The search saw {measure} 0.70 on validation, but held-out data gave 0.35: "
    )
    assert told([complete(0)], replace(plain, headline=score, promise=0.6)) == []


@pytest.mark.parametrize(
    ("parts", "objective", "words"),
    [
        ((0.026, 0.974), "val_loss", "trials are compared by val_loss, so almost only by cold"),
        (
            (0.026, 0.974),
            "val_r2",
            "the objective val_r2 weights all targets equally, but the",
        ),
        ((0.026, 0.974), "val_mae", "training gains almost nothing from them"),
        ((0.4, 0.6), "val_loss", ""),
        ((), "val_loss", ""),
    ],
)
def test_a_target_that_makes_nearly_all_of_the_loss_is_named(
    parts: tuple[float, ...], objective: str, words: str
) -> None:
    plain = manifest_for(small_study())
    data, plan = replace(plain.data, targets=("heat", "cold")), plain.plan
    manifest = replace(plain, data=data, plan=replace(plan, objective=objective))
    found = alerts(
        manifest, [complete(0)], complete(0), replace(answer(0.9, 0.9), loss_parts=parts)
    )
    assert len(found) == bool(words)
    for alert in found:
        assert alert.startswith("97 % of the loss comes from cold, whose values vary most ")
        assert f": heat hardly counts, and {words}" in alert


def test_all_of_a_loss_is_never_said_of_a_part() -> None:
    assert [most_of(part) for part in (0.8, 0.974, 0.9999, 0.99999)] == [
        "80 %", "97 %", "99.9 %", "99.9 %"
    ]  # fmt: skip


def test_a_finalist_that_failed_on_a_seed_is_named_with_its_reason() -> None:
    (alert,) = told([complete(0)], answer(0.9, 0.9, 0.9, None, None))
    assert alert.startswith(
        "2 trainings of the finals failed (trial 0: “loss became NaN in epoch 2”). "
    )


def test_finalists_of_changed_data_are_said_to_be_chosen_by_values_on_other_rows() -> None:
    manifest = replace(manifest_for(small_study()), data_changed=True)
    (without,) = alerts(manifest, [complete(0)], complete(0), None)
    (with_finals,) = alerts(manifest, [complete(0)], complete(0), answer(0.9, 0.9))
    assert without.endswith("so they are not fully comparable.")
    assert with_finals == (
        f"{without} The finalists were chosen by these values, and retrained and scored on the "
        "rows of the last session alone."
    )


def test_the_gravest_comes_first() -> None:
    trials = [*(complete(n, 1.0, layers=3) for n in range(5)), *(failed(n, "x") for n in (5, 6))]
    lost = answer(1.0, 0.85, 0.9, None)
    starts = ["2 of 7 trials failed", "The search saw", "1 training of", "The best l", "5 of"]
    found = told(trials, replace(lost, look=2))
    assert [a.startswith(s) for a, s in zip(found, starts, strict=True)] == [True] * 5


def in_a_row(values: list[float], **more: Any) -> list[str]:
    """The alerts of a search whose trials have these values, in this order."""
    trials = [complete(n, value) for n, value in enumerate(values)]
    return but_ties(alerts(manifest_for(small_study(**more)), trials, None, None))


def but_ties(found: list[str]) -> list[str]:
    return [text for text in found if "cannot tell them apart" not in text]


STILL = (
    "The search was still improving at its end: its last 5 completed trials improved the best "
    "value from "
)
LEVEL = [0.5, 0.52, 0.54, 0.56, 0.6] * 4


@pytest.mark.parametrize(
    ("last", "words"),
    [
        (
            [0.5, 0.5, 0.9, 0.5, 0.8],
            [f"{STILL}0.600 to 0.900. Continue with search resume small "],
        ),
        ([0.5, 0.5, 0.6, 0.5, 0.5], []),  # no better than before
        ([0.5, 0.5, 0.61, 0.5, 0.5], []),  # by less than 40 validation rows can tell
    ],
)
def test_a_search_that_rose_in_its_last_fifth_should_go_on(
    last: list[float], words: list[str]
) -> None:
    found = in_a_row([*LEVEL, *last])
    assert len(found) == len(words)
    assert [a.startswith(w) for a, w in zip(found, words, strict=True)] == [True] * len(words)


def test_a_search_of_few_trials_or_one_that_has_not_ended_is_not_told_to_go_on() -> None:
    rising = [0.5 + n / 50 for n in range(19)]
    assert in_a_row(rising) == []
    assert in_a_row([*rising, 0.9])[0].startswith("The search was still improving")
    assert in_a_row([*rising, 0.9], budget=Budget(trials=21, epochs=9)) == []


@pytest.mark.parametrize(("end", "count"), [(1e-6, 1), (0.9e-3, 0)])
def test_losses_far_apart_improve_by_ratio(end: float, count: int) -> None:
    losses = [1.0, 0.1, 0.01, 0.001] * 5
    assert len(in_a_row([*losses, 0.1, 0.1, end, 0.1, 0.1], objective="val_loss")) == count


def grown(to: float, epochs: int = 20, pace: float = 1.0) -> list[float]:
    """An accuracy from 0.5 on; the larger the pace, the sooner it is level."""
    return [0.5 + (to - 0.5) * min(1.0, pace * epoch / epochs) for epoch in range(1, epochs + 1)]


def trained(curves: list[list[float]], epochs: int = 20, patience: int | None = None) -> list[str]:
    """The alerts of a search of such curves."""
    manifest = manifest_for(small_study(budget=Budget(trials=6, epochs=epochs)))
    manifest = replace(manifest, plan=replace(manifest.plan, patience=patience))
    trials = [
        replace(complete(n, max(curve)), curve={"val_accuracy": curve, "val_loss": curve})
        for n, curve in enumerate(curves)
    ]
    return but_ties(alerts(manifest, trials, None, None))


def test_curves_that_rise_to_their_last_epoch_want_more_epochs() -> None:
    (alert,) = trained([grown(0.9 + n / 100) for n in range(5)])
    assert alert.startswith("5 of the 5 best trials that ran all 20 epochs were still improving: ")
    assert alert.endswith("Try more, for example Budget(epochs=40).")


@pytest.mark.parametrize(
    "curves",
    [
        [grown(0.9 + n / 100, pace=2.0) for n in range(5)],  # level for half of their epochs
        [grown(0.9)] * 2 + [grown(0.9, pace=2.0)] * 3,  # most are level
        [grown(0.9)] * 4,  # too few to say
        [grown(0.51 + n / 1000) for n in range(5)],  # by less than 40 rows can tell
    ],
)
def test_curves_that_are_level_few_or_hardly_rise_want_nothing(curves: list[list[float]]) -> None:
    assert not [a for a in trained(curves) if "still improving" in a]


def test_few_epochs_are_not_weighed_by_their_last_one() -> None:
    assert not [a for a in trained([grown(0.9 + n / 100, 9) for n in range(5)], 9) if "still" in a]


def test_trainings_that_patience_ended_while_they_rose_want_more_of_it() -> None:
    wavy = [0.5, 0.6, 0.62, 0.6, 0.85, 0.84, 0.84, 0.83]  # the last three beat the three before
    alert, *_ = trained([[v + n / 100 for v in wavy] for n in range(5)], patience=3)
    assert alert.startswith("5 of the 5 best trials that were stopped early were still improving")
    assert alert.endswith("Try more patience, for example Budget(patience=6).")
    level = [0.5, 0.7, 0.83, 0.84, 0.85, 0.84, 0.84, 0.83]
    found = trained([[v + n / 100 for v in level] for n in range(5)], patience=3)
    assert not [alert for alert in found if "still improving" in alert]


def test_a_short_patience_that_ended_most_trials_early_is_said() -> None:
    early, late = [0.5, 0.6, 0.7, 0.7, 0.7], [0.7] * 19
    (alert,) = trained([early] * 4 + [late], patience=3)
    assert alert.startswith(
        "Patience stopped 5 of 5 trials early, half of them by epoch 5 of 20: neither val_accuracy "
        "nor val_loss improved for 3 epochs."
    )
    assert alert.endswith("Try more patience, for example Budget(epochs=20, patience=10).")
    assert trained([early] * 4 + [late], patience=10) == []  # long enough
    assert trained([early] * 2 + [late] * 3, patience=3) == []  # in the median late
    assert trained([early] * 2 + [[0.7] * 20] * 3, patience=3) == []  # most had all epochs
    assert trained([early] * 4, patience=3) == []  # too few to say


def test_best_trials_that_the_last_epoch_finds_past_their_best_want_patience() -> None:
    peaked = [*grown(0.95, 10), *[0.95, 0.94, 0.9, 0.85, 0.8, 0.75, 0.75, 0.7, 0.7, 0.7]]
    (alert,) = trained([peaked] * 5)
    assert alert.startswith("5 of the 5 best trials got worse before their end: val_accuracy ")
    assert alert.endswith("To use the best epoch, set Budget(epochs=20, patience=10).")
    assert trained([peaked] * 5, patience=15) == []
    assert trained([grown(0.9, pace=2.0)] * 5) == []
    assert trained([peaked] * 2 + [grown(0.9, pace=2.0)] * 3) == []


def test_what_rises_again_below_its_best_is_not_said_to_want_more_epochs_as_well() -> None:
    fallen = [0.6, 0.8, *[0.95] * 8, *[0.6] * 6, 0.7, 0.75, 0.75, 0.75]
    (alert,) = trained([fallen] * 5)
    assert alert.startswith("5 of the 5 best trials got worse before their end: val_accuracy ")


@pytest.mark.parametrize(("again", "count"), [(3, 1), (2, 0)])
def test_configurations_that_were_tried_again_are_counted(again: int, count: int) -> None:
    trials = [complete(n, 0.5 + n / 100) for n in range(10)]
    trials += [replace(trials[n % 2], number=10 + n) for n in range(again)]
    found = told(trials)
    assert len(found) == count
    for alert in found:
        assert alert.startswith(
            "3 of 13 trials repeated a configuration that was tried before, one of them 3 times"
        )


def test_what_failed_twice_is_no_repetition() -> None:
    trials = [complete(n, 0.9 - n / 100) for n in range(40)]
    assert told([*trials, *(failed(n, "no memory") for n in range(40, 45))]) == []


def test_a_parameter_that_never_mattered_can_be_held() -> None:
    found = explored(drawn(80))
    manifest = manifest_for(small_study())
    said = alerts(manifest, found.trials, None, None, found)
    assert sorted(alert.split(": ")[0] for alert in said) == [
        "kind has no visible effect by itself",
        "units has no visible effect by itself",
    ]


def test_a_parameter_of_which_the_best_want_one_end_is_not_called_idle() -> None:
    found = explored(drawn(80))
    best = {trial.number for trial in found.best_tenth}
    trials = [
        replace(t, params={**t.params, "units": 30, "kind": "flat"}) if t.number in best else t
        for t in drawn(80)
    ]
    assert alerts(manifest_for(small_study()), trials, None, None, explored(trials)) == []


def of_finals(*values: tuple[float, ...], **more: Any) -> list[str]:
    """The alerts of finals with these values, a finalist each."""
    finalists = tuple(
        Finalist(n, MIDDLE, 113, 0.9, fits(*of_one), 0.9, tied=True)
        for n, of_one in enumerate(values)
    )
    study = small_study(**more)
    return alerts(
        manifest_for(study), [complete(0)], None, replace(answer(0.9, 0.9), finalists=finalists)
    )


def test_seeds_that_lie_further_apart_than_finalists_want_more_of_them() -> None:
    (alert,) = of_finals((0.7, 0.9, 0.8), (0.72, 0.9, 0.81), (0.7, 0.88, 0.8))
    assert alert.startswith(
        "Seeds of one configuration vary more (standard deviation 0.0902) than the "
        "finalists' means (0.00839): "
    )
    assert alert.endswith("Use more, for example Finals(seeds=10).")


@pytest.mark.parametrize(
    "values",
    [
        ((0.9, 0.91, 0.9), (0.7, 0.71, 0.7)),  # finalists differ more
        ((0.9, 0.91, 0.92), (0.9, 0.92, 0.91)),  # by less than 40 rows can tell
        ((1.0, 1.0), (1.0, 1.0), (1.0, 0.5)),  # one of three that failed to learn once
        ((0.7, 0.9, 0.8),),  # nobody to compare with
        ((0.7,), (0.9,)),  # one seed each
    ],
)
def test_seeds_that_are_level_alone_or_near_each_other_want_nothing(
    values: tuple[tuple[float, ...], ...],
) -> None:
    assert of_finals(*values) == []


def test_a_split_that_is_hard_for_all_finalists_is_no_luck_of_one() -> None:
    def on_splits(*values: tuple[float, ...]) -> list[str]:
        finalists = tuple(
            Finalist(
                n,
                MIDDLE,
                113,
                0.9,
                tuple(replace(fit, split=i) for i, fit in enumerate(fits(*of_one), start=1)),
                0.8,
                tied=True,
            )
            for n, of_one in enumerate(values)
        )
        manifest = manifest_for(small_study())
        manifest = replace(manifest, plan=replace(manifest.plan, splits=3))
        told = replace(answer(0.9, 0.9), finalists=finalists)
        return alerts(manifest, [complete(0)], None, told)

    assert on_splits((0.7, 0.9, 0.8), (0.72, 0.9, 0.81), (0.7, 0.88, 0.8)) == []
    (alert,) = on_splits((0.6, 1.0, 0.8), (1.0, 0.6, 0.82))
    assert alert.startswith("Fits of one configuration vary more")
    assert alert.endswith("Use more, for example Finals(splits=6).")


def test_a_loss_has_to_differ_by_a_tenth_from_seed_to_seed() -> None:
    by_loss = small_study(objective="val_loss").objective
    assert len(of_finals((1.0, 1.4), (1.05, 1.35), objective=by_loss)) == 1
    assert of_finals((1.0, 1.02), (1.01, 1.01), objective=by_loss) == []


def scored(right: int, constant: int, matrix: tuple[tuple[int, ...], ...] = ()) -> Answer:
    """A winner and a constant with so many of 200 rows right."""

    def of(rows: int) -> Score:
        return Score(200, rows / 200, wilson(rows, 200), 0.1, matrix)

    plain = answer(0.5, 0.9)
    return replace(plain, headline=of(right), yardsticks=(Yardstick("constant", of(constant)),))


def skewed(of: Answer) -> list[str]:
    """The alerts where nine tenths of the held-out rows are of one class."""
    plain = manifest_for(small_study())
    data = replace(plain.data, rows={**plain.data.rows, "held_out": (180, 20)})
    return alerts(replace(plain, data=data), [complete(0)], None, of)


def test_rows_of_groups_are_too_few_by_their_groups() -> None:
    ahead = scored(190, 186)
    lead = Paired(0.02, Interval(-0.004, 0.044), "level", 43.4, "group")
    of = replace(
        ahead,
        headline=replace(ahead.headline, groups=18),
        yardsticks=(replace(ahead.yardsticks[0], against=lead),),
    )
    (alert,) = told([complete(0)], of)
    assert alert == (
        "200 held-out rows of 18 groups are too few to prove that the winner beats the constant: "
        "it is ahead by 0.020 (95 %: -0.004 to 0.044, paired by group). If that is its true lead, "
        "about 44 held-out groups would show it in 4 of 5 such tests."
    )


def test_an_accuracy_that_one_class_makes_high_is_called_misleading() -> None:
    alert = skewed(scored(184, 180, ((179, 1), (15, 5))))[0]
    assert alert.startswith(
        "90 % of the held-out rows are outer, so always predicting it gets 0.900: accuracy 0.920 "
        "is misleading. 5 of 20 rows of inner are found. Use objective="
    )
    plain = scored(184, 180, ((179, 1), (15, 5)))
    goal = Measured("ROC AUC", 0.7, Interval(0.6, 0.8))
    by_area = replace(plain, headline=replace(plain.headline, goal=goal))
    assert skewed(by_area)[0].endswith("is misleading. 5 of 20 rows of inner are found.")


@pytest.mark.parametrize(
    "of",
    [
        scored(191, 180, ((179, 1), (8, 12))),  # it avoids more than half of the constant's errors
        scored(150, 140, ((100, 40), (10, 50))),  # no class dominates
        scored(184, 180),  # an accuracy of labels: no class
    ],
)
def test_an_accuracy_that_sees_the_rare_class_is_none(of: Answer) -> None:
    assert not [alert for alert in skewed(of) if "misleading" in alert]


@pytest.mark.parametrize(
    ("lead", "told_as", "words"),
    [
        (
            Paired(0.02, Interval(-0.004, 0.044), "level", 287.4),
            "level",
            "200 held-out rows are too few to prove that the winner beats the constant: it is "
            "ahead by 0.020 (95 %: -0.004 to 0.044, paired by row). If that is its true lead, "
            "about 290 held-out rows would show it in 4 of 5 such tests.",
        ),
        (Paired(0.02, Interval(-0.3, 0.34), "level", 51_200.0), "level", "treat it as a tie."),
        (Paired(0.02, Interval(0.01, 0.03), "ahead", 50.0), "ahead", ""),
        (Paired(-0.02, Interval(-0.04, 0.01), "level", 287.4), "level", ""),
    ],
)
def test_held_out_rows_too_few_for_the_lead_are_told_with_how_many_would_do(
    lead: Paired, told_as: str, words: str
) -> None:
    ahead = scored(190, 186)
    found = told(
        [complete(0)],
        replace(ahead, yardsticks=(replace(ahead.yardsticks[0], against=lead),)),
    )
    assert lead.told == told_as
    assert [alert for alert in found if alert.endswith(words)] == found
    assert len(found) == bool(words)
