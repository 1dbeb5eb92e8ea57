"""When a model is so sure, how often is it right?"""

import numpy as np

from search.report.digits import within_ends
from search.report.figures.scales import unit_square, whole_numbers
from search.report.figures.svg import BLUE, INK, AxisNumbers, Drawing, Figure, Words, tips
from search.report.winner.calibration import BINS, Calibration


def reliability(found: Calibration, words: Words) -> Figure:
    """What was observed against what was predicted, a dot a bin, beside the cases in each."""
    predicted = [b.predicted for b in found.bins]
    observed = np.array([b.observed for b in found.bins])
    below = observed - [b.interval.low for b in found.bins]
    above = np.array([b.interval.high for b in found.bins]) - observed
    with Drawing(2, 2.5) as drawing:
        dots, bars = drawing.axes
        dots.plot([0, 1], [0, 1], color=INK, linewidth=0.9)
        # Rounding may put an interval's end a hair inside its dot.
        dots.errorbar(
            predicted, observed, yerr=np.maximum([below, above], 0.0), color=BLUE, fmt="none",
            linewidth=1, capsize=2,
        )  # fmt: skip
        says = [
            f"{b.count:,} cases of probability {b.predicted:.3f}: observed "
            f"{within_ends(b.observed, b.interval)}"
            for b in found.bins
        ]
        tips(dots.scatter(predicted, observed, s=20, color=BLUE, linewidths=0), says)
        unit_square(dots)
        dots.set_xlabel("predicted probability")
        dots.set_ylabel("observed frequency")
        lows = [b.low for b in found.bins]
        counts = [b.count for b in found.bins]
        drawn = bars.bar(lows, counts, width=0.9 / BINS, align="edge", color=BLUE)
        for bar, one in zip(drawn, found.bins, strict=True):
            tips(bar, [f"probability {one.low:.1f} to {one.high:.1f}: {one.count:,} cases"])
        bars.set_xlim(0, 1)
        bars.set_box_aspect(1)  # it stands beside a square
        bars.set_xlabel("predicted probability")
        bars.set_ylabel("cases")
        whole_numbers(bars.yaxis)
        bars.grid(axis="x", visible=False)
        header = (
            "bin from", "bin to", "cases", "mean predicted probability", "observed frequency",
            "95 % from", "95 % to",
        )  # fmt: skip
        rows = [
            (b.low, b.high, b.count, b.predicted, b.observed, b.interval.low, b.interval.high)
            for b in found.bins
        ]
        return drawing.figure(words, AxisNumbers(header, rows))
