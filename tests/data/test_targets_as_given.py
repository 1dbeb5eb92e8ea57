"""What targets are taken for, and what is said where they could mean something else."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from search import InputError, Split, arrays, table
from search.display.columns import column_lines
from tests.runs import manifest_for, small_study

X = np.random.default_rng(0).normal(size=(60, 2)).astype(np.float32)
STARS = np.arange(60) % 5 + 1
GIVEN: dict[str, tuple[Any, str, str]] = {
    "stars": (STARS, "multiclass", 'amounts, counts or stars, say task="regression"'),
    "stars as floats": (STARS.astype(float), "multiclass", 'say task="regression"'),
    "codes": (STARS - 1, "multiclass", ""),
    "−1 and 1": (np.where(STARS > 2, 1, -1), "binary", ""),
    "one-hot": (np.eye(5)[STARS - 1], "multiclass", 'say task="multilabel"'),
    "one-hot of two": (np.eye(2, dtype=bool)[STARS % 2], "binary", "read as 2 classes, one-hot"),
    "labels": (np.column_stack([STARS > 2, STARS % 2 == 0]), "multilabel", ""),
    "halves": (STARS / 2, "regression", ""),
    "one-hot, or none": (np.eye(6)[STARS][:, 1:5], "multilabel", "12 of 60 rows have none, so"),
    "−1 and 1 in columns": (
        2 * np.eye(5)[STARS - 1] - 1,
        "multilabel",
        "trained and measured as 0",
    ),
    "most are the second": (
        np.where(STARS == 1, "good", "okay")[:, None],
        "binary",
        "'okay', the second by its name, which 80 % of the rows have; give y",
    ),
    "most are 1": (np.where(STARS == 1, 0, 1), "binary", ""),
}


@pytest.mark.parametrize(("y", "task", "said"), GIVEN.values(), ids=GIVEN)
def test_targets_are_read_and_doubts_are_said(y: Any, task: str, said: str) -> None:
    data = arrays(X, y).load()
    assert data.task == task
    assert any(said in note for note in data.given.notes) if said else not data.given.notes


def test_signed_labels_are_labels_of_0_and_1() -> None:
    signed = np.where(np.column_stack([STARS > 2, STARS % 2 == 0]), 1.0, -1.0)
    for task in (None, "multilabel"):
        data = arrays(X, signed, task=task).load()
        assert np.array_equal(data.y, signed > 0)
    assert arrays(X, signed, task="regression").load().y.min() == -1


def test_who_says_the_task_is_not_asked() -> None:
    for task in ("regression", "multiclass"):
        assert not arrays(X, STARS, task=task).load().given.notes
    assert arrays(X, np.eye(5)[STARS - 1], task="multilabel").load().task == "multilabel"


def test_the_note_is_printed_by_run_for_tables_and_arrays() -> None:

    of_table = table(pd.DataFrame({"a": X[:, 0], "stars": STARS}), target="stars").load()
    assert any('say task="regression"' in note for note in of_table.given.notes)

    notes = arrays(X, STARS).load().given.notes
    (line,) = column_lines(replace(manifest_for(small_study()).data, notes=notes))
    assert line.startswith("note  the targets have 5 different whole numbers (1…5)")


@pytest.mark.parametrize(("offset", "kept"), [(0.0, True), (1e5, True), (1e9, False)])
def test_targets_that_float32_would_merge_are_refused(offset: float, kept: bool) -> None:
    y = offset + 20 * np.random.default_rng(0).normal(size=300)
    x = np.random.default_rng(1).normal(size=(300, 2))
    if kept:
        assert len(arrays(x, y).load().y) == 300
        return
    with pytest.raises(InputError, match=r"y: goes from .* subtract an offset, such as y - y.mean"):
        arrays(x, y).load()


def test_counts_that_are_too_rare_to_be_classes_are_told_how_to_be_numbers() -> None:
    counts = np.repeat([0, 1, 2, 11], [30, 20, 9, 1])
    data = arrays(X, counts).load()
    with pytest.raises(InputError, match=r"class '11' has 1 rows.*counts, say task=\"regression\""):
        Split().parts(data)
    words = arrays(X, np.array(["a", "b", "c", "d"]).repeat([30, 20, 9, 1])).load()
    with pytest.raises(InputError, match=r"class 'd' has 1 rows.*larger fractions$"):
        Split().parts(words)


def test_ids_in_floats_that_float32_would_merge_are_refused() -> None:
    ids = 20_000_001.0 + np.arange(60)[:, None]
    with pytest.raises(
        InputError, match=r"column 0 has 60 different whole numbers .* distinguishes only"
    ):
        arrays(ids, STARS).load()
    whole = arrays(ids.astype(int), STARS).load()
    assert whole.x.dtype == np.int64
    ((path, wrong),) = whole.shape.merged
    assert path == ()
    assert wrong.startswith("column 0 has 60 different whole numbers")
    assert not arrays(ids.astype(int) - 20_000_001, STARS).load().shape.merged


NONE: dict[str, tuple[Any, Any, str]] = {
    "complex": (X, STARS * 1j, "y: its values are of type complex128; give numbers or texts"),
    "times": (X, STARS.astype("M8[D]"), r"y: its values are times \(datetime64\[D\]\)"),
    "masked": (X, np.ma.masked_equal(STARS, 5), "y: its mask leaves out 12 values"),
    "no rows": (X[:0], STARS[:0], "x: it has no rows; give some"),
    "no rows of several": ({"a": X[:0]}, {"b": STARS[:0]}, "x: it has no rows; give some"),
    "an empty list": ([], STARS, "x: it has no rows; give some"),
    "an empty list of targets": (X, [], "y: it has no rows; give some"),
}


@pytest.mark.parametrize("name", NONE)
def test_what_is_no_target_or_no_row_is_one_sentence(name: str) -> None:
    x, y, sentence = NONE[name]
    with pytest.raises(InputError, match=sentence):
        arrays(x, y).load()
    assert arrays(X, np.ma.masked_equal(STARS, 9)).load().task == "multiclass"  # nothing is masked


def test_weights_of_an_output_that_is_none_and_of_another_name() -> None:
    with pytest.raises(
        InputError, match=r"weights: they are for b, .*loss_weights=… where the mod"
    ):
        arrays(X, {"a": STARS}, weights={"b": STARS}).load()
    with pytest.raises(InputError, match="it takes no 'weight'; did you mean 'weights'"):
        arrays(X, STARS, weight=STARS)  # type: ignore[call-arg]
    with pytest.raises(InputError, match="it takes no 'weights'; did you mean 'weight'"):
        table(pd.DataFrame(X), target=0, weights="w")  # type: ignore[call-arg, arg-type]


def test_0_and_1_of_each_step_of_a_sequence_are_classes_of_steps() -> None:
    """As classes of more than two are; of x without steps they stay labels, and one class a row."""
    draw = np.random.default_rng(0)
    steps = draw.normal(size=(20, 6, 2)).astype("float32")
    flags = (steps[..., 0] > 0).astype(int)
    for x, y in (
        (steps, flags),
        (steps, flags.astype(bool)),
        (draw.integers(0, 9, (20, 6)), flags),
    ):
        found = arrays(x, y).load()
        assert found.task == "custom"
        assert np.array_equal(found.y, flags)
        assert any("a class a step" in n and "'multilabel'" in n for n in found.given.notes)
    assert arrays(steps, flags, task="multilabel").load().task == "multilabel"
    assert arrays(steps[:, :, 0], flags).load().task == "multilabel"
    assert arrays(steps, np.eye(6, dtype=int)[np.arange(20) % 6]).load().task == "multiclass"
