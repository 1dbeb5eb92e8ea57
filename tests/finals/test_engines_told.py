"""A study of which a part falls back to `fit`: everything tells the engine that did train."""

from contextlib import closing
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from search import Baseline, Budget, Choice, Finals, Int, Study, circles
from search.app.status import facts
from search.display.status import sentences
from search.finals.fit_cache import FitCache
from search.jobs.messages import Configuration, Refit, Refitted
from search.report import tables
from search.report.engines import engine_of_winner
from search.store.run import load_run
from search.study.goal import Goal
from search.study.trial import EngineChoice
from search.training.choice import TOGETHER
from tests.finals.test_with_keras import Played, play
from tests.runs import recorder_for, small_study

pytestmark = pytest.mark.keras

WHY = "the model has a fit of its own"


class OwnFit(keras.Sequential):  # type: ignore[misc] # Keras has no types
    """A model whose author means something else by `fit`."""

    def fit(self, *args: Any, **more: Any) -> Any:
        """As Keras's."""
        return super().fit(*args, **more)


def built(kind: str, units: int) -> Any:
    cls = OwnFit if kind == "own" else keras.Sequential
    layers = [keras.layers.Dense(units, "relu"), keras.layers.Dense(1, "sigmoid")]
    model = cls([keras.Input((2,)), *layers])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    kinds = ("stock", "own", "stock", "own", "stock")
    study = Study(
        data=circles(samples=200),
        model=built,
        space={"kind": Choice("stock", "own"), "units": Int(4, 9)},
        first=[{"kind": kind, "units": 4 + i} for i, kind in enumerate(kinds)],
        budget=Budget(trials=5, epochs=2),
        pruner="none",
        finals=Finals(top=5, seeds=1),
        baselines=[Baseline("given", model=built, kind="own", units=4)],
    )
    return play(study.for_task("binary"), tmp_path_factory.mktemp("played"))


def test_each_trial_has_the_engine_that_trained_it(played: Played) -> None:
    stock, own = EngineChoice("in-graph"), EngineChoice("fit", WHY)
    assert [trial.engine for trial in played.trials] == [stock, own, stock, own, stock]
    assert list(load_run(played.path).frame()["engine"]) == [
        one.engine.name for one in played.trials
    ]


def test_each_fit_of_the_finals_has_it(played: Played) -> None:
    for finalist in played.answer.finalists:
        expected = played.trials[finalist.number].engine
        assert {fit.engine for fit in finalist.fits} == {expected}
    assert played.answer.baselines[0].fits[0].engine == EngineChoice("fit", WHY)
    run = load_run(played.path)
    winner = played.trials[played.answer.winner.number]
    assert engine_of_winner(run.manifest.plan, played.answer) == winner.engine.name


def test_page_and_status_say_how_many_and_why(played: Played) -> None:
    run = load_run(played.path)
    fell = f"2 of 5 trials by fit, since {WHY}"
    made = dict(tables.making(run, run.trials(), run.answer()).rows)
    assert made["engine of the trials"].startswith("in-graph (")
    assert made["engine of the trials"].endswith(f"; {fell}")
    fits = [f.engine.name for one in played.answer.finalists for f in one.fits] + ["fit"]
    assert made["engine of the finals"] == (
        f"{fits.count('fit')} of {len(fits)} fits by fit, since {WHY}"
    )
    told = facts(run)
    assert f"engine in-graph was planned; {fell}" in sentences(run, told)
    assert told["engine"]["planned"] == "in-graph"
    assert told["engine"]["trained"] == [
        {"name": "in-graph", "trials": 3, "why": ""},
        {"name": "fit", "trials": 2, "why": WHY},
    ]
    assert [trial["engine"] for trial in told["trials"]] == [t.engine.name for t in played.trials]


def test_a_fit_that_is_kept_over_an_interruption_keeps_it(tmp_path: Path) -> None:
    job = Refit("one", Configuration({}, 1), 2, Goal("val_loss", "minimize"))
    curve = {"loss": [1.0], "val_loss": [1.0]}
    refitted = Refitted(curve, (), 3, np.zeros((2, 2)), engine=EngineChoice("fit", WHY))
    with closing(recorder_for(small_study(), tmp_path)) as recorder:
        cache = FitCache(recorder)
        cache.keep(job, refitted, seconds=9.0)
        (found,) = cache.of([job])
    assert isinstance(found, Refitted)
    assert found.engine == refitted.engine


def test_on_a_gpu_it_is_told_that_seeds_were_trained_together(tmp_path: Path) -> None:
    study = Study(
        data=circles(samples=200),
        model=built,
        space={"kind": Choice("stock", "own"), "units": Int(4, 9)},
        first=[{"kind": "stock", "units": 4}, {"kind": "own", "units": 5}],
        budget=Budget(trials=2, epochs=2),
        pruner="none",
        finals=Finals(top=2, seeds=2),
    )
    played = play(study.for_task("binary"), tmp_path, gpus=1)
    together, own = EngineChoice("in-graph-stacked", TOGETHER), EngineChoice("fit", WHY)
    for finalist in played.answer.finalists:
        expected = together if finalist.params["kind"] == "stock" else own
        assert [fit.engine for fit in finalist.fits] == [expected] * 2
        assert len({fit.loss for fit in finalist.fits}) == 2
    run = load_run(played.path)
    made = dict(tables.making(run, run.trials(), run.answer()).rows)
    told = made["engine of the finals"].split("; ")
    assert f"2 of 4 fits by in-graph-stacked, since {TOGETHER}" in told
