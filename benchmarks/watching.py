"""What a command takes of the machine, seen from outside: wall, CPU and memory of its whole tree.

How it counts: every 0.2 s the process tree below the command is listed, and each process's user and
system time is kept as last seen, also after its end. Ray's processes are descendants of the driver
that started them; one whose parent has gone is known from before, or by its session. What it
misses: what a process used after it was last seen (0.1 s on average), and processes that live
shorter than that.
`wait4` would miss far more: raylet ignores SIGCHLD, so its workers' time is added up nowhere.

Memory is PSS, which shares a page among those who map it: a sum of RSS would count the 400 MB of
TensorFlow's libraries once a worker. Adding it up costs the kernel 10 ms for a process that holds
TensorFlow, so it is taken once a second. All of this took 2 % of two cores beside Ray's 20
processes, and less beside one.
"""

import bisect
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import psutil

INTERVAL = 0.2
MEMORY_EVERY = 5
"""Samples for one of memory."""
CORES = 2
ENDS = 120.0
"""Seconds that an interrupted run may take to its end; a tracker's copies may take a minute."""
GRACE = 30.0
"""Seconds that a command's processes have to end after it; Ray's take two or three."""


@dataclass(frozen=True)
class Sample:
    """One look at the tree.

    Attributes:
        time: Seconds since the epoch.
        cpu: Process → user and system seconds so far, of those that ended too.
        memory: Process → bytes of PSS; empty where they were not added up.
        files: Process → those of them that are pages of files.
    """

    time: float
    cpu: Mapping[int, float]
    memory: Mapping[int, int]
    files: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Watched:
    """A command that ended.

    Attributes:
        pid: Of the command itself.
        code: Exit code.
        began: Seconds since the epoch.
        ended: The same.
        samples: In order of time; one at least.
        commands: Process → its command line, as last seen.
    """

    pid: int
    code: int
    began: float
    ended: float
    samples: Sequence[Sample]
    commands: Mapping[int, str] = field(default_factory=dict)

    def cpu(self, until: float, pid: int | None = None) -> float:
        """Seconds of user and system time up to a moment, of the tree or of one process."""
        return cpu(self.samples, until, pid)

    def peak(self, until: float, *, files: bool = True) -> int:
        """Bytes of memory at most, of the tree; with or without pages of files."""
        looks = [s for s in self.samples if s.time <= until and s.memory]
        sums = [sum(s.memory.values()) - (not files) * sum(s.files.values()) for s in looks]
        return max(sums, default=0)

    def memory(self, at: float, pids: Sequence[int]) -> int:
        """Bytes of memory of some processes, by the look at them that is nearest to a moment."""
        looks = [s for s in self.samples if all(pid in s.memory for pid in pids)]
        nearest = min(looks, key=lambda s: abs(s.time - at), default=None)
        return 0 if nearest is None else sum(nearest.memory[pid] for pid in pids)


def cpu(samples: Sequence[Sample], until: float, pid: int | None = None) -> float:
    """Seconds of user and system time up to a moment, of the tree or of one process."""
    times = [sample.time for sample in samples]
    after = min(bisect.bisect_left(times, until), len(times) - 1)
    before = max(after - 1, 0)
    low, high = (_spent(samples[i], pid) for i in (before, after))
    span = times[after] - times[before]
    share = min((until - times[before]) / span, 1.0) if span else 1.0
    return low + share * (high - low)


def _spent(sample: Sample, pid: int | None) -> float:
    return sum(sample.cpu.values()) if pid is None else sample.cpu.get(pid, 0.0)


