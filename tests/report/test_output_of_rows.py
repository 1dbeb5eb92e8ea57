"""What the finding of an output with a class a row says of the constant."""

import pytest

from search.report.outputs.rows import _first
from search.study.answer import Interval, Paired, Score


@pytest.mark.parametrize(
    ("told", "end"),
    [("ahead", "0.27."), ("level", "0.27, a tie."), ("behind", "0.27, which is better.")],
)
def test_a_constant_that_the_output_does_not_surely_beat_is_said_to_tie(
    told: str, end: str
) -> None:
    winner = Score(60, 0.45, Interval(0.331, 0.575), 0.97)
    constant = Score(60, 0.267, Interval(0.171, 0.39), 1.1)
    lead = Paired(0.183, Interval(-0.0156, 0.367), told)
    assert _first(winner, constant, "class", lead).endswith(end)
