"""Every check by one command: lint, format, types, import contracts, tests.

`python -m tests` is what CI runs. `python -m tests quick` leaves out real Ray, real Keras and the
browser; `python -m tests long` runs the proofs that take minutes each, and nothing else.
"""

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
REAL = "ray or browser or keras"
"""Tests of whole runs, of real training and of pages in a browser."""


def stages(form: str) -> list[dict[str, list[str]]]:
    """Name of each check → its command; a stage in which one fails is the last.

    Args:
        form: "quick", "long", or empty for what CI runs.
    """
    python = [sys.executable, "-m"]
    pytest = [*python, "pytest", "--maxfail", "5"]
    # The tests of a file share a run, and the longest files come first (see conftest.py).
    in_files = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    if form == "long":
        return [{"long proofs": [*pytest, *in_files, "-m", "long"]}]
    read = {
        "lint": [*python, "ruff", "check", "."],
        "format": [*python, "ruff", "format", "--check", "."],
        "imports": [str(Path(sys.executable).parent / "lint-imports")],
        "types": [*python, "mypy"],
    }
    quick = {"quick tests": [*pytest, "-n", "logical", "-m", f"not ({REAL} or long)"]}
    real = {"real runs": [*pytest, *in_files, "-m", f"({REAL}) and not long"]}
    return [read, quick] if form == "quick" else [read, quick, real]


def passed(name: str, command: list[str]) -> bool:
    """Whether a check passes, which is run."""
    print(f"── {name}", flush=True)
    began = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, check=False)
    print(f"   {name}: {time.monotonic() - began:.0f} s", flush=True)
    return done.returncode == 0


def main() -> int:
    """Run them stage by stage; returns 1 where any failed."""
    for stage in stages("".join(sys.argv[1:])):
        failed = [name for name, command in stage.items() if not passed(name, command)]
        if failed:
            print(f"failed: {', '.join(failed)}")
            return 1
    print("all checks passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
