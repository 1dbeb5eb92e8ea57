"""A run in a folder where nothing may be written is read, and says so when it shall go on."""

import subprocess
import sys

import pytest

from tests.forms import long_but
from tests.functional.command import PATIENCE, ROOT, environment
from tests.store.mounting import apart_where_it_mounts


@pytest.mark.parametrize("how", long_but(["user"], {how: how for how in ("user", "disk")}))
def test_a_run_is_read_where_nothing_may_be_written(how: str) -> None:
    apart = apart_where_it_mounts() if how == "disk" else []
    ended = subprocess.run(
        [*apart, sys.executable, "-m", "tests.store.only_reading", how],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "3 runs, 0 violations" in ended.stdout
