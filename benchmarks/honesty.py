"""Whether the page's statements hold, by simulation: intervals, ties, and the choice of the winner.

python -m benchmarks.honesty
"""

import argparse
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
from scipy.special import expit, logit
from scipy.stats import binom, norm
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    f1_score,
    fbeta_score,
    precision_score,
    recall_score,
    roc_auc_score,
)

from benchmarks.jobs import ROOT
from benchmarks.machine import described
from benchmarks.markdown import table, write
from search.data.dataset import Array
from search.finals.scoring import score
from search.finals.verdict import Seen, in_order, with_ties
from search.metrics.base import Estimate, Measure, PairedScores
from search.metrics.class_means import ClassMeans
from search.metrics.custom import Custom
from search.metrics.intervals import Draws, by_spread, of_f1, wilson
from search.metrics.measures import measure_of
from search.metrics.ranking import resampled
from search.report.winner.one_vs_rest import Questions
from search.report.winner.ranking import rankings
from search.study.answer import Finalist, Fit

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


def coverage_of_class_f1(rows: int, times: int, seed: int = 0) -> float:
    """How often a class's F1 is held, of 10 % of the rows, three in four of them found."""
    draw, held = np.random.default_rng(seed), 0
    hits, misses = 0.1 * 0.75, 0.1 * 0.25 + 0.9 * 0.03
    for _ in range(times):
        found, wrong, _ = draw.multinomial(rows, (hits, misses, 1 - hits - misses))
        said = of_f1(int(found), int(wrong))
        held += said.low <= 2 * hits / (2 * hits + misses) <= said.high
    return held / times


def coverage_of_macro_f1(rows: int, times: int, seed: int = 0) -> float:
    """How often the mean F1 of three classes of 60, 30 and 10 % is held; 80 % of each are right."""
    draw, held, shares = np.random.default_rng(seed), 0, np.array([0.6, 0.3, 0.1])
    draws, hits = Draws.of(rows), 0.8 * shares
    called = hits + 0.1 * (1 - shares)  # a wrong row goes to either other class
    truth = float((2 * hits / (called + shares)).mean())
    for _ in range(times):
        y = draw.choice(3, rows, p=shares)
        said = np.where(draw.random(rows) < 0.8, y, (y + draw.integers(1, 3, rows)) % 3)
        there, calls = (codes[:, None] == np.arange(3) for codes in (y, said))
        parts = np.hstack([there & calls, calls, there]).astype(float)
        _, interval = ClassMeans(parts, draws).of("F1")
        held += interval.low <= truth <= interval.high
    return held / times


def coverage_of_average_precision(rows: int, times: int, share: float, seed: int = 0) -> float:
    """How often the average precision of a class is held whose scores are 1.5 deviations higher.

    Args:
        rows: Held out.
        times: Simulations.
        share: Of the rows that are of the class.
        seed: Of the draws.
    """
    draw, held = np.random.default_rng(seed), 0
    at = np.linspace(-6, 8, 20_001)
    recall, others = norm.sf(at - 1.5), norm.sf(at)
    precision = share * recall / (share * recall + (1 - share) * others)
    truth = float(np.trapezoid(precision[::-1], recall[::-1]))
    for _ in range(times):
        of = draw.random(rows) < share
        scores = draw.normal(size=rows) + 1.5 * of
        (found,) = rankings(Questions(("it",), of[:, None], scores[:, None]))
        interval = found.precision_interval
        held += interval is not None and interval.low <= truth <= interval.high
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
        draws = Draws.of(rows)
        seen = {n: Seen(draws.means(of[:, None]).T, of[:, None]) for n, of in scores.items()}
        marked = with_ties(in_order(finalists, "maximize"), seen, "maximize")
        tied.append([other.tied for other in marked[1:]])
    return float(np.all(tied, axis=1).mean()), float(np.mean(tied))


OBJECTIVES = ("accuracy", "auc", "average precision", "f1", "precision", "recall", "mae", "own")
"""Of a class of 20 % of the rows, but for the errors of a number; "own" is a metric that only draws
are known of, F2 of 200 draws."""


def measure_by(name: str) -> Measure:
    """The product's; of what it has no objective for, one that only draws are known of."""
    known = measure_of(f"val_{name}", "regression" if name == "mae" else "binary")
    return known or Custom(name, maximize=True)


