"""What a tracker costs a search: its process stopped and going in turn, window by window of a run.

python -m benchmarks.trackers
"""

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import psutil

from benchmarks.jobs import ROOT
from benchmarks.machine import described
from benchmarks.markdown import number, table, write
from benchmarks.standings import ratio
from benchmarks.watching import Tree, interrupt, under_way
from search.store.run import load_run
from search.study.errors import SearchError

TOOLS = ("jsonl", "tensorboard", "mlflow")
MOST = 1.03
"""Times as long as without a tracker, that a search may take."""
LEAD = 200
"""Trials before the first window: by then both workers are there, and all kernels are traced."""
STARTS = 300.0
"""Seconds until then, at most."""
SETTLES = 1.0
"""Seconds of a window that do not count: trials that began before the switch end in them."""
SPACE = """
from search import Budget, DenseSpace, Float, Study, circles

study = Study(
    data=circles(samples=1000, noise=0.1, seed=42),
    space=DenseSpace(layers=2, units=24, learning_rate=Float(1e-4, 1e-1, log=True)),
    budget=Budget(trials=1_000_000, epochs=25),
)
"""
"""Trials that take equally long: those of the main job differ so much that windows do, too. And
more of them than any machine ends within the windows: the run is interrupted after the last."""
NOTE = (
    "One run a tracker, of networks like the main job's but of one size, for trials that take "
    "equally long, and of more of them than fit; its tracker's process is stopped "
    "(SIGSTOP) and let go on (SIGCONT), window by window, and which comes first in a pair of "
    "windows is drawn. A trial counts by when its worker finished it, by the run's store; the "
    f"first {SETTLES:g} s of a window are left out. The ratio is of a pair's trials per second, "
    "stopped to going: how many times as long the search takes with the tracker; geometric mean, "
    "with its 95 % interval by Student's t. A tracker that was stopped has the trials of that time "
    "to send as well, so it does up to twice its work while it goes on, and the ratio is rather "
    "too large than too small. So is that of the CPU which all other processes took for a trial, "
    "and it hangs less on what else the machine does. The tracker's own CPU is from its start to "
    "the last window, beside the seconds of the windows in which it went on. MLflow's server is an "
    "SQLite file."
)


@dataclass(frozen=True)
class Window:
    """A part of a run.

    Attributes:
        goes: Whether the tracker went on in it.
        began: Seconds since the epoch, from which on it counts.
        ended: The same.
        cpu: Seconds that all processes but the tracker's took in it.
    """

    goes: bool
    began: float
    ended: float
    cpu: float

    def counted(self, ends: Sequence[float]) -> "Counted":
        """By when each trial ended, in seconds since the epoch."""
        within = sum(self.began <= end < self.ended for end in ends)
        if not within:
            raise SystemExit("no trial ended in a window: take longer ones (--seconds)")
        return Counted(within / (self.ended - self.began), self.cpu / within)


@dataclass(frozen=True)
class Counted:
    """The trials of a window.

    Attributes:
        rate: How many per second.
        cost: CPU seconds for one, of all processes but the tracker's.
    """

    rate: float
    cost: float


@dataclass(frozen=True)
class Took:
    """What was seen of a tracker.

    Attributes:
        pairs: With it stopped, and with it going, of two windows side by side.
        cpu: Seconds, of its process.
        went: Seconds of the windows in which it went on.
    """

    pairs: Sequence[tuple[Counted, Counted]]
    cpu: float
    went: float

    @property
    def longer(self) -> tuple[float, float, float]:
        """Times as long as without it: geometric mean, and its interval."""
        return ratio(
            *zip(*((stopped.rate, goes.rate) for stopped, goes in self.pairs), strict=True)
        )

    @property
    def dearer(self) -> tuple[float, float, float]:
        """Times as much CPU for a trial as without it, the same."""
        return ratio(
            *zip(*((goes.cost, stopped.cost) for stopped, goes in self.pairs), strict=True)
        )


def verdict(of: tuple[float, float, float]) -> str:
    """Whether a ratio is no more than it may be, by its interval."""
    _, low, high = of
    return "yes" if high <= MOST else "no" if low > MOST else "not shown"


def paired(windows: Sequence[Window], ends: Sequence[float]) -> list[tuple[Counted, Counted]]:
    """Of each two windows, what is counted with the tracker stopped and with it going.

    Raises:
        SystemExit: No trial ended in a window.
    """
    pairs = []
    for first, second in zip(windows[::2], windows[1::2], strict=True):
        stopped, goes = sorted((first, second), key=lambda window: window.goes)
        pairs.append((stopped.counted(ends), goes.counted(ends)))
    return pairs


