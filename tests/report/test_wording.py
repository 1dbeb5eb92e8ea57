"""The verdict in words: which model, how good, how sure, and against what."""

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from search.metrics.base import PairedScores
from search.metrics.intervals import Draws, wilson
from search.metrics.measures import plain_measure
from search.report.finals_before import finals_before
from search.report.tables import finalists, reference_models
from search.report.wording import (
    _ties,
    described,
    positive_class,
    share,
    shown_fit,
    told_apart,
    tried_on,
    verdict_lines,
)
from search.store.manifest import Look
from search.study.answer import (
    Answer,
    BaselineResult,
    Finalist,
    Fit,
    Interval,
    Measured,
    Paired,
    Score,
    Yardstick,
)
from search.study.output_forms import OutputForm
from search.study.parameters import Choice, Int, Value
from search.study.text_space import TextSpace
from tests.report.runs_to_show import fits
from tests.runs import manifest_for, small_study

PARAMS: dict[str, Value] = {"layers": 2, "units": 8, "activation": "tanh", "learning_rate": 0.01}


def right(rows: int) -> Score:
    """A score of so many right of 200 rows."""
    half = (rows // 2, 100 - rows // 2)
    return Score(200, rows / 200, wilson(rows, 200), 0.1, (half, half[::-1]))


def by_rows(count: int) -> PairedScores:
    """Of a model that has the first so many of 200 rows right."""
    right = np.arange(200) < count
    measure = plain_measure("binary")
    said = np.column_stack([right, ~right]).astype(float)
    return PairedScores(said, measure.estimate(said, np.zeros(200, int), Draws.of(200)))


def beside(rows: int, other: int) -> Paired | None:
    return plain_measure("binary").paired(np.zeros(200, int), by_rows(rows), by_rows(other))


def finalist(number: int, *, tied: bool = False) -> Finalist:
    return Finalist(number, PARAMS, 113, 0.99, fits(0.9, 0.9), 0.9, tied)


def baseline(name: str, *scores: int, winner: int = 190) -> BaselineResult:
    found = tuple(right(rows) for rows in scores)
    against = beside(winner, sorted(scores)[(len(scores) - 1) // 2]) if scores else None
    return BaselineResult(name, "", {}, 25, 10, fits(0.9), found, against=against)


def answer(
    rows: int = 190, ties: tuple[bool, ...] = (), linear: int = 100, constant: int = 100
) -> Answer:
    others = (finalist(n, tied=tied) for n, tied in enumerate(ties, start=1))
    yardsticks = (
        Yardstick("constant", right(constant), beside(rows, constant)),
        Yardstick("linear model", right(linear), beside(rows, linear)),
    )
    return Answer((finalist(0), *others), fits(0.9)[0], (right(rows),), right(rows), yardsticks)


def said(of: Answer) -> list[str]:
    return verdict_lines(manifest_for(small_study()), of)


def test_the_winner_comes_first_with_its_score_interval_and_rows() -> None:
    assert said(answer(199))[0] == (
        "A network of 2 tanh layers of 8 units (113 parameters) wins: held-out accuracy "
        "0.995 (95 %: 0.972–0.999, 200 rows)."
    )


def test_a_linear_model_that_is_level_comes_second_and_nothing_wins() -> None:
    first, second, third, *_ = said(answer(190, linear=190))
    assert first.startswith("The search's best model is a network of 2 tanh layers")
    assert second == "The linear model ties with it (both accuracy 0.950 on 200 held-out rows)."
    assert third == "It beats the constant (0.500)."


def test_a_linear_model_above_by_a_point_and_inside_the_noise_is_called_just_that() -> None:
    first, second, *_ = said(answer(190, linear=194))
    assert "wins" not in first
    assert second.startswith(
        "The linear model ties with it: accuracy 0.970 against 0.950, better by 0.020 (95 %: "
    )
    assert "paired by row). These " in second
    assert second.endswith("These 200 held-out rows cannot show which of the two is better.")


def test_a_linear_model_better_by_more_than_noise_leads() -> None:
    first, second, *_ = said(answer(150, linear=190))
    assert first.startswith(
        "The linear model beats the search's best model on held-out data: accuracy 0.950, better "
        "by 0.200 (95 %: 0.1"
    )
    assert second.startswith("The search's best model is ")


def test_of_several_plain_models_the_best_is_named() -> None:
    both = said(answer(150, linear=190, constant=170))[0]
    assert both.startswith("The linear model beats")


def test_three_rows_alone_are_no_better_and_six_are() -> None:
    assert said(answer(190, linear=187))[1].startswith(
        "The linear model ties with it: accuracy 0.935 against 0.950, worse by 0.015 (95 %: "
    )
    assert said(answer(190, linear=184))[1].startswith("It beats the constant (0.500) and the ")


def test_what_could_not_be_tested_is_said() -> None:
    plain = answer(190)
    unknown = replace(plain, yardsticks=(Yardstick("constant", right(100)),))
    first, second, *_ = said(unknown)
    assert "wins" not in first
    assert second == "Whether it is better than the constant (0.500) could not be tested by row."


def test_a_reference_without_a_finite_value_is_said_to_have_none() -> None:
    plain = answer(190)
    goal = Measured("loss (poisson, the model's own)", None, None, maximize=False, share=False)
    linear = Yardstick("linear model", replace(right(190), goal=goal))
    told = said(replace(plain, yardsticks=(plain.yardsticks[0], linear)))[1:3]
    assert told == [
        "It beats the constant (0.500).",
        "The linear model has no finite accuracy on these rows.",
    ]


def test_all_is_said_in_the_objective_with_accuracy_beside_it() -> None:
    plain = answer(190)
    goal = Measured("ROC AUC", 0.7431, Interval(0.7, 0.78))
    told = said(replace(plain, headline=replace(plain.headline, goal=goal)))[0]
    assert told.endswith(
        "wins: held-out ROC AUC 0.743 (95 %: 0.700–0.780, 200 rows), accuracy 0.950."
    )
    why = "rows drawn anew do not change it"
    loss = Measured("MAE", 1234.5678, None, maximize=False, share=False, no_interval=why)
    told = said(replace(plain, headline=replace(plain.headline, goal=loss)))[0]
    assert "held-out MAE 1235 (no interval: rows drawn anew do not change it, 200 rows)" in told


def test_accuracy_beside_another_objective_is_told_with_that_of_a_constant_as_good() -> None:
    goal = Measured("ROC AUC", 0.7431, Interval(0.7, 0.78))
    always = Score(200, 0.957, wilson(191, 200), 0.1, ((191, 0), (9, 0)))

    def first(constant: Score) -> str:
        plain = answer(186)
        others = (Yardstick("constant", constant), *plain.yardsticks[1:])
        of = replace(plain, headline=replace(plain.headline, goal=goal), yardsticks=others)
        return said(of)[0]

    name = manifest_for(small_study()).data.classes[0]
    assert first(always).endswith(f"accuracy 0.930; always predicting “{name}” gets 0.957.")
    assert first(replace(always, value=0.9)).endswith("accuracy 0.930.")


@pytest.mark.parametrize("why", ["NotImplementedError: Object Net was created by passing.", "no"])
def test_a_winner_without_a_file_is_told_with_the_mend(why: str) -> None:
    told = said(replace(answer(190), no_model=why))[-1]
    assert told.startswith("There is no model file: Keras could not save the winner (")
    assert ("needs a get_config" in told) == why.startswith("NotImplemented")


def test_seeds_further_apart_than_the_interval_are_said_with_it() -> None:
    plain = answer(190)
    wide = replace(plain, scores=(right(120), right(190), right(198)))
    (told,) = [line for line in said(wide) if "seeds score" in line]
    assert told.startswith("Its 3 seeds score 0.600 to 0.990 on these rows. That range is wider")
    assert not [line for line in said(plain) if "seeds score" in line]


def test_the_lowest_loss_decides_only_among_equal_means() -> None:
    shared = answer(ties=(True, True))
    first, *others = shared.finalists
    worse = tuple(
        replace(other, fits=tuple(replace(fit, loss=9.0) for fit in other.fits)) for other in others
    )
    told = said(replace(shared, finalists=(first, *worse)))[-1]
    assert told.endswith("; it has the lowest loss of those with the same mean.")
    assert "lowest loss" not in said(shared)[-1]  # theirs is the same
    apart = tuple(replace(other, mean=0.89) for other in others)
    assert "lowest loss" not in said(replace(shared, finalists=(first, *apart)))[-1]


def test_the_best_baseline_is_the_one_of_the_best_median() -> None:
    lucky, steady = baseline("lucky", 120, 120, 200), baseline("steady", 160, 160, 160)
    lost = baseline("lost")
    second = said(replace(answer(), baselines=(lucky, lost, steady)))[1]
    assert second == (
        "It beats the constant (0.500), the linear model (0.500) and the best baseline, "
        "steady (0.800)."
    )


def test_a_better_baseline_is_called_better() -> None:
    first, _, second, *_ = said(
        replace(answer(150), baselines=(baseline("by hand", 200, winner=150),))
    )
    assert first.startswith(
        "The baseline by hand beats the search's best model on held-out data: accuracy 1.000"
    )
    assert second == "It beats the constant (0.500) and the linear model (0.500)."


def test_a_baseline_that_is_not_the_best_but_not_beaten_is_named_and_nothing_wins() -> None:
    best, odd = baseline("best", 186, winner=199), baseline("odd", 184, winner=199)
    assert best.against is not None
    level = replace(odd, against=replace(best.against, told="level"))
    first, second, third, *_ = said(replace(answer(199), baselines=(best, level)))
    assert "wins" not in first
    assert second.startswith(
        "The baseline odd ties with it: accuracy 0.920 against 0.995, worse by "
    )
    assert third == (
        "It beats the constant (0.500), the linear model (0.500) and the best baseline, "
        "best (0.930)."
    )


def test_a_baseline_that_failed_on_every_seed_keeps_nobody_from_winning() -> None:
    first = said(replace(answer(199), baselines=(baseline("lost"),)))[0]
    assert " wins: " in first


def test_no_rival_is_told_of_in_two_sentences() -> None:
    several = answer(150, linear=190, constant=185)
    lines = said(replace(several, baselines=(baseline("by hand", 151, winner=150),)))
    assert lines[0].startswith("The linear model beats the search's best model on held-out data")
    assert lines[2] == (
        "It ties with the baseline by hand (0.755) and is also beaten by the constant (0.925)."
    )
    for name in ("linear model", "constant", "by hand"):
        assert sum(name in line for line in lines) == 1, name


@pytest.mark.parametrize("linear", [190, 191, 187, 189])
def test_a_tie_never_wins_and_says_what_is_known(linear: int) -> None:
    lines = said(answer(190, linear=linear))
    assert not [line for line in lines if "wins" in line or "no search" in line]
    assert "ties with it" in lines[1]


def test_a_lower_loss_is_ahead_and_not_below() -> None:
    plain = answer(190)
    goal = Measured("MAE", 9.0, Interval(8.0, 10.0), maximize=False, share=False)
    level = replace(goal, value=8.5)
    linear = Yardstick(
        "linear model",
        replace(right(190), goal=level),
        Paired(-0.5, Interval(-1.2, 0.2), "level", 400.0),
    )
    found = replace(plain, headline=replace(plain.headline, goal=goal), yardsticks=(linear,))
    assert said(found)[1] == (
        "The linear model ties with it: MAE 8.50 against 9.00, better by 0.50 (95 %: -0.20 to "
        "1.20, paired by row). These 200 held-out rows cannot show which of the two is better."
    )


def test_each_of_two_losses_keeps_its_own_digits() -> None:
    """One is known to tens, and the other to hundredths."""
    plain = answer(190)
    goal = Measured("loss", 4.119, Interval(3.593, 4.723), maximize=False, share=False)
    far = replace(goal, value=30.745, interval=Interval(5.949, 158.9))
    paired = Paired(26.63, Interval(-11.1, 64.35), "level", 820.4)
    linear = Yardstick("linear model", replace(right(190), goal=far), paired)
    level = replace(plain, headline=replace(plain.headline, goal=goal), yardsticks=(linear,))
    assert "loss 31 against 4.12, worse by 27 (95 %: -11 to 64" in said(level)[1]

    near = replace(goal, value=0.01234, interval=Interval(0.0121, 0.0125))
    paired = Paired(-4.107, Interval(-4.7, -3.6), "behind", 820.4)
    linear = Yardstick("linear model", replace(right(190), goal=near), paired)
    assert (
        "on held-out data: loss 0.01234, better by 4.11"
        in said(replace(level, yardsticks=(linear,)))[0]
    )


def test_an_objective_that_cannot_be_drawn_anew_is_not_called_a_tie() -> None:
    plain = answer(ties=(True, True))
    untested = tuple(replace(f, tied=None) for f in plain.finalists[1:])
    told = said(replace(plain, finalists=(plain.finalists[0], *untested)))[-1]
    assert told == (
        "On validation it has the best mean. Whether its lead is more than noise cannot be tested "
        "for 2 of 2 other finalists: the objective is not known row by row."
    )


def test_each_of_several_numbers_is_told_in_its_own_unit() -> None:
    plain = answer(190)
    others = {"R² of heat": 0.611, "MAE of heat": 25.25, "R² of cold": 0.983, "MAE of cold": 160.0}
    headline = replace(plain.headline, measure="R²", others=others)
    assert said(replace(plain, headline=headline))[0].endswith(
        "; by target, in its own unit: heat: R² 0.611, MAE 25.25; cold: R² 0.983, MAE 160.0."
    )
    many = {f"R² of y{n}": n / 10 for n in range(9)} | {f"MAE of y{n}": 1.0 for n in range(9)}
    headline = replace(plain.headline, measure="R²", others=many)
    told = said(replace(plain, headline=headline))[0]
    assert told.endswith("; R² of 9 targets from 0.000 (y0) to 0.800 (y8).")


@pytest.mark.parametrize(
    ("ties", "words"),
    [
        ((), "It was the only finalist."),
        ((True,), "The other finalist ties with it on validation."),
        ((False,), "On validation it clearly beats the other finalist."),
        ((False, False), "On validation it clearly beats the 2 other finalists."),
        ((True, False, False), "1 of 3 other finalists ties with it on validation"),
        ((True, True, False), "2 of 3 other finalists tie with it on validation"),
        ((True, True), "Both other finalists tie with it on validation"),
        ((True, True, True), "All 3 other finalists tie with it on validation"),
    ],
)
def test_a_tie_is_called_a_tie(ties: tuple[bool, ...], words: str) -> None:
    assert said(answer(ties=ties))[-1].startswith(words)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1.000"),
        (0.99951, "0.9995"),
        (0.9996, "0.9996"),
        (1 - 1e-13, "1.000"),
        (0.9999997, "0.9999997"),
        (0.9994, "0.999"),
        (0.5, "0.500"),
        (0.0, "0.000"),
    ],
)
def test_no_accuracy_is_rounded_up_to_perfect(value: float, text: str) -> None:
    assert share(value) == text


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"layers": 0, "units": 8}, "a linear network (9 parameters)"),
        (PARAMS, "a network of 2 tanh layers of 8 units (9 parameters)"),
        ({**PARAMS, "layers": 1}, "a network of one tanh layer of 8 units (9 parameters)"),
        ({"layers": 2, "units": 8}, "a network of 2 layers of 8 units (9 parameters)"),
        (
            {"layers": 2, "activation": "relu", "units_1": 16, "units_2": 8},
            "a network of 2 relu layers of 16 and 8 units (9 parameters)",
        ),
        (
            {"kind": "wide", "rate": 0.012345},
            "the model with kind wide, rate 0.0123 (9 parameters)",
        ),
    ],
)
def test_a_configuration_is_told_in_a_few_words(params: dict[str, Value], words: str) -> None:
    plan = replace(manifest_for(small_study()).plan, fixed={})
    assert described(plan, params, 9) == words


