"""Rows of one group depend on each other: intervals, tests and draws are of whole groups."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import t

from search.data.dataset import Dataset, Given
from search.data.series_rows import Blocks
from search.data.split import HELD_OUT, Split
from search.finals.scoring import Judge
from search.metrics.base import PairedScores
from search.metrics.intervals import Draws, of_ratio, wilson
from search.metrics.measures import measure_of
from search.report.wording import in_objective


def rows_of(seed: int, groups: int = 12) -> tuple[np.random.Generator, np.ndarray]:
    """Each row's group, of unlike sizes."""
    draw = np.random.default_rng(seed)
    return draw, np.repeat(np.arange(groups), draw.integers(2, 40, groups))


def classified(seed: int, groups: int = 12, ease: float = 1.5) -> tuple[np.ndarray, ...]:
    """Probabilities of two classes, the truth and the group; some groups are easier."""
    draw, group = rows_of(seed, groups)
    right = draw.random(len(group)) < expit(ease + draw.normal(size=groups))[group]
    y = draw.integers(0, 2, len(group))
    return np.eye(2)[np.where(right, y, 1 - y)], y, group


def test_intervals_hold_the_truth_of_other_groups() -> None:
    """120 samples of 12 groups: rows alone hold it in 70 of 100, groups in 90 and more."""
    truth = float(expit(1.5 + np.random.default_rng(0).normal(size=200_000)).mean())
    accuracy, mae = measure_of("val_accuracy", "binary"), measure_of("val_mae", "regression")
    assert accuracy is not None
    assert mae is not None
    held = np.zeros((2, 2))
    for seed in range(120):
        said, y, group = classified(seed)
        draw, _ = rows_of(seed)
        wide = np.exp(0.5 * draw.normal(size=12))[group]
        errors, zero = (draw.normal(size=len(group)) * wide)[:, None], np.zeros((len(group), 1))
        of_errors = np.sqrt(2 / np.pi) * np.exp(0.5**2 / 2)
        for place, blocks in enumerate((None, Blocks(group, 0))):
            draws = Draws.of(len(group), blocks)
            cases = ((accuracy, said, y, truth), (mae, errors, zero, of_errors))
            for measure, predicted, true, value in cases:
                estimate = measure.estimate(predicted, true, draws)
                within = measure.interval(predicted, true, estimate)
                assert within is not None
                held[place, measure is mae] += within.low <= value <= within.high
    assert (held[0] / 120 < 0.85).all()
    assert (held[1] / 120 >= 0.88).all()


def test_draws_are_of_whole_groups_and_as_wide_as_their_sums() -> None:
    draw, group = rows_of(3, 40)
    values = draw.normal(size=len(group)) + draw.normal(size=40)[group]
    draws = Draws.of(len(group), Blocks(group * 7, 0))  # codes with gaps
    for own in range(40):
        assert np.ptp(draws.counts[:, draws.group[group == own]], axis=1).max() == 0
    apart = np.array([(values[group == own] - values.mean()).sum() for own in range(40)])
    by_sums = np.sqrt((apart**2).sum()) / len(group)
    assert draws.means(values[:, None]).std() == pytest.approx(by_sums, rel=0.1)
    widened = draws.widened(values.mean(), draws.means(values[:, None])[:, 0])
    few = t.ppf(0.975, 39) / 1.959964 * np.sqrt(40 / 39)
    assert widened.std() == pytest.approx(draws.means(values[:, None]).std() * few, rel=1e-6)


def test_a_proportion_is_of_as_many_rows_as_its_groups_tell_of() -> None:
    said, y, group = classified(5)
    right = (said.argmax(axis=1) == y).astype(float)
    found = of_ratio(right, np.ones(len(y)), group)
    share, rows, far = right.mean(), len(y), t.ppf(0.975, 11)
    apart = [(right[group == own] - share).sum() for own in range(12)]
    variance = 12 / 11 * np.square(apart).sum() / rows**2
    effective = share * (1 - share) / variance
    assert effective < rows
    # Wilson's ends are where the distance to the truth is so many of its own standard errors.
    assert found is not None
    for end in (found.low, found.high):
        assert abs(end - share) == pytest.approx(far * np.sqrt(end * (1 - end) / effective))
    assert of_ratio(right, np.ones(rows)) == wilson(int(right.sum()), rows)


