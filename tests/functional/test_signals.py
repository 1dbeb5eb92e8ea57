"""Interrupts and kills at every stage: what they leave behind is a run to go on with, and no more.

Bounds in seconds are the product's own promises: ten after one interrupt, one after the second, and
thirty for all that a killed driver leaves. A machine that tests other things too is allowed twice.
"""

import json
import os
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.killing.processes import MARK, marked, outlived, workers
from search import State
from search.store.run import load_run
from search.study.errors import InputError, RunError
from tests.functional.command import ONE_WORKER, PATIENCE, search, start, status, within
from tests.reading_pages import text_of

pytestmark = [pytest.mark.ray, pytest.mark.keras]

LOADED = 2
ONCE, TWICE = 10 * LOADED, 1 * LOADED
TRIALS = 3

SLEEPY = f'''
"""From the fit of all rows that SLEEPS_FROM says on, each sleeps for five minutes in its epoch."""
import os
import tempfile
import time
from pathlib import Path
from search import Budget, Finals, Int, Study, circles

def build(units):
    import keras

    class Sleepy(keras.Sequential):
        def fit(self, *args, **kwargs):
            if len(kwargs["x"]) < 100:  # the first step, before any trial
                return super().fit(*args, **kwargs)
            folder = Path(os.environ["FITS"])
            tempfile.mkstemp(dir=folder)
            if len(list(folder.iterdir())) >= int(os.environ["SLEEPS_FROM"]):
                print("ASLEEP", flush=True)
                time.sleep(300)
            return super().fit(*args, **kwargs)

    model = Sleepy([keras.Input((2,)), keras.layers.Dense(units), keras.layers.Dense(1, "sigmoid")])
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    return model

study = Study(data=circles(samples=200), space={{"units": Int(2, 200)}}, model=build,
              budget=Budget(trials={TRIALS}, epochs=1), finals=Finals(top=1, seeds=1))
'''


class Stage:
    """One folder with one run, whose processes and temporary files can be found."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.run = root / "runs" / "sleepy"
        self.temporary = root / "tmp"
        self.fits = root / "fits"
        for folder in (self.temporary, self.fits):
            folder.mkdir()
        (root / "sleepy.py").write_text(SLEEPY)
        self.mark = uuid.uuid4().hex
        self.driver: subprocess.Popen[str]

    def begin(self, *arguments: str, sleeps_from: int) -> None:
        """Start the command."""
        self.driver = start(
            self.root,
            *(arguments or ("run", "sleepy.py", "--name", "sleepy")),
            **{MARK: self.mark, "TMPDIR": str(self.temporary), "FITS": str(self.fits)},
            SLEEPS_FROM=str(sleeps_from),
        )

    def wait(self, true: Callable[[], object], what: str) -> None:
        """Until something is so."""
        deadline = time.monotonic() + PATIENCE
        while not true():
            assert self.driver.poll() is None, self.driver.communicate()
            assert time.monotonic() < deadline, f"waited too long: {what}"
            time.sleep(0.05)

    def asleep(self, times: int = 1) -> bool:
        """Whether a worker is inside its long epoch, for the first or a later time."""
        log = self.run / "log"
        return log.is_file() and log.read_text(errors="replace").count("ASLEEP") >= times

    def finished(self) -> int:
        """How many trials are."""
        return sum(trial.state.finished for trial in load_run(self.run).trials())

    def answered(self) -> bool:
        """Whether the finals are over."""
        try:
            return load_run(self.run).answer() is not None
        except (InputError, RunError):
            return False  # it has not begun yet

    def signalled(self, *kinds: signal.Signals, pause: float = 0.3) -> float:
        """Send signals; returns how long after the last one the command ended."""
        for place, kind in enumerate(kinds):
            if place:
                time.sleep(pause)
            os.kill(self.driver.pid, kind)
        return self.ended()

    def ended(self) -> float:
        """Wait for the command's end; returns how long that took."""
        began = time.monotonic()
        self.out, self.err = self.driver.communicate(timeout=PATIENCE)
        return time.monotonic() - began

    def left(self) -> list[str]:
        """What is there that should not be, thirty seconds later at the latest."""
        outlived_by = outlived(self.mark)
        files = [file.name for file in self.temporary.iterdir()]
        return outlived_by + [name for name in files if name != "ray"]  # Ray keeps its sessions


@pytest.fixture
def stage() -> Iterator[Stage]:
    # Not pytest's own: a socket's path may have 107 characters.
    with tempfile.TemporaryDirectory(prefix="signals-") as root:
        stage = Stage(Path(root))
        yield stage
        for process in marked(stage.mark):
            process.kill()


def goes_on(stage: Stage) -> None:
    """The run is resumed, keeps what was finished, and ends with all its trials and an answer."""
    before = [trial for trial in load_run(stage.run).trials() if trial.state.finished]
    stage.begin("resume", "runs/sleepy", sleeps_from=10**6)
    stage.ended()
    assert stage.driver.returncode == 0, stage.err
    run = load_run(stage.run)
    assert [t.state for t in run.trials()] == [State.COMPLETE] * TRIALS
    assert [t.deaths for t in run.trials()] == [0] * TRIALS
    assert [t for t in run.trials() if t in before] == before
    assert run.answer() is not None
    assert stage.left() == []


