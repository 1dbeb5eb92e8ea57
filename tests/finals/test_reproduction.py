"""A winner that is made again: what agrees, what does not, and a look that is written down."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from search import RunError, State
from search.data.split import Parts
from search.finals.finals import FinalsPhase
from search.finals.reproduction import (
    TOLERANCE,
    ReproducedFigure,
    Winner,
    _held_out,
    reproduce,
)
from search.finals.scoring import Judge
from search.store.recorder import Recorder
from search.store.run import load_run
from search.study.study import Study
from search.study.trial import Outcome
from tests.finals.rings import FAIR, PERFECT, Radius, Worker
from tests.runs import recorder_for, small_study, tell

PLAIN: dict[str, Any] = {"layers": 1, "units": 8, "activation": "relu", "learning_rate": 0.001}
SEEN = ("training loss", "training accuracy", "validation loss", "validation accuracy")
NAMES = [
    *(f"{name} after epoch 9" for name in SEEN),
    "held-out accuracy",
    "held-out log loss",
    "mean difference of predictions, in probabilities",
]


@pytest.fixture
def study() -> Study:
    return small_study()


@pytest.fixture
def parts(study: Study) -> Parts:
    return study.split.parts(study.data.load())


@pytest.fixture
def recorder(study: Study, parts: Parts, tmp_path: Path) -> Iterator[Recorder]:
    """A run whose winner parts the circles without an error."""
    with closing(recorder_for(study, tmp_path)) as recorder:
        for number in range(2):
            curve = {"val_accuracy": [0.9], "val_loss": [0.5]}
            outcome = Outcome(State.COMPLETE, 0.9, curve=curve, weights=21)
            tell(recorder, study, {**PLAIN, "units": 4 + number}, outcome)
        finals = FinalsPhase(study, parts, recorder)
        worker = Worker(parts, {"trial 0": (PERFECT,), "trial 1": (FAIR,)})
        worker.perform(finals.retraining())
        worker.perform(finals.judging())
        finals.conclude()
        yield recorder


def again(
    study: Study, parts: Parts, recorder: Recorder, radius: Radius, *, exact: bool
) -> tuple[ReproducedFigure, ...]:
    """The winner made again, by a worker that ends in this ring."""
    run = load_run(recorder.path)
    answer = run.answer()
    assert answer is not None
    winner = Winner(study, parts, "binary", answer, run.arrays("held_out"))
    worker = Worker(parts, {"trial 0": (radius,)})
    return reproduce(winner, lambda batch: void(worker.perform(batch)), recorder, exact=exact)


def void(_: object) -> None:
    """Nothing."""


def looks(recorder: Recorder) -> list[str]:
    return [look.by for look in load_run(recorder.path).manifest.looks]


def test_the_same_training_is_equal_and_its_look_is_written(
    study: Study, parts: Parts, recorder: Recorder
) -> None:
    figures = again(study, parts, recorder, PERFECT, exact=True)
    everything = [*NAMES[:4], "measures of all epochs that differ", *NAMES[4:]]
    assert [figure.name for figure in figures] == everything
    assert {(figure.verdict, figure.agrees) for figure in figures} == {("equal", True)}
    assert looks(recorder) == ["", "search reproduce"]
    assert str(recorder.manifest.looks[-1]).endswith("after 2 trials, by search reproduce")


@pytest.mark.parametrize("exact", [True, False])
def test_another_training_is_told_figure_by_figure(
    study: Study, parts: Parts, recorder: Recorder, exact: bool
) -> None:
    figures = again(study, parts, recorder, FAIR, exact=exact)
    verdict = "not equal" if exact else f"not within {TOLERANCE}"
    told = {figure.name: figure.verdict for figure in figures}
    assert told["held-out accuracy"] == told["validation accuracy after epoch 9"] == verdict
    assert not any(figure.agrees for figure in figures)


def test_a_training_that_fails_opens_nothing(
    study: Study, parts: Parts, recorder: Recorder
) -> None:
    with pytest.raises(RunError, match="loss became NaN; so the winner could not be made again"):
        again(study, parts, recorder, "loss became NaN", exact=True)
    assert looks(recorder) == [""]


def test_other_held_out_rows_are_not_opened(study: Study, parts: Parts, recorder: Recorder) -> None:
    others = replace(parts, held_out=replace(parts.held_out, y=1 - parts.held_out.y))
    with pytest.raises(RunError, match="these versions cut them otherwise"):
        again(study, others, recorder, PERFECT, exact=True)
    assert looks(recorder) == [""]


@pytest.mark.parametrize(
    ("then", "now", "tolerance", "agrees"),
    [
        (0.5, 0.5, 0.0, True),
        (0.5, 0.5000001, 0.0, False),
        (0.5, 0.51, 0.02, True),
        (0.5, 0.53, 0.02, False),
        (None, None, 0.0, True),
        (0.5, None, 0.02, False),
        (0.5, float("nan"), 0.02, False),
    ],
)
def test_a_figure_agrees(
    then: float | None, now: float | None, tolerance: float, agrees: bool
) -> None:
    assert ReproducedFigure("a figure", then, now, tolerance).agrees is agrees


@pytest.mark.parametrize(
    ("objective", "first"),
    [
        ("val_mae", "held-out MAE"),
        ("val_rmse", "held-out RMSE"),
        ("val_loss", "held-out MSE"),
        ("val_r2", "held-out R²"),
    ],
)
def test_a_figure_that_is_the_objective_is_listed_once(objective: str, first: str) -> None:
    y = np.random.default_rng(0).normal(size=(40, 1))
    judge = Judge(y, "regression", objective, maximize=objective == "val_r2")
    then, now = (judge.score(judge.judged(y * off)) for off in (1.1, 1.2))
    answer: Any = SimpleNamespace(headline=then)
    winner = Winner(small_study(), cast(Any, None), "regression", answer, {"predictions": y * 1.1})
    figures = [*_held_out(winner, y * 1.2, y, now, exact=True)]
    assert figures[0].name == first
    assert figures[0].then != figures[0].now
    values = [figure.then for figure in figures]
    assert len({round(value or 0.0, 9) for value in values}) == len(values)
