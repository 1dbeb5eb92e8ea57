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
from search.metrics.class_means import ClassMeans
from search.metrics.intervals import Draws, of_f1, wilson
from search.metrics.measures import Estimate, Measure, by_draws, measure_of
from search.metrics.paired import PairedScores, paired
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


def ties_by(name: str, rows: int, times: int, gap: float = 0.0) -> tuple[float, float]:
    """The same by another objective, of five models that see a class of 20 % with as much noise.

    Args:
        name: Such as "auc"; "own" for a metric that only draws are known of: F2 of 200 draws.
        rows: That validate.
        times: Simulations.
        gap: In deviations, by which the first sees the class better.
    """
    draw = np.random.default_rng(0)
    draws, tied = Draws.of(rows), []
    for _ in range(times):
        y = (draw.random(rows) < 0.2).astype(int)
        hard = draw.normal(size=rows)  # rows that are hard for all
        seen, finalists = {}, []
        for number in range(FINALISTS):
            found = []
            for _ in range(SEEDS):
                sums = (2 + gap * (number == 0)) * y - 1 + 0.7 * hard + 0.7 * draw.normal(size=rows)
                found.append(estimate_by(name, sums, y, draws))
            seen[number] = Seen(np.mean([of.drawn for of in found], axis=0)[None])
            finalists.append(finalist(number, np.array([of.value for of in found])))
        marked = with_ties(in_order(finalists, "maximize"), seen, "maximize")
        tied.append([other.tied for other in marked[1:]])
    return float(np.all(tied, axis=1).mean()), float(np.mean(tied))


def estimate_by(name: str, sums: Array, y: Array, draws: Draws) -> Estimate:
    """A measure of rows by their sums of the class; "own" by gathering rows, as workers do."""
    said = np.column_stack([expit(-sums), expit(sums)])
    if name != "own":
        measure = measure_of(f"val_{name}", "binary")
        if measure is None:
            raise ValueError(name)
        return measure.estimate(said, y, draws)

    def f2(chosen: Array) -> float:
        there, called = y[chosen] == 1, sums[chosen] > 0
        hits = 5 * (there & called).sum()
        return float(hits / max(1, 4 * there.sum() + called.sum()))

    drawn = np.array([f2(draws.places(i)) for i in range(200)])
    return Estimate(f2(np.arange(len(y))), drawn, "f2")


def coverage_by(name: str, rows: int, times: int) -> float:
    """How often the interval of a measure of a class of 20 % holds its value on 1,000,000 rows."""
    draw, draws, held = np.random.default_rng(0), Draws.of(rows), 0

    def made(count: int) -> tuple[Array, Array]:
        y = (draw.random(count) < 0.2).astype(int)
        return 2 * y - 1 + draw.normal(size=count), y

    many, of = made(1_000_000)
    truth = _plainly(name, many, of)
    for _ in range(times):
        sums, y = made(rows)
        estimate = estimate_by(name, sums, y, draws)
        measure = None if name == "own" else measure_of(f"val_{name}", "binary")
        said = np.column_stack([expit(-sums), expit(sums)])
        interval = measure.interval(said, y, estimate) if measure else by_draws(estimate)
        held += interval is not None and interval.low <= truth <= interval.high
    return held / times


def _plainly(name: str, sums: Array, y: Array) -> float:
    called = sums > 0
    match name:
        case "auc":
            return float(roc_auc_score(y, sums))
        case "own":
            return float(fbeta_score(y, called, beta=2))
        case _:
            of = {"f1": f1_score, "precision": precision_score, "recall": recall_score}
            return float(of[name](y, called))


def differences(rows: int, times: int, gap: float = 0.0) -> dict[str, float]:
    """How often a test on the same held-out rows says that two models differ, by objective."""
    draw, draws = np.random.default_rng(0), Draws.of(rows)
    told = dict.fromkeys(("accuracy", "auc", "f1", "precision", "recall", "own"), 0)
    for _ in range(times):
        y = (draw.random(rows) < 0.2).astype(int)
        hard = draw.normal(size=rows)
        pair = [(2 + g) * y - 1 + 0.7 * hard + 0.7 * draw.normal(size=rows) for g in (gap, 0.0)]
        for name in told:
            judged = [
                PairedScores(np.column_stack([expit(-s), expit(s)]), estimate_by(name, s, y, draws))
                for s in pair
            ]
            measure = measure_of(f"val_{name}", "binary") or Measure(name, maximize=True)
            found = paired(measure, y, *judged)
            told[name] += found is not None and found.told != "level"
    return {name: count / times for name, count in told.items()}


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
        draws = Draws.of(4 * rows)
        seen = {
            n: Seen(
                np.array(
                    [
                        draws.taken(places).means(line[places][:, None])[:, 0]
                        for line, places in zip(of_rows, splits, strict=True)
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
    rows += [
        (f"{name}, a class of 20 %", f"{n:,}", f"{coverage_by(name, n, times):.1%}")
        for name in ("auc", "precision", "recall", "own")
        for n in (200, 1000)
    ]
    yield from ("## 95 % intervals", "", *table(header, rows), "")
    header = ("rows that validate", "first is better by", "all are ties", "of the others, ties")
    rows = [
        (f"{n:,}", f"{gap:.2f}", *(f"{share:.1%}" for share in ties(n, times, gap)))
        for n in (200, 1000)
        for gap in (0.0, 0.05, 0.1)
    ]
    yield from ("## Finalists that are called ties", "", *table(header, rows), "")
    few = max(10, times // 5)
    header_by = ("objective", "rows that validate", "first better by (deviations)",
                 "all are ties", "of the others, ties")  # fmt: skip
    rows = [
        (name, "400", f"{gap:.1f}", *(f"{s:.1%}" for s in ties_by(name, 400, few, gap)))
        for name in ("auc", "f1", "precision", "recall", "own")
        for gap in (0.0, 1.0)
    ]
    yield from ("## The same by other objectives", "", *table(header_by, rows), "")
    header_two = ("objective", "equal models", "the first better by 1 deviation")
    both = [differences(200, few, gap) for gap in (0.0, 1.0)]
    rows = [(name, *(f"{of[name]:.1%}" for of in both)) for name in both[0]]
    title = "## Two models that are said to differ on 200 held-out rows"
    yield from (title, "", *table(header_two, rows), "")
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
