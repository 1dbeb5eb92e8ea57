"""A process of Ray's that is killed under a run: it goes on, or ends with a sentence, resumable.

In short by test_faults, where workers die, and test_cluster_nodes, where a node dies.
"""

import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from search import State
from search.store.run import load_run
from tests.forms import long_but
from tests.functional.command import PATIENCE, search, start

pytestmark = [pytest.mark.ray, pytest.mark.keras]

SLOW = '''
"""Trials that last a second."""
import time
from search import Budget, Finals, Int, Study, circles

def build(units):
    import keras
    time.sleep(1)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(units), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["accuracy"])
    return model

study = Study(data=circles(samples=100), model=build, space={"units": Int(2, 200)},
              budget=Budget(trials=12, epochs=1), finals=Finals(top=1, seeds=1))
'''
WITHIN = 60


def victim(driver: "subprocess.Popen[str]", name: str) -> psutil.Process:
    """A process below the driver whose command line begins with, or runs, this."""
    for process in psutil.Process(driver.pid).children(recursive=True):
        line = process.cmdline()
        if any(name in Path(part.strip()).name for part in line[:4]):
            return process
    raise AssertionError(f"no {name} runs")


ENDED = {
    "gcs_server": "Ray's GCS has died",
    "raylet": "Ray's raylet has died",
    "ray::DashboardAgent": "continue with `search resume",
    "ray::RuntimeEnvAgent": "continue with `search resume",
}
"""Name of a process whose death ends the run → what is said then."""
OUTLIVED = ("log_monitor.py", "orphan_cleanup.py", "ray::Worker")
CASES = {name: (name, said) for name, said in [*ENDED.items(), *((n, "") for n in OUTLIVED)]}


@pytest.mark.parametrize(("name", "said"), long_but([], CASES))
def test_a_run_outlives_it_or_says_how_to_go_on(name: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(SLOW)
    driver = start(tmp_path, "run", "slow.py", "--name", "slow")
    assert driver.stdout is not None
    lines = iter(driver.stdout.readline, "")
    assert next(line for line in lines if line.startswith("trial "))
    killed = victim(driver, name)
    began = time.monotonic()
    os.kill(killed.pid, signal.SIGKILL)
    out, err = driver.communicate(timeout=PATIENCE)
    if said:
        assert driver.returncode == 1, out + err
        assert time.monotonic() - began < WITHIN
        assert said in out + err
        assert (out + err).count("continue with `search resume runs/slow`") == 1
        resumed = search(tmp_path, "resume", "runs/slow")
        assert resumed.code == 0, resumed.err
    else:
        assert driver.returncode == 0, out + err
    trials = load_run(tmp_path / "runs" / "slow").trials()
    assert [trial.state for trial in trials] == [State.COMPLETE] * 12
