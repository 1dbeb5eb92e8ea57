"""Which of several searches found how much, and how soon?"""

from collections.abc import Mapping, Sequence

from search.report.figures.search import best_so_far
from search.report.figures.svg import (
    HALF,
    MARKERS,
    SERIES,
    AxisNumbers,
    Drawing,
    Figure,
    Words,
    short,
    tips,
)
from search.study.trial import Trial

STYLES = ("-", "--", "-.", ":")
"""A run has its own colour, line and mark."""


def best_by_trial(runs: Mapping[str, Sequence[Trial]], direction: str, words: Words) -> Figure:
    """The best value so far after each finished trial, in the order in which they ended.

    Args:
        runs: Name → its trials.
        direction: That all have.
        words: Of the figure.
    """
    told = {
        name: [(float(place), value) for place, value in enumerate(best, start=1)]
        for name, best in _bests({n: _by_end(t) for n, t in runs.items()}, direction).items()
    }
    return _steps(told, "finished trials", words)


def best_by_time(runs: Mapping[str, Sequence[Trial]], direction: str, words: Words) -> Figure:
    """The best value so far by seconds, pauses between sessions left in, start-up left out.

    Args:
        runs: Name → its trials, of which those taken from other runs do not count.
        direction: That all have.
        words: Of the figure.
    """
    own = {name: [t for t in _by_end(trials) if t.ended and not t.taken] for name, trials in
           runs.items()}  # fmt: skip
    told = {}
    for name, best in _bests(own, direction).items():
        begun = min((t.span[0] for t in own[name] if t.span), default=0.0)
        ends = [(t.ended or begun) - begun for t in own[name]]
        told[name] = list(zip(ends, best, strict=True))
    return _steps(told, "seconds since the first trial began", words)


def _by_end(trials: Sequence[Trial]) -> list[Trial]:
    """Those taken from other runs, which have no end in this one, come first."""
    return sorted((t for t in trials if t.state.finished), key=lambda t: t.ended or 0.0)


def _bests(runs: Mapping[str, Sequence[Trial]], direction: str) -> dict[str, list[float | None]]:
    return {
        name: best_so_far([t for t in trials if t.state.finished], direction)
        for name, trials in runs.items()
    }


def _steps(
    told: Mapping[str, Sequence[tuple[float, float | None]]], along: str, words: Words
) -> Figure:
    with Drawing(1, 3.0, width=HALF) as drawing:
        (axes,) = drawing.axes
        for place, (name, points) in enumerate(told.items()):
            known = [(at, value) for at, value in points if value is not None]
            if known:
                (line,) = axes.step(
                    *zip(*known, strict=True),
                    where="post",
                    color=SERIES[place % len(SERIES)],
                    linestyle=STYLES[place % len(STYLES)],
                    marker=MARKERS[place % len(MARKERS)],
                    markevery=[len(known) - 1],
                    label=short(name),
                )
                tips(line, [name])
        if axes.get_legend_handles_labels()[0]:
            axes.legend(loc="best")
        axes.set_xlabel(along)
        axes.set_ylabel("best on validation")
        rows = [(name, *point) for name, points in told.items() for point in points]
        return drawing.figure(words, AxisNumbers(("run", along, "best so far"), rows))
