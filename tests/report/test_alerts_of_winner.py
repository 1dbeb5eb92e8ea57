"""What is said of the winner's fit, its probabilities and the labels, with the figures by hand."""

from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest

from search.report.alerts_of_finals import alerts_of_finals
from search.report.alerts_of_winner import alerts_of_winner
from search.study.answer import Answer, Doubted, Interval, Paired, Score, Yardstick
from search.study.checks import Found
from tests.report.test_alerts import answer
from tests.runs import manifest_for, small_study


def with_curve(train: float, validation: float) -> Answer:
    """A winner with these accuracies, on 40 validation rows."""
    plain = answer(0.9, 0.9)
    curve = {
        "loss": [0.7, 0.3],
        "accuracy": [0.5, 0.7],
        "val_loss": [0.7, 0.4],
        "val_accuracy": [0.5, validation],
    }
    return replace(plain, chosen=replace(plain.chosen, curve=curve, learnt=train))


def found(
    of: Answer,
    rows: int = 40,
    kind: str = "dense",
    *,
    weighted: bool = False,
    **held_out: np.ndarray,
) -> dict[str, str]:
    manifest = manifest_for(small_study())
    manifest = replace(manifest, plan=replace(manifest.plan, space=kind))
    counts = {**manifest.data.rows, "validation": (rows // 2, rows // 2)}
    own = "0f" if weighted else ""
    manifest = replace(manifest, data=replace(manifest.data, rows=counts, hash_of_rows=own))
    return {one.code: one.text for one in alerts_of_winner(manifest, of, held_out)}


def test_a_gap_is_overfitting_where_rows_are_enough_to_see_it() -> None:
    # 0.15 is four standard errors of 0.8 on 114 rows.
    assert "S027" not in found(with_curve(0.95, 0.8), rows=110)
    text = found(with_curve(0.95, 0.8), rows=120)["S027"]
    assert "accuracy 0.950 on training rows and 0.800 on validation rows" in text
    assert "S027" not in found(with_curve(0.88, 0.8), rows=10_000)


def beside(
    name: str, value: float, lead: float, half: float, loss: float | None = 0.1
) -> Yardstick:
    score = Score(200, value, Interval(value - 0.04, value + 0.04), loss, ((100, 0), (0, 100)))
    told = "ahead" if lead > half else "behind" if lead < -half else "level"
    return Yardstick(name, score, Paired(lead, Interval(lead - half, lead + half), told))


def test_who_says_no_more_than_a_constant_underfits() -> None:
    level = replace(with_curve(0.6, 0.55), yardsticks=(beside("constant", 0.5, 0.05, 0.07),))
    told = "better than 0.500, which always predicting the same gets: it has learnt little, or 200"
    assert told in found(level)["S028"]
    ahead = replace(level, yardsticks=(beside("constant", 0.5, 0.4, 0.07),))
    assert found(ahead) == {}
    behind = replace(level, yardsticks=(beside("constant", 0.7, -0.1, 0.07),))
    assert (
        "worse than 0.700, which always predicting the same gets: it has" in found(behind)["S028"]
    )
    assert "too few" not in found(behind)["S028"]


def test_weights_of_training_rows_are_named_where_a_constant_is_not_beaten() -> None:
    """Held-out rows count alike, so that a model that was taught rare ones falls behind."""
    level = replace(with_curve(0.6, 0.55), yardsticks=(beside("constant", 0.5, 0.05, 0.07),))
    assert "weights" not in found(level)["S028"]
    first, *others = level.finalists
    params = {**first.params, "class_weight": "balanced"}
    by_class = replace(level, finalists=(replace(first, params=params), *others))
    assert "trained with class weights, which may be the cause" in found(by_class)["S028"]
    by_both = found(by_class, weighted=True)["S028"]
    assert "trained with class weights and sample weights, which" in by_both
    assert "trained with sample weights, which" in found(level, weighted=True)["S028"]
    unlearnt = replace(level, yardsticks=(beside("constant", 0.5, 0.05, 0.07, 0.6),))
    assert "trained with sample weights, which" in found(unlearnt, weighted=True)["S028"]


def test_probabilities_that_tell_more_than_their_threshold_does_are_no_failure_to_learn() -> None:
    level = replace(with_curve(0.6, 0.55), yardsticks=(beside("constant", 0.5, 0.05, 0.07, 0.6),))
    text = found(level)["S028"]
    assert (
        "0.500, which always predicting the same gets. But its probabilities are better: " in text
    )
    assert "better: log loss 0.100 against 0.600. Another" in text


def test_who_meets_held_out_rows_as_well_as_those_it_learnt_does_not_overfit() -> None:
    good = with_curve(0.95, 0.8)
    held_out = replace(good.headline, value=0.95)
    assert "S027" in found(good, rows=10_000)
    assert "S027" not in found(replace(good, headline=held_out), rows=10_000)


def test_what_to_search_is_said_as_the_study_would_say_it() -> None:
    level = replace(with_curve(0.6, 0.55), yardsticks=(beside("constant", 0.5, 0.05, 0.07),))
    kept = {
        "dense": "DenseSpace(learning_rate=",
        "texts": "TextSpace(learning_rate=",
        "declared": 'space={"learning_rate": Float(1e-4, 1e-1, log=True)}, if its build uses it',
    }
    for kind, told in kept.items():
        assert told in found(level, kind=kind)["S028"]
    text = found(with_curve(0.95, 0.8), rows=10_000, kind="texts")["S027"]
    assert "TextSpace(dropout=Float(0, 0.5)), or give more rows" in text  # it has no l2


@pytest.mark.parametrize(
    ("train", "lead", "said"),
    [(0.8, -0.1, True), (0.8, -0.07, False), (0.93, -0.1, False), (0.97, -0.1, False)],
)
def test_who_does_not_reach_a_reference_model_where_it_trains_underfits(
    train: float, lead: float, said: bool
) -> None:
    """The reference model has 0.97; three standard errors of the lead are 0.092."""
    best = beside("linear model", 0.97, lead, 0.06)
    of = with_curve(train, 0.79)
    of = replace(of, yardsticks=(beside("constant", 0.5, 0.4, 0.07), best))
    assert ("S028" in found(of)) is said


def test_probabilities_that_are_too_sure_are_told_with_what_mends_them() -> None:
    draw = np.random.default_rng(0)
    z = draw.normal(size=2_000)
    y = (draw.random(2_000) < 1 / (1 + np.exp(-z))).astype(int)
    sure = 1 / (1 + np.exp(-3 * z))
    p = np.column_stack([1 - sure, sure])
    text = found(with_curve(0.9, 0.9), probabilities=p, y=y)["S030"]
    accuracy = float(((sure > 0.5) == y).mean())
    confidence = float(p.max(axis=1).mean())
    assert f"mean confidence is {confidence:.3f} and its accuracy {accuracy:.3f}" in text
    assert "so on average it is too sure. That can be corrected: log loss" in text
    scores = replace(with_curve(0.9, 0.9).headline, kind="scores")
    assert found(replace(with_curve(0.9, 0.9), headline=scores), probabilities=p, y=y) == {}


def test_class_weights_are_named_as_a_cause_of_shifted_probabilities_where_there_are_any() -> None:
    draw = np.random.default_rng(0)
    z = draw.normal(size=2_000)
    y = (draw.random(2_000) < 1 / (1 + np.exp(-z))).astype(int)
    shifted = 1 / (1 + np.exp(-z - 2))
    p = np.column_stack([1 - shifted, shifted])
    of = with_curve(0.9, 0.9)
    first, *others = of.finalists
    params = {**first.params, "class_weight": "balanced"}
    weighted = replace(of, finalists=(replace(first, params=params), *others))
    cause = "Class weights have this effect."
    assert cause not in found(of, probabilities=p, y=y)["S030"]
    assert found(weighted, probabilities=p, y=y)["S030"].endswith(cause)


def test_probabilities_that_tell_less_than_the_classes_frequencies_are_named() -> None:
    draw = np.random.default_rng(1)
    y, said = draw.integers(0, 2, 2_000), draw.integers(0, 2, 2_000)
    p = np.where(np.arange(2) == said[:, None], 0.99, 0.01)
    of = with_curve(0.5, 0.5)
    of = replace(of, headline=replace(of.headline, loss=2.3))
    told = "; its log loss 2.300 is worse than the constant's 0.100. "
    with_constant = replace(of, yardsticks=(beside("constant", 0.5, 0.2, 0.1),))
    assert told in found(with_constant, probabilities=p, y=y)["S030"]
    better = replace(with_constant, headline=replace(of.headline, loss=0.05))
    assert "log loss" not in found(better, probabilities=p, y=y)["S030"].partition(". ")[0]


def test_rows_whose_labels_are_doubted_are_named() -> None:
    doubt = Doubted(40, 6, 0.1, ((17, 0, 1), (3, 1, 0)))
    text = found(replace(with_curve(0.9, 0.9), doubted=doubt))["S026"]
    assert text.startswith("2 of 40 validation rows are likely labelled wrongly: all 6 fits")
    assert "Look at rows 17 (outer, likely inner), 3 (inner, likely outer), counted" in text


def test_the_best_of_four_evaluations_is_too_good_by_a_standard_error() -> None:
    manifest = manifest_for(small_study())

    def told(look: int) -> list[Found]:
        all_of = alerts_of_finals(manifest, replace(answer(0.9, 0.9), look=look))
        return [one for one in all_of if one.code == "S021"]

    assert told(3) == []
    (one,) = told(4)
    low, high = answer(0.9, 0.9).headline.interval.low, answer(0.9, 0.9).headline.interval.high
    error = max(high - 0.9, 0.9 - low) / NormalDist().inv_cdf(0.975)
    best = np.random.default_rng(0).normal(size=(100_000, 4)).max(axis=1).mean()
    assert f"too good by {best * error:.2g}." in one.text