def sums_by(name: str, y: Array, hard: Array, gap: float, draw: np.random.Generator) -> Array:
    """What a model says of the class, or by how much it misses a number of 0.

    Args:
        name: One of `OBJECTIVES`.
        y: Which rows are of the class.
        hard: Of rows that are hard for all.
        gap: In deviations, by which it sees the class better; errors are less by a fifth of it.
        draw: Of its own noise.
    """
    noise = 0.7 * hard + 0.7 * draw.normal(size=len(y))
    return (1 - 0.2 * gap) * noise if name == "mae" else (2 + gap) * y - 1 + noise


def scores_by(name: str, sums: Array, y: Array, draws: Draws) -> tuple[Array, PairedScores]:
    """Truth, and predictions with their estimate; "own" by gathering rows, as workers do."""
    if name == "mae":
        said, y = sums[:, None], np.zeros((len(y), 1))
    else:
        said = np.column_stack([expit(-sums), expit(sums)])
    if name == "average precision":
        drawn = resampled(y == 1, sums, draws)[:, 1]
        return y, PairedScores(said, Estimate(float(average_precision_score(y, sums)), drawn))
    if name != "own":
        return y, PairedScores(said, measure_by(name).estimate(said, y, draws))

    def f2(chosen: Array) -> float:
        there, called = y[chosen] == 1, sums[chosen] > 0
        hits = 5 * (there & called).sum()
        return float(hits / max(1, 4 * there.sum() + called.sum()))

    drawn = np.array([f2(draws.places(i)) for i in range(200)])
    return y, PairedScores(said, Estimate(f2(np.arange(len(y))), drawn, "f2"))


def ties_by(name: str, rows: int, times: int, gap: float = 0.0) -> tuple[float, float]:
    """As `ties`, by another objective, of five models that see a class with as much noise.

    Args:
        name: One of `OBJECTIVES`.
        rows: That validate.
        times: Simulations.
        gap: As in `sums_by`, of the first.
    """
    draw, measure = np.random.default_rng(0), measure_by(name)
    direction = "maximize" if measure.maximize else "minimize"
    draws, tied = Draws.of(rows), []
    for _ in range(times):
        y, hard = (draw.random(rows) < 0.2).astype(int), draw.normal(size=rows)
        seen, finalists = {}, []
        for number in range(FINALISTS):
            all_sums = [sums_by(name, y, hard, gap * (number == 0), draw) for _ in range(SEEDS)]
            judged = [scores_by(name, sums, y, draws) for sums in all_sums]
            right = [measure.counted(of.said, truth) for truth, of in judged]
            known = [of_fit for of_fit in right if of_fit is not None]
            drawn = np.mean([of.estimate.drawn for _, of in judged], axis=0)[None]
            seen[number] = Seen(drawn, np.mean(known, axis=0) if known else None)
            finalists.append(finalist(number, np.array([of.estimate.value for _, of in judged])))
        marked = with_ties(in_order(finalists, direction), seen, direction)
        tied.append([other.tied for other in marked[1:]])
    return float(np.all(tied, axis=1).mean()), float(np.mean(tied))


def coverage_by(name: str, rows: int, times: int) -> float:
    """How often the interval of a measure holds its value on 1,000,000 rows."""
    draw, draws, held = np.random.default_rng(0), Draws.of(rows), 0

    def made(count: int) -> tuple[Array, Array]:
        y = (draw.random(count) < 0.2).astype(int)
        noise = draw.normal(size=count)
        return noise if name == "mae" else 2 * y - 1 + noise, y

    truth = _plainly(name, *made(1_000_000))
    for _ in range(times):
        y, of = scores_by(name, *made(rows), draws)
        if name == "average precision":
            interval = by_spread(of.estimate.value, of.estimate.drawn)
        else:
            interval = measure_by(name).interval(of.said, y, of.estimate)
        held += interval is not None and interval.low <= truth <= interval.high
    return held / times


def _plainly(name: str, sums: Array, y: Array) -> float:
    called = sums > 0
    match name:
        case "mae":
            return float(np.abs(sums).mean())
        case "auc":
            return float(roc_auc_score(y, sums))
        case "average precision":
            return float(average_precision_score(y, sums))
        case "own":
            return float(fbeta_score(y, called, beta=2))
        case _:
            of = {"accuracy": accuracy_score, "f1": f1_score, "precision": precision_score,
                  "recall": recall_score}  # fmt: skip
            return float(of[name](y, called))


