"""Rows of unlike length are padded at the end, with a note; new rows likewise."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from search import arrays
from search.app.handle import _given
from search.data.new_rows import rows_from
from search.data.split import Split
from search.data.tree import Tree
from search.study.errors import InputError
from search.study.signature import Signature

ROWS = 20
Y = np.arange(ROWS) % 2
LENGTHS = 1 + np.arange(ROWS) % 4
IDS = [list(range(2**25, 2**25 + n)) for n in LENGTHS]
PADDED = np.array([row + [0] * (4 - len(row)) for row in IDS])


GIVEN: dict[str, Any] = {
    "lists": IDS,
    "arrays": [np.array(row) for row in IDS],
    "tuples": tuple(tuple(row) for row in IDS),
    "a column of lists": pd.Series(IDS),
}


@pytest.mark.parametrize("name", GIVEN)
def test_rows_are_padded_at_the_end_to_the_longest(name: str) -> None:
    data = arrays(GIVEN[name], Y).load()
    assert isinstance(data.x, np.ndarray)
    assert data.x.dtype == np.int64
    np.testing.assert_array_equal(data.x, PADDED)
    (note,) = [note for note in data.given.notes if "padded" in note]
    assert note == (
        "x: rows of 1 to 4 values are padded at the end to 4 by 0; mask it by "
        "keras.layers.Embedding(…, mask_zero=True) or keras.layers.Masking()"
    )
    assert data.given.padded == ((),)


def test_that_zero_is_a_value_already_is_said() -> None:
    notes = arrays([[0, 1]] * 19 + [[1]], Y).load().given.notes
    assert any("number ids from 1 on, since 0 is among them, and mask it" in n for n in notes)


def test_inputs_of_a_dict_each_to_its_own_longest() -> None:
    words = [["a", "b"]] * 19 + [[]]
    steps = [np.ones((n, 3), np.float32) for n in LENGTHS]
    data = arrays({"ids": IDS, "words": words, "steps": steps, "n": LENGTHS}, Y).load()
    assert isinstance(data.x, Tree)
    leaves = data.x.leaves
    np.testing.assert_array_equal(leaves["ids",], PADDED)
    assert leaves["words",].tolist() == [["a", "b"]] * 19 + [["", ""]]
    assert leaves["steps",].shape == (ROWS, 4, 3)
    assert leaves["steps",].sum(axis=(1, 2)).tolist() == (3 * LENGTHS).tolist()
    notes = [note for note in data.given.notes if "padded" in note]
    assert [note.partition(":")[0] for note in notes] == ["x['ids']", "x['words']", "x['steps']"]
    assert notes[1].endswith('to 2 by ""')


def test_parts_of_their_own_are_padded_to_the_longest_of_all() -> None:
    own = [[7] * 6, [8]]
    data = arrays(IDS, Y, held_out=(own, [0, 1])).load()
    assert data.x.shape == (ROWS + 2, 6)
    assert data.x[-2:].tolist() == [[7] * 6, [8, 0, 0, 0, 0, 0]]  # type: ignore[union-attr]


BAD: dict[str, tuple[Any, str]] = {
    "a number": ([*IDS[:19], 3], "x: row 19 .from 0. is 3 among sequences; give a list in each"),
    "nothing": ([*IDS[:19], None], "x: row 19 .from 0. is None among sequences"),
    "depth": ([*IDS[:19], [[1, 2]]], r"each value of row 19 .from 0. is of shape \(2,\), and of"),
    "inner": ([*IDS[:19], [[1, 2], [1]]], "x: row 19 .from 0. has parts of unlike length itself"),
    "kinds": ([*IDS[:19], ["a"]], "x: row 19 .from 0. holds texts, and the first numbers"),
    "times": ([np.arange(n).astype("M8[D]") for n in LENGTHS], "x: its values are times"),
    "pictures": (
        [np.zeros((4 + n, 4, 1)) for n in LENGTHS],
        r"x: row 1 .from 0. is of shape \(6, 4, 1\), and the first of \(5, 4, 1\); bring pictures",
    ),
    "no value": (pd.Series([[]] * ROWS), "x: all its rows are empty; give values"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_padded_is_one_sentence(name: str) -> None:
    x, sentence = BAD[name]
    with pytest.raises(InputError, match=sentence):
        arrays(x, Y).load()


def test_targets_of_unlike_length_are_refused() -> None:
    with pytest.raises(InputError, match="y: its rows are of unlike length; pad them"):
        arrays(PADDED, IDS).load()


def signature(x: Any) -> Signature:
    data = arrays(x, Y).load()
    return Signature.of(data, Split().parts(data))


def test_new_rows_are_padded_likewise(tmp_path: Path) -> None:
    expected = [[5, 6, 0, 0], [7, 0, 0, 0]]
    one, several = signature(IDS), signature({"ids": IDS, "n": LENGTHS})
    assert rows_from(one, _given([[5, 6], [7]])).rows.tolist() == expected  # type: ignore[union-attr]
    assert rows_from(one, _given([[5, 6]])).rows.tolist() == expected[:1]  # type: ignore[union-attr]
    read = rows_from(several, _given({"ids": [[5, 6], [7]], "n": [2, 1]})).rows
    assert isinstance(read, Tree)
    assert read.leaves["ids",].tolist() == expected
    np.savez(tmp_path / "new.npz", ids=np.array([[5, 6]]), n=[2])
    of_file = rows_from(several, [tmp_path / "new.npz"]).rows
    assert isinstance(of_file, Tree)
    assert of_file.leaves["ids",].tolist() == expected[:1]


def test_new_rows_that_are_longer_are_refused_with_their_place() -> None:
    with pytest.raises(InputError, match=r"row 1 .from 0. has 5 values.* had 4; cut .* row\[:4\]"):
        rows_from(signature(IDS), _given([[1], [1] * 5]))
    with pytest.raises(InputError, match="its rows are of unlike length; give them of one length"):
        rows_from(signature(PADDED), _given([[1], [1] * 4]))
