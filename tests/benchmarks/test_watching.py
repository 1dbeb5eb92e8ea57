"""The watcher sees children of children, also after their parents are gone."""

import os
import sys
from pathlib import Path

from benchmarks.watching import Watched, watch

GRANDCHILD = """
import sys, time
from pathlib import Path
held = bytearray(50_000_000)
while time.process_time() < 1.5:
    held[0] += 1 if held[0] < 255 else -255
Path(sys.argv[1]).touch()
"""
CHILD = f"""
import subprocess, sys
subprocess.Popen([sys.executable, "-c", {GRANDCHILD!r}, sys.argv[1]])
"""
# A pipe stays open until the last who holds it has ended: here the grandchild.
COMMAND = f"""
import subprocess, sys
subprocess.run([sys.executable, "-c", {CHILD!r}, sys.argv[1]], capture_output=True)
print("done")
"""


def watched(folder: Path, code: str) -> Watched:
    return watch([sys.executable, "-c", code, str(folder / "finished")], folder, os.environ)


def test_time_and_memory_of_an_orphaned_grandchild_count(tmp_path: Path) -> None:
    seen = watched(tmp_path, COMMAND)
    assert seen.code == 0
    assert (tmp_path / "out").read_text() == "done\n"
    assert 0.5 < seen.cpu(seen.ended) < 10
    assert seen.peak(seen.ended) > 50_000_000
    assert seen.cpu(seen.ended, seen.pid) < 0.5


def test_what_a_command_leaves_running_is_waited_for(tmp_path: Path) -> None:
    assert watched(tmp_path, CHILD).code == 0
    assert (tmp_path / "finished").exists()
