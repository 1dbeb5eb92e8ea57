"""A kill at any moment at which the disk changes loses nothing and leaves nothing over.

`python -m benchmarks.fail_points` goes all journeys; `long` goes two, and CI every thirty-second
moment of them. Of a third, whose trials are paused and go on, which is longer, they go fewer.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.functional.command import ROOT, environment

MEMORY = Path("/dev/shm")  # noqa: S108 - a kill leaves there what it leaves on a disk, but faster
JOURNEYS = ("run", "again")
LONG = 3600
"""Seconds before it is taken to hang; on a quiet machine all moments take 100."""
ALL, SOME = 1, 32
OF_PAUSED = {ALL: 8, SOME: 192}
"""Of so many moments of the journey with pauses one is met."""

pytestmark = pytest.mark.timeout(LONG)


@pytest.fixture(scope="module", params=[pytest.param(ALL, marks=pytest.mark.long), SOME])
def every(request: pytest.FixtureRequest) -> int:
    """Of so many moments one is met."""
    number: int = request.param
    return number


@pytest.fixture(scope="module")
def walked(every: int, tmp_path_factory: pytest.TempPathFactory) -> str:
    return walk(tmp_path_factory.mktemp("fail-points"), every, *JOURNEYS)


def walk(folder: Path, every: int, *journeys: str) -> str:
    folder = MEMORY if os.access(MEMORY, os.W_OK) else folder
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.fail_points", *journeys, "--every", str(every)],
        cwd=ROOT,
        env={**environment(), "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=LONG,
        check=False,
    )
    assert not ended.stderr, ended.stderr
    return ended.stdout


@pytest.mark.parametrize("journey", JOURNEYS)
def test_a_run_goes_on_from_every_moment_of_a_journey(
    journey: str, every: int, walked: str
) -> None:
    found = re.search(rf"^{journey}: (\d+) points, 0 violations", walked, re.MULTILINE)
    assert found, walked
    assert int(found[1]) * every > 100


def test_a_run_goes_on_from_moments_of_its_pauses(every: int, tmp_path: Path) -> None:
    some = OF_PAUSED[every]
    walked = walk(tmp_path, some, "paused")
    found = re.search(r"^paused: (\d+) points, 0 violations", walked, re.MULTILINE)
    assert found, walked
    assert int(found[1]) * some > 500
