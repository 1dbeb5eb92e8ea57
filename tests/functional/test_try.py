"""`search try` trains one configuration in its own process, so that prints and a debugger work."""

from pathlib import Path

import pytest

from tests.functional.command import search, within

pytestmark = pytest.mark.keras

SPACE = """
import os
import keras
from search import Budget, Int, Study, circles

def build(units):
    print("building in process", os.getpid() != 0, "with", units)
    {inside}
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(units), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["accuracy"])
    return model

study = Study(data=circles(samples=100), space={{"units": Int(3, 4)}}, model=build)
"""


def write(folder: Path, inside: str = "pass") -> None:
    (folder / "mine.py").write_text(SPACE.format(inside=inside))


def test_prints_show_and_nothing_else_but_the_trial(tmp_path: Path) -> None:
    write(tmp_path)
    ended = search(tmp_path, "try", "mine.py", "--epochs", "2")
    assert (ended.code, ended.err) == (0, "")
    printed, told = ended.out.splitlines()
    assert printed.startswith("building in process True with ")
    assert told.startswith("trial    0  complete")
    assert "2 epochs" in told
    assert [path.name for path in tmp_path.iterdir()] == ["mine.py"]


def test_a_failure_is_told_with_its_line(tmp_path: Path) -> None:
    write(tmp_path, "raise ValueError('too few units')")
    ended = within(tmp_path, "try", "mine.py")
    assert ended.code == 1
    assert ended.out.splitlines()[-1].endswith("ValueError: too few units (mine.py, line 8)")
