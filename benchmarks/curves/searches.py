"""Searches by TPE that trained each trial to its end, and what pruners would have spared in them.

The later trials of such a search are alike, which those of a random order are not. What the sampler
would have made of what was spared is not known from them; `python -m benchmarks.quality` has that.
"""

import argparse
import math
import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import optuna
from optuna.trial import TrialState
from threadpoolctl import threadpool_limits

from benchmarks.curves.file import FOLDER, Curves, file_of
from benchmarks.curves.make import Making
from benchmarks.curves.replay import PAUSED, Kept, played, quality, with_errors
from benchmarks.curves.sets import EPOCHS, SETS
from benchmarks.jobs import ROOT
from benchmarks.machine import described
from benchmarks.markdown import table, write
from search import Budget
from search.data.dataset import Array
from search.study.trial import seed_of
from search.tuning.pruning import CURVE
from search.tuning.sampler import StudySampler, distributions

SMALL = frozenset({"breast_cancer", "diabetes", "penguins", "wine"})
"""With fewer than 120 rows for validation many trials are level."""
NAMES = tuple(name for name in SETS if name not in SMALL and name != "pictures")
"""Of the sets; NumPy trains them all."""
TRIALS = 50
ARMS = ("median", "hyperband", CURVE, PAUSED)
BOOTSTRAPS = 1000
OUT = ROOT / "benchmarks" / "results" / "curve-searches.md"


class Judged(NamedTuple):
    """What came of the pruners in one search.

    Attributes:
        epochs: Fraction of all, by pruner, shape (pruners,).
        lost: Qualities against no pruner, shape (pruners, 3).
        first: The same of the first trials alone, all trained to their end: of one, of two and so
            on, shape (trials, 3).
    """

    epochs: Array
    lost: Array
    first: Array


def searched(name: str, seed: int, trials: int) -> Curves:
    """Let the product's sampler search a data set; every trial is trained to its end."""
    budget = Budget(trials=trials, epochs=EPOCHS)
    making = Making(replace(SETS[name].study(), seed=seed, budget=budget, pruner="none"))
    study = making.study
    asked = optuna.create_study(
        direction=study.direction, sampler=StudySampler(study), study_name=name
    )
    space = distributions(study.parameters)
    for number in range(trials):
        trial = asked.ask(space)
        value = making.train({**study.fixed, **trial.params}, seed_of(seed, "trial", number))
        sound = math.isfinite(value)
        state = TrialState.COMPLETE if sound else TrialState.FAIL
        asked.tell(trial, value if sound else None, state=state)
    return making.curves


def judged(made: Curves) -> Judged:
    """Ask each pruner what it would have ended of a search."""
    trials = len(made.held_out)
    kept = Kept.in_order(made, np.arange(trials), trials)
    whole = np.array(quality(kept, played(kept, "none", np.inf)))
    found = [played(kept, arm, np.inf) for arm in ARMS]
    first = [quality(kept, played(kept, "none", EPOCHS * n - 0.5)) for n in range(1, trials + 1)]
    return Judged(
        np.array([of.epochs / (trials * EPOCHS) for of in found]),
        np.array([quality(kept, of) for of in found]) - whole,
        np.array(first) - whole,
    )


def _of(name: str, seed: int, trials: int, folder: Path) -> Judged:
    """Of a search, which is made where it is not there yet."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    file = file_of(f"{name}, {seed}", folder)
    if not file.is_file():
        with threadpool_limits(1):
            searched(name, seed, trials).save(file)
    return judged(Curves.load(file))


def lines(searches: Sequence[Judged]) -> list[str]:
    """The table: what pruners spare and lose, and how many trials are as good without one."""
    header = ["pruner", "epochs", "best", "best five", "held-out of these"]
    header += ["as good as the first", "times its epochs", "on held-out", "times its epochs"]
    epochs, lost, first = (np.array(each) for each in zip(*searches, strict=True))
    rows = []
    for place, arm in enumerate(ARMS):
        row = [arm, f"{epochs[:, place].mean():.0%}", *with_errors(lost[:, place])]
        for what in (1, 2):
            parts = epochs[:, place], lost[:, place, what], first[:, :, what]
            row += _as_good(*parts)
        rows.append(row)
    return table(header, rows)


def _as_good(epochs: Array, lost: Array, first: Array) -> list[str]:
    """What fraction of the trials is as good without a pruner, and that against its epochs."""
    draw, count = np.random.default_rng(0), len(epochs)
    drawn = []
    for _ in range(BOOTSTRAPS):
        some = draw.integers(0, count, count)
        drawn.append(_level(lost[some], first[some]) / epochs[some].mean())
    low, high = np.quantile(drawn, [0.025, 0.975])
    share = _level(lost, first)
    return [f"{share:.0%}", f"{share / epochs.mean():.2f}× ({low:.2f} to {high:.2f})"]


def _level(lost: Array, first: Array) -> float:
    means = np.maximum.accumulate(first.mean(axis=0))
    return float(np.interp(lost.mean(), means, np.arange(1, len(means) + 1) / len(means)))


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `search` is told."""
    parser.add_argument("names", nargs="*", default=list(NAMES), help="of the data sets; all")
    parser.add_argument("--seeds", type=int, default=3, help="of each data set")
    parser.add_argument("--trials", type=int, default=TRIALS)
    parser.add_argument("--curves", type=Path, default=FOLDER / "searches")
    parser.add_argument("--out", type=Path, default=OUT)


def main(options: argparse.Namespace) -> None:
    """Make the searches that are not there, replay the pruners, and write the table."""
    pairs = list(product(options.names, range(options.seeds)))
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        asked = [pool.submit(_of, *pair, options.trials, options.curves) for pair in pairs]
        found = [one.result() for one in asked]
    told = [*described(datetime.now()), ""]
    told += [f"{len(found)} searches by TPE of {options.trials} trials each, no trial audited:", ""]
    told += [*lines(found), ""]
    told += [
        f"Sets: {'; '.join(options.names)}. Qualities are against no pruner; 1 is from the median "
        "trial of a search to its best fiftieth; ± one standard error, paired. As good as the "
        "first: after what fraction of the trials no pruner has the best five, or their held-out "
        "values, as good as this pruner has them in the end, in the mean of all searches; in "
        "brackets the 95 % interval by bootstrap over searches."
    ]
    print("\n".join(told))
    write(options.out, told)
