"""Where workers have a GPU, the seeds of a finalist are trained together, and said to be."""

import json
from pathlib import Path

import pytest

from search.store.run import load_run
from tests.functional.command import ONE_WORKER, search

pytestmark = [pytest.mark.ray, pytest.mark.keras]

SPACE = """
from search import Budget, DenseSpace, Finals, Int, Study, circles

study = Study(
    data=circles(samples=200),
    space=DenseSpace(layers=1, units=Int(4, 32)),
    budget=Budget(trials=3, epochs=2),
    finals=Finals(top=1, seeds=2, splits=2),
)
"""


def test_seeds_of_a_finalist_come_back_one_by_one(tmp_path: Path) -> None:
    (tmp_path / "space.py").write_text(SPACE)
    declared = {"RAY_OVERRIDE_RESOURCES": json.dumps({"GPU": 1})}
    options = ("--gpus-per-trial", "1", *ONE_WORKER, "--name", "gpu")
    ended = search(tmp_path, "run", "space.py", *options, **declared)
    assert ended.code == 0, ended.err
    answer = load_run(tmp_path / "runs" / "gpu").answer()
    assert answer is not None
    (finalist,) = answer.finalists
    assert [fit.engine.name for fit in finalist.fits] == ["in-graph-stacked"] * 4
    assert sorted(fit.split for fit in finalist.fits) == [1, 1, 2, 2]
    assert len({fit.seed for fit in finalist.fits}) == 4
    assert len({fit.loss for fit in finalist.fits}) == 4
    (page,) = (tmp_path / "reports").glob("*.html")
    assert "4 of 5 fits by in-graph-stacked, since the seeds of a configuration" in page.read_text()
