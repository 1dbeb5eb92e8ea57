"""The layers of a `PictureSpace`'s configuration."""

from collections.abc import Iterator, Mapping
from typing import Any

from search.data.dataset import Shape
from search.training.keras_calls import Call, layer

MOMENTUM = 0.9
"""Of batch normalisation: Keras's 0.99 still remembers its start after the few hundred steps that a
small folder of pictures has."""


def picture_layers(shape: Shape, params: Mapping[str, Any]) -> Iterator[Call]:
    """All but the output layer, in their order.

    Args:
        shape: Of the data.
        params: The fields of a `PictureSpace`, by name.
    """
    if len(shape.features) == 2:
        yield layer("Reshape", (*shape.features, 1))
    if params["white"] > 1:
        yield layer("Rescaling", 1 / params["white"])
    yield from _augmentation(params)
    for block in range(params["blocks"]):
        for _ in range(params["convolutions"]):
            filters = params["filters"] << block
            bias = {} if not params["batch_norm"] else {"use_bias": False}
            yield layer("Conv2D", filters, params["kernel"], padding="same", **bias)
            if params["batch_norm"]:
                yield layer("BatchNormalization", momentum=MOMENTUM)
            yield layer("Activation", params["activation"])
        yield layer(f"{params['pooling'].capitalize()}Pooling2D", 2)
    yield layer("GlobalAveragePooling2D" if params["head"] == "average" else "Flatten")
    if params["units"]:
        yield layer("Dense", params["units"], params["activation"])
    if params["dropout"]:
        yield layer("Dropout", params["dropout"])


def _augmentation(params: Mapping[str, Any]) -> Iterator[Call]:
    """What only training does."""
    if params["flip"] != "none":
        yield layer("RandomFlip", params["flip"])
    for name in ("rotation", "zoom"):
        if params[name]:
            yield layer(f"Random{name.capitalize()}", params[name])
    if params["translation"]:
        yield layer("RandomTranslation", params["translation"], params["translation"])
    if params["contrast"]:
        yield layer("RandomContrast", params["contrast"], value_range=(0, 1))
