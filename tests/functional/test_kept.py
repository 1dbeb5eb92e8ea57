"""A run that goes on in the process that the one before has kept, and what ends that process."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import chdir
from pathlib import Path

import psutil
import pytest

import search as api
from benchmarks.killing.processes import MARK, marked, outlived
from search import State
from search.app import kept
from search.cluster import keeper
from search.store.run import StoredRun, load_run
from tests.functional.command import COMMAND, PATIENCE, Ended, environment, within

SMALL = '''
"""Six small networks, described by a file beside this one."""
from parts import units
from search import Budget, Choice, DenseSpace, Finals, Float, Study, circles

study = Study(data=circles(samples=200), budget=Budget(trials=6, epochs=5), finals=Finals(top=2),
              space=DenseSpace(layers=1, units=units, activation=Choice("relu", "tanh"),
                               learning_rate=Float(1e-3, 1e-1, log=True)))
'''
OWN = '''
"""Models of your own; a file `asleep` has their trials sleep, a file `dead` ends the process."""
import os
import time
from pathlib import Path
from search import Budget, Finals, Int, Study, circles

HERE = Path("FOLDER")

def build(units):
    import keras

    class Own(keras.Sequential):
        def fit(self, *args, **kwargs):
            few = len(kwargs["x"]) < 100  # the first step, before any trial
            if not few and (HERE / "dead").exists():
                (HERE / "dead").unlink()
                os._exit(1)
            if not few and (HERE / "asleep").exists():
                print("ASLEEP", flush=True)
                time.sleep(300)
            return super().fit(*args, **kwargs)

    model = Own([keras.Input((2,)), keras.layers.Dense(units), keras.layers.Dense(1, "sigmoid")])
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    return model

study = Study(data=circles(samples=200), space={"units": Int(2, 200)}, model=build,
              budget=Budget(trials=3, epochs=1), finals=Finals(top=1, seeds=1))
'''
JOINED = "joined the cluster kept since"
TEN = ("--keep", "10")


class Stage:
    """A folder with space files, whose commands have one environment and are found by its mark."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.temporary = root / "tmp"
        self.temporary.mkdir()
        self.parts("Int(4, 32)")
        (root / "small.py").write_text(SMALL)
        (root / "own.py").write_text(OWN.replace("FOLDER", str(root)))
        self.mark = uuid.uuid4().hex
        self.variables = {MARK: self.mark, "TMPDIR": str(self.temporary)}

    def parts(self, units: str) -> None:
        """Write the file beside the space."""
        (self.root / "parts.py").write_text(f"from search import Int\nunits = {units}\n")

    def start(self, *arguments: str, **variables: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=self.root,
            env={**environment(), **self.variables, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def search(self, *arguments: str, **variables: str) -> Ended:
        process = self.start(*arguments, **variables)
        out, err = process.communicate(timeout=PATIENCE)
        return Ended(process.returncode, out, err)

    def run(self, space: str, name: str, *more: str, **variables: str) -> Ended:
        ended = self.search("run", space, "--name", name, *more, **variables)
        assert ended.code == 0, (ended.out, ended.err)
        return ended

    def stored(self, name: str) -> StoredRun:
        return load_run(self.root / "runs" / name)

    def asleep(self, name: str) -> bool:
        """Whether a trial of a run is inside its long epoch."""
        log = self.root / "runs" / name / "log"
        return log.is_file() and "ASLEEP" in log.read_text(errors="replace")

    def stops(self) -> None:
        """`search stop` ends all: no process and no file is left."""
        assert self.search("stop").out.startswith("ended what was kept since ")
        self.check_nothing_left()
        assert self.search("stop").out == "nothing is kept\n"

    def check_nothing_left(self) -> None:
        assert outlived(self.mark) == []
        wait(lambda: self.files() == [], f"these go: {self.files()}")

    def files(self) -> list[str]:
        return [file.name for file in self.temporary.iterdir() if file.name != "ray"]

    def process(self, words: str) -> psutil.Process:
        """The one whose command has these words."""
        (found,) = [one for one in marked(self.mark) if words in " ".join(one.cmdline())]
        return found


def wait(true: Callable[[], object], what: str) -> None:
    """Until something is so."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, f"waited too long until {what}"
        time.sleep(0.05)


def same(one: StoredRun, other: StoredRun) -> None:
    """Two runs have the same trials to the last bit, and the same answer."""
    facts = [
        [(t.params, t.state, t.value, t.curve, t.reason) for t in run.trials()]
        for run in (one, other)
    ]
    assert facts[0] == facts[1]
    answers = [run.answer() for run in (one, other)]
    assert answers[0] is not None
    assert answers[0] == answers[1]


@pytest.fixture
def stage() -> Iterator[Stage]:
    # Not pytest's own: a socket's path may have 107 characters.
    with tempfile.TemporaryDirectory(prefix="kept-", ignore_cleanup_errors=True) as root:
        stage = Stage(Path(root))
        yield stage
        for process in marked(stage.mark):
            process.kill()


@pytest.mark.ray
@pytest.mark.keras
@pytest.mark.long
def test_the_next_run_goes_on_in_what_was_kept_and_finds_the_same(stage: Stage) -> None:
    first = stage.run("small.py", "first", *TEN)
    assert JOINED not in first.out
    assert first.out.endswith("kept for the next run, for 10 minutes; `search stop` ends it\n")
    second = stage.run("small.py", "second")
    assert second.out.count(JOINED) == 1
    assert (stage.root / "reports" / "second.html").is_file()
    same(stage.stored("first"), stage.stored("second"))
    stage.stops()


@pytest.mark.ray
@pytest.mark.keras
@pytest.mark.long
def test_each_run_is_read_anew_whatever_the_one_before_was(stage: Stage) -> None:
    stage.run("own.py", "own", *TEN)
    assert JOINED in stage.run("small.py", "small").out
    stage.parts("Int(40, 50)")
    assert JOINED in stage.run("small.py", "wider").out
    assert JOINED in stage.run("own.py", "own-again").out
    assert JOINED in stage.search("resume", "wider", "--trials", "+2").out
    units = [trial.params["units"] for trial in stage.stored("wider").trials()]
    assert len(units) == 8
    assert all(40 <= int(width) <= 50 for width in units)
    same(stage.stored("own"), stage.stored("own-again"))
    stage.parts("Int(4, 32)")
    stage.run("small.py", "cold", OTHER="1")
    same(stage.stored("small"), stage.stored("cold"))
    stage.stops()


@pytest.mark.ray
@pytest.mark.keras
@pytest.mark.long
def test_what_began_otherwise_begins_anew(stage: Stage) -> None:
    stage.run("small.py", "first", *TEN)
    assert JOINED not in stage.run("small.py", "another", OMP_WAIT_POLICY="passive").out
    one = stage.run("small.py", "one", "--max-concurrent", "1")
    assert (JOINED in one.out, "1 worker" in one.out) == (False, True)
    (stage.root / "sets.py").write_text('import os\nos.environ["SET"] = "1"\n' + SMALL)
    assert JOINED not in stage.run("sets.py", "sets").out
    text = SMALL.replace("epochs=5", 'epochs=5, trial_memory="2GB"')
    (stage.root / "bound.py").write_text(text)
    assert JOINED not in stage.run("bound.py", "bound").out
    same(stage.stored("first"), stage.stored("one"))
    same(stage.stored("first"), stage.stored("sets"))
    stage.stops()


@pytest.mark.ray
@pytest.mark.keras
@pytest.mark.long
def test_a_trial_that_ends_its_process_is_replaced_there_too(stage: Stage) -> None:
    stage.run("own.py", "first", *TEN)
    (stage.root / "dead").touch()
    assert JOINED in stage.run("own.py", "second").out
    assert not (stage.root / "dead").exists()
    trials = stage.stored("second").trials()
    assert [trial.state for trial in trials] == [State.COMPLETE] * 3
    assert sum(trial.deaths for trial in trials) == 1
    stage.stops()


@pytest.mark.ray
@pytest.mark.keras
@pytest.mark.long
def test_of_two_at_once_one_starts_its_own_and_an_interrupt_ends_the_other(stage: Stage) -> None:
    stage.run("own.py", "first", *TEN)
    (stage.root / "asleep").touch()
    driver = stage.start("run", "own.py", "--name", "sleepy")
    wait(lambda: stage.asleep("sleepy"), "a long epoch")
    (stage.root / "asleep").unlink()
    beside = stage.run("own.py", "beside", *TEN).out
    assert JOINED not in beside
    assert kept.IN_USE in beside
    driver.send_signal(signal.SIGINT)
    out, err = driver.communicate(timeout=PATIENCE)
    assert driver.returncode == 130, err
    assert JOINED in out
    assert "continue with `search resume runs/sleepy`" in out
    resumed = stage.search("resume", "sleepy")
    assert (resumed.code, JOINED in resumed.out) == (0, True), resumed.err
    same(stage.stored("first"), stage.stored("sleepy"))
    (stage.root / "asleep").touch()
    driver = stage.start("run", "own.py", "--name", "last")
    wait(lambda: stage.asleep("last"), "a long epoch")
    assert stage.search("stop").out.endswith(" ends with the run that goes on in it\n")
    assert driver.poll() is None
    driver.send_signal(signal.SIGINT)
    driver.communicate(timeout=PATIENCE)
    stage.check_nothing_left()


@pytest.mark.ray
@pytest.mark.keras
@pytest.mark.long
@pytest.mark.parametrize("which", ["command", "keeper"])
def test_where_the_command_or_the_keeper_is_killed_the_run_ends(stage: Stage, which: str) -> None:
    stage.run("own.py", "first", *TEN)
    (stage.root / "asleep").touch()
    driver = stage.start("run", "own.py", "--name", "sleepy")
    wait(lambda: stage.asleep("sleepy"), "a long epoch")
    runs = stage.process("search.commands.standby")
    (driver if which == "command" else stage.process("search.cluster.keeper")).kill()
    out, err = driver.communicate(timeout=PATIENCE)
    assert JOINED in out
    wait(lambda: not runs.is_running(), "the process of the run has ended")
    (stage.root / "asleep").unlink()
    if which == "keeper":
        assert driver.returncode == 1
        assert "was ended from outside; finished trials are saved" in err
        assert outlived(stage.mark) == []
    resumed = stage.search("resume", "sleepy")
    assert (resumed.code, JOINED in resumed.out) == (0, which == "command"), resumed.err
    same(stage.stored("first"), stage.stored("sleepy"))
    if which == "command":
        stage.stops()


@pytest.mark.ray
@pytest.mark.keras
@pytest.mark.long
def test_it_ends_when_its_time_is_over_or_what_stands_by_has_died(stage: Stage) -> None:
    stage.run("small.py", "first", "--keep", "0.05")
    stage.check_nothing_left()
    stage.run("small.py", "second", *TEN)
    stage.process("search.commands.standby").kill()
    stage.check_nothing_left()
    assert JOINED not in stage.run("small.py", "third").out


@pytest.mark.ray
@pytest.mark.keras
@pytest.mark.long
def test_a_script_has_its_next_run_kept_too(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name, value in stage.variables.items():
        monkeypatch.setenv(name, value)
    with chdir(stage.root):
        first = api.run("small.py", name="first", keep=10, progress=True)
        second = api.run("small.py", name="second")
        api.resume(second, trials="+1")
        values = [run.frame()["value"].tolist() for run in (first, second)]
    assert capfd.readouterr().out.count(JOINED) == 2
    assert (len(values[1]), values[1][:6]) == (7, values[0])
    stage.stops()


def test_a_time_that_none_can_be_and_a_joined_cluster_are_refused(tmp_path: Path) -> None:
    (tmp_path / "small.py").write_text(SMALL)
    for minutes in ("0", "-1", "nan", "inf"):
        ended = within(tmp_path, "run", "small.py", f"--keep={minutes}")
        said = f"search: --keep {minutes}: give a number of minutes above 0\n"
        assert (ended.code, ended.err) == (2, said)
    ended = within(tmp_path, "run", "small.py", "--keep=5", "--address=127.0.0.1:1")
    assert ended.code == 2
    assert ended.err == (
        "search: --keep 5: a cluster that is joined by its address runs on anyway; "
        "leave one of the two out\n"
    )
    with pytest.raises(api.InputError, match="keep=-1: give a number of minutes above 0"):
        api.run(tmp_path / "small.py", keep=-1)


def can_be_called() -> bool:
    """Whether a command would reach a keeper."""
    line = keeper.call()
    if line is not None:
        line.close()
    return line is not None


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a keeper, in one of its own."""
    with tempfile.TemporaryDirectory(prefix="kept-") as root:
        monkeypatch.setattr(tempfile, "tempdir", root)
        yield keeper.place()


def test_what_a_killed_keeper_has_left_is_passed_over_and_taken_up(place: Path) -> None:
    place.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(place / "socket"))
    assert kept.handed_over(None) is None
    assert kept.stop() == "nothing is kept"
    with keeper.listening() as first, keeper.listening() as second:
        assert first is not None
        assert second is None
        assert can_be_called()
    assert not place.exists()


@pytest.mark.parametrize("mode", [0o755, 0o770])
def test_a_folder_that_others_can_reach_is_not_used(place: Path, mode: int) -> None:
    place.mkdir()
    place.chmod(mode)
    with keeper.listening() as listener:
        assert listener is None
    assert not can_be_called()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder to another user")
def test_a_folder_of_another_user_is_not_used(place: Path) -> None:
    with keeper.listening() as listener:
        assert listener is not None
        assert can_be_called()
        os.chown(place, 12345, -1)
        assert not can_be_called()


def test_a_fingerprint_tells_what_a_process_begins_with(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def of(**variables: str) -> str:
        monkeypatch.setattr(kept, "_environ", {"HOME": "/home/me", **variables})
        return kept.fingerprint()

    plain = of()
    assert of(SHLVL="2", COLUMNS="80", OLDPWD="/") == plain
    assert len({plain, of(CUDA_VISIBLE_DEVICES="0"), of(RAY_X="1"), of(PYTHONPATH="/mine")}) == 4
    with chdir(tmp_path):
        assert of() != plain
    (tmp_path / "python3").symlink_to(sys.executable)
    with monkeypatch.context() as another_name:
        another_name.setattr(sys, "executable", str(tmp_path / "python3"))
        assert of() == plain
    before = os.umask(0o027)
    try:
        assert of() != plain
    finally:
        os.umask(before)
