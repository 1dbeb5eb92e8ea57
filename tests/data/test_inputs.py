"""Several inputs: told apart as they are given, kept in their types, cut and hashed as one."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from search import Split, arrays, npz
from search.data.dataset import Array, Given
from search.data.new_rows import rows_from
from search.data.rows_in_file import leaves_of
from search.data.split import Rows
from search.data.tree import Leaf, Tree
from search.study.errors import InputError
from search.study.signature import Signature

ROWS = 40
DRAW = np.random.default_rng(0)
Y = DRAW.permutation(ROWS) % 2
IDS = 2**24 + np.arange(ROWS)
"""Of which float32 tells every second one apart."""


def given() -> dict[str, Any]:
    return {
        "ids": IDS,
        "text": np.array([f"text {i}" for i in range(ROWS)]),
        "more": {
            "numbers": DRAW.normal(size=(ROWS, 3)),
            "pictures": DRAW.integers(0, 256, (ROWS, 4, 4, 3)).astype(np.uint8),
        },
        "flags": [Y > 0, DRAW.normal(size=ROWS).astype(np.float16)],
    }


def test_each_input_keeps_its_type_and_floats_become_float32() -> None:
    data = arrays(given(), Y).load()
    assert isinstance(data.x, Tree)
    assert leaves_of(data.x) == (
        Leaf(("ids",), (), "int64"),
        Leaf(("text",), (), "string"),
        Leaf(("more", "numbers"), (3,), "float32"),
        Leaf(("more", "pictures"), (4, 4, 3), "uint8"),
        Leaf(("flags", 0), (), "bool"),
        Leaf(("flags", 1), (), "float32"),
    )
    nested = data.x.nested
    assert nested["ids"].tolist() == IDS.tolist()
    assert nested["text"].tolist() == given()["text"].tolist()
    assert np.shares_memory(data.x.leaves["ids",], IDS)
    assert [type(nested), type(nested["flags"])] == [dict, list]
    assert data.feature_names == ("ids", "text", "more/numbers", "more/pictures",
                                  "flags/arr_0", "flags/arr_1")  # fmt: skip


@pytest.mark.parametrize("names", [{0: "a"}, [0, 1], (0, 1)], ids=["dict", "list", "tuple"])
def test_a_list_or_tuple_of_arrays_is_several_inputs_and_one_of_rows_is_not(names: Any) -> None:
    parts = [np.ones((ROWS, 2)), np.ones(ROWS)]
    x = {"a": parts[0], "b": parts[1]} if isinstance(names, dict) else type(names)(parts)
    assert len(arrays(x, Y).load().shape.inputs) == 2
    assert arrays([np.ones(3)] * ROWS, Y).load().shape.features == (3,)
    assert arrays([[1.0, 2.0]] * ROWS, Y).load().shape.features == (2,)


def test_rows_are_cut_alike_in_every_input() -> None:
    weights = np.arange(ROWS) + 1.0
    data = arrays(given(), Y, weights=weights).load()
    parts = Split().parts(data)
    for rows, numbers in zip(
        (parts.train, parts.validation, parts.held_out), parts.numbers, strict=True
    ):
        assert isinstance(rows.x, Tree)
        assert rows.x.leaves["ids",].tolist() == IDS[numbers].tolist()
        assert rows.x.leaves["text",].tolist() == [f"text {i}" for i in numbers]
        assert rows.y.tolist() == Y[numbers].tolist()
    assert parts.train.weights is not None
    assert parts.train.weights.tolist() == weights[parts.numbers[0]].tolist()
    again = parts.together()
    assert len(again.train) == len(parts.train) + len(parts.validation)


def in_parts(given_too: Given) -> list[tuple[Array, Rows]]:
    """Numbers of each part's rows, and the rows, of which every input is cut alike."""
    data = arrays(given(), Y).load()
    parts = Split().parts(replace(data, given=given_too))
    found = list(zip(parts.numbers, (parts.train, parts.validation, parts.held_out), strict=True))
    for numbers, rows in found:
        assert isinstance(rows.x, Tree)
        assert rows.x.leaves["ids",].tolist() == IDS[numbers].tolist()
        assert rows.x.leaves["text",].tolist() == [f"text {i}" for i in numbers]
        assert rows.x.leaves["flags", 0].tolist() == (Y[numbers] > 0).tolist()
    return found


