"""A process that is in no hurry stands behind all others, whatever its session."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.functional.command import environment

PROGRAM = """
import json, os
from pathlib import Path
from search.app.low_priority import take_what_is_left
take_what_is_left()
group = Path("/proc/self/autogroup")
group = group.read_text() if group.exists() else ""
print(json.dumps([os.nice(0), os.sched_getscheduler(0), group]))
"""


@pytest.mark.skipif(not hasattr(os, "SCHED_IDLE"), reason="not of this system")
def test_a_process_and_its_session_take_what_is_left() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment(), start_new_session=True, capture_output=True, text=True, check=True,
    )  # fmt: skip
    nice, policy, group = json.loads(done.stdout)
    assert (nice, policy) == (19, os.SCHED_IDLE)
    switched_on = Path("/proc/sys/kernel/sched_autogroup_enabled")
    if switched_on.exists() and switched_on.read_text().strip() == "1":
        assert group.endswith("nice 19\n")