class Tree:
    """A process that leads a session, and all that it started.

    Args:
        root: Its number, and the session's.

    Attributes:
        commands: Process → its command line, as last seen.
    """

    def __init__(self, root: int) -> None:
        self._root = root
        self._known = {root: psutil.Process(root)}
        self._spent: dict[int, float] = {}
        self.commands: dict[int, str] = {}

    def look(self, *, memory: bool) -> Sample:
        """List the tree and read its clocks."""
        now = time.time()
        self._list()
        weights: dict[int, int] = {}
        files: dict[int, int] = {}
        for pid, process in self._known.items():
            try:
                clock = process.cpu_times()
                self._spent[pid] = clock.user + clock.system
                if memory:
                    # Of one that ends it is empty.
                    said = " ".join(process.cmdline())
                    self.commands[pid] = said or self.commands.get(pid, "")
                    weights[pid], files[pid] = _pss(pid)
            except (OSError, psutil.Error):
                continue  # ended meanwhile
        return Sample(now, dict(self._spent), weights, files)

    def left(self) -> list[psutil.Process]:
        """Those that still run."""
        return [p for p in self._known.values() if _runs(p)]

    def _list(self) -> None:
        for process in psutil.process_iter():
            # By number, so a parent comes before its children.
            if process.pid not in self._known and self._is_of_it(process):
                self._known[process.pid] = process

    def _is_of_it(self, process: psutil.Process) -> bool:
        """By session, which children keep that outlive a short parent; or by a known parent."""
        try:
            return os.getsid(process.pid) == self._root or process.ppid() in self._known
        except (OSError, psutil.Error):
            return False  # ended meanwhile


def _pss(pid: int) -> tuple[int, int]:
    """Bytes of PSS of a process, and those of them that are pages of files."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    kib = {name: int(value.split()[0]) for name, _, value in (x.partition(":") for x in lines)}
    return kib["Pss"] * 1024, kib["Pss_File"] * 1024


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def watch(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Watched:
    """Run a command to its end, and wait until all its processes are gone.

    Args:
        command: Its output goes to the files `out` and `err` in the folder.
        folder: For those files.
        environment: Of the command.
    """
    began = time.time()
    with under_way(command, folder, environment) as (started, tree):
        samples = list(_samples(tree, started))
        ended = time.time()
    return Watched(started.pid, started.returncode, began, ended, samples, tree.commands)


@contextmanager
def under_way(
    command: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> "Iterator[tuple[subprocess.Popen[bytes], Tree]]":
    """A command that runs; in the end nothing of it is left.

    Args:
        command: As of `watch`.
        folder: As well.
        environment: As well.
    """
    with (folder / "out").open("w") as out, (folder / "err").open("w") as err:
        started = _start(command, environment, (out, err))
    tree = Tree(started.pid)
    try:
        yield started, tree
        tree.look(memory=False)
        # What the next one measures must not hold what this one left.
        psutil.wait_procs(tree.left(), timeout=GRACE)
    finally:
        for process in tree.left():
            process.kill()


def interrupt(started: "subprocess.Popen[bytes]") -> None:
    """End a search as Ctrl-C does, so that its store holds all that ended.

    Raises:
        SystemExit: It went on.
    """
    started.send_signal(signal.SIGINT)
    try:
        started.wait(ENDS)
    except subprocess.TimeoutExpired:
        raise SystemExit(f"the run went on for {ENDS:g} s after it was interrupted") from None


def _start(
    command: Sequence[str], environment: Mapping[str, str], streams: tuple[TextIO, TextIO]
) -> "subprocess.Popen[bytes]":
    with _on_two_cores():
        return subprocess.Popen(
            command,
            env=dict(environment),
            stdout=streams[0],
            stderr=streams[1],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )


def _samples(tree: Tree, started: "subprocess.Popen[bytes]") -> Iterator[Sample]:
    count = 0
    while started.poll() is None:
        yield tree.look(memory=count % MEMORY_EVERY == 0)
        count += 1
        try:
            started.wait(INTERVAL)
        except subprocess.TimeoutExpired:
            continue
    yield tree.look(memory=False)


@contextmanager
def _on_two_cores() -> Iterator[None]:
    """What is started herein stays on two cores; the watcher itself may use the others."""
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(mine)[:CORES])
    try:
        yield
    finally:
        os.sched_setaffinity(0, mine)