def differences(rows: int, times: int, gap: float = 0.0) -> dict[str, float]:
    """How often a test on the same held-out rows says that two models differ, by objective."""
    draw, draws = np.random.default_rng(0), Draws.of(rows)
    told = dict.fromkeys(OBJECTIVES, 0)
    for _ in range(times):
        y, hard = (draw.random(rows) < 0.2).astype(int), draw.normal(size=rows)
        for name in told:
            pair = [sums_by(name, y, hard, of, draw) for of in (gap, 0.0)]
            (truth, one), (_, other) = (scores_by(name, sums, y, draws) for sums in pair)
            found = measure_by(name).paired(truth, one, other)
            told[name] += found is not None and found.told != "level"
    return {name: count / times for name, count in told.items()}


def by_objective(times: int) -> Iterator[str]:
    """Lines of the table of all that is said in an objective."""
    header = ("objective", "held the truth, 200 rows", "five equal finalists: all ties",
              "the first better: of the others, ties", "two equal models differ",
              "the first better: they differ")  # fmt: skip
    level, apart = (differences(200, times, gap) for gap in (0.0, 1.0))
    rows = [
        (
            name,
            f"{coverage_by(name, 200, 5 * times):.1%}",
            f"{ties_by(name, 400, times)[0]:.1%}",
            f"{ties_by(name, 400, times, 1.0)[1]:.1%}",
            f"{level[name]:.1%}",
            f"{apart[name]:.1%}",
        )
        for name in OBJECTIVES
    ]
    yield from (f"## By objective, {times} times", "", *table(header, rows), "")


def ties_over_splits(rows: int, times: int, gap: float = 0.0, seed: int = 0) -> tuple[float, float]:
    """The same of finalists on three fresh splits of four times the rows, on one seed each.

    A finalist is right about a row more often or less than the others are, and is so on each split
    that the row validates in: its logit is moved by a deviation of 1.
    """
    draw = np.random.default_rng(seed)
    tied = []
    for _ in range(times):
        own = logit(draw.beta(4, 1, 4 * rows)) + draw.normal(size=(FINALISTS, 4 * rows))
        chance = expit(own)
        chance[0] = np.clip(chance[0] + gap, 0, 1)
        splits = [draw.choice(4 * rows, rows, replace=False) for _ in range(SEEDS)]
        scores = {n: np.full((SEEDS, 4 * rows), np.nan) for n in range(FINALISTS)}
        finalists = []
        for number, of_rows in scores.items():
            for line, places in zip(of_rows, splits, strict=True):
                line[places] = draw.random(rows) < chance[number, places]
            finalists.append(finalist(number, np.nanmean(of_rows, axis=1), on_splits=True))
        draws = [Draws.among(4 * rows, places) for places in splits]
        seen = {
            n: Seen(
                np.array(
                    [
                        of_split.means(line[places][:, None])[:, 0]
                        for line, places, of_split in zip(of_rows, splits, draws, strict=True)
                    ]
                )
            )
            for n, of_rows in scores.items()
        }
        marked = with_ties(in_order(finalists, "maximize"), seen, "maximize")
        tied.append([other.tied for other in marked[1:]])
    return float(np.all(tied, axis=1).mean()), float(np.mean(tied))


def finalist(number: int, values: Array, *, on_splits: bool = False) -> Finalist:
    """One whose fits came out so on validation, all on one split or each on its own."""
    fits = tuple(
        Fit(seed, {}, float(v), 1 - float(v), split=(seed + 1) * on_splits)
        for seed, v in enumerate(values)
    )
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


