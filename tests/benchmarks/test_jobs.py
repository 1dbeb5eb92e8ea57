"""The jobs' spaces are sound, and their rows are the sizes that the race says."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from benchmarks.jobs import JOBS
from search.loading.space_file import read

SPACES = Path(__file__).parent.parent.parent / "benchmarks" / "spaces"


@pytest.mark.parametrize(
    ("job", "train", "validation", "features"),
    [
        ("circles", 600, 200, (2,)),
        ("dense784", 50_000, 10_000, (784,)),
        ("cnn", 5_000, 1_000, (28, 28, 1)),
    ],
)
def test_rows_are_cut_as_announced(
    job: str, train: int, validation: int, features: tuple[int, ...]
) -> None:
    material = JOBS[job].material()
    assert (len(material.train), len(material.validation)) == (train, validation)
    assert material.shape.features == features


@pytest.mark.parametrize("job", ["dense784", "cnn"])
def test_the_module_that_makes_pictures_travels_with_the_space(job: str) -> None:
    assert set(read(JOBS[job].space).files) == {f"{job}.py", "pictures.py"}


def test_installed_pictures_are_read_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(SPACES))
    from pictures import Pictures  # type: ignore[import-not-found]

    draw = np.random.default_rng(0)
    pixels = {part: draw.integers(0, 256, (60, 28, 28), np.uint8) for part in ("train", "t10k")}
    for part, values in pixels.items():
        write_idx(tmp_path / f"{part}-images-idx3-ubyte.gz", values)
        labels = np.arange(60, dtype=np.uint8) % 10
        write_idx(tmp_path / f"{part}-labels-idx1-ubyte.gz", labels)
    pictures = Pictures(30, 10, (28, 28, 1), tmp_path)
    assert str(pictures) == "Fashion-MNIST, 50 rows"
    data = pictures.load()
    parts = pictures.split.parts(data)
    assert [len(rows) for rows in (parts.train, parts.validation, parts.held_out)] == [30, 10, 10]
    np.testing.assert_allclose(parts.validation.x[..., 0] * 255, pixels["train"][30:40], rtol=1e-5)
    np.testing.assert_allclose(parts.held_out.x[..., 0] * 255, pixels["t10k"][:10], rtol=1e-5)


def write_idx(path: Path, values: np.ndarray) -> None:
    """The IDX format, by its description: magic number, sizes as big-endian words, bytes."""
    header = bytes([0, 0, 8, values.ndim]) + np.array(values.shape, ">u4").tobytes()
    path.write_bytes(gzip.compress(header + values.tobytes()))
