"""When which worker had which trial."""

from dataclasses import replace

import pytest

from search import State
from search.report.figures.svg import Words
from search.report.figures.workers import MOST, MOST_WORKERS, workers
from search.report.utilization import occupation
from search.study.trial import Trial
from tests.reading_pages import Element, csv_of, xml_of

WORDS = Words("workers", "What it shows.", "How to read it.")


def held(number: int, worker: str, begin: float, end: float) -> Trial:
    """A trial that a worker had, some time after the epoch."""
    return Trial(
        number, State.COMPLETE, {}, value=0.5, worker=worker, ended=1e9 + end, seconds=end - begin
    )


def bars(trials: list[Trial], count: int = 2) -> list[str]:
    svg = xml_of(workers(occupation(trials, count), WORDS).svg)
    return [
        e.attrib["d"]
        for e in svg.iter()
        if e.tag.endswith("}path") and e.attrib.get("class") == "f-c1"
    ]


def test_workers_are_busy_for_the_share_of_their_time_in_which_they_had_a_trial() -> None:
    trials = [held(0, "a", 0, 4), held(1, "b", 0, 2), held(2, "a", 6, 10), held(3, "b", 9, 10)]
    found = occupation(trials, 2)
    assert found.seconds == 10
    assert found.share == pytest.approx((8 + 3) / 20)
    assert {worker: len(spans) for worker, spans in found.spans.items()} == {"a": 2, "b": 2}
    assert (list(found.pauses), found.left_out) == ([], 0)


def test_trials_that_were_handed_out_and_written_together_follow_each_other() -> None:
    together = [replace(held(n, "a", 3, 4), waited=3.0 - n) for n in range(4)]
    found = occupation([*together, held(4, "a", 4, 9)], 1)
    assert [(s.begin, s.end) for s in found.spans["a"]] == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 9)]
    assert found.share == 1


def test_a_result_that_was_written_late_takes_nothing_of_the_trial_before() -> None:
    found = occupation([held(0, "a", 0, 4.1), held(1, "a", 4, 8)], 1)
    spans = [(round(s.begin, 6), round(s.end, 6)) for s in found.spans["a"]]
    assert spans == [(0, 4.1), (4.1, 8)]


def test_what_came_before_the_first_trial_was_begun_is_no_trials_time() -> None:
    trials = [replace(held(n, w, 4, 5), started=1e9) for n, w in enumerate("ab")]
    found = occupation(trials, 2)
    assert (found.seconds, found.share) == (1, 1)


def test_the_time_between_two_sessions_is_cut_out() -> None:
    trials = [held(0, "a", 0, 10), held(1, "b", 5000, 5010)]
    found = occupation(trials, 1)
    assert found.seconds == 20
    assert list(found.pauses) == [10]
    assert [(s.begin, s.end) for s in found.spans["b"]] == [(10, 20)]
    assert found.share == 1


def test_what_was_begun_again_or_taken_from_another_run_is_left_out() -> None:
    trials = [
        held(0, "a", 0, 10),
        replace(held(1, "a", 0, 9000), attempts=2),
        replace(held(2, "a", 0, 9000), deaths=1),
        replace(held(3, "a", 0, 9000), worker=""),
        replace(held(4, "old", -9000, -8000), taken="old trial 4"),
        Trial(5, State.RUNNING, {}, started=1e9),
    ]
    found = occupation(trials, 1)
    assert found.seconds == 10
    assert found.left_out == 3


def test_a_run_without_times_has_no_share() -> None:
    found = occupation([Trial(0, State.COMPLETE, {}, value=1.0)], 2)
    assert (found.seconds, found.share, found.left_out, dict(found.spans)) == (0, 0, 1, {})


def test_the_strip_has_a_bar_a_trial_and_all_times_in_its_numbers() -> None:
    trials = [held(0, "a", 0, 4), held(1, "a", 4, 5), held(2, "b", 1, 3)]
    assert len(bars(trials)) == 3
    figure = workers(occupation(trials, 2), WORDS)
    assert csv_of(Element("a", {"href": figure.csv})) == [
        ["worker", "trial", "state", "begin", "end"],
        ["a", "0", "complete", "0.000", "4.000"],
        ["a", "1", "complete", "4.000", "5.000"],
        ["b", "2", "complete", "1.000", "3.000"],
    ]


def test_of_very_many_trials_only_the_time_with_any_is_drawn() -> None:
    many = [held(n, "a", n, n + 1) for n in range(MOST + 1)]
    assert len(bars(many[:MOST])) == MOST
    assert len(bars(many)) == 1


def test_of_very_many_workers_the_first_are_drawn() -> None:
    trials = [held(n, f"<{n}>", n, n + 1) for n in range(MOST_WORKERS + 5)]
    assert len(bars(trials)) == MOST_WORKERS


@pytest.mark.parametrize("jump", [-86_400.0, -3.0, 3.0, 86_400.0])
def test_a_clock_that_jumps_makes_no_time_that_is_not_there(jump: float) -> None:
    before = [held(n, "ab"[n % 2], n, n + 2) for n in range(4)]
    after = [held(n, "ab"[n % 2], n + jump, n + 2 + jump) for n in range(4, 8)]
    found = occupation(before + after, 2)
    spans = [span for of_worker in found.spans.values() for span in of_worker]
    assert {span.trial for span in spans} == set(range(8))
    assert all(0 <= span.begin <= span.end <= found.seconds for span in spans)
    assert 0 < found.share <= 1
    assert found.seconds <= 16
    assert bars(before + after)
