"""The files beside the study: each is the one that the study vouches for, or not there."""

from collections.abc import Iterable, Mapping
from functools import partial
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np

from search.data.dataset import Array
from search.data.numpy_files import DAMAGES, archive_of
from search.store.folder import Folder
from search.store.journal import Journal
from search.store.opening import read
from search.study.errors import RunError

MOST = 1 << 32
"""Bytes of a file, which are held in memory."""
UNPACKED = 1 << 31
"""Bytes of all arrays of a file: 2.5 million held-out rows of 100 classes."""


class Files:
    """Writes, reads and forgets files of a run.

    A hash is taken back before its file is touched and given when the new one is in its place, so
    that after a kill at any moment a file that is vouched for is the one that was meant.

    Args:
        folder: Of the run.
        journal: Which vouches for them.
    """

    def __init__(self, folder: Folder, journal: Journal) -> None:
        self._folder = folder
        self._journal = journal

    def save(self, path: Path, content: bytes) -> None:
        """Write a file, over an older one."""
        self._journal.save_hash(self._name(path), None)
        self._folder.save(path, content)
        self._journal.save_hash(self._name(path), sha256(content).hexdigest())

    def read(self, path: Path, fix: str = "") -> bytes | None:
        """A file's content; None where there is none.

        Args:
            path: Of the file.
            fix: What to do where it is another; left out, that `resume` makes it again.

        Raises:
            RunError: It was kept, and is missing or not what it was.
        """
        kept = self._journal.hashes().get(self._name(path))
        if kept is None:
            return None
        fix = fix or f"`search resume {self._folder.path}` makes it again from the trials"
        return checked(path, self._folder.path, kept, fix)

    def kept_in(self, folder: Path) -> list[Path]:
        """Files that lie in a folder of the run and are vouched for."""
        paths = (self._folder.path / name for name in self._journal.hashes())
        return [path for path in paths if path.parent == folder]

    def save_arrays(
        self, path: Path, arrays: Mapping[str, Array], *, compressed: bool = True
    ) -> None:
        """Write arrays by name, which may be any but `file`, as NumPy calls its own argument."""
        buffer = BytesIO()
        write = np.savez_compressed if compressed else np.savez
        write(buffer, allow_pickle=False, **arrays)
        self.save(path, buffer.getvalue())

    def arrays(self, path: Path) -> dict[str, Array]:
        """Arrays by name, nothing where there are none; never unpickles.

        Raises:
            RunError: They were kept, and are missing or damaged.
        """
        content = self.read(path)
        if content is None:
            return {}
        try:
            with archive_of(BytesIO(content), UNPACKED) as arrays:
                return {name: arrays[name] for name in arrays.names}
        except DAMAGES as error:
            raise RunError(f"{path}: these arrays cannot be read ({error})") from None

    def forget(self, paths: Iterable[Path]) -> None:
        """Take files away, as soon as it is on disk that nobody vouches for them."""
        for path in paths:
            self._journal.save_hash(self._name(path), None)
            self._journal.then(partial(path.unlink, missing_ok=True))

    def tidy(self) -> None:
        """Take away what a kill left half-written, and states, fits and models of no study."""
        kept = self._journal.hashes()
        passing = [*self._folder.states.glob("*"), *self._folder.fits()]
        passing += self._folder.models.glob("*")
        left = {file for file in passing if self._name(file) not in kept}
        for file in left.union(self._folder.parts()):
            file.unlink()

    def damaged(self) -> list[Path]:
        """Files that are vouched for, and missing or not what they were."""
        found = []
        for name, kept in self._journal.hashes().items():
            path = self._folder.path / name
            try:
                checked(path, self._folder.path, kept, "")
            except RunError:
                found.append(path)
        return found

    def _name(self, path: Path) -> str:
        return path.relative_to(self._folder.path).as_posix()


def checked(path: Path, root: Path, kept: str, fix: str) -> bytes:
    """A file's content.

    Args:
        path: The file.
        root: The run folder that it lies in.
        kept: Its SHA-256.
        fix: What to do where it is another.

    Raises:
        RunError: It is missing, or its SHA-256 is another.
    """
    try:
        content = read(path, root, MOST)
    except OSError as error:
        raise RunError(f"{path}: cannot be read ({error.strerror}); {fix}") from None
    if sha256(content).hexdigest() != kept:
        raise RunError(f"{path}: is not what was written (its SHA-256 is another); {fix}")
    return content
