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
    how = "Wilson's where each row is right or wrong, else by bootstrap"
    how = "by bootstrap over groups" if answer.headline.groups else how
    caption = f"The winner's own loss and metrics on held-out data (intervals {how})"
    header = ("measure", "held-out", "95 %")
    return [HtmlTable(caption, header, rows, frozenset({1}))] if rows else []
