"""Were the workers at work?"""

from collections.abc import Sequence

from matplotlib.axes import Axes

from search.report.figures.search import MARKS
from search.report.figures.svg import SOFT, AxisNumbers, Drawing, Figure, Words, short, tips
from search.report.utilization import Occupation, Span, merged
from search.study.trial import State

MOST = 1000
"""Trials that are drawn one by one; of more, only when a worker had any."""
MOST_WORKERS = 32
HEIGHT = 0.8
"""Of a worker's strip, where 1 is the distance to the next."""


def workers(found: Occupation, words: Words) -> Figure:
    """A strip a worker over time, a bar a trial."""
    shown = list(found.spans.items())[:MOST_WORKERS]
    many = sum(len(spans) for spans in found.spans.values()) > MOST
    height = 0.8 + 0.34 * min(len(shown), 12) + 0.12 * max(len(shown) - 12, 0)
    with Drawing(1, height) as drawing:
        (axes,) = drawing.axes
        for place, (_, spans) in enumerate(shown):
            if many:
                blocks = merged((span.begin, span.end) for span in spans)
                _bars(axes, blocks, (place - HEIGHT / 2, HEIGHT), State.COMPLETE, [])
            else:
                _trials(axes, place, spans)
        for pause in found.pauses:
            axes.axvline(pause, color=SOFT, linestyle="--", linewidth=0.8)
        axes.set_yticks(range(len(shown)), [short(worker) for worker, _ in shown])
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.set_xlabel("seconds since the first trial")
        axes.grid(axis="y", visible=False)
        rows = [
            (worker, span.trial, str(span.state), f"{span.begin:.3f}", f"{span.end:.3f}")
            for worker, spans in shown
            for span in spans
        ]
        return drawing.figure(
            words, AxisNumbers(("worker", "trial", "state", "begin", "end"), rows)
        )


def _trials(axes: Axes, place: int, spans: Sequence[Span]) -> None:
    """A bar a trial, in the colour of how it ended."""
    for state in MARKS:
        own = [span for span in spans if span.state is state]
        ends = [(span.begin, span.end) for span in own]
        says = [f"trial {span.trial}: {span.end - span.begin:.2f} s, {state}" for span in own]
        _bars(axes, ends, (place - HEIGHT / 2, HEIGHT), state, says)


def _bars(
    axes: Axes,
    ends: Sequence[tuple[float, float]],
    where: tuple[float, float],
    state: State,
    says: Sequence[str],
) -> None:
    if ends:
        lengths = [(begin, end - begin) for begin, end in ends]
        bars = axes.broken_barh(lengths, where, facecolors=MARKS[state][1], alpha=0.75)
        if says:
            tips(bars, says)