def test_a_group_is_in_one_part_alone_in_every_input() -> None:
    groups = np.arange(ROWS) // 2
    seen = [set(groups[numbers].tolist()) for numbers, _ in in_parts(Given(groups=groups))]
    assert sum(map(len, seen)) == len(set.union(*seen)) == ROWS // 2


def test_the_newest_rows_are_held_out_in_every_input() -> None:
    times = DRAW.permutation(ROWS)
    train, validation, held_out = (times[numbers] for numbers, _ in in_parts(Given(times=times)))
    assert train.max() < validation.min()
    assert validation.max() < held_out.min()


def test_weights_change_the_hash_and_not_that_of_the_rows() -> None:
    """By the first a run resumes; by the second two runs are compared."""
    data = arrays(given(), Y).load()
    weighted = replace(data, given=Given(weights=np.ones(ROWS, np.float32)))
    grouped = replace(data, given=Given(groups=np.arange(ROWS)))
    assert len({data.hash, weighted.hash, grouped.hash}) == 3
    assert weighted.hash_of_rows == data.hash_of_rows != grouped.hash_of_rows


def test_rows_of_a_part_of_their_own_stand_under_the_others() -> None:
    x = {"a": np.ones((ROWS, 2)), "t": ["x"] * ROWS}
    own = {"t": ["y"] * 10, "a": np.zeros((10, 2))}
    data = arrays(x, Y, held_out=(own, Y[:10])).load()
    assert isinstance(data.x, Tree)
    assert data.x.leaves["t",][-1] == "y"
    with pytest.raises(InputError, match=r"held_out: its x is t \(rows\) of string, and x a"):
        arrays(x, Y, held_out=({"t": own["t"]}, Y[:10])).load()


def test_bytes_that_are_held_out_become_the_floats_that_train() -> None:
    bytes_ = np.full((10, 2), 200, np.uint8)
    data = arrays({"a": np.ones((ROWS, 2))}, Y, held_out=({"a": bytes_}, Y[:10])).load()
    assert isinstance(data.x, Tree)
    assert data.x.leaves["a",].dtype == np.float32
    assert (data.x.leaves["a",][-10:] == 200).all()


def test_a_change_of_one_value_changes_the_hash_and_the_same_rows_do_not() -> None:
    def hash_of(text: str, number: int) -> str:
        x = {"t": ["a", "bc", text, "d"], "n": np.array([1, 2, 3, number])}
        return arrays(x, [0, 1, 0, 1]).load().hash

    hashes = [hash_of("", 4), hash_of("x", 4), hash_of("", 5)]
    assert len(set(hashes)) == 3
    assert hash_of("", 4) == hashes[0]


