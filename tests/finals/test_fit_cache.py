"""Finals that were interrupted go on: what took long is kept, what failed is tried again."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from search.data.series_rows import Blocks
from search.finals.fit_cache import FitCache
from search.jobs.messages import Failed, Refitted
from search.metrics.base import Estimate
from search.metrics.row_loss import QUANTILE, RowLoss
from search.store.folder import Folder
from search.store.recorder import Recorder
from tests.finals.rings import FAIR, LOST, PERFECT, Worker
from tests.finals.test_finals import Stage, stage_of
from tests.runs import small_study

RADII = {"trial 1": (PERFECT, LOST, PERFECT), "trial 0": (FAIR,)}


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setattr("search.finals.fit_cache.LONG", 0.0)
    made = stage_of(small_study(), tmp_path)
    with closing(made.recorder):
        yield made


def files(stage: Stage) -> list[Path]:
    return stage.recorder.folder.fits()


def interrupted(stage: Stage, jobs: int) -> None:
    """Some jobs of a first session end, and then its driver is gone."""
    batch, worker = stage.finals().retraining(), Worker(stage.parts, RADII)
    for _ in range(jobs):
        job = batch.next()
        assert job is not None
        batch.ended(job, worker._result(job), "1@here")


def gone_on(stage: Stage) -> Stage:
    """The same run in another session."""
    stage.recorder.close()
    return Stage(stage.study, stage.parts, Recorder(Folder(stage.recorder.path)))


def test_what_was_trained_is_not_trained_again_and_the_answer_is_the_same(
    stage: Stage, tmp_path: Path
) -> None:
    interrupted(stage, jobs=4)
    assert len(files(stage)) == 3, "one of the four failed"
    again = gone_on(stage)
    with closing(again.recorder):
        finals = again.finals()
        batch = finals.retraining()
        kept = [result for result in batch.results if result is not None]
        assert len(kept) == 3
        assert all(isinstance(result, Refitted) for result in kept)
        worker = Worker(again.parts, {"trial 1": (LOST,), "trial 0": (FAIR,)})
        worker.perform(batch)
        assert sum(isinstance(result, Failed) for result in batch.results) == 1
        worker.perform(finals.judging())
        answer = finals.conclude()
        assert files(again) == []
    other = stage_of(small_study(), tmp_path / "undisturbed")
    with closing(other.recorder):
        undisturbed = other.play(trial_1=(PERFECT, LOST, PERFECT), trial_0=(FAIR,))
    assert [f.fits for f in answer.finalists] == [f.fits for f in undisturbed.finalists]
    assert answer.headline == undisturbed.headline


def test_a_damaged_one_is_trained_again(stage: Stage) -> None:
    interrupted(stage, jobs=1)
    (file,) = files(stage)
    file.write_bytes(file.read_bytes()[:-9])
    again = gone_on(stage)
    with closing(again.recorder):
        assert not any(again.finals().retraining().results)


def test_a_measure_of_its_own_is_kept_whole(stage: Stage) -> None:
    job = stage.finals().retraining().next()
    assert job is not None
    measured = Estimate(
        0.5, np.array([0.4, 0.6]), "f2 (the model's own)", Blocks(np.array([0, 0, 1]), 0),
        share=True, rows=np.array([0.0, 1.0, 1.0]), row_loss=RowLoss(QUANTILE, 0.9),
    )  # fmt: skip
    fit = Refitted({"val_f2": [0.5]}, (np.zeros(2),), 2, np.zeros((3, 1)), estimate=measured)
    FitCache(stage.recorder).keep(job, fit, 1.0)
    (found,) = FitCache(stage.recorder).of([job])
    assert isinstance(found, Refitted)
    kept = found.estimate
    assert kept is not None
    for name, value in vars(measured).items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(getattr(kept, name), value)
        elif name != "blocks":
            assert getattr(kept, name) == value
    assert kept.blocks is not None
    assert (kept.blocks.moments.tolist(), kept.blocks.length) == ([0, 0, 1], 0)


def test_one_that_an_earlier_version_kept_is_trained_again(stage: Stage) -> None:
    interrupted(stage, jobs=1)
    (file,) = files(stage)
    with np.load(file) as kept:
        arrays = {name: kept[name] for name in kept if name != "learnt"}
    with file.open("wb") as opened:
        np.savez(opened, **arrays)
    again = gone_on(stage)
    with closing(again.recorder):
        assert not any(again.finals().retraining().results)


def test_other_rows_need_other_fits(stage: Stage) -> None:
    interrupted(stage, jobs=1)
    again = gone_on(stage)
    with closing(again.recorder):
        again.recorder.revise(again.recorder.manifest.plan, data_changed=True)
        assert not any(again.finals().retraining().results)


def test_what_is_fast_is_not_kept(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.finals.fit_cache.LONG", 60.0)
    interrupted(stage, jobs=2)
    assert files(stage) == []
