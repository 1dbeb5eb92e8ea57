"""Jobs that people bring to Keras are trained as by plain `model.fit`, by whichever engine.

From the same weights, with the same rows in the same order, validation measures the same after each
epoch; so does a loop of the file's own that is called by hand.
"""

import inspect
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from search.app.resolved import ResolvedStudy
from search.cluster.resources import Resources
from search.data.dataset import Array
from search.data.streams import Streams
from search.jobs.messages import Configuration
from search.jobs.models import Models
from search.loading.space_file import read
from search.study.trial import Curve
from search.training.in_graph import row_order
from search.training.stock_fit import measured
from search.training.training_data import TrainingData
from search.tuning.search_loop import SearchLoop
from tests.forms import long_but
from tests.keras_jobs import JOBS, fed, given
from tests.runs import recorder_for

pytestmark = [
    pytest.mark.keras,
    # Keras, of a FeatureSpace, whose inputs are in the order of their names.
    pytest.mark.filterwarnings("ignore:The structure of `inputs` doesn't match:UserWarning"),
]

CLOSE = 1e-3
EPOCHS = 2
Orders = Callable[[int, int, int], Array]
"""From the number of rows, the seed and the epoch to the order of rows."""


def in_graph(rows: int, seed: int, epoch: int) -> Array:
    """The order in which rows are trained by TensorFlow."""
    order: Array = row_order(rows, tf.constant(seed), tf.constant(epoch)).numpy()
    return order


def in_numpy(rows: int, seed: int, epoch: int) -> Array:
    """The same by NumPy."""
    return np.random.default_rng([seed, 2, epoch]).permutation(rows)


def like_fit(params: Mapping[str, Any], engine: str) -> dict[str, Any]:
    """A configuration as far as `fit` can do the same, which is all of it but two values.

    The schedules of spaces without model code are the product's own (`test_schedules` has them),
    and the dropout of `forecast` is drawn by NumPy.
    """
    changes = {"schedule": "constant"} | ({"dropout": 0.0} if engine == "numpy" else {})
    return {**params, **{name: to for name, to in changes.items() if name in params}}


