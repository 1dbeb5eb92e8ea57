"""Whether a part of a model is Keras's own or its author's."""

from typing import Any

import keras


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
