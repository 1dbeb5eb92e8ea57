"""Trials that raise, diverge or kill their own process; a killed driver; an interrupt."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from search import State
from search.store.run import load_run
from tests.functional.command import PATIENCE, Ended, search, start, status
from tests.reading_pages import text_of

pytestmark = [pytest.mark.ray, pytest.mark.keras]

FAULTY = '''
"""A space that goes wrong in every way."""
import os
import keras
from search import Budget, Choice, Finals, Int, Study, circles

os.makedirs("built", exist_ok=True)

def counted():
    with open("loads", "a") as file:
        file.write(f"{os.getpid()}\\n")
    return circles(samples=200).load()

def build(kind, units):
    open(f"built/{units}", "a").close()
    if kind == "raises":
        raise RuntimeError("by its own fault")
    if kind == "dies":
        os._exit(7)
    rate = 1e6 if kind == "diverges" else 0.01
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(units), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(rate), "mse", metrics=["accuracy"])
    return model

study = Study(
    data=counted,
    space={"kind": Choice("sound", "raises", "diverges", "dies"), "units": Int(2, 64)},
    model=build,
    budget=Budget(trials=8, epochs=6),
    finals=Finals(top=1, seeds=1),
    sampler="random",
    first=[{"kind": kind, "units": 2 + i} for i, kind in enumerate(
        ["sound", "raises", "diverges", "dies", "sound", "dies"])],
)
'''

SLOW = '''
"""A space whose trials last a second."""
import time
import keras
from search import Budget, Int, Study, circles

class Sleepy(keras.Sequential):
    def fit(self, *args, **kwargs):
        time.sleep(0.02)
        return super().fit(*args, **kwargs)

def build(units):
    model = Sleepy([keras.Input((2,)), keras.layers.Dense(units), keras.layers.Dense(1, "sigmoid")])
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    return model

study = Study(data=circles(samples=200), space={"units": Int(2, 200)}, model=build,
              budget=Budget(trials=60, epochs=10))
'''


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ended]:
    folder = tmp_path_factory.mktemp("faulty")
    (folder / "faulty.py").write_text(FAULTY)
    return folder, search(folder, "run", "faulty.py", "--name", "faulty")


def test_the_budget_is_exact_whatever_trials_do(faulty: tuple[Path, Ended]) -> None:
    folder, ended = faulty
    assert ended.code == 0, ended.err
    told = status(folder, "runs/faulty")
    assert (told["finished"], len(told["trials"])) == (8, 8)
    assert {trial["state"] for trial in told["trials"]} == {"complete", "failed"}


def test_each_failure_has_its_own_reason(faulty: tuple[Path, Ended]) -> None:
    folder, _ = faulty
    expected = {
        "sound": "",
        "raises": "RuntimeError: by its own fault (faulty.py, line 17)",
        "dies": "its worker process died: it was killed, crashed, or ended itself",
    }
    for trial in load_run(folder / "runs" / "faulty").trials():
        kind = trial.params["kind"]
        if kind == "diverges":
            assert "became" in trial.reason
            assert "in epoch" in trial.reason
        else:
            assert trial.reason == expected[str(kind)], trial
        assert trial.state is (State.COMPLETE if kind == "sound" else State.FAIL)


def test_what_the_file_writes_by_a_relative_path_lies_where_the_command_ran(
    faulty: tuple[Path, Ended],
) -> None:
    """Such as the checkpoints and CSV files of callbacks."""
    folder, _ = faulty
    built = {str(trial.params["units"]) for trial in load_run(folder / "runs" / "faulty").trials()}
    assert built <= {file.name for file in (folder / "built").iterdir()}


def test_rows_are_loaded_once_whatever_becomes_of_workers(faulty: tuple[Path, Ended]) -> None:
    folder, _ = faulty
    (loader,) = (folder / "loads").read_text().split()
    trials = load_run(folder / "runs" / "faulty").trials()
    assert loader not in {trial.worker.partition("@")[0] for trial in trials}


def test_the_page_names_the_failures(faulty: tuple[Path, Ended]) -> None:
    folder, _ = faulty
    text = text_of(folder / "reports" / "faulty.html")
    assert "its worker process died: it was killed, crashed, or ended itself" in text
    assert "RuntimeError: by its own fault" in text
    assert "Failures" in text


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    (tmp_path / "slow.py").write_text(SLOW)
    return tmp_path


def wait_until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, f"waited too long: {what}"
        time.sleep(0.2)


def finished(folder: Path, name: str) -> int:
    try:
        run = load_run(folder / "runs" / name)
    except Exception:
        return 0
    return sum(trial.state.finished for trial in run.trials())


@pytest.mark.long  # in short by tests/benchmarks/test_killing.py, whose kills are many
def test_a_killed_driver_loses_nothing_that_was_told(slow: Path) -> None:
    driver = start(slow, "run", "slow.py", "--name", "killed")
    lines = []
    assert driver.stdout is not None
    for line in driver.stdout:
        lines += [line] if line.startswith("trial ") else []
        if len(lines) == 4:
            break
    assert status(slow, "runs/killed")["state"] == "running"
    os.kill(driver.pid, signal.SIGKILL)
    driver.wait()
    told = status(slow, "runs/killed")
    assert told["state"] == "interrupted"
    by_number = {trial["number"]: trial for trial in told["trials"]}
    for line in lines:
        _, number, state, value, *_ = line.split()
        kept = by_number[int(number)]
        assert kept["state"] == state
        assert f"{kept['value']:.4f}" == value
    assert search(slow, "report", "runs/killed").code == 0
    assert "no verdict" in text_of(slow / "reports" / "killed.html")
    driver.stdout.close()
    assert driver.stderr is not None
    driver.stderr.close()


@pytest.mark.long  # in short by test_signals, with three trials
def test_an_interrupt_keeps_what_is_finished_and_a_resume_goes_on(slow: Path) -> None:
    driver = start(slow, "run", "slow.py", "--trials", "14", "--name", "stopped")
    wait_until(lambda: finished(slow, "stopped") >= 3, "three finished trials")
    os.kill(driver.pid, signal.SIGINT)
    out, err = driver.communicate(timeout=PATIENCE)
    assert driver.returncode == 130, err
    assert "search resume runs/stopped" in out
    assert (slow / "reports" / "stopped.html").is_file()
    before = {t.number: t for t in load_run(slow / "runs" / "stopped").trials()}
    kept = {number: t for number, t in before.items() if t.state.finished}
    assert 3 <= len(kept) < 14

    resumed = search(slow, "resume", "runs/stopped")
    assert resumed.code == 0, resumed.err
    after = load_run(slow / "runs" / "stopped")
    assert after.state == "finished"
    assert [t.number for t in after.trials()] == list(range(14))
    assert all(t.state.finished for t in after.trials())
    assert {t.number: t for t in after.trials() if t.number in kept} == kept
