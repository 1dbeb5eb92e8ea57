"""Rows that are read on demand: of a sparse matrix, or of an array too large to be copied."""

import pickle

import numpy as np
import pytest
from scipy import sparse

from search import Split, arrays
from search.data import arrays as given_arrays
from search.data import rows_in_file
from search.data.dataset import Array, Dataset
from search.data.rows_in_file import RowsOnDemand, at_once, flat, whole
from search.study.errors import InputError
from search.study.signature import Signature

ROWS = 60
Y = np.arange(ROWS) % 2
PICTURES = np.random.default_rng(0).integers(0, 256, (ROWS, 6, 5, 3)).astype(np.uint8)
MATRIX = sparse.random(ROWS, 40, 0.1, "coo", rng=np.random.default_rng(1))


@pytest.fixture
def no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(given_arrays, "SHARE_OF_MEMORY", 0)
    monkeypatch.setattr(rows_in_file, "LARGE", 0)
    monkeypatch.setattr(rows_in_file, "LARGE_ROW", 80)


def of(data: Dataset) -> RowsOnDemand:
    assert isinstance(data.x, RowsOnDemand)
    return data.x


def check_parts(data: Dataset, expected: Array) -> None:
    """Each part has its own rows, shares the one source, and takes along no other row."""
    parts = Split().parts(data)
    for part, numbers in zip((parts.train, parts.held_out), (parts.numbers[0], parts.numbers[-1]),
                             strict=True):  # fmt: skip
        assert isinstance(part.x, RowsOnDemand)
        assert part.x.source is of(data).source
        np.testing.assert_array_equal(whole(part.x), expected[numbers])
        sent = pickle.loads(pickle.dumps(part.x))  # noqa: S301 - our own bytes
        assert sent.source.shape[0] == len(sent) == len(numbers)
        np.testing.assert_array_equal(sent[:], expected[numbers])


@pytest.mark.usefixtures("no_room")
def test_large_pictures_are_cut_without_copies() -> None:
    data = arrays(PICTURES, Y).load()
    assert of(data).source is PICTURES
    check_parts(data, PICTURES)
    table = arrays(PICTURES.reshape(ROWS, -1), Y).load()
    assert isinstance(table.x, np.ndarray)


@pytest.mark.usefixtures("no_room")
@pytest.mark.parametrize("dtype", ["float64", "float32", "int32", "bool"])
def test_a_sparse_matrix_without_room_stays_one(dtype: str) -> None:
    matrix = MATRIX.astype(dtype)
    source = arrays(matrix, Y)
    data = source.load()
    assert str(source) == "arrays, 60 rows"
    dense = matrix.toarray().astype("float32" if dtype == "float64" else dtype)
    assert of(data).dtype == dense.dtype
    check_parts(data, dense)
    np.testing.assert_array_equal(flat(data.x), dense)
    signature = Signature.of(data, Split().parts(data))
    assert (signature.shape, len(signature.features)) == ((40,), 40)


def test_a_small_sparse_matrix_is_an_array() -> None:
    data = arrays(MATRIX, Y).load()
    assert isinstance(data.x, np.ndarray)
    np.testing.assert_array_equal(data.x, MATRIX.toarray().astype(np.float32))


@pytest.mark.usefixtures("no_room")
def test_what_is_wrong_with_a_sparse_matrix_is_one_sentence() -> None:
    bad = MATRIX.tocsr(copy=True)
    bad.data[3] = np.nan
    with pytest.raises(InputError, match=r"x: row \d+, column \d+ .from 0. is nan"):
        arrays(bad, Y).load()
    with pytest.raises(InputError, match=r"as an array it would take 0\.0 GB; give it fewer col"):
        arrays({"a": MATRIX}, Y)
    with pytest.raises(InputError, match=r"no parts of their own.*Split\(shuffle=False\)"):
        arrays(MATRIX, Y, held_out=(np.ones((4, 40)), Y[:4])).load()
    with pytest.raises(InputError, match="of type complex128"):
        arrays(MATRIX * 1j, Y).load()


@pytest.mark.usefixtures("no_room")
def test_the_hash_is_of_the_values_and_not_of_how_they_are_stored() -> None:
    hashes = {arrays(kind(MATRIX), Y).load().hash for kind in (sparse.csr_matrix, sparse.coo_array)}
    assert len(hashes) == 1
    assert arrays(MATRIX * 2, Y).load().hash not in hashes
    assert arrays(PICTURES, Y).load().hash == arrays(list(PICTURES), Y).load().hash


def test_fewer_large_rows_are_given_to_a_model_at_once() -> None:
    assert at_once(np.empty((9, 784), np.uint8), 4096) == 4096
    assert at_once(np.empty((9, 96, 96, 3), np.uint8), 4096) == 151
    assert at_once(np.empty((9, 10**6), np.uint8), 4096) == 32
