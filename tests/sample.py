"""Makes `reports/sample/` anew: the main job's page and a picture of its first screen.

`python -m tests.sample`, from the repository's root.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.functional.command import ROOT, search
from tests.report.browsing import OPTIONS

SAMPLE = ROOT / "reports" / "sample"


def main() -> int:
    """Run the main job in a folder of its own and keep what a reader sees of it."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        shutil.copytree(ROOT / "spaces", folder / "spaces")
        ended = search(folder, "run", "spaces/binary.py", "--name", "binary")
        if ended.code:
            print(ended.err)
            return 1
        SAMPLE.mkdir(exist_ok=True)
        shutil.copy(folder / "reports" / "binary.html", SAMPLE / "binary.html")
    picture(SAMPLE / "binary.html", SAMPLE / "binary.png")
    return subprocess.run(["git", "status", "--short", str(SAMPLE)], check=False).returncode


def picture(page: Path, path: Path) -> None:
    """The first screen of a page."""
    with sync_playwright() as playwright, playwright.chromium.launch(**OPTIONS) as browser:
        opened = browser.new_page(viewport={"width": 1180, "height": 860})
        opened.goto(page.as_uri())
        opened.screenshot(path=path)


if __name__ == "__main__":
    sys.exit(main())
