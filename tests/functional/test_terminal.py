"""In a terminal a run shows a live table; other programs' noise stays out of it."""

import os
import pty
import subprocess
from pathlib import Path

import pytest

from tests.functional.command import COMMAND, PATIENCE, ROOT, environment

pytestmark = [pytest.mark.ray, pytest.mark.keras]


def shown(folder: Path, *arguments: str) -> str:
    """All that a command writes to a terminal of 120 columns."""
    ours, theirs = pty.openpty()
    size = {"COLUMNS": "120", "LINES": "40", "TERM": "xterm"}
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=folder,
        env={**environment(), **size},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    parts = []
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # how Linux says that the other end is closed
            break
        if not part:
            break
        parts.append(part)
    os.close(ours)
    assert process.wait(timeout=PATIENCE) == 0
    return b"".join(parts).decode()


def test_a_terminal_shows_a_live_table_and_no_noise(tmp_path: Path) -> None:
    binary = str(ROOT / "spaces" / "binary.py")
    screen = shown(tmp_path, "run", binary, "--trials", "60", "--name", "seen")
    for part in ("60 trials × 25 epochs", "Ray dashboard 127.0.0.1:", "left", "← best", "finals"):
        assert part in screen
    assert "held-out accuracy" in screen
    assert "page  reports/seen.html" in screen.splitlines()
    log = (tmp_path / "runs" / "seen" / "log").read_text()
    assert "pid=" in log
    for noise in ("pid=", "WARNING", "absl"):
        assert noise not in screen
