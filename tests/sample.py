"""Makes `reports/sample/` anew: a page of each kind of task, and a picture of the main job's.

`python -m tests.sample` from the repository's root, or with the names of some spaces.
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
SPACES = ("binary", "multiclass", "multilabel", "regression")


def main() -> int:
    """Run the spaces in a folder of their own and keep what a reader sees of them."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        shutil.copytree(ROOT / "spaces", folder / "spaces")
        SAMPLE.mkdir(exist_ok=True)
        for name in sys.argv[1:] or SPACES:
            ended = search(folder, "run", f"spaces/{name}.py", "--name", name)
            if ended.code:
                print(ended.err)
                return 1
            shutil.copy(folder / "reports" / f"{name}.html", SAMPLE / f"{name}.html")
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
