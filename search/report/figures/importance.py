"""Which parameters made the difference?"""

from search.report.figures.svg import (
    BLUE,
    INK,
    SOFT,
    AxisNumbers,
    Drawing,
    Figure,
    Words,
    short,
    tips,
)
from search.report.importance import CHANCE, Importance
from search.study.plain_text import percent


def importances(found: Importance, words: Words) -> Figure:
    """A bar a parameter, its interval over the draws, and what random numbers get at most.

    Args:
        found: With one weight at least.
        words: What is said of it.
    """
    weights = list(reversed(found.weights))  # the weightiest above
    places = range(len(weights))
    with Drawing(1, 0.9 + 0.26 * len(weights)) as drawing:
        (axes,) = drawing.axes
        bars = axes.barh(places, [w.middle for w in weights], height=0.6, color=BLUE, alpha=0.45)
        for place, bar, weight in zip(places, bars, weights, strict=True):
            axes.plot([weight.low, weight.high], [place] * 2, color=INK, linewidth=1.4)
            ends = f"{percent(weight.low)} to {percent(weight.high)}"
            tips(bar, [f"{weight.axis.name}: {percent(weight.middle)} ({ends})"])
        chance = axes.axvline(found.chance, color=SOFT, linestyle=":", linewidth=1.2)
        drawing.legend_above([chance], [f"maximum of {CHANCE}"])
        axes.set_yticks(places, [short(w.axis.title, 26) for w in weights])
        axes.set_xlim(left=0)
        axes.set_xlabel("fraction of variance explained")
        axes.grid(axis="y", visible=False)
        header = ("hyperparameter", "lowest", "median", "highest", "trials that have it")
        rows: list[tuple[object, ...]] = [
            (w.axis.name, w.low, w.middle, w.high, w.axis.having) for w in found.weights
        ]
        rows.append((CHANCE, "", "", found.chance, ""))
        return drawing.figure(words, AxisNumbers(header, rows))
