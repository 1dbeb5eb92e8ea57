"""The script trains what the engines train, for each task and each field of a dense space."""

import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from search import Split, arrays
from search.data.dataset import Array
from search.study.task import TASKS
from search.training.in_numpy.engine import NumpyTraining
from search.training.plan import TrainingPlan
from search.training.rate_schedule import schedule_of
from search.training.script import Recipe, dense_builder, script
from tests.training.conftest import PLAIN

EPOCHS = 5


@dataclass(frozen=True, eq=False)
class Case:
    """Rows and a configuration."""

    x: Array
    y: Array
    task: str
    params: dict[str, Any] = field(default_factory=dict)


DRAW = np.random.default_rng(3)
X = DRAW.normal(size=(300, 4, 2)).astype(np.float32)
SUMS = X.sum(axis=(1, 2))
CASES = {
    "labels, normalised, by a schedule": Case(
        X[:, :, 0],
        np.column_stack([SUMS > 0, X[:, 0, 0] > 0.5]).astype(int),
        "multilabel",
        {"batch_norm": True, "schedule": "linear", "warmup": 0.2},
    ),
    "classes of pictures, decayed and weighted": Case(
        X, np.digitize(SUMS, (-3, 1)), "multiclass", {"l2": 0.01, "class_weight": "balanced"}
    ),
    "numbers in their own units": Case(
        X[:, :, 1], np.column_stack([1e4 + 900 * SUMS, X[:, 0, 1]]), "regression"
    ),
}


@pytest.mark.keras
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_script_trains_what_the_engine_trains(case: Case, tmp_path: Path) -> None:
    data = arrays(case.x, case.y, task=case.task).load()
    own = Split().parts(data)
    parts = own.scaled() if case.task == "regression" else own
    params = {**PLAIN, "class_weight": "none", **case.params}
    course = TrainingPlan(EPOCHS)
    training = NumpyTraining(data.shape, params, parts.train, parts.validation, 7, course=course)
    curve = training.advance(EPOCHS)
    predicted = training.predictions(parts.held_out.x)
    schedule = schedule_of(params, EPOCHS, len(parts.train))
    weights = parts.train.weighted(params["class_weight"]).weights
    told = {"train": own.train, "validation": own.validation, "held_out": own.held_out}
    more = {} if schedule is None else {"rates": schedule.rates(0, EPOCHS)}
    more |= {} if weights is None else {"train_weights": weights}
    rows = {f"{n}_{k}": getattr(r, k) for n, r in told.items() for k in "xy"}
    np.savez(tmp_path / "data.npz", **rows, **more)
    recipe = Recipe(
        run="a-run",
        versions={"keras": "3"},
        builder=dense_builder(data.shape, params),
        shape=data.shape,
        seed=7,
        epochs=EPOCHS,
        batch=params["batch_size"],
        engine="numpy",
        threads=1,
        page=("figure", 0.5, (0.5,)),
        loss=curve["val_loss"][-1],
        scaled=parts.scale is not None,
        weighted=weights is not None,
        scheduled=schedule is not None,
    )
    (tmp_path / "train.py").write_text(script(recipe))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "train.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    loss = re.search(r"validation loss (\S+) here", done.stdout)
    assert loss
    assert float(loss[1]) == pytest.approx(curve["val_loss"][-1], rel=1e-3)

    from search.finals.scoring import score
    from search.training.export import load
    from search.training.predict import predictions

    found = predictions(load(tmp_path / "trained.keras"), own.held_out.x, case.task)
    back = parts.scale.back(predicted) if parts.scale else predicted
    np.testing.assert_allclose(found, back, rtol=1e-3, atol=1e-3)
    figure = re.search(r"held-out figure (\S+) here, 0.5 on the page", done.stdout)
    assert figure
    expected = score(found, own.held_out.y, case.task).value
    assert float(figure[1]) == pytest.approx(expected, rel=1e-4)


def recipe_of(engine: str, *, dropout: bool) -> Recipe:
    data = arrays(X[:, :, 0], (SUMS > 0).astype(int)).load()
    return Recipe(
        run="a-run", versions={}, builder=dense_builder(data.shape, PLAIN), shape=data.shape,
        seed=1, epochs=1, batch=32, engine=engine, threads=1,
        page=("accuracy", 0.9, (0.875, 0.9)), loss=0.1, dropout=dropout,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("engine", "dropout", "says"),
    [
        ("numpy", False, "expect it within 0.02"),
        ("numpy", True, "expect what another seed gives; the winner's seeds gave 0.875, 0.9"),
        ("in-graph", True, "equal on the same versions and CPU but for rounding"),
        ("fit", False, "equal on the same versions and CPU but for rounding"),
    ],
)
def test_a_script_says_what_to_expect(engine: str, dropout: bool, says: str) -> None:
    recipe = recipe_of(engine, dropout=dropout)
    assert says in recipe.expected
    assert repr(recipe.expected) in script(recipe)
    assert ("Initial weights as the run drew them" in script(recipe)) is (engine == "numpy")


def test_there_is_a_figure_for_each_task() -> None:
    from search.training.script import _FIGURES

    assert set(_FIGURES) == set(TASKS)
