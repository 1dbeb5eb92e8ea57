"""A class, or labels, at each place of a row: masks, whose overlap counts, and sequences."""

from collections.abc import Callable, Mapping
from math import prod

import numpy as np

from search.data.dataset import Array
from search.data.series_rows import Blocks, groups_in
from search.metrics.base import of_sums
from search.metrics.overlap import iou_of_each, mean_iou
from search.report.digits import number, share, span
from search.report.figures.rows_drawn import (
    DrawnRows,
    accuracy_by_step,
    masks_drawn,
    strips_drawn,
)
from search.report.figures.svg import Figure, Words
from search.report.section import Section
from search.report.tables import HtmlTable, Matrix, matrix_of
from search.report.winner.thresholds import part_text
from search.report.winner.worst_rows import RowNames
from search.study.output_forms import OutputForm
from search.study.task import MULTILABEL

Measure = Callable[[Array], Array]
SURE = "95 %: "
MOST_STEPS = 2000
"""That are drawn."""
NAMED = 5
"""Classes that are never predicted."""


def of_places(
    form: OutputForm,
    own: Mapping[str, Array],
    blocks: Blocks | None,
    names: RowNames,
) -> Section:
    """Masks where a row has two axes or more, else a sequence.

    Args:
        form: Of the output.
        own: What is kept of it.
        blocks: Which held-out rows depend on each other; None where none do.
        names: Of the held-out rows.
    """
    masks = form.is_mask
    rows, counted = len(own["right"]), int(own["right"][:, 1].sum())
    of = "×".join(map(str, form.shape))
    unit = f"{rows:,} rows of {of} {'pixels' if masks else 'steps'}, {counted:,} in all"
    places = "pixel" if masks else "step"
    constant = f"a constant (each {places}'s most frequent class among the training rows) gets"
    told = []
    if masks and "counts" in own:
        overlap = _with_ends(own["counts"], mean_iou, blocks, SURE)
        of_what = "rows" if blocks is None else "groups"
        how = f"; its interval is by bootstrap over {of_what}" if SURE in overlap else ""
        told.append(
            f"Held-out mean IoU {overlap}, {unit}; "
            f"{constant} "
            f"{share(float(mean_iou(own['constant counts'].sum(axis=0))))}. Mean IoU is the mean "
            f"over classes of intersection over union of all held-out pixels{how}."
        )
    of_constant = share(float(_ratio(own["constant right"].sum(axis=0))))
    accuracy = f"Held-out accuracy by {places} {_with_ends(own['right'], _ratio, blocks, SURE)}"
    told.append(f"{accuracy}{'' if told else f', {unit}'}; {constant} {of_constant}.")
    if not masks:
        whole = own["right"][:, 0] == own["right"][:, 1]
        groups = groups_in(blocks)
        told.append(
            f"All steps are right in {whole.sum():,} of {rows:,} rows: "
            f"{part_text(whole, np.ones(rows), groups)}."
        )
    title = "Held-out masks" if masks else "Held-out sequences"
    return Section(
        "",
        title,
        " ".join([told[0], *_never(form, own)]),
        told[1:],
        figures=_figures(form, own, blocks, names),
        tables=_tables(form, own, blocks),
        matrices=_matrices(form, own),
    )


def _ratio(sums: Array) -> Array:
    found: Array = sums[..., 0] / np.maximum(sums[..., 1], 1e-12)
    return found


def _with_ends(parts: Array, measure: Measure, blocks: Blocks | None, before: str = "") -> str:
    """Of all rows, with its interval by bootstrap; none where rows drawn anew do not change it."""
    flat, shape = parts.reshape(len(parts), -1).astype(float), parts.shape[1:]

    def of(means: Array) -> Array:
        return measure(means.reshape(*means.shape[:-1], *shape))

    within = of_sums(flat, of, blocks, share=True)
    sure = f" ({before}{span(within)})" if within and within.low < within.high else ""
    return f"{number(float(of(flat.mean(axis=0))), within, of_share=True)}{sure}"


