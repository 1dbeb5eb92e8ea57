"""The finals: fresh fits, a choice by validation alone, and one look at held-out."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from search import Baseline, Budget, RunError, State, arrays
from search.data.split import Parts, Rows
from search.finals import finals as room
from search.finals.drawn_features import GRID
from search.finals.fit_cache import FitCache
from search.jobs.batch import Batch
from search.jobs.messages import JointRefit, Prediction, RateTest, Refit, Refitted
from search.store.recorder import Recorder
from search.store.run import load_run
from search.study.answer import Answer
from search.study.study import Study
from search.study.trial import Outcome, seed_of
from tests.finals.rings import BLIND, FAIR, LOST, PERFECT, Radius, Worker
from tests.runs import recorder_for, small_study, tell

VALUES = (0.9, 1.0, 0.8, 0.7)
"""Of the search's four trials; with a budget of six, trials 1 and 0 reach the finals."""
PLAIN: dict[str, Any] = {"layers": 1, "units": 8, "activation": "relu", "learning_rate": 0.001}


@dataclass(frozen=True, eq=False)
class Stage:
    """A search that has ended, and its finals."""

    study: Study
    parts: Parts
    recorder: Recorder

    def finals(self, **more: Any) -> room.FinalsPhase:
        return room.FinalsPhase(self.study, self.parts, self.recorder, **more)

    def play(self, *, predicts: bool = True, **radii: tuple[Radius, ...]) -> Answer:
        """All of the finals, with rings: `trial_1=(PERFECT, FAIR)` …"""
        finals = self.finals()
        named = {name.replace("_", " "): values for name, values in radii.items()}
        worker = Worker(self.parts, named, predicts)
        worker.perform(finals.retraining())
        worker.perform(finals.judging())
        return finals.conclude()

    @property
    def looks(self) -> list[int]:
        """Openings of held-out on the disk, each by the trials that were finished then."""
        return [look.trials for look in load_run(self.recorder.path).manifest.looks]

    @property
    def written(self) -> Answer | None:
        """The answer on the disk."""
        return load_run(self.recorder.path).answer()


def stage_of(study: Study, root: Path) -> Stage:
    recorder = recorder_for(study, root)
    for number, value in enumerate(VALUES):
        curve = {"val_accuracy": [value], "val_loss": [0.5]}
        outcome = Outcome(State.COMPLETE, value, curve=curve, weights=21)
        tell(recorder, study, {**PLAIN, "units": 4 + number}, outcome)
    tell(recorder, study, PLAIN, Outcome(State.FAIL, reason="it failed"))
    return Stage(study, study.split.parts(study.data.load()), recorder)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = stage_of(small_study(), tmp_path)
    with closing(made.recorder):
        yield made


@pytest.fixture
def with_baselines(tmp_path: Path) -> Iterator[Stage]:
    baselines = [
        Baseline("plain", seeds=2, epochs=5, note="reported 0.9", **PLAIN),
        Baseline("curved", seeds=1, rate_curve=True, **PLAIN),
    ]
    made = stage_of(small_study(baselines=baselines), tmp_path)
    with closing(made.recorder):
        yield made


def test_only_what_completed_is_trained_again(stage: Stage) -> None:
    wide = replace(stage.study, budget=Budget(trials=60, epochs=9))
    names = {job.name for job in replace(stage, study=wide).finals().retraining().jobs}
    assert names == {"trial 0", "trial 1", "trial 2", "trial 3"}


def test_every_fit_has_a_fresh_seed_and_the_configuration_of_its_trial(stage: Stage) -> None:
    jobs = [job for job in stage.finals().retraining().jobs if isinstance(job, Refit)]
    seeds = {job.configuration.seed for job in jobs}
    assert len(seeds) == len(jobs) == 6
    assert seeds.isdisjoint(seed_of(stage.study.seed, "trial", n) for n in range(5))
    by_name = {job.name: job.configuration.params for job in jobs}
    for trial in stage.recorder.trials()[:2]:
        assert by_name[f"trial {trial.number}"] == {**stage.study.fixed, **trial.params}


def test_the_same_search_has_the_same_finals_and_another_seed_others(stage: Stage) -> None:
    def seeds(study: Study) -> list[int]:
        jobs = replace(stage, study=study).finals().retraining().jobs
        return [job.configuration.seed for job in jobs if isinstance(job, Refit)]

    assert seeds(stage.study) == seeds(stage.study)
    assert set(seeds(stage.study)).isdisjoint(seeds(replace(stage.study, seed=1)))


@pytest.mark.parametrize(
    ("gpus", "engine"), [(1, "in-graph"), (0.5, "in-graph"), (0, "in-graph"), (1, "fit")]
)
def test_on_a_gpu_the_seeds_of_a_finalist_are_one_job(
    gpus: float, engine: str, stage: Stage
) -> None:
    recorder, manifest = stage.recorder, stage.recorder.manifest
    recorder.manifest = replace(
        manifest,
        machine=replace(manifest.machine, gpus=gpus, workers=1),
        plan=replace(manifest.plan, engine=engine),
    )
    batch = stage.finals().retraining()
    handed: list[Any] = []
    while (job := batch.next()) is not None:
        handed.append(job)
    if not gpus or engine == "fit":
        assert handed == list(batch.jobs)
        return
    assert [len(job.jobs) for job in handed if isinstance(job, JointRefit)] == [3, 3]
    assert len({each.name for job in handed[:1] for each in job.jobs}) == 1
    assert [job for joint in handed for job in joint.jobs] == list(batch.jobs)


