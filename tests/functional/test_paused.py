"""Trials that are paused on Ray's workers have the numbers of trials that are not."""

import json
from pathlib import Path

import numpy as np
import pytest

from search import State, Study
from search.jobs.context import DataSplit, WorkerContext
from search.jobs.messages import Configuration
from search.jobs.models import Models
from search.loading.space_file import SpaceSource, read
from search.store.optuna_compat import frozen_trial
from search.store.run import StoredRun, load_run
from search.study.trial import seed_of
from tests.functional.command import search, within

# In short by tests/tuning/test_paused.py.
pytestmark = [pytest.mark.ray, pytest.mark.keras, pytest.mark.long]

SPACE = '''
"""Circles that take some networks long to see."""
from search import Budget, Choice, DenseSpace, Finals, Float, Int, Study, circles

study = Study(
    data=circles(samples=600, noise=0.1, seed=1),
    space=DenseSpace(layers=Int(1, 3), units=Int(4, 32), dropout=0.1,
                     activation=Choice("relu", "tanh", "sigmoid"),
                     learning_rate=Float(1e-4, 3e-2, log=True)),
    budget=Budget(trials=60, epochs=40), objective="val_loss", sampler="random",
    pruner="curve", resume_paused=True, audit=0.05, finals=Finals(top=8, seeds=1),
)
'''


def trained_whole(study: Study, run: StoredRun) -> list[dict[str, list[float]]]:
    """The curve of each trial, trained in one go to where the run has it."""
    study = study.for_task("binary")
    data = study.data.load()
    rows = DataSplit.of(study.split.parts(data), data)
    models = Models(WorkerContext(SpaceSource("s.py", "s.py", {}), rows, "numpy"), study)
    plan, curves = models.plan(study.goal, study.budget.epochs), []
    for trial in run.trials():
        params = {**study.fixed, **frozen_trial(run.study, trial.number).params}
        seed = seed_of(study.seed, "trial", trial.number)
        training = models.begin(Configuration(params, seed), plan)
        curves.append({k: list(v) for k, v in training.advance(trial.epochs).items()})
    return curves


def test_paused_trials_go_on_on_any_worker(tmp_path: Path) -> None:
    (tmp_path / "late.py").write_text(SPACE)
    ended = search(tmp_path, "run", "late.py", "--name", "late")
    assert ended.code == 0, ended.err
    run = load_run(tmp_path / "runs" / "late")
    trials = run.trials()
    assert {trial.state for trial in trials} == {State.COMPLETE, State.PRUNED}
    gone_on = [trial for trial in trials if trial.pauses and trial.pauses[0].went_on]
    assert gone_on
    assert not list(run.folder.states.glob("*"))
    for trial, curve in zip(
        trials, trained_whole(read(tmp_path / "late.py").execute().study, run), strict=True
    ):
        assert {name: list(values) for name, values in trial.curve.items()} == curve
        assert all(np.isclose(p.value, trial.curve["val_loss"][p.epoch - 1]) for p in trial.pauses)
    told = json.loads(within(tmp_path, "report", "late", "--json").out)["search"]["forecasts"]
    assert told["paused"]["went_on"] == len(gone_on)
    page = (tmp_path / "reports" / "late.html").read_text(encoding="utf-8")
    assert f"{len(gone_on)} went on when a later forecast had hope again" in page
