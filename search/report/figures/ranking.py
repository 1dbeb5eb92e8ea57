"""How well do shares put the rows of a class before all others?"""

from collections.abc import Iterator, Sequence
from typing import Any

from matplotlib.axes import Axes

from search.data.dataset import Array
from search.report.figures.scales import unit_square
from search.report.figures.svg import (
    DASHES,
    INK,
    SERIES,
    SOFT,
    AxisNumbers,
    Drawing,
    Figure,
    Words,
    readings,
    series,
    short,
)
from search.report.winner.ranking import Ranking, macro_roc

MOST_CURVES = 10


def hardest(found: Sequence[Ranking]) -> list[Ranking]:
    """Those that are drawn: all, or of many the ones of least area, in their own order."""
    known = [r for r in found if r.area is not None]
    least = sorted(known, key=lambda r: r.area or 0.0)[:MOST_CURVES]
    return [r for r in known if r in least]


def ranking_curves(found: Sequence[Ranking], words: Words) -> Figure:
    """The ROC curve and the precision-recall curve of each class or label.

    Args:
        found: At least one has an area; of many, those of least area are drawn.
        words: What is said of it.
    """
    drawn = hardest(found)
    with Drawing(2, 2.9) as drawing:
        roc, recalled = drawing.axes
        lines, names = [], []
        for place, ranking in enumerate(drawn):
            style: Any = {
                "color": SERIES[place % len(SERIES)],
                "linestyle": DASHES[place % len(DASHES)],
            }
            (line,) = roc.plot(*ranking.roc.T, **style)
            steps = recalled.step(*ranking.recalled.T, where="pre", **style)
            series([line, *steps], ranking.name)
            _read(roc, recalled, ranking)
            lines.append(line)
            names.append(short(ranking.name))
        if len(drawn) > 1:
            lines += roc.plot(*macro_roc(found).T, color=INK, linewidth=2.2)
            names.append("macro average")
        lines += roc.plot([0, 1], [0, 1], color=SOFT, linestyle=":", linewidth=1)
        names.append("chance")
        if len(drawn) == 1:
            positive, negative = drawn[0].rows
            chance = positive / (positive + negative)
            recalled.axhline(chance, color=SOFT, linestyle=":", linewidth=1)
        _label(roc, "ROC", ("false positive rate", "true positive rate"))
        _label(recalled, "precision–recall", ("recall", "precision"))
        drawing.legend_above(lines, names)
        header = (
            "class",
            "curve",
            "false positive rate or recall",
            "true positive rate or precision",
        )
        return drawing.figure(words, AxisNumbers(header, _numbers(drawn)))


def _read(roc: Axes, recalled: Axes, of: Ranking) -> None:
    """What the curves are at some thresholds; none of precision where no row is predicted so."""
    for axes, x, y, names in (
        (roc, 1, 2, ("false positive rate", "true positive rate")),
        (recalled, 2, 3, ("recall", "precision")),
    ):
        told = [line for line in of.at.tolist() if line[y] == line[y]]
        readings(axes, [line[x] for line in told], [line[y] for line in told], [
            f"{of.name}, threshold {line[0]:.3g}: {names[1]} {line[y]:.3f}, "
            f"{names[0]} {line[x]:.3f}"
            for line in told
        ])  # fmt: skip


def _label(axes: Axes, title: str, sides: tuple[str, str]) -> None:
    axes.set_title(title)
    axes.set_xlabel(sides[0])
    axes.set_ylabel(sides[1])
    unit_square(axes)


def _numbers(found: Sequence[Ranking]) -> Iterator[tuple[object, ...]]:
    for ranking in found:
        for kind, curve in (("ROC", ranking.roc), ("precision-recall", ranking.recalled)):
            yield from _points(ranking.name, kind, curve)


def _points(name: str, kind: str, curve: Array) -> Iterator[tuple[object, ...]]:
    for x, y in curve.tolist():
        yield name, kind, x, y
