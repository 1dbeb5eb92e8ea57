"""One array keeps the type in which it was given, as each of several does."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from search import arrays, npz
from search.data.new_rows import rows_from
from search.data.rows_in_file import Features, flat
from search.data.split import Split
from search.study.errors import InputError
from search.study.signature import Signature

ROWS = 40
DRAW = np.random.default_rng(0)
Y = np.arange(ROWS) % 2
FLOATS = DRAW.normal(size=(ROWS, 3)).astype(np.float32)
IDS = 2**24 + np.arange(2 * ROWS).reshape(ROWS, 2)

KEPT: dict[str, tuple[Any, str]] = {
    "uint8": (np.full((ROWS, 4, 4, 3), 255, np.uint8), "uint8"),
    "ids": (IDS, "int64"),
    "a list of integers": ([[1, 2]] * ROWS, "int64"),
    "booleans": (FLOATS > 0, "bool"),
    "float16": (FLOATS.astype(np.float16), "float32"),
    "float64": (FLOATS.astype(float), "float32"),
    "objects of integers": (IDS.astype(object), "int64"),
    "objects of floats": (FLOATS.astype(object), "float32"),
    "numbers written as texts": (FLOATS.astype(str), "float32"),
}


@pytest.mark.parametrize("name", KEPT)
def test_an_array_keeps_its_type_and_floats_become_float32(name: str) -> None:
    given, dtype = KEPT[name]
    data = arrays(given, Y).load()
    assert (str(data.x.dtype), data.shape.dtype) == (dtype, dtype)  # type: ignore[union-attr]
    assert np.array_equal(data.x[:], np.asarray(given).astype(dtype))  # type: ignore[index]
    assert data.shape.zeros(2).dtype == dtype  # type: ignore[union-attr]
    if isinstance(given, np.ndarray) and given.dtype == dtype:
        assert np.shares_memory(data.x, given)  # type: ignore[arg-type]


def test_what_no_model_takes_is_one_sentence() -> None:
    wrong = {
        r"x: its values are times .* give numbers, such as days": np.arange(ROWS).astype("M8[D]"),
        r"x: its values are of type complex128": np.ones((ROWS, 2)) * 1j,
    }
    for sentence, x in wrong.items():
        with pytest.raises(InputError, match=sentence):
            arrays(x.reshape(ROWS, -1), Y).load()


def test_the_hash_of_floats_stays_and_that_of_others_tells_their_type() -> None:
    x = np.arange(2.0 * ROWS).reshape(ROWS, 2)
    assert arrays(x, Y).load().hash == (
        "e91f4bee5e4747eac16e8c6c4d71ab38a1bad273fe8555f9dec0397a76688f23"
    )
    kinds = ("float32", "int32", "uint32", "int64")
    assert len({arrays(x.astype(kind), Y).load().hash for kind in kinds}) == len(kinds)


def test_files_and_archives_keep_it_too_whether_rows_stay_there_or_not(tmp_path: Path) -> None:
    x = DRAW.integers(0, 256, (ROWS, 4, 4, 1)).astype(np.uint8)
    np.save(tmp_path / "x.npy", x)
    np.savez(tmp_path / "rows.npz", x=x, y=Y)
    there = [
        npz(tmp_path / "rows.npz").load(),
        arrays(tmp_path / "x.npy", Y, in_memory=True).load(),
        arrays(tmp_path / "x.npy", Y, in_memory=False).load(),
    ]
    for data in there:
        part = Split().parts(data).held_out.x
        assert part[:2].dtype == np.uint8  # type: ignore[union-attr]
    assert {data.hash for data in there} == {arrays(x, Y).load().hash}


def test_a_network_without_keras_and_reference_models_get_floats() -> None:
    found: Features = arrays(IDS % 100, Y).load().x
    assert flat(found).dtype == np.float32
    assert np.array_equal(flat(found), IDS % 100)


def test_new_rows_are_what_was_trained_on(tmp_path: Path) -> None:
    data = arrays(IDS, Y).load()
    signature = Signature.of(data, Split().parts(data))
    assert np.array_equal(rows_from(signature, IDS).rows, IDS)  # type: ignore[arg-type]
    (tmp_path / "new.csv").write_text("x1,x2\n20000001,20000003\n")
    read = rows_from(signature, [tmp_path / "new.csv"]).rows
    assert np.array_equal(read, [[20_000_001, 20_000_003]])  # type: ignore[arg-type]
    halves = rows_from(signature, np.full((2, 2), 2.0**24 + 0.5)).rows
    assert halves.dtype == np.float32  # type: ignore[union-attr]
    with pytest.raises(InputError, match="its values are of type <U1"):
        rows_from(signature, np.full((2, 2), "a"))
