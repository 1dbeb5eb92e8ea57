"""Several quantiles of one number: how often the truth is below each, beside what it should be."""

from collections.abc import Mapping

import numpy as np

from search.data.dataset import Array
from search.data.series_rows import Blocks, groups_in
from search.metrics.base import of_mean
from search.metrics.intervals import of_ratio
from search.report.section import Section
from search.report.tables import HtmlTable
from search.report.winner.numbers import ends
from search.report.winner.thresholds import part_text
from search.study.output_forms import OutputForm
from search.study.plain_text import percent


def of_quantiles(
    form: OutputForm, own: Mapping[str, Array], blocks: Blocks | None = None
) -> Section:
    """Coverage and loss of each quantile.

    Args:
        form: Of the output.
        own: What is kept of it: `truth` (rows,), `said` (rows, quantiles), `constant` (quantiles,).
        blocks: Which held-out rows depend on each other; None where none do.
    """
    truth, groups = own["truth"].astype(float), groups_in(blocks)
    said, rows, off, ones = own["said"].astype(float), [], [], np.ones(len(truth))
    for place, level in enumerate(form.levels):
        below = truth < said[:, place]
        within = of_ratio(below.astype(float), ones, groups)
        if within and not within.low <= level <= within.high:
            off.append(f"{form.names[place]} ({percent(below.mean(), 1)})")
        losses = [pinball(truth, of, level) for of in (said[:, place], own["constant"][place])]
        told = [(f"{each.mean():.4g}", ends(of_mean(each, blocks, share=False))) for each in losses]
        rows.append((
            form.names[place], part_text(below, ones, groups), *told[0], *told[1],
            f"{own['constant'][place]:.4g}",
        ))  # fmt: skip
    met = "at each of them" if not off else f"but not at {', '.join(off)}"
    crossed = int((np.diff(said[:, np.argsort(form.levels)], axis=1) < 0).any(axis=1).sum())
    text = [
        "The levels are found by what the loss answers: it is a pinball loss of each output. The "
        "constant is each quantile of the training targets.",
    ]
    if crossed:
        text.append(f"In {crossed:,} of {len(truth):,} rows a quantile lies below a lower one.")
    finding = (
        f"The part of the {len(truth):,} held-out targets below a predicted quantile agrees with "
        f"its level, within its 95 % interval, {met}."
    )
    header = ("quantile", "targets below it (95 %)", "pinball loss", "95 %",
              "pinball loss of the constant", "95 %", "the constant")  # fmt: skip
    caption = f"Each quantile on held-out data ({len(truth):,} rows)"
    table = HtmlTable(caption, header, rows, frozenset({1, 2, 4, 6}))
    return Section("", "Held-out quantiles", finding, text, [table])


def pinball(truth: Array, said: Array, level: float) -> Array:
    """The loss that is least at a quantile, of each row."""
    gap = truth - said
    found: Array = np.maximum(level * gap, (level - 1) * gap)
    return found
