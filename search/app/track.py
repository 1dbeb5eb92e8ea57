"""`search track RUN` and `--track`: a run's copies for other tools, made from its folder alone."""

import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from search.app.low_priority import has_to_end
from search.app.paths import page_of
from search.store.run import StoredRun, load_run
from search.study.errors import RunError, plain
from search.study.package import environment_with_package
from search.study.plain_text import one_line
from search.trackers.base import RunCopy, check_kind, tracker_of
from search.tuning.listeners import Listener

if TYPE_CHECKING:
    from search.cluster.worker_pool import Standing
    from search.store.manifest import Manifest

EVERY = 2.0
"""Seconds between two looks at the run folder, at least."""
REST = 10.0
"""Times as long as a look takes, none is taken: reading all trials of a long search costs."""
LONGEST = 160
"""Characters of a tool's own error."""
PATIENCE = 60.0
"""Seconds that the end of a run waits for its copies."""


def track(
    path: Path, kinds: Sequence[str], goes_on: Callable[[float], bool] | None = None
) -> list[str]:
    """Copy a run's trials as they end, and then what its finals found.

    Each copy has what was brought to it before, by whomever: only what is missing is sent.

    Args:
        path: Of the run folder.
        kinds: Of `search.trackers.base.KINDS`.
        goes_on: Waits for so many seconds at most, and says whether the session goes on still; asks
            the run folder where left out.

    Returns:
        Where each copy lies, as lines.

    Raises:
        InputError: There is no run, or a tool is not known or not installed.
        RunError: The run cannot be read, or a copy is not whole.
    """
    for kind in kinds:
        check_kind(kind)
    goes_on = goes_on or partial(_is_running, path)
    copies = [_Copying(kind, path) for kind in kinds]
    under_way, took = True, 0.0
    while under_way:
        under_way = goes_on(max(EVERY, REST * took))
        begun, run = time.monotonic(), load_run(path)
        for copy in copies:
            copy.catch_up(run, is_over=not under_way)
        took = time.monotonic() - begun
    if lacking := [copy.lack for copy in copies if copy.lack]:
        raise RunError("; ".join(lacking))
    return [copy.told for copy in copies]


def _is_running(path: Path, seconds: float) -> bool:
    running = load_run(path).state == "running"
    if running:
        time.sleep(seconds)
    return running


class _Copying:
    """Brings one copy up to date, and goes on after what goes wrong.

    Attributes:
        told: Where it lies, as a line.
        lack: Why it is not whole, as a sentence; empty where it is.
    """

    def __init__(self, kind: str, path: Path) -> None:
        self._kind, self._path = kind, path
        self._copy: RunCopy | None = None
        self._known: set[int] = set()
        self._said = False
        self.told = self.lack = ""

    def catch_up(self, run: StoredRun, *, is_over: bool) -> None:
        """Send what is missing; the first failure is printed, and the next call tries again."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of the tools' own code
                self._send(run, is_over=is_over)
        except Exception as error:
            self._copy = None
            why = one_line(plain(error), LONGEST)
            self.lack = (
                f"{self._kind} was not sent everything ({why}); `search track {self._path} "
                f"{self._kind}` sends the rest"
            )
            if not self._said and not is_over:
                self._said = True
                sys.stderr.write(f"search: {self.lack}\n")
                sys.stderr.flush()

    def _send(self, run: StoredRun, *, is_over: bool) -> None:
        if self._copy is None:
            self._copy = tracker_of(self._kind, run)
            self._known = set(self._copy.known())
        for trial in run.trials():
            if trial.state.finished and trial.number not in self._known:
                self._copy.add(trial)
                self._known.add(trial.number)
        if is_over:
            page = page_of(run.name)
            self._copy.conclude(run, page if page.is_file() else None)
        self.told, self.lack = f"{self._kind}  {self._copy.where}", ""


class Tracker(Listener):
    """Copies a run for other tools, as `--track` does: `listeners=[search.Tracker("mlflow")]`.

    A process of its own and of the lowest priority does it, from the run folder alone. What cannot
    be sent, since a server is away, is sent later; that is said once.

    Args:
        to: "jsonl" (`trials.jsonl` in the run folder), "tensorboard" (`tensorboard/` in it) or
            "mlflow" (the server in MLFLOW_TRACKING_URI) or "wandb" (by its own settings); or
            several.

    Raises:
        ArgumentError: One is not known or not installed.
    """

    def __init__(self, *to: str) -> None:
        for kind in to:
            check_kind(kind)
        self._to = to
        self._process: subprocess.Popen[str] | None = None

    def run_started(self, folder: Path, manifest: "Manifest") -> None:
        """Begin."""
        del manifest
        program = (
            "from search.app.low_priority import take_what_is_left; take_what_is_left(); "
            "from search.commands import main; main()"
        )
        self._process = subprocess.Popen(  # noqa: S603 - this very product
            [sys.executable, "-P", "-c", program, "track", str(folder), *self._to, "--follow"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env=environment_with_package(),
        )
        if self._process.stderr is not None:
            os.set_blocking(self._process.stderr.fileno(), False)

    def workers_changed(self, standing: "Standing") -> None:
        """See whether something went wrong."""
        del standing
        if self._process is not None and self._process.stderr is not None:
            _heed(self._process.stderr)

    def page_written(self, page: Path) -> None:
        """The session is over: have the rest sent."""
        del page
        process, self._process = self._process, None
        if process is None or process.stdin is None or process.stderr is None:
            return
        process.stdin.close()
        has_to_end(process.pid)
        try:
            process.wait(PATIENCE)
            _heed(process.stderr)
        except subprocess.TimeoutExpired:
            raise RunError(
                f"{', '.join(self._to)}: not all is sent after {PATIENCE:g} s; it is sent on in "
                "the background"
            ) from None
        finally:
            process.stderr.close()


def _heed(said: Iterable[str]) -> None:
    """Pass on what went wrong.

    Raises:
        RunError: Something did.
    """
    for line in said:
        if line.startswith("search: "):
            raise RunError(line.removeprefix("search: ").strip())
