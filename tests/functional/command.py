"""The `search` command as a person runs it: a process of its own, in a folder of its own."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch
from warnings import catch_warnings, simplefilter

from search.commands.command_line import run as command

ROOT = Path(__file__).parent.parent.parent
COMMAND = [sys.executable, "-c", "from search.commands import main; main()"]
ONE_WORKER = ("--max-concurrent", "1")
"""For a run whose subject is what comes after the trials: each worker takes seconds to start."""
PATIENCE = 400
"""Seconds before a command is taken to hang; they take 10 to 60."""


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}


@contextmanager
def local_ray() -> Iterator[None]:
    """A cluster of this process's own.

    A process reads once whether Ray asks for tokens, and the servers that it starts read its
    environment: a test before may have left another answer there.
    """
    import ray
    from ray._raylet import AuthenticationMode, get_authentication_mode

    asks = get_authentication_mode() == AuthenticationMode.TOKEN
    with patch.dict(os.environ, RAY_AUTH_MODE="token" if asks else "disabled"):
        ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False)
        yield
        ray.shutdown()


def search(folder: Path, *arguments: str, **variables: str) -> Ended:
    """Run `search` with its output in a pipe, and with these variables in its environment."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        env={**environment(), **variables},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def within(folder: Path, *arguments: str) -> Ended:
    """The same in this process: for a command that starts no Ray, and where others try its process.

    What it imports, such as TensorFlow, takes seconds in each process.
    """
    out, err = io.StringIO(), io.StringIO()
    with chdir(folder), redirect_stdout(out), redirect_stderr(err), catch_warnings():
        simplefilter("ignore")
        code = command([*arguments])
    return Ended(code, out.getvalue(), err.getvalue())


def start(folder: Path, *arguments: str, **variables: str) -> "subprocess.Popen[str]":
    """Start `search` with these variables in its environment, and go on."""
    return subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=folder,
        env={**environment(), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def status(folder: Path, run: str) -> dict[str, Any]:
    """What `search status --json` prints."""
    ended = within(folder, "status", run, "--json")
    assert ended.code == 0, ended.err
    facts: dict[str, Any] = json.loads(ended.out)
    return facts
