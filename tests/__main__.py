"""Every check by one command: lint, format, types, import contracts, tests.

`python -m tests` is what CI runs. `python -m tests quick` leaves out real Ray, real Keras and the
browser; `python -m tests long` runs the proofs that take minutes each, and nothing else.
"""

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
WHOLE = "ray or browser"
"""Tests of whole runs and of pages in a browser: two at a time, since a run is mostly start-up."""


def checks(form: str) -> dict[str, list[str]]:
    """Name of each check → its command.

    Args:
        form: "quick", "long", or empty for what CI runs.
    """
    python = [sys.executable, "-m"]
    in_files = ["-n", "2", "--dist", "loadfile"]  # whose tests share one run
    if form == "long":
        return {"long proofs": [*python, "pytest", *in_files, "-m", "long"]}
    left_out = f"{WHOLE} or long" + (" or keras" if form == "quick" else "")
    early = ["--maxfail", "5"]  # a red run need not go on for an hour
    marked = f"({WHOLE}) and not long"
    whole_runs = {"whole runs": [*python, "pytest", *in_files, *early, "-m", marked]}
    return {
        "lint": [*python, "ruff", "check", "."],
        "format": [*python, "ruff", "format", "--check", "."],
        "types": [*python, "mypy"],
        "imports": [str(Path(sys.executable).parent / "lint-imports")],
        "tests": [*python, "pytest", "-n", "logical", *early, "-m", f"not ({left_out})"],
        **({} if form == "quick" else whole_runs),
    }


def main() -> int:
    """Run them all, also after one failed; returns 1 where any did."""
    failed = []
    for name, command in checks("".join(sys.argv[1:])).items():
        print(f"── {name}", flush=True)
        began = time.monotonic()
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            failed.append(name)
        print(f"   {name}: {time.monotonic() - began:.0f} s", flush=True)
    print(f"failed: {', '.join(failed)}" if failed else "all checks passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
