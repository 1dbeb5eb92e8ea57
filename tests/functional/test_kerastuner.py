"""Whole runs of files written for KerasTuner, as they are."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import search as product
from tests.functional.command import ONE_WORKER, ROOT, search, within

FILES = ROOT / "tests" / "peers" / "kerastuner"


def beside(name: str, shape: tuple[int, ...], folder: Path) -> None:
    """A file, and rows for it."""
    shutil.copy(FILES / name, folder)
    x = np.random.default_rng(0).normal(size=(300, *shape)).astype("float32")
    np.savez(folder / "rows.npz", x=x, y=(x.reshape(300, -1)[:, :2].sum(axis=1) > 0).astype(int))


@pytest.mark.long  # in short by tests/peers, and by functions of Optuna's that Ray runs
@pytest.mark.ray
def test_a_file_is_searched_and_its_winner_is_trained_without_kerastuner(tmp_path: Path) -> None:
    beside("getting_started.py", (4, 4), tmp_path)
    target = ("getting_started.py:build_model", "--data", "rows.npz", "--name", "first")
    ended = search(tmp_path, "run", *target, "--trials", "4", *ONE_WORKER)
    assert ended.code == 0, ended.err
    assert "what RandomSearch(…) was told is used: budget=Budget(trials=4, epochs=2)" in ended.out
    assert "uses Keras while it is read" not in ended.out
    run = product.load_run(tmp_path / "runs" / "first")
    trials = run.trials
    assert len(trials) == 4
    for trial in trials:
        widths = {f"units_{place}" for place in range(int(trial.params["num_layers"]))}
        assert set(trial.params) == {"num_layers", *widths, "activation", "dropout", "lr"}
    assert not (tmp_path / "my_dir").exists()
    taken = within(tmp_path, "export", "first")
    assert taken.code == 0, taken.err
    assert "tuner.search(x_train" not in (tmp_path / "exports/first/getting_started.py").read_text()
    again = subprocess.run(
        [sys.executable, "train.py"],
        cwd=tmp_path / "exports" / "first",
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert again.returncode == 0, again.stderr
    here, page = re.findall(r"held-out accuracy (\S+) here, (\S+) on the page", again.stdout)[0]
    assert float(here) == pytest.approx(float(page), abs=0.02)


@pytest.mark.long  # in short by the tests of warm starts
@pytest.mark.ray
def test_a_file_begins_with_the_trials_of_its_earlier_run(tmp_path: Path) -> None:
    beside("getting_started.py", (4, 4), tmp_path)
    target = ("getting_started.py:build_model", "--data", "rows.npz", "--trials", "2")
    checked = search(tmp_path, "check", *target[:3])
    assert "\nfile        what RandomSearch(…) was told is used: " in checked.out, checked.err
    first = search(tmp_path, "run", *target, "--name", "first", *ONE_WORKER)
    assert first.code == 0, first.err
    more = ("--name", "second", "--continue-from", "first", *ONE_WORKER)
    second = search(tmp_path, "run", *target, *more)
    assert second.code == 0, second.err
    trials = product.load_run(tmp_path / "runs" / "second").trials
    assert [trial.taken for trial in trials] == ["first trial 0", "first trial 1", "", ""]


@pytest.mark.long  # in short by the test above, and those of `fit` in tests/peers
@pytest.mark.ray
def test_a_loop_by_hand_is_searched_resumed_and_reproduced(tmp_path: Path) -> None:
    beside("custom_training.py", (16,), tmp_path)
    target = ("custom_training.py:MyHyperModel", "--data", "rows.npz", "--name", "first")
    ended = search(tmp_path, "run", *target, "--trials", "3", "--epochs", "3", *ONE_WORKER)
    assert ended.code == 0, ended.err
    assert "engine own loop" in ended.out
    more = search(tmp_path, "resume", "first", "--trials", "+2")
    assert more.code == 0, more.err
    trials = product.load_run(tmp_path / "runs" / "first").trials
    assert [set(trial.params) for trial in trials] == [{"units", "batch_size", "learning_rate"}] * 5
    again = search(tmp_path, "reproduce", "first")
    assert again.code == 0, again.err