BAD: dict[str, tuple[Any, str]] = {
    "lengths": ({"a": np.ones(ROWS), "b": np.ones(3)}, r"x\['b'\]: it has 3 rows and y has 40"),
    "deep": ({"a": [np.ones(3)]}, r"x\['a'\]\[0\]: it has 3 rows"),
    "times": ({"a": np.arange(ROWS).astype("M8[D]")}, r"x\['a'\]: its values are times .* days"),
    "objects": ({"a": np.array([None] * ROWS)}, r"x\['a'\]: its values are Python objects"),
    "a text is missing": ({"a": [*["t"] * 39, None]}, r"x\['a'\]: row 39 .from 0. is None among"),
    "nan": ({"a": np.array([np.nan] * ROWS)}, r"x\['a'\]: row 0 .from 0. is nan"),
    "nothing": ({}, "x: it is empty"),
    "a number as a name": ({1: np.ones(ROWS)}, "x: its key 1 is no name"),
    "masked": ({"a": np.ma.masked_less(Y, 1)}, r"x\['a'\]: its mask leaves out 20 values"),
    "complex": ({"a": np.ones(ROWS) * 1j}, r"x\['a'\]: its values are of type complex128"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_no_model_takes_is_one_sentence_with_its_input(name: str) -> None:
    x, sentence = BAD[name]
    with pytest.raises(InputError, match=sentence):
        arrays(x, Y).load()


def test_arrays_of_an_archive_and_of_files_are_inputs_by_name(tmp_path: Path) -> None:
    x = {"ids": IDS, "mask": np.ones((ROWS, 2))}
    np.savez(tmp_path / "rows.npz", **x, y=Y)
    for name, values in x.items():
        np.save(tmp_path / f"{name}.npy", values)
    by_list = npz(tmp_path / "rows.npz", x=["ids", "mask"]).load()
    by_dict = npz(tmp_path / "rows.npz", x={"ids": "ids", "mask": "mask"}).load()
    files = arrays({name: tmp_path / f"{name}.npy" for name in x}, Y).load()
    assert by_list.hash == by_dict.hash == files.hash == arrays(x, Y).load().hash
    with pytest.raises(InputError, match="there is no array 'idz' for x="):
        npz(tmp_path / "rows.npz", x=["idz", "mask"]).load()
    with pytest.raises(InputError, match=r'name arrays of the archive, such as \["ids", "mask"\]'):
        npz(tmp_path / "rows.npz", x=["ids", 3])  # type: ignore[list-item]


def signature() -> Signature:
    return Signature("binary", ("no", "yes"), inputs=arrays(given(), Y).load().shape.inputs)


def archive(tmp_path: Path, **changed: Array) -> list[Path]:
    tree = arrays(given(), Y).load().x
    assert isinstance(tree, Tree)
    rows = {n: a.astype(str) if a.dtype == object else a for n, a in tree.by_key().items()}
    np.savez(tmp_path / "new.npz", allow_pickle=False, **{**rows, **changed})
    return [tmp_path / "new.npz"]


def test_new_rows_of_an_archive_are_those_that_were_given(tmp_path: Path) -> None:
    read = rows_from(signature(), archive(tmp_path, more=np.ones(3))).rows
    assert isinstance(read, Tree)
    assert leaves_of(read) == signature().inputs
    assert read.leaves["ids",].tolist() == IDS.tolist()
    assert read.leaves["text",][3] == "text 3"
    small = archive(tmp_path, ids=np.arange(ROWS, dtype=np.int16))
    assert leaves_of(rows_from(signature(), small).rows) == signature().inputs  # type: ignore[arg-type]


WRONG: dict[str, tuple[dict[str, Array], str]] = {
    "rows": ({"ids": IDS[:3]}, "unlike numbers of rows, or none .*ids 3, text 40"),
    "shape": ({"more/numbers": np.ones((ROWS, 2))}, r"more/numbers: its shape is \(40, 2\)"),
    "texts": ({"ids": np.array(["a"] * ROWS)}, "ids: its values are of type string"),
    "range": ({"more/pictures": np.full((ROWS, 4, 4, 3), 256)}, "uint8 cannot hold its values"),
    "fractions": ({"ids": np.full(ROWS, 0.5)}, "int64 cannot hold its values"),
}


@pytest.mark.parametrize("name", WRONG)
def test_new_rows_that_do_not_fit_are_one_sentence(name: str, tmp_path: Path) -> None:
    changed, sentence = WRONG[name]
    with pytest.raises(InputError, match=sentence):
        rows_from(signature(), archive(tmp_path, **changed))


def test_new_rows_without_an_input_are_told_both_lists(tmp_path: Path) -> None:
    np.savez(tmp_path / "few.npz", ids=IDS)
    with pytest.raises(InputError, match=r"takes the arrays ids, text, more/.* and there are ids;"):
        rows_from(signature(), [tmp_path / "few.npz"])
