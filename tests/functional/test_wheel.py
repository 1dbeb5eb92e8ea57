"""The wheel, installed outside the repository, is the whole product, its command included."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.functional.command import PATIENCE, ROOT, environment

pytestmark = [pytest.mark.ray, pytest.mark.keras]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing but what the wheel brings."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*build, str(ROOT)], check=True, capture_output=True, timeout=PATIENCE)
    (wheel,) = folder.glob("keras_search-*.whl")
    install = [sys.executable, "-m", "pip", "install", "--no-deps", "--target"]
    where = [str(folder / "site"), str(wheel)]
    subprocess.run([*install, *where], check=True, capture_output=True, timeout=PATIENCE)
    return folder / "site"


def test_an_installed_wheel_searches_and_writes_its_page(site: Path, tmp_path: Path) -> None:
    space = (ROOT / "spaces" / "binary.py").read_text()
    (tmp_path / "mine.py").write_text(space)
    command = [str(site / "bin" / "search"), "run", "mine.py", "--trials", "2", "--epochs", "2"]
    ended = subprocess.run(
        [sys.executable, *command, "--name", "mine"],
        cwd=tmp_path,
        env={**environment(), "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[-1] == "page  reports/mine.html"
    assert "<table" in (tmp_path / "reports" / "mine.html").read_text()


def test_the_wheel_brings_all_that_the_package_has(site: Path) -> None:
    def files(root: Path) -> set[str]:
        return {
            str(path.relative_to(root))
            for path in (root / "search").rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }

    assert files(site) == files(ROOT)
    assert {"search/py.typed", "search/report/templates/page.html.j2"} <= files(site)