def test_where_all_rows_are_right_groups_count_as_a_row_each() -> None:
    group = np.repeat(np.arange(8), 50)
    ones = np.ones(400)
    found = of_ratio(ones, ones, group)
    far = t.ppf(0.975, 7)
    assert found is not None
    assert found.high == pytest.approx(1)
    assert found.low == pytest.approx(8 / (8 + far**2))
    assert of_ratio(ones, ones, np.zeros(400, int)) is None


@pytest.mark.parametrize("objective", ["val_accuracy", "val_auc", "val_f1", "val_loss"])
def test_models_are_compared_by_group(objective: str) -> None:
    """Forty groups show what is so in each; five cannot show that one of them is not the cause."""
    measure = measure_of(objective, "binary")
    assert measure is not None
    for groups, told in ((40, "ahead"), (5, "level")):
        draw, group = rows_of(1, groups)
        y = draw.integers(0, 2, len(group))
        better = np.clip(0.5 + 0.3 * (2 * y - 1) + 0.15 * draw.normal(size=len(y)), 0.01, 0.99)
        lucky = group == group.max()  # in five groups, one alone makes the difference
        worse = np.where(lucky | (groups > 5), np.clip(better - 0.25 * (2 * y - 1), 0.01, 0.99),
                         better)  # fmt: skip
        draws = Draws.of(len(y), Blocks(group, 0))
        pair = [
            PairedScores(said, measure.estimate(said, y, draws))
            for said in (np.column_stack([1 - p, p]) for p in (better, worse))
        ]
        found = measure.paired(y, *pair)
        assert found is not None
        assert (found.told, found.how) == (told, "paired by group")
        if told == "ahead":
            assert found.rows is not None
            assert found.rows < 40  # groups, not rows


def test_models_that_are_equal_over_groups_are_seldom_told_apart() -> None:
    """100 samples of 15 groups, in which each model is better in some: by rows 4 in 10 differ."""
    measure, told = measure_of("val_mae", "regression"), np.zeros(2)
    assert measure is not None
    for seed in range(100):
        draw, group = rows_of(seed, 15)
        zero = np.zeros((len(group), 1))
        both = [
            (draw.normal(size=len(group)) * np.exp(0.4 * draw.normal(size=15))[group])[:, None]
            for _ in range(2)
        ]
        for place, blocks in enumerate((None, Blocks(group, 0))):
            draws = Draws.of(len(group), blocks)
            pair = (PairedScores(said, measure.estimate(said, zero, draws)) for said in both)
            found = measure.paired(zero, *pair)
            assert found is not None
            told[place] += found.told != "level"
    assert told[0] > 25
    assert told[1] <= 12


def test_what_is_shown_says_that_it_is_by_group() -> None:
    said, y, group = classified(7, 6)
    judge = Judge(y, "binary", "val_accuracy", True, blocks=Blocks(group, 0))
    score = judge.score(judge.judged(said))
    told = in_objective(score)
    assert told.endswith(f"{len(y)} rows; by 6 groups alone, so it is rough)")
    assert score.interval == of_ratio((said.argmax(axis=1) == y) * 1.0, np.ones(len(y)), group)
    one = replace(judge, blocks=Blocks(np.zeros(len(y), int), 0))
    told = in_objective(one.score(one.judged(said)))
    assert "(no interval: all rows are of one group, which does not tell how another" in told
    assert told.count("accuracy") == 1


def test_a_group_is_drawn_alike_with_whatever_others_on_driver_and_workers() -> None:
    codes = np.random.default_rng(0).permutation(np.repeat(np.arange(700), 3))  # more than cells
    one, other = np.arange(0, 1500), np.arange(900, 2100)
    first, second = (Draws.among(700, rows, Blocks(codes[rows], 0)) for rows in (one, other))
    both = np.arange(900, 1500)
    cells = first.group[both], second.group[both - 900]
    assert (cells[0] == cells[1]).all()
    assert (first.counts == second.counts).all()
    assert len({*first.group[codes[one] == codes[0]]}) == 1


def test_parts_know_the_groups_that_their_rows_are_of() -> None:
    group = np.repeat(np.arange(60), 5)
    x = np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32)
    data = Dataset(x, (x[:, 0] > 0).astype(np.int32), ("a", "b"), given=Given(groups=group))
    parts = Split().parts(data)
    blocks = parts.blocks(HELD_OUT)
    assert blocks is not None
    assert (blocks.moments == group[parts.numbers[HELD_OUT]]).all()
    alone = replace(data, given=Given(groups=np.arange(300)))
    assert Split().parts(alone).blocks(HELD_OUT) is None  # each row is a group of its own
