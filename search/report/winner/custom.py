"""What a model of targets of any shape measures of the held-out rows, by its own metrics."""

from search.report.tables import HtmlTable
from search.report.wording import ends, figure
from search.study.answer import Answer


def measures_table(answer: Answer) -> list[HtmlTable]:
    """Loss and metrics by Keras's names; nothing where the objective is all that there is."""
    rows = [
        (of.measure, figure(of), ends(of) if of.interval else of.no_interval)
        for of in answer.measures
    ]
    how = "intervals of rows that are right or wrong are Wilson's, the others by drawing rows anew"
    how = "intervals by drawing groups anew" if answer.headline.groups else how
    caption = f"Loss and metrics that the winner was compiled with, on held-out rows ({how})"
    header = ("measure", "held-out", "95 %")
    return [HtmlTable(caption, header, rows, frozenset({1}))] if rows else []
