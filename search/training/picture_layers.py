"""The layers of a `PictureSpace`'s configuration: made by Keras, or written into `train.py`."""

from collections.abc import Iterator, Mapping
from typing import Any

from search.data.dataset import Shape

Layer = tuple[str, tuple[Any, ...], dict[str, Any]]
"""Name of a class of `keras.layers`, and what it is called with."""
MOMENTUM = 0.9
"""Of batch normalisation: Keras's 0.99 still remembers its start after the few hundred steps that a
small folder of pictures has."""


def picture_layers(shape: Shape, params: Mapping[str, Any]) -> Iterator[Layer]:
    """All but the output layer, in their order.

    Args:
        shape: Of the data.
        params: The fields of a `PictureSpace`, by name.
    """
    if len(shape.features) == 2:
        yield "Reshape", ((*shape.features, 1),), {}
    if params["white"] > 1:
        yield "Rescaling", (1 / params["white"],), {}
    yield from _augmentation(params)
    for block in range(params["blocks"]):
        for _ in range(params["convolutions"]):
            filters = params["filters"] << block
            bias = {} if not params["batch_norm"] else {"use_bias": False}
            yield "Conv2D", (filters, params["kernel"]), {"padding": "same", **bias}
            if params["batch_norm"]:
                yield "BatchNormalization", (), {"momentum": MOMENTUM}
            yield "Activation", (params["activation"],), {}
        yield f"{params['pooling'].capitalize()}Pooling2D", (2,), {}
    yield "GlobalAveragePooling2D" if params["head"] == "average" else "Flatten", (), {}
    if params["units"]:
        yield "Dense", (params["units"], params["activation"]), {}
    if params["dropout"]:
        yield "Dropout", (params["dropout"],), {}


def _augmentation(params: Mapping[str, Any]) -> Iterator[Layer]:
    """What only training does."""
    if params["flip"] != "none":
        yield "RandomFlip", (params["flip"],), {}
    for name in ("rotation", "zoom"):
        if params[name]:
            yield f"Random{name.capitalize()}", (params[name],), {}
    if params["translation"]:
        yield "RandomTranslation", (params["translation"], params["translation"]), {}
    if params["contrast"]:
        yield "RandomContrast", (params["contrast"],), {"value_range": (0, 1)}


def written(layer: Layer) -> str:
    """As a line of Python."""
    name, given, named = layer
    arguments = [*map(repr, given), *(f"{key}={value!r}" for key, value in named.items())]
    return f"keras.layers.{name}({', '.join(arguments)})"