def test_finalists_of_the_same_words_are_told_apart_by_what_differs() -> None:
    plan, one = manifest_for(small_study()).plan, answer(190).winner
    others = [
        replace(one, number=1, params={**PARAMS, "learning_rate": rate, "units": units})
        for rate, units in ((0.1, 8), (0.02, 8), (0.1, 9))
    ]
    first, second, third = told_apart(plan, others)
    assert first.endswith("of 8 units (113 parameters), learning_rate 0.1")
    assert second.endswith("of 8 units (113 parameters), learning_rate 0.02")
    assert third.endswith("of 9 units (113 parameters)")
    alike = [replace(others[0], number=number) for number in (3, 4)]
    assert [text[-7:] for text in told_apart(plan, alike)] == ["trial 3", "trial 4"]


def test_each_output_stands_beside_the_whole_with_its_own_measures() -> None:
    forms = [OutputForm(name, "rows", "binary", ("no", "yes")) for name in ("a", "a_b")]
    measures = [
        Measured("loss", 0.23, Interval(0.17, 0.31), maximize=False, share=False),
        Measured("a_loss", 0.137, Interval(0.105, 0.189), maximize=False, share=False),
        Measured("a_accuracy", 0.9, Interval(0.8, 0.95)),
        Measured("a_b_loss", 0.5, None, maximize=False, share=False),
    ]
    found = replace(answer(190), outputs=tuple(forms), measures=tuple(measures))
    assert said(found)[1] == (
        "By output, on the same rows, losses before their loss_weights: a: loss 0.137 "
        "(95 %: 0.105–0.189), accuracy 0.900 (95 %: 0.800–0.950); a_b: loss 0.5000."
    )
    assert "By output" not in " ".join(said(replace(found, outputs=tuple(forms[:1]))))


