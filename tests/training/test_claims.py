"""A stranger's `.keras` file gets no more memory than it has bytes for."""

import io
import json
import zipfile

import keras
import pytest

from search.training.export import keras_bytes, loaded

pytestmark = pytest.mark.keras


def claiming(content: bytes, units: int) -> bytes:
    """The same file, with another number of units in its first layer."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "config.json":
                config = json.loads(data)
                config["config"]["layers"][1]["config"]["units"] = units
                for layer in config["config"]["layers"][1:]:
                    layer.pop("build_config", None)
                data = json.dumps(config).encode()
            new.writestr(name, data)
    return out.getvalue()


def content() -> bytes:
    dense, dropout = keras.layers.Dense(8), keras.layers.Dropout(0.1)
    return keras_bytes(keras.Sequential([keras.Input((4,)), dense, dropout, keras.layers.Dense(2)]))


@pytest.mark.parametrize("units", [10**6, 10**12])
def test_more_weights_than_bytes_are_refused_before_memory_is_taken(units: int) -> None:
    with pytest.raises(ValueError, match=r"it claims [\d,]+ weights, and its file holds"):
        loaded(claiming(content(), units))


def test_a_whole_file_is_loaded() -> None:
    assert loaded(content()).count_params() == 4 * 8 + 8 + 8 * 2 + 2


def test_what_was_refused_is_given_no_memory_by_the_next_model_either() -> None:
    with pytest.raises(ValueError, match="it claims"):
        loaded(claiming(content(), 10**12))
    inputs = keras.Input((4,))
    with keras.StatelessScope():
        pass
    assert keras.Model(inputs, keras.layers.Dense(1)(inputs)).count_params() == 5
