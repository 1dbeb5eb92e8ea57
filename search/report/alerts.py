"""What a reader must not overlook, each with what to do about it."""

from collections import Counter
from collections.abc import Iterator, Sequence

from search.report.alerts_of_finals import alerts_of_finals
from search.report.alerts_of_search import alerts_of_search
from search.report.explored_space import Explored
from search.store.manifest import Manifest
from search.study.answer import Answer
from search.study.checks import Found, by_gravity
from search.study.trial import State, Trial

MANY = 0.2
"""Share of trials that makes failures an alert."""


def alerts(
    manifest: Manifest,
    trials: Sequence[Trial],
    best: Trial | None,
    answer: Answer | None,
    explored: Explored | None = None,
) -> list[Found]:
    """What the checks have found, the gravest first.

    Args:
        manifest: What the run is made of.
        trials: By number.
        best: Whose parameters the alerts are about: the winner's trial.
        answer: None before the finals ended.
        explored: The search as its figures see it; None to say nothing of importance.
    """
    found = [
        *_cut_short(manifest, trials),
        *_changed_data(manifest, answer),
        *_failures(trials),
        *_of_rows(manifest),
        *(alerts_of_finals(manifest, answer) if answer else ()),
        *alerts_of_search(manifest, trials, best, explored),
    ]
    return by_gravity(found)


def _of_rows(manifest: Manifest) -> Iterator[Found]:
    """What was found before the search, but for what stands beside the verdict."""
    for found in manifest.data.warnings:
        if found not in manifest.data.flattering:
            yield Found(found.code, found.sentence)


def _cut_short(manifest: Manifest, trials: Sequence[Trial]) -> Iterator[Found]:
    if manifest.cut_short:
        ended = sum(trial.state.finished for trial in trials)
        yield Found(
            "S003",
            f"The search ended after {ended} of {manifest.plan.trials} trials: "
            f"{manifest.cut_short}.",
        )


def _changed_data(manifest: Manifest, answer: Answer | None) -> Iterator[Found]:
    if manifest.data_changed:
        finals = (
            " The finalists were chosen by these values, and retrained and scored on the rows of "
            "the last session alone."
        )
        yield Found(
            "S004",
            "The data changed between two sessions of this run: its trials were not all scored on "
            f"the same rows, so they are not fully comparable.{finals if answer else ''}",
        )


def _failures(trials: Sequence[Trial]) -> Iterator[Found]:
    own = [trial for trial in trials if not trial.taken]
    failed = [trial for trial in own if trial.state is State.FAIL]
    if len(failed) > MANY * len(own):
        reason, count = Counter(trial.reason for trial in failed).most_common(1)[0]
        new = "new " if len(own) < len(trials) else ""
        why = f"{count} of them with “{reason}”" if reason else "without a recorded reason"
        yield Found(
            "S005",
            f"{len(failed)} of {len(own)} {new}trials failed, {why}: fix that or narrow the space; "
            "failed trials teach the search nothing.",
        )