class Job:
    """A job's first configuration, to be trained by the product and by plain Keras.

    Args:
        file: Its space file.
        scratch: A folder.
    """

    def __init__(self, file: Path, scratch: Path) -> None:
        space = read(file).execute()
        resolved = ResolvedStudy.of(space)
        self.study = study = resolved.study
        with closing(recorder_for(study, scratch, data=resolved.summary())) as recorder:
            assignment: Any = SearchLoop(study, recorder, 1).next()
        found = assignment.trial_jobs[0].configuration
        engine = resolved.engine(gpus=0).name
        params = like_fit(found.params, engine)
        self.configuration = Configuration(params, found.seed)
        context = resolved.context(engine, Resources(1, 0, None))
        self._models = Models(context, study)
        self._plan = self._models.plan(study.goal, EPOCHS)
        self._batch = params.get("batch_size", 32)

    def by_its_engine(self) -> tuple[str, list[Any], Curve]:
        """Name of the engine, weights before the first step, and the curve."""
        training = self._models.begin(self.configuration, self._plan)
        weights = training.arrays()
        return training.engine.name, weights, training.advance(EPOCHS)

    def by_plain_keras(self, weights: list[Any], orders: Orders) -> Curve:
        """The curve of `model.fit`, or of the file's own loop.

        Args:
            weights: Before the first step.
            orders: That rows are trained in.
        """
        model = self._models.build(self.configuration, self._plan.measure)
        model.set_weights(weights)
        values = self.configuration.params
        if isinstance(self.study.data, Streams):
            return self._by_stream(model)
        if self.study.callbacks is None and self.study.fit is None:
            return self._by_epochs(model, orders)
        keras.utils.set_random_seed(self.configuration.seed)
        (x, y), validation = self._rows("train"), self._rows("validation")
        if self.study.fit is not None:
            return by_loop(self.study.fit, model, (x, y), validation, values)
        calls = self.study.callbacks(**{n: values[n] for n in ("factor", "patience")})
        more = {"validation_data": validation, "callbacks": calls, "verbose": 0}
        return dict(model.fit(x, y, batch_size=self._batch, epochs=EPOCHS, **more).history)

    def _rows(self, part: str) -> tuple[Any, Any]:
        rows = getattr(self._models.rows, part)
        return given(rows.x), given(rows.y)

    def _by_stream(self, model: Any) -> Curve:
        keras.utils.set_random_seed(0)  # as before each call of `make` for trials
        data: Any = self.study.data
        values = self.configuration.params
        made = data.make(**{name: values[name] for name in data.takes(values)})
        train, validation = (
            (made["train"], made["validation"]) if isinstance(made, dict) else made[:2]
        )
        keras.utils.set_random_seed(self.configuration.seed)
        shuffle = isinstance(train, keras.utils.PyDataset)
        more = {"validation_data": validation, "epochs": EPOCHS, "shuffle": shuffle, "verbose": 0}
        return dict(model.fit(train, **more).history)

    def _by_epochs(self, model: Any, orders: Orders) -> Curve:
        (x, y), validation = self._rows("train"), self._rows("validation")
        count = len(keras.tree.flatten(x)[0])
        found: dict[str, list[float]] = {}
        for epoch in range(EPOCHS):
            order = orders(count, self.configuration.seed, epoch)
            rows, targets = (
                keras.tree.map_structure(lambda a, o=order: None if a is None else a[o], part)
                for part in (x, y)
            )
            history = model.fit(
                fed(rows), fed(targets), batch_size=self._batch, shuffle=False, verbose=0,
                validation_data=tuple(map(fed, validation)), class_weight=self._class_weight(y),
            ).history  # fmt: skip
            for name, values in history.items():
                found.setdefault(name, []).extend(values)
        return found

    def _class_weight(self, y: Any) -> dict[int, float] | None:
        if self.configuration.params.get("class_weight", "none") == "none":
            return None
        counts = np.bincount(y)
        return {k: len(y) / (len(counts) * n) for k, n in enumerate(counts.tolist())}


def by_loop(loop: Any, model: Any, train: Any, validation: Any, values: Mapping[str, Any]) -> Curve:
    """The curve of a loop that is called by hand."""
    found: dict[str, list[float]] = {}

    def noted(epoch: int, logs: Mapping[str, float]) -> None:
        del epoch
        for name, value in logs.items():
            found.setdefault(name, []).append(float(value))

    taken = {n: values[n] for n in inspect.signature(loop).parameters if n in values}
    notes = keras.callbacks.LambdaCallback(on_epoch_end=noted)
    calls = keras.callbacks.CallbackList([notes], add_history=True, model=model)
    calls.on_train_begin()
    loop(model, TrainingData(*train), TrainingData(*validation), EPOCHS, calls, **taken)
    return found


def largest_difference(file: Path, scratch: Path) -> tuple[str, dict[str, float]]:
    """Name of the engine, and the largest difference of each validation measure."""
    job = Job(file, scratch)
    engine, weights, ours = job.by_its_engine()
    plain = measured(job.by_plain_keras(weights, in_numpy if engine == "numpy" else in_graph), "")
    names = [name for name in ours if name.startswith("val_")]
    return engine, {n: float(np.abs(np.subtract(ours[n], plain[n])).max()) for n in names}


@pytest.mark.parametrize("name", long_but(["own_train_step"], {name: name for name in JOBS}))
def test_a_job_is_trained_as_by_plain_fit(name: str, tmp_path: Path) -> None:
    _, differences = largest_difference(JOBS[name], tmp_path)
    assert differences
    assert {name: by for name, by in differences.items() if not by < CLOSE} == {}
