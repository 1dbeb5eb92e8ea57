"""`ray up`, `search submit`, `search fetch` and `ray down`, with machines that SSH reaches."""

import subprocess
import sys

import pytest

from tests.cluster.hosts import lacking
from tests.cluster.launch import PATIENCE
from tests.functional.command import ROOT, environment


@pytest.mark.ray
@pytest.mark.keras
def test_a_search_on_machines_of_ones_own_from_launch_to_end() -> None:
    if missing := lacking():
        pytest.skip(missing)
    ended = subprocess.run(
        [sys.executable, "-m", "tests.cluster.launch"],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
