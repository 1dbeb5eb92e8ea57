"""What earlier finals of an extended run found: their held-out scores were already seen."""

from search.report.wording import counted, figure
from search.store.manifest import Look, Manifest
from search.study.answer import Answer

MOST = 3
"""Former finals that are told one by one."""


def finals_before(manifest: Manifest, answer: Answer) -> list[str]:
    """Former winners and their held-out scores; nothing where finals were held once."""
    before = [look for look in manifest.looks[: answer.look - 1] if not look.by]
    if not before:
        return []
    told = [_told(look) for look in before[-MOST:]]
    more = f"{len(before) - MOST} before them; " if len(before) > MOST else ""
    return [
        f"Finals ran {len(before) + 1} times, and the held-out rows were evaluated "
        f"{len(manifest.looks)} times in total. Earlier winners: {more}{'; '.join(told)}. If a run "
        "is extended because of a held-out score, the next score is not independent of it."
    ]


def _told(look: Look) -> str:
    of = f" of {look.run}" if look.run else ""
    after = f"after {counted(look.trials, 'trial')}{of}"
    if look.winner is None or look.found is None:
        return f"{after}, no winner recorded"
    return f"{after}, trial {look.winner} with {look.found.measure} {figure(look.found)}"