def test_what_is_fixed_or_of_no_use_is_not_told_of_a_network_on_texts() -> None:
    space = TextSpace(encoder=Choice("tf_idf", "conv"), units=Int(8, 32), ngrams=Int(1, 2))
    plan = replace(manifest_for(small_study()).plan, fixed=space.fixed, space=space.kind)
    own: dict[str, Value] = {"encoder": "tf_idf", "units": 13, "ngrams": 2}
    words = "the model with encoder tf_idf, units 13, ngrams 2 (9 parameters)"
    assert described(plan, own, 9) == words
    words = "the model with encoder conv, units 13 (9 parameters)"
    assert described(plan, {**own, "encoder": "conv"}, 9) == words
    whole = TextSpace(encoder="average")
    told = described(replace(plan, fixed=whole.fixed), {}, 9)
    assert told.startswith("the model with encoder average, vocabulary 10000, ngrams 1, split")
    assert "kernel" not in told


def test_which_fit_is_shown_is_said() -> None:
    manifest, found = manifest_for(small_study()), answer()
    median_fit = f"the fit with the median validation score (seed {found.chosen.seed}"
    assert shown_fit(manifest, found) == f"Shown here is {median_fit})"
    of_split = replace(found, chosen=replace(found.chosen, split=2))
    assert shown_fit(manifest, of_split) == f"Shown here is {median_fit}, fresh split 2)"
    last = Fit(found.chosen.seed, {"loss": [0.5, 0.4]}, None, None)
    told = shown_fit(manifest, replace(found, refit=last))
    rows = sum(sum(manifest.data.rows[part]) for part in ("train", "validation"))
    assert told.startswith(f"Shown here is its refit on the {rows:,} training and validation rows")
    assert f"for 2 epochs, as many as were used of {median_fit})" in told
    verdict = verdict_lines(manifest, replace(found, refit=last))
    assert "This is the score of its refit on training and validation rows together." in verdict
    failed = replace(found, refit=Fit(found.chosen.seed, {}, None, None, "loss became NaN"))
    assert "failed (“loss became NaN”), so shown here is the fit" in shown_fit(manifest, failed)
    assert len(verdict_lines(manifest, failed)) == len(verdict) - 1


