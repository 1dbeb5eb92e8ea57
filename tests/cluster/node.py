"""A node that Ray's launcher sets up, with stand-ins for what would install or start anything."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster.project import ROOT

STAND_INS = "ray pip python3 sudo nvidia-smi ulimit"

RECORD = """#!/bin/bash
{ printf '%s\\0' "${0##*/}" "${RAY_AUTH_MODE:-}" "$@"; echo; } >> "$HOME/calls"
"""

SHELL = "ulimit() { ~/bin/ulimit $@; }; source ~/.bashrc"
"""What Ray's launcher has a shell do before each command; a limit is noted, not set."""


@dataclass(frozen=True)
class Call:
    """One program that a node was told to run.

    Attributes:
        program: Such as "ray".
        auth: Ray's authentication mode in its environment; empty where none is set.
        words: What it was given.
    """

    program: str
    auth: str
    words: tuple[str, ...]


class Node:
    """A home folder in which commands are performed.

    Args:
        home: A folder that is not there yet.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self.token = home / ".ray" / "auth_token"
        self.token.parent.mkdir(parents=True)
        self.token.touch(0o644)
        (home / ".bashrc").touch()
        (home / "bin").mkdir()
        for name in STAND_INS.split():
            (home / "bin" / name).write_text(RECORD)
            (home / "bin" / name).chmod(0o755)

    def bring(self, mounts: dict[str, str]) -> None:
        """Copy the single files of a checkout to where they are mounted.

        Args:
            mounts: Where on the node → from where.
        """
        for remote, local in mounts.items():
            if (ROOT / local).is_file():
                there = self._home / remote.removeprefix("~/")
                there.parent.mkdir(exist_ok=True)
                shutil.copy(ROOT / local, there)

    def perform(self, commands: list[str]) -> list[Call]:
        """Run them, each in a shell of its own; returns what was called."""
        noted = self._home / "calls"
        noted.write_text("")
        for command in commands:
            self._shell(command)
        lines = [line.split("\0")[:-1] for line in noted.read_text().splitlines()]
        return [Call(program, auth, tuple(words)) for program, auth, *words in lines]

    def later(self, expression: str) -> str:
        """What a shell that is opened afterwards says to an expression."""
        return self._shell(f'echo -n "{expression}"')

    def _shell(self, command: str) -> str:
        environment = {
            "HOME": str(self._home),
            "PATH": f"{self._home / 'bin'}:/usr/bin:/bin",
            "RAY_HEAD_IP": "192.0.2.1",
        }
        ended = subprocess.run(
            ["bash", "-c", f"{SHELL}; ({command})"],
            cwd=self._home,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return ended.stdout


def given_to_ray(call: Call) -> dict[str, Any]:
    """The options of a `ray start`, as Ray's own command line reads them.

    Raises:
        click.UsageError: Ray does not know one of them.
    """
    from ray.scripts.scripts import start

    return dict(start.make_context("start", list(call.words[1:])).params)
