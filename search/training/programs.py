"""Programs that were traced already, so that models of one architecture share one.

Tracing takes 0.8 s, as long as a small network's training takes several times over. What a graph
hangs on is the model's and its optimizer's configuration; weights, learning rate and the states of
dropout are variables, and are taken over from the model that shall be trained. Anything that is
not wholly described by Keras's own configuration is traced for itself.
"""

import json
import warnings
from typing import Any

import keras

from search.training.in_graph import OnDevice, Program
from search.training.keras_compat import layers_of
from search.training.keras_own import from_keras

KEPT = 16
MOST_WEIGHTS = 1_000_000
"""Of a model whose program is kept; a larger one's training dwarfs its tracing."""
DATA = {"__tuple__", "__keras_tensor__"}
"""Classes in a configuration that stand for no code."""
OWN = "search.training.measures"
"""The module whose metrics, too, are wholly described by their configuration."""
PATCHABLE = ("call", "train_step", "test_step", "compute_loss", "compute_metrics")


class Programs:
    """Finds or makes the program of a model.

    Args:
        rows: What all of them train on.
    """

    def __init__(self, rows: OnDevice) -> None:
        self._rows = rows
        self._known: dict[str, Program] = {}

    def of(self, model: Any) -> Program:
        """A program whose model starts as this one stands; the last one of its kind is over."""
        key = graph_key(model)
        if key is None:
            return Program(model, self._rows)
        program = self._known.pop(key, None)
        if program is None:
            program = Program(model, self._rows)
        else:
            program.take_over(model)
        self._known[key] = program  # the latest last
        if len(self._known) > KEPT:
            del self._known[next(iter(self._known))]
        return program


def graph_key(model: Any) -> str | None:
    """What a model's graph hangs on, but for the learning rate; None where that is not known."""
    patched = any(name in vars(model) for name in PATCHABLE)
    if patched or model.count_params() > MOST_WEIGHTS:
        return None
    learnt = [layer for layer in layers_of(model) if hasattr(layer, "adapt")]
    if any(type(layer) is not keras.layers.Normalization for layer in learnt):
        return None  # what such a layer has adapted to stands in its graph as a constant
    config = _serialized(model)
    if "compile_config" not in config or not _is_keras(config):
        return None
    # The one that trains: a range test gives a model another than it was compiled with.
    config["compile_config"]["optimizer"] = keras.saving.serialize_keras_object(model.optimizer)
    optimizer = config["compile_config"]["optimizer"]["config"]
    if isinstance(optimizer.get("learning_rate"), float):
        del optimizer["learning_rate"]
    try:
        constants = [weight.tolist() for layer in learnt for weight in layer.get_weights()]
        return json.dumps([config, constants], sort_keys=True)
    except TypeError:
        return None


def _serialized(model: Any) -> dict[str, Any]:
    """How Keras tells a model; empty of one whose class cannot tell it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a lambda, which `_is_keras` finds
            found: dict[str, Any] = keras.saving.serialize_keras_object(model)
    except Exception:
        return {}
    return found


def _is_keras(config: Any) -> bool:
    """Whether a configuration speaks of nothing but Keras's own classes."""
    if isinstance(config, list | tuple):
        return all(map(_is_keras, config))
    if not isinstance(config, dict):
        return True
    if config.keys() == {"value"} and isinstance(config["value"], list | tuple):
        return False  # a lambda as an activation: its code, without a class's name
    if "class_name" in config and config["class_name"] not in DATA:
        module = config.get("module")
        if module != OWN and not from_keras(module):
            return False
    return all(map(_is_keras, config.values()))
