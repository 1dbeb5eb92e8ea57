"""What searches take to the same held-out quality: by forecasts, by Hyperband, without a pruner.

python -m benchmarks.quality --seeds 3
"""

import argparse
import math
import multiprocessing
import statistics
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.jobs import ROOT
from benchmarks.machine import described
from benchmarks.markdown import NONE, number, table, write
from benchmarks.quality.searched import Searched, Spent, searched, with_held_out
from benchmarks.quality.sets import SETS, TRIALS
from benchmarks.standings import ratio

BASE, CURVE = "none", "curve"
ARMS = (BASE, "hyperband", CURVE)
MARGIN = 0.0025
"""Of accuracy, by which the quality to be reached is below the final one without a pruner: a
quarter of a point, fixed before anything was measured."""
SHARES = np.linspace(0.005, 1.0, 200).tolist()
BOOTSTRAPS = 1000
GOALS = {"none": 2.5, "hyperband": 1.2}
"""Times as long as with `curve`, at least."""
NOTE = (
    "Each search is `search run` with two workers, in the same space, with the same seed and up to "
    f"{TRIALS} trials, interrupted when all its processes together have taken their CPU seconds, "
    "which count from the first trial's begin, so that no start does; wall is the time that passed "
    "on a machine that may have had other work. Pruners take turns. A pruned trial is never the "
    "best. The configurations that were the best of their time are trained again, with their own "
    "seeds, and judged on held-out rows. The quality is the final one without a pruner less "
    f"{MARGIN:g} of accuracy, which was fixed beforehand; a search that never reaches it counts "
    "with all that it took, so that its ratio is a bound. `hyperband` is Optuna's HyperbandPruner "
    "(reduction factor 3) in this product: the pruner alone differs, and not the engine, the "
    "sampler (TPE) or the workers. In brackets are the least and the greatest ratio of a set's "
    "seeds; of all pairs it is the 95 % interval of the geometric mean by Student's t, which takes "
    "pairs of one set for independent."
)

Runs = Mapping[tuple[str, int], Mapping[str, Searched]]
"""Set and seed → pruner → search."""


def reached(arms: Mapping[str, Searched], arm: str) -> tuple[Spent, bool]:
    """What it took to the quality, and whether it was reached; what it took in all where not."""
    spent = arms[arm].until(arms[BASE].final - MARGIN)
    return (arms[arm].whole, False) if spent is None else (spent, True)


def ratios(runs: Sequence[Mapping[str, Searched]], arm: str, what: int) -> tuple[list[float], str]:
    """How many times as much as `curve` an arm takes: each pair, and how it is bound.

    Pairs in which neither reaches the quality are left out.

    Args:
        runs: Pruner → search, one a pair.
        arm: Pruner.
        what: Place in `Spent`.

    Returns:
        The second is "≥" where this arm never reached it in a pair, "≤" where `curve` did not, "≈"
        where both happened.
    """
    pairs, bound = [], set()
    for arms in runs:
        (theirs, they), (ours, we) = reached(arms, arm), reached(arms, CURVE)
        if they or we:
            pairs.append(theirs[what] / ours[what])
            bound |= ({"≥"} if not they else set()) | ({"≤"} if not we else set())
    return pairs, "≈" if len(bound) > 1 else "".join(bound)


def _cell(runs: Sequence[Mapping[str, Searched]], arm: str, what: int, *, all_of: bool) -> str:
    found, bound = ratios(runs, arm, what)
    if not found:
        return NONE
    mean, low, high = ratio(found, [1.0] * len(found))
    if not all_of:
        low, high = min(found), max(found)
    return f"{bound}{mean:.2f} ({number(low)} to {number(high)})"


def compared(runs: Runs) -> list[str]:
    """The table of ratios, with a verdict for each goal."""
    others = [arm for arm in ARMS if arm != CURVE]
    header = ["set", *(f"CPU s to it, {arm}" for arm in ARMS)]
    header += [f"{what}, {arm} / curve" for what in ("CPU s", "wall", "epochs") for arm in others]
    places = [(what, arm) for what in range(len(Spent._fields)) for arm in others]
    rows = []
    for name in _names(runs):
        own = _of(runs, name)
        cells = [_cell(own, arm, what, all_of=False) for what, arm in places]
        rows.append([name, *(_times(own, arm) for arm in ARMS), *cells])
    whole = list(runs.values())
    cells = [_cell(whole, arm, what, all_of=True) for what, arm in places]
    rows.append(["all", *[""] * len(ARMS), *cells])
    lines = [*table(header, rows), ""]
    lines += [f"- {_verdict(whole, arm)}" for arm in others]
    return [*lines, *(f"- {_in_the_mean(whole, arm)}" for arm in others)]


def _times(runs: Sequence[Mapping[str, Searched]], arm: str) -> str:
    """Of each seed, and of a search that never reached it its whole time."""
    seen = [reached(arms, arm) for arms in runs]
    return ", ".join(f"{'' if there else '> '}{spent.seconds:.0f}" for spent, there in seen)


def _verdict(runs: Sequence[Mapping[str, Searched]], arm: str) -> str:
    found, bound = ratios(runs, arm, 0)
    goal = f"against `{arm}`: goal {GOALS[arm]:g}×"
    if not found:
        return f"{goal}, nothing to compare"
    mean, low, high = ratio(found, [1.0] * len(found))
    met = "met" if mean >= GOALS[arm] else "missed"
    never = sum(not reached(arms, CURVE)[1] for arms in runs)
    return (
        f"{goal}, {met}: {bound}{mean:.2f}× ({number(low)} to {number(high)}) over {len(found)} "
        f"pairs; `curve` never reached the quality in {never} of {len(runs)}"
    )


