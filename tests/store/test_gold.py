"""Run folders of every format stay readable, and can be gone on with."""

import shutil
from contextlib import closing
from pathlib import Path

import pytest

from search import State
from search.report.page import render
from search.store.folder import Folder
from search.store.journal import FORMAT, Journal
from search.store.recorder import Recorder
from search.store.run import load_run
from tests.reading_pages import text_in

GOLD = Path(__file__).parent.parent / "gold"
RUNS = sorted(GOLD.glob("format-*"))
BEST = 0.6
"""Validation accuracy of trial 1, as each version wrote it."""


@pytest.fixture(params=RUNS, ids=lambda run: run.name)
def copied(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A gold run in a place where it may be written, under another name."""
    return Path(shutil.copytree(request.param, tmp_path / "copied"))


def test_there_is_one_of_each_format() -> None:
    assert [run.name for run in RUNS] == [f"format-{n}" for n in range(1, FORMAT + 1)]


def test_a_run_is_read(copied: Path, request: pytest.FixtureRequest) -> None:
    format_ = Journal(copied / "study.db", writable=False).format
    assert f"[format-{format_}]" in request.node.name
    run = load_run(copied)
    trials = run.trials()
    answer = run.answer()
    best = run.best()
    assert (len(trials), run.state) == (8, "finished")
    assert all(trial.state is State.COMPLETE and trial.epochs == 3 for trial in trials)
    assert best is not None
    assert best.value == BEST
    assert answer is not None
    assert answer.headline.value == pytest.approx(0.35)
    assert set(run.arrays("grid")) == {"x1", "x2", "probabilities"}
    assert run.space().execute().study.budget.trials == 8
    assert run.damaged() == []


def test_a_run_has_its_page(copied: Path) -> None:
    text = text_in(render(load_run(copied)))
    assert "held-out accuracy 0.350" in text
    assert "copied · 8 trials" in text
    assert "most wrong about" not in text  # these rows were not kept then


def test_a_run_is_gone_on_with_in_the_format_of_today(copied: Path) -> None:
    before = load_run(copied)
    with closing(Recorder(Folder(copied))) as recorder:
        assert recorder.trials() == before.trials()
        recorder.look(trials=8)
    after = load_run(copied)
    assert Journal(copied / "study.db", writable=False).format == FORMAT
    assert after.trials() == before.trials()
    assert after.answer() == before.answer()
    assert len(after.manifest.looks) == len(before.manifest.looks) + 1
    assert after.damaged() == []
    after.folder.model.write_bytes(b"altered")
    assert after.damaged() == [after.folder.model]
