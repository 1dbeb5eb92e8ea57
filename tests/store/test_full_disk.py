"""A full disk ends a run with one sentence, whenever it fills; with room it goes on exactly."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.functional.command import PATIENCE, ROOT, environment
from tests.store.mounting import apart_where_it_mounts

MEMORY = Path("/dev/shm")  # noqa: S108 - as good as a disk, and faster


@pytest.mark.parametrize(
    ("how", "every"),
    [
        ("disk", 8),
        pytest.param("limit", 1, marks=pytest.mark.long),
        pytest.param("disk", 1, marks=pytest.mark.long),
    ],
)
def test_a_run_goes_on_exactly_wherever_the_disk_was_full(
    how: str, every: int, tmp_path: Path
) -> None:
    apart = apart_where_it_mounts() if how == "disk" else []
    room = MEMORY if os.access(MEMORY, os.W_OK) else tmp_path
    ended = subprocess.run(
        [*apart, sys.executable, "-m", "tests.store.filling", how, str(every)],
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
    places = {"'runs/loop/study.db'"}
    if every == 1:
        places.add("'nothing'")
        beside = {"'runs/loop/states'", "'runs/loop/finals/winner.keras'"}
        places |= beside if how == "disk" else set()
    assert all(place in found[2] for place in places)
