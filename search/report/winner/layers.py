"""What a network is made of: from a dense configuration, or from a `.keras` file's description.

Of the file, only the JSON in it is read; nothing is loaded or executed.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from search.study.dense import widths
from search.study.parameters import Value
from search.study.task import BINARY, TASKS

LARGEST = 10_000_000
"""Bytes of a description that is still read."""


@dataclass(frozen=True)
class Layer:
    """One layer.

    Attributes:
        kind: Such as "Dense".
        size: Such as "64 units"; empty where it has none of its own.
        activation: Keras's name; empty for none.
        weights: Numbers that it learns; None where they are not known.
    """

    kind: str
    size: str = ""
    activation: str = ""
    weights: int | None = 0

    @property
    def learnt(self) -> str:
        """Its parameters for people."""
        if self.weights is None:
            return "not counted"
        return f"{self.weights:,} parameters" if self.weights else ""


def of_dense(params: Mapping[str, Value], features: int, task: str, outputs: int) -> list[Layer]:
    """The layers of a dense configuration; see `search.training.model.dense`.

    Args:
        params: All values of a `DenseSpace`, by name.
        features: That go in.
        task: Such as "binary".
        outputs: Classes, labels or targets.
    """
    layers, before = [Layer("Input", _counted(features, "feature"))], features
    activation = str(params["activation"])
    for units in widths(params):
        size, weights = _counted(units, "unit"), (before + 1) * units
        if params.get("batch_norm"):
            layers += [Layer("Dense", size, "", weights)]
            layers += [Layer("BatchNormalization", "", activation, 2 * units)]
        else:
            layers += [Layer("Dense", size, activation, weights)]
        if params.get("dropout"):
            layers += [Layer("Dropout", f"{params['dropout']:.3g} of the units")]
        before = units
    last = 1 if task == BINARY.name else outputs
    activation = TASKS[task].activation
    return [*layers, Layer("Dense", _counted(last, "unit"), activation, (before + 1) * last)]


def of_file(path: Path, *, prepares: bool) -> list[Layer] | None:
    """The layers of a `.keras` file, those of the models in it one after the other.

    Args:
        path: Of the file.
        prepares: Whether it begins with what prepares raw columns, before a model that was trained.

    Returns:
        None where the file does not say them: it is damaged, or a model of a class of its own.
    """
    try:
        with ZipFile(path) as file:
            if file.getinfo("config.json").file_size > LARGEST:
                return None
            model = json.loads(file.read("config.json"))
        if prepares:
            (*_, model) = model["config"]["layers"]
        return [_layer(each) for each in _flat(model)] or None
    except (OSError, BadZipFile, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _flat(model: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for layer in model["config"]["layers"]:
        if "layers" in layer["config"]:
            yield from _flat(layer)
        else:
            yield layer


def _layer(layer: Mapping[str, Any]) -> Layer:
    kind, config = str(layer["class_name"]), layer["config"]
    shape = (layer.get("build_config") or {}).get("input_shape") or []
    activation = config.get("activation", "")
    return Layer(
        kind=kind,
        size=_size(kind, config),
        activation=activation if isinstance(activation, str) else "its own",
        weights=_weights(kind, config, shape[1:]) if config.get("trainable", True) else 0,
    )


def _size(kind: str, config: Mapping[str, Any]) -> str:
    if "filters" in config:
        side = "×".join(str(n) for n in config["kernel_size"])
        return f"{_counted(config['filters'], 'filter')} of {side}"
    if "units" in config:
        return _counted(config["units"], "unit")
    if kind == "InputLayer":
        return " × ".join(str(n) for n in (config.get("batch_shape") or ())[1:])
    if "pool_size" in config:
        return "×".join(str(n) for n in config["pool_size"])
    return f"{config['rate']:.3g} of the units" if "rate" in config else ""


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


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
    "SpatialDropout1D SpatialDropout2D Subtract UpSampling2D ZeroPadding2D".split()
)
"""Layers of Keras that learn nothing, beside all of pooling."""


def _weights(kind: str, config: Mapping[str, Any], shape: list[int]) -> int | None:
    if kind in _PLAIN or "Pooling" in kind:
        return 0
    count = _COUNTED.get(kind)
    axis_is_last = config.get("axis", -1) in (-1, [-1], len(shape), [len(shape)])
    return count(config, shape) if count and shape and axis_is_last else None
