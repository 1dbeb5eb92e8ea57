"""What finals before the last ones found: whoever extends a run has seen its held-out rows."""

from search.report.wording import figure
from search.store.manifest import Look, Manifest
from search.study.answer import Answer

MOST = 3
"""Former finals that are told one by one."""


def finals_before(manifest: Manifest, answer: Answer) -> list[str]:
    """Former winners and their held-out scores; nothing where finals were held once.

    Args:
        manifest: Of the run.
        answer: Of its last finals.
    """
    before = [look for look in manifest.looks[: answer.look - 1] if not look.by]
    if not before:
        return []
    told = [_told(look) for look in before[-MOST:]]
    more = f"{len(before) - MOST} before them; " if len(before) > MOST else ""
    return [
        f"Finals were held {len(before) + 1} times, and the held-out rows were evaluated "
        f"{len(manifest.looks)} times in all. Before: {more}{'; '.join(told)}. Where a run is "
        "extended because of a held-out score, the next one is no longer independent of it."
    ]


def _told(look: Look) -> str:
    of = f" of {look.run}" if look.run else ""
    after = f"after {look.trials} trials{of}"
    if look.winner is None or look.found is None:
        return f"{after}, of which no winner is kept"
    return f"{after}, trial {look.winner} with {look.found.measure} {figure(look.found)}"
