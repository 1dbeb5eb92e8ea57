"""A run folder that an earlier version left stays readable, and can be gone on with."""

import shutil
from contextlib import closing
from pathlib import Path

import pytest

from search import State
from search.report.page import render
from search.store.folder import Folder
from search.store.recorder import Recorder
from search.store.run import load_run
from tests.reading_pages import text_in

GOLD = Path(__file__).parent.parent / "gold" / "run"
BEST = 0.6
"""Validation accuracy of trial 1, as it was written."""


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The gold run in a place where it may be written, under another name."""
    return Path(shutil.copytree(GOLD, tmp_path / "copied"))


def test_a_run_is_read(copied: Path) -> None:
    run = load_run(copied)
    trials = run.trials()
    answer = run.answer()
    best = run.best()
    assert (len(trials), run.state) == (8, "finished")
    assert all(trial.state is State.COMPLETE and trial.epochs == 3 for trial in trials)
    assert best is not None
    assert best.value == BEST
    assert answer is not None
    assert answer.headline.value == pytest.approx(0.375)
    assert set(run.arrays("grid")) == {"x1", "x2", "probabilities"}
    assert run.space().execute().study.budget.trials == 8
    assert run.damaged() == []


def test_a_run_has_its_page(copied: Path) -> None:
    text = text_in(render(load_run(copied)))
    assert "held-out accuracy 0.38 (" in text
    assert "copied · 8 trials" in text


def test_a_run_is_gone_on_with(copied: Path) -> None:
    before = load_run(copied)
    with closing(Recorder(Folder(copied))) as recorder:
        assert recorder.trials() == before.trials()
        recorder.look(trials=8)
    after = load_run(copied)
    assert after.trials() == before.trials()
    assert after.answer() == before.answer()
    assert len(after.manifest.looks) == len(before.manifest.looks) + 1
    assert after.damaged() == []
    after.folder.model.write_bytes(b"altered")
    assert after.damaged() == [after.folder.model]
