"""What becomes of columns is learnt on the rows that train, and applied alike to all."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import TypeAdapter

from search import InputError, Split, table
from search.data.column_steps import MOST_VALUES, SEEN_OFTEN, CategoryStep, DateStep, NumberStep
from search.data.column_types import columns_of
from search.data.columns import Columns
from search.data.preparation import Preparation


def random_frame(seed: int, rows: int = 120) -> pd.DataFrame:
    """Columns of all kinds with gaps."""
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "number": draw.lognormal(3, 2, rows),
            "whole": draw.integers(-5, 5, rows).astype(float),
            "flag": draw.choice(["true", "false"], rows),
            "text": draw.choice(list("aaaabbbbccd"), rows),
            "date": pd.Timestamp("2020-01-01") + pd.to_timedelta(draw.random(rows) * 900, unit="D"),
        }
    )
    return frame.mask(draw.random(frame.shape) < 0.1)


def columns(**values: list[Any]) -> Columns:
    return columns_of(pd.DataFrame(values))[0]


@pytest.mark.parametrize("seed", range(5))
def test_only_training_rows_are_learnt_from(seed: int) -> None:
    """Whatever stands in the other rows, the preparation is the same."""
    frame = random_frame(seed)
    rows = np.arange(0, 120, 2)
    clean = Preparation.learnt(columns_of(frame)[0], rows)
    others = frame.index % 2 == 1
    frame.loc[others, "number"] = 1e6
    frame.loc[others, "text"] = "never seen in training"
    frame.loc[others, "date"] = pd.Timestamp("1950-01-01")
    frame.loc[others, "flag"] = None
    assert Preparation.learnt(columns_of(frame)[0], rows) == clean


def test_a_split_prepares_by_its_training_rows_alone() -> None:
    """Fails if a validation or held-out row is seen: those of this table are far away."""
    near, far = np.arange(60) % 9 * 1.0, np.full(40, 1e6) + np.arange(40)
    frame = pd.DataFrame({"a": [*near, *far], "t": ["x", "y"] * 30 + ["z"] * 40})
    frame["y"] = ["p", "q"] * 50
    parts = Split(shuffle=False).parts(table(frame, target="y").load())
    assert parts.preparation is not None
    number, text = parts.preparation.steps
    assert isinstance(number, NumberStep)
    assert isinstance(text, CategoryStep)
    assert number.mean == pytest.approx(near.mean())
    assert number.deviation == pytest.approx(near.std())
    assert text.values == ("x", "y")
    assert parts.train.x[:, 0].mean() == pytest.approx(0, abs=1e-6)
    assert parts.train.x[:, 0].std() == pytest.approx(1, abs=1e-6)
    assert parts.held_out.x[:, 0].min() > 1000
    assert not parts.held_out.x[:, 1:].any()


@pytest.mark.parametrize("seed", range(5))
def test_features_are_whole_finite_and_row_by_row(seed: int) -> None:
    raw = columns_of(random_frame(seed))[0]
    preparation = Preparation.learnt(raw, np.arange(60))
    features = preparation.apply(raw)
    assert features.dtype == np.float32
    assert features.shape == (120, len(preparation.names))
    assert len(set(preparation.names)) == len(preparation.names)
    assert np.isfinite(features).all()
    order = np.random.default_rng(seed).permutation(120)
    np.testing.assert_array_equal(preparation.apply(raw.take(order)), features[order])
    np.testing.assert_array_equal(preparation.apply(raw.take(order[:1])), features[order[:1]])


@pytest.mark.parametrize("seed", range(5))
def test_json_makes_the_same_preparation_again(seed: int) -> None:
    raw = columns_of(random_frame(seed))[0]
    preparation = Preparation.learnt(raw, np.arange(60))
    adapter = TypeAdapter(Preparation)
    text = adapter.dump_json(preparation)
    json.loads(text)
    again = adapter.validate_json(text)
    assert again == preparation
    np.testing.assert_array_equal(again.apply(raw), preparation.apply(raw))


def test_a_missing_number_is_the_mean_and_marked() -> None:
    raw = columns(a=[1.0, 3.0, None, 5.0])
    preparation = Preparation.learnt(raw, np.arange(3))
    assert preparation.names == ("a", "a is missing")
    np.testing.assert_allclose(preparation.apply(raw), [[-1, 0], [1, 0], [0, 1], [3, 0]])


def test_a_gap_that_training_never_showed_is_the_mean_and_has_no_feature() -> None:
    raw = columns(a=[1.0, 3.0, None])
    preparation = Preparation.learnt(raw, np.arange(2))
    assert preparation.names == ("a",)
    np.testing.assert_allclose(preparation.apply(raw), [[-1], [1], [0]])


@pytest.mark.parametrize("value", [0.1, 7.0])
def test_a_number_that_training_rows_share_does_not_divide_by_nothing(value: float) -> None:
    raw = columns(a=[value] * 3 + [value + 2])
    features = Preparation.learnt(raw, np.arange(3)).apply(raw)
    np.testing.assert_allclose(features[:, 0], [0, 0, 0, 2], atol=1e-6)


def test_large_numbers_keep_their_differences() -> None:
    """Seconds since 1970 differ by less than a float32 can tell."""
    raw = columns(a=[1.7e9, 1.7e9 + 1, 1.7e9 + 2])
    features = Preparation.learnt(raw, np.arange(3)).apply(raw)
    np.testing.assert_allclose(features[:, 0], [-1.2247449, 0, 1.2247449], rtol=1e-6)


def test_rare_and_unseen_texts_share_a_feature() -> None:
    texts = ["a"] * SEEN_OFTEN + ["b"] * SEEN_OFTEN + ["rare"] * (SEEN_OFTEN - 1) + ["new", None]
    raw = columns(t=texts)
    preparation = Preparation.learnt(raw, np.arange(3 * SEEN_OFTEN - 1))
    assert preparation.names == ("t = a", "t = b", "t is another")
    features = preparation.apply(raw)
    assert features[-2].tolist() == [0, 0, 1]
    assert features[-3].tolist() == [0, 0, 1]
    assert features[-1].tolist() == [0, 0, 1]  # training showed no gap
    assert features.sum(axis=0).tolist() == [SEEN_OFTEN, SEEN_OFTEN, SEEN_OFTEN + 1]


def test_a_missing_text_has_a_feature_where_training_showed_one() -> None:
    raw = columns(t=["a", "b", None] * SEEN_OFTEN + ["new"])
    preparation = Preparation.learnt(raw, np.arange(3 * SEEN_OFTEN))
    assert preparation.names == ("t = a", "t = b", "t is missing")
    assert preparation.apply(raw)[2].tolist() == [0, 0, 1]
    assert preparation.apply(raw)[-1].tolist() == [0, 0, 0]


def test_the_most_frequent_of_many_texts_have_features() -> None:
    often = [f"v{i:03}" for i in range(MOST_VALUES) for _ in range(SEEN_OFTEN + 1)]
    seldom = [f"w{i:03}" for i in range(10) for _ in range(SEEN_OFTEN)]
    raw = columns(t=often + seldom)
    step = Preparation.learnt(raw, np.arange(len(raw))).steps[0]
    assert isinstance(step, CategoryStep)
    assert set(step.values) == set(often)
    assert step.rare == 10


def test_a_date_is_days_and_its_place_in_year_and_week() -> None:
    raw = columns(d=["2024-01-01", "2024-01-08", "2024-01-03", None])
    preparation = Preparation.learnt(raw, np.arange(4))
    step = preparation.steps[0]
    assert isinstance(step, DateStep)
    assert not step.hours
    features = preparation.apply(raw)
    np.testing.assert_allclose(features[0, 3:5], features[1, 3:5], atol=1e-6)  # both Mondays
    assert np.abs(features[0, 3:5] - features[2, 3:5]).max() > 0.5
    assert features[3].tolist() == [0, 0, 0, 0, 0, 1]
    timed = columns(d=["2024-01-01T06:00", "2024-01-02T18:00"])
    assert Preparation.learnt(timed, np.arange(2)).names[-1] == "d, day (cosine)"


def test_booleans_are_nothing_and_one() -> None:
    raw = columns(b=[True, False, None])
    preparation = Preparation.learnt(raw, np.arange(3))
    assert preparation.apply(raw).tolist() == [[1, 0], [0, 0], [0, 1]]


def test_each_column_is_told() -> None:
    raw = columns(
        age=[20.0, 40.0, None, 60.0] * 5,
        ok=[True, False] * 10,
        town=["A", "B", "B", "A"] * 5,
        id=[f"u{i}" for i in range(20)],
        same=[1] * 20,
    )
    assert Preparation.learnt(raw, np.arange(20)).told == (
        (
            "age",
            "standardised by mean 40 and deviation 16.33; missing ones (25.0 % of the training "
            "rows) become the mean and are marked",
        ),
        ("ok", "false is 0, true is 1"),
        ("town", "a feature for each of 2 values (A, B), none for one that is new"),
        ("id", "left out (an identifier or free text: nearly every row has another value)"),
        ("same", "left out (1 in every row)"),
    )


def test_other_columns_than_the_learnt_are_refused() -> None:
    preparation = Preparation.learnt(columns(age=[1.0, 2.0], town=["A", "B"]), np.arange(2))
    with pytest.raises(InputError) as caught:
        preparation.apply(columns(ages=[1.0, 2.0], town=["A", "B"]))
    assert str(caught.value) == (
        "column 'age': it is not there, and the model was trained with it; did you mean 'ages'?"
    )
    with pytest.raises(InputError) as caught:
        preparation.apply(columns(age=["x", "y"], town=["A", "B"]))
    assert str(caught.value) == (
        "column 'age': it is of kind category, and was number when the model was trained; fix "
        "its values"
    )


def test_the_hash_is_of_what_the_columns_say() -> None:
    one = columns(a=[1.0, None], t=["x", "y"])
    assert one.hash == columns(a=[1.0, None], t=["x", "y"]).hash
    different = [
        columns(a=[1.0, 0.0], t=["x", "y"]),
        columns(a=[1.0, None], t=["y", "x"]),
        columns(b=[1.0, None], t=["x", "y"]),
        one.take(np.array([1, 0])),
        one.take(np.array([0])),
    ]
    assert one.hash not in {other.hash for other in different}


BAD: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "a kind without values": (
        {},
        {"a": "number"},
        "columns: give one kind for each column, in the same order",
    ),
    "another type": (
        {"a": np.array([1, 2])},
        {"a": "number"},
        "column 'a': its type is int64; a number column is of float64",
    ),
    "another length": (
        {"a": np.array([1.0, 2.0]), "b": np.array([1.0])},
        {"a": "number", "b": "number"},
        "column 'b': its shape is (1,); give (2,), one value a row as in the others",
    ),
}


@pytest.mark.parametrize(("values", "kinds", "sentence"), BAD.values(), ids=BAD)
def test_bad_columns(values: dict[str, Any], kinds: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        Columns(values, kinds)
    assert str(caught.value) == sentence
