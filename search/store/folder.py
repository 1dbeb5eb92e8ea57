"""The run folder: the one place that knows a path in it, and how a file gets there whole."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from search.store.journal import NotWrittenError, is_begun
from search.store.lock import Lock
from search.store.opening import check_folder, looked_at, read
from search.study.errors import ArgumentError, InputError, RunError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_OF_TRIAL = re.compile(r"trial-([0-9]{1,9})\.(?:keras|zip)")
_PART = ".part-"
"""How the name of a file begins that is being written."""


class Folder:
    """Names and whole files below one run folder.

    Attributes:
        path: The folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._held: Lock | None = None
        self._log_is_kept = False

    @classmethod
    def named(cls, root: Path, name: str) -> "Folder":
        """The folder of a run of this name.

        Raises:
            InputError: The name is no file name.
        """
        if not _NAME.fullmatch(name):
            raise ArgumentError(
                "name",
                repr(name),
                "a name is made of letters, digits, '.', '_' and '-', and starts with a letter "
                "or digit",
            )
        return cls(root / name)

    def make(self) -> "Folder":
        """Make it, new and empty, and hold it; two runs never share one.

        What a kill left of a run before it was begun gives way.

        Raises:
            InputError: There is a run in it, or it cannot be written.
        """
        if self.path.exists() and not self.is_half_made():
            raise ArgumentError(
                "name",
                self.name,
                f"{self.path}: a run of this name exists",
                f"give another, or see it with `search status {self.path}`",
            )
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.hold()
            self._clear()
            for part in ("space", "finals"):
                (self.path / part).mkdir()
        except OSError as error:
            raise InputError(
                self.path,
                f"the run folder cannot be written ({error.strerror})",
                "start the search in a folder where you may write",
            ) from None
        return self

    def found(self) -> "Folder":
        """This folder, where a study is in it.

        Raises:
            InputError: There is no run here.
            RunError: There was one, and its study is gone.
        """
        if not self.path.is_dir():
            raise self.no_run()
        if looked_at(self.study, self.path) is None:
            kept = (self.finals, self.states, self.models)
            left = (*(of.glob("*") for of in kept), self.path.glob("study.db-*"))
            if not any(map(any, left)) or self.is_half_made():
                raise self.no_run()
            raise RunError(f"{self.study}: the trials of this run were in this file; it is missing")
        return self

    def read(self, path: Path, most: int) -> bytes:
        """A file of it, of at most so many bytes; see `search.store.opening.read`."""
        return read(path, self.path, most)

    def no_run(self) -> InputError:
        """What to say where no run was begun."""
        return InputError(
            self.path, "there is no run here", "give a run folder such as runs/binary-…"
        )

    def hold(self) -> None:
        """Keep every other driver out.

        Raises:
            InputError: Another process holds it.
        """
        self._held = self._held or Lock(self.lock)

    def check_plain(self) -> None:
        """Refuse to write where others put what leads elsewhere.

        Raises:
            StrangeError: A place of a run's has something else than a run has there.
        """
        for path in self.path.iterdir():
            if path in {self.lock, self.log, self.report, self._finish} or path.name.startswith(
                "study.db"
            ):
                looked_at(path, self.path)
        for path in (self.space, self.finals, self.states, self.models):
            check_folder(path)

    def let_go(self) -> None:
        """Let another driver have it."""
        held, self._held = self._held, None
        if held is not None:
            held.release()

    def is_half_made(self) -> bool:
        """Whether nothing was begun here: at most what `create` makes, and the sources."""
        return all(map(self._is_made_first, self.path.rglob("*"))) and not is_begun(self.study)

    def _is_made_first(self, path: Path) -> bool:
        if path.parent == self.path and path.name.startswith(self.study.name):
            return True
        first = {self.lock, self.log, self.finals, self._finish}
        return path in first or path.is_relative_to(self.space)

    def discard(self) -> None:
        """Let go of a folder, and take it away where no run was begun in it.

        Also one that `make` was interrupted in before it held it; never another process's.
        """
        if self.path.is_dir() and self.is_half_made() and not self._log_is_kept:
            with suppress(InputError):
                self.hold()
                shutil.rmtree(self.path)
        self.let_go()

    def take_back(self) -> None:
        """Take a run away that has no trial yet, but for its log; its name is free again."""
        self._clear(but=self.log)
        self._log_is_kept = True

    @property
    def was_refused(self) -> bool:
        """Whether there is nothing but the log of a run that was taken back."""
        gone = looked_at(self.study, self.path) is None
        return gone and looked_at(self.log, self.path) is not None and self.is_half_made()

    @property
    def asked_to_finish(self) -> bool:
        """Whether somebody wants the driver to begin no more trials."""
        return self._finish.exists()

    def ask_to_finish(self) -> None:
        """Have the driver begin no more trials, wherever it runs.

        Raises:
            InputError: The folder cannot be written.
            StrangeError: What lies in it leads elsewhere.
        """
        self.check_plain()
        try:
            self._finish.touch()
        except OSError as error:
            raise InputError(
                self.path, f"the run folder cannot be written ({error.strerror})"
            ) from None

    def forget_to_finish(self) -> None:
        """What was asked is done, or more trials are wanted."""
        self._finish.unlink(missing_ok=True)

    @property
    def _finish(self) -> Path:
        return self.path / "finish"

    def parts(self) -> list[Path]:
        """Files that a kill left half-written."""
        return list(self.path.rglob(f"{_PART}*"))

    def _clear(self, but: Path | None = None) -> None:
        """Take away all but the lock, which is held, and one file more."""
        for file in self.path.iterdir():
            if file.is_dir():
                shutil.rmtree(file)
            elif file not in (self.lock, but):
                file.unlink()

    @property
    def name(self) -> str:
        """The run's name."""
        return self.path.name or self.path.absolute().name

    @property
    def study(self) -> Path:
        """The trials, what the run is made of, and what it found."""
        return self.path / "study.db"

    @property
    def lock(self) -> Path:
        """Held by the driver."""
        return self.path / "lock"

    @property
    def log(self) -> Path:
        """What TensorFlow, Ray and your own code printed."""
        return self.path / "log"

    @property
    def space(self) -> Path:
        """The source that was searched."""
        return self.path / "space"

    @property
    def report(self) -> Path:
        """The page as data, as of the end of the last session."""
        return self.path / "report.json"

    @property
    def finals(self) -> Path:
        """What the finals leave."""
        return self.path / "finals"

    @property
    def model(self) -> Path:
        """The chosen fit."""
        return self.finals / "winner.keras"

    def arrays(self, name: str) -> Path:
        """Arrays kept under a name: "points", "held_out", "worst", "grid" or others."""
        return self.finals / f"{name}.npz"

    def fit(self, key: str) -> Path:
        """A fit of finals that have no answer yet."""
        return self.finals / f"fit-{key}.npz"

    def fits(self) -> list[Path]:
        """All of them."""
        return list(self.finals.glob("fit-*.npz"))

    @property
    def states(self) -> Path:
        """Where long trials stand that are under way."""
        return self.path / "states"

    def state(self, number: int, epoch: int) -> Path:
        """Where a long trial stood after an epoch."""
        return self.states / f"{number}-{epoch}.npz"

    @property
    def models(self) -> Path:
        """What the best trials of a function left."""
        return self.path / "models"

    def left_by(self, number: int, suffix: str) -> Path:
        """What a trial left: a model or a packed checkpoint."""
        return self.models / f"trial-{number}{suffix}"

    def save(self, path: Path, content: bytes) -> None:
        """Write a file that is either whole or not there, after any kill.

        Raises:
            RunError: It cannot be written: the disk is full, or the folder read-only.
        """
        part = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, part = tempfile.mkstemp(dir=path.parent, prefix=f"{_PART}{path.name}-")
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(part).chmod(0o644)  # the run may be read by others, as its page may
            Path(part).replace(path)
        except OSError as error:
            raise NotWrittenError(path, error.strerror or str(error)) from None
        finally:
            if part is not None:
                Path(part).unlink(missing_ok=True)


def trials_of(left: Iterable[Path]) -> dict[int, Path]:
    """Paths of files as of `Folder.left_by`, by trial."""
    found = ((_OF_TRIAL.fullmatch(path.name), path) for path in left)
    return {int(of[1]): path for of, path in found if of is not None}


def free_name(root: Path, stem: str) -> str:
    """A name that no run below `root` has: the stem, the time, and a count where that is taken."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-.") or "run"
    name = f"{stem}-{datetime.now():%Y%m%d-%H%M%S}"
    taken = [name, *(f"{name}-{i}" for i in range(2, 1000))]
    return next(candidate for candidate in taken if not (root / candidate).exists())
