"""A running search in a notebook: one cell's output, updated as it goes."""

import time
from contextlib import AbstractContextManager
from html import escape
from pathlib import Path
from typing import Any

from search.display.lines import values_text
from search.display.progress import ProgressDisplay
from search.display.screen import bar
from search.report.closing import closing_lines
from search.store.manifest import Manifest
from search.study.answer import Answer
from search.study.plain_text import one_line
from search.study.trial import Trial
from search.tuning.listeners import Display

EVERY = 0.5
"""Seconds between two updates, at least: each goes through the browser."""
LINES = 12
"""Newest lines that are shown."""


class Notebook(Display):
    """Shows a run by IPython's display protocol, which needs nothing but the kernel itself."""

    def __init__(self) -> None:
        self._progress = ProgressDisplay()
        self._lines: list[str] = []
        self._handle: Any = None
        self._drawn = 0.0

    def showing(self) -> AbstractContextManager[object]:
        """Make the cell's output; the last state stays in it."""
        return self

    def __enter__(self) -> "Notebook":
        from IPython.display import HTML, display

        self._handle = display(HTML(self._html()), display_id=True)
        return self

    def __exit__(self, *error: object) -> None:
        self._draw(now=True)

    def run_started(self, folder: Path, manifest: Manifest) -> None:
        """Take what the run has."""
        self._progress.follow(folder, manifest)
        self._draw()

    def trial_changed(self, trial: Trial, epoch: int) -> None:
        """Take note of it."""
        self._progress.note(trial, epoch)
        self._draw()

    def finals_changed(self, done: int, total: int) -> None:
        """Take note of it."""
        self._progress.finals = (done, total)
        self._draw()

    def said(self, line: str) -> None:
        """Show it below."""
        self._lines = [*self._lines, one_line(line)][-LINES:]
        self._draw()

    def judged(self, manifest: Manifest, answer: Answer) -> None:
        """Show the verdict."""
        for line in closing_lines(manifest, answer):
            self.said(line)

    def page_written(self, page: Path) -> None:
        """Show where it is."""
        self.said(f"page  {page}")

    def _draw(self, *, now: bool = False) -> None:
        if self._handle is None or (not now and time.monotonic() - self._drawn < EVERY):
            return
        from IPython.display import HTML

        self._drawn = time.monotonic()
        self._handle.update(HTML(self._html()))

    def _html(self) -> str:
        progress, best = self._progress, self._progress.best
        told = [f"<pre>{escape(bar(progress))}</pre>"] if progress.budget else []
        if best is not None and best.value is not None:
            score = f"{progress.goal.objective} {best.value:.4f}"
            text = f"best: trial {best.number}, {score}, {values_text(best.params, ', ')}"
            told.append(f"<div>{escape(text)}</div>")
        told += [f"<div>{escape(line)}</div>" for line in self._lines]
        return "".join(told)
