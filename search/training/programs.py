"""Programs that were traced already, so that models of one architecture share one.

Tracing takes 0.8 s, as long as a small network's training takes several times over. What a graph
depends on is the model's and its optimizer's configuration; weights, learning rate and the states
of dropout are variables, and are taken over from the model that shall be trained. Anything that is
not wholly described by Keras's own configuration is traced for itself.
"""

import json
import warnings
from typing import Any

import keras

from search.training.in_graph import OnDevice, Program
from search.training.keras_compat import layers_of
from search.training.keras_own import OUR_METRICS, is_keras

KEPT = 16
MOST_WEIGHTS = 1_000_000
"""Of a model whose program is kept; a larger one's training dwarfs its tracing."""
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
        if key is None or model.count_params() > MOST_WEIGHTS:
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
    """What a model's graph depends on, but for the learning rate; None where that is not known."""
    if any(name in vars(model) for name in PATCHABLE):
        return None
    learnt = [layer for layer in layers_of(model) if hasattr(layer, "adapt")]
    if any(type(layer) is not keras.layers.Normalization for layer in learnt):
        return None  # what such a layer has adapted to stands in its graph as a constant
    config = _serialized(model)
    if "compile_config" not in config or not is_keras(config, OUR_METRICS):
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
    """How Keras describes a model; empty for one whose class cannot describe it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a lambda, which `is_keras` finds
            found: dict[str, Any] = keras.saving.serialize_keras_object(model)
    except Exception:
        return {}
    return found
