"""What it costs to show TPE only a part of a long search: values found, and time for an ask.

    python -m benchmarks.history --trials 1000 --seeds 10

The objective is real: the main job's networks, trained in NumPy. It needs none of the peers.
"""

import argparse
import math
import statistics
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from benchmarks.jobs import JOBS, ROOT
from benchmarks.machine import described
from benchmarks.markdown import NONE, number, table, write
from benchmarks.standings import mean_and_error

LAST = 100
"""Asks at the end of a search whose time is told."""
WHOLE = 1_000_000


@dataclass(frozen=True)
class Search:
    """One search with one view of its history.

    Attributes:
        latest: Trials that TPE is shown beside the best.
        seed: Of the study.
        trials: How many.
    """

    latest: int
    seed: int
    trials: int


@dataclass(frozen=True)
class Found:
    """What came of it.

    Attributes:
        loss: Lowest validation loss.
        ask: Median seconds of the last asks.
    """

    loss: float
    ask: float


def found(search: Search) -> Found:
    """Search one after the other, in memory."""
    import optuna

    from search.training.device import limit_threads
    from search.training.in_numpy.engine import NumpyTraining
    from search.tuning import sampler

    limit_threads(1)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler.LATEST = search.latest
    job = JOBS["circles"]
    study = replace(job.study(), seed=search.seed)
    rows = job.material()
    asked = optuna.create_study(direction="minimize", sampler=sampler.StudySampler(study))
    losses, asks = [], []
    for _ in range(search.trials):
        began = time.perf_counter()
        trial = asked.ask(sampler.distributions(study.parameters))
        asks.append(time.perf_counter() - began)
        params = {**study.fixed, **trial.params}
        training = NumpyTraining(rows.shape, params, rows.train, rows.validation, trial.number)
        loss = training.advance(study.budget.epochs)["val_loss"][-1]
        losses.append(loss if math.isfinite(loss) else math.inf)
        if math.isfinite(loss):
            asked.tell(trial, loss)
        else:
            asked.tell(trial, state=optuna.trial.TrialState.FAIL)
    return Found(min(losses), statistics.median(asks[-LAST:]))


def rows_of(views: Sequence[int], results: dict[int, list[Found]]) -> list[list[str]]:
    """A row a view; losses are compared in pairs with those of the first."""
    rows = []
    for latest in views:
        losses = [math.log10(f.loss) for f in results[latest]]
        base = [math.log10(f.loss) for f in results[views[0]]]
        above, error = mean_and_error([a - b for a, b in zip(losses, base, strict=True)])
        shown = "all" if latest == WHOLE else f"best 50, latest {latest}"
        rows.append(
            [
                shown,
                f"{10 ** statistics.mean(losses):.1e}",
                NONE if latest == views[0] else f"{above:+.3f} ± {error:.3f}",
                number(1000 * statistics.median(f.ask for f in results[latest])),
            ]
        )
    return rows


def main() -> int:
    """Search with each view and seed, and write the table."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.history")
    add = options.add_argument
    add("--trials", type=int, default=1000, help="of each search")
    add("--seeds", type=int, default=10, help="searches with each view")
    add("--latest", type=int, nargs="+", default=[950, 150, 50], help="the views beside all")
    add("--results", type=Path, default=ROOT / "benchmarks" / "results", help="folder of the table")
    said = options.parse_args()
    now = datetime.now()
    place = described(now)
    views = [WHOLE, *said.latest]
    searches = [Search(v, seed, said.trials) for seed in range(said.seeds) for v in views]
    results: dict[int, list[Found]] = {v: [] for v in views}
    with ProcessPoolExecutor(2) as pool:
        for search, one in zip(searches, pool.map(found, searches), strict=True):
            results[search.latest].append(one)
            print(f"{search}: loss {one.loss:.6f}, ask {1000 * one.ask:.1f} ms", flush=True)
    header = ("TPE is shown", "best val_loss", "log10 of it above all's", "an ask at the end, ms")
    title = f"{said.trials:,} trials of the main job's networks, {said.seeds} paired seeds."
    note = "Best losses are geometric means; above all's: mean of pairs ± standard error."
    file = said.results / f"history-{now:%Y%m%d-%H%M}.md"
    lines = ["# A bounded history", "", title, "", *place, ""]
    write(file, [*lines, *table(header, rows_of(views, results)), "", note])
    print(f"table  {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
