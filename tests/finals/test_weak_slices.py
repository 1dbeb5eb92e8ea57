"""Where the winner errs: planted slices are found, and chance is not taken for one."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import fisher_exact, mannwhitneyu

from search import Split, arrays, table
from search.data.dataset import Array
from search.data.split import Parts
from search.finals.weak_slices import RowScores, holm, weak_slices, worse


def parts_of(rows: int, seed: int = 0) -> Parts:
    x = np.random.default_rng(seed).normal(size=(rows, 3)).astype("float32")
    return Split().parts(arrays(x, np.arange(rows) % 2).load())


def scores(right: Array) -> RowScores:
    return RowScores("accuracy", right.astype(float), maximize=True)


def test_right_or_wrong_is_compared_by_fishers_exact_test() -> None:
    draw = np.random.default_rng(0)
    wrong, inside = draw.random(200) < 0.2, draw.random((3, 200)) < 0.3
    for one, chance in zip(inside, worse(wrong.astype(float), list(inside)), strict=True):
        cells = [[(wrong & one).sum(), (~wrong & one).sum()],
                 [(wrong & ~one).sum(), (~wrong & ~one).sum()]]  # fmt: skip
        assert chance == pytest.approx(fisher_exact(cells, alternative="greater")[1])


def test_errors_are_compared_by_mann_and_whitneys_test() -> None:
    draw = np.random.default_rng(0)
    errors, inside = draw.exponential(size=200).round(1), draw.random((3, 200)) < 0.3
    for one, chance in zip(inside, worse(errors, list(inside)), strict=True):
        theirs = mannwhitneyu(errors[one], errors[~one], alternative="greater", method="asymptotic")
        assert chance == pytest.approx(theirs.pvalue, rel=1e-6)


def test_holm_corrects_step_by_step() -> None:
    assert holm(np.array([0.01, 0.04, 0.03, 0.005])).tolist() == pytest.approx(
        [0.03, 0.06, 0.06, 0.02]
    )


def test_a_planted_slice_of_two_columns_is_found() -> None:
    parts = parts_of(4000)
    x = parts.held_out.x
    edges = np.quantile(x, 0.75, axis=0)
    bad = (x[:, 0] >= edges[0]) & (x[:, 2] >= edges[2])
    draw = np.random.default_rng(1).random(len(x))
    found = weak_slices(parts, ("a", "b", "c"), (), scores(draw > np.where(bad, 0.6, 0.1)))
    halves = [text.split(" ")[0] for text in found["slice"][0].split(" and ")]
    assert "a" in halves or "c" in halves
    assert found["score"][0] < found["rest"][0] - 0.05
    assert (found["low"] <= found["score"]).all()
    assert (found["score"] <= found["high"]).all()
    assert (found["p"] < 0.05).all()


def test_a_planted_category_is_found_with_its_figures(tmp_path: object) -> None:
    draw = np.random.default_rng(0)
    frame = pd.DataFrame({"city": draw.choice(["Rome", "Oslo", "Bern"], 1500),
                          "size": draw.normal(size=1500)})  # fmt: skip
    frame["price"] = draw.normal(size=1500)
    parts = Split().parts(table(frame, target="price").load())
    raw = parts.raw_of(np.arange(len(parts.held_out)))
    assert raw is not None
    oslo = raw["city"] == "Oslo"
    errors = draw.exponential(size=len(oslo)) * np.where(oslo, 3, 1)
    found = weak_slices(parts, (), (), RowScores("MAE", errors, maximize=False))
    assert found["slice"].tolist()[0] == "city = Oslo"
    assert found["count"][0] == oslo.sum()
    assert found["score"][0] == pytest.approx(errors[oslo].mean())
    assert found["rest"][0] == pytest.approx(errors[~oslo].mean())
    assert found["low"][0] < errors[oslo].mean() < found["high"][0]
    assert not any("Oslo" in text for text in found["slice"][1:])  # said once


def test_chance_is_claimed_in_a_twentieth_of_runs_at_most() -> None:
    parts, claimed = parts_of(1500), 0
    for seed in range(100):
        right = np.random.default_rng(seed).random(len(parts.held_out)) > 0.2
        found = weak_slices(parts, ("a", "b", "c"), (), scores(right))
        assert int(found["looked"]) == 12 + 48
        claimed += len(found["slice"]) > 0
    assert claimed <= 8


def test_a_slice_of_whole_groups_is_seldom_claimed_for_their_own_effects() -> None:
    """Thirty groups, half of them in the slice, by chance: row by row 4 in 10 would be claimed."""
    group, found = np.repeat(np.arange(30), 10), []
    for seed in range(200):
        draw = np.random.default_rng(seed)
        bad = draw.normal(size=300) + draw.normal(size=30)[group]
        inside = np.isin(group, draw.permutation(30)[:15])
        found.append([float(worse(bad, [inside], of)[0]) for of in (None, group)])
    claimed = (np.array(found) < 0.05).mean(axis=0)
    assert claimed[0] > 0.2
    assert claimed[1] <= 0.09
    assert worse(bad, [group < 4], group) == 1  # of so few groups nothing is claimed


def test_a_slice_that_is_worse_in_each_group_is_claimed() -> None:
    draw, group = np.random.default_rng(0), np.repeat(np.arange(30), 10)
    inside = draw.random(300) < 0.3
    bad = draw.normal(size=300) + draw.normal(size=30)[group] + 1.5 * inside
    assert worse(bad, [inside], group)[0] < 1e-6


def test_scores_of_rows() -> None:
    shares, codes = np.array([[0.9, 0.1], [0.4, 0.6]]), np.array([0, 0])
    assert RowScores.of(shares, codes, "binary").values.tolist() == [1, 0]
    labels = np.array([[1, 1], [0, 1]])
    assert RowScores.of(shares, labels, "multilabel").values.tolist() == [0.5, 1]
    truth = np.array([[0.0, 0.0], [2.0, 200.0]])
    of_two = RowScores.of(truth + np.array([1.0, 100.0]), truth, "regression")
    assert of_two.values.tolist() == [1, 1]
    assert "standard deviations" in of_two.measure
    one = RowScores.of(np.array([[3.0], [5.0]]), np.array([1.0, 5.0]), "regression")
    assert (one.measure, one.values.tolist()) == ("MAE", [2, 0])


def test_few_rows_have_no_slices_and_pictures_none() -> None:
    found = weak_slices(parts_of(40), ("a", "b", "c"), (), scores(np.zeros(8) > 1))
    assert int(found["looked"]) == 0
    pictures = Split().parts(arrays(np.zeros((60, 8, 8)), np.arange(60) % 2).load())
    assert weak_slices(pictures, ("x",), (), scores(np.ones(12) > 0)) == {}
