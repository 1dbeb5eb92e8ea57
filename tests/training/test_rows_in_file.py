"""Rows that stay in their file train as the same rows in memory do: by `fit`, step for step."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from search.data.dataset import Shape
from search.data.rows_in_file import RowsOnDemand
from search.data.split import Parts, Rows
from search.training.engine import Training
from search.training.model import build
from tests.forms import long_but
from tests.training.conftest import ANY_TASK, PLAIN, asked, trainer_of, weighted

pytestmark = pytest.mark.keras


def in_file(rows: Rows, folder: Path) -> Rows:
    """The same rows, kept in a file among others and in another order."""
    file = folder / f"{len(list(folder.iterdir()))}.npy"
    shuffled = np.random.default_rng(0).permutation(2 * len(rows))[: len(rows)]
    whole = np.full((2 * len(rows), *rows.x.shape[1:]), np.nan, np.float32)
    whole[shuffled] = rows.x
    np.save(file, whole)
    return replace(rows, x=RowsOnDemand(file, shuffled))


def begun(parts: Parts, shape: Shape, engine: str = "in-graph") -> Training:
    return trainer_of(parts, shape, engine).begin(asked(build(None, shape, PLAIN, seed=3), 32, 11))


@pytest.mark.parametrize(
    "any_task", long_but(["binary", "numbers"], {task: task for task in ANY_TASK}), indirect=True
)
def test_they_train_validate_and_predict_alike(
    any_task: tuple[Parts, Shape], tmp_path: Path
) -> None:
    parts, shape = any_task
    train, validation = (in_file(rows, tmp_path) for rows in (parts.train, parts.validation))
    ours = begun(replace(parts, train=train, validation=validation), shape)
    stock = begun(parts, shape, "fit")
    assert (ours.engine.name, stock.engine.name) == ("fit", "fit")
    found, expected = ours.advance(3), stock.advance(3)
    assert found.keys() == expected.keys()
    for measure in found:  # a stream validates in batches of another size
        np.testing.assert_allclose(found[measure], expected[measure], rtol=1e-5, err_msg=measure)
    np.testing.assert_array_equal(
        ours.predictions(validation.x), stock.predictions(parts.validation.x)
    )


@pytest.mark.parametrize(
    "any_task", long_but(["three_classes"], {task: task for task in ANY_TASK}), indirect=True
)
def test_their_weights_count(any_task: tuple[Parts, Shape], tmp_path: Path) -> None:
    parts, shape = weighted(*any_task)
    ours = begun(replace(parts, train=in_file(parts.train, tmp_path)), shape)
    stock = begun(parts, shape, "fit")
    assert ours.advance(2) == stock.advance(2)


def test_a_rate_test_takes_the_same_steps(binary: tuple[Parts, Shape], tmp_path: Path) -> None:
    parts, shape = binary
    rates = np.array([0.001, 0.01, 0.1])
    ours = begun(replace(parts, train=in_file(parts.train, tmp_path)), shape)
    assert ours.sweep(rates) == begun(parts, shape, "fit").sweep(rates)
