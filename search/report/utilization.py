"""When did which worker have which trial, and how long had it none?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from search.study.trial import State, Trial

PAUSE = 30.0
"""Seconds without any trial under way that separate two sessions; inside one, the next trial is
asked within milliseconds, and another worker takes a few seconds to start."""


@dataclass(frozen=True)
class Span:
    """A trial in a worker's hands.

    Attributes:
        trial: Its number.
        state: How it ended.
        begin: Seconds since the first trial, pauses cut out.
        end: The same.
    """

    trial: int
    state: State
    begin: float
    end: float


@dataclass(frozen=True)
class Occupation:
    """The workers' time.

    Attributes:
        spans: Worker → its trials, by begin; the worker that began first comes first.
        seconds: From the first trial's beginning to the last one's end, pauses cut out.
        pauses: Where, in these seconds, sessions meet.
        share: Of all workers' time that they had a trial.
        left_out: Finished trials whose times are not known: those that were begun again.
    """

    spans: Mapping[str, Sequence[Span]]
    seconds: float
    pauses: Sequence[float]
    share: float
    left_out: int


def occupation(trials: Sequence[Trial], workers: int) -> Occupation:
    """How a search's workers were occupied.

    Args:
        trials: Of the run; what was taken from another run had other workers.
        workers: At once.
    """
    own = [trial for trial in trials if trial.state.finished and not trial.taken]
    known = _in_turn(own)
    blocks = merged((begin, end) for _, begin, end in known)
    sessions = merged(blocks, apart=PAUSE)
    spans: dict[str, list[Span]] = {}
    for trial, begin, end in known:
        shift = _before(begin, sessions)
        one = Span(trial.number, trial.state, begin - shift, end - shift)
        spans.setdefault(trial.worker, []).append(one)
    seconds = sum(end - begin for begin, end in sessions)
    busy = sum(
        end - begin
        for of_worker in spans.values()
        for begin, end in merged((span.begin, span.end) for span in of_worker)
    )
    return Occupation(
        spans=spans,
        seconds=seconds,
        pauses=[begin - _before(begin, sessions) for begin, _ in sessions[1:]],
        share=min(busy / (seconds * workers), 1.0) if seconds else 0.0,
        left_out=len(own) - len(known),
    )


def _in_turn(trials: Iterable[Trial]) -> list[tuple[Trial, float, float]]:
    """Trials with their begin and end, by begin.

    A worker has one trial after the other, but the moment at which a result is written is some
    milliseconds later, and not always equally many.
    """
    found, free = [], dict[str, float]()
    spans = [
        (trial, trial.span)
        for trial in trials
        if trial.span and trial.worker and trial.attempts == 1 and not trial.deaths
    ]
    for trial, (begin, end) in sorted(spans, key=lambda each: each[1][1]):
        found.append((trial, max(begin, min(free.get(trial.worker, begin), end)), end))
        free[trial.worker] = end
    return sorted(found, key=lambda each: each[1])


def merged(spans: Iterable[tuple[float, float]], apart: float = 0.0) -> list[tuple[float, float]]:
    """Spans that overlap, or lie no further apart, as one.

    Args:
        spans: Begin and end, by begin.
        apart: The same unit.
    """
    found: list[tuple[float, float]] = []
    for begin, end in spans:
        if found and begin <= found[-1][1] + apart:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


def _before(moment: float, sessions: Sequence[tuple[float, float]]) -> float:
    """What to take from a moment: the first begin, and all pauses before it."""
    shift = sessions[0][0]
    for (_, end), (begin, _) in pairwise(sessions):
        if begin > moment:
            break
        shift += begin - end
    return shift