def share_until(runs: Sequence[Mapping[str, Searched]], arm: str) -> float:
    """Of the CPU seconds, until the mean over all pairs is as good as none's in the end."""
    for share in SHARES:
        if statistics.fmean(arms[arm].at(share) - arms[BASE].final for arms in runs) >= -MARGIN:
            return share
    return 1.0


def mean_ratio(runs: Sequence[Mapping[str, Searched]], arm: str) -> tuple[float, float, float]:
    """How many times as long as `curve` it takes in the mean; its 95 % interval by bootstrap."""
    draw, drawn = np.random.default_rng(0), []
    for _ in range(BOOTSTRAPS):
        some = [runs[place] for place in draw.integers(0, len(runs), len(runs))]
        drawn.append(share_until(some, arm) / share_until(some, CURVE))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return share_until(runs, arm) / share_until(runs, CURVE), float(low), float(high)


def _in_the_mean(runs: Sequence[Mapping[str, Searched]], arm: str) -> str:
    mean, low, high = mean_ratio(runs, arm)
    shares = f"{share_until(runs, arm):.0%} and {share_until(runs, CURVE):.0%}"
    return (
        f"in the mean over pairs, `{arm}` and `curve` are as good after {shares} of the CPU "
        f"seconds: {mean:.2f}× ({number(low)} to {number(high)} by bootstrap over pairs)"
    )


def found(runs: Runs) -> list[str]:
    """What searches had in the end, as means over seeds."""
    counts = ("CPU s", "wall, s", "trials ended", "to their end", "epochs")
    halves = ("epochs a trial, first half", "second half")
    rows = []
    for name, arm in product(_names(runs), ARMS):
        own = [arms[arm] for arms in _of(runs, name)]
        spent = [one.whole for one in own]
        row = [name, arm, number(own[0].seconds), number(statistics.mean(s.wall for s in spent))]
        row += [number(statistics.mean(len(one.trials) for one in own))]
        row += [number(statistics.mean(len(one.completed) for one in own))]
        row += [number(statistics.mean(s.epochs for s in spent))]
        row += [number(statistics.mean(each)) for each in zip(*map(_by_half, own), strict=True)]
        above = [arms[arm].final - arms[BASE].final for arms in _of(runs, name)]
        row += [f"{statistics.mean(one.final for one in own):.4f}"]
        rows.append([*row, f"{statistics.mean(above):+.4f}"])
    return table(("set", "pruner", *counts, *halves, "held-out", f"above {BASE}"), rows)


def _by_half(one: Searched) -> tuple[float, float]:
    """Epochs a trial, of the trials that ended first and of the others."""
    epochs = [trial.epochs for trial in one.trials]
    middle = len(epochs) // 2
    return statistics.mean(epochs[:middle] or epochs), statistics.mean(epochs[middle:])


def _names(runs: Runs) -> list[str]:
    return list(dict.fromkeys(name for name, _ in runs))


def _of(runs: Runs, name: str) -> list[Mapping[str, Searched]]:
    return [arms for (each, _), arms in runs.items() if each == name]


def lines(runs: Runs) -> list[str]:
    """Both tables and how they were made."""
    apart = max(one.apart for arms in runs.values() for one in arms.values())
    again = f" Trained again, validation accuracies differed by {apart:.4f} at most."
    return [*compared(runs), "", "When the time was over:", "", *found(runs), "", NOTE + again]


def main() -> int:
    """Search what was not searched yet, judge it, and write the table.

    Returns:
        0.
    """
    options = argparse.ArgumentParser(prog="python -m benchmarks.quality")
    add = options.add_argument
    add("--seeds", type=int, default=3, help="of each set")
    add("--sets", nargs="+", choices=list(SETS), default=list(SETS), help="which")
    add("--seconds", type=float, help="of each search, in the place of its set's")
    add("--runs", type=Path, help="folder of what is kept of searches; those that are there stand")
    add("--results", type=Path, default=ROOT / "benchmarks" / "results", help="folder of the table")
    said = options.parse_args()
    place = described(datetime.now())
    runs: dict[tuple[str, int], dict[str, Searched]] = {}
    for seed, name in product(range(said.seeds), said.sets):
        # In turn, so that what else the machine does meets each of them.
        for arm in (*ARMS[seed % len(ARMS) :], *ARMS[: seed % len(ARMS)]):
            file = said.runs and said.runs / f"{name.replace(', ', '-')}-{arm}-{seed}.json"
            if file and file.is_file():
                one = Searched.load(file)
            else:
                one = searched(name, arm, seed, said.seconds or SETS[name].seconds)
                if file:
                    one.save(file)
            runs.setdefault((name, seed), {})[arm] = one
            best = one.bests[-1].value if one.bests else math.nan
            print(f"{name}, seed {seed}, {arm}: {len(one.trials)} trials, {best}", flush=True)
    keys = list(runs)
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        given = ([name for name, _ in keys], [seed for _, seed in keys])
        judged = list(pool.map(with_held_out, *given, [[*runs[key].values()] for key in keys]))
    whole = {
        key: dict(zip(runs[key], found, strict=True))
        for key, found in zip(keys, judged, strict=True)
    }
    told = lines(whole)
    title = f"# Time to the same held-out quality, {said.seeds} seeds"
    write(said.results / "quality.md", [title, "", *place, "", *told])
    print(*told, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
