"""Targets of any shape, of several outputs or none: read as they are, and refused by name."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from search import Split, arrays, npz
from search.data.tree import Tree
from search.study.errors import InputError

X = np.arange(24, dtype="float32").reshape(12, 2)
MASKS = np.zeros((12, 3, 3), bool)


def test_targets_of_more_axes_are_measured_by_the_model_which_is_said() -> None:
    data = arrays(X, MASKS).load()
    assert (data.task, data.y.shape, data.y.dtype) == ("custom", (12, 3, 3), np.uint8)
    assert data.given.notes == (
        "the targets are of shape (rows, 3, 3), so models are measured by their own loss and "
        "metrics",
    )


def test_classes_of_steps_are_taken_so_where_that_is_said() -> None:
    steps = np.arange(48).reshape(12, 4) % 5
    read = arrays(X, steps).load()
    assert read.task == "regression"
    assert 'say task="custom"' in read.given.notes[0].replace("'", '"')
    said = arrays(X, steps, task="custom").load()
    assert (said.task, said.y.dtype, said.given.notes) == ("custom", np.int32, ())


@pytest.mark.parametrize("kind", ["float32", "float64", "int64"])
def test_targets_that_are_the_input_are_what_a_model_reconstructs(kind: str) -> None:
    x = np.arange(24).reshape(12, 2).astype(kind) / (1 if kind == "int64" else 7)
    data = arrays(x, x.copy()).load()
    assert data.task == "custom"
    assert "the targets are the rows of x themselves" in data.given.notes[0]
    halves = arrays(x[:6], x[:6], validation=(x[6:9], x[6:9]), held_out=(x[9:], x[9:])).load()
    assert halves.task == "custom"
    assert arrays(x, x, task="regression").load().task == "regression"
    for unlike in (x + 1, x[:, ::-1], x[::-1]):
        assert arrays(x, unlike).load().task == "regression"
    assert arrays(x[:, :1], x[:, :1]).load().task != "custom"


def test_several_targets_keep_names_and_types_and_texts_become_classes() -> None:
    kinds = np.array(["b", "a", "c"] * 4)
    data = arrays(X, {"price": X[:, 0].astype("float64"), "kind": kinds}).load()
    assert isinstance(data.y, Tree)
    assert {path: leaf.dtype.name for path, leaf in data.y.leaves.items()} == {
        ("price",): "float32",
        ("kind",): "int32",
    }
    assert data.target_names == ("price", "kind")
    assert "y['kind'] holds texts, which were read as classes: 'a' is 0" in data.given.notes[1]


@pytest.mark.parametrize("y", [(X[:, 0], X[:, 1]), [X[:, 0], X[:, 1]]])
def test_a_list_of_arrays_is_of_several_outputs(y: Any) -> None:
    data = arrays(X, y).load()
    assert isinstance(data.y, Tree)
    assert [leaf.shape for leaf in data.y.leaves.values()] == [(12,), (12,)]


def test_a_list_of_rows_stays_one_array() -> None:
    rows = [np.array([i / 3, i]) for i in range(12)]
    assert arrays(X, rows).load().task == "regression"
    assert arrays([*X], [*range(12)]).load().y.shape == (12,)


def test_names_of_classes_are_kept_for_each_array_that_has_some() -> None:
    texts = np.array(["low", "high", "low", "mid"] * 3)
    data = arrays(X, {"price": X[:, 0], "kind": texts}).load()
    assert data.classes == data.shape.classes == ((("kind",), ("high", "low", "mid")),)
    other = arrays(X, {"price": X[:, 0], "kind": np.char.replace(texts, "mid", "odd")}).load()
    assert data.hash != other.hash  # with the same codes
    assert arrays(X, MASKS, class_names=("sky", "tree")).load().classes == (((), ("sky", "tree")),)
    assert arrays(X, MASKS).load().classes == ()


def test_a_class_for_each_step_of_x_is_read_as_such() -> None:
    draw = np.random.default_rng(0)
    tags, ids = np.arange(60).reshape(12, 5) % 7 % 3, draw.integers(0, 9, (12, 5))
    for x in (ids, draw.normal(size=(12, 5, 2))):
        data = arrays(x, tags).load()
        assert (data.task, data.y.dtype) == ("custom", np.int32)
        assert "one for each of the 5 steps of x, and were read as a class" in data.given.notes[0]
        assert arrays(x, tags, task="regression").load().task == "regression"
    assert arrays(ids, tags.astype("float32")).load().task == "custom"
    data = arrays(ids, np.array(["a", "b", "c"])[tags]).load()
    assert (data.task, data.classes) == ("custom", (((), ("a", "b", "c")),))
    assert data.given.notes[0].startswith("y holds texts, which were read as classes: 'a' is 0")
    unlike = [(ids / 2, tags), (ids[:, :4], tags), (ids, tags - 1), (ids, tags / 2)]
    unlike += [(ids, (tags / 2).astype(str))]
    for x, y in [*unlike, (ids, tags * 99)]:
        assert arrays(x, y).load().task == "regression"
    assert arrays(ids, np.minimum(tags, 1)).load().task == "custom"


def test_no_targets_are_none_in_all_parts() -> None:
    data = arrays(X, validation=(X[:4], None), held_out=(X[:5], None)).load()
    parts = Split().parts(data)
    assert (data.task, data.y.shape) == ("custom", (21, 0))
    assert [len(rows) for rows in (parts.train, parts.validation, parts.held_out)] == [12, 4, 5]


def test_parts_and_hash_follow_every_leaf() -> None:
    y = {"a": X[:, 0], "b": MASKS}
    data, other = arrays(X, y).load(), arrays(X, {**y, "b": ~MASKS}).load()
    assert data.hash != other.hash == arrays(X, {**y, "b": ~MASKS}).load().hash
    parts = Split().parts(data)
    held_out = parts.held_out
    assert np.array_equal(held_out.y.leaves["a",], held_out.x[:, 0])


def test_an_archive_has_them_too(tmp_path: Path) -> None:
    np.savez(tmp_path / "rows.npz", x=X, price=X[:, 0], masks=MASKS)
    data = npz(tmp_path / "rows.npz", y=["price", "masks"]).load()
    assert data.target_names == ("price", "masks")
    assert npz(tmp_path / "rows.npz", y=None).load().y.shape == (12, 0)


@pytest.mark.parametrize(
    ("y", "more", "told"),
    [
        ({"a": X[:, 0], "b": X[:9, 0]}, {}, "y['b']: it has 9 rows and y['a'] has 12"),
        ({"a": X[:, 0], "b": X[0, 0]}, {}, "y['b']: it has no rows"),
        ({"a": X[:, 0], "b": np.full(12, np.nan)}, {}, "y['b']: row 0 (from 0) is nan"),
        (np.full((12, 2, 2), np.inf), {}, "y: row 0, place (0, 0) in it (from 0) is inf"),
        (MASKS, {"task": "binary"}, "task='binary' needs one array of one or two axes"),
        (MASKS, {"target_names": ("a", "b")}, "2 names for 1 target"),
        ({"a": MASKS, "b": MASKS}, {"class_names": "abc"}, "give a list of names"),
        ({"a": MASKS, "b": MASKS}, {"class_names": ("a", "b", "c")}, "3 names for 2 targets"),
        (MASKS[:9], {}, "x has 12 rows and y has 9"),
        (None, {"weights": np.ones(12)}, "weights: they are for targets, and there are none"),
        (MASKS, {"validation": (X, MASKS[:, :2])}, "its y is of shape (12, 2, 3)"),
        ({}, {}, "y: it is empty"),
        (5, {}, "y: it is one value; give an array with a target for each row"),
        (np.zeros(12, "M8[s]").reshape(12, 1, 1), {}, "its values are times"),
    ],
)
def test_what_no_loss_takes_is_refused_by_name(y: Any, more: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as refused:
        arrays(X, y, **more).load()
    assert told in str(refused.value)
