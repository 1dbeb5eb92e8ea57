"""Whether the page's statements hold, by simulation: intervals, ties, and the choice of the winner.

python -m benchmarks.honesty
"""

import argparse
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
from scipy.stats import binom

from benchmarks.jobs import ROOT
from benchmarks.machine import described
from benchmarks.markdown import table, write
from search.finals.scoring import score, wilson
from search.finals.verdict import in_order, with_ties
from search.study.answer import Finalist, Fit
from search.study.dataset import Array

FINALISTS, SEEDS, TRIALS = 5, 3, 50
INTRODUCTION = (
    "Made by `python -m benchmarks.honesty` with the product's own functions on made rows whose "
    "truth is known."
)


def coverage_of_accuracy(rows: int) -> float:
    """How often Wilson's interval holds accuracies of 0.5 to 0.99, on average; exact."""
    ends = [wilson(right, rows) for right in range(rows + 1)]
    low, high = (np.array([getattr(end, side) for end in ends]) for side in ("low", "high"))
    counts = np.arange(rows + 1)
    shares = [
        binom.pmf(counts, rows, truth)[(low <= truth) & (truth <= high)].sum()
        for truth in np.linspace(0.5, 0.99, 200)
    ]
    return float(np.mean(shares))


def coverage_of_r2(rows: int, times: int, seed: int = 0) -> float:
    """How often the bootstrap's interval holds the true R² of 0.8."""
    draw = np.random.default_rng(seed)
    held = 0
    for _ in range(times):
        y = draw.normal(size=(rows, 1))
        said = score(y + draw.normal(scale=np.sqrt(0.2), size=y.shape), y, "regression")
        held += said.interval.low <= 0.8 <= said.interval.high
    return held / times


def coverage_of_f1(rows: int, times: int, seed: int = 0) -> float:
    """How often the bootstrap's interval holds the true micro F1 of three labels."""
    draw = np.random.default_rng(seed)
    found, made_up = 0.85, 0.1  # of labels that are there, and of those that are not
    there = 0.4
    hits, misses = there * found, there * (1 - found) + (1 - there) * made_up
    truth = 2 * hits / (2 * hits + misses)
    held = 0
    for _ in range(times):
        y = (draw.random((rows, 3)) < there).astype(np.int32)
        shares = (draw.random((rows, 3)) < np.where(y == 1, found, made_up)).astype(float)
        said = score(shares, y, "multilabel")
        held += said.interval.low <= truth <= said.interval.high
    return held / times


def ties(rows: int, times: int, gap: float = 0.0, seed: int = 0) -> tuple[float, float]:
    """How often finalists are called ties.

    Rows are of different difficulty; all finalists get the same share of them right, but for the
    first, which gets `gap` more.

    Args:
        rows: That validate.
        times: Simulations.
        gap: Of the first one's true accuracy above the others'.
        seed: Of the draws.

    Returns:
        How often all others cannot be told from whoever came out first, and the share of them.
    """
    draw = np.random.default_rng(seed)
    tied = []
    for _ in range(times):
        chance = draw.beta(4, 1, rows)  # 0.8 on average
        scores = {}
        finalists = []
        for number in range(FINALISTS):
            own = np.clip(chance + gap * (number == 0), 0, 1)
            right = draw.random((SEEDS, rows)) < own
            scores[number] = right.mean(axis=0)
            finalists.append(finalist(number, right.mean(axis=1)))
        marked = with_ties(in_order(finalists, "maximize"), scores, seed=0)
        tied.append([other.tied for other in marked[1:]])
    return float(np.all(tied, axis=1).mean()), float(np.mean(tied))


def finalist(number: int, values: Array) -> Finalist:
    """One whose fits came out so on validation."""
    fits = tuple(Fit(seed, {}, float(v), 1 - float(v)) for seed, v in enumerate(values))
    return Finalist(number, {}, 1, float(values[0]), fits, float(np.mean(values)), tied=False)


def losses(rows: int, times: int, seed: int = 0) -> tuple[float, float]:
    """How much held-out accuracy two ways of choosing lose to the truly best trial.

    Trials' true accuracies spread by 0.03 around 0.9, a seed moves them by 0.01.

    Args:
        rows: That validate.
        times: Searches of 50 trials.
        seed: Of the draws.

    Returns:
        Of the best single validation value, and of the finals: five on three fresh seeds.
    """
    draw = np.random.default_rng(seed)
    lost = np.zeros((times, 2))
    for i in range(times):
        truth = np.minimum(draw.normal(0.9, 0.03, TRIALS), 0.99)

        def seen(which: Array, truth: Array = truth) -> Array:
            """One more training of each: its accuracy on the validation rows."""
            own = np.clip(truth[which] + draw.normal(0, 0.01, len(which)), 0, 1)
            found: Array = draw.binomial(rows, own) / rows
            return found

        values = seen(np.arange(TRIALS))
        best = np.argsort(-values, kind="stable")[:FINALISTS]
        again = np.mean([seen(best) for _ in range(SEEDS)], axis=0)
        lost[i] = truth.max() - truth[[best[0], best[again.argmax()]]]
    single, finals = lost.mean(axis=0)
    return float(single), float(finals)


def found(times: int) -> Iterator[str]:
    """Lines of the tables."""
    header = ("interval", "rows", "held the truth")
    rows = [
        ("accuracy, Wilson", f"{n:,}", f"{coverage_of_accuracy(n):.1%}") for n in (50, 200, 1000)
    ]
    rows += [("R², bootstrap", f"{n:,}", f"{coverage_of_r2(n, times):.1%}") for n in (100, 400)]
    rows += [
        ("micro F1, bootstrap", f"{n:,}", f"{coverage_of_f1(n, times):.1%}") for n in (100, 400)
    ]
    yield from ("## 95 % intervals", "", *table(header, rows), "")
    header = ("rows that validate", "first is better by", "all are ties", "of the others, ties")
    rows = [
        (f"{n:,}", f"{gap:.2f}", *(f"{share:.1%}" for share in ties(n, times, gap)))
        for n in (200, 1000)
        for gap in (0.0, 0.05, 0.1)
    ]
    yield from ("## Finalists that are called ties", "", *table(header, rows), "")
    header = ("rows that validate", "best single value", "finals", "ratio")
    rows = []
    for n in (100, 200, 1000):
        single, finals = losses(n, 10 * times)
        rows.append((f"{n:,}", f"{single:.4f}", f"{finals:.4f}", f"{finals / single:.2f}"))
    yield from ("## Held-out accuracy lost to the best of 50 trials", "", *table(header, rows))


def main() -> int:
    """Simulate, and write the tables."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.honesty")
    add = options.add_argument
    add("--times", type=int, default=1000, help="simulations of each")
    add("--results", type=Path, default=ROOT / "benchmarks" / "results", help="folder of the table")
    said = options.parse_args()
    now = datetime.now()
    lines = ["# What the page says, by simulation", "", INTRODUCTION, "", *described(now), ""]
    told = list(found(said.times))
    file = said.results / f"honesty-{now:%Y%m%d-%H%M}.md"
    write(file, [*lines, *told])
    print("\n".join(told))
    print(f"table  {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
