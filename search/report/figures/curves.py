"""How did a model learn, epoch by epoch?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from search.report.figures.svg import (
    MARKERS,
    SERIES,
    WIDE,
    Drawing,
    Figure,
    Numbers,
    Words,
    plain_log,
    short,
)
from search.study.dataset import Array
from search.study.task import TASKS
from search.study.trial import Curve

TRAINING = (0, (2, 2))
"""The dash of what a model does on its training rows."""
READ = (
    "A thin line a seed, the thick one their mean as far as all were trained, the band from the "
    "lowest to the highest; the mark is the epoch that counts"
)
"""How curves are read."""


@dataclass(frozen=True)
class Learner:
    """A model and its trainings.

    Attributes:
        name: Of the model.
        curves: One a seed.
        counts: Place of the epoch by which each training counts; none where that is not marked.
    """

    name: str
    curves: Sequence[Curve]
    counts: Sequence[int] = ()


def curves(learners: Sequence[Learner], words: Words, objective: str) -> Figure:
    """Loss and what else is measured by epoch: every seed, their mean, and the band they span.

    Of one model, training is drawn dashed beside validation; of several, validation alone.
    """
    measures = _measures(learners, objective.removeprefix("val_"))
    with Drawing(len(measures), WIDE, 2.7) as drawing:
        for axes, measure in zip(drawing.axes, measures, strict=True):
            lines = [
                _draw(axes, learner, measure, place, alone=len(learners) == 1)
                for place, learner in enumerate(learners)
            ]
            axes.set_title(measure)
            axes.set_xlabel("epoch")
            if measure == "loss" and _above_zero(learners):
                plain_log(axes.yaxis)
        # Names of one's own go in by hand: by itself matplotlib leaves out what begins with "_".
        names = [short(learner.name) for learner in learners]
        if len(learners) == 1:
            names.append("training")
            lines.append(Line2D([], [], color=SERIES[0], linestyle=TRAINING, linewidth=1.1))
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


def _draw(axes: Axes, learner: Learner, measure: str, place: int, *, alone: bool) -> Line2D:
    """Draw every seed and their mean; returns a line that stands for all."""
    colour, mark = SERIES[place % len(SERIES)], MARKERS[place % len(MARKERS)]
    seeds = [np.asarray(c.get(f"val_{measure}", ()), dtype=float) for c in learner.curves]
    for values in seeds:
        axes.plot(_epochs(values), values, color=colour, linewidth=0.6, alpha=0.6)
    if alone:
        training = [np.asarray(c.get(measure, ()), dtype=float) for c in learner.curves]
        _mean(axes, training, color=colour, linestyle=TRAINING, linewidth=1.1)
    low, high = _band(seeds)
    if len(seeds) > 1:
        axes.fill_between(_epochs(low), low, high, color=colour, alpha=0.15, linewidth=0)
    _mean(axes, seeds, color=colour, linewidth=1.8)
    for values, count in zip(seeds, learner.counts, strict=False):
        if 0 <= count < len(values):
            axes.plot([count + 1], [values[count]], color=colour, marker=mark, markersize=5)
    return Line2D([], [], color=colour, marker=mark, linewidth=1.8)


def _mean(axes: Axes, seeds: Sequence[Array], **style: Any) -> None:
    """The mean over all seeds, as far as every one of them was trained."""
    values = _together(seeds)
    with np.errstate(invalid="ignore"):  # one seed's loss may be infinite up, another's down
        axes.plot(_epochs(values), values.mean(axis=1), **style)


def _band(seeds: Sequence[Array]) -> tuple[Array, Array]:
    values = _together(seeds)
    return values.min(axis=1), values.max(axis=1)


def _together(seeds: Sequence[Array]) -> Array:
    """Shape (epochs that all seeds have, seeds)."""
    last = min((len(values) for values in seeds), default=0)
    return np.array([values[:last] for values in seeds or [np.empty(0)]]).T


def _epochs(values: Array) -> range:
    return range(1, len(values) + 1)


def _numbers(learners: Sequence[Learner], measures: Sequence[str]) -> Numbers:
    keys = (*measures, *(f"val_{measure}" for measure in measures))
    rows = []
    for learner in learners:
        for seed, curve in enumerate(learner.curves):
            columns = [curve.get(key, ()) for key in keys]
            counts = learner.counts[seed] if seed < len(learner.counts) else -1
            rows += [
                (learner.name, seed + 1, place + 1, *values, "yes" if place == counts else "")
                for place, values in enumerate(zip(*columns, strict=False))
            ]
    return Numbers(("model", "seed", "epoch", *keys, "counts"), rows)
