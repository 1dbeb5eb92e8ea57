"""The winner in the forms in which models are served: a SavedModel, ONNX, LiteRT."""

import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from search.data.dataset import Array
from search.study.csv_cells import distinct
from search.study.errors import first_line
from search.study.signature import Signature
from search.training.keras_compat import frozen

FILES = {"serving": "saved_model/1", "onnx": "model.onnx", "litert": "model.tflite"}
"""Form → what is written in the folder."""
EQUAL = 1e-4
"""Greatest difference from Keras's own outputs, relative to those above 1."""
ROWS = 32
"""Made up, that the outputs are compared on."""
Rows = Mapping[str, Array]


class UnservableError(Exception):
    """A model cannot be had in a form; says which layer hinders, or what the converter says."""


class Served:
    """A model with a name for each input, as it is called by clients.

    Attributes:
        inputs: Name of each input → its tensor of Keras's, with dtype and shape.
        columns: Name of each input → the column, or the place in Keras's structure, it is for.

    Args:
        model: As it was loaded.

    Raises:
        UnservableError: It does not say what it takes.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        is_chain = isinstance(model, keras.Sequential)
        structure = model.inputs[0] if is_chain else getattr(model, "input", None)
        if structure is None:
            raise UnservableError("a subclassed model does not say what it takes")
        self._structure = structure
        paths = [_named(path) for path, _ in keras.tree.flatten_with_path(structure)]
        leaves = keras.tree.flatten(structure)
        self.inputs = dict(zip(_in_ascii(paths, "rows", of_arguments=True), leaves, strict=True))
        self.columns = dict(zip(self.inputs, paths, strict=True))

    def __call__(self, **rows: Any) -> dict[str, Any]:
        """Outputs by name; a single one is called "predictions"."""
        given = [rows[name] for name in self.inputs]
        outputs = self._model(keras.tree.pack_sequence_as(self._structure, given), training=False)
        names = [_named(path) for path, _ in keras.tree.flatten_with_path(outputs)]
        leaves = keras.tree.flatten(outputs)
        return dict(zip(_in_ascii(names, "predictions"), leaves, strict=True))

    def module(self) -> Any:
        """What has all that the call reads: its tables, and its variables by TensorFlow's own.

        Of Keras's own the converters know none, and a seed of a layer not at all.
        """
        module = tf.Module()
        module.model = self._model
        module.variables_of_model = [variable.value for variable in self._model.variables]
        return module

    def signature(self) -> Any:
        """The call as a concrete function of TensorFlow's."""
        specs = {
            name: tf.TensorSpec(leaf.shape, leaf.dtype, name) for name, leaf in self.inputs.items()
        }
        return tf.function(self.__call__).get_concrete_function(**specs)

    def rows(self, signature: Signature, count: int = ROWS) -> Rows:
        """Rows such as it was trained on, by chance, some with missing values."""
        draw = np.random.default_rng(0)
        return {
            name: _drawn(leaf, self.columns[name], signature, count, draw)
            for name, leaf in self.inputs.items()
        }

    def texts(self) -> list[str]:
        """Its inputs of texts."""
        return [name for name, leaf in self.inputs.items() if leaf.dtype == "string"]


def _named(path: tuple[Any, ...]) -> str:
    return " ".join(map(str, path))


def _in_ascii(names: Iterable[str], only: str, *, of_arguments: bool = False) -> list[str]:
    """Names of letters, digits and "_", each another.

    Args:
        names: Any.
        only: In the place of an empty one.
        of_arguments: Whether TensorFlow calls a function by them.
    """
    told = [re.sub(r"\W", "_", name, flags=re.ASCII) or only for name in names]
    if of_arguments:
        told = [f"x{name}" if re.match(r"[0-9_]|self$", name) else name for name in told]
    return distinct(told, form="{}_{}")


def _drawn(
    leaf: Any, column: str, signature: Signature, count: int, draw: np.random.Generator
) -> Array:
    count = leaf.shape[0] or count
    shape = (count, *(size or 7 for size in leaf.shape[1:]))
    if leaf.dtype == "string":
        known = signature.texts.get(column)
        return draw.choice([*(known.values if known else ()), "another", ""], shape).astype(object)
    if signature.columns:
        cells = draw.normal(0, 100, shape)
        cells[draw.random(shape) < 0.1] = np.nan  # as a missing cell is
        return np.asarray(cells, leaf.dtype)
    if leaf.dtype.startswith(("int", "uint", "bool")):
        return np.asarray(draw.integers(0, 2, shape), leaf.dtype)
    values = signature.values
    low, high = (values.low, values.high) if values else (-1.0, 1.0)
    return np.asarray(draw.uniform(low, high, shape), leaf.dtype)


