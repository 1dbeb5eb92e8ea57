"""Many numbers a row: pictures and curves, and reconstructions of the input."""

from collections.abc import Mapping

import numpy as np

from search.data.dataset import Array
from search.data.series_rows import Blocks
from search.metrics.base import of_mean
from search.report.digits import number
from search.report.figures.rows_drawn import (
    DrawnRows,
    error_of_rows,
    lines_drawn,
    pictures_drawn,
)
from search.report.figures.svg import Figure, Words
from search.report.section import Section
from search.report.tables import HtmlTable
from search.report.winner.numbers import ends
from search.report.winner.worst_rows import RowNames
from search.study.output_forms import OutputForm
from search.study.plain_text import percent
from search.study.row_shape import is_picture

MOST_WORST = 10


def of_values(
    form: OutputForm,
    own: Mapping[str, Array],
    blocks: Blocks | None,
    names: RowNames,
) -> Section:
    """Errors beside a constant, a few rows, and which ones are met worst.

    Args:
        form: Of the output.
        own: What is kept of it.
        blocks: Which held-out rows depend on each other; None where none do.
        names: Of the held-out rows.
    """
    errors, constant = own["errors"], own["constant errors"]
    rows, of = len(errors), "×".join(map(str, form.shape))
    column = int(form.measure == "mae")
    mean, other = float(errors[:, column].mean()), float(constant[:, column].mean())
    within = of_mean(errors[:, column], blocks, share=False)
    error = number(mean, within)
    measure, average = (("MSE", "mean"), ("MAE", "median"))[column]
    what = f"reconstruction error ({measure})" if form.same else measure
    explained = f" The model explains {percent(1 - mean / other, 1)} of it." if other > mean else ""
    finding = (
        f"Held-out {what} {error} (95 %: {ends(within)}, {rows:,} rows of {of} numbers); "
        f"a constant (each number's {average} over the training rows) has "
        f"{number(other, within)}.{explained}"
    )
    low, middle, high = np.percentile(errors[:, 0], [5, 50, 95])
    told = [
        f"Half of the rows have an MSE below {middle:.4g}, 5 % below {low:.4g} and 5 % above "
        f"{high:.4g}.",
    ]
    title = "Reconstructions" if form.same else "Held-out numbers"
    figures, worst = [*_rows(form, own, names), _spread(own)], [_worst(errors, names)]
    return Section("", title, finding, told, [_compared(own, blocks)], figures, worst)


def _compared(own: Mapping[str, Array], blocks: Blocks | None) -> HtmlTable:
    rows = [
        (name, *(text for column in (0, 1)
                 for within in [of_mean(of[:, column], blocks, share=False)]
                 for text in (number(of[:, column].mean(), within), ends(within))))
        for name, of in (("winner", own["errors"]), ("constant", own["constant errors"]))
    ]  # fmt: skip
    caption = f"Winner and constant on held-out data ({len(own['errors']):,} rows)"
    header = ("model", "MSE", "95 %", "MAE", "95 %")
    return HtmlTable(caption, header, rows, frozenset({1, 3}))


def _worst(errors: Array, names: RowNames) -> HtmlTable:
    order = np.argsort(-np.nan_to_num(errors[:, 0], nan=np.inf), kind="stable")[:MOST_WORST]
    middle = float(np.median(errors[:, 0])) or 1.0
    rows = [
        (names.texts[at], f"{errors[at, 0]:.4g}", f"{errors[at, 1]:.4g}",
         f"{errors[at, 0] / middle:.3g}")
        for at in order.tolist()
    ]  # fmt: skip
    caption = f"Held-out rows with the largest error ({len(rows)} of {len(errors):,})"
    header = (names.header, "MSE", "MAE", "MSE in medians of all rows")
    return HtmlTable(caption, header, rows, frozenset(range(0 if names.numeric else 1, 4)))


def _spread(own: Mapping[str, Array]) -> Figure:
    words = Words(
        "errors", "Error of each held-out row",
        "How many rows have which mean squared error. Rows far to the right are unlike the others, "
        "or met badly.",
    )  # fmt: skip
    constant = float(own["constant errors"][:, 0].mean())
    return error_of_rows(own["errors"][:, 0], constant, "MSE of the row", words)


def _rows(form: OutputForm, own: Mapping[str, Array], names: RowNames) -> list[Figure]:
    """The worst rows, the median and the best."""
    drawn, same = own["drawn"], form.same
    titles = [
        f"{names.named(at)} (MSE {error:.3g})"
        for at, error in zip(drawn.tolist(), own["errors"][drawn, 0].tolist(), strict=True)
    ]
    truth, said = own["drawn truth"], own["drawn said"]
    what = "Reconstructions" if same else "Held-out rows"
    says = f"{what}: the worst rows, the median and the best"
    where = names.how
    if is_picture(truth.shape[1:]):
        x = own.get("drawn x")
        shown = None if same or x is None or not is_picture(x.shape[1:]) else x
        keep = [0, len(drawn) // 2, len(drawn) - 1] if len(drawn) > 2 else range(len(drawn))
        chosen = np.array(sorted(set(keep)))
        rows = DrawnRows([titles[i] for i in chosen], truth[chosen], said[chosen],
                         None if shown is None else shown[chosen])  # fmt: skip
        return [pictures_drawn(rows, Words("pictures", says, where), same=same)]
    of_one = truth.shape[2:] if truth.ndim > 2 and np.prod(truth.shape[2:]) > 1 else ()
    first = f" Of the {np.prod(of_one)} series of each row the first is drawn." if of_one else ""
    flat = (_first_series(values) for values in (truth, said))
    rows = DrawnRows(titles, *flat)
    return [lines_drawn(rows, Words("lines", says, where + first), same=same)]


def _first_series(values: Array) -> Array:
    found: Array = values.reshape(*values.shape[:2], -1)[..., 0] if values.ndim > 2 else values
    return found
