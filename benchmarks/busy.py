"""How busy two workers are with trials of exactly one second: the rest is the search's own cost.

python -m benchmarks.busy --trials 300
"""

import argparse
import sys
from datetime import datetime
from pathlib import Path

from benchmarks.contestants.order import Order
from benchmarks.entrants import ENTRANTS
from benchmarks.jobs import JOBS, ROOT
from benchmarks.machine import described
from benchmarks.markdown import number, table, write
from benchmarks.performing import ContestantError, Performance, perform

WORKERS = 2
NOTE = (
    "A trial lasts one second from the start of `build` to the end of `fit`. Busy is the trials' "
    "seconds among the two workers' between the start of the first trial (a second before the "
    "first result) and the last result; a worker that starts later counts as idle until then."
)


def seconds(run: Performance) -> float:
    """From the start of the first trial to the last result."""
    return run.results[-1] - run.results[0] + 1.0


def share(run: Performance) -> float:
    """Of the workers' time that was spent in trials."""
    return len(run.results) / (WORKERS * seconds(run))


def main() -> int:
    """Run, and write the table.

    Returns:
        0, or 1 where a contestant did not finish its trials.
    """
    options = argparse.ArgumentParser(prog="python -m benchmarks.busy")
    add = options.add_argument
    add("--trials", type=int, default=300, help="of a second each")
    add("--contestants", nargs="+", choices=("a", "c"), default=["a", "c"], help="who runs")
    add("--results", type=Path, default=ROOT / "benchmarks" / "results", help="folder of the table")
    said = options.parse_args()
    now = datetime.now()
    lines = ["# Busy workers", "", *described(now), ""]
    rows = []
    try:
        for letter in said.contestants:
            order = Order(JOBS["one-second"], said.trials, epochs=1, seed=0)
            run = perform(ENTRANTS[letter], order)
            rows.append(
                [str(run.entrant), f"{said.trials}", number(seconds(run)), f"{share(run):.1%}"]
            )
            print(*rows[-1], sep="  ", flush=True)
    except ContestantError as error:
        print(f"busy: {error}", file=sys.stderr)
        return 1
    header = ("contestant", "trials of 1 s", "seconds", "busy")
    file = said.results / f"busy-{now:%Y%m%d-%H%M}.md"
    write(file, [*lines, *table(header, rows), "", NOTE])
    print(f"table  {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
