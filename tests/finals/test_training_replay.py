"""What is kept for the playground: each model's median fit, watched once more."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from search import Finals
from search.data.scaling import Scale
from search.finals.folds import Folds
from search.finals.projection import TWO, Projections
from search.finals.retraining import Trained, entrants
from search.finals.training_replay import LONGEST, Watched, replay_of, watched
from search.jobs.messages import Configuration, Failed, Refit, Refitted, SnapshotJob, Snapshots
from search.store.run import load_run
from search.study.goal import Goal
from tests.finals.rings import BLIND, FAIR, PERFECT, Worker
from tests.finals.test_finals import Stage, stage_of
from tests.runs import small_study

GOAL = Goal("val_loss", "minimize")


def trained_by(stage: Stage, **of_trial_0: Any) -> list[Trained]:
    """Two finalists of three fits each; of trial 0 something is otherwise."""
    worker = Worker(stage.parts, {"trial 1": (BLIND, FAIR, PERFECT), "trial 0": (FAIR,)})
    found = []
    for entrant in entrants(stage.study, stage.recorder.trials()):
        results = [worker._result(job) for job in entrant.jobs]
        if entrant.name == "trial 0":
            results = [replace(r, **of_trial_0) for r in results if isinstance(r, Refitted)]
        found.append(Trained.of(entrant, results))
    return found


def test_the_median_fit_of_each_model_is_watched_as_it_was_trained(tmp_path: Path) -> None:
    stage = stage_of(small_study(), tmp_path)
    with closing(stage.recorder):
        trained = trained_by(stage)
        planes = Projections(stage.parts, ("x1", "x2")).of(())
        found = watched(trained, planes, Folds(stage.study.split, stage.parts), "maximize")
    assert found.names == ["1", "0"]
    assert found.left_out == []
    job = found.jobs[0]
    assert isinstance(job, SnapshotJob)
    twin = trained[0].entrant.jobs[1]
    assert isinstance(twin, Refit)
    assert job.configuration == twin.configuration
    assert (job.epochs, job.goal) == (twin.epochs, twin.goal)
    assert job.inputs[TWO] is planes[0][0].points


def test_what_takes_long_is_not_trained_once_more_and_that_is_told(tmp_path: Path) -> None:
    stage = stage_of(small_study(), tmp_path)
    with closing(stage.recorder):
        trained = trained_by(stage, seconds=LONGEST + 1)
        planes = Projections(stage.parts, ("x1", "x2")).of(())
        found = watched(trained, planes, Folds(stage.study.split, stage.parts), "maximize")
    assert found.names == ["1"]
    assert found.left_out == [
        "Not recorded: trial 0 (to be trained once more would take over 20 seconds)."
    ]


def test_the_answer_brings_what_was_watched(tmp_path: Path) -> None:
    stage = stage_of(small_study(), tmp_path)
    with closing(stage.recorder):
        answer = stage.play(trial_1=(PERFECT,), trial_0=(FAIR,))
        kept = load_run(stage.recorder.path).arrays("replay")
    assert kept["planes"].tolist() == [TWO]
    assert int(kept["1 seed"]) == answer.chosen.seed
    assert kept["0 features"].shape == (1, int(kept["side"]) ** 2, 2)
    assert set(np.unique(kept["1 features"])) == {13, 242}
    assert len(kept["targets"]) == len(kept["features rows"]) == len(stage.parts.train)
    assert kept["left out"].tolist() == []


def test_numbers_are_kept_in_their_own_units_within_reach_of_the_rows() -> None:
    y = np.array([[100.0, 0.0], [300.0, 0.0]])
    scale = Scale(np.array([200.0, 1.0]), np.array([100.0, 1.0]))
    x = np.array([[0.0, 0.0], [1.0, 1.0]], np.float32)
    told = np.array([[[-1.0, -1.0], [1.0, -1.0], [9.0, -1.0]]])
    of_one = Watched([], [SnapshotJob("one", Configuration({}, 7), 1, GOAL, {TWO: x})], ["1"], [])
    kept = replay_of(of_one, [Snapshots((1,), {TWO: told})], scale.apply(y), scale, "regression")
    np.testing.assert_allclose(kept["low"], [0, -1])
    np.testing.assert_allclose(kept["high"], [400, 1])
    np.testing.assert_allclose(kept["targets"], y)
    assert kept[f"1 {TWO}"][0].tolist() == [[64, 128], [191, 128], [255, 128]]


def test_a_recording_that_came_to_nothing_is_told_with_its_reason() -> None:
    jobs = [SnapshotJob(name, Configuration({}, 7), 1, GOAL, {}) for name in ("trial 3", "trial 4")]
    of_two = Watched([], jobs, ["3", "4"], ["No plane of two columns."])
    results = [Failed("asking it once took over a second")] * 2
    kept = replay_of(of_two, results, np.array([0, 1]), None, "binary")
    assert kept["left out"].tolist() == [
        "No plane of two columns.",
        "Not recorded: trial 3, trial 4 (asking it once took over a second).",
    ]


def test_a_fit_of_a_fresh_split_is_watched_with_that_splits_rows(tmp_path: Path) -> None:
    stage = stage_of(small_study(finals=Finals(top=2, seeds=1, splits=3)), tmp_path)
    folds = Folds(stage.study.split, stage.parts)
    with closing(stage.recorder):
        trained = trained_by(stage)
        planes = Projections(stage.parts, ("x1", "x2")).of(())
        found = watched(trained, planes, folds, "maximize")
    assert found.names == ["1", "0"]
    for one, job in zip(trained, found.jobs, strict=True):
        place = [c.seed for c in one.entrant.configurations].index(job.configuration.seed)
        assert job.fold is folds.fold(one.entrant.splits[place])
        assert job.fold is not None
