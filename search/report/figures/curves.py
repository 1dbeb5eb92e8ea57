"""How did a model learn, epoch by epoch?"""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from search.report.figures.svg import (
    SERIES,
    WIDE,
    Drawing,
    Figure,
    Numbers,
    Words,
    plain_log,
    short,
)
from search.study.task import TASKS
from search.study.trial import Curve


@dataclass(frozen=True)
class Learner:
    """A model and its trainings.

    Attributes:
        name: Of the model.
        curves: One a seed.
    """

    name: str
    curves: Sequence[Curve]


def curves(learners: Sequence[Learner], words: Words, objective: str) -> Figure:
    """Loss and what else is measured by epoch: training dashed, validation whole, a line a seed."""
    measures = _measures(learners, objective.removeprefix("val_"))
    with Drawing(len(measures), WIDE, 2.7) as drawing:
        for axes, measure in zip(drawing.axes, measures, strict=True):
            lines = [
                _draw(axes, learner, measure, SERIES[place % len(SERIES)])
                for place, learner in enumerate(learners)
            ]
            axes.set_title(measure)
            axes.set_xlabel("epoch")
            if measure == "loss" and _above_zero(learners):
                plain_log(axes.yaxis)
        # Names of one's own go in by hand: by itself matplotlib leaves out what begins with "_".
        names = [short(learner.name) for learner in learners]
        drawing.axes[-1].legend(lines, names, loc="best")
        return drawing.figure(words, _numbers(learners, measures))


def _measures(learners: Sequence[Learner], wanted: str) -> list[str]:
    """The loss; and what trials are compared by, or a task is measured by, or what there is."""
    known = dict.fromkeys(key for one in learners for curve in one.curves for key in curve)
    others = [key for key in known if key != "loss" and not key.startswith("val_")]
    usual = {task.measure for task in TASKS.values()}
    others.sort(key=lambda name: (name != wanted, name not in usual))
    return ["loss", *others[:1]]


def _above_zero(learners: Sequence[Learner]) -> bool:
    """Hinge loss reaches 0 and cosine similarity lies below it: no logarithm shows them."""
    losses = [
        value
        for learner in learners
        for curve in learner.curves
        for key in ("loss", "val_loss")
        for value in curve.get(key, ())
    ]
    return all(not value <= 0 for value in losses)


def _draw(axes: Axes, learner: Learner, measure: str, colour: str) -> Line2D:
    """Draw every seed; returns a line that stands for all."""
    for curve in learner.curves:
        for key, style, width in ((measure, (0, (2, 2)), 0.9), (f"val_{measure}", "-", 1.3)):
            values = curve.get(key, ())
            (line,) = axes.plot(
                range(1, len(values) + 1), values, color=colour, linestyle=style, linewidth=width,
                alpha=0.85,
            )  # fmt: skip
    return line


def _numbers(learners: Sequence[Learner], measures: Sequence[str]) -> Numbers:
    keys = (*measures, *(f"val_{measure}" for measure in measures))
    rows = []
    for learner in learners:
        for seed, curve in enumerate(learner.curves, start=1):
            columns = [curve.get(key, ()) for key in keys]
            rows += [
                (learner.name, seed, epoch, *values)
                for epoch, values in enumerate(zip(*columns, strict=False), start=1)
            ]
    return Numbers(("model", "seed", "epoch", *keys), rows)