def test_on_what_finalists_were_trained_is_said() -> None:
    def on(*splits: int) -> str:
        own = tuple(replace(fit, split=s) for fit, s in zip(fits(*[0.9] * 9), splits, strict=False))
        winner = replace(finalist(0), fits=own)
        return tried_on(replace(answer(), finalists=(winner,)))

    assert on(0) == "one fresh seed"
    assert on(0, 0, 0) == "3 fresh seeds"
    assert on(1, 2) == "2 fresh splits, on one fresh seed each"
    assert on(1, 2, 1, 2) == "2 fresh splits, on 2 fresh seeds each"


def test_former_finals_are_told_with_their_winner_and_their_score() -> None:
    manifest, found = manifest_for(small_study()), answer().headline.judged
    first = Look("2026-01-01", 50, winner=7, found=found, run="old")
    lost, exported = Look("2026-01-02", 60), Look("2026-01-02", 60, "search export")
    assert finals_before(replace(manifest, looks=(first,)), answer()) == []
    looks = (first, exported, lost, Look("2026-01-03", 90), exported)
    (said,) = finals_before(replace(manifest, looks=looks), replace(answer(), look=4))
    assert said.startswith(
        "Finals ran 3 times, and the held-out rows were evaluated 5 times in total. Earlier "
        "winners: after 50 trials of old, trial 7 with accuracy 0.950; after 60 trials, no winner "
        "recorded. "
    )
    many = (first, first, *looks)
    (said,) = finals_before(replace(manifest, looks=many), replace(answer(), look=6))
    assert "Earlier winners: 1 before them; after 50 trials of old" in said
    assert finals_before(replace(manifest, looks=(first, exported)), answer()) == []


