"""The run folder: the one place that knows a path in it, and how a file gets there whole."""

import os
import re
import shutil
import tempfile
import zlib
from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import TypeVar
from zipfile import BadZipFile

import numpy as np
from pydantic import TypeAdapter, ValidationError

from search.study.data import Array
from search.study.errors import InputError, RunError

T = TypeVar("T")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Folder:
    """Names and whole files below one run folder.

    Attributes:
        path: The folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, root: Path, name: str) -> "Folder":
        """Make a new, empty run folder; two runs never share one.

        Raises:
            InputError: The name is no file name or is taken, or the folder cannot be written.
        """
        if not _NAME.fullmatch(name):
            raise InputError(
                f"--name {name!r}: a run's name is made of letters, digits, '.', '_' and '-', "
                "and starts with a letter or digit"
            )
        path = root / name
        if path.exists():
            raise InputError(
                f"{path}: a run of this name exists; give another --name, "
                f"or see it with `search status {path}`"
            )
        try:
            root.mkdir(parents=True, exist_ok=True)
            path.mkdir()  # fails where another process was faster
            for part in ("space", "finals"):
                (path / part).mkdir()
        except OSError as error:
            raise InputError(
                f"{path}: the run folder cannot be written ({error.strerror}); "
                "start the search in a folder where you may write"
            ) from None
        return cls(path)

    def discard(self) -> None:
        """Take away a folder in which no run was begun."""
        if not self.manifest.exists():
            shutil.rmtree(self.path)

    @property
    def name(self) -> str:
        """The run's name."""
        return self.path.name

    @property
    def study(self) -> Path:
        """The trials."""
        return self.path / "study.db"

    @property
    def manifest(self) -> Path:
        """What the run is made of."""
        return self.path / "manifest.json"

    @property
    def lock(self) -> Path:
        """Held by the driver."""
        return self.path / "lock"

    @property
    def log(self) -> Path:
        """What TensorFlow, Ray and the person's own code printed."""
        return self.path / "log"

    @property
    def space(self) -> Path:
        """The source that was searched."""
        return self.path / "space"

    @property
    def answer(self) -> Path:
        """What the finals found."""
        return self.path / "finals" / "answer.json"

    @property
    def model(self) -> Path:
        """The chosen fit."""
        return self.path / "finals" / "winner.keras"

    def arrays(self, name: str) -> Path:
        """Arrays kept under a name: "points", "held_out" or "grid"."""
        return self.path / "finals" / f"{name}.npz"

    def state(self, number: int) -> Path:
        """Where a long trial stands that is under way."""
        return self.path / "states" / f"{number}.npz"

    def save(self, path: Path, content: bytes) -> None:
        """Write a file that is either whole or not there, after any kill."""
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(0o644)  # the run may be read by others, as its page may
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    def save_value(self, path: Path, value: object) -> None:
        """Write a dataclass as JSON; what is not finite is written as null."""
        self.save(path, TypeAdapter(type(value)).dump_json(value, indent=1))

    def load_value(self, path: Path, kind: type[T]) -> T:
        """Read a dataclass back.

        Raises:
            RunError: The file is missing, cut off or of another kind.
        """
        try:
            return TypeAdapter(kind).validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            what = error.strerror if isinstance(error, OSError) else "its content is damaged"
            raise RunError(f"{path}: this file of the run cannot be read ({what})") from None

    def save_arrays(self, path: Path, arrays: Mapping[str, Array]) -> None:
        """Write arrays by name."""
        buffer = BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, **arrays)
        self.save(path, buffer.getvalue())

    def load_arrays(self, path: Path) -> dict[str, Array]:
        """Arrays by name, nothing where there is no file; never unpickles.

        Raises:
            RunError: The file is cut off or damaged.
        """
        if not path.exists():
            return {}
        try:
            # By way of memory: of a damaged file, NumPy would leave the handle open.
            with np.load(BytesIO(path.read_bytes()), allow_pickle=False) as kept:
                return dict(kept.items())
        except (OSError, ValueError, EOFError, BadZipFile, zlib.error) as error:
            raise RunError(f"{path}: these arrays cannot be read ({error})") from None


def free_name(root: Path, stem: str) -> str:
    """A name that no run below `root` has: the stem, the time, and a count where that is taken."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-.") or "run"
    name = f"{stem}-{datetime.now():%Y%m%d-%H%M%S}"
    taken = [name, *(f"{name}-{i}" for i in range(2, 1000))]
    return next(candidate for candidate in taken if not (root / candidate).exists())
