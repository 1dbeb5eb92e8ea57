"""A stranger's `.keras` file gets no more memory than it has bytes for, and little time."""

import io
import json
import signal
import zipfile
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from search.study.signature import Signature
from search.training.export import keras_bytes, loaded
from search.training.from_file import UnusableError, predictions_by_file

pytestmark = pytest.mark.keras


def changed(content: bytes, change: Callable[[Any], None]) -> bytes:
    """The same file, with another description."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "config.json":
                config = json.loads(data)
                change(config)
                data = json.dumps(config).encode()
            new.writestr(name, data)
    return out.getvalue()


def claiming(content: bytes, units: int) -> bytes:
    """The same file, with another number of units in its first layer."""

    def change(config: Any) -> None:
        config["config"]["layers"][1]["config"]["units"] = units
        for layer in config["config"]["layers"][1:]:
            layer.pop("build_config", None)

    return changed(content, change)


def content() -> bytes:
    dense, dropout = keras.layers.Dense(8), keras.layers.Dropout(0.1)
    return keras_bytes(keras.Sequential([keras.Input((4,)), dense, dropout, keras.layers.Dense(2)]))


@pytest.mark.parametrize("units", [10**6, 10**12])
def test_more_weights_than_bytes_are_refused_before_memory_is_taken(units: int) -> None:
    with pytest.raises(ValueError, match=r"it claims [\d,]+ weights, and its file holds"):
        loaded(claiming(content(), units))


def test_a_whole_file_is_loaded() -> None:
    assert loaded(content()).count_params() == 4 * 8 + 8 + 8 * 2 + 2


@keras.saving.register_keras_serializable("people")
class WithOptimizer(keras.Model):
    """A model that holds variables besides its layers', as adversarial networks do."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.dense, self.other = keras.layers.Dense(2), keras.optimizers.Adam()

    def call(self, rows: Any) -> Any:
        return self.dense(rows)


def test_a_registered_class_may_make_variables_as_it_is_loaded() -> None:
    model, rows = WithOptimizer(), np.ones((3, 4), np.float32)
    told = model.predict(rows, verbose=0)
    assert loaded(keras_bytes(model)).predict(rows, verbose=0) == pytest.approx(told)


def of_many_layers() -> bytes:
    """A small file whose description has 3,000 layers, for which Keras takes some seconds."""

    def change(config: Any) -> None:
        layers = config["config"]["layers"]
        dropout = next(layer for layer in layers if layer["class_name"] == "Dropout")
        named = [{**dropout["config"], "name": f"dropout_of_{n}"} for n in range(3_000)]
        config["config"]["layers"] = [*layers, *({**dropout, "config": own} for own in named)]

    return changed(content(), change)


def test_a_model_that_takes_too_long_to_make_is_refused_in_time() -> None:
    rows = np.zeros((1, 4), np.float32)
    with pytest.raises(UnusableError, match=r"^Keras makes no model of it within 0\.05 s$"):
        predictions_by_file(of_many_layers(), rows, Signature("regression", ("y",)), patience=0.05)
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert len(predictions_by_file(content(), rows, Signature("regression", ("y",)))) == 1


def test_what_was_refused_is_given_no_memory_by_the_next_model_either() -> None:
    with pytest.raises(ValueError, match="it claims"):
        loaded(claiming(content(), 10**12))
    inputs = keras.Input((4,))
    with keras.StatelessScope():
        pass
    assert keras.Model(inputs, keras.layers.Dense(1)(inputs)).count_params() == 5