def losses_over_splits(rows: int, times: int, seed: int = 0) -> tuple[float, float, float]:
    """As `losses`, where a trial is right about some rows more often than about others.

    It is so whenever it is trained, and so what the search saw of the rows that validate, it sees
    again on them: logits of rows differ by a deviation of 1, of a trial's own rows by 1 more.

    Returns:
        Of the best single value, of five on three fresh seeds on the same rows, and of five on
        three fresh splits of four times the rows, on one seed each: the same cost.
    """
    draw = np.random.default_rng(seed)
    lost = np.zeros((times, 3))
    for i in range(times):
        level = draw.normal(2.8, 0.3, TRIALS)  # accuracies of 0.9, spread by 0.03
        truth = expit(level[:, None] + draw.normal(0, 2**0.5, (1, 4000))).mean(axis=1)
        own = level[:, None] + draw.normal(size=4 * rows) + draw.normal(size=(TRIALS, 4 * rows))

        def seen(which: Array, places: Array, own: Array = own) -> Array:
            """One more training of each: its accuracy on some rows."""
            moved = own[np.ix_(which, places)] + draw.normal(0, 0.1, (len(which), 1))
            right: Array = (draw.random(moved.shape) < expit(moved)).mean(axis=1)
            return right

        first = np.arange(rows)
        best = np.argsort(-seen(np.arange(TRIALS), first), kind="stable")[:FINALISTS]
        anew = [draw.choice(4 * rows, rows, replace=False) for _ in range(SEEDS)]
        on_rows = np.mean([seen(best, first) for _ in range(SEEDS)], axis=0)
        on_splits = np.mean([seen(best, places) for places in anew], axis=0)
        chosen = [best[0], best[on_rows.argmax()], best[on_splits.argmax()]]
        lost[i] = truth.max() - truth[chosen]
    single, seeds, splits = lost.mean(axis=0)
    return float(single), float(seeds), float(splits)


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
    rows += [
        ("F1 of a class, Wilson", f"{n:,}", f"{coverage_of_class_f1(n, 10 * times):.1%}")
        for n in (100, 400)
    ]
    rows += [
        ("mean F1 of classes, MOVER", f"{n:,}", f"{coverage_of_macro_f1(n, times):.1%}")
        for n in (100, 400)
    ]
    rows += [
        (
            f"average precision, {share:.0%} of the class",
            f"{n:,}",
            f"{coverage_of_average_precision(n, times, share):.1%}",
        )
        for n, share in ((100, 0.3), (400, 0.3), (400, 0.1))
    ]
    yield from ("## 95 % intervals", "", *table(header, rows), "")
    header = ("rows that validate", "first is better by", "all are ties", "of the others, ties")
    rows = [
        (f"{n:,}", f"{gap:.2f}", *(f"{share:.1%}" for share in ties(n, times, gap)))
        for n in (200, 1000)
        for gap in (0.0, 0.05, 0.1)
    ]
    yield from ("## Finalists that are called ties", "", *table(header, rows), "")
    yield from by_objective(max(10, times // 5))
    rows = [
        (f"{n:,}", f"{gap:.2f}", *(f"{share:.1%}" for share in ties_over_splits(n, times, gap)))
        for n in (200, 1000)
        for gap in (0.0, 0.05)
    ]
    yield from ("## The same over three splits", "", *table(header, rows), "")
    header = ("rows that validate", "best single value", "finals", "ratio")
    rows = []
    for n in (100, 200, 1000):
        single, finals = losses(n, 10 * times)
        rows.append((f"{n:,}", f"{single:.4f}", f"{finals:.4f}", f"{finals / single:.2f}"))
    yield from ("## Held-out accuracy lost to the best of 50 trials", "", *table(header, rows), "")
    header = ("rows that validate", "best single value", "three seeds", "three splits")
    rows = [
        (f"{n:,}", *(f"{lost:.4f}" for lost in losses_over_splits(n, times))) for n in (100, 200)
    ]
    title = "## The same, of trials that are each right about rows of their own"
    yield from (title, "", *table(header, rows))


def main() -> int:
    """Simulate, and write the tables."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.honesty")
    add = options.add_argument
    add("--times", type=int, default=1000, help="simulations of each")
    add("--objectives", action="store_true", help="only what hangs on the objective")
    add("--results", type=Path, default=ROOT / "benchmarks" / "results", help="folder of the table")
    said = options.parse_args()
    now = datetime.now()
    lines = ["# What the page says, by simulation", "", INTRODUCTION, "", *described(now), ""]
    told = list(by_objective(said.times) if said.objectives else found(said.times))
    file = said.results / f"honesty-{now:%Y%m%d-%H%M}.md"
    write(file, [*lines, *told])
    print("\n".join(told))
    print(f"table  {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
