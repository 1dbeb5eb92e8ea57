"""Searches by the command, in what is left of the time; and what they left."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.contestants.product import COMMAND
from benchmarks.jobs import ROOT
from search.store.run import load_run
from search.study.trial import State, Trial

GRACE = 30.0
"""Seconds that an interrupted command has to end what it started."""
BRIEF = """
from dataclasses import replace

from search import Finals

study = replace(
    study,
    pruner="none",
    finals=Finals(top=1, seeds=1),
    budget=replace(study.budget, seconds={seconds!r}),
)
"""
"""Below a space file: every trial has all epochs, and what comes after the trials is short."""


class NotInTimeError(Exception):
    """Nothing can be told, since the time was over; says how far it came."""


class CommandError(Exception):
    """A command did not do what it was to do; in one line."""


class Clock:
    """The time for everything.

    Args:
        seconds: From now on.
    """

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds; below 0 where it is over."""
        return self._end - time.monotonic()


@dataclass(frozen=True)
class Note:
    """What a worker saw as it built a model; see `benchmarks/spaces/gpu.py`.

    Attributes:
        pid: Of its process.
        time: Seconds since the epoch.
        visible: Its CUDA_VISIBLE_DEVICES.
        given: Numbers of the GPUs that Ray gave it.
        growing: Of each GPU that TensorFlow sees, whether its memory is taken as it is needed.
        device: Of the model's first weights, in TensorFlow's words.
        compute: The type in which the first layer computes.
        host: Bytes of memory of the process.
        allocated: Bytes that TensorFlow has allocated on the GPU; None without one.
        used: Bytes that are used of the GPU by whomever; None where not known.
        total: Bytes that the GPU has; None where not known.
        mixed: Whether mixed precision was asked for.
        before: Keras's dtype policy as the build began.
    """

    pid: int
    time: float
    visible: str
    given: Sequence[str]
    growing: Sequence[bool]
    device: str
    compute: str
    host: int
    allocated: int | None
    used: int | None
    total: int | None
    mixed: bool
    before: str


@dataclass(frozen=True)
class Searched:
    """What a search left.

    Attributes:
        trials: Those that finished, by time of their end.
        notes: Of the workers that trained them, by time.
    """

    trials: Sequence[Trial]
    notes: Sequence[Note] = ()

    @property
    def engines(self) -> str:
        """Those that trained."""
        return ", ".join(sorted({trial.engine.name for trial in self.trials}))

    @property
    def unsound(self) -> str:
        """The first trial that did not come to a number; "" where all did."""
        for trial in self.trials:
            if trial.state is not State.COMPLETE or trial.value is None:
                return f"trial {trial.number} {trial.state}: {trial.reason}"
        return ""


def searched(
    space: Path, options: Sequence[str], variables: Mapping[str, str], seconds: float, clock: Clock
) -> Searched:
    """Run `search run` on a copy of a space file, which begins no trial after so many seconds.

    Raises:
        NotInTimeError: The clock's time was over before the page was there.
        CommandError: It failed, or no trial came to its end.
    """
    with tempfile.TemporaryDirectory(prefix="gpu-") as name:
        folder = Path(name)
        notes = folder / "notes"
        notes.mkdir()
        for file in space.parent.glob("*.py"):  # modules beside it travel with it
            shutil.copy(file, folder)
        with (folder / space.name).open("a") as copy:
            copy.write(BRIEF.format(seconds=max(1.0, seconds)))
        command = [*COMMAND, "run", space.name, "--name", "gpu", *options]
        said(command, folder, {**variables, "GPU_NOTES": str(notes)}, clock)
        return left(folder / "runs" / "gpu", notes)


def left(run: Path, notes: Path) -> Searched:
    """What is in the run's folder and in that of the notes."""
    finished = [trial for trial in load_run(run).trials() if trial.ended is not None]
    trials = sorted(finished, key=lambda trial: trial.ended or 0.0)
    if not trials:
        raise CommandError("no trial came to its end")
    workers = {int(trial.worker.split("@")[0]) for trial in trials if trial.worker}
    lines = [line for file in notes.iterdir() for line in file.read_text().splitlines()]
    noted = [Note(**json.loads(line)) for line in lines]
    # The driver builds models, too, for the winner's file.
    mine = [note for note in noted if note.pid in workers]
    return Searched(trials, sorted(mine, key=lambda note: note.time))


def said(
    command: Sequence[str],
    folder: Path,
    variables: Mapping[str, str],
    clock: Clock,
    told: Any = None,
) -> str:
    """What a command prints, which is told something as JSON.

    Raises:
        NotInTimeError: It was interrupted, since the time was over.
        CommandError: It ended with another exit code than 0.
    """
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**variables, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        out, err = process.communicate(json.dumps(told), timeout=max(0.0, clock.left))
    except subprocess.TimeoutExpired:
        raise NotInTimeError("the time was over before it had ended") from None
    finally:
        _end(process)
    if process.returncode:
        last = (err.strip() or out.strip() or "nothing").splitlines()[-1]
        raise CommandError(f"exit code {process.returncode}: {last}")
    return out


def _end(process: "subprocess.Popen[str]") -> None:
    """End what is still running of a command: first as Ctrl-C does."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.communicate(timeout=GRACE)
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
