"""Arrays in files: the same rows as from memory, or a sentence; large ones are not read."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from search import InputError, Split, arrays
from search.data import rows_in_file
from search.data.rows_in_file import RowsOnDemand, blocks, taken, whole

X = np.random.default_rng(0).normal(size=(200, 3, 2)).astype(np.float32)
Y = np.array(["no", "yes"] * 100)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", X)
    np.save("y.npy", Y)
    return tmp_path


@pytest.mark.parametrize("in_memory", [None, True, False])
@pytest.mark.usefixtures("here")
def test_files_give_the_rows_that_arrays_give(in_memory: bool | None) -> None:
    found, expected = arrays("x.npy", "y.npy", in_memory=in_memory).load(), arrays(X, Y).load()
    assert isinstance(found.x, RowsOnDemand) == (in_memory is False)
    np.testing.assert_array_equal(whole(found.x), expected.x)
    assert (found.hash, found.shape, found.names) == (expected.hash, expected.shape, expected.names)
    ours, theirs = Split().parts(found), Split().parts(expected)
    assert ours.train.on_demand == (in_memory is False)
    for own, other in ((ours.train, theirs.train), (ours.held_out, theirs.held_out)):
        np.testing.assert_array_equal(whole(own.x), whole(other.x))
        np.testing.assert_array_equal(own.y, other.y)


@pytest.mark.usefixtures("here")
def test_one_that_memory_has_no_room_for_stays_in_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.data.arrays.SHARE_OF_MEMORY", 1e-12)
    assert isinstance(arrays("x.npy", "y.npy").load().x, RowsOnDemand)
    assert not isinstance(arrays("x.npy", "y.npy", in_memory=True).load().x, RowsOnDemand)
    own = arrays("x.npy", "y.npy", validation=(X[:9], Y[:9])).load()
    assert not isinstance(own.x, RowsOnDemand)


@pytest.mark.usefixtures("here")
def test_weights_and_parts_of_ones_own_come_from_files_too() -> None:
    np.save("w.npy", np.linspace(0, 1, 200))
    data = arrays("x.npy", "y.npy", weights="w.npy", held_out=("x.npy", "y.npy")).load()
    assert len(data.y) == 400
    assert data.given.weights is not None
    assert data.given.weights[:200] == pytest.approx(np.linspace(0, 1, 200))


def test_rows_in_a_file_are_sent_without_a_row(here: Path) -> None:
    rows = RowsOnDemand.all_of(here / "x.npy")
    some = taken(rows, np.array([7, 3]))
    assert isinstance(some, RowsOnDemand)
    whole(some)  # opened here, and still not sent
    assert len(pickle.dumps(some)) < 1000
    sent = pickle.loads(pickle.dumps(some))  # noqa: S301 - made here
    np.testing.assert_array_equal(whole(sent), X[[7, 3]])


def test_blocks_are_all_rows_in_their_order(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_in_file, "AT_ONCE", 42)
    for x in (X, RowsOnDemand.all_of(here / "x.npy")):
        found = list(blocks(x))
        assert [start for start, _ in found] == list(range(0, 200, 7))
        np.testing.assert_array_equal(np.concatenate([block for _, block in found]), X)


def saved(file: str, array: Any) -> str:
    np.save(file, array, allow_pickle=True)
    return file


BAD: dict[str, tuple[Any, str]] = {
    "no file": (lambda: arrays("xx.npy", "y.npy"), "xx.npy: there is no such file; did you mean"),
    "a folder": (lambda: arrays(".", "y.npy"), "this is a folder"),
    "a file of text": (
        lambda: arrays(Path("t.npy").write_text("1,2") and "t.npy", "y.npy"),
        "t.npy: this is not a complete array; write it by numpy.save",
    ),
    "a file cut short": (
        lambda: arrays(
            Path("c.npy").write_bytes(Path("x.npy").read_bytes()[:-4]) and "c.npy", "y.npy"
        ),
        "c.npy: this is not a complete array",
    ),
    "an archive": (
        lambda: (np.savez("a.npz", x=X), arrays("a.npz", "y.npy"))[1],
        r"a.npz: this is an archive of arrays; read it by npz\(…\)",
    ),
    "objects": (
        lambda: arrays(saved("o.npy", np.array([{}, {}])), "y.npy"),
        "o.npy: it holds Python objects, which are not read",
    ),
    "one number": (
        lambda: arrays(saved("n.npy", 3.0), "y.npy"),
        "n.npy: this is not a complete array",
    ),
    "one axis": (
        lambda: arrays(saved("n.npy", X[:, 0, 0]), "y.npy", in_memory=False),
        r"n.npy: x: its shape is \(200,\); give rows",
    ),
    "text in a file that stays": (
        lambda: arrays(saved("s.npy", X.astype(str)), "y.npy", in_memory=False),
        "s.npy: its values are of type <U32; rows that stay in their file must be numbers",
    ),
    "other rows": (
        lambda: arrays("x.npy", Y[:-1], in_memory=False),
        "x.npy: x and y: x has 200 rows and y has 199",
    ),
    "not finite": (
        lambda: arrays(saved("i.npy", np.where(X > 2.9, np.inf, X)), "y.npy", in_memory=False),
        r"i.npy: x: row \d+, place .* in it .from 0. is inf; fill or drop",
    ),
    "weights that lack one": (
        lambda: arrays("x.npy", "y.npy", weights=saved("w.npy", np.ones(199)), in_memory=False),
        r"x.npy: weights: its shape is \(199,\) for 200 rows",
    ),
}
BAD_CALLS: dict[str, tuple[Any, str]] = {
    "an array that shall stay": (lambda: arrays(X, Y, in_memory=False), "x is an array; give the"),
    "no truth": (lambda: arrays("x.npy", Y, in_memory="no"), r"in_memory='no'\): give True or Fal"),
    "parts of their own": (
        lambda: arrays("x.npy", Y, held_out=(X, Y), in_memory=False),
        r"put all rows into it.*Split\(shuffle=False\)",
    ),
    "no place": (lambda: arrays("", Y), "give the path of a file"),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.usefixtures("here")
def test_what_is_wrong_in_a_file_is_said_with_its_mend(name: str) -> None:
    make, says = BAD[name]
    data = make()
    with pytest.raises(InputError, match=says):
        data.load()


@pytest.mark.parametrize("name", BAD_CALLS)
@pytest.mark.usefixtures("here")
def test_what_is_wrong_in_the_call_is_said_at_once(name: str) -> None:
    make, says = BAD_CALLS[name]
    with pytest.raises(InputError, match=says):
        make()
