"""Each scene's page, made once."""

from functools import cache
from pathlib import Path

import pytest

from tests.gold_pages import fixed_clock
from tests.report.runs_to_show import Pages, page_of
from tests.report.scenes import SCENES


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    @cache
    def made(name: str) -> Path:
        root = tmp_path_factory.mktemp(name)
        path = root / f"{name}.html"
        with fixed_clock():
            path.write_text(page_of(SCENES[name](), root), encoding="utf-8")
        return path

    return made
