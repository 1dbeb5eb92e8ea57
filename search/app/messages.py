"""What a search in a process of its own tells the one that asked for it: a JSON a line."""

import json
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO

from pydantic import TypeAdapter

from search.cluster.worker_pool import Standing
from search.display.progress import ProgressDisplay
from search.store.manifest import Manifest
from search.store.run import load_run
from search.study.answer import Answer
from search.study.errors import ArgumentError, InputError, RunError, SearchError
from search.study.trial import Trial
from search.tuning.listeners import Display, Listener, Listeners

_KINDS: Mapping[str, type[SearchError]] = {
    kind.__name__: kind for kind in (ArgumentError, InputError, RunError)
}
_TRIAL, _STANDING = TypeAdapter(Trial), TypeAdapter(Standing)


class Messages(Display):
    """Writes what happens to a stream.

    Args:
        output: That the other process reads.
    """

    def __init__(self, output: TextIO) -> None:
        self._output = output
        self._folder = Path()

    @classmethod
    def display(cls, output: TextIO, progress: ProgressDisplay) -> "Messages":
        """As a session makes what shows it."""
        del progress  # the other process keeps count itself
        return cls(output)

    def run_started(self, folder: Path, manifest: Manifest) -> None:
        """The other reads the manifest from the folder."""
        del manifest
        self._folder = folder
        self._send("run_started", folder=str(folder))

    def trial_changed(self, trial: Trial, epoch: int) -> None:
        """Send the trial's present state."""
        told = _TRIAL.dump_python(trial, mode="json")
        self._send("trial_changed", trial=told, epoch=epoch)

    def workers_changed(self, standing: Standing) -> None:
        """Send how they stand."""
        self._send("workers_changed", standing=_STANDING.dump_python(standing))

    def finals_changed(self, done: int, total: int) -> None:
        """Send how many there are."""
        self._send("finals_changed", done=done, total=total)

    def said(self, line: str) -> None:
        """Send it."""
        self._send("said", line=line)

    def judged(self, manifest: Manifest, answer: Answer) -> None:
        """The other reads both from the folder."""
        del manifest, answer
        self._send("judged", folder=str(self._folder))

    def page_written(self, page: Path) -> None:
        """Send where it is."""
        self._send("page_written", page=str(page))

    def found(self, values: Any) -> None:
        """Send what a use case returned."""
        self._send("found", values=values)

    def failed(self, error: BaseException) -> None:
        """Send what ended the search."""
        kind = next((name for name, kind in _KINDS.items() if isinstance(error, kind)), "")
        text = str(error) if kind else "".join(traceback.format_exception(error))
        values = list(error.args) if isinstance(error, InputError) else [text]
        self._send("failed", kind=kind, values=values)

    def _send(self, event: str, **values: Any) -> None:
        self._output.write(json.dumps({"event": event, **values}, default=str) + "\n")
        self._output.flush()


class Hearing:
    """Tells listeners what the other process says.

    Args:
        listeners: Told.

    Attributes:
        error: What ended the search; None where nothing did.
        result: What a use case returned; None of a search.
    """

    def __init__(self, listeners: Listeners) -> None:
        self._listeners = listeners
        self._events = self._by_event()
        self.error: SearchError | None = None
        self.result: Any = None

    def hear(self, line: str) -> None:
        """Take a line; one that is no message is what a library printed."""
        try:
            told = json.loads(line)
            event = told.pop("event")
        except (ValueError, AttributeError, KeyError):
            self._listeners.say(line.rstrip())
            return
        self._events[event](told)

    def _by_event(self) -> Mapping[str, Callable[[dict[str, Any]], None]]:
        tell = self._listeners.tell
        return {
            "run_started": self._started,
            "trial_changed": lambda told: tell(_trial_changed(told)),
            "workers_changed": lambda told: tell(
                lambda each: each.workers_changed(_STANDING.validate_python(told["standing"]))
            ),
            "finals_changed": lambda told: tell(
                lambda each: each.finals_changed(told["done"], told["total"])
            ),
            "said": lambda told: self._listeners.say(told["line"]),
            "judged": self._judged,
            "page_written": lambda told: tell(lambda each: each.page_written(Path(told["page"]))),
            "found": self._found,
            "failed": self._failed,
        }

    def _started(self, told: dict[str, Any]) -> None:
        folder = Path(told["folder"])
        manifest = load_run(folder).manifest
        self._listeners.tell(lambda each: each.run_started(folder, manifest))

    def _judged(self, told: dict[str, Any]) -> None:
        run = load_run(Path(told["folder"]))
        answer = run.answer()
        if answer is not None:
            self._listeners.tell(lambda each: each.judged(run.manifest, answer))

    def _found(self, told: dict[str, Any]) -> None:
        self.result = told["values"]

    def _failed(self, told: dict[str, Any]) -> None:
        kind, values = told["kind"], told["values"]
        if not kind:
            sys.stderr.write(values[0])
            values = [values[0].strip().splitlines()[-1]]
        self.error = _KINDS.get(kind, RunError)(*values)


def _trial_changed(told: dict[str, Any]) -> Callable[[Listener], None]:
    trial, epoch = _TRIAL.validate_python(told["trial"]), told["epoch"]
    return lambda each: each.trial_changed(trial, epoch)
