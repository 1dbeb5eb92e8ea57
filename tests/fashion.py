"""The real Fashion-MNIST, where Debian's package is installed."""

import os
from pathlib import Path

import pytest

from search.data.fashion import FILES, idx
from tests.benchmarks.test_jobs import write_idx

PICTURES = Path("/usr/share/datasets/fashion-mnist")


def need_fashion_mnist() -> None:
    """Skip without the pictures; in CI, where they are promised, fail."""
    if not PICTURES.is_dir():
        say = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        say("Fashion-MNIST is not here; get it with `apt-get install dataset-fashion-mnist`")


def few_pictures(folder: Path, count: int) -> None:
    """Write the first pictures of each of its files."""
    folder.mkdir()
    for file in FILES:
        write_idx(folder / f"{file}.gz", idx(PICTURES / f"{file}.gz")[:count])
