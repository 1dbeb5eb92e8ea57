"""Names are text, numbers become it, and no two are alike: by every door, in the order given."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from search import Dataset, InputError, arrays, npz, table

X = np.arange(16.0).reshape(8, 2)
Y = np.arange(8) % 2
GIVEN: dict[str, tuple[Any, tuple[str, str]]] = {
    "whole numbers": ([0, 1], ("0", "1")),
    "an array": (np.array([3, 7]), ("3", "7")),
    "an array of text": (np.array(["b", "a"]), ("b", "a")),
    "bytes": (np.array([b"b", "ö".encode()]), ("b", "ö")),
    "an index": (pd.Index([4, 2]), ("4", "2")),
    "a series": (pd.Series(["b", "a"], index=[5, 6]), ("b", "a")),
    "categories": (pd.CategoricalIndex(["b", "a"]), ("b", "a")),
    "booleans": ((True, False), ("True", "False")),
    "fractions": ([0.5, 1.5], ("0.5", "1.5")),
    "a range": (range(2), ("0", "1")),
    "keys": ({"b": 1, "a": 2}.keys(), ("b", "a")),
}


def by_archive(folder: Path, names: Any) -> tuple[str, ...]:
    np.savez(folder / "rows.npz", x=X, y=Y)
    return npz(folder / "rows.npz", class_names=names).load().class_names


DOORS: dict[str, Callable[[Path, Any], tuple[str, ...]]] = {
    "classes": lambda _, names: arrays(X, Y, class_names=names).load().class_names,
    "labels": lambda _, names: arrays(X, X > 7, class_names=names).load().class_names,
    "features": lambda _, names: arrays(X, Y, feature_names=names).load().feature_names,
    "targets": lambda _, names: arrays(X, X / 3, target_names=names).load().target_names,
    "archive": by_archive,
    "data set": lambda _, names: Dataset(np.float32(X), np.int32(Y), names).class_names,
}  # fmt: skip


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
@pytest.mark.parametrize(("given", "names"), GIVEN.values(), ids=GIVEN)
def test_names_are_text_by_every_door(
    door: Callable[[Path, Any], tuple[str, ...]],
    given: Any,
    names: tuple[str, str],
    tmp_path: Path,
) -> None:
    found = door(tmp_path, given)
    assert found == names
    assert {type(name) for name in found} == {str}


BAD: dict[str, tuple[Any, str]] = {
    "one text": ("ab", "give a list of names, in their order"),
    "a set": ({"a", "b"}, "give a list of names, in their order"),
    "a mapping": ({0: "a", 1: "b"}, "give a list of names, in their order"),
    "a number": (2, "give a list of names, in their order"),
    "none among them": (["a", None], "None is no name; give text or a number"),
    "not a number": ([np.nan, 1], "nan is no name"),
    "a list within": ([["a"], ["b"]], "['a'] is no name"),
    "empty": (["a", " "], "' ' is no name"),
    "twice": (["a", "a"], "2 are named 'a'; give each a different name"),
    "twice as text": ([0, "0"], "2 are named '0'"),
}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
@pytest.mark.parametrize(("given", "said"), BAD.values(), ids=BAD)
def test_what_names_nothing_is_refused_by_every_door(
    door: Callable[[Path, Any], tuple[str, ...]], given: Any, said: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="_names: ") as refused:
        door(tmp_path, given)
    assert said in str(refused.value)


@pytest.mark.parametrize("number", [0, np.int64(0), 0.5, True])
def test_columns_of_a_frame_are_named_as_they_are_given(number: Any) -> None:
    names = pd.Index([number, *range(2, 7)], dtype=object)
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 6)), columns=names)
    frame[number] = np.arange(40) % 2
    data = table(frame, target=number, drop={2, 3}, group=4, weight=None).load()
    assert data.task == "binary"
    assert data.feature_names == tuple(str(name) for name in frame.columns[4:])
    assert data.given.groups is not None
