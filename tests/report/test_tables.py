"""Columns of numbers are set to the right, whoever made the table."""

import pytest

from search.report.tables import HtmlTable


@pytest.mark.parametrize(
    ("column", "right"),
    [
        (["1", "-0.5", "1e-05"], True),
        (["1,234", "", "–"], True),
        (["relu", "0.5", "1"], False),
        (["", "–", ""], False),
        (["0.1–0.2", "0.3–0.4", ""], False),
    ],
)
def test_a_column_of_numbers_alone_is_set_to_the_right(column: list[str], right: bool) -> None:
    rows = [("a", cell) for cell in column]
    assert HtmlTable("", ("name", "value"), rows).right == ({1} if right else set())


def test_other_columns_are_where_it_is_said() -> None:
    rows = [("0.5 (0.4–0.6)", "1")]
    assert HtmlTable("", ("share", "rows"), rows, frozenset({0})).right == {0, 1}
    assert HtmlTable("", ("share", "rows"), [], frozenset({0})).right == {0}