def took(tool: str, pairs: int, seconds: float, seed: int) -> Took:
    """Search until there are so many pairs of windows, in a folder of its own.

    Args:
        tool: Which copies it.
        pairs: How many.
        seconds: Of a window.
        seed: Of the search, and of the order of windows.

    Raises:
        SystemExit: The search did not begin, or ended before its time.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "equal.py").write_text(SPACE)
        words = ["equal.py", "--name", "run", "--seed", str(seed), "--track", tool]
        code = f"import os; os.chdir({scratch!r}); from search.commands import main; main()"
        told = {"PYTHONPATH": str(ROOT), "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db"}
        command = [sys.executable, "-c", code, "run", *words]
        with under_way(command, folder, {**os.environ, **told}) as (started, tree):
            tracker = _tracker(started, tree, folder)
            windows = _windows(tracker, tree, (pairs, seconds), np.random.default_rng(seed))
            clock = tracker.cpu_times()
            if started.poll() is not None:
                raise SystemExit(f"{tool}: the search ended early: {_last(folder)}")
            interrupt(started)
        trials = load_run(folder / "runs" / "run").trials()
    # Not when it was told: a worker brings many at once.
    ends = [trial.span[1] for trial in trials if trial.span is not None]
    went = sum(window.ended - window.began for window in windows if window.goes)
    return Took(paired(windows, ends), clock.user + clock.system, went)


def _tracker(started: "subprocess.Popen[bytes]", tree: Tree, folder: Path) -> psutil.Process:
    """Wait until the search is well under way; returns the tracker's process.

    Raises:
        SystemExit: That took too long, or the search ended.
    """
    until = time.monotonic() + STARTS
    while time.monotonic() < until and started.poll() is None:
        time.sleep(1.0)
        tree.look(memory=True)
        found = [pid for pid, said in tree.commands.items() if "--follow" in said.split()]
        if found and _finished(folder / "runs" / "run") >= LEAD:
            return psutil.Process(found[0])
    raise SystemExit(f"the search did not begin: {_last(folder)}")


def _finished(run: Path) -> int:
    """Trials that ended so far."""
    try:
        return sum(trial.state.finished for trial in load_run(run).trials())
    except SearchError:
        return 0  # its folder is being made


def _windows(
    tracker: psutil.Process, tree: Tree, asked: tuple[int, float], draw: np.random.Generator
) -> list[Window]:
    """Stop the tracker and let it go on, in turn; it goes on in the end."""
    windows = []
    pairs, seconds = asked
    try:
        for _ in range(pairs):
            for goes in draw.permutation(2).astype(bool).tolist():
                tracker.send_signal(signal.SIGCONT if goes else signal.SIGSTOP)
                time.sleep(SETTLES)
                began, before = time.time(), _others(tree, tracker.pid)
                time.sleep(seconds - SETTLES)
                ended, after = time.time(), _others(tree, tracker.pid)
                windows.append(Window(goes, began, ended, after - before))
    finally:
        tracker.send_signal(signal.SIGCONT)
    return windows


def _others(tree: Tree, tracker: int) -> float:
    """CPU seconds so far of all processes but the tracker's."""
    spent = tree.look(memory=False).cpu
    return sum(seconds for pid, seconds in spent.items() if pid != tracker)


def _last(folder: Path) -> str:
    """The last of what the command said."""
    return (folder / "err").read_text()[-300:]


def lines(runs: Mapping[str, Took]) -> list[str]:
    """The table, with a verdict for each tool."""
    rows = []
    for tool, seen in runs.items():
        medians = [
            statistics.median(one.rate for one in ones) for ones in zip(*seen.pairs, strict=True)
        ]
        row = [tool, str(len(seen.pairs)), *map(number, medians)]
        for of in (seen.longer, seen.dearer):
            mean, low, high = of
            row += [f"{mean:.3f} ({low:.3f} to {high:.3f})", verdict(of)]
        rows.append([*row, f"{number(seen.cpu)} of {number(seen.went)}"])
    rates = ("trials/s, stopped", "going", "times as long with it", f"≤ {MOST:g}")
    costs = ("times the others' CPU a trial", f"≤ {MOST:g}", "CPU of the tracker, s")
    return [*table(("tracker", "pairs", *rates, *costs), rows), "", NOTE]


def main() -> int:
    """Run each tracker's search, and write the table.

    Returns:
        0, or 1 where a tracker slows a search by more than it may.
    """
    options = argparse.ArgumentParser(prog="python -m benchmarks.trackers")
    add = options.add_argument
    add("--pairs", type=int, default=40, help="of windows, of each tracker")
    add("--seconds", type=float, default=6.0, help="of a window")
    add("--seed", type=int, default=0, help="of the searches and of the windows' order")
    add("--tools", nargs="+", choices=TOOLS, default=list(TOOLS), help="trackers")
    add("--results", type=Path, default=ROOT / "benchmarks" / "results", help="folder of the table")
    said = options.parse_args()
    if said.pairs < 1 or said.seconds <= SETTLES:
        options.error(f"--pairs wants 1 or more, and --seconds more than {SETTLES:g}")
    place = described(datetime.now())
    runs: dict[str, Took] = {}
    for tool in said.tools:
        runs[tool] = took(tool, said.pairs, said.seconds, said.seed)
        print(f"{tool}: {runs[tool].longer} times as long, {runs[tool].dearer} the CPU", flush=True)
    told = lines(runs)
    title = f"# Trackers: {said.pairs} pairs of windows of {said.seconds:g} s"
    write(said.results / "trackers.md", [title, "", *place, "", *told])
    print(*told, sep="\n")
    return int(any(verdict(seen.longer) == "no" for seen in runs.values()))


if __name__ == "__main__":
    sys.exit(main())
