"""A full disk ends a run with one sentence, whenever it fills; with room it goes on exactly."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.functional.command import PATIENCE, ROOT, environment

MEMORY = Path("/dev/shm")  # noqa: S108 - as good as a disk, and faster


def mounts() -> bool:
    """Whether a disk of one's own can be mounted here."""
    if shutil.which("unshare") is None:
        return False
    tried = ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"]
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("how", ["limit", "disk"])
def test_a_run_goes_on_exactly_wherever_the_disk_was_full(how: str, tmp_path: Path) -> None:
    if how == "disk" and not mounts():
        pytest.skip("a small disk needs leave to mount one (root, and `unshare -m`)")
    apart = ["unshare", "-m"] if how == "disk" else []
    room = MEMORY if os.access(MEMORY, os.W_OK) else tmp_path
    ended = subprocess.run(
        [*apart, sys.executable, "-m", "tests.store.filling", how],
        cwd=ROOT,
        env={**environment(), "TMPDIR": str(room)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    found = re.search(r"^(\d+) sizes, 0 violations: (.*)$", ended.stdout, re.MULTILINE)
    assert found, ended.stdout
    places = {"'runs/loop/study.db'", "'nothing'"}
    places |= {"'runs/loop/states'", "'runs/loop/finals/winner.keras'"} if how == "disk" else set()
    assert all(place in found[2] for place in places)
