"""Where a process is kept for the next run, that run goes on in it; see `search.cluster.keeper`."""

import hashlib
import os
import resource
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from search.app.interrupts import KINDS, UNFINISHED
from search.cluster import keeper
from search.study.errors import ArgumentError
from search.study.package import PACKAGE

if TYPE_CHECKING:
    from types import FrameType

TERMINAL = ("COLUMNS", "LINES", "TERM")
UNHEEDED = {"_", "SHLVL", "PWD", "OLDPWD", *TERMINAL}
"""Variables of a shell and a terminal, by which no result can differ."""

inside = False
"""Whether this is the process that was kept."""
IN_USE = "nothing new is kept for the next run: another run goes on in what is kept"
LOOK = 0.05
"""Seconds between two looks whether a keeper has begun."""
_environ: dict[str, str] = {}
"""As it was before anything of a run has changed it."""


def check(minutes: float | None, address: str | None) -> None:
    """Refuse a time that none can be, or a cluster that is not this machine's to keep.

    Raises:
        ArgumentError: As above.
    """
    if minutes is None:
        return
    if not 0 < minutes < 1e6:  # also what is no number
        raise ArgumentError("keep", f"{minutes:g}", fix="give a number of minutes above 0")
    if address is not None:
        why = "a cluster that is joined by its address runs on anyway"
        raise ArgumentError("keep", f"{minutes:g}", why, "leave one of the two out")


def handed_over(
    address: str | None, minutes: float | None = None, *, child: bool = False
) -> int | None:
    """Have the process that is kept do what this one was started for.

    Args:
        address: Of a running Ray cluster; where one is asked for, nothing is handed over.
        minutes: For which it is kept from now on, where that is asked for.
        child: Whether this process was started by `search.run` and its like.

    Returns:
        The exit code; None where this process has to do it.

    Raises:
        ArgumentError: As of `check`.
    """
    check(minutes, address)
    if inside or address is not None:
        return None
    _environ.clear()
    _environ.update(os.environ)
    line = keeper.call()
    if line is None:
        return None
    here = {name: os.environ[name] for name in TERMINAL if name in os.environ}
    order = {"argv": sys.argv, "child": child, "environ": here}
    with suppress(OSError), closing(line):
        line.send({"ask": "run", **_what(minutes), **order}, (0, 1, 2))
        answer = line.receive()
        if answer is not None and "process" in answer[0]:
            with _passed_on(answer[0]["process"]):
                ended = line.receive()
            return _code(ended[0]["code"] if ended else None)
    return None


def keep(minutes: float) -> str:
    """Have a process kept for the runs after this one; returns a sentence about it."""
    if inside:
        return ""  # it is kept already, and the command has said for how long
    answer: dict[str, Any] = _asked({"ask": "keep", **_what(minutes)})
    if answer.get("no") == "other":
        answer = _asked({"ask": "stop"})
        if not answer.get("busy"):
            answer = {}
    if answer:
        return "" if "no" not in answer and "busy" not in answer else IN_USE
    process = subprocess.Popen(  # noqa: S603 - this very product
        [sys.executable, "-P", "-m", "search.cluster.keeper", f"{minutes:g}", fingerprint()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=_environ,
    )
    while process.poll() is None:
        if (line := keeper.call()) is not None:
            line.close()
            return f"kept for the next run, for {minutes:g} minutes; `search stop` ends it"
        time.sleep(LOOK)
    return f"nothing is kept for the next run: {keeper.place()} cannot have a socket of yours"


def stop() -> str:
    """End what is kept, or have it end with the run that goes on in it; returns what is done."""
    answer = _asked({"ask": "stop"})
    if not answer:
        return "nothing is kept"
    if answer["busy"]:
        return f"what is kept since {answer['since']} ends with the run that goes on in it"
    return f"ended what was kept since {answer['since']}"


def _asked(question: dict[str, object]) -> dict[str, Any]:
    """What the keeper of this user answers; nothing where there is none."""
    line = keeper.call()
    if line is None:
        return {}
    with suppress(OSError), closing(line):
        line.send(question)
        if (answer := line.receive()) is not None:
            if answer[0].get("busy") is False:
                line.receive()  # until it has ended
            return answer[0]
    return {}


def _what(minutes: float | None) -> dict[str, object]:
    return {"minutes": minutes, "fingerprint": fingerprint()}


def fingerprint() -> str:
    """Of all that a process begins with: where it is the same, so is what comes of it."""
    root = str(PACKAGE.parent)
    environ = {k: v for k, v in _environ.items() if k not in UNHEEDED}
    # As processes have it that `search.run` starts, and TensorFlow's own import here.
    paths = environ.pop("PYTHONPATH", "").split(os.pathsep)
    environ["PYTHONPATH"] = os.pathsep.join(path for path in paths if path and path != root)
    environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.umask(umask := os.umask(0))
    limits = [resource.getrlimit(kind) for kind in (resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC)]
    cores = sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []
    packages = [
        Path(sysconfig.get_path(kind)).stat().st_mtime_ns for kind in ("purelib", "platlib")
    ]
    own = sorted((str(file), file.stat().st_mtime_ns) for file in PACKAGE.rglob("*.py"))
    facts = (
        # Not by its name: `python` and `python3` of an environment are one.
        sys.version, sys.prefix, os.path.realpath(sys.executable), str(Path.cwd()),
        sorted(environ.items()), umask, limits, cores,
        os.getpriority(os.PRIO_PROCESS, 0), os.getgroups(), packages, own,
    )  # fmt: skip
    return hashlib.sha256(repr(facts).encode()).hexdigest()


@contextmanager
def _passed_on(process: int) -> Iterator[None]:
    """Signals go on to another process meanwhile, and a terminal's stop and go."""

    def pass_on(number: int, frame: "FrameType | None") -> None:
        del frame
        with suppress(ProcessLookupError):
            os.kill(process, number)

    def pause(number: int, frame: "FrameType | None") -> None:
        del number
        pass_on(signal.SIGSTOP, frame)
        os.kill(os.getpid(), signal.SIGSTOP)
        pass_on(signal.SIGCONT, frame)

    handlers = {**dict.fromkeys(KINDS, pass_on), signal.SIGTSTP: pause}
    before = {
        kind: signal.signal(kind, handler)
        for kind, handler in handlers.items()
        if (kind, signal.getsignal(kind)) != (signal.SIGHUP, signal.SIG_IGN)  # under nohup
    }
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def _code(code: int | None) -> int:
    """The exit code; with a sentence where the other process has not come to its end."""
    if code is None or code < 0:
        sys.stderr.write(
            "search: the kept process that performed this run was ended from outside; "
            "finished trials are saved, continue with `search resume`\n"
        )
        return UNFINISHED
    return code
