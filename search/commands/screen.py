"""What a person sees of a running search: a live table in a terminal, plain lines in a pipe."""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from search.commands.lines import LONGEST, cell, duration, line_of
from search.report.wording import verdict_lines
from search.store.manifest import Manifest
from search.study.answer import Answer
from search.study.goal import Goal
from search.study.plain_text import one_line
from search.study.ranking import ranked
from search.study.trial import State, Trial
from search.tuning.listeners import Listener

ROWS = 8
"""Trials that the live table shows at once."""
BAR = 40


@dataclass
class Progress:
    """Where a run stands; written by the driver, read by the screen. As small at any length.

    Attributes:
        budget: Trials in all.
        goal: What trials are compared by.
        ended: Trials that are finished.
        failed: Those of them that failed.
        best: Of the completed trials.
        failure: The newest failure.
        newest: The trials of the highest numbers, by number.
        epochs: Reached by each of them that is under way.
        finals: Jobs done and known in the finals; None before them.
        began: `time.monotonic()` at the start of this session.
        training: The same at the start of its first training, which a worker's start precedes.
        before: Trials that were finished before this session.
        message: That stands below it all.
    """

    budget: int
    goal: Goal
    ended: int = 0
    failed: int = 0
    best: Trial | None = None
    failure: Trial | None = None
    newest: dict[int, Trial] = field(default_factory=dict)
    epochs: dict[int, int] = field(default_factory=dict)
    finals: tuple[int, int] | None = None
    training: float | None = None
    began: float = field(default_factory=time.monotonic)
    before: int = 0
    message: str = ""

    @classmethod
    def at(cls, budget: int, goal: Goal, trials: Iterable[Trial]) -> "Progress":
        """Where a session begins: all trials that were finished are told once."""
        progress = cls(budget, goal)
        for trial in trials:
            if trial.state.finished:
                progress.note(trial, trial.epochs)
        progress.before, progress.training = progress.ended, None
        return progress

    def note(self, trial: Trial, epoch: int) -> None:
        """A trial was asked, reached a rung, or ended, which each does once."""
        self.newest[trial.number] = trial
        self.epochs[trial.number] = epoch
        for number in sorted(self.newest)[:-ROWS]:
            del self.newest[number], self.epochs[number]
        if trial.state.finished:
            self.ended += 1
            if self.training is None:
                took = trial.seconds or 0.0
                self.training = max(self.began, time.monotonic() - took - trial.waited)
            self.best = next(iter(ranked(filter(None, [self.best, trial]), self.goal)), None)
        if trial.state is State.FAIL:
            self.failed += 1
            self.failure = trial

    def time_left(self) -> float | None:
        """Seconds that the rest of the trials will take, by those of this session."""
        ended = self.ended - self.before
        if ended < 1 or self.training is None:
            return None
        return (time.monotonic() - self.training) / ended * (self.budget - self.ended)


class Screen(Listener):
    """Shows a run on the real standard output.

    Args:
        output: The real standard output.
        progress: What to show.
    """

    def __init__(self, output: TextIO, progress: Progress) -> None:
        # As the stream says, whatever FORCE_COLOR and its like say of it; a dumb terminal has no
        # cursor to move.
        terminal = output.isatty() and os.environ.get("TERM") not in {"dumb", "unknown"}
        self._console = Console(
            file=output, highlight=False, soft_wrap=True, force_terminal=terminal
        )
        self._progress = progress

    @property
    def terminal(self) -> bool:
        """Whether a person looks at it."""
        return self._console.is_terminal

    @staticmethod
    def plainly(output: TextIO) -> Callable[[str], None]:
        """Say lines where there is no screen yet."""

        def say(line: str) -> None:
            with suppress(OSError):  # closed or full, which the screen will note
                output.write(f"{one_line(line)}\n")
                output.flush()

        return say

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
        """Take note of it; in a pipe, a line for each that ended."""
        self._progress.note(trial, epoch)
        if trial.state.finished and not self.terminal:
            self.said(line_of(trial))

    def finals_changed(self, done: int, total: int) -> None:
        """Take note of it."""
        self._progress.finals = (done, total)

    def judged(self, manifest: Manifest, answer: Answer) -> None:
        """Print the verdict."""
        for line in (*verdict_lines(manifest, answer), *answer.notes):
            self.said(line)

    def page_written(self, page: Path) -> None:
        """Print where it is."""
        self.said(f"page  {page}")


def _drawn(progress: Progress) -> RenderableType:
    """The live picture; rich draws it in a thread, which an error would end."""
    try:
        return live_view(progress)
    except Exception as error:
        return Text(f"this table cannot be drawn ({type(error).__name__}); the run goes on")


def live_view(progress: Progress) -> RenderableType:
    """The whole live picture: bar, newest trials, best, newest failure."""
    return Group(Text(bar(progress)), _table(progress), Text(progress.message, style="bold"))


def bar(progress: Progress) -> str:
    """How far the search is, and for how long it will go on."""
    if progress.finals is not None:
        done, total = progress.finals
        return f"finals {_strokes(done, total)} {done}/{total}"
    done, failed = progress.ended, progress.failed
    spent = time.monotonic() - progress.began
    left = progress.time_left()
    text = f"{_strokes(done, progress.budget)} {done}/{progress.budget} · {duration(spent)}"
    text += f", about {duration(left)} left" if left is not None else ""
    return text + (f" · {failed} failed" if failed else "")


def _strokes(done: int, total: int) -> str:
    filled = round(BAR * done / max(total, 1))
    return "━" * filled + "╌" * (BAR - filled)


def _table(progress: Progress) -> Table:
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
        value = "…" if trial.value is None else f"{trial.value:.4f}"
        is_best = best is not None and trial.number == best.number
        remark = "← best" if is_best else one_line(trial.reason, 2 * LONGEST)
        cells = [Text(cell(trial.params.get(name, ""))) for name in names]
        table.add_row(str(trial.number), str(trial.state), value, str(epoch), *cells, Text(remark))
    return table


def _shown(progress: Progress) -> tuple[list[Trial], Trial | None]:
    """The best, the newest failure and the newest others, by number."""
    apart = [trial for trial in (progress.best, progress.failure) if trial is not None]
    chosen = {trial.number: trial for trial in [*progress.newest.values(), *apart]}
    return sorted(chosen.values(), key=lambda trial: trial.number), progress.best
