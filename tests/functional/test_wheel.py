"""The wheel, installed outside the repository, is the whole product, its command included."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.functional.command import PATIENCE, ROOT, environment


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


def installed(site: Path, folder: Path, *words: str) -> str:
    """What the wheel's own command prints."""
    ended = subprocess.run(
        [sys.executable, str(site / "bin" / "search"), *words],
        cwd=folder,
        env={**environment(), "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.mark.keras
def test_an_installed_wheel_trains_and_writes_a_page(site: Path, tmp_path: Path) -> None:
    shutil.copy(ROOT / "spaces" / "binary.py", tmp_path / "mine.py")
    assert "  complete  " in installed(site, tmp_path, "try", "mine.py", "--epochs", "2")
    shutil.copytree(ROOT / "tests" / "gold" / "run", tmp_path / "runs" / "gold")
    said = installed(site, tmp_path, "report", "gold")
    assert said.splitlines()[-1] == "page  reports/gold.html"
    assert "<table" in (tmp_path / "reports" / "gold.html").read_text()


@pytest.mark.long
@pytest.mark.ray
@pytest.mark.keras
def test_an_installed_wheel_searches_and_writes_its_page(site: Path, tmp_path: Path) -> None:
    shutil.copy(ROOT / "spaces" / "binary.py", tmp_path / "mine.py")
    few = ("--trials", "2", "--epochs", "2", "--name", "mine")
    assert installed(site, tmp_path, "run", "mine.py", *few).splitlines()[-1] == (
        "page  reports/mine.html"
    )
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
