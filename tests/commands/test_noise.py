"""Noise goes to the log, and the terminal comes back whatever becomes of the log."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.functional.command import environment, search

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


@pytest.mark.keras
def test_a_file_that_uses_keras_is_read_without_its_talk(tmp_path: Path) -> None:
    """Its own words stay, and nothing else is there."""
    (tmp_path / "a.py").write_text(
        "import sys\nimport keras\nimport numpy as np\nfrom search import *\n"
        "y = keras.utils.to_categorical([0, 1] * 20)\nsys.stderr.write('read')\n"
        "study = Study(arrays(np.ones((40, 2)), y), space=DenseSpace(), trials=3)\n"
    )
    done = search(tmp_path, "check", "a.py")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "readsearch: a.py, line 7: Study(trials=…): it takes no 'trials'; give it as "
        "budget=Budget(trials=…)\n"
    )
