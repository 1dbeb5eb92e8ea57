"""Where the time of a search goes: CPU seconds by kind of process and by phase.

python -m benchmarks.layers --job circles
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from benchmarks.contestants.order import Order
from benchmarks.entrants import PRODUCT
from benchmarks.jobs import JOBS, ROOT
from benchmarks.machine import described
from benchmarks.markdown import number, table, write
from benchmarks.performing import ContestantError, Performance, perform
from benchmarks.watching import CORES

KINDS = {
    "Agent": "Ray: dashboard and agents",
    "ray::": "workers",
    "raylet/raylet": "Ray: raylet",
    "gcs_server": "Ray: GCS",
    "dashboard": "Ray: dashboard and agents",
    "monitor": "Ray: dashboard and agents",
}
NOTE = (
    "CPU seconds, user and system, of all processes of a kind within a phase; the last row is what "
    f"{CORES} cores had to give in that time. Start ends with the first trial's result, search "
    "with the last one's, finals and page when the page is there."
)


def kind_of(command: str, pid: int, driver: int | None) -> str:
    """What a process is for."""
    if pid == driver:
        return "driver"
    found = [kind for part, kind in KINDS.items() if part in command]
    return found[0] if found else "other"


def phases(run: Performance) -> dict[str, tuple[float, float]]:
    """Name → seconds after the command at which it begins and ends."""
    first, last = run.results[0], run.results[-1]
    return {"start": (0.0, first), "search": (first, last), "finals and page": (last, run.whole)}


def spent(run: Performance) -> Mapping[str, Sequence[float]]:
    """Kind → CPU seconds in each phase."""
    watched = run.watched
    pids = {pid for sample in watched.samples for pid in sample.cpu}
    found: dict[str, list[float]] = {}
    for pid in pids:
        kind = kind_of(watched.commands.get(pid, ""), pid, run.driver)
        row = found.setdefault(kind, [0.0] * len(phases(run)))
        for i, (start, end) in enumerate(phases(run).values()):
            row[i] += watched.cpu(watched.began + end, pid) - watched.cpu(
                watched.began + start, pid
            )
    return dict(sorted(found.items(), key=lambda item: -sum(item[1])))


def lines(run: Performance) -> list[str]:
    """The table."""
    header = ("process", *(f"{name}, s" for name in phases(run)), "all, s")
    rows = [[kind, *map(number, row), number(sum(row))] for kind, row in spent(run).items()]
    walls = [end - start for start, end in phases(run).values()]
    rows.append(["wall", *map(number, walls), number(sum(walls))])
    there = [CORES * wall for wall in walls]
    rows.append(["CPU there was", *map(number, there), number(sum(there))])
    return [*table(header, rows), "", NOTE]


def main() -> int:
    """Run the product once, and write the table.

    Returns:
        0, or 1 where it did not finish.
    """
    options = argparse.ArgumentParser(prog="python -m benchmarks.layers")
    add = options.add_argument
    add("--job", choices=JOBS, default="circles", help="what is searched")
    add("--trials", type=int, help="the space's where left out")
    add("--results", type=Path, default=ROOT / "benchmarks" / "results", help="folder of the table")
    said = options.parse_args()
    job = JOBS[said.job]
    budget = job.study().budget
    now = datetime.now()
    place = described(now)
    order = Order(job, said.trials or budget.trials, budget.epochs, seed=0)
    try:
        run = perform(PRODUCT, order)
    except ContestantError as error:
        print(f"layers: {error}", file=sys.stderr)
        return 1
    file = said.results / f"layers-{job.name}-{now:%Y%m%d-%H%M}.md"
    write(file, [f"# Layers: {job.name}, {order.trials:,} trials", "", *place, "", *lines(run)])
    print(*lines(run), sep="\n")
    print(f"table  {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
