"""The race: the same search by this product and by what people use today, on two cores.

    python -m benchmarks.race --job circles --repeats 3 --peer-trials 10

Everybody runs once, then everybody again: a machine that slows down slows all of them.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from benchmarks import report
from benchmarks.contestants.order import Order
from benchmarks.entrants import ENTRANTS, PRODUCT, Entrant
from benchmarks.jobs import JOBS, ROOT
from benchmarks.machine import described
from benchmarks.markdown import write
from benchmarks.performing import ContestantError, Performance, environment, perform
from benchmarks.standings import Standing
from benchmarks.watching import watch


@dataclass(frozen=True)
class Race:
    """What is raced.

    Attributes:
        order: Job, budget, and the first repeat's seed; each further one has the next seed.
        entrants: In the order of their runs.
        repeats: How often each runs.
        peer_trials: That a peer runs at most.
        results: Folder for the table.
        values_only: What is found, not how fast: contestants run side by side.
    """

    order: Order
    entrants: tuple[Entrant, ...]
    repeats: int
    peer_trials: int
    results: Path
    values_only: bool = False

    def orders(self) -> Iterator[tuple[Entrant, Order]]:
        """Every run in its turn."""
        for repeat in range(self.repeats):
            for entrant in self.entrants:
                most = self.order.trials if entrant == PRODUCT else self.peer_trials
                trials = min(self.order.trials, most)
                yield entrant, replace(self.order, trials=trials, seed=self.order.seed + repeat)

    @property
    def title(self) -> list[str]:
        """What it was, in Markdown."""
        study, split = self.order.job.study(), self.order.job.study().split
        return [
            f"# Race: {self.order.job.name}",
            "",
            f"{self.order.trials:,} trials × {self.order.epochs} epochs of `{self.order.job.file}`"
            f" ({study.data}; {split.validation:.0%} of them choose, {split.held_out:.0%} are "
            f"held out); repeats: {self.repeats}, interleaved.",
            "",
        ]


def main() -> int:
    """Race, and write the table anew after each round.

    Returns:
        0, or 1 where a contestant did not finish its trials.
    """
    race = _race(_options().parse_args())
    now = datetime.now()
    place = described(now)
    file = race.results / f"{race.order.job.name}-{now:%Y%m%d-%H%M}.md"
    run = _values if race.values_only else _timed
    try:
        for body in run(race):
            write(file, [*race.title, *place, "", *body])
    except ContestantError as error:
        print(f"race: {error}", file=sys.stderr)
        return 1
    print(f"table  {file}")
    return 0


def _timed(race: Race) -> Iterator[list[str]]:
    """One contestant at a time; the tables anew after each round."""
    done: list[Performance] = []
    bare: list[float] = []
    for entrant, order in race.orders():
        if entrant == race.entrants[0]:
            bare.append(_import_tensorflow())
        done.append(perform(entrant, order))
        print(_line(done[-1]), flush=True)
        if entrant == race.entrants[-1]:
            yield _times_and_costs(race, done, bare)


def _values(race: Race) -> Iterator[list[str]]:
    """As many at a time as there are cores; what they find does not hang on how fast they are."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        running = [pool.submit(perform, entrant, order) for entrant, order in race.orders()]
        done: list[Performance] = []
        for run in running:
            done.append(run.result())
            print(_line(done[-1]), flush=True)
    standings = _standings(race, done)
    yield [
        "## Find",
        "",
        *report.find_table(standings),
        "",
        report.FIND_NOTE,
        "",
        "## Every run",
        "",
        *report.every_find(done),
    ]


def _import_tensorflow() -> float:
    """Seconds that a bare process takes for it."""
    with tempfile.TemporaryDirectory(prefix="race-") as folder:
        command = [sys.executable, "-c", "import tensorflow"]
        watched = watch(command, Path(folder), environment())
    return watched.ended - watched.began


def _line(run: Performance) -> str:
    return (
        f"{run.entrant}, seed {run.order.seed}: {run.order.trials} trials, "
        f"first result {run.first:.1f} s, last {run.results[-1]:.1f} s, whole {run.whole:.1f} s, "
        f"CPU {run.cpu_whole:.1f} s, {run.peak / 1e6:.0f} MB, "
        f"best {run.best:.4f}, loss {run.best_loss:.4f}"
    )


def _standings(race: Race, done: Sequence[Performance]) -> list[Standing]:
    return [
        Standing(entrant, race.order.trials, [run for run in done if run.entrant == entrant])
        for entrant in race.entrants
    ]


def _times_and_costs(race: Race, done: Sequence[Performance], bare: Sequence[float]) -> list[str]:
    standings = _standings(race, done)
    return [
        *("## Time", "", *report.time_table(standings), ""),
        *(report.bare_import(bare, standings), ""),
        *("## Cost and find", "", *report.cost_table(standings), ""),
        *("## How to read it", "", *report.NOTES, ""),
        *("## Every run", "", *report.every_run(done)),
    ]


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m benchmarks.race")
    add = options.add_argument
    add("--job", choices=JOBS, default="circles", help="what is raced; circles is the main job")
    add("--trials", type=_two_or_more, help="trials that are compared; the space's where left out")
    add("--epochs", type=int, help="epochs a trial; the space's where left out")
    add("--repeats", type=int, default=3, help="how often each contestant runs")
    add("--peer-trials", type=_two_or_more, help="trials that a peer runs at most, then scaled")
    add("--seed", type=int, default=0, help="of the first repeat; each further one has the next")
    add("--contestants", nargs="+", choices=ENTRANTS, default=list(ENTRANTS), help="who runs")
    add("--results", type=Path, default=ROOT / "benchmarks" / "results", help="folder of the table")
    add("--values", action="store_true", help="what is found, not how fast; runs go side by side")
    add("--short", action="store_true", help="see that it works: circles, 3 trials, 2 epochs, once")
    return options


def _two_or_more(text: str) -> int:
    if not text.isdecimal() or int(text) < 2:
        raise argparse.ArgumentTypeError(f"{text}: give 2 or more, for a time between results")
    return int(text)


def _race(said: argparse.Namespace) -> Race:
    entrants = tuple(ENTRANTS[letter] for letter in sorted(set(said.contestants)))
    for entrant in entrants:
        if entrant.lacks():
            print(f"race: {entrant.lacks()}", file=sys.stderr)
            sys.exit(2)
    if said.short:
        order = Order(JOBS["circles"], trials=3, epochs=2, seed=said.seed)
        return Race(order, entrants, 1, order.trials, said.results, said.values)
    job = JOBS[said.job]
    budget = job.study().budget
    order = Order(job, said.trials or budget.trials, said.epochs or budget.epochs, said.seed)
    peer_trials = said.peer_trials or order.trials
    return Race(order, entrants, said.repeats, peer_trials, said.results, said.values)


if __name__ == "__main__":
    sys.exit(main())
