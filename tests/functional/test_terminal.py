"""In a terminal a run shows a live table, and other programs' noise stays out of it.

It ends by `search finish`, as the runs of test_finish do in a pipe.
"""

import os
import pty
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from search.store.run import load_run
from tests.functional.command import COMMAND, PATIENCE, environment, within
from tests.functional.test_faults import finished, wait_until
from tests.functional.test_finish import LONG, TRIALS

pytestmark = [pytest.mark.ray, pytest.mark.keras]


@contextmanager
def terminal(folder: Path, *arguments: str) -> Iterator[list[str]]:
    """A command in a terminal of 120 columns, and then all that it has written there."""
    ours, theirs = pty.openpty()
    size = {"COLUMNS": "120", "LINES": "40", "TERM": "xterm"}
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=folder,
        env={**environment(), **size},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    written: list[str] = []
    reader = Thread(target=lambda: written.append(all_of(ours)))
    reader.start()
    yield written
    assert process.wait(timeout=PATIENCE) == 0
    reader.join()
    os.close(ours)


def all_of(screen: int) -> str:
    """All that is written until the other end is closed."""
    parts = []
    while True:
        try:
            part = os.read(screen, 65536)
        except OSError:  # how Linux says that it is
            break
        if not part:
            break
        parts.append(part)
    return b"".join(parts).decode()


def test_a_terminal_shows_a_live_table_and_no_noise_until_the_run_is_told_to_finish(
    tmp_path: Path,
) -> None:
    (tmp_path / "long.py").write_text(LONG)
    with terminal(tmp_path, "run", "long.py", "--name", "seen") as written:
        wait_until(lambda: finished(tmp_path, "seen") >= 20, "20 finished trials")
        asked = within(tmp_path, "finish", "seen")
        assert (asked.code, "starts no more trials" in asked.out) == (0, True), asked.err
    (screen,) = written
    head = f"{TRIALS} trials × 1 epoch"
    for part in (head, "Ray dashboard 127.0.0.1:", "left", "← best", "finals"):
        assert part in screen
    lines = screen.splitlines()
    ends = ["model  runs/seen/finals/winner.keras", "page  reports/seen.html"]
    assert [line for line in lines if line in ends] == ends
    run = load_run(tmp_path / "runs" / "seen")
    assert (run.state, run.manifest.cut_short) == ("finished", "`search finish` ended it")
    assert 20 <= len(run.trials()) < TRIALS
    assert not run.folder.asked_to_finish
    answer = run.answer()
    assert answer is not None
    assert f"held-out {answer.headline.judged.measure}" in screen
    again = within(tmp_path, "finish", "seen")
    assert (again.code, "the run is finished" in again.err) == (2, True)
    log = (tmp_path / "runs" / "seen" / "log").read_text()
    assert "pid=" in log
    for noise in ("pid=", "WARNING", "absl"):
        assert noise not in screen
