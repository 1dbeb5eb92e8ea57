"""A Python that has one package and what that needs, and nothing else."""

import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

from tests.functional.command import PATIENCE, Ended


def only(package: str, folder: Path) -> Path:
    """A folder with links to an installed package and to all that it requires."""
    folder.mkdir()
    waiting, known = [package], set[str]()
    while waiting:
        name = waiting.pop()
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue  # of another platform
        for text in found.requires or ():
            needed = Requirement(text)
            asked = needed.marker is None or needed.marker.evaluate({"extra": ""})
            if asked and needed.name not in known:
                known.add(needed.name)
                waiting.append(needed.name)
        for top in {file.parts[0] for file in found.files or ()} - {"..", "__pycache__"}:
            link = folder / top
            if not link.exists() and not top.endswith(".pth"):
                link.symlink_to(Path(str(found.locate_file(top))))
    return folder


def python(packages: Path, folder: Path, *arguments: str) -> Ended:
    """Run Python in a folder, with these packages and the standard library alone."""
    own = {"PATH": os.environ["PATH"], "PYTHONPATH": str(packages), "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, "-S", "-W", "ignore", *arguments],
        cwd=folder,
        env=own,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)
