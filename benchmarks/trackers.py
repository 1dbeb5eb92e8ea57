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
TRIALS = 1_000_000
"""More than any machine ends within the windows: the run is interrupted after the last."""
LEAD = 200
"""Trials before the first window: by then both workers are there, and all kernels are traced."""
STARTS = 300.0
"""Seconds until then, at most."""
SETTLES = 1.0
"""Seconds of a window that do not count: trials that began before the switch end in them."""
NOTE = (
    "One run of the main job a tracker, of more trials than fit; its tracker's process is stopped "
    "(SIGSTOP) and let go on (SIGCONT), window by window, and which comes first in a pair of "
    "windows is drawn. A trial counts by when its worker finished it, by the run's store; the "
    f"first {SETTLES:g} s of a window are left out. The ratio is of a pair's trials per second, "
    "stopped to going: how many times as long the search takes with the tracker; geometric mean, "
    "with its 95 % interval by Student's t. A tracker that was stopped has the trials of that time "
    "to send as well, so it does up to twice its work while it goes on, and the ratio is rather "
    "too large than too small. CPU is of the tracker's process, from its start to the last window, "
    "beside the seconds of the windows in which it went on. MLflow's server is an SQLite file."
)


@dataclass(frozen=True)
class Window:
    """A part of a run.

    Attributes:
        goes: Whether the tracker went on in it.
        began: Seconds since the epoch.
        ended: The same.
    """

    goes: bool
    began: float
    ended: float

    @property
    def seconds(self) -> float:
        """How long it counts."""
        return self.ended - self.began - SETTLES

    def rate(self, ends: Sequence[float]) -> float:
        """Trials that ended per second, by when each did, in seconds since the epoch."""
        within = sum(self.began + SETTLES <= end < self.ended for end in ends)
        return within / self.seconds


@dataclass(frozen=True)
class Took:
    """What was seen of a tracker.

    Attributes:
        pairs: Trials per second with it stopped, and with it going, of two windows side by side.
        cpu: Seconds, of its process.
        went: Seconds of the windows in which it went on.
    """

    pairs: Sequence[tuple[float, float]]
    cpu: float
    went: float

    @property
    def ratio(self) -> tuple[float, float, float]:
        """Times as long as without it: geometric mean, and its interval."""
        return ratio(*zip(*self.pairs, strict=True))

    @property
    def verdict(self) -> str:
        """Whether it slows a search by no more than it may."""
        _, low, high = self.ratio
        return "yes" if high <= MOST else "no" if low > MOST else "not shown"


def paired(windows: Sequence[Window], ends: Sequence[float]) -> list[tuple[float, float]]:
    """Of each two windows, trials per second with the tracker stopped and with it going.

    Raises:
        SystemExit: No trial ended in a window.
    """
    pairs = []
    for first, second in zip(windows[::2], windows[1::2], strict=True):
        stopped, goes = sorted((first, second), key=lambda window: window.goes)
        pairs.append((stopped.rate(ends), goes.rate(ends)))
    if not all(min(pair) for pair in pairs):
        raise SystemExit("no trial ended in a window: take longer ones (--seconds)")
    return pairs


def took(tool: str, pairs: int, seconds: float, seed: int) -> Took:
    """Search the main job until there are so many pairs of windows, in a folder of its own.

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
        words = ["--name", "run", "--trials", str(TRIALS), "--seed", str(seed), "--track", tool]
        code = f"import os; os.chdir({scratch!r}); from search.commands import main; main()"
        space = str(ROOT / "spaces" / "binary.py")
        told = {"PYTHONPATH": str(ROOT), "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db"}
        command = [sys.executable, "-c", code, "run", space, *words]
        with under_way(command, folder, {**os.environ, **told}) as (started, tree):
            tracker = _tracker(started, tree, folder)
            windows = _windows(tracker, pairs, seconds, np.random.default_rng(seed))
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
    tracker: psutil.Process, pairs: int, seconds: float, draw: np.random.Generator
) -> list[Window]:
    """Stop the tracker and let it go on, in turn; it goes on in the end."""
    windows = []
    try:
        for _ in range(pairs):
            for goes in draw.permutation(2).astype(bool).tolist():
                tracker.send_signal(signal.SIGCONT if goes else signal.SIGSTOP)
                began = time.time()
                time.sleep(seconds)
                windows.append(Window(goes, began, time.time()))
    finally:
        tracker.send_signal(signal.SIGCONT)
    return windows


def _last(folder: Path) -> str:
    """The last of what the command said."""
    return (folder / "err").read_text()[-300:]


def lines(runs: Mapping[str, Took]) -> list[str]:
    """The table, with a verdict for each tool."""
    rows = []
    for tool, seen in runs.items():
        stopped, going = zip(*seen.pairs, strict=True)
        mean, low, high = seen.ratio
        row = [tool, str(len(seen.pairs)), number(statistics.median(stopped))]
        row += [number(statistics.median(going)), f"{mean:.3f} ({low:.3f} to {high:.3f})"]
        row += [f"{number(seen.cpu)} of {number(seen.went)}", seen.verdict]
        rows.append(row)
    rates = ("trials/s, stopped", "going", "times as long with it")
    header = ("tracker", "pairs", *rates, "CPU of the tracker, s", f"≤ {MOST:g}")
    return [*table(header, rows), "", NOTE]


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
        print(f"{tool}: trials/s, stopped and going: {runs[tool].pairs}", flush=True)
    told = lines(runs)
    title = f"# Trackers: the main job, {said.pairs} pairs of windows of {said.seconds:g} s"
    write(said.results / "trackers.md", [title, "", *place, "", *told])
    print(*told, sep="\n")
    return int(any(seen.verdict == "no" for seen in runs.values()))


if __name__ == "__main__":
    sys.exit(main())
