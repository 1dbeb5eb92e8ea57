"""A run on its way from one machine to another, as lines of text: no other channel is needed.

A first line of JSON, the folder as a compressed tar in Base64, and a last line with its SHA-256.
Each line begins with what it is, since the process may say more on the same channel.
"""

import base64
import json
import tarfile
import tempfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO

from search.store.files import MOST
from search.store.folder import Folder
from search.store.journal import Journal
from search.store.run import StoredRun, load_run
from search.store.snapshot import content_of_study
from search.study.errors import InputError, RunError

_BEGIN, _PART, _END = "-----RUN----- ", "-----PART----- ", "-----END----- "
_LINE = 12_000
"""Bytes a line, which are 16,000 characters: Ray sends a log in pieces of at most 20,000."""
_TRIES = 20
"""Looks at a run that goes on, until its files are those that its study vouches for."""


def states(root: Path) -> dict[str, str]:
    """The runs in a folder: name → state, "unreadable" where it cannot be opened."""
    found = {}
    for path in sorted(root.glob("*")):
        try:
            found[path.name] = load_run(path).state
        except InputError:
            continue  # no run
        except RunError:
            found[path.name] = "unreadable"
    return found


def hand_over(root: Path, name: str, say: Callable[[str], object]) -> None:
    """Write a run as lines; where there is none of this name, a line with all there are.

    A run that goes on is handed over as it is now: its study is one moment's, and the files are
    those that it vouches for.

    Args:
        root: The folder that has the runs.
        name: Of the run.
        say: Called with each line, which ends in a newline.
    """
    known = states(root)
    say(f"{_BEGIN}{json.dumps({'runs': known, 'found': name in known})}\n")
    if name not in known:
        return
    digest = sha256()
    with tempfile.TemporaryFile() as packed:
        _pack(Folder(root / name), packed)
        packed.seek(0)
        while part := packed.read(_LINE):
            digest.update(part)
            say(f"{_PART}{base64.b64encode(part).decode()}\n")
    say(f"{_END}{digest.hexdigest()}\n")


def _pack(folder: Folder, packed: IO[bytes]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        study = Path(scratch) / folder.study.name
        for _ in range(_TRIES):
            contents = _contents(folder, study)
            if _agree(contents, study):
                break
        contents[study.name] = study.read_bytes()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as tar:
        for name, content in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, BytesIO(content))


def _agree(contents: dict[str, bytes], study: Path) -> bool:
    """Whether the files are those that a study vouches for."""
    kept = Journal(study, writable=False).hashes()
    return all(sha256(contents.get(name, b"")).hexdigest() == kept[name] for name in kept)


def _contents(folder: Folder, study: Path) -> dict[str, bytes]:
    """The files of a run by name, and its study as of a moment before, written to a file."""
    study.write_bytes(content_of_study(folder.study))
    passing = {folder.lock, *folder.path.glob(f"{folder.study.name}*"), *folder.parts()}
    found = {}
    for path in sorted(folder.path.rglob("*")):
        try:
            if path not in passing and not path.is_dir():
                found[path.relative_to(folder.path).as_posix()] = folder.read(path, MOST)
        except FileNotFoundError:
            continue  # the run goes on, and has done with it
    return found


class Arrival:
    """A run as it comes in; nothing of it is where a run lies until all of it is there.

    Args:
        root: The folder for runs.
        name: Of the run.

    Attributes:
        runs: The runs that there are on the other side, with their states.
        remark: The last line that is no part of the run.

    Raises:
        InputError: There is a run of this name here already.
    """

    def __init__(self, root: Path, name: str) -> None:
        self.folder = Folder.named(root, name)
        if self.folder.path.exists():
            raise InputError(
                self.folder.path,
                "it is here already, and nothing is written over it",
                "move it away, or fetch into another folder",
            )
        self.runs: dict[str, str] = {}
        self.remark = ""
        self._packed = BytesIO()
        self._digest = sha256()
        self._begun = self._ended = self._found = False

    @property
    def whole(self) -> bool:
        """Whether all of the run is there, or it is known that there is none."""
        return self._ended or (self._begun and not self._found)

    def take(self, line: str) -> None:
        """Take a line that `hand_over` wrote; what else the other side says becomes `remark`."""
        if line.startswith(_BEGIN):
            told = json.loads(line.removeprefix(_BEGIN))
            self.runs, self._found, self._begun = told["runs"], told["found"], True
        elif line.startswith(_END):
            self._ended = self._digest.hexdigest() == line.removeprefix(_END).strip()
        elif line.startswith(_PART):
            with suppress(ValueError):  # a garbled line: the digest tells
                part = base64.b64decode(line.removeprefix(_PART))
                self._digest.update(part)
                self._packed.write(part)
        else:
            self.remark = line.strip()

    def unpack(self) -> StoredRun:
        """Put the run in its place.

        Raises:
            InputError: There is none of this name on the other side.
            RunError: It did not come whole, or has a file in it that no run has.
        """
        name = self.folder.name
        if self._begun and not self._found:
            known = ", ".join(f"{run} ({state})" for run, state in self.runs.items())
            fix = f"it has {known}" if known else "it has none"
            raise InputError(name, "the cluster has no run of this name", fix)
        if not self._ended:
            raise RunError(f"{name}: did not come whole; fetch it again")
        self.folder.path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.folder.path.parent, prefix=".fetch-") as part:
            whole = Path(part) / name
            self._unpack(whole)
            load_run(whole)
            whole.rename(self.folder.path)
        return load_run(self.folder.path)

    def _unpack(self, into: Path) -> None:
        """Write the files by hand: no link, no device and no way out of the folder is followed."""
        self._packed.seek(0)
        try:
            with tarfile.open(fileobj=self._packed, mode="r:gz") as tar:
                for member in tar:
                    content = tar.extractfile(member) if _is_plain(member) else None
                    if content is None:
                        raise RunError(f"{into.name}: {member.name!r} is in it, as in no run")
                    (into / member.name).parent.mkdir(parents=True, exist_ok=True)
                    (into / member.name).write_bytes(content.read())
        except (tarfile.TarError, EOFError, zlib.error) as error:
            raise RunError(f"{into.name}: cannot be unpacked ({error})") from None


def _is_plain(member: tarfile.TarInfo) -> bool:
    """Whether it is a file that lies below the folder that it is unpacked into."""
    path = PurePosixPath(member.name)
    return member.isreg() and not path.is_absolute() and ".." not in path.parts
