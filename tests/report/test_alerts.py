"""What a reader must not overlook."""

from dataclasses import replace
from typing import Any

import pytest

from search import Choice, DenseSpace, Float, Int
from search.finals.scoring import wilson
from search.report.alerts import alerts
from search.report.axis import position
from search.store.manifest import Searched
from search.study.answer import Answer, Finalist, Score
from search.study.study import Study
from search.study.trial import State, Trial
from tests.report.runs_to_show import fits
from tests.runs import manifest_for, small_study

MIDDLE: dict[str, Any] = {"layers": 2, "units": 16, "activation": "relu", "learning_rate": 0.003}


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
    return Answer((winner,), found[0], (score,), score, ())


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
            "learning_rate 0.098 sits at the edge of its range (0.0001…0.1): widen it upwards",
        ),
        ({"learning_rate": 1.1e-4}, "learning_rate 0.00011 sits at the edge of its range"),
        ({"layers": 3}, "layers 3 sits at the edge of its range (1…3): widen it upwards"),
        ({"layers": 1}, "layers 1 sits at the edge of its range (1…3): widen it downwards"),
        ({"units": 62}, "units 62 sits at the edge of its range (4…64): widen it upwards"),
    ],
)
def test_a_value_at_the_edge_of_its_range_is_named(params: dict[str, Any], words: str) -> None:
    (alert,) = told([complete(0, **params)])
    assert alert.startswith(words)


def test_the_middle_of_few_whole_numbers_is_no_edge() -> None:
    few = small_study(space=DenseSpace(layers=Int(0, 8), activation=Choice("relu", "tanh")))
    assert told([complete(0, layers=7)], study=few) == []
    assert len(told([complete(0, layers=8)], study=few)) == 1


def test_what_is_held_or_chosen_has_no_edge() -> None:
    space = DenseSpace(layers=Choice(1, 2, 3), learning_rate=0.1, batch_norm=Choice(True, False))
    assert told([complete(0, layers=3, batch_norm=True)], study=small_study(space=space)) == []


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


def test_equal_losses_are_no_tie_of_rows() -> None:
    by_loss = small_study(objective="val_loss")
    assert told([complete(n, 0.1) for n in range(9)], study=by_loss) == []


def test_a_search_that_promised_more_than_held_out_gave_is_named() -> None:
    (alert,) = told([complete(0)], answer(1.0, 0.9))
    assert alert.startswith("The search promised 1.000 and held-out gave 0.900: ")
    assert told([complete(0)], answer(0.92, 0.9)) == []


def test_a_loss_is_no_promise_of_accuracy() -> None:
    by_loss = small_study(objective="val_loss")
    assert told([complete(0, 1.2)], answer(1.2, 0.5), by_loss) == []


def test_a_finalist_that_failed_on_a_seed_is_named_with_its_reason() -> None:
    (alert,) = told([complete(0)], answer(0.9, 0.9, 0.9, None, None))
    assert alert.startswith(
        "2 of the finals' trainings failed, such as trial 0's with “loss became NaN in epoch 2”: "
    )


def test_the_gravest_comes_first() -> None:
    trials = [*(complete(n, 1.0, layers=3) for n in range(5)), *(failed(n, "x") for n in (5, 6))]
    lost = answer(1.0, 0.9, 0.9, None)
    starts = ["2 of 7 trials failed", "The search promised", "1 of the finals'", "layers 3", "5 of"]
    found = told(trials, replace(lost, look=2))
    assert [a.startswith(s) for a, s in zip(found, starts, strict=True)] == [True] * 5
