"""How a search grows with its budget: time, memory, and the driver's work for each trial.

python -m benchmarks.scaling --trials 50 200 1000 5000
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.contestants.order import Order
from benchmarks.entrants import PRODUCT
from benchmarks.jobs import JOBS, ROOT
from benchmarks.machine import described
from benchmarks.markdown import NONE, megabytes, number, table, times, write
from benchmarks.performing import ContestantError, Performance, perform

SETTLED = 100
"""Trials after which memory has taken what it takes once: libraries, graphs, caches."""
WINDOW = 100
"""Trials of a window at least; later ones are a tenth of their end, since clocks tick in 10 ms."""
ENDS = (100, 200, 500, 1_000, 2_000, 5_000, 10_000)
"""Trials at which a window ends."""

NOTES = (
    "- Last result and page in seconds from the command; × is the last result's ratio to the first "
    "row's. Trials/s after start-up.",
    "- Memory is PSS, looked at once a second; the look nearest to the trial's result counts. "
    f"Growth is from trial {SETTLED} to the last.",
    "- The driver is the process of `search run`. Its user and system time between the results at "
    "a window's ends is divided by the trials between; what it did before the first result is "
    "start-up and left out.",
)


@dataclass(frozen=True)
class Growth:
    """Memory of some processes, early and late.

    Attributes:
        early: Bytes after the first trials.
        late: Bytes at the last trial's result.
        trials: Between the two.
    """

    early: int
    late: int
    trials: int

    @classmethod
    def of(cls, run: Performance, pids: Sequence[int]) -> "Growth":
        """Of these processes of a run; nothing lies between where it had few trials."""
        settled = min(SETTLED, len(run.results))
        looks = (run.results[settled - 1], run.results[-1])
        early, late = (run.watched.memory(run.watched.began + at, pids) for at in looks)
        return cls(early, late, len(run.results) - settled)

    @property
    def share(self) -> str:
        """Relative to the early look."""
        return f"{self.late / self.early - 1:+.1%}" if self.trials and self.early else NONE

    @property
    def each(self) -> str:
        """How many kB for each trial."""
        return f"{(self.late - self.early) / self.trials / 1e3:+.1f}" if self.trials else NONE


def time_table(runs: Sequence[Performance]) -> list[str]:
    """One row a budget."""
    header = ("trials", "first result, s", "last result, s", "×", "trials/s", "page, s", "CPU, s")
    base = runs[0].results[-1]
    rows = [
        [
            f"{run.order.trials:,}",
            number(run.first),
            number(run.results[-1]),
            times(run.results[-1], base),
            number(1 / run.per_trial),
            number(run.whole),
            number(run.cpu_whole),
        ]
        for run in runs
    ]
    return table(header, rows)


def memory_table(runs: Sequence[Performance]) -> list[str]:
    """One row a budget."""
    header = (
        "trials", "driver early, MB", "driver late, MB", "kB a trial",
        "workers early, MB", "workers late, MB", "growth", "all processes' peak, MB",
    )  # fmt: skip
    return table(header, [_memory_row(run) for run in runs])


def _memory_row(run: Performance) -> list[str]:
    driver, workers = Growth.of(run, [run.driver or 0]), Growth.of(run, run.workers)
    return [
        f"{run.order.trials:,}",
        *(megabytes(driver.early), megabytes(driver.late), driver.each),
        *(megabytes(workers.early), megabytes(workers.late), workers.share),
        megabytes(run.peak),
    ]


def driver_table(runs: Sequence[Performance]) -> list[str]:
    """One row a window, one column a budget."""
    longest = max(len(run.results) for run in runs)
    ends = [end for end in ENDS if end <= longest] or [longest]
    header = ("driver's CPU a trial, ms", *(f"of {run.order.trials:,}" for run in runs))
    rows = [[_window(end), *(driver_cost(run, end) for run in runs)] for end in ends]
    return table(header, rows)


def _window(end: int) -> str:
    return f"trials {_start(end) + 1:,} to {end:,}"


def _start(end: int) -> int:
    """The trial before a window's first; the very first trial's cost is start-up."""
    return max(1, end - max(WINDOW, end // 10))


def driver_cost(run: Performance, end: int) -> str:
    """Milliseconds of the driver's CPU for each trial of a window."""
    if end > len(run.results) or run.driver is None:
        return NONE
    start = _start(end)
    moments = (run.watched.began + run.results[count - 1] for count in (start, end))
    before, after = (run.watched.cpu(moment, run.driver) for moment in moments)
    return number((after - before) / (end - start) * 1000)


def main() -> int:
    """Run each budget once, the smallest first, and write the table anew after each.

    Returns:
        0, or 1 where a run did not finish its trials.
    """
    said = _options().parse_args()
    now = datetime.now()
    head = ["# Scaling: circles", "", *described(now), ""]
    file = said.results / f"scaling-{now:%Y%m%d-%H%M}.md"
    runs: list[Performance] = []
    for trials in sorted(set(said.trials)):
        try:
            runs.append(perform(PRODUCT, Order(JOBS["circles"], trials, said.epochs, said.seed)))
        except ContestantError as error:
            print(f"scaling: {error}", file=sys.stderr)
            return 1
        print(f"{trials:,} trials: last result after {runs[-1].results[-1]:.1f} s", flush=True)
        write(file, [*head, *_body(runs)])
    print(f"table  {file}")
    return 0


def _body(runs: Sequence[Performance]) -> list[str]:
    epochs = runs[0].order.epochs
    return [
        *(
            f"`{runs[0].order.job.file}`, {epochs} epochs a trial, 2 workers with a thread each.",
            "",
        ),
        *("## Time", "", *time_table(runs), ""),
        *("## Memory", "", *memory_table(runs), ""),
        *("## Driver", "", *driver_table(runs), ""),
        *("## How to read it", "", *NOTES),
    ]


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m benchmarks.scaling")
    add = options.add_argument
    add("--trials", type=int, nargs="+", default=[50, 200, 1000, 5000], help="budgets, 2 or more")
    add("--epochs", type=int, default=25, help="epochs a trial")
    add("--seed", type=int, default=0, help="of all runs")
    add("--results", type=Path, default=ROOT / "benchmarks" / "results", help="folder of the table")
    return options


if __name__ == "__main__":
    sys.exit(main())
