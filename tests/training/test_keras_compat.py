"""What is used of Keras without its promise is there, and does what it is used for."""

import keras
import numpy as np
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
    assert [tensor.shape for tensor in compat.inputs_of_calls(layer)] == [(None, 3), (None, 3)]


def test_a_mask_is_what_layers_hand_on() -> None:
    told = keras.layers.Embedding(9, 2, mask_zero=True)(np.array([[3, 4, 0]]))
    assert np.asarray(compat.mask_of(told)).tolist() == [[True, True, False]]
    assert compat.mask_of(keras.layers.Dense(2)(np.ones((1, 3)))) is None


def test_the_rate_of_an_optimizer_is_a_number_or_a_schedule() -> None:
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 10)
    assert compat.rate_of(keras.optimizers.SGD(schedule)) is schedule
    assert float(compat.rate_of(keras.optimizers.SGD(0.25))) == 0.25


def test_weights_that_do_not_decay() -> None:
    optimizers = [keras.optimizers.AdamW() for _ in range(3)]
    variable = keras.Variable(np.ones(2), name="kernel")
    optimizers[1].exclude_from_weight_decay(var_names=["bias"])
    optimizers[2].exclude_from_weight_decay(var_list=[variable])
    assert [compat.undecayed(optimizer) for optimizer in optimizers] == [False, True, True]


def test_variables_that_were_never_made_are_forgotten() -> None:
    from keras.src.backend.common import global_state

    global_state.set_global_attribute("uninitialized_variables", [object()])
    compat.forget_uninitialized()
    with keras.StatelessScope():
        pass
    assert global_state.get_global_attribute("uninitialized_variables") == []


def test_what_keras_knows_of_a_model() -> None:
    class Own(keras.Model):  # type: ignore[misc] # Keras has no types
        """Its layers are its own business."""

    inputs = keras.Input((2,))
    functional = keras.Model(inputs, keras.layers.Dense(1)(inputs))
    assert [compat.is_graph(m) for m in (keras.Sequential(), functional, Own())] == [
        True,
        True,
        False,
    ]


def test_outputs_of_a_sigmoid_are_known() -> None:
    row = keras.ops.zeros((1, 2))
    found = [compat.is_squashed(keras.layers.Dense(1, kind)(row)) for kind in ("sigmoid", "relu")]
    assert found == [True, False]


def test_metrics_as_they_were_given() -> None:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    area = keras.metrics.AUC(from_logits=True)
    model.compile("sgd", "mse", metrics=["mae", area], weighted_metrics=["mse"])
    assert compat.compiled_metrics(model) == ["mae", area, "mse"]
    assert [compat.takes_logits(each) for each in (area, keras.metrics.AUC())] == [True, False]


def test_a_frozen_call_has_the_inputs_that_it_is_given_alone() -> None:
    import tensorflow as tf

    kept, captured = tf.Variable([2.0]), tf.constant([3.0])
    call = tf.function(lambda x: x * kept + captured).get_concrete_function(
        tf.TensorSpec([1], tf.float32)
    )
    assert len(call.inputs) == 3
    found = compat.frozen(call)
    assert len(found.inputs) == 1
    assert np.ravel(found(tf.constant([5.0]))) == [13.0]
