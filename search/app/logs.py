"""What TensorFlow, Ray and your own code printed in a run."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from search.store.run import log_lines

_WHO = re.compile(r"^\((?:[^()]{0,80} )?pid=\d+(?:, ip=[^()]{1,60})?\) ?")
"""How Ray begins a line of a worker."""


def logs(run: Path) -> Iterator[str]:
    """The log of a run, line by line; those that repeat one another are told once and counted."""
    return folded(log_lines(run))


def folded(lines: Iterable[str]) -> Iterator[str]:
    """Lines, where those that follow one like them are counted; who printed them is no matter."""
    last, more = None, 0
    for line in lines:
        said = _WHO.sub("", line)
        if said and said == last:
            more += 1
            continue
        yield from _counted(more)
        yield line
        last, more = said, 0
    yield from _counted(more)


def _counted(more: int) -> Iterator[str]:
    if more:
        yield f"… {more} more like it"