def test_a_measure_of_one_class_names_the_class_wherever_it_stands() -> None:
    manifest = manifest_for(small_study(objective="val_f1"))
    plain, second = answer(150, linear=190), manifest.data.classes[1]
    goal = Measured("F1", 0.75, Interval(0.68, 0.81))
    found = replace(plain, headline=replace(plain.headline, goal=goal))
    first, winner, third, *_ = verdict_lines(manifest, found)
    assert f"on held-out data: F1 of “{second}” 0.950, better" in first
    assert f": held-out F1 of “{second}” 0.750 (" in winner
    assert third == f"In F1 of “{second}”, it beats the constant (0.500)."
    assert reference_models(manifest, found).header[1] == f"held-out F1 of “{second}”"
    assert finalists(found, manifest).caption.startswith(f"Finalists, val_f1 of “{second}” on ")
    assert [positive_class(m, manifest) for m in ("val_f1", "recall", "accuracy", "val_auc")] == [
        second, second, None, None
    ]  # fmt: skip
    of_columns = replace(manifest, data=replace(manifest.data, one_hot=True))
    own = replace(of_columns, plan=replace(of_columns.plan, space="declared"))
    assert [positive_class("val_precision", m) for m in (of_columns, own)] == [second, None]


@pytest.mark.parametrize(
    ("others", "which"), [(1, "the other finalist"), (3, "3 of 3 other finalists")]
)
def test_finalists_that_cannot_be_compared_row_by_row_are_counted(others: int, which: str) -> None:
    finalists = [SimpleNamespace(tied=None) for _ in range(1 + others)]
    told = _ties(cast("Answer", SimpleNamespace(finalists=finalists)))
    assert f"cannot be tested for {which}: the objective" in told
