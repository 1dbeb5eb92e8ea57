"""Each scene's run and page, made once for all processes of a session."""

import os
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest

from search.report.page import render
from search.store.run import load_run
from tests.gold_pages import fixed_clock
from tests.report.runs_to_show import Pages, Runs, write
from tests.report.scenes import SCENES


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of all processes; who else makes what is in it makes the same."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Runs:
    """The runs, which are read alone."""

    @cache
    def made(name: str) -> Path:
        path = shared / "runs" / name / "shown"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with fixed_clock(), suppress(OSError):  # where another process was first
                write(SCENES[name](), tmp_path_factory.mktemp(name)).rename(path)
        return path

    return made


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory, shared: Path, runs: Runs) -> Pages:
    (shared / "pages").mkdir(exist_ok=True)

    @cache
    def made(name: str) -> Path:
        path = shared / "pages" / f"{name}.html"
        if not path.exists():
            file = tmp_path_factory.mktemp(name) / path.name
            with fixed_clock():
                file.write_text(render(load_run(runs(name))), encoding="utf-8")
            file.replace(path)
        return path

    return made
