"""A part of the page below its first screen."""

from collections.abc import Sequence
from dataclasses import dataclass

from search.report.figures.svg import Figure
from search.report.tables import HtmlTable, Matrix


@dataclass(frozen=True)
class Section:
    """A part of the page below its first screen.

    Attributes:
        name: Unique; the contents line links to it.
        title: Its heading.
        finding: What it shows in one sentence, read also while it is folded.
        text: Further sentences.
        unfolded: Whether it is open when the page is.
        overview: Tables that go before the figures.
        figures: In order.
        tables: In order.
        matrices: Of the winner, in its own section.
        folded: Each below a title that opens it; after all else.
        sortable: Whether the tables can be sorted.
        code: Source text.
        csv: All of the tables, as an address that downloads; empty for none.
    """

    name: str
    title: str
    finding: str
    text: Sequence[str] = ()
    overview: Sequence[HtmlTable] = ()
    figures: Sequence[Figure] = ()
    tables: Sequence[HtmlTable] = ()
    matrices: Sequence[Matrix] = ()
    folded: Sequence["Section"] = ()
    sortable: bool = False
    code: str = ""
    csv: str = ""
    unfolded: bool = False
