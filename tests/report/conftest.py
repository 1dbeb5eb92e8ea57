"""Each scene's page, made once for all processes of a session."""

import os
from functools import cache
from pathlib import Path

import pytest

from tests.gold_pages import fixed_clock
from tests.report.runs_to_show import Pages, page_of
from tests.report.scenes import SCENES


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    own = tmp_path_factory.getbasetemp()
    shared = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "pages"
    shared.mkdir(exist_ok=True)

    @cache
    def made(name: str) -> Path:
        path = shared / f"{name}.html"
        if not path.exists():
            root = tmp_path_factory.mktemp(name)
            with fixed_clock():
                (root / path.name).write_text(page_of(SCENES[name](), root), encoding="utf-8")
            (root / path.name).replace(path)  # whoever else makes it makes the same
        return path

    return made
