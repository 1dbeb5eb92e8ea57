"""A damaged archive or array file is one sentence, before anything starts."""

import io
from pathlib import Path

import numpy as np
import psutil
import pytest

from search import InputError, arrays, npz
from search.data.new_rows import new_rows
from search.study.signature import Signature

POINTS = Signature("binary", ("outer", "inner"), shape=(2,), features=("x1", "x2"))


def archive() -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer, x=np.random.default_rng(0).normal(size=(60, 2)), y=np.arange(60) % 2
    )
    return buffer.getvalue()


def array() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.random.default_rng(0).normal(size=(60, 2)))
    return buffer.getvalue()


def spoilt(content: bytes, seed: int) -> bytes:
    """Cut off, or with some bytes that are others."""
    draw = np.random.default_rng(seed)
    if seed % 3 == 0:
        return content[: draw.integers(1, len(content))]
    changed = bytearray(content)
    for place in draw.integers(0, len(content) if seed % 3 == 1 else 128, 12):
        changed[place] = draw.integers(256)
    return bytes(changed)


@pytest.mark.parametrize("seed", range(90))
def test_a_spoilt_file_is_rows_or_a_sentence(seed: int, tmp_path: Path) -> None:
    (tmp_path / "t.npz").write_bytes(spoilt(archive(), seed))
    (tmp_path / "x.npy").write_bytes(spoilt(array(), seed))
    reads = [
        lambda: npz(tmp_path / "t.npz").load(),
        lambda: arrays(tmp_path / "x.npy", np.arange(60) % 2).load(),
        lambda: new_rows(POINTS, tmp_path / "t.npz"),
        lambda: new_rows(POINTS, tmp_path / "x.npy"),
    ]
    for read in reads:
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                read()
        except InputError as error:
            assert "\n" not in str(error)  # noqa: PT017 - whatever the fault, it is one sentence
            assert ".np" in str(error)  # noqa: PT017


def test_objects_and_what_has_no_room_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.savez(tmp_path / "o.npz", x=np.array([{}, {}], dtype=object), y=np.arange(2))
    with pytest.raises(InputError, match="array 'x': it holds Python objects, which are not read"):
        npz(tmp_path / "o.npz").load()
    bomb = np.zeros((2**22, 1), np.float32)
    np.savez_compressed(tmp_path / "b.npz", x=bomb, y=np.arange(2))
    assert (tmp_path / "b.npz").stat().st_size < 2**18
    memory = psutil.virtual_memory()
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory._replace(available=2**23))
    with pytest.raises(InputError, match=r"b\.npz: it unpacks to 0\.0 GiB, and 0\.0 GiB of memory"):
        npz(tmp_path / "b.npz").load()
