"""`search finish`: enough was searched, and what is there is judged."""

import signal
import subprocess
from pathlib import Path

import pytest

from search import State
from search.store.run import load_run
from tests.functional.command import PATIENCE, search, start, status

pytestmark = [pytest.mark.ray, pytest.mark.keras]

TRIALS = 4000
LONG = f'''
"""A search that nobody waits for to end by itself."""
import time
from search import Budget, Finals, Int, Study, circles

def build(units):
    import keras

    time.sleep(0.2)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(units), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["accuracy"])
    return model

study = Study(data=circles(samples=200), space={{"units": Int(2, 20_000)}}, model=build,
              budget=Budget(trials={TRIALS}, epochs=1), finals=Finals(top=1, seeds=1))
'''


def begun(folder: Path, name: str) -> "subprocess.Popen[str]":
    """A run with a trial that has ended."""
    (folder / "long.py").write_text(LONG)
    driver = start(folder, "run", "long.py", "--name", name)
    assert driver.stdout is not None
    header = driver.stdout.readline()
    assert header.startswith(
        f"A search that nobody waits for to end by itself · {TRIALS:,} trials × 1 "
    )
    assert any(line.startswith("trial ") for line in driver.stdout)
    return driver


@pytest.mark.long  # in short by test_terminal
def test_a_running_search_is_judged_when_asked(tmp_path: Path) -> None:
    driver = begun(tmp_path, "asked")
    asked = search(tmp_path, "finish", "asked")
    assert (asked.code, "starts no more trials" in asked.out) == (0, True), asked.err
    out, err = driver.communicate(timeout=PATIENCE)
    assert driver.returncode == 0, err
    lines = out.splitlines()
    assert any(line.startswith("finals: ") for line in lines)
    assert lines[-3:] == [
        "model  runs/asked/finals/winner.keras",
        "predict  search predict asked rows.csv  # with the columns x1, x2",
        "page  reports/asked.html",
    ]
    run = load_run(tmp_path / "runs" / "asked")
    assert run.state == "finished"
    assert run.manifest.cut_short == "`search finish` ended it"
    assert 1 <= len(run.trials()) < TRIALS
    assert not run.folder.asked_to_finish
    again = search(tmp_path, "finish", "asked")
    assert (again.code, "the run is finished" in again.err) == (2, True)


@pytest.mark.long  # in short by test_terminal, and by test_python, which resumes
def test_an_interrupted_search_is_judged_when_asked(tmp_path: Path) -> None:
    driver = begun(tmp_path, "left")
    driver.send_signal(signal.SIGINT)
    out, err = driver.communicate(timeout=PATIENCE)
    assert driver.returncode == 130, err
    assert "or evaluate the finished trials by `search finish runs/left`" in out
    ended = [t for t in load_run(tmp_path / "runs" / "left").trials() if t.state is State.COMPLETE]
    finished = search(tmp_path, "finish", "left")
    assert finished.code == 0, finished.err
    told = status(tmp_path, "left")
    assert (told["state"], told["states"]["complete"]) == ("finished", len(ended))
    assert told["winner"]["number"] in {trial.number for trial in ended}
    assert told["model"] == "runs/left/finals/winner.keras"
