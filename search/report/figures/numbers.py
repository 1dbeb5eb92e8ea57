"""How near do predicted numbers come to the truth?"""

from collections.abc import Mapping, Sequence

import numpy as np

from search.report.figures.svg import BLUE, INK, WIDE, Drawing, Figure, Numbers, Words, short
from search.study.dataset import Array

MOST_POINTS = 1000
MOST_TARGETS = 3


def against_truth(held_out: Mapping[str, Array], names: Sequence[str]) -> Figure:
    """Predicted against true, a panel a target; points on the line are met exactly.

    Args:
        held_out: `y` and `predictions`, shape (rows, targets).
        names: Of the targets.
    """
    truth, predicted = held_out["y"], held_out["predictions"]
    shown = names[:MOST_TARGETS]
    rows = _thinned(len(truth))
    more = "" if len(rows) == len(truth) else f" {len(rows):,} of {len(truth):,} rows, evenly."
    words = Words(
        "against-truth",
        "What the winner predicts for the held-out rows, against the truth.",
        f"A dot a row; on the line it is met exactly, above it is overestimated.{more}",
    )
    with Drawing(len(shown), WIDE, 3.0) as drawing:
        for place, (axes, name) in enumerate(zip(drawing.axes, shown, strict=True)):
            x, y = truth[rows, place], predicted[rows, place]
            axes.scatter(x, y, s=9, color=BLUE, alpha=0.6, linewidths=0)
            ends = [min(x.min(), y.min()), max(x.max(), y.max())]
            axes.plot(ends, ends, color=INK, linewidth=0.9)
            axes.set_title(short(name))
            axes.set_xlabel("true")
            axes.set_ylabel("predicted")
        header = [f"{kind} {name}" for kind in ("true", "predicted") for name in names]
        lines = np.hstack([truth, predicted]).astype(float).tolist()
        return drawing.figure(words, Numbers(header, lines))


def _thinned(rows: int) -> Array:
    """Row numbers, evenly spread, no more than a reader can tell apart."""
    return np.unique(np.linspace(0, rows - 1, min(rows, MOST_POINTS)).astype(int))