def _tables(form: OutputForm, own: Mapping[str, Array], blocks: Blocks | None) -> list[HtmlTable]:
    """Overlap of each class, and their mean; of a class that is nowhere, nothing."""
    if "counts" not in own:
        return []
    counts, constant = own["counts"], own["constant counts"]
    sums, other = counts.sum(axis=0), iou_of_each(constant.sum(axis=0))
    rows = []
    for place, name in enumerate(form.names):
        hits, called, there = sums[place].tolist()
        if not called + there:
            continue
        of_class = _with_ends(counts[:, place : place + 1], mean_iou, blocks)
        rows.append((name, of_class, _part(hits, called), _part(hits, there), f"{there:,}",
                     "–" if np.isnan(other[place]) else share(float(other[place]))))  # fmt: skip
    mean = float(mean_iou(constant.sum(axis=0)))
    rows.append(("mean", _with_ends(counts, mean_iou, blocks), "", "", f"{int(sums[:, 2].sum()):,}",
                 share(mean)))  # fmt: skip
    kind, places = _kind(form), _places(form)
    header = (kind, "IoU (95 %)", "precision", "recall", places, "IoU of the constant")
    caption = f"Intersection over union of each {kind} on held-out data"
    return [HtmlTable(caption, header, rows, frozenset(range(1, 6)))]


def _never(form: OutputForm, own: Mapping[str, Array]) -> list[str]:
    """Of classes that are there and are not predicted at any place."""
    if "counts" not in own:
        return []
    sums, kind = own["counts"].sum(axis=0), _kind(form)
    missed = [
        f"{name} ({there:,} {_places(form)})"
        for name, (_, called, there) in zip(form.names, sums.tolist(), strict=True)
        if there and not called
    ]
    more = f" and {len(missed) - NAMED} more" if len(missed) > NAMED else ""
    which = f"{kind} " if len(missed) == 1 else "labels " if kind == "label" else "classes "
    listed = ", ".join(missed[:NAMED])
    return [f"The winner never predicts {which}{listed}{more}."] if missed else []


def _kind(form: OutputForm) -> str:
    return "label" if form.task == MULTILABEL.name else "class"


def _part(hits: int, of: int) -> str:
    return share(hits / of) if of else "–"


def _places(form: OutputForm) -> str:
    return "pixels" if form.is_mask else "steps"


def _matrices(form: OutputForm, own: Mapping[str, Array]) -> list[Matrix]:
    if "matrix" not in own:
        return []
    caption = (
        f"Confusion matrix of held-out {_places(form)}: rows are true classes, columns predicted "
        "ones; the percentage is of the row"
    )
    return [matrix_of(caption, form.names, own["matrix"].sum(axis=0).tolist())]


def _figures(
    form: OutputForm, own: Mapping[str, Array], blocks: Blocks | None, names: RowNames
) -> list[Figure]:
    if form.task == MULTILABEL.name or len(form.shape) > 2:
        return []
    truth, masks = own["drawn truth"], form.is_mask
    scores = _scores(form, own)
    what = "IoU" if masks and "counts" in own else "accuracy"
    titles = [
        f"{names.named(at)} ({what} {share(float(score))})"
        for at, score in zip(own["drawn"].tolist(), scores, strict=True)
    ]
    rows = DrawnRows(titles, truth, own["drawn said"], own.get("drawn x"))
    if masks:
        words = Words(
            "masks", "Held-out masks: the worst row, the median and the best",
            f"Ordered by {what}. {names.how}",
        )  # fmt: skip
        if rows.x is not None and rows.x.ndim < 3:
            rows = DrawnRows(titles, truth, own["drawn said"])
        return [masks_drawn(rows, form.names, words)]
    words = Words(
        "sequences", "Held-out sequences: the worst rows, the median and the best",
        "Each cell is a step, its colour the class; wrong predictions are underlined. "
        f"{names.how}",
    )  # fmt: skip
    found = [strips_drawn(rows, form.names, words)]
    if "by step" in own and 1 < prod(form.shape) <= MOST_STEPS:
        words = Words(
            "by-step", "Accuracy by step on held-out data",
            "The fraction of rows that are right at this step, with its 95 % interval.",
        )  # fmt: skip
        groups = groups_in(blocks)
        found.append(accuracy_by_step(own["by step"], words, groups))
    return found


def _scores(form: OutputForm, own: Mapping[str, Array]) -> Array:
    """Of the rows that are drawn, by which they were chosen."""
    if form.is_mask and "counts" in own:
        return mean_iou(own["counts"][own["drawn"]])
    return _ratio(own["right"][own["drawn"]].astype(float))
