"""The reading commands in run folders where nothing may be written.

    python -m tests.store.only_reading user
    unshare -m python -m tests.store.only_reading disk

Rights do not bind root, which becomes somebody else for it, after all is loaded: its Python may lie
where others cannot read. A disk that is mounted for reading binds everybody.
"""

import multiprocessing.popen_fork  # noqa: F401 - as below
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import search.app.resume  # noqa: F401 - loaded now: the other user may not read the interpreter
from benchmarks.fail_points import SHORT, forked, warm
from benchmarks.killing.journeys import GOLD, RUN, Say
from search.commands.command_line import run as command
from search.report.page import render
from search.store.run import load_run
from tests.store.damaging import left_by

NOBODY = 65534
RUNS = {
    "finished": ("", "finished · 3 of 3 trials finished"),
    "killed": ("half of write .part-2-3.npz", "interrupted · 2 of 3 trials finished"),
    "half copied": ("last pwrite64 study.db", "finished · 3 of 3 trials finished"),
}
"""Where each is killed, and what `search status` says of it."""
READING = ("status", "report", "logs")


@contextmanager
def for_reading(folder: Path, how: str) -> Iterator[None]:
    """A folder in which nothing can be written meanwhile."""
    if how == "disk":
        subprocess.run(["mount", "--bind", folder, folder], check=True)
        subprocess.run(["mount", "-o", "remount,ro,bind", folder], check=True)
    else:
        subprocess.run(["chmod", "-R", "a-w,a+rX", folder], check=True)
    try:
        yield
    finally:
        if how == "disk":
            subprocess.run(["umount", folder], check=True)
        else:
            subprocess.run(["chmod", "-R", "u+w", folder], check=True)


def read(run: Path, says: str, say: Say) -> None:
    """Read a run in every way; say what is wrong."""
    for verb in (*READING, "resume"):
        out, err = StringIO(), StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = command([verb, str(run)])
        if code != (2 if verb == "resume" else 0):
            say(f"{verb} ended with {code}: {err.getvalue()}")
        if verb == "status" and says not in out.getvalue():
            say(f"status says {out.getvalue()!r}")
        sentence = f"search: {run}: the run folder cannot be written ("
        if verb == "resume" and not err.getvalue().startswith(sentence):
            say(f"resume says {err.getvalue()!r}")
    if not Path("reports", f"{run.name}.html").is_file():
        say("there is no page")
    opened = load_run(run)
    if len(opened.trials()) != SHORT.trials or opened.damaged():
        say(f"{opened.trials()} {opened.damaged()}")


def tried(root: Path, how: str, killed_at: str, says: str) -> tuple[str, ...]:
    """What is wrong with reading one run."""
    left = left_by(root / "left", killed_at)
    runs, out = left.folder.parent, root / "out"
    out.mkdir()
    out.chmod(0o777)

    def reading(say: Say) -> None:
        os.umask(0o022)
        if how == "user" and os.getuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        try:
            (left.folder / "new").touch()
        except OSError:
            read(Path("..") / "left" / RUN, says, say)
        else:
            say("it can be written")

    with for_reading(runs, how):
        ended = forked(out, reading)
    return ended.lines if ended.status == 0 else (*ended.lines, "it failed")


def main(how: str) -> int:
    """Read each run, and say how it went."""
    warm()
    render(load_run(GOLD / "run"))
    found = []
    for name, (killed_at, says) in RUNS.items():
        with tempfile.TemporaryDirectory(prefix="reading-") as root:
            Path(root).chmod(0o755)
            found += [f"{name}: {what}" for what in tried(Path(root), how, killed_at, says)]
    print("\n".join([*found, f"{len(RUNS)} runs, {len(found)} violations"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
