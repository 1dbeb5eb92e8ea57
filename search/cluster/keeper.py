"""Keeps a process warm that the next run of this machine goes on in: `search run --keep MINUTES`.

python -m search.cluster.keeper MINUTES FINGERPRINT

A small process that outlives the command. It listens at a socket that only its user can reach, and
has one other process stand by: `search.commands.standby`, in which all is loaded, Ray runs, and
Ray's workers have TensorFlow. That process performs one run, in the place of the command that asks
for it, and ends as every other command does; the next begins to stand by when it has ended. So
nothing of a run is left for the next one, and memory cannot pile up.
"""

import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

LONGEST = 100
"""Bytes of a socket's path."""
MESSAGE = 1 << 20
"""Bytes of a message at most."""
LOOK = 0.2
"""Seconds between two looks at the clock and at the process that stands by."""
ENDS = 30.0
"""Seconds that what stands by may take to end what it has started."""


class Line:
    """One end of a connection, over which messages and open files go.

    Args:
        end: The socket.
    """

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._left = b""

    def send(self, message: dict[str, Any], files: Sequence[int] = ()) -> None:
        """Send one message.

        Raises:
            OSError: Nobody hears it.
        """
        socket.send_fds(self._end, [json.dumps(message).encode() + b"\n"], files)

    def receive(self) -> tuple[dict[str, Any], list[int]] | None:
        """Wait for a message, and for the files with it; None where the other end is gone."""
        files: list[int] = []
        while b"\n" not in self._left:
            try:
                more, came, _, _ = socket.recv_fds(self._end, 1 << 16, 3)
            except OSError:
                more, came = b"", []
            files += came
            if not more or len(self._left) > MESSAGE:
                return None
            self._left += more
        line, _, self._left = self._left.partition(b"\n")
        return json.loads(line), files

    def close(self) -> None:
        """Hang up."""
        self._end.close()


def place() -> Path:
    """The folder of this user's keeper; None of its files is there while there is no keeper."""
    return Path(tempfile.gettempdir()) / f"keras-search-kept-{os.getuid()}"


def is_ours(folder: Path) -> bool:
    """Whether only this user can write there: a keeper gets to see a command's open files."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    return folder.is_dir() and found.st_uid == os.getuid() and not found.st_mode & 0o077


def call() -> Line | None:
    """A line to the keeper of this user; None where there is none."""
    folder = place()
    if not is_ours(folder):
        return None
    end = socket.socket(socket.AF_UNIX)
    try:
        end.connect(str(folder / "socket"))
    except OSError:  # none, or one that was killed
        end.close()
        return None
    return Line(end)


class Keeper:
    """Has one process stand by, and hands it to whoever asks for it.

    Args:
        minutes: Without a run, after which it ends.
        fingerprint: Of the commands that it is for.
    """

    def __init__(self, minutes: float, fingerprint: str) -> None:
        self._minutes = minutes
        self._fingerprint = fingerprint
        self._since = time.strftime("%H:%M")
        self._free = threading.Lock()
        self._over = threading.Event()
        self._runs = False
        self._stand_by()

    def keep(self, listener: socket.socket) -> None:
        """Answer until the time is over, somebody ends it, or nothing stands by any more."""
        listener.settimeout(LOOK)
        while self._free.locked() or (self._is_due() and not self._over.is_set()):
            with suppress(TimeoutError):
                end, _ = listener.accept()
                end.settimeout(None)
                threading.Thread(target=self._answer, args=(Line(end),), daemon=True).start()
        self._over.set()
        self._end()

    def _is_due(self) -> bool:
        """Whether somebody may still come, and would find something."""
        return time.monotonic() < self._until and self._process.poll() is None

    def _stand_by(self) -> None:
        self._until = time.monotonic() + 60 * self._minutes
        ours, theirs = socket.socketpair()
        with theirs, (place() / "log").open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - this very product
                [sys.executable, "-P", "-m", "search.commands.standby", self._since],
                stdin=theirs.fileno(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._line = Line(ours)

    def _end(self) -> None:
        """End what stands by: in order, which its end of the line tells it."""
        self._line.close()
        try:
            self._process.wait(ENDS)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def _answer(self, line: Line) -> None:
        with suppress(OSError):  # whoever asked is gone
            asked = line.receive()
            if asked is not None:
                message, files = asked
                try:
                    self._do(message, files, line)
                finally:
                    for file in files:
                        with suppress(OSError):
                            os.close(file)
        line.close()

    def _do(self, message: dict[str, Any], files: list[int], line: Line) -> None:
        if message["ask"] == "stop":
            self._over.set()
            busy = self._runs  # then it ends with that run
            line.send({"since": self._since, "busy": busy})
            if not busy:
                line.receive()  # until this process ends, and with it the line
        elif message["fingerprint"] != self._fingerprint:
            line.send({"no": "other"})
        elif not self._is_free():
            line.send({"no": "busy"})
        else:
            try:
                self._minutes = message["minutes"] or self._minutes
                self._until = time.monotonic() + 60 * self._minutes
                if message["ask"] == "run":
                    self._run(message, files, line)
                else:
                    line.send({"since": self._since})
            finally:
                self._free.release()

    def _is_free(self) -> bool:
        """Take the lock, unless another run goes on; what has performed one may still be ending."""
        while not self._free.acquire(timeout=LOOK):
            if self._runs:
                return False
        return True

    def _run(self, message: dict[str, Any], files: list[int], line: Line) -> None:
        """Have the run performed by what stands by; then have the next stand by."""
        process, theirs = self._process, self._line
        self._runs = True
        begun = None
        with suppress(OSError):
            theirs.send(message, files)
            begun = theirs.receive()
        if begun is None:
            self._runs = False
            line.send({"no": "gone"})
            return
        while files:
            os.close(files.pop())  # else whoever reads them would wait for this process, too
        with suppress(OSError):
            line.send({"process": process.pid, "since": self._since})

        def end_with_command() -> None:
            if line.receive() is None and not done.is_set():
                process.kill()  # its guardian ends all else, as that of a command that is killed

        done = threading.Event()
        threading.Thread(target=end_with_command, daemon=True).start()
        told = theirs.receive()
        done.set()
        code = told[0]["code"] if told else process.wait()
        self._runs = False
        with suppress(OSError):
            line.send({"code": code})
        line.close()
        theirs.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(ENDS)
        if not self._over.is_set():
            self._stand_by()


@contextmanager
def listening() -> Iterator[socket.socket | None]:
    """The socket of this user's only keeper; None where there is one, or can be none."""
    folder = place()
    with suppress(OSError):
        folder.mkdir(mode=0o700)
    address = str(folder / "socket")
    if not is_ours(folder) or len(os.fsencode(address)) > LONGEST:
        yield None
        return
    with (folder / "lock").open("w") as lock, socket.socket(socket.AF_UNIX) as listener:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield None
            return
        Path(address).unlink(missing_ok=True)  # of a keeper that was killed
        listener.bind(address)
        listener.listen()
        try:
            yield listener
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def main(minutes: str, fingerprint: str) -> None:
    """Keep a process, where no other keeper does."""
    with listening() as listener:
        if listener is not None:
            Keeper(float(minutes), fingerprint).keep(listener)


if __name__ == "__main__":
    main(*sys.argv[1:])
