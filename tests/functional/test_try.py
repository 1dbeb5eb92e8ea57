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


TUNED = """
from ray import tune

def trainable(config):
    tune.report({"far": (config["a"] - 3) ** 2})

param_space = {"a": tune.uniform(2.9, 3.1)}
"""


def test_a_function_for_ray_tune_is_tried_and_checked_by_the_words_it_is_run_by(
    tmp_path: Path,
) -> None:
    (tmp_path / "tuned.py").write_text(TUNED)
    words = ("tuned.py:trainable", "--space", "tuned.py:param_space", "--metric", "far")
    ended = within(tmp_path, "try", *words)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("trial    0  complete")
    checked = within(tmp_path, "check", *words)
    assert checked.code == 2
    assert "there is nothing to check or to predict; `search try` calls it once" in checked.err
