"""Rows that stay in their file, in a whole run."""

from pathlib import Path

import numpy as np
import pytest

from search.store.run import load_run
from search.training.engine import ON_DEMAND
from tests.functional.command import ONE_WORKER, search
from tests.reading_pages import text_of

# In short by tests/training/test_rows_in_file.py.
pytestmark = [pytest.mark.ray, pytest.mark.keras, pytest.mark.long]

STREAMED = """
from search import Budget, Float, Int, Study, arrays

def build(units, learning_rate):
    import keras
    model = keras.Sequential([
        keras.Input((4, 2)),
        keras.layers.Flatten(),
        keras.layers.Dense(units, activation="relu"),
        keras.layers.Dense(3, activation="softmax"),
    ])
    model.compile(
        keras.optimizers.Adam(learning_rate),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model

study = Study(
    data=arrays("x.npy", "y.npy", in_memory=False),
    space={"units": Int(2, 8), "learning_rate": Float(1e-3, 1e-1, log=True)},
    model=build,
    budget=Budget(trials=3, epochs=2),
)
"""


def test_rows_that_stay_in_their_file_are_searched_to_the_page(tmp_path: Path) -> None:
    y = np.arange(300) % 3
    x = np.random.default_rng(0).normal(size=(300, 4, 2)) + y[:, None, None]
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    (tmp_path / "streamed.py").write_text(STREAMED)
    ended = search(tmp_path, "run", "streamed.py", "--name", "streamed", *ONE_WORKER)
    assert (ended.code, ended.err) == (0, "")
    run = load_run(tmp_path / "runs" / "streamed")
    assert run.manifest.plan.engine == "fit"
    answer = run.answer()
    assert answer is not None
    assert answer.headline.rows == 60
    assert ON_DEMAND in text_of(tmp_path / "reports" / "streamed.html")
