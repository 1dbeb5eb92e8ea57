"""Integers, booleans and pixels of uint8 reach a model as `fit` gives them to it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from scipy import sparse

from search import Split, arrays
from search.data.dataset import Array, Dataset
from search.data.rows_in_file import RowsOnDemand
from search.training.model import ModelError, build
from tests.forms import long_but
from tests.training.conftest import PLAIN, asked, trainer_of

pytestmark = pytest.mark.keras

ROWS = 150
DRAW = np.random.default_rng(0)
Y = np.arange(ROWS) % 2
PIXELS = (DRAW.integers(0, 200, (ROWS, 6, 6, 1)) + 55 * Y[:, None, None, None]).astype(np.uint8)
FIRST = 2**24
IDS = FIRST + 2 * DRAW.integers(0, 20, (ROWS, 4)) + Y[:, None]
"""Of which float32 merges two and two."""


def compiled(*layers: Any) -> Any:
    model = keras.Sequential([*layers, keras.layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def convolved() -> Any:
    return compiled(
        keras.Input((6, 6, 1)),
        keras.layers.Rescaling(1 / 255),
        keras.layers.Conv2D(4, 3, activation="relu"),
        keras.layers.Flatten(),
    )


def embedded() -> Any:
    given = keras.Input((4,), dtype="int32")
    found = keras.layers.Flatten()(keras.layers.Embedding(40, 3)(given % 40))
    model = keras.Model(given, keras.layers.Dense(1, "sigmoid")(found))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def plainly_embedded() -> Any:
    return compiled(
        keras.Input((4,), dtype="int32"), keras.layers.Embedding(40, 3), keras.layers.Flatten()
    )


def curve(data: Dataset, make: Callable[[], Any] | None, engine: str) -> tuple[Any, Array]:
    parts = Split().parts(data)
    model = build(make, data.shape, {} if make else PLAIN, seed=3)
    training = trainer_of(parts, data.shape, engine).begin(asked(model, 32, 11))
    assert training.engine.name == engine
    return training.advance(3), training.predictions(parts.validation.x)


ROWS_OF = {
    "bytes": (PIXELS, convolved),
    "booleans": (PIXELS > 99, convolved),
    "a table of bytes": (PIXELS[:, 0, :, 0], None),
}


@pytest.mark.parametrize(
    ("x", "make", "engine"),
    long_but(
        ["bytes in-graph", "a table of bytes fit"],
        {
            f"{name} {engine}": (*case, engine)
            for name, case in ROWS_OF.items()
            for engine in ("in-graph", "fit")
        },
    ),
)
def test_they_train_as_the_same_numbers_in_float32(x: Array, make: Any, engine: str) -> None:
    own = curve(arrays(x, Y).load(), make, engine)
    cast = curve(arrays(x.astype(np.float32), Y).load(), make, engine)
    assert own[0] == cast[0]
    np.testing.assert_array_equal(own[1], cast[1])


@pytest.mark.parametrize("engine", long_but(["in-graph"], {e: e for e in ("in-graph", "fit")}))
def test_ids_beyond_those_of_float32_stay_exact(engine: str) -> None:
    measured, said = curve(arrays(IDS, Y).load(), embedded, engine)
    small = curve(arrays(IDS % 40, Y).load(), plainly_embedded, engine)
    assert measured == small[0]
    np.testing.assert_array_equal(said, small[1])


def test_ids_that_an_input_would_merge_are_refused_before_training() -> None:
    data = arrays(IDS, Y).load()
    with pytest.raises(ModelError, match=r"takes float32, and of x column 0 has 39 different .*"
                                         r'keras.Input\(…, dtype="int32"\)'):  # fmt: skip
        build(lambda: compiled(keras.Input((4,))), data.shape, {}, seed=0)


def test_pixels_that_stay_in_their_file_are_read_as_they_are(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", PIXELS)
    np.save(tmp_path / "y.npy", Y)
    there = arrays(tmp_path / "x.npy", tmp_path / "y.npy", in_memory=False).load()
    assert isinstance(there.x, RowsOnDemand)
    own, said = curve(there, convolved, "fit")
    stock, expected = curve(replace(there, x=PIXELS), convolved, "fit")
    for measure in own:  # a stream validates in batches of another size
        np.testing.assert_allclose(own[measure], stock[measure], rtol=1e-5, err_msg=measure)
    np.testing.assert_array_equal(said, expected)


@pytest.mark.parametrize(
    "source",
    long_but(["sparse"], {"pixels": PIXELS, "sparse": sparse.csr_array(PIXELS.reshape(ROWS, -1))}),
)
def test_rows_that_are_read_on_demand_train_as_an_array_does(source: Any) -> None:
    x = source.toarray() if sparse.issparse(source) else source
    make = plainly_dense if x.ndim == 2 else convolved
    data = arrays(x, Y).load()
    own, said = curve(replace(data, x=RowsOnDemand.all_of(source)), make, "fit")
    stock, expected = curve(data, make, "fit")
    for measure in own:  # a stream validates in batches of another size
        np.testing.assert_allclose(own[measure], stock[measure], rtol=1e-5, err_msg=measure)
    np.testing.assert_array_equal(said, expected)


def plainly_dense() -> Any:
    return compiled(keras.Input((36,)), keras.layers.Rescaling(1 / 255))
