"""A running search on a stream: a live table in a terminal, plain lines in a pipe."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from search.display.lines import LONGEST, cell, duration, line_of
from search.display.progress import ProgressDisplay
from search.report.closing import closing_lines
from search.report.digits import decimal
from search.store.manifest import Manifest
from search.study.answer import Answer
from search.study.plain_text import one_line
from search.study.trial import Trial
from search.tuning.listeners import Display

BAR = 40


class Screen(Display):
    """Shows a run on the real standard output.

    Args:
        output: The real standard output.
        progress: What to show.
    """

    def __init__(self, output: TextIO, progress: ProgressDisplay) -> None:
        # As the stream says, whatever FORCE_COLOR and its like say of it; a dumb terminal has no
        # cursor to move.
        terminal = output.isatty() and os.environ.get("TERM") not in {"dumb", "unknown"}
        self._console = Console(
            file=output, highlight=False, soft_wrap=True, force_terminal=terminal
        )
        self._progress = progress

    @property
    def terminal(self) -> bool:
        """Whether the stream is a terminal."""
        return self._console.is_terminal

    def said(self, line: str) -> None:
        """Print a line, above the live table where there is one."""
        self._console.print(Text(one_line(line)))

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Keep the live table while inside; in a pipe there is none."""
        live = Live(
            get_renderable=lambda: _drawn(self._progress),
            console=self._console,
            refresh_per_second=4,
            transient=True,
            # Python's own streams lead to the log already, with all that workers print.
            redirect_stdout=False,
            redirect_stderr=False,
        )
        if self.terminal:
            with suppress(Exception):  # the terminal has gone, and the run goes on without it
                live.start()
        try:
            yield
        finally:
            with suppress(Exception):
                live.stop()

    def trial_changed(self, trial: Trial, epoch: int) -> None:
        """In a pipe, a line for each that ended."""
        del epoch
        if trial.state.finished and not self.terminal:
            self.said(line_of(trial))

    def judged(self, manifest: Manifest, answer: Answer) -> None:
        """Print the verdict."""
        for line in closing_lines(manifest, answer):
            self.said(line)

    def page_written(self, page: Path) -> None:
        """Print where it is."""
        self.said(f"page  {page}")


def _drawn(progress: ProgressDisplay) -> RenderableType:
    """The live table; rich draws it in a thread, which an error would end."""
    try:
        return live_view(progress)
    except Exception as error:
        return Text(f"this table cannot be drawn ({type(error).__name__}); the run continues")


def live_view(progress: ProgressDisplay) -> RenderableType:
    """The whole live table: bar, newest trials, best, newest failure."""
    return Group(Text(bar(progress)), _table(progress), Text(progress.message, style="bold"))


def bar(progress: ProgressDisplay) -> str:
    """Progress of the search and the time left."""
    if progress.finals is not None:
        done, total = progress.finals
        return f"finals {_strokes(done, total)} {done}/{total}"
    done, failed = progress.ended, progress.failed
    spent = time.monotonic() - progress.began
    left = progress.time_left()
    text = f"{_strokes(done, progress.budget)} {done}/{progress.budget} · {duration(spent)}"
    text += f", about {duration(left)} left" if left is not None else ""
    text += f" · {len(progress.paused)} paused" if progress.paused else ""
    return text + (f" · {failed} failed" if failed else "")


def _strokes(done: int, total: int) -> str:
    filled = round(BAR * done / max(total, 1))
    return "━" * filled + "╌" * (BAR - filled)


def _table(progress: ProgressDisplay) -> Table:
    shown, best = _shown(progress)
    names = list(dict.fromkeys(name for trial in shown for name in trial.params))
    table = Table(box=None, pad_edge=False, header_style="dim")
    fixed = ("trial", "state", "value", "epochs")
    for name in (*fixed, *names, ""):
        # As Text: in a plain string, rich takes [red] and its like for markup.
        heading = Text(one_line(name, LONGEST))
        table.add_column(
            heading, justify="right" if name in ("trial", "value", "epochs") else "left"
        )
    for trial in shown:
        epoch = trial.epochs or progress.epochs.get(trial.number, 0)
        value = "…" if trial.value is None else decimal(trial.value)
        is_best = best is not None and trial.number == best.number
        remark = "← best" if is_best else one_line(trial.reason, 2 * LONGEST)
        cells = [Text(cell(trial.params.get(name, ""))) for name in names]
        table.add_row(str(trial.number), str(trial.state), value, str(epoch), *cells, Text(remark))
    return table


def _shown(progress: ProgressDisplay) -> tuple[list[Trial], Trial | None]:
    """The best, the newest failure and the newest others, by number."""
    apart = [trial for trial in (progress.best, progress.failure) if trial is not None]
    chosen = {trial.number: trial for trial in [*progress.newest.values(), *apart]}
    return sorted(chosen.values(), key=lambda trial: trial.number), progress.best
