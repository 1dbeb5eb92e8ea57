"""What does the winner depend on, and where does it err?"""

from collections.abc import Mapping

from search.data.dataset import Array
from search.metrics.intervals import Z
from search.report.digits import difference, number, significant, span
from search.report.figures.dependence import Moved, dependence, shuffled
from search.report.figures.svg import Figure, Words
from search.report.material import Material
from search.report.section import Section
from search.report.tables import HtmlTable
from search.report.wording import counted
from search.store.manifest import DataSummary
from search.study.answer import Interval
from search.study.task import TASKS

MOST = 20
"""Columns with a bar."""


_MANY = {
    "column": "columns", "input": "inputs", "word": "words",
    "stretch of steps": "stretches of steps",
}  # fmt: skip
_WHAT = {
    "shuffled": "its values are shuffled among the rows. The line is the 95 % interval over rows "
    "and shuffles",
    "taken out": "it is taken out of all texts. The line is the 95 % interval over rows",
}


def understanding(made: Material) -> list[Section]:
    """The section; none where a run has nothing of it."""
    found, slices = made.run.arrays("dependence"), made.run.arrays("slices")
    text, figures = [], []
    finding = where = _where(slices)
    if "why" in found:
        finding, text = where or str(found["why"]), [str(found["why"])] if where else []
    elif found:
        finding, figures = _first(found), [_importance(found)]
        if "0 column" in found:
            figures.append(_dependence(found, made.manifest.data))
        text = [_how(found), *([where] if where else [])]
    tables = [_slices(slices)] if slices and len(slices["slice"]) else []
    if not finding:
        return []
    return [Section("understanding", "Understanding the model", finding, text,
                    figures=figures, tables=tables, unfolded=True)]  # fmt: skip


def _worse(found: Mapping[str, Array]) -> tuple[Array, Array]:
    """Of each column, with half of its 95 % interval."""
    return found["each"].mean(axis=1), Z * found["error"]


def _first(found: Mapping[str, Array]) -> str:
    worse, half = _worse(found)
    measure, name, kind = str(found["measure"]), str(found["columns"][0]), _kind(found)
    if worse[0] <= half[0]:
        return f"No single {kind} matters to held-out {measure} beyond noise."
    if kind == "word":
        name = f"the word “{name}”"
    within = Interval.around(worse[0], half[0])
    return (
        f"The model depends most on {name}: held-out {measure} is worse by "
        f"{difference(float(worse[0]), within)} when that is "
        f"{_done(found)}."
    )


def _kind(found: Mapping[str, Array]) -> str:
    """What was shuffled or taken out; "input" where these are inputs and columns of some."""
    kinds = {*found["kinds"].tolist()} if "kinds" in found else {"column"}  # of older runs
    return str(next(iter(kinds))) if len(kinds) == 1 else "input"


def _done(found: Mapping[str, Array]) -> str:
    return "taken out" if _kind(found) == "word" else "shuffled"


def _how(found: Mapping[str, Array]) -> str:
    columns, all_of = len(found["columns"]), int(found["of_columns"])
    kind, times = _kind(found), found["each"].shape[1]
    which = f"each of {columns} {_MANY[kind]}"
    if kind == "word":
        which = f"each of the {columns} commonest words"
    elif columns < all_of:
        which = f"each of the {columns} columns of {all_of:,} that matter most on validation rows"
    often = f" {times} times" if times > 1 else ""
    return (
        f"Measured on {counted(len(found['rows']), 'held-out row')} ({found['measure']} "
        f"{significant(float(found['value']))}) with {which} {_done(found)}{often}; {_MANY[kind]} "
        "that hold the same information share it, so that each may look unimportant."
    )


def _importance(found: Mapping[str, Array]) -> Figure:
    worse, half = _worse(found)
    measure, names = str(found["measure"]), found["columns"].tolist()
    more = f" The {MOST} that matter most of {len(names)}." if len(names) > MOST else ""
    if any(name.endswith("]") for name in names):
        more += " Places in brackets count from 0."
    words = Words(
        "permutation",
        f"{'Word' if _kind(found) == 'word' else 'Permutation'} importance on held-out data",
        f"Each bar is {'an' if (kind := _kind(found)) == 'input' else 'a'} {kind}: by how much "
        f"{measure} is worse when {_WHAT[_done(found)]}.{more}",
    )
    return shuffled(
        names[:MOST], worse[:MOST], half[:MOST], f"{measure} when {_done(found)}", words
    )


def _dependence(found: Mapping[str, Array], data: DataSummary) -> Figure:
    moved: list[Moved] = []
    while f"{(at := len(moved))} column" in found:
        name, kind = found[f"{at} column"].tolist()
        own = (found[f"{at} {key}"] for key in ("values", "outputs", "mean", "lines"))
        moved.append(Moved(name, kind, *own))
    numbers, several = TASKS[data.task].has_numbers, len(moved[0].outputs) > 1
    rows = len(found["lines"])
    single = "Each thin line is one row"
    if several:
        most = "the target" if numbers else f"the {TASKS[data.task].noun}"
        single += f", of {most} whose prediction the column moves most"
    words = Words(
        "dependence",
        f"Partial dependence on the {counted(len(moved), 'column')} that matter most",
        f"The thick line is the mean prediction when all of {counted(rows, 'held-out row')} get a "
        f"value of the column and keep all else. {single}; values are quantiles from 5 to 95 %, "
        "categories the commonest. Where columns are correlated, some of these rows cannot exist.",
    )
    names = list(data.targets or data.classes)
    return dependence(moved, names, "" if numbers else "probability", words)


def _where(slices: Mapping[str, Array]) -> str:
    """Whether the winner errs more somewhere."""
    if not slices or not int(slices["looked"]):
        return ""
    looked, rows, claimed = int(slices["looked"]), int(slices["rows"]), len(slices["slice"])
    of = f"{counted(looked, 'slice')} of {rows:,} held-out rows that were looked at"
    kinds = "ranges or categories of one column or of two"
    test = "Fisher's exact" if str(slices["measure"]) == "accuracy" else "Mann and Whitney's"
    if groups := int(slices.get("groups", 0)):
        test = f"Student's t (over {groups:,} groups)"
    how = f"{test} test with Holm's correction for all of them, 5 %"
    if not claimed:
        return f"None of the {of} ({kinds}) is worse than the rest beyond chance ({how})."
    return (
        f"Of the {of} ({kinds}), {claimed} {'is' if claimed == 1 else 'are'} worse than the rest "
        f"({how}). Found and measured on the same rows, they look worse than they are: expect a "
        "smaller difference on new rows."
    )


def _slices(slices: Mapping[str, Array]) -> HtmlTable:
    keys = ("slice", "count", "score", "low", "high", "rest", "p")
    body = [
        (str(text), f"{count:,.0f}", number(score, Interval(low, high)),
         span(Interval(low, high), of_share=False), number(rest, Interval(low, high)),
         f"{'+' if score > rest else ''}{number(score - rest, Interval(low, high))}",
         f"{chance:.2g}")
        for text, count, score, low, high, rest, chance in zip(*map(slices.get, keys), strict=True)
    ]  # fmt: skip
    measure = str(slices["measure"])
    header = ("slice", "rows", measure, "95 % CI", "all other rows", "difference", "corrected p")
    return HtmlTable(f"Where it errs: slices with a worse {measure}", header, body,
                     frozenset(range(1, 7)))  # fmt: skip
