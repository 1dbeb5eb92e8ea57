"""How did the search go, and how do its finalists compare?"""

from collections.abc import Sequence

import numpy as np
from matplotlib.lines import Line2D

from search.report.digits import significant
from search.report.figures.scales import named, whole_numbers, within_bounds
from search.report.figures.svg import (
    BLUE,
    HALF,
    INK,
    NARROW,
    ORANGE,
    RED,
    AxisNumbers,
    Drawing,
    Figure,
    Words,
    tips,
)
from search.study.answer import Answer, Finalist
from search.study.goal import Goal
from search.study.trial import State, Trial

MARKS = {State.COMPLETE: ("o", BLUE), State.PRUNED: ("v", ORANGE), State.FAIL: ("x", RED)}
"""One mark and one colour a state, in every figure."""


def history(trials: Sequence[Trial], goal: Goal, words: Words, *, small: bool) -> Figure:
    """The value of each trial in the order of asking, and the best so far."""
    ended = [trial for trial in trials if trial.state.finished]
    best = best_so_far(ended, goal.direction)
    with Drawing(1, 3.0 if small else 2.6, width=HALF if small else NARROW) as drawing:
        (axes,) = drawing.axes
        for state, (mark, colour) in MARKS.items():
            of_state = [t for t in ended if t.state is state and t.value is not None]
            if of_state:
                numbers, values = zip(*((t.number, t.value) for t in of_state), strict=True)
                dots = axes.scatter(
                    numbers,
                    values,
                    s=14,
                    marker=mark,
                    color=colour,
                    linewidths=0.6,
                    label=str(state),
                )
                tips(dots, [told(trial) for trial in of_state])
        for trial in ended:
            if trial.value is None:
                line = axes.axvline(trial.number, color=RED, linewidth=0.6, linestyle=":")
                tips(line, [told(trial)])
        known = [
            (float(t.number), value)
            for t, value in zip(ended, best, strict=True)
            if value is not None
        ]
        last = max((t.number for t in ended), default=0) + 0.5
        if known:
            known.append((last, known[-1][1]))  # of one trial, too, it is a line
            axes.step(*zip(*known, strict=True), where="post", color=INK, label="best so far")
        _legend(drawing)
        axes.set_xlabel("trial")
        axes.set_xlim(-0.5, last)
        whole_numbers(axes.xaxis)
        axes.set_ylabel(named(goal.objective, goal))
        within_bounds(axes.yaxis, goal.objective)
        rows = [
            (t.number, str(t.state), t.value, value) for t, value in zip(ended, best, strict=True)
        ]
        return drawing.figure(words, AxisNumbers(("trial", "state", "value", "best so far"), rows))


def told(trial: Trial) -> str:
    """A trial in a few words, as a mark of it says."""
    ended = "" if trial.state is State.COMPLETE else f", {trial.state}"
    value = "" if trial.value is None else f": {significant(trial.value)}"
    return f"trial {trial.number}{value}{ended}"


def _legend(drawing: Drawing) -> None:
    """Above the axes: the best values gather at their edge, where nothing may hide them."""
    (axes,) = drawing.axes
    marks, names = axes.get_legend_handles_labels()
    if names:
        drawing.legend_above(marks, names)


def finalists(answer: Answer, goal: Goal, words: Words, *, proven: bool) -> Figure:
    """A dot a seed on validation, the mean as a bar; the winner's held-out as open circles."""
    shown = answer.finalists
    with Drawing(1, 3.0, width=HALF) as drawing:
        (axes,) = drawing.axes
        for place, finalist in enumerate(shown):
            values = _values(finalist)
            dots = axes.scatter(values, _spread(place, len(values)), s=22, color=BLUE, linewidths=0)
            of = f"trial {finalist.number}, seed"
            tips(dots, [
                f"{of} {fit.seed}: {significant(fit.value)}"
                for fit in finalist.fits if fit.value is not None
            ])  # fmt: skip
            if finalist.mean is not None:
                axes.plot([finalist.mean] * 2, [place - 0.3, place + 0.3], color=INK, linewidth=1.6)
        if proven:
            held = [s.judged.value for s in answer.scores if s.judged.value is not None]
            circles = axes.scatter(
                held,
                _spread(0.32, len(held), 0.0),
                s=26,
                facecolors="none",
                edgecolors=ORANGE,
                linewidths=1.3,
            )
            tips(circles, [f"the winner on held-out: {significant(value)}" for value in held])
        axes.set_yticks(range(len(shown)), [f"trial {f.number}" for f in shown])
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.set_xlabel(named(goal.objective, goal))
        within_bounds(axes.xaxis, goal.objective)
        axes.grid(axis="y", visible=False)
        marks = [Line2D([], [], color=BLUE, marker="o", linestyle="", markersize=5)]
        marks += [
            Line2D([], [], color=ORANGE, marker="o", linestyle="", markersize=5, fillstyle="none")
        ]
        names = ["validation", "held-out"][: 1 + proven]
        drawing.legend_above(marks[: len(names)], names)
        rows = [(f.number, fit.seed, fit.value, f.mean, _told(f)) for f in shown for fit in f.fits]
        return drawing.figure(
            words, AxisNumbers(("trial", "seed", "validation", "mean", "tied"), rows)
        )


def _told(finalist: Finalist) -> str:
    return "" if finalist.tied is None else str(finalist.tied)


def _values(finalist: Finalist) -> list[float]:
    return [fit.value for fit in finalist.fits if fit.value is not None]


def _spread(place: float, count: int, by: float = 0.12) -> list[float]:
    """Set dots apart that would hide each other."""
    offsets = np.linspace(-by, by, count) if count > 1 else np.zeros(count)
    return [place + float(offset) for offset in offsets]


def best_so_far(trials: Sequence[Trial], direction: str) -> list[float | None]:
    """After each trial, the best value of those that completed; None before the first."""
    better = max if direction == "maximize" else min
    best: list[float | None] = []
    for trial in trials:
        last = best[-1] if best else None
        value = trial.value if trial.state is State.COMPLETE else None
        known = [v for v in (last, value) if v is not None]
        best.append(better(known) if known else None)
    return best