def written(served: Served, form: str, folder: Path) -> Callable[[Rows], Mapping[str, Any]]:
    """Write a model in a form; returns what calls the file, by the form's own runtime.

    Raises:
        UnservableError: It cannot be had in this form.
    """
    path = folder / FILES[form]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the converters' own code
        return _WRITERS[form](served, path)


def _saved_model(served: Served, path: Path) -> Callable[[Rows], Mapping[str, Any]]:
    signatures = {"serving_default": served.signature()}
    tf.saved_model.save(served.module(), str(path), signatures=signatures)
    serve = tf.saved_model.load(str(path)).signatures["serving_default"]
    return lambda rows: serve(**{name: tf.constant(x) for name, x in rows.items()})


def _onnx(served: Served, path: Path) -> Callable[[Rows], Mapping[str, Any]]:
    import onnxruntime
    import tf2onnx

    _refuse_texts(served)
    specs = [tf.TensorSpec(x.shape, x.dtype, name) for name, x in served.inputs.items()]
    try:
        function = tf.function(lambda *rows: served(**dict(zip(served.inputs, rows, strict=True))))
        call = function.get_concrete_function(*specs)
        # Frozen first, since tf2onnx takes constants that a call captures for inputs of it.
        graph = frozen(call)
        inputs = dict(zip([x.name for x in graph.inputs], served.inputs, strict=True))
        outputs = {x.name: name for name, x in call.structured_outputs.items()}
        tf2onnx.convert.from_graph_def(
            graph.graph.as_graph_def(add_shapes=True),
            input_names=[*inputs],
            output_names=[x.name for x in graph.outputs],
            tensors_to_rename={**inputs, **outputs},
            output_path=str(path),
        )
        session = onnxruntime.InferenceSession(str(path))
    except Exception as error:
        raise UnservableError(f"tf2onnx says: {first_line(error)}") from error
    names = [output.name for output in session.get_outputs()]
    return lambda rows: dict(zip(names, session.run(None, dict(rows)), strict=True))


def _litert(served: Served, path: Path) -> Callable[[Rows], Mapping[str, Any]]:
    from ai_edge_litert.interpreter import Interpreter

    _refuse_texts(served)
    try:
        calls = [served.signature()]
        converter = tf.lite.TFLiteConverter.from_concrete_functions(calls, served.module())
        path.write_bytes(converter.convert())
        call = Interpreter(str(path)).get_signature_runner()
    except Exception as error:
        raise UnservableError(f"the converter of LiteRT says: {_told(error)}") from error
    return lambda rows: call(**rows)


def _told(error: Exception) -> str:
    """What is wrong, of an error that has the lines of code around it."""
    found = re.search(r"\berror: (.+)", str(error))
    return found[1] if found else first_line(error)


def _refuse_texts(served: Served) -> None:
    if texts := served.texts():
        raise UnservableError(
            f"the input {served.columns[texts[0]] or texts[0]!r} is of texts, and the layer "
            "TextVectorization, which reads them, has no such form"
        )


_WRITERS = {"serving": _saved_model, "onnx": _onnx, "litert": _litert}


def difference(found: Mapping[str, Any], expected: Mapping[str, Any]) -> float:
    """The greatest between two calls' outputs by place, relative to those above 1.

    Raises:
        UnservableError: Their shapes differ.
    """
    most = 0.0
    for (name, one), other in zip(sorted(expected.items()), _in_order(found), strict=True):
        keras_own, served = np.asarray(one, float), np.asarray(other, float)
        if keras_own.shape != served.shape or (np.isnan(keras_own) != np.isnan(served)).any():
            raise UnservableError(f"its output {name} has another shape, or values that are NaN")
        apart = np.abs(keras_own - served) / np.maximum(1, np.abs(keras_own))
        most = max(most, float(np.nan_to_num(apart).max(initial=0)))
    return most


def _in_order(outputs: Mapping[str, Any]) -> list[Any]:
    return [value for _, value in sorted(outputs.items())]