def test_one_interrupt_inside_a_long_epoch_ends_in_order_and_a_second_at_once(
    stage: Stage,
) -> None:
    # With one worker the first fit has ended when another sleeps.
    stage.begin("run", "sleepy.py", "--name", "sleepy", *ONE_WORKER, sleeps_from=2)
    stage.wait(lambda: stage.asleep() and stage.finished(), "a trial, and then a long epoch")
    resumed = within(stage.root, "resume", "runs/sleepy")
    assert (resumed.code, "another process is running this search" in resumed.err) == (2, True)
    again = within(stage.root, "run", "sleepy.py", "--name", "sleepy")
    assert (again.code, "a run of this name exists" in again.err) == (2, True)
    assert stage.signalled(signal.SIGINT) < ONCE
    assert stage.driver.returncode == 130, stage.err
    assert "continue with `search resume runs/sleepy`" in stage.out
    assert "this run is interrupted" in text_of(stage.root / "reports" / "sleepy.html")
    data = stage.run / "report.json"
    assert json.loads(data.read_text())["state"] == "interrupted"
    assert stage.left() == []
    assert status(stage.root, "runs/sleepy")["state"] == "interrupted"
    stage.begin("resume", "runs/sleepy", sleeps_from=1)
    stage.wait(lambda: stage.asleep(2), "a long epoch of the run that goes on")
    assert stage.signalled(signal.SIGINT, signal.SIGINT) < TWICE
    assert stage.driver.returncode == 130, stage.err
    assert not data.exists()  # that of the first session would be out of date
    assert stage.left() == []


@pytest.mark.long
def test_the_whole_group_is_interrupted_as_the_driver_is(stage: Stage) -> None:
    stage.begin(sleeps_from=1)
    stage.wait(stage.asleep, "a long epoch")
    os.killpg(stage.driver.pid, signal.SIGTERM)
    assert stage.ended() < ONCE
    assert stage.driver.returncode == 130, stage.err
    assert "continue with `search resume runs/sleepy`" in stage.out, stage.err
    assert stage.left() == []
    goes_on(stage)


@pytest.mark.long
def test_one_interrupt_during_the_finals(stage: Stage) -> None:
    stage.begin(sleeps_from=TRIALS + 1)
    stage.wait(stage.asleep, "a long fit of the finals")
    assert stage.signalled(signal.SIGINT) < ONCE
    assert stage.driver.returncode == 130, stage.err
    assert f"interrupted: {TRIALS} of {TRIALS} trials" in stage.out
    assert stage.left() == []
    goes_on(stage)


@pytest.mark.long
def test_a_second_interrupt_of_another_kind_leaves_at_once(stage: Stage) -> None:
    stage.begin(sleeps_from=1)
    stage.wait(stage.asleep, "a long epoch")
    assert stage.signalled(signal.SIGINT, signal.SIGTERM) < TWICE
    assert stage.driver.returncode == 130, stage.err
    assert stage.left() == []


@pytest.mark.long
def test_a_second_interrupt_while_the_first_is_obeyed(stage: Stage) -> None:
    stage.begin(sleeps_from=1)
    stage.wait(stage.asleep, "a long epoch")
    os.kill(stage.driver.pid, signal.SIGINT)
    assert stage.driver.stdout is not None
    assert any(line.startswith("interrupted:") for line in stage.driver.stdout)
    assert stage.signalled(signal.SIGINT) < TWICE
    assert stage.driver.returncode == 130, stage.err
    assert stage.left() == []


@pytest.mark.long  # in short by the driver that is killed while Ray starts
def test_a_killed_driver_leaves_nothing(stage: Stage) -> None:
    stage.begin(sleeps_from=1)
    stage.wait(stage.asleep, "a long epoch")
    assert workers(stage.mark)
    stage.signalled(signal.SIGKILL)
    assert stage.left() == []
    assert status(stage.root, "runs/sleepy")["state"] == "interrupted"
    goes_on(stage)


@pytest.mark.parametrize(
    ("when", "kind"),
    [
        ("at once", signal.SIGTERM),
        ("with its folder made", signal.SIGINT),
        pytest.param("while Ray starts", signal.SIGINT, marks=pytest.mark.long),
        ("while Ray starts", signal.SIGTERM),
    ],
)
def test_an_interrupt_before_the_run_has_begun(
    stage: Stage, when: str, kind: signal.Signals
) -> None:
    stage.begin(sleeps_from=1)
    if when != "at once":
        stage.wait(stage.run.is_dir, "a run folder")
    if when == "while Ray starts":
        stage.wait(lambda: len(marked(stage.mark)) > 1, "Ray's first processes")
    assert stage.signalled(kind) < ONCE
    # Python itself answers until the command has taken over.
    own = {130} if when != "at once" else {130, -kind, 128 + kind, 1}
    assert stage.driver.returncode in own, stage.err
    if when == "while Ray starts" and stage.run.exists():  # it was heard when Ray had started
        assert status(stage.root, "runs/sleepy")["state"] == "interrupted"
    else:
        assert not stage.run.exists()
    assert stage.left() == []


def test_a_driver_that_is_killed_while_ray_starts_leaves_no_process(stage: Stage) -> None:
    stage.begin(sleeps_from=1)
    stage.wait(lambda: len(marked(stage.mark)) > 4, "Ray's first processes")
    stage.signalled(signal.SIGKILL)
    assert stage.left() == []


@pytest.mark.long  # in short by tests/commands/test_reading_interrupted.py
def test_an_interrupt_while_the_page_is_written(stage: Stage) -> None:
    stage.begin(sleeps_from=10**6)
    stage.wait(stage.answered, "the answer, after which the page is written")
    assert stage.signalled(signal.SIGINT) < ONCE
    if stage.driver.returncode:  # or the page was there before it was heard
        assert stage.driver.returncode == 130, stage.err
        assert "search report runs/sleepy" in stage.out
    assert stage.left() == []
    assert not list((stage.root / "reports").glob(".*"))
    assert status(stage.root, "runs/sleepy")["state"] == "finished"
    assert search(stage.root, "report", "runs/sleepy").code == 0
