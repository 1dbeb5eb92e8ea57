"""Models of forecasts in their own units, against the same arithmetic by hand."""

from typing import Any

import numpy as np
import pytest

from search.data.scaling import Scale

pytestmark = pytest.mark.keras


@pytest.mark.parametrize("kind", ["sequential", "functional", "subclassed"])
@pytest.mark.parametrize(("window", "horizon"), [(3, 1), (16, 6)])
def test_a_model_of_windows_takes_and_gives_them_as_they_were_read(
    kind: str, window: int, horizon: int
) -> None:
    import keras

    from search.training.export import in_own_units, keras_bytes, loaded

    rows = (window, 2)
    model = made(keras, kind, rows, horizon)
    model.compile("adam", "mse")
    draw = np.random.default_rng(window)
    x = (draw.normal(size=(20, *rows)) * [5, 0.1] + [50, -3]).astype("f4")
    inputs = Scale(np.array([50, -3], "f4"), np.array([5, 0.1], "f4"))
    targets = Scale(np.full(horizon, 1000, "f4"), np.full(horizon, 20, "f4"))
    expected = np.asarray(model((x - [50, -3]) / [5, 0.1])) * 20 + 1000
    whole = in_own_units(model, targets, inputs, rows)
    np.testing.assert_allclose(np.asarray(whole(x)), expected, rtol=1e-5)
    if kind != "subclassed":
        again = loaded(keras_bytes(whole))
        np.testing.assert_allclose(np.asarray(again(x)), expected, rtol=1e-5)


def made(keras: Any, kind: str, rows: tuple[int, ...], horizon: int) -> Any:
    layers = [keras.layers.Flatten(), keras.layers.Dense(4, "tanh"), keras.layers.Dense(horizon)]
    if kind == "functional":
        tensor = given = keras.Input(rows)
        for layer in layers:
            tensor = layer(tensor)
        return keras.Model(given, tensor)
    if kind == "sequential":
        return keras.Sequential([keras.Input(rows), *layers])

    class Own(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.parts = layers

        def call(self, x: Any) -> Any:
            for layer in self.parts:
                x = layer(x)
            return x

    model = Own()
    model(np.zeros((1, *rows), "f4"))
    return model