def test_what_an_earlier_session_trained_is_not_trained_with_the_others(stage: Stage) -> None:
    recorder, manifest = stage.recorder, stage.recorder.manifest
    recorder.manifest = replace(manifest, machine=replace(manifest.machine, gpus=1, workers=1))
    first, second, *others = stage.finals().retraining().jobs
    kept = Refitted({"loss": [1.0], "val_loss": [1.0]}, (), 3, np.zeros((2, 2)))
    FitCache(recorder).keep(second, kept, seconds=9.0)
    batch = stage.finals().retraining()
    assert batch.done == 1
    job = batch.next()
    assert isinstance(job, JointRefit)
    assert job.jobs == (first, others[0])


def test_held_out_is_opened_after_the_choice_and_its_look_is_written_first(stage: Stage) -> None:
    looks: list[tuple[list[int], str]] = []

    def note(batch: Batch) -> None:
        looks.append((stage.looks, type(batch.jobs[0]).__name__))

    finals = stage.finals(on_change=note)
    worker = Worker(stage.parts, {"trial 1": (PERFECT,), "trial 0": (FAIR,)})
    worker.perform(finals.retraining())
    judging = finals.judging()
    assert stage.looks == [5]
    worker.perform(judging)
    assert looks == [([], "Refit")] * 6 + [([5], "Prediction")] * len(judging.jobs)


def test_only_the_winner_is_shown_held_out(stage: Stage) -> None:
    finals = stage.finals()
    worker = Worker(stage.parts, {"trial 1": (FAIR,), "trial 0": (PERFECT,)})
    worker.perform(finals.retraining())
    shown = [job for job in finals.judging().jobs if isinstance(job, Prediction)]
    assert {job.name for job in shown} == {"trial 0"}
    assert all(job.inputs["held_out"] is stage.parts.held_out.x for job in shown)
    assert [job.export for job in shown].count(True) == 1


def test_what_held_out_says_changes_no_choice(tmp_path: Path) -> None:
    answers = []
    for name in ("as it is", "reversed"):
        made = stage_of(small_study(), tmp_path / name)
        rows = made.parts.held_out
        y = rows.y if name == "as it is" else 1 - rows.y
        made = replace(made, parts=replace(made.parts, held_out=Rows(rows.x, y)))
        with closing(made.recorder):
            answers.append(made.play(trial_1=(PERFECT, FAIR, PERFECT), trial_0=(FAIR,)))
    first, second = answers
    assert first.finalists == second.finalists
    assert first.chosen == second.chosen
    assert first.headline.value == 1 - second.headline.value == 1.0


def test_the_winner_is_who_is_best_again_and_not_who_was_best_in_the_search(stage: Stage) -> None:
    answer = stage.play(trial_1=(BLIND, PERFECT, BLIND), trial_0=(PERFECT,))
    assert [f.number for f in answer.finalists] == [0, 1]
    assert answer.winner.search_value == 0.9
    assert [f.tied for f in answer.finalists] == [False, False]


def test_a_tie_is_marked(stage: Stage) -> None:
    assert stage.play(trial_1=(PERFECT,), trial_0=(PERFECT,)).finalists[1].tied


def test_the_headline_is_the_median_fits_and_every_fit_is_scored(stage: Stage) -> None:
    answer = stage.play(trial_1=(BLIND, FAIR, PERFECT), trial_0=(BLIND,))
    assert answer.chosen == answer.winner.fits[1]
    assert answer.headline == answer.scores[1]
    assert answer.scores[0].value < answer.scores[1].value < answer.scores[2].value
    assert stage.recorder.folder.model.read_bytes() == b"a ring of 1.0"


def test_who_failed_on_all_seeds_never_wins(stage: Stage) -> None:
    answer = stage.play(trial_1=(LOST,), trial_0=(BLIND,))
    assert [f.number for f in answer.finalists] == [0, 1]
    loser = answer.finalists[1]
    assert (loser.mean, loser.tied) == (None, False)
    assert [fit.reason for fit in loser.fits] == [LOST] * 3


def test_a_winner_that_failed_on_one_seed_is_scored_on_the_others(stage: Stage) -> None:
    answer = stage.play(trial_1=(PERFECT, LOST, PERFECT), trial_0=(FAIR,))
    assert answer.winner.number == 1
    assert [fit.reason for fit in answer.winner.fits] == ["", LOST, ""]
    assert len(answer.scores) == 2


