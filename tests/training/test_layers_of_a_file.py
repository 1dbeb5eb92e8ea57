"""What the page says of a network is what Keras has: layers, and numbers that are learnt."""

import cProfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from search.data.columns import Columns
from search.data.dataset import Shape
from search.data.preparation import Preparation
from search.report.winner.keras_file import of_file
from search.report.winner.layers import of_dense
from search.training.export import keras_bytes, loaded, of_raw_columns
from search.training.field_network import network
from search.training.predict import raw_outputs_of_columns

pytestmark = pytest.mark.keras

FIXED = {"optimizer": "adam", "learning_rate": 0.01, "l2": 0.0}


def learnt(model: Any) -> int:
    """Numbers that Keras counts as trained."""
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def counted(model: Any, folder: Path, *, prepares: bool = False) -> list[tuple[str, int | None]]:
    file = folder / "model.keras"
    file.write_bytes(keras_bytes(model))
    layers = of_file(file, prepares=prepares)
    assert layers is not None
    return [(layer.kind, layer.weights) for layer in layers]


@pytest.mark.parametrize(
    ("task", "outputs", "params"),
    [
        ("binary", 1, {"layers": 0, "units": 8}),
        ("binary", 1, {"layers": 3, "units": 8, "dropout": 0.2}),
        ("multiclass", 4, {"layers": 2, "units_1": 8, "units_2": 5, "batch_norm": True}),
        ("regression", 2, {"layers": 1, "units": 3, "batch_norm": True, "dropout": 0.5}),
    ],
)
def test_a_dense_configuration_has_the_numbers_of_its_model(
    task: str, outputs: int, params: dict[str, Any]
) -> None:
    whole = {"activation": "relu", "batch_norm": False, "dropout": 0.0, **FIXED, **params}
    layers = of_dense(whole, 6, task, max(2, outputs) if task == "binary" else outputs)
    model = network(Shape((6,), outputs, task), whole)
    assert sum(layer.weights or 0 for layer in layers) == learnt(model)
    units = [layer.size.split()[0] for layer in layers if layer.kind == "Dense"]
    found = [layer.units for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    assert units == [str(number) for number in found]


def test_a_network_of_pictures_is_read_from_its_file(tmp_path: Path) -> None:
    layers = keras.layers
    inner = keras.Sequential([layers.Input((6, 6, 4)), layers.BatchNormalization(), layers.ReLU()])
    model = keras.Sequential(
        [
            layers.Input((8, 8, 3)),
            layers.Conv2D(4, 3, activation="relu"),
            inner,
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(5, use_bias=False),
            layers.LayerNormalization(),
            layers.Dense(2, activation="softmax", trainable=False),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    found = counted(model, tmp_path)
    assert [count for _, count in found] == [0, 112, 8, 0, 0, 0, 180, 10, 0]
    assert sum(count or 0 for _, count in found) == learnt(model)


def test_what_prepares_columns_is_no_part_of_the_network(tmp_path: Path) -> None:
    columns = Columns({"a": np.arange(9.0), "b": np.array(list("xyz") * 3, object)},
                      {"a": "number", "b": "category"})  # fmt: skip
    preparation = Preparation.learnt(columns, np.arange(9))
    width = len(preparation.names)
    inputs = keras.Input((width,))
    outputs = keras.layers.Dense(1, activation="sigmoid")(keras.layers.Dense(4)(inputs))
    model = keras.Model(inputs, outputs)
    model.compile("adam", "binary_crossentropy")
    found = counted(of_raw_columns(model, preparation), tmp_path, prepares=True)
    assert found == [("InputLayer", 0), ("Dense", 4 * width + 4), ("Dense", 5)]


@pytest.mark.long
def test_the_file_of_a_wide_table_costs_no_square_of_its_columns() -> None:
    calls = []
    for count in (150, 300):
        columns = Columns(
            {f"c{k}": np.arange(9.0) + k if k % 3 else np.array(list("xyz") * 3, object)
             for k in range(count)},
            {f"c{k}": "number" if k % 3 else "category" for k in range(count)},
        )  # fmt: skip
        preparation = Preparation.learnt(columns, np.arange(9))
        model = keras.Sequential([keras.Input((len(preparation.names),)), keras.layers.Dense(1)])
        model.compile("adam", "mse")
        with cProfile.Profile() as profile:
            content = keras_bytes(of_raw_columns(model, preparation))
            raw_outputs_of_columns(loaded(content), columns)
        calls.append(sum(entry.callcount for entry in profile.getstats()))
    assert calls[1] < 2.5 * calls[0]


class Own(keras.Model):
    """Says nothing of its layers."""

    def __init__(self) -> None:
        super().__init__()
        self.last = keras.layers.Dense(1)

    def call(self, x: Any) -> Any:
        return self.last(x)


def test_a_model_of_a_class_of_its_own_lists_no_layers(tmp_path: Path) -> None:
    model = Own()
    model(np.zeros((1, 3), "float32"))
    model.compile("adam", "mse")
    (tmp_path / "model.keras").write_bytes(keras_bytes(model))
    assert of_file(tmp_path / "model.keras", prepares=False) is None


def test_a_network_with_branches_says_what_each_layer_takes_from(tmp_path: Path) -> None:
    layers = keras.layers
    inputs = keras.Input((6,))
    left = layers.Dense(4, activation="relu")(inputs)
    inner = keras.Sequential([layers.Input((6,)), layers.Dense(4), layers.Dropout(0.5)])
    joined = layers.Concatenate()([left, inner(inputs)])
    model = keras.Model(inputs, layers.Dense(1)(joined * 2))
    model.compile("adam", "mse")
    file = tmp_path / "model.keras"
    file.write_bytes(keras_bytes(model))
    found = of_file(file, prepares=False)
    assert found is not None
    kinds = [layer.kind for layer in found]
    assert sorted(kinds) == sorted(
        ["InputLayer", "Dense", "Dense", "Dropout", "Concatenate", "Multiply", "Dense"]
    )
    assert {kinds[place] for place in found[kinds.index("Concatenate")].sources} == {
        "Dense", "Dropout",
    }  # fmt: skip
    first = [layer for layer in found if layer.kind == "Dense" and layer.sources == (0,)]
    assert len(first) == 2
    assert sum(layer.weights or 0 for layer in found) == learnt(model)
    assert all(source < place for place, layer in enumerate(found) for source in layer.sources)
