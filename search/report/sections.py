"""The parts of the page below its first screen, each from the store to text, tables and figures."""

import numpy as np

from search.data.series_rows import blocks_of
from search.report import tables
from search.report.baselines import baselines
from search.report.figures.boundary import Scatter, scatter
from search.report.figures.over_x import over_x
from search.report.figures.svg import AxisNumbers, Figure, Words, csv_link
from search.report.function_verdict import left_by_function
from search.report.material import Material
from search.report.outputs.section import output_sections
from search.report.search_section import search_section
from search.report.section import Section
from search.report.use import use
from search.report.winner.section import winner
from search.report.winner.understanding import understanding
from search.report.wording import FEW_GROUPS, counted, figure, of_class, tried_on
from search.study.answer import Answer
from search.study.checks import begun
from search.study.study import Finals
from search.study.task import TASKS

SPLITS = (
    "A fresh split redraws the training and validation rows, by the same method and in the same "
    "sizes; preprocessing is fitted on the training rows of each split. In the bootstrap each row "
    "appears once, with its differences on all splits where it is a validation row."
)


def sections(made: Material) -> list[Section]:
    """All that there is to show, in the order of the page."""
    answer = made.answer
    rest = [
        *(
            [winner(made, answer), *understanding(made), *output_sections(made, answer)]
            if answer
            else ()
        ),
        *(use(made.run, answer) if answer else left_by_function(made)),
        *([baselines(made, answer)] if answer and answer.baselines else ()),
        *([] if made.manifest.plan.is_of_function else [_data(made)]),
        _trials(made),
        *_failures(made),
        _making(made),
    ]
    # Last, since it may be made by another process meanwhile.
    of_search = made.searched().section if made.searched else search_section(made)
    return [*(_finalists(made, answer) if answer else ()), of_search, *rest]


def _finalists(made: Material, answer: Answer) -> list[Section]:
    splits = any(fit.split for fit in answer.winner.fits)
    count = len(answer.finalists)
    best = "configuration" if count == 1 else f"{count} configurations"
    each = "was retrained" if count == 1 else "were retrained, each"
    finding = f"The best {best} of the search {each} on {tried_on(answer)}."
    text = [
        "The winner has the best mean validation score (ties go to the lower loss); the held-out "
        "rows were evaluated after that choice. A finalist is a tie where a paired bootstrap over "
        f"{_drawn(made)} cannot tell it from the winner.",
        *([f"{cut}."] if (cut := _cut(made)) else ()),
        *_by_group(answer),
        *([SPLITS] if splits else ()),
        *_optimism(made, answer),
        *answer.fitted,
        f"This is held-out evaluation {answer.look} of this run.",
    ]
    shown = [
        tables.finalists(answer, made.manifest),
        tables.reference_models(made.manifest, answer),
    ]
    return [Section("finalists", "Finalists", finding, text, tables=shown)]


def _drawn(made: Material) -> str:
    """What the bootstrap draws."""
    blocks = blocks_of(made.run.arrays("held_out"))
    if blocks is None:
        return "the validation rows"
    of_groups = blocks.groups is not None
    return "whole groups of validation rows" if of_groups else "blocks of the validation windows"


def _by_group(answer: Answer) -> list[str]:
    """That intervals are by groups, and how sure these are."""
    if not (groups := answer.headline.groups):
        return []
    rough = " So few groups tell roughly alone how another would do." if groups < FEW_GROUPS else ""
    return [
        "Rows of one group depend on each other: intervals and comparisons draw whole groups, of "
        f"which {groups:,} {'is' if groups == 1 else 'are'} held out.{rough}"
    ]


def _cut(made: Material) -> str:
    """What the finals' share of the budget took from those that were asked for."""
    plan = made.manifest.plan
    top, seeds = plan.finals
    return Finals(top, seeds, plan.share, plan.splits).cut(plan.trials)


def _optimism(made: Material, answer: Answer) -> list[str]:
    """How far the search's own figure lay above that of held-out, in the objective."""
    of, seen, mean = answer.headline.judged, answer.promise, answer.renewed
    if seen is None or mean is None or of.value is None:
        return []
    measure = of_class(of.measure, made.manifest)
    gap = seen - of.value if of.maximize else of.value - seen
    fresh = "fresh splits" if any(fit.split for fit in answer.winner.fits) else "fresh seeds"
    way, apart = "worse" if gap >= 0 else "better", figure(of, abs(gap))
    change = ", as" if apart == figure(of, 0.0) else f": {apart} {way} than"
    return [
        f"Optimism: validation {measure} was {figure(of, seen)} in the search and "
        f"{figure(of, mean)} on average over {fresh}. Held-out {measure} is "
        f"{figure(of)}{change} in the search."
    ]


def _data(made: Material) -> Section:
    data = made.manifest.data
    asked, task = len(data.targets or data.classes), TASKS[data.task]
    answers = f"{asked or 'no'} {task.noun if asked == 1 else task.nouns}"
    finding = f"{data.description}; {data.takes}, {answers}."
    text = [f"{begun(note)}." for note in data.notes]
    parts = list(made.scatter_parts().values())
    shown = []
    if parts:
        shown = [_rows_drawn(made, parts)]
    told = [tables.rows_of_data(made.manifest)]
    told += [tables.first_rows(data)] if data.first else []
    told += [tables.columns_of_data(made.manifest, made.answer)] if data.columns else []
    return Section("data", "Data", finding, text, told, shown)


def _rows_drawn(made: Material, parts: list[Scatter]) -> Figure:
    """The rows themselves: two features by class, or a number over its one feature."""
    if made.manifest.data.targets:
        words = Words("rows", "Rows of each set", "Each mark is a row.")
        return over_x(parts, np.empty(0), {"": np.empty(0)}, made.manifest.data, words)
    words = Words("rows", "Rows by class", "Each mark is a row; each class has its own mark.")
    return scatter(parts, made.plane({}), words)


def _trials(made: Material) -> Section:
    table, cells = tables.all_trials(made.trials, of_function=made.manifest.plan.is_of_function)
    link = csv_link(AxisNumbers(table.header, cells))
    finding = f"{counted(len(made.trials), 'trial')}, with the hyperparameters of each."
    text = ["Seconds are the trial's own, without the worker's start."]
    return Section("trials", "Trials", finding, text, tables=[table], sortable=True, csv=link)


def _failures(made: Material) -> list[Section]:
    table = tables.failures(made.trials)
    if not table.rows:
        return []
    count, reason, _ = table.rows[0]
    finding = f"{counted(len(table.rows), 'reason')}; the commonest, of {count}: {reason}."
    return [Section("failures", "Failures", finding, tables=[table])]


def _making(made: Material) -> Section:
    return Section(
        "making",
        "Run details",
        "How the run was made, and its space file.",
        tables=[tables.making(made.run, made.trials, made.answer)],
        code=made.run.space_source(),
    )
