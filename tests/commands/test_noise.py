"""Noise goes to the log, and the terminal comes back whatever becomes of the log."""

import subprocess
import sys

from tests.functional.command import environment

ON_A_FULL_DISK = """
import sys
from pathlib import Path
from search.app.log_redirect import noise_to
with noise_to(Path("/dev/full")):
    sys.stdout.write("noise that is still in the buffer at the end")
sys.stderr.write("search: it is full")
sys.stderr.flush()
"""


def test_a_sentence_reaches_the_person_though_the_logs_disk_is_full() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ON_A_FULL_DISK],
        env={**environment(), "PYTHONUNBUFFERED": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "search: it is full")
