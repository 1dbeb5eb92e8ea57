"""The layers of a `DenseSpace`'s configuration."""

from collections.abc import Iterator, Mapping
from typing import Any

from search.data.dataset import Shape
from search.study.dense import widths
from search.training.keras_calls import Call, layer


def dense_layers(shape: Shape, params: Mapping[str, Any]) -> Iterator[Call]:
    """All but the output layer, in their order.

    Args:
        shape: Of the data.
        params: The fields of a `DenseSpace`, by name.
    """
    if len(shape.features) > 1:
        yield layer("Flatten")
    for units in widths(params):
        l2 = {"kernel_regularizer": Call("regularizers.L2", params["l2"])} if params["l2"] else {}
        yield layer("Dense", units, **l2)
        if params["batch_norm"]:
            yield layer("BatchNormalization")
        yield layer("Activation", params["activation"])
        if params["dropout"]:
            yield layer("Dropout", params["dropout"])
