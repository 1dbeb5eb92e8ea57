"""What Ray needs of a machine and of an environment: seen to where it can be, else one sentence."""

import os
import resource
import secrets
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from search.study.errors import InputError

LONGEST = 40
"""Characters of the folder in which Ray keeps a session: its sockets are 62 further down, and a
socket's path has 107 at most on Linux, 103 elsewhere."""
FILES = 4096
"""Open files that this process and each of Ray's are allowed where the system lets us."""
FEWEST = 256
"""Below that many, Ray's processes end for want of them."""
SYSTEMS = ("/tmp", "/var/tmp")  # noqa: S108 - where each user may write
ROOM = 1 << 20
"""Bytes that a session of Ray's writes before it has started a worker, or more."""
DASHBOARD = "SEARCH_RAY_DASHBOARD"
"""Environment variable: 1 has Ray show a local run in its dashboard."""
HERE = ("127.0.0.1", "localhost", "::1")
"""What Ray's own processes say to each other never goes through a proxy."""


def for_ray(environ: Mapping[str, str], address: str | None) -> dict[str, str | None]:
    """What has to change in an environment before Ray is loaded.

    Args:
        environ: As it is.
        address: Of the cluster that is to be joined; None for one started here.

    Returns:
        Variable → value; None for one that has to go.
    """
    host = address.rpartition(":")[0] if address and address != "auto" else ""
    around = dict.fromkeys([*_without_proxy(environ), *HERE, *([host] if host else [])])
    changes: dict[str, str | None] = {
        "NO_PROXY": ",".join(around),
        "no_proxy": ",".join(around),
        # Under `uv run`, Ray would make each worker an environment of its own.
        "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
        "RAY_RUNTIME_ENV_HOOK": None,
    }
    if address is None:
        # Of some other cluster; parts of Ray follow it though one of our own was started.
        changes |= dict.fromkeys(("RAY_ADDRESS", "RAY_API_SERVER_ADDRESS", "RAY_NAMESPACE"))
        changes |= _token(environ)
        # Each of our workers is an actor, for which Ray starts a process anyway.
        changes["RAY_prestart_worker_first_driver"] = "0"
    return changes


def looked_at(environ: Mapping[str, str]) -> bool:
    """Whether somebody will look at the Ray dashboard of a cluster started here.

    It takes as much CPU time as a small search.
    """
    return environ.get(DASHBOARD, "0") not in {"", "0"}


def _without_proxy(environ: Mapping[str, str]) -> list[str]:
    names = ",".join(environ.get(name, "") for name in ("no_proxy", "NO_PROXY"))
    return [name.strip() for name in names.split(",") if name.strip()]


def _token(environ: Mapping[str, str]) -> dict[str, str]:
    """A token for this session alone, where Ray could not write one into the home folder."""
    if environ.get("RAY_AUTH_TOKEN") or environ.get("RAY_AUTH_TOKEN_PATH"):
        return {}
    try:
        kept = Path.home() / ".ray"
        if (kept / "auth_token").is_file() or _is_writable(kept):
            return {}
    except (OSError, RuntimeError):  # no home at all
        pass
    return {"RAY_AUTH_TOKEN": secrets.token_hex(32)}


def ray_folder(environ: Mapping[str, str]) -> str:
    """Where Ray may keep its sessions: short enough for a socket's path, and with room for files.

    Raises:
        InputError: Nowhere.
    """
    wanted = [environ.get(name, "") for name in ("RAY_TMPDIR", "TMPDIR")]
    usual = [*(wanted if sys.platform == "linux" else wanted[:1]), *SYSTEMS]
    tried = list(dict.fromkeys(filter(None, usual)))
    for folder in tried:
        path = Path(folder)
        short = path.is_absolute() and len(os.fsencode(folder)) <= LONGEST
        if short and _takes_files(path):
            return folder
    raise InputError(
        ", ".join(tried),
        "Ray needs a folder that can be written, whose disk is not full, and whose path has "
        f"{LONGEST} characters at most, and none of these is one",
        "make room, or set RAY_TMPDIR to another",
    )


def temporary_folder() -> Path:
    """Where a session may keep temporary files.

    Raises:
        InputError: Nowhere.
    """
    try:
        return Path(tempfile.gettempdir())
    except OSError:
        wanted = os.environ.get("TMPDIR", "")
        raise InputError(
            ", ".join(filter(None, (wanted, *SYSTEMS))),
            "none of these folders for temporary files can be written, or their disks are full",
            "make room, or set TMPDIR to another",
        ) from None


def check_limits() -> None:
    """Raise what may be raised of this process's limits, which all that it starts inherits.

    Raises:
        InputError: One is too low for Ray and TensorFlow.
    """
    files = _raised(resource.RLIMIT_NOFILE, FILES)
    if files < FEWEST:
        raise InputError(
            "ulimit -n",
            f"this process may open {files} files, and Ray needs {FEWEST} at least",
            f"allow more by ulimit -n {FILES}",
        )
    for option, kind, what in (
        ("-v", resource.RLIMIT_AS, "take so much address space"),
        ("-f", resource.RLIMIT_FSIZE, "write files so long"),
    ):
        if _raised(kind, None) != resource.RLIM_INFINITY:
            raise InputError(
                f"ulimit {option}",
                f"this process may only {what} as it says, and Ray and TensorFlow reserve far "
                "more than they use",
                f"raise it by ulimit {option} unlimited",
            )


def _raised(kind: int, least: int | None) -> int:
    """A limit, raised to at least so much where the system lets us; None for no limit."""
    soft, hard = resource.getrlimit(kind)
    wanted = resource.RLIM_INFINITY if least is None else least
    if soft == resource.RLIM_INFINITY or (least is not None and soft >= least):
        return soft
    new = wanted if hard == resource.RLIM_INFINITY else hard
    if least is not None and hard != resource.RLIM_INFINITY:
        new = min(hard, least)
    try:
        resource.setrlimit(kind, (new, hard))
    except (OSError, ValueError):
        return soft
    return new


def _takes_files(folder: Path) -> bool:
    """Whether it is a folder with room: rights alone do not tell of a full disk."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(ROOM))
    except OSError:
        return False
    return True


def _is_writable(folder: Path) -> bool:
    """Whether files can be made in a folder, or the folder itself where it is missing."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)
