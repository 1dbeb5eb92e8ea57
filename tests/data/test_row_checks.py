"""What checks of rows find, beside what is found by hand, and what they do not mind."""

import itertools
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import f_oneway, norm

from search import Split, arrays, table
from search.data.dataset import Array, Data
from search.data.row_checks import found_in_rows
from search.data.row_checks.groups import between
from search.study.checks import CHECKS, Found

DRAW = np.random.default_rng(7)


def found(data: Data, split: Split = Split()) -> dict[str, Found]:  # noqa: B008 - a frozen value
    """Code → what is found of rows before a search."""
    loaded = data.load()
    return {one.code: one for one in found_in_rows(loaded, split.parts(loaded), split)}


def normal(*shape: int) -> Array:
    return DRAW.normal(size=shape)


def halves(rows: int) -> Array:
    return np.arange(rows) % 2


def test_parts_that_differ_are_told_apart_as_well_as_they_can_be() -> None:
    x, held = normal(900, 4), normal(300, 4) + np.array([0, 0, 2, 0])
    names = ["a", "b", "c", "d"]
    data = arrays(x, halves(900), held_out=(held, halves(300)), feature_names=names)
    text = found(data)["S022"].text
    area = float(re.findall(r"ROC AUC of (0\.\d+)", text)[0])
    assert area == pytest.approx(norm.cdf(2 / np.sqrt(2)), abs=0.05)
    assert "most by 'c'" in text
    assert "drop=" not in text  # which arrays do not take


def test_a_value_of_rows_with_several_axes_is_named_by_its_place() -> None:
    x, held = normal(900, 3, 2), normal(300, 3, 2)
    held[:, 2, 1] += 2
    text = found(arrays(x, halves(900), held_out=(held, halves(300))))["S022"].text
    assert "most by 'x[:, 2, 1]'; if" in text


def test_parts_that_were_drawn_alike_are_not() -> None:
    data = arrays(normal(900, 4), halves(900), held_out=(normal(300, 4), halves(300)))
    assert found(data) == {}


def test_groups_that_differ_from_each_other_are_no_drift() -> None:
    who = np.repeat(np.arange(200), 5)
    frame = pd.DataFrame(normal(200, 4)[who] + 0.05 * normal(1_000, 4), columns=list("abcd"))
    frame["y"], frame["who"] = halves(200)[who], who
    assert found(table(frame, target="y", group="who")) == {}


def test_near_copies_are_counted_as_they_are() -> None:
    x = normal(600, 5)
    data = arrays(np.concatenate([x, x[:80] + 1e-4]), halves(680))
    split = Split()
    parts = split.parts(data.load())
    train, _, held_out = (set(rows.tolist()) for rows in parts.numbers)
    twin = {row: row + 600 for row in range(80)} | {row + 600: row for row in range(80)}
    count = sum(twin.get(row) in train for row in held_out)
    assert found(data)["S023"].text.startswith(f"{count} of {len(held_out)} held-out rows (such as")


@pytest.mark.parametrize("values", [2, 5, 30])
def test_whole_numbers_that_are_alike_by_themselves_are_no_copies(values: int) -> None:
    x = np.stack([DRAW.integers(0, values, 1_000) for _ in range(4)], axis=1)
    assert "S023" not in found(arrays(x.astype(float), halves(1_000)))


def test_what_lies_between_groups_is_an_analysis_of_variance() -> None:
    codes = np.repeat(np.arange(20), 15)
    numbers = normal(20)[codes] + normal(300)
    part = between(numbers, codes, None)
    of_groups = [numbers[codes == code] for code in range(20)]
    assert part.chance == pytest.approx(f_oneway(*of_groups).pvalue, rel=1e-6)
    inside = np.mean([group.var(ddof=1) for group in of_groups])
    total = np.square(numbers - numbers.mean()).sum()
    omega = (total - 280 * inside - 19 * inside) / (total + inside)
    assert part.part == pytest.approx(omega)


def with_patients(of: str, **columns: Any) -> pd.DataFrame:
    who = np.repeat(np.arange(60), 10)
    frame = pd.DataFrame(normal(600, 3), columns=list("abc"))
    frame[of] = 100 + DRAW.permutation(60)[who]
    return frame.assign(y=normal(60)[who] + 0.3 * normal(600), **columns)


def test_rows_of_one_patient_in_two_parts_are_named_with_the_fix() -> None:
    frame = with_patients("patient_id")
    text = found(table(frame, target="y"))["S024"].text
    assert text.startswith("100 % of the held-out rows share their 'patient_id' with training rows")
    assert text.endswith("table(…, group='patient_id')")
    assert found(table(frame, target="y", group="patient_id")) == {}


