"""Whether a part of a model is Keras's own or its author's."""

from typing import Any

import keras

OUR_METRICS = "search.training.measures"
"""The module whose metrics, too, are wholly described by their configuration."""
_VALUES = {"__tuple__", "__keras_tensor__", "__tensor__", "__numpy__", "__bytes__", "__slice__"}
"""Classes in a configuration that stand for no code."""


def overrides(model: Any, *methods: str) -> bool:
    """Whether a model brings each of these methods of its own, by its class or on the object.

    Args:
        model: Of Keras.
        methods: Names of methods that every `keras.Model` has.
    """
    return all(
        method in vars(model)
        or getattr(type(model), method)
        not in (getattr(keras.Model, method), getattr(keras.Sequential, method))
        for method in methods
    )


def has_own_steps(model: Any) -> bool:
    """Whether a model trains and tests by steps of its own, and not by Keras's."""
    return overrides(model, "train_step", "test_step")


def from_keras(module: object) -> bool:
    """Whether a module, such as that of a class, is one of Keras's."""
    return str(module).split(".", 1)[0] == "keras"


def is_keras(config: Any, *modules: str) -> bool:
    """Whether a configuration names no code but Keras's own.

    Args:
        config: As by `keras.saving.serialize_keras_object`, or a part of it.
        modules: Others whose classes count as Keras's.
    """
    if isinstance(config, list | tuple):
        return all(is_keras(part, *modules) for part in config)
    if not isinstance(config, dict):
        return True
    if config.keys() == {"value"} and isinstance(config["value"], list | tuple):
        return False  # a lambda as an activation: its code, without a class's name
    if "class_name" in config and config["class_name"] not in _VALUES:
        module = config.get("module")
        if module not in modules and not from_keras(module):
            return False
    return all(is_keras(part, *modules) for part in config.values())
