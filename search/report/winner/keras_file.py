"""The layers of a custom network, by the description in its `.keras` file.

Of the file, only the JSON in it is read; nothing is loaded or executed.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from math import prod
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from search.data.numpy_files import DAMAGES
from search.report.winner.layers import LayerShape
from search.report.wording import counted
from search.store.model_file import LARGEST as LARGEST_FILE
from search.store.opening import StrangeError, read

LARGEST = 10_000_000
"""Bytes of a description that is still read."""


def of_file(path: Path, *, prepares: bool) -> list[LayerShape] | None:
    """The layers of a `.keras` file, with those of the models in it.

    Args:
        path: Of the file.
        prepares: Whether it begins with what prepares raw columns, before a model that was trained.

    Returns:
        Each after those that it takes from; None where the file does not say them: it is damaged,
        or a model of a class of its own.
    """
    found: list[LayerShape] = []
    try:
        with ZipFile(BytesIO(read(path, path.parent, LARGEST_FILE))) as file:
            if file.getinfo("config.json").file_size > LARGEST:
                return None
            model = json.loads(file.read("config.json"))
        if prepares:
            (*_, model) = model["config"]["layers"]
        _walk(model["config"], (), found)
    except (*DAMAGES, StrangeError, KeyError, IndexError, TypeError, AttributeError):
        return None
    return found or None


def _walk(
    model: Mapping[str, Any], sources: tuple[int, ...], found: list[LayerShape]
) -> tuple[int, ...]:
    """Add a model's layers to those that were found.

    Args:
        model: Its configuration.
        sources: Places of what it takes from; none of a whole network.
        found: Grows.

    Returns:
        Places of what comes out of it.
    """
    last, places = sources, dict[str, tuple[int, ...]]()
    for layer in model["layers"]:
        kind, config = str(layer["class_name"]), layer["config"]
        taken = last
        if "output_layers" in model:  # not one after the other
            names = _names(layer.get("inbound_nodes"))
            taken = tuple(place for name in names for place in places[name]) or sources
        if "layers" in config:
            last = _walk(config, taken, found)
        elif kind == "InputLayer" and sources:
            last = sources
        else:
            found.append(_layer(kind, layer, taken))
            last = (len(found) - 1,)
        places[str(layer.get("name", config.get("name")))] = last
    ends = [place for name in _names(model.get("output_layers")) for place in places[name]]
    return tuple(ends) or last


def _names(node: Any) -> Iterator[str]:
    """Of the layers that something refers to, each as [name, 0, 0] somewhere in it."""
    match node:
        case [str(name), int(), int()]:
            yield name
        case list():
            for part in node:
                yield from _names(part)
        case dict():
            yield from _names(list(node.values()))


def _layer(kind: str, layer: Mapping[str, Any], sources: tuple[int, ...]) -> LayerShape:
    config = layer["config"]
    shape = (layer.get("build_config") or {}).get("input_shape") or []
    activation = config.get("activation", "")
    is_operation = ".ops." in str(layer.get("module"))
    learns = config.get("trainable", True) and not is_operation
    return LayerShape(
        kind=kind,
        size=_size(kind, config),
        activation=activation if isinstance(activation, str) else "its own",
        weights=_weights(kind, config, shape[1:]) if learns else 0,
        sources=tuple(dict.fromkeys(sources)),
    )


def _size(kind: str, config: Mapping[str, Any]) -> str:
    if "filters" in config:
        side = "×".join(str(n) for n in config["kernel_size"])
        return f"{counted(config['filters'], 'filter')} of {side}"
    if "units" in config:
        return counted(config["units"], "unit")
    if kind == "InputLayer":
        return " × ".join(str(n) for n in (config.get("batch_shape") or ())[1:])
    if "pool_size" in config:
        return "×".join(str(n) for n in config["pool_size"])
    return f"{config['rate']:.3g} of the units" if "rate" in config else ""


def _of_dense(config: Mapping[str, Any], shape: list[int]) -> int:
    return (shape[-1] + int(config["use_bias"])) * int(config["units"])


def _of_convolution(config: Mapping[str, Any], shape: list[int]) -> int:
    channels = shape[-1] if config["data_format"] == "channels_last" else shape[0]
    kernel = prod(map(int, config["kernel_size"])) * channels // int(config["groups"])
    return (kernel + int(config["use_bias"])) * int(config["filters"])


def _of_normalization(config: Mapping[str, Any], shape: list[int]) -> int:
    return (int(config["center"]) + int(config["scale"])) * int(shape[-1])


def _of_embedding(config: Mapping[str, Any], shape: list[int]) -> int:
    del shape
    return int(config["input_dim"]) * int(config["output_dim"])


_COUNTED: Mapping[str, Callable[[Mapping[str, Any], list[int]], int]] = {
    "Dense": _of_dense,
    "Conv1D": _of_convolution,
    "Conv2D": _of_convolution,
    "Conv3D": _of_convolution,
    "BatchNormalization": _of_normalization,
    "LayerNormalization": _of_normalization,
    "Embedding": _of_embedding,
}
_PLAIN = frozenset(
    "Activation Add Average Concatenate Cropping2D Dropout ELU Flatten GaussianNoise InputLayer "
    "LeakyReLU Maximum Multiply Permute ReLU RepeatVector Rescaling Reshape Resizing Softmax "
    "SpatialDropout1D SpatialDropout2D Subtract UpSampling2D ZeroPadding2D "
    "CategoryEncoding Discretization Hashing HashedCrossing IntegerLookup Normalization "
    "StringLookup TextVectorization".split()
)
"""Layers of Keras that learn nothing, beside those of pooling and augmentation."""


def _weights(kind: str, config: Mapping[str, Any], shape: list[int]) -> int | None:
    if kind in _PLAIN or "Pooling" in kind or kind.startswith("Random"):
        return 0
    count = _COUNTED.get(kind)
    axis_is_last = config.get("axis", -1) in (-1, [-1], len(shape), [len(shape)])
    return count(config, shape) if count and shape and axis_is_last else None
