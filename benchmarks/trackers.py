"""What a tracker costs a search: pairs of runs, with and without `--track`.

python -m benchmarks.trackers
"""

import argparse
import math
import os
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.jobs import ROOT
from benchmarks.machine import described
from benchmarks.markdown import number, table, write
from benchmarks.watching import watch
from search.store.run import load_run

WITHOUT = "none"
TOOLS = ("jsonl", "tensorboard", "mlflow")
MOST = 1.03
"""Times as long as without a tracker, that a search may take."""
NOTE = (
    "Search and finals are the driver's own phases; the whole command also has its start, its page "
    "and the wait at its end until the copies are whole. Each round runs everything once, in an "
    "order that turns. Ratios are to the same round's run without a tracker: geometric mean, with "
    "its 95 % interval by Student's t. CPU is of the tracker's process, and of all others, which "
    "hangs little on what else a machine does. MLflow's server is an SQLite file."
)


@dataclass(frozen=True)
class Took:
    """Seconds of one run.

    Attributes:
        searched: Of search and finals.
        whole: Of the command.
        tracker: Of CPU, of the tracker's process.
        others: Of CPU, of all others.
    """

    searched: float
    whole: float
    tracker: float = 0.0
    others: float = 0.0


def took(tool: str, trials: int, seed: int) -> Took:
    """Search the main job once, in a folder of its own.

    Args:
        tool: Which copies it; `WITHOUT` for none.
        trials: How many.
        seed: The same within a round, so that the same is trained.

    Raises:
        SystemExit: The search failed.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        words = ["--name", "run", "--trials", str(trials), "--seed", str(seed)]
        words += [] if tool == WITHOUT else ["--track", tool]
        code = f"import os; os.chdir({scratch!r}); from search.commands import main; main()"
        space = str(ROOT / "spaces" / "binary.py")
        told = {"PYTHONPATH": str(ROOT), "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db"}
        command = [sys.executable, "-c", code, "run", space, *words]
        seen = watch(command, folder, {**os.environ, **told})
        if seen.code:
            raise SystemExit(f"{tool}: the search failed: {(folder / 'err').read_text()[-300:]}")
        phases = load_run(folder / "runs" / "run").manifest.seconds
        pids = [pid for pid, said in seen.commands.items() if "--follow" in said.split()]
        tracker = sum(seen.cpu(math.inf, pid) for pid in pids)
        searched = phases["search"] + phases["finals"]
        return Took(searched, seen.ended - seen.began, tracker, seen.cpu(math.inf) - tracker)


def ratio(ones: Sequence[float], others: Sequence[float]) -> tuple[float, float, float]:
    """The geometric mean of ones to others, and its interval; NaN where there is one pair alone."""
    from scipy.stats import t

    logs = [math.log(one / other) for one, other in zip(ones, others, strict=True)]
    mean = statistics.fmean(logs)
    if len(logs) < 2:
        return math.exp(mean), math.nan, math.nan
    half = t.ppf(0.975, len(logs) - 1) * statistics.stdev(logs) / math.sqrt(len(logs))
    return math.exp(mean), math.exp(mean - half), math.exp(mean + half)


def slowed(runs: Mapping[str, Sequence[Took]], tool: str) -> tuple[float, float, float]:
    """By how much a tool slows search and finals, as of `ratio`."""
    return ratio(*([one.searched for one in runs[name]] for name in (tool, WITHOUT)))


def lines(runs: Mapping[str, Sequence[Took]]) -> list[str]:
    """The table, with a verdict for each tool."""
    base = runs[WITHOUT]
    rows = []
    for tool, seen in runs.items():
        searched, whole = [one.searched for one in seen], [one.whole for one in seen]
        cpu = [one.others for one in seen]
        medians = (searched, whole, [one.tracker for one in seen], cpu)
        row = [tool, *(number(statistics.median(values)) for values in medians)]
        if tool != WITHOUT:
            of_search, low, high = slowed(runs, tool)
            of_whole, *_ = ratio(whole, [one.whole for one in base])
            of_cpu, *_ = ratio(cpu, [one.others for one in base])
            row += [f"{of_search:.3f} ({low:.3f} to {high:.3f})", f"{of_whole:.3f}"]
            verdict = "yes" if high <= MOST else "no" if low > MOST else "not shown"
            row += [f"{of_cpu:.3f}", verdict]
        rows.append(row + ["–"] * (9 - len(row)))
    times = ("search and finals, s", "whole, s", "CPU of the tracker, s", "of others, s")
    ratios = ("ratio of search and finals", "of the whole", "of others' CPU", f"≤ {MOST:g}")
    return [*table(("tracker", *times, *ratios), rows), "", NOTE]


def main() -> int:
    """Run the rounds, and write the table.

    Returns:
        0, or 1 where a tracker slows a search by more than it may.
    """
    options = argparse.ArgumentParser(prog="python -m benchmarks.trackers")
    add = options.add_argument
    add("--pairs", type=int, default=3, help="rounds")
    add("--trials", type=int, default=200, help="of each search")
    add("--tools", nargs="+", choices=TOOLS, default=list(TOOLS), help="trackers")
    add("--results", type=Path, default=ROOT / "benchmarks" / "results", help="folder of the table")
    said = options.parse_args()
    now = datetime.now()
    place = described(now)
    names = [WITHOUT, *said.tools]
    runs: dict[str, list[Took]] = {name: [] for name in names}
    for turn in range(said.pairs):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            runs[name].append(took(name, said.trials, turn))
            print(f"round {turn + 1}, {name}: {runs[name][-1]}", flush=True)
    said_of = lines(runs)
    title = f"# Trackers: the main job, {said.trials:,} trials, {said.pairs} pairs"
    write(said.results / "trackers.md", [title, "", *place, "", *said_of])
    print(*said_of, sep="\n")
    return int(any(slowed(runs, tool)[0] > MOST for tool in said.tools))


if __name__ == "__main__":
    sys.exit(main())