def test_a_search_without_a_completed_trial_has_no_answer_and_no_look(tmp_path: Path) -> None:
    study = small_study(baselines=[Baseline("plain", **PLAIN)])
    with closing(recorder_for(study, tmp_path)) as recorder:
        tell(recorder, study, PLAIN, Outcome(State.FAIL, reason="it failed"))
        made = Stage(study, study.split.parts(study.data.load()), recorder)
        finals = made.finals()
        assert finals.retraining().jobs == finals.judging().jobs == ()
        with pytest.raises(RunError, match="all 1 trials failed, 1 of them with “it failed”"):
            finals.conclude()
        assert made.looks == []
        assert made.written is None


def test_a_search_without_a_trial_says_so(tmp_path: Path) -> None:
    study = small_study()
    with closing(recorder_for(study, tmp_path)) as recorder:
        made = Stage(study, study.split.parts(study.data.load()), recorder)
        with pytest.raises(RunError, match="no trial was begun in the time"):
            made.finals().conclude()


def test_where_every_finalist_failed_there_is_no_answer_and_no_look(stage: Stage) -> None:
    with pytest.raises(RunError, match="no configuration could be trained again"):
        stage.play(trial_1=(LOST,), trial_0=(LOST,))
    assert stage.looks == []


def test_where_the_winners_predictions_are_lost_that_is_said(stage: Stage) -> None:
    with pytest.raises(RunError, match="could not be judged: its worker process died"):
        stage.play(trial_1=(PERFECT,), trial_0=(FAIR,), predicts=False)
    assert stage.written is None


def test_the_answer_is_read_back_as_it_was_written(with_baselines: Stage) -> None:
    answer = with_baselines.play(
        trial_1=(PERFECT, LOST), trial_0=(LOST,), plain=(FAIR,), curved=(BLIND,)
    )
    assert with_baselines.written == answer


def test_the_held_out_rows_and_the_plane_are_kept_for_the_page(stage: Stage) -> None:
    stage.play(trial_1=(PERFECT,), trial_0=(BLIND,))
    run = load_run(stage.recorder.path)
    held_out, grid = run.arrays("held_out"), run.arrays("grid")
    np.testing.assert_array_equal(held_out["x"], stage.parts.held_out.x)
    np.testing.assert_array_equal(held_out["probabilities"].argmax(axis=1), held_out["y"])
    assert grid["probabilities"].shape == (GRID, GRID, 2)
    x1, x2 = np.meshgrid(grid["x1"], grid["x2"])
    inside = np.hypot(x1, x2) < PERFECT
    np.testing.assert_array_equal(grid["probabilities"].argmax(axis=2), inside)
    assert grid["x1"][0] < held_out["x"][:, 0].min() < held_out["x"][:, 0].max() < grid["x1"][-1]


def test_a_feature_that_never_changes_still_spans_a_plane(tmp_path: Path) -> None:
    x = np.column_stack([np.linspace(0, 2, 60), np.full(60, 5.0)])
    made = stage_of(small_study(data=arrays(x, x[:, 0] > 1)), tmp_path)
    with closing(made.recorder):
        made.play(trial_1=(PERFECT,), trial_0=(PERFECT,))
    grid = load_run(made.recorder.path).arrays("grid")
    assert all(np.all(np.diff(grid[side]) > 0) for side in ("x1", "x2"))


def test_baselines_are_trained_on_seeds_of_their_own(with_baselines: Stage) -> None:
    jobs = with_baselines.finals().retraining().jobs
    fits = [job for job in jobs if isinstance(job, Refit)]
    own = [(j.name, j.configuration.baseline, j.epochs) for j in fits if j.name[:5] != "trial"]
    assert own == [("plain", 0, 5), ("plain", 0, 5), ("curved", 1, 9)]
    assert len({job.configuration.seed for job in fits}) == len(fits)


def test_baselines_are_scored_on_held_out_beside_the_winner(with_baselines: Stage) -> None:
    answer = with_baselines.play(
        trial_1=(PERFECT,), trial_0=(PERFECT,), plain=(LOST, FAIR), curved=(LOST,)
    )
    plain, curved = answer.baselines
    assert (plain.note, plain.epochs, plain.weights) == ("reported 0.9", 5, 1)
    assert [fit.reason for fit in plain.fits] == [LOST, ""]
    assert [score.value < 1 for score in plain.scores] == [True]
    assert (curved.scores, curved.weights, curved.fits[0].reason) == ((), 0, LOST)


def test_a_rate_curve_is_drawn_for_the_winner_and_for_who_asks(with_baselines: Stage) -> None:
    finals = with_baselines.finals()
    radii = dict.fromkeys(("trial 1", "trial 0", "plain", "curved"), (PERFECT,))
    worker = Worker(with_baselines.parts, radii)
    worker.perform(finals.retraining())
    tests = [job for job in worker.perform(finals.judging()).jobs if isinstance(job, RateTest)]
    assert [job.name for job in tests] == ["trial 0", "curved"]
    assert len({job.configuration.seed for job in tests}) == len(tests)
    answer = finals.conclude()
    curves = [answer.rate_curve, *(baseline.rate_curve for baseline in answer.baselines)]
    assert [(c.of, c.losses[0][0]) if c else None for c in curves] == [
        ("winner", 0.7),
        None,
        ("curved", 0.6),
    ]
