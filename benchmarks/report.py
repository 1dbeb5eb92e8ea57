"""The race's page of results."""

from collections.abc import Sequence

from benchmarks.entrants import PRODUCT
from benchmarks.markdown import NONE, megabytes, number, spread, table, times
from benchmarks.performing import Performance
from benchmarks.standings import Spread, Standing

SCALED = "*"
NOTES = (
    "- Medians, with least and greatest in brackets. × are ratios of medians to (a)'s; above 1, "
    "(a) is ahead. Times run from the command, and end with a trial's result.",
    "- A further trial: the slope of a line through the times of all results; trials/s is its "
    "inverse. (a) trains small dense networks several at once and tells them together, so its "
    "slope wants 50 trials or more; a peer's wants ten.",
    f"- {SCALED} scaled: it ran fewer trials than are compared. Start-up + a further trial × "
    "budget, where start-up is the first result less one further trial. A sampler's own cost "
    "grows with its history, so this flatters; best values are those of fewer trials.",
    "- (a) goes on after its last trial: finals on fresh seeds, held-out rows, the page. Its time "
    "to the page stands beside; the peers make none.",
    "- CPU: user and system seconds of all processes to the last result, from their clocks five "
    "times a second. Memory: the greatest sum of PSS over all processes, looked at once a second, "
    "for (a) until its page.",
    "- Loss above (a)'s: mean over pairs of the same seed ± standard error, at equal trials only.",
)


def time_table(standings: Sequence[Standing]) -> list[str]:
    """Who is how fast."""
    ours = _product(standings)
    header = (
        "contestant", "processes", "trials", "first result, s", "a further trial, s", "×",
        "trials/s", "last result, s", "×", "page, s", "last result × (a)'s page",
    )  # fmt: skip
    return table(header, [_time_row(standing, ours) for standing in standings])


def _time_row(standing: Standing, ours: Standing | None) -> list[str]:
    mark = SCALED if standing.scaled else ""
    each, last = standing.per_trial, standing.last
    page = ours.page.median if ours and ours.page else None
    return [
        str(standing.entrant),
        standing.entrant.layout,
        f"{standing.trials:,}",
        spread(standing.first),
        spread(each),
        times(each.median, ours and ours.per_trial.median),
        number(1 / each.median),
        spread(last, mark),
        times(last.median, ours and ours.last.median),
        spread(standing.page),
        NONE if standing.page else times(last.median, page),
    ]


def cost_table(standings: Sequence[Standing]) -> list[str]:
    """What it takes, and what it finds."""
    ours = _product(standings)
    header = (
        "contestant", "CPU, s", "×", "peak memory, MB", "best val_accuracy", "best val_loss",
        "loss above (a)'s",
    )  # fmt: skip
    return table(header, [_cost_row(standing, ours) for standing in standings])


def _cost_row(standing: Standing, ours: Standing | None) -> list[str]:
    return [
        str(standing.entrant),
        spread(standing.cpu, SCALED if standing.scaled else ""),
        times(standing.cpu.median, ours and ours.cpu.median),
        megabytes(standing.spread(lambda run: run.peak).median),
        *_found(standing, ours),
    ]


FIND_NOTE = (
    "Medians, with least and greatest in brackets. Above (a)'s: mean over pairs of the same seed ± "
    "standard error; where it is positive, (a) found the lower loss."
)


def find_table(standings: Sequence[Standing]) -> list[str]:
    """What everybody finds at equal trials."""
    ours = _product(standings)
    header = ("contestant", "trials", "best val_accuracy", "best val_loss", "loss above (a)'s")
    return table(header, [_find_row(standing, ours) for standing in standings])


def _find_row(standing: Standing, ours: Standing | None) -> list[str]:
    return [str(standing.entrant), f"{standing.trials:,}", *_found(standing, ours)]


def _found(standing: Standing, ours: Standing | None) -> list[str]:
    above = standing.loss_above(ours) if ours else None
    return [
        spread(standing.spread(lambda run: run.best)),
        spread(standing.spread(lambda run: run.best_loss)),
        f"{above[0]:+.4f} ± {number(above[1])}" if above else NONE,
    ]


def every_find(performances: Sequence[Performance]) -> list[str]:
    """What each run found."""
    header = ("contestant", "seed", "val_accuracy", "val_loss")
    rows = [
        [str(run.entrant), str(run.order.seed), *map(number, (run.best, run.best_loss))]
        for run in performances
    ]
    return table(header, rows)


def every_run(performances: Sequence[Performance]) -> list[str]:
    """The single runs, in the order in which they took place."""
    header = (
        "contestant", "seed", "trials", "workers", "first, s", "last, s", "whole, s",
        "CPU whole, s", "peak, MB", "val_accuracy", "val_loss",
    )  # fmt: skip
    rows = [
        [
            str(run.entrant),
            str(run.order.seed),
            f"{run.order.trials:,}",
            str(len(run.workers) or 1),
            *map(number, (run.first, run.results[-1], run.whole, run.cpu_whole)),
            megabytes(run.peak),
            *map(number, (run.best, run.best_loss)),
        ]
        for run in performances
    ]
    return table(header, rows)


def bare_import(bare: Sequence[float], standings: Sequence[Standing]) -> str:
    """How long TensorFlow itself takes to load, which nobody can do without."""
    ours = _product(standings)
    seconds = Spread.of(bare)
    ratio = times(ours.first.median, seconds.median) if ours else NONE
    return (
        f"`import tensorflow` in a bare process takes {spread(seconds)} s; "
        f"(a)'s first result comes after {ratio} that."
    )


def _product(standings: Sequence[Standing]) -> Standing | None:
    return next((s for s in standings if s.entrant == PRODUCT), None)
