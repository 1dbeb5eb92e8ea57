"""What is used of Keras without its promise is there, and does what it is used for."""

import keras
import pytest

from search.training import keras_compat as compat

pytestmark = pytest.mark.keras


def test_every_layer_is_found_at_any_depth() -> None:
    inner = keras.Sequential([keras.layers.Dense(2), keras.layers.ReLU()])
    model = keras.Sequential([inner, keras.layers.Dense(1)])
    model.build((None, 3))
    kinds = [type(part).__name__ for part in compat.layers_of(model)]
    assert kinds.count("Dense") == 2
    assert "ReLU" in kinds


def test_outputs_of_every_call() -> None:
    layer = keras.layers.Dense(5)
    for width in (3, 3):
        layer(keras.Input((width,)))
    assert [tensor.shape for tensor in compat.outputs_of_calls(layer)] == [(None, 5), (None, 5)]


def test_the_rate_of_an_optimizer_is_a_number_or_a_schedule() -> None:
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 10)
    assert compat.rate_of(keras.optimizers.SGD(schedule)) is schedule
    assert float(compat.rate_of(keras.optimizers.SGD(0.25))) == 0.25


def test_variables_that_were_never_made_are_forgotten() -> None:
    from keras.src.backend.common import global_state

    global_state.set_global_attribute("uninitialized_variables", [object()])
    compat.forget_uninitialized()
    with keras.StatelessScope():
        pass
    assert global_state.get_global_attribute("uninitialized_variables") == []
