"""Pruners in searches by TPE, on surrogates of kept curves: what a sampler does with what is left.

Its later trials are alike, and it sees what was pruned. A pair is a data set and a seed; how good a
search is at some moment is how good its best trial by validation truly is.
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
from typing import Any

import numpy as np
import optuna

from benchmarks.curves.file import FOLDER, Curves, file_of
from benchmarks.curves.replay import Judge, Kept, Played, trained, with_errors
from benchmarks.curves.sets import EPOCHS, SETS
from benchmarks.curves.surrogate import Surrogate
from benchmarks.jobs import ROOT
from benchmarks.machine import described
from benchmarks.markdown import NONE, table, write
from search import Budget
from search.data.dataset import Array
from search.study.trial import State
from search.tuning.pruning import CURVE
from search.tuning.sampler import StudySampler, distributions

ARMS = ("none", "median", "hyperband", CURVE)
SHARES = (0.1, 0.2, 0.33, 0.5, 1.0)
"""Of the epochs that no pruning takes."""
MARGINS = (0.01, 0.02, 0.05)
"""By which what is to be reached is below what no pruning has in the end."""
GRID = np.linspace(0.01, 1.0, 100).tolist()
WORST = -5.0
"""Before any trial has completed."""
NEVER = "never"
OUT = ROOT / "benchmarks" / "results" / "curve-searches.md"


class Searching(Judge):
    """A pruner of the product beside its sampler."""

    def __init__(self, kept: Kept, name: str, played: Played) -> None:
        super().__init__(kept, name, played)
        study = replace(kept.study, pruner=name)
        self._optuna.sampler = StudySampler(study)
        self._space = distributions(study.parameters)

    @property
    def params(self) -> dict[str, Any]:
        """Of the trial that began last."""
        return dict(self._trial.params)

    def stops(self, epoch: int, value: float) -> bool:
        """Whether a trial ends at a rung; the sampler sees how far it came."""
        if self._curves is not None:
            self._trial.report(value, epoch)
        return super().stops(epoch, value)


def searched(surrogate: Surrogate, arm: str, seed: int, trials: int) -> Array:
    """A search.

    Returns:
        After each trial the epochs trained in all, and how good its best so far truly is; shape
        (trials, 2).
    """
    budget = Budget(trials=trials, epochs=EPOCHS)
    objective = surrogate.made.objective
    study = replace(surrogate.study, budget=budget, objective=objective, seed=seed)
    curves = np.full((trials, EPOCHS), np.nan)
    kept = Kept(study, {objective: curves}, np.zeros(trials), (1.0, 1.0))
    judge = Searching(kept, arm, Played())
    sign = 1.0 if study.direction == "maximize" else -1.0
    epochs, best, good, found = 0, -math.inf, WORST, []
    for trial in range(trials):
        judge.begin(trial)
        curves[trial], true = surrogate.trained(judge.params, seed)
        state, value, spent = trained(kept, judge, trial)
        judge.end(state, value, spent)
        epochs += spent
        if state is State.COMPLETE and value is not None and sign * value > best:
            best, good = sign * value, true
        found.append((epochs, good))
    return np.array(found, float)


def of_set(name: str, file: Path, seeds: int, trials: int) -> dict[str, list[Array]]:
    """Pruner → its searches by seed."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    surrogate = Surrogate(name, Curves.load(file))
    found: dict[str, list[Array]] = {arm: [] for arm in ARMS}
    for seed, arm in product(range(seeds), ARMS):
        found[arm].append(searched(surrogate, arm, seed, trials))
    return found


def lines(searches: Sequence[dict[str, list[Array]]], trials: int) -> list[str]:
    """The table: how good searches are after a share of the epochs, against no pruning."""
    whole = trials * EPOCHS
    header = ["pruner", "epochs", "trained to their end", *(f"at {s:.0%}" for s in SHARES)]
    base = [_good(one, SHARES, whole) for of in searches for one in of[ARMS[0]]]
    rows = []
    for arm in ARMS:
        own = [one for of in searches for one in of[arm]]
        apart = np.array([_good(one, SHARES, whole) for one in own]) - np.array(base)
        spent = [np.diff(one[:, 0], prepend=0.0) for one in own]
        share = f"{np.mean([one[-1, 0] for one in own]) / whole:.0%}"
        rows.append([arm, share, f"{np.mean(np.array(spent) == EPOCHS):.0%}", *with_errors(apart)])
    return table(header, rows)


def reached(searches: Sequence[dict[str, list[Array]]], trials: int) -> list[str]:
    """The table: after what share of the epochs the mean of all searches is as good."""
    whole = trials * EPOCHS
    means = {
        arm: np.mean([_good(one, GRID, whole) for of in searches for one in of[arm]], axis=0)
        for arm in ARMS
    }
    rows = []
    for margin in MARGINS:
        first = {arm: _until(means[arm], means[ARMS[0]][-1] - margin) for arm in ARMS}
        own = first[CURVE]
        cells = [f"{share:.0%}" if share else NEVER for share in first.values()]
        cells += [
            f"{first[arm] / own:.1f}×" if own and first[arm] else NONE
            for arm in ARMS
            if arm != CURVE
        ]
        rows.append([f"−{margin:g}", *cells])
    return table(["to none's in the end", *ARMS, *(f"{a} / curve" for a in ARMS[:-1])], rows)


def _until(means: Array, target: float) -> float:
    """Share of the epochs after which the mean is that good; 0 for never."""
    places = np.flatnonzero(means >= target)
    return GRID[places[0]] if len(places) else 0.0


def _good(search: Array, shares: Sequence[float], whole: int) -> list[float]:
    """How good a search is after shares of the epochs; the last stands once it has ended."""
    places = np.searchsorted(search[:, 0], np.array(shares) * whole, side="right") - 1
    return [float(search[place, 1]) if place >= 0 else WORST for place in places]


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `search` is told."""
    parser.add_argument("--seeds", type=int, default=8, help="of each data set")
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--curves", type=Path, default=FOLDER)
    parser.add_argument("--out", type=Path, default=OUT)


def main(options: argparse.Namespace) -> None:
    """Search, and write the tables."""
    files = {name: file_of(name, options.curves) for name in SETS}
    names = [name for name, file in files.items() if file.is_file()]
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        asked = [pool.submit(of_set, n, files[n], options.seeds, options.trials) for n in names]
        found = [one.result() for one in asked]
    told = [*described(datetime.now()), ""]
    for title, judges in (("made on", False), ("that judge", True)):
        own = [of for name, of in zip(names, found, strict=True) if SETS[name].judges is judges]
        if own:
            told += [f"Sets {title}, {options.seeds} searches of {options.trials} trials each:", ""]
            told += [*lines(own, options.trials), ""]
    told += ["All of them; after what share of the epochs the mean is as good:", ""]
    told += [*reached(found, options.trials), ""]
    told += [
        "How good a search is after a share of the epochs that no pruning takes, against no "
        "pruning after as many; 1 is from the median random configuration to the best fiftieth. ± "
        "one standard error, paired."
    ]
    print("\n".join(told))
    write(options.out, told)
