"""What each parameter explains, against scikit-learn's trees, Optuna's fANOVA and plain sums."""

from itertools import product

import numpy as np
import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.importance import FanovaImportanceEvaluator
from sklearn.tree import DecisionTreeRegressor

from search.report.variance_shares import Leaves, grown, variance_shares


def told(leaves: Leaves, tree: int, row: np.ndarray) -> float:
    """What a tree says of a row; every row lies in one box, its upper end included."""
    within = (leaves.tree == tree) & (row <= leaves.high).all(axis=1)
    within &= ((row > leaves.low) | (leaves.low == 0)).all(axis=1)
    (value,) = leaves.value[within]
    return float(value)


@pytest.mark.parametrize("depth", [1, 3, 6])
def test_each_tree_is_that_of_scikit_learn_on_its_rows(depth: int) -> None:
    draw = np.random.default_rng(depth)
    rows = draw.random((3, 60, 4))
    rows[1] = np.round(rows[1], 1)  # many values are equal
    values = np.sin(5 * rows[..., 0]) + rows[..., 1] * rows[..., 2] + draw.normal(0, 0.2, (3, 60))
    leaves = grown(rows, values, depth)
    for tree, (x, y) in enumerate(zip(rows, values, strict=True)):
        theirs = DecisionTreeRegressor(max_depth=depth, random_state=0).fit(x, y).predict(x)
        ours = [told(leaves, tree, row) for row in x]
        assert np.mean((ours - y) ** 2) == pytest.approx(np.mean((theirs - y) ** 2), rel=0.02)
        if tree != 1:  # there equally good cuts are taken in another order
            assert ours == pytest.approx(theirs, abs=1e-9)


def test_shares_are_those_of_the_whole_space_summed_cell_by_cell() -> None:
    draw = np.random.default_rng(0)
    numbers, kind = draw.integers(0, 5, (2, 1, 40)) / 4, draw.integers(0, 3, (1, 40))
    values = numbers[0] * (kind == 1) + 0.3 * numbers[1] + 0.2 * kind
    columns = [*numbers, np.eye(3)[kind]]
    found = variance_shares(columns, values, 6)
    leaves = grown(np.concatenate([*numbers[..., None], np.eye(3)[kind]], axis=-1), values, 6)
    # All cuts lie at odd eighths: so many cells between them hold the space.
    cells = (np.arange(8) + 0.5) / 8
    space = np.array(
        [
            [[told(leaves, 0, np.array([a, b, *option])) for option in np.eye(3)] for b in cells]
            for a in cells
        ]
    )
    marginals = [space.mean(axis=axes) for axes in ((1, 2), (0, 2), (0, 1))]
    assert found[0] == pytest.approx([m.var() / space.var() for m in marginals], abs=1e-12)
    assert found[0].sum() < 1


def test_shares_are_near_those_of_optuna() -> None:
    draw = np.random.default_rng(0)
    names = "abc"
    rows = draw.random((120, 3))
    values = rows[:, 0] ** 2 + 0.5 * rows[:, 1] + 0.2 * rows[:, 1] * rows[:, 2]
    study = optuna.create_study()
    study.add_trials(
        [
            optuna.create_trial(
                params=dict(zip(names, row, strict=True)),
                distributions=dict.fromkeys(names, FloatDistribution(0, 1)),
                value=value,
            )
            for row, value in zip(rows.tolist(), values.tolist(), strict=True)
        ]
    )
    theirs = FanovaImportanceEvaluator(n_trees=64, max_depth=6, seed=0).evaluate(study)
    drawn = draw.integers(0, 120, (64, 120))
    shares = variance_shares(list(rows.T[:, drawn]), values[drawn], 6).mean(axis=0)
    assert shares == pytest.approx([theirs[name] for name in names], abs=0.02)


def test_a_tree_of_one_value_has_no_shares() -> None:
    column = np.array([list(product((0.0, 1.0), repeat=2))]).reshape(1, -1)
    flat = np.stack([np.zeros(8), column[0]])
    found = variance_shares([np.repeat(column, 2, axis=0)], flat, 6)
    assert np.isnan(found[0]).all()
    assert found[1] == pytest.approx([1.0])
