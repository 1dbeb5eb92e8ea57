"""Pages from run folders alone: a run's, the same while it goes, and one that compares several."""

import os
import shlex
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from search.app.arguments import checked
from search.app.paths import RUNS, below_runs, page_of
from search.report.comparison import comparison_of
from search.report.fork import forked
from search.report.markdown import markdown
from search.report.material import Material
from search.report.page import rendered, write_page, write_text
from search.report.report_data import report_data
from search.store.folder import Folder
from search.store.run import StoredRun, load_run, shown
from search.study.checks import CHECKS, NO_CHECK
from search.study.errors import ArgumentError, InputError
from search.study.trial import State

REST = 5.0
"""Times as long as a page takes to make, no other is made: a sixth of one core at most."""


@dataclass(frozen=True, repr=False)
class Comparison:
    """Several runs beside one another.

    Attributes:
        sentences: Whose winner is better.
        page: With the figures.
    """

    sentences: tuple[str, ...]
    page: Path

    def __str__(self) -> str:
        return "\n".join(self.sentences)

    __repr__ = __str__


def report(run: Path, mute: Sequence[str] = ()) -> Path:
    """Write the page of a run again; nothing of the run is executed.

    Args:
        run: Its folder.
        mute: Codes of checks that this page leaves out, beside those of the study.

    Returns:
        Where it lies.

    Raises:
        InputError: There is no run or no such check, or the page cannot be written.
        RunError: The run cannot be read.
    """
    opened = _with_muted(run, mute)
    path = page_of(opened.name)
    write_page(opened, path, aside=forked)
    return path


def data(run: Path, mute: Sequence[str] = ()) -> dict[str, Any]:
    """What the page of a run says as plain values; arguments and errors are as of `report`."""
    with shown(run):
        return report_data(Material.of(_with_muted(run, mute)))


def text(run: Path, mute: Sequence[str] = ()) -> str:
    """The same in Markdown."""
    with shown(run):
        return markdown(Material.of(_with_muted(run, mute)))


def _with_muted(run: Path, mute: Sequence[str]) -> StoredRun:
    """A run with more checks muted."""
    if wrong := [code for code in mute if code not in CHECKS]:
        raise ArgumentError("mute", wrong[0], *NO_CHECK)
    opened = load_run(run)
    plan = opened.manifest.plan
    both = tuple(dict.fromkeys([*plan.mute, *mute]))
    opened.manifest = replace(opened.manifest, plan=replace(plan, mute=both))
    return opened


def check_model(run: Path) -> None:
    """See whether a winner's file is whole: the one kept file that no page is made from.

    Raises:
        RunError: It is not.
    """
    load_run(run).model()


@checked
def compare(runs: Sequence[os.PathLike[str] | str], name: str = "comparison") -> Comparison:
    """Compare runs on one page; nothing of them is executed, no held-out row looked at.

    Args:
        runs: Two or more, or their folders, or names alone.
        name: Of the page, in `reports/`.

    Raises:
        InputError: There are not two runs of different names, or the page would lie over another.
        RunError: One cannot be read.
    """
    if os.path.lexists(Folder.named(RUNS, name).path):
        raise ArgumentError(
            "name",
            repr(name),
            f"{RUNS / name} is a run, whose own page would be overwritten",
            "give the comparison another name",
        )
    paths = [below_runs(Path(run)) for run in runs]
    opened = [load_run(path) for path in paths]
    names = [run.name for run in opened]
    if len(opened) < 2:
        raise InputError("compare", fix="give two run folders or more, such as runs/a runs/b")
    doubled = next((n for n in names if names.count(n) > 1), None)
    if doubled is not None:
        raise InputError(
            "compare", f"two of the runs are named {doubled!r}", "give runs of other names"
        )
    command = shlex.join(["search", "compare", *map(str, paths)])
    with shown(paths[-1]):
        page, path = comparison_of(opened, command), page_of(name)
        text = rendered(page)
    write_text(text, path)
    return Comparison(tuple(page.verdict), path)


def watch(run: Path, every: float, there: Callable[[Path], object]) -> None:
    """Keep the page of a run up to date while it goes; it loads itself anew in a browser.

    It is made from the run folder alone, so the run does not know of it.

    Args:
        run: Its folder.
        every: Seconds between two pages, at least.
        there: Called once, with the page, when it is there.
    """
    opened = load_run(run)
    path = page_of(opened.name)
    before = None
    while opened.state == "running":
        begun = time.monotonic()
        now = _standing(opened)
        if now != before:
            write_page(opened, path, reload=max(1, round(every)))
            if before is None:
                there(path)
            before = now
        time.sleep(max(every, REST * (time.monotonic() - begun)))
        opened = load_run(run)
    write_page(opened, path)
    if before is None:
        there(path)


def _standing(run: StoredRun) -> tuple[int, ...]:
    """What a page shows: it is made anew where this changes."""
    trials = run.trials()
    paused = sum(trial.state is State.PAUSED for trial in trials)
    return len(trials), sum(trial.state.finished for trial in trials), paused
