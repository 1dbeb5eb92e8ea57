"""A process that is in no hurry stands behind all others, whatever its session."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from search.app.low_priority import has_to_end
from tests.functional.command import environment

PROGRAM = """
import json, os
from pathlib import Path
from search.app.low_priority import take_what_is_left
take_what_is_left()
group = Path("/proc/self/autogroup")
group = group.read_text() if group.exists() else ""
print(json.dumps([os.nice(0), os.sched_getscheduler(0), group]), flush=True)
input()
"""


@pytest.mark.skipif(not hasattr(os, "SCHED_IDLE"), reason="not of this system")
def test_a_process_and_its_session_take_what_is_left() -> None:
    switched_on = Path("/proc/sys/kernel/sched_autogroup_enabled")
    has_groups = switched_on.exists() and switched_on.read_text().strip() == "1"
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        env=environment(), start_new_session=True, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        nice, policy, group = json.loads(process.stdout.readline())
        assert (nice, policy) == (19, os.SCHED_IDLE)
        assert group.endswith("nice 19\n") or not has_groups
        has_to_end(process.pid)
        of_session = Path(f"/proc/{process.pid}/autogroup")
        assert not has_groups or of_session.read_text().endswith("nice 0\n")
        process.communicate("\n")
