"""Short runs on a disk that is too small for them, each gone on with when there is room.

    python -m tests.store.filling limit
    python -m tests.store.filling limit 4
    unshare -m python -m tests.store.filling disk

With a number, at one size of so many. A small disk of its own needs leave to mount one. A limit on
the size of any one file needs nothing, and meets the study alone.
"""

import re
import resource
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stderr
from io import StringIO
from pathlib import Path

from benchmarks.fail_points import SHORT, counted, ended_wrong, forked, left_wrong, warm
from benchmarks.killing.journeys import RUN, Say
from search.commands.command_line import run as command
from search.store.run import load_run
from search.study.errors import InputError, SearchError

SIZES = range(8, 520, 8)
"""In KB; the whole run takes about 500 at its end."""
SENTENCE = re.compile(
    rf"{RUN}/[\w./-]+: cannot be written \([^)]+\); what was finished is kept: .*`search resume`"
    rf"|{RUN}/[\w./-]+: cannot be written \([^)]+\); no run was begun: .* start it again"
    rf"|{RUN}: the run folder cannot be written \([^)]+\); start the search .*"
)


@contextmanager
def disk(folder: Path, size: int) -> Iterator[None]:
    """A disk of some KB at a folder."""
    folder.mkdir(exist_ok=True)
    _mount("-t", "tmpfs", "-o", f"size={size}k", "none", str(folder))
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True, capture_output=True)


def session(say: Say) -> None:
    """A session that ends as the command does, with what it says at its end."""
    try:
        SHORT.session(say)
    except SearchError as error:
        say(f"search {2 if isinstance(error, InputError) else 1}: {error}")


def filled(root: Path, how: str, size: int, expected: str) -> tuple[str, list[str]]:
    """Run where there is too little room, then where there is enough.

    Returns:
        What it could not write, and what is wrong.
    """
    (root / RUN).parent.mkdir()

    def in_little_room(say: Say) -> None:
        if how == "limit":
            resource.setrlimit(resource.RLIMIT_FSIZE, (size * 1024, size * 1024))
        session(say)

    if how == "disk":
        _mount("-t", "tmpfs", "-o", f"size={size}k", "none", str(root / RUN.parent))
    try:
        said = forked(root, in_little_room)
        lines, last = said.lines[:-1], "".join(said.lines[-1:])
        found = [f"it ended with {said.status}"] if said.status else []
        code, _, sentence = last.removeprefix("search ").partition(": ")
        if not last.startswith("search "):
            lines, sentence = said.lines, "nothing"
        elif not SENTENCE.fullmatch(sentence):
            found.append(f"it said {code}: {sentence}")
        left = left_wrong(root / RUN, lines, None)
        if lines:  # before, it may be that not even SQLite's index finds room to be read
            found += left
        found += [f"{part} is half-written" for part in (root / RUN).rglob(".part-*")]
        if how == "disk":
            _mount("-o", "remount,size=9m", str(root / RUN.parent))
        again = forked(root, session)
        if again.status or (again.lines[-1:] != ("answer",) and sentence != "nothing"):
            found.append(f"with room it ended with {again}")
        found += ended_wrong(load_run(root / RUN), SHORT, expected)
    finally:
        if how == "disk":
            subprocess.run(["umount", str(root / RUN.parent)], check=True)
    return sentence.partition(":")[0], [f"{size} KB: {what}" for what in found]


def page(root: Path) -> list[str]:
    """What is wrong where there is no room for the page."""
    (root / RUN).parent.mkdir()
    forked(root, session)
    said = StringIO()
    with disk(root / "reports", 8), chdir(root), redirect_stderr(said):
        code = command(["report", str(RUN)])
        left = list((root / "reports").iterdir())
    told = said.getvalue()
    sentence = "search: reports/loop.html: the page cannot be written (No space left on device)\n"
    return [] if (code, told, left) == (2, sentence, []) else [f"page: {code}, {told}, {left}"]


def main(how: str, every: int = 1) -> int:
    """Fill at every size, or at one of so many, and say how it went."""
    sizes = SIZES[::every]
    warm()
    _, expected = counted(SHORT)
    full: Counter[str] = Counter()
    found = []
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="filling-") as root:
            what, wrong = filled(Path(root), how, size, expected)
            full[re.sub(r"states/.*", "states", what)] += 1
            found += wrong
    if how == "disk":
        with tempfile.TemporaryDirectory(prefix="filling-") as root:
            found += page(Path(root))
    for what in found:
        print(f"VIOLATION: {what}")
    print(f"{len(sizes)} sizes, {len(found)} violations: {dict(full)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *map(int, sys.argv[2:])))
