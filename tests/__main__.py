"""Every check by one command: lint, format, types, import contracts, tests.

`python -m tests` is what CI runs. `python -m tests quick` leaves out real Ray, real Keras and the
browser; `python -m tests long` runs the proofs that take minutes each, and nothing else.
"""

import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
REAL = "ray or browser or keras"
"""Tests of whole runs, of real training and of pages in a browser."""


def stages(form: str) -> list[dict[str, list[str]]]:
    """Name of each check → its command; a stage in which one fails is the last.

    The checks of a stage run side by side. What the last of them says is seen at once; where one
    before it fails, it is interrupted.

    Of all tests one call of pytest collects each file once, and begins with the quick ones.

    Args:
        form: "quick", "long", or empty for what CI runs.
    """
    python = [sys.executable, "-m"]
    # Where PYTHONDONTWRITEBYTECODE is set, each of some hundred processes would compile it anew.
    compiled = {"compile": [*python, "compileall", "-q", "-j", "0", "search"]}
    pytest = [*python, "pytest", "--maxfail", "5"]
    # Three at a time on two cores: a run waits for Ray's processes half of its time. The tests of a
    # file share a run, and files have an order (see conftest.py).
    pytest += ["-n", "3", "--dist", "loadfile", "--no-loadscope-reorder"]
    if form == "long":
        return [compiled, {"long proofs": [*pytest, "-m", "long"]}]
    read = {
        "lint": [*python, "ruff", "check", "."],
        "format": [*python, "ruff", "format", "--check", "."],
        "imports": [str(Path(sys.executable).parent / "lint-imports")],
        **compiled,
    }
    types = {"types": [*python, "mypy"]}
    if form == "quick":
        quick = [*pytest, "-n", "logical", "-m", f"not ({REAL} or long)"]
        return [read, types | {"quick tests": quick}]
    return [read, types | {"tests": [*pytest, "-m", "not long"]}]


def failed_of(stage: dict[str, list[str]]) -> list[str]:
    """Run the checks of a stage, each but the last told as a whole; returns those that fail."""
    began = time.monotonic()
    *_, last = stage
    aside = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    running = {
        name: subprocess.Popen(command, cwd=ROOT, **({} if name == last else aside))
        for name, command in stage.items()
    }
    failed = []
    for name in stage:
        said, _ = running[name].communicate()
        print(f"── {name}", flush=True)
        sys.stdout.buffer.write(said or b"")
        print(f"   {name}: after {time.monotonic() - began:.0f} s", flush=True)
        if running[name].returncode:
            failed.append(name)
            if running[last].poll() is None:
                running[last].send_signal(signal.SIGINT)
    return failed


def main() -> int:
    """Run them stage by stage; returns 1 where any failed."""
    for stage in stages("".join(sys.argv[1:])):
        if failed := failed_of(stage):
            print(f"failed: {', '.join(failed)}")
            return 1
    print("all checks passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
