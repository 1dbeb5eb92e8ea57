"""Which learning rates does an architecture learn with?"""

from dataclasses import dataclass

import numpy as np

from search.report.figures.svg import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    AxisNumbers,
    Drawing,
    Figure,
    Words,
    plain_log,
    readings,
    tips,
)
from search.study.answer import RateCurve

MOST_READ = 30
"""Rates, about, at which the median loss is told."""


@dataclass(frozen=True)
class Marked:
    """What is marked on a rate axis.

    Attributes:
        searched: The searched range; None where the rate was not searched.
        used: The rate that was trained with; None where that is not known.
    """

    searched: tuple[float, float] | None
    used: float | None


def rate_curve(curve: RateCurve, marked: Marked, words: Words) -> Figure:
    """Loss against a growing rate, a thin line a seed and their median; and the rate by epoch."""
    losses = np.array(
        [[np.nan if v is None else v for v in row] for row in curve.losses], dtype=float
    )
    known = np.isfinite(losses).any(axis=0)
    middle = np.full(losses.shape[1], np.nan)
    middle[known] = np.nanmedian(losses[:, known], axis=0)
    with Drawing(2, 2.8) as drawing:
        loss, rate = drawing.axes
        for seed, row in enumerate(losses, start=1):
            (line,) = loss.plot(curve.rates, row, color=BLUE, linewidth=0.6, alpha=0.5)
            tips(line, [f"seed {seed}"])
        loss.plot(curve.rates, middle, color=BLUE, linewidth=1.8, label="median of seeds")
        if marked.searched:
            loss.axvspan(
                *marked.searched, color=BLUE, alpha=0.08, linewidth=0, label="search range"
            )
        if marked.used is not None:
            loss.axvline(marked.used, color=ORANGE, linestyle="-", label="used")
        if curve.suggested is not None:
            loss.axvline(curve.suggested, color=GREEN, linestyle="--", label="suggested")
        some = np.flatnonzero(known)[:: max(1, known.sum() // MOST_READ)]
        readings(loss, [curve.rates[at] for at in some], middle[some].tolist(), [
            f"learning rate {curve.rates[at]:.3g}: median loss {middle[at]:.4g}" for at in some
        ])  # fmt: skip
        plain_log(loss.xaxis)
        top = np.nanmax(losses[:, 0]) * 2 if np.isfinite(losses[:, 0]).any() else 1.0
        loss.set_ylim(0, top)
        loss.set_xlabel("learning rate")
        loss.set_ylabel("training loss")
        drawing.legend_above(*loss.get_legend_handles_labels())
        rate.plot(range(1, len(curve.rates) + 1), curve.rates, color=INK)
        plain_log(rate.yaxis)
        rate.set_xlabel("epoch")
        rate.set_title("rate of each epoch")
        header = ("epoch", "rate", *(f"loss, seed {i + 1}" for i in range(len(losses))))
        rows = [
            (epoch, r, *(row[epoch - 1] for row in curve.losses))
            for epoch, r in enumerate(curve.rates, start=1)
        ]
        return drawing.figure(words, AxisNumbers(header, rows))