def test_an_age_on_which_the_target_hangs_is_no_group() -> None:
    frame = pd.DataFrame(normal(1_000, 3), columns=list("abc"))
    frame["age"] = DRAW.integers(18, 80, 1_000)
    frame["y"] = np.sin(frame["age"] / 12) + 0.3 * normal(1_000)
    assert found(table(frame, target="y")) == {}


def test_a_target_that_changes_with_time_is_told_with_its_correlation() -> None:
    days = DRAW.permutation(800)
    frame = pd.DataFrame(normal(800, 3), columns=list("abc"))
    frame["day"] = pd.Timestamp("2025-01-01") + pd.to_timedelta(days, "D")
    frame["y"] = np.sin(days / 60) + 0.5 * normal(800)
    data = table(frame, target="y")
    loaded = data.load()
    train = frame.iloc[Split().parts(loaded).numbers[0]].sort_values("day")["y"]
    (told,) = re.findall(r"correlate by (0\.\d+)", found(data)["S025"].text)
    assert float(told) == pytest.approx(train.autocorr(1), abs=0.02)
    assert "S025" not in found(table(frame, target="y", time="day"))
    frame["y"] = normal(800)
    assert found(table(frame, target="y")) == {}


@pytest.mark.parametrize("how", ["weighted sum", "product or ratio"])
def test_a_target_that_is_made_of_columns_is_told_with_them(how: str) -> None:
    frame = pd.DataFrame(np.exp(normal(500, 4)), columns=list("abcd"))
    made = frame["a"] * frame["c"] if how.startswith("product") else frame["a"] + 2 * frame["c"]
    text = found(table(frame.assign(y=made), target="y"))["S032"].text
    assert f"is the {how} of columns" in text
    assert set(re.findall(r"'(\w)'", text.split("columns")[1])) == {"a", "c"}
    noisy = frame.assign(y=made + 0.1 * made.std() * normal(500))
    assert found(table(noisy, target="y")) == {}


def test_a_rare_class_is_told_with_its_held_out_rows() -> None:
    y = halves(1_000)
    y[:25] = 2
    data = arrays(normal(1_000, 3), y)
    held_out = Split().parts(data.load()).held_out.y
    count = int((held_out == 2).sum())
    assert f"are of class '2' ({count}) to judge it" in found(data)["S029"].text


def test_few_rows_of_each_class_are_none_that_is_rare() -> None:
    assert found(arrays(normal(90, 3), np.arange(90) % 9)) == {}


def test_columns_of_no_use_are_told_with_the_reason() -> None:
    frame = pd.DataFrame(normal(100, 2), columns=list("ab")).assign(unit="kg", y=halves(100))
    assert found(table(frame, target="y"))["S031"].text.startswith(
        "1 of 3 columns is of no use to a model: 'unit' (kg in every row); "
    )
    x = np.column_stack([normal(100), np.full(100, 3.0)])
    assert "'x2' (3 in every row)" in found(arrays(x, halves(100)))["S031"].text
    assert found(table(frame.drop(columns="unit"), target="y", drop="b")) == {}


def kinds_of_rows(rows: int) -> tuple[dict[str, Any], dict[str, tuple[Any, str | None]]]:
    """Features and targets of every kind that `arrays` takes."""
    draw, place = np.random.default_rng(0), np.arange(rows)
    x = {
        "ids": draw.integers(0, 12, (rows, 4)),
        "large ids": draw.integers(2**40, 2**41, (rows, 2)),
        "numbers": draw.normal(size=(rows, 3)),
        "half": draw.normal(size=(rows, 3)).astype("float16"),
        "constant": np.ones((rows, 2)),
        "pictures": draw.integers(0, 255, (rows, 5, 5, 3)).astype("uint8"),
        "flags": draw.random((rows, 3)) > 0.5,
        "texts": np.array(["a b", "c d"] * (rows // 2)),
        "several": {"a": draw.normal(size=(rows, 2)), "b": draw.integers(0, 5, rows)},
    }
    y = {
        "classes": (place % 3, None),
        "one-hot": (np.eye(3)[place % 3], None),
        "numbers": (draw.normal(size=(rows, 2)), None),
        "labels": (draw.integers(0, 2, (rows, 3)), "multilabel"),
        "sequences": (draw.integers(0, 9, (rows, 2)), "custom"),
        "masks": (draw.integers(0, 2, (rows, 6, 6)), None),
        "several": ({"p": draw.normal(size=rows), "k": place % 2}, None),
        "none": (None, None),
    }
    return x, y


def test_no_kind_of_rows_and_targets_is_too_odd_for_the_checks() -> None:
    every_x, every_y = kinds_of_rows(60)
    for x, (y, task) in itertools.product(every_x.values(), every_y.values()):
        data = arrays(x, y, task=task).load()
        told = found_in_rows(data, Split().parts(data), Split(), refit=True)
        assert {one.code for one in told} <= CHECKS.keys()
