"""Search and finals in this very process, with real networks."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from search import Baseline, Budget, State
from search import Finals as Settings
from search.app.resolved import ResolvedStudy
from search.data.split import Parts
from search.finals.finals import FinalsPhase
from search.jobs.context import DataSplit, WorkerContext
from search.jobs.phases import Phases
from search.loading.space_file import Space, SpaceSource
from search.metrics.scores import score
from search.store.run import load_run
from search.study.answer import Answer
from search.study.study import Study
from search.study.trial import Trial
from search.training.rate_suggestion import growing_rates
from search.tuning.runner import InProcessRunner
from search.tuning.search_loop import SearchLoop
from tests.playing import RATES
from tests.runs import recorder_for, small_study

pytestmark = pytest.mark.keras

DENSE: dict[str, Any] = {"layers": 1, "units": 16, "activation": "relu", "learning_rate": 0.05}


def diverging(rate: float) -> Any:
    import keras

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(rate), "mse", metrics=["accuracy"])
    return model


@dataclass(frozen=True, eq=False)
class Played:
    """A whole run, and what it left."""

    path: Path
    parts: Parts
    trials: tuple[Trial, ...]
    answer: Answer


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    baselines = [
        Baseline("of the space", epochs=4, seeds=2, rate_curve=True, **DENSE),
        Baseline("diverging", model=diverging, rate=1e9),
    ]
    study = small_study(budget=Budget(trials=3, epochs=2), pruner="none", baselines=baselines)
    return play(study, tmp_path_factory.mktemp("played"), growing_rates())


def play(study: Study, root: Path, rates: Sequence[float] = RATES, gpus: float = 0) -> Played:
    """A search of a study that is settled for its rows, and its finals, in this process.

    Args:
        study: Settled for its rows.
        root: Below which the run folder comes to lie.
        rates: Of the finals' learning-rate test.
        gpus: Of each worker, as the run is told; it trains on the CPU all the same.
    """
    source = SpaceSource("small.py", "small.py", {})
    resolved = ResolvedStudy.of(Space(study, "small", source, touched=False))
    parts = resolved.parts
    context = WorkerContext(source, DataSplit.of(parts, resolved.dataset), "in-graph")
    data = resolved.summary()
    with closing(recorder_for(study, root, data=data)) as recorder:
        told = recorder.manifest
        recorder.manifest = replace(told, machine=replace(told.machine, workers=1, gpus=gpus))
        finals = FinalsPhase(study, parts, recorder)
        search_loop = SearchLoop(study, recorder, 1)
        phases = Phases(lambda: search_loop, finals.retraining, finals.refitting, finals.judging)
        with patch("search.jobs.samples.growing_rates", return_value=rates):
            InProcessRunner(context, study).run(phases)
        return Played(recorder.path, parts, recorder.trials(), finals.conclude())


def test_every_fit_is_a_real_training_of_its_length(played: Played) -> None:
    assert [trial.state for trial in played.trials] == [State.COMPLETE] * 3
    assert len(played.answer.finalists) == 2
    for finalist in played.answer.finalists:
        assert [len(fit.curve["val_loss"]) for fit in finalist.fits] == [2, 2, 2]
        assert [fit.value for fit in finalist.fits] == [
            fit.curve["val_accuracy"][-1] for fit in finalist.fits
        ]
        assert len({fit.loss for fit in finalist.fits}) == 3


def test_the_headline_is_of_the_model_that_is_kept(played: Played) -> None:
    from search.training.export import load
    from search.training.predict import predictions

    model = load(load_run(played.path).folder.model)
    rows = played.parts.held_out
    found = score(predictions(model, rows.x, "binary"), rows.y, "binary")
    assert found.matrix == played.answer.headline.matrix
    assert found.loss == pytest.approx(played.answer.headline.loss, abs=1e-6)


def test_the_kept_model_gives_the_validation_value_that_chose_it(played: Played) -> None:
    from search.training.export import load
    from search.training.predict import predictions

    model = load(load_run(played.path).folder.model)
    rows = played.parts.validation
    found = score(predictions(model, rows.x, "binary"), rows.y, "binary")
    assert found.value == pytest.approx(played.answer.chosen.value, abs=1e-6)
    assert found.loss == pytest.approx(played.answer.chosen.loss, abs=1e-5)
    train = played.parts.train
    right = predictions(model, train.x, "binary").argmax(axis=1) == train.y
    assert played.answer.chosen.learnt == pytest.approx(right.mean(), abs=1e-6)


def test_a_baseline_is_built_trained_and_scored_as_it_says(played: Played) -> None:
    baseline = played.answer.baselines[0]
    assert baseline.weights == 2 * 16 + 16 + 16 + 1
    assert [len(fit.curve["loss"]) for fit in baseline.fits] == [4, 4]
    assert [score.rows for score in baseline.scores] == [40, 40]
    assert baseline.rate_curve is not None
    assert np.shape(baseline.rate_curve.losses) == (1, 100)


def test_a_baseline_of_its_own_that_diverges_is_told(played: Played) -> None:
    baseline = played.answer.baselines[1]
    assert baseline.params == {"rate": 1e9}
    assert baseline.scores == ()
    assert baseline.rate_curve is None
    assert "became" in baseline.fits[0].reason


def test_the_last_fit_is_the_model_that_is_kept(tmp_path: Path) -> None:
    from search.training.export import load
    from search.training.predict import predictions

    settings = Settings(top=1, seeds=1, splits=2, refit=True)
    budget = Budget(trials=3, epochs=3)
    found = play(small_study(budget=budget, pruner="none", finals=settings), tmp_path)
    answer = found.answer
    assert [fit.split for fit in answer.winner.fits] == [1, 2]
    assert answer.last is not None
    assert {name: len(values) for name, values in answer.last.curve.items()} == {
        "loss": 3,
        "accuracy": 3,
    }
    rows = found.parts.held_out
    model = load(load_run(found.path).folder.model)
    kept = score(predictions(model, rows.x, "binary"), rows.y, "binary")
    assert kept.loss == pytest.approx(answer.headline.loss, abs=1e-6)


@pytest.mark.long
def test_the_same_seed_gives_the_same_answer(played: Played, tmp_path: Path) -> None:
    study = small_study(budget=Budget(trials=3, epochs=2), pruner="none")
    again = play(study, tmp_path, growing_rates()).answer
    assert replace(played.answer, baselines=()) == again
