"""Rows are loaded once a session and never by a worker; those that stay in their file train too."""

from pathlib import Path

import numpy as np
import pytest

from search.store.run import load_run
from search.training.engine import ON_DEMAND
from tests.functional.command import ONE_WORKER, search
from tests.reading_pages import text_of

pytestmark = [pytest.mark.ray, pytest.mark.keras]

COUNTED = """
import os
from pathlib import Path
from search import Budget, DenseSpace, Float, Int, Study, circles

LOADS = Path({loads!r})

def counted():
    with LOADS.open("a") as file:
        file.write(f"{{os.getpid()}}\\n")
    return circles(samples=200).load()

study = Study(
    data=counted,
    space=DenseSpace(layers=1, units=Int(2, 8), learning_rate=Float(1e-3, 1e-1, log=True)),
    budget=Budget(trials=6, epochs=3),
)
"""
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


def test_rows_are_loaded_once_whatever_the_trials_and_workers(tmp_path: Path) -> None:
    loads = tmp_path / "loads"
    (tmp_path / "counted.py").write_text(COUNTED.format(loads=str(loads)))
    ended = search(tmp_path, "run", "counted.py", "--name", "first")
    assert ended.code == 0, ended.err
    (loader,) = loads.read_text().split()
    run = load_run(tmp_path / "runs" / "first")
    assert run.answer() is not None
    workers = {trial.worker.partition("@")[0] for trial in run.trials()}
    assert len(run.trials()) == 6
    assert loader not in workers


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
