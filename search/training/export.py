"""A trained model as a file that takes raw columns, and back: `.keras` only, and in safe mode."""

import io
import json
import shutil
import signal
import threading
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any

import keras
import numpy as np

from search.data.preparation import Preparation
from search.data.scaling import Scale
from search.store.scratch import scratch_folder
from search.study.task import REGRESSION
from search.training import keras_compat
from search.training.fixed_batch import fill_up, fixed_batch
from search.training.keras_own import from_keras, is_keras
from search.training.preparation_spec import spec_of
from search.training.raw_columns import with_raw_columns

PATIENCE = 300.0
"""Seconds that Keras may take for the model of a file, whose description may have no end."""
LARGEST_ROW = 1 << 26
"""Values that a layer may make of one row: 0.3 GB."""
KEPT = {"metadata.json", "model.weights.h5", "model.weights.npz"}
"""Members of a `.keras` file, beside its description and assets."""


def keras_bytes(model: Any) -> bytes:
    """The content of a model's `.keras` file.

    How a model was compiled is left out of it, in whatever model within, where that names code
    which is not Keras's: Keras would not load the file without it, not even with `compile=False`
    where the model lies in another, as those of tables and of standardised targets do.
    """
    _build_optimizer(model)
    with scratch_folder() as scratch:
        path = scratch / "model.keras"
        model.save(path)
        return _without_own_compiling(path.read_bytes())


def _without_own_compiling(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = [(part, archive.read(part)) for part in archive.infolist()]
    config = json.loads(next(data for part, data in parts if part.filename == "config.json"))
    plain = _mapped(
        config, lambda part: part if is_keras(part.get("compile_config")) else _uncompiled(part)
    )
    if plain == config:
        return content
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for part, data in parts:
            is_config = part.filename == "config.json"
            archive.writestr(part, json.dumps(plain) if is_config else data)
    return made.getvalue()


def _mapped(config: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """A model's description with each of its dicts changed, from the inside out."""
    if isinstance(config, list):
        return [_mapped(part, change) for part in config]
    if not isinstance(config, dict):
        return config
    return change({name: _mapped(part, change) for name, part in config.items()})


def _uncompiled(part: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in part.items() if name != "compile_config"}


def in_own_units(
    model: Any, scale: Scale, inputs: Scale | None = None, rows: tuple[int, ...] = ()
) -> Any:
    """A model of standardised targets as one that predicts them in their own units.

    Args:
        model: Compiled.
        scale: By which its targets were standardised.
        inputs: By which the features of its windows were, which it then takes as they are, too.
        rows: Shape of one row, where there are inputs.
    """
    units = keras.layers.Rescaling(scale.deviation.tolist(), scale.mean.tolist())
    first: list[Any] = []
    if inputs is not None:
        first = [
            keras.Input(batch_shape=(fixed_batch(model) or None, *rows)),
            keras.layers.Normalization(mean=inputs.mean, variance=np.square(inputs.deviation)),
        ]
    if isinstance(model, keras.Sequential):
        whole = keras.Sequential([*first, *model.layers, units])
        whole.build(model.input_shape)
    elif keras_compat.is_graph(model) and inputs is None:
        whole = keras.Model(model.input, units(model.output))
    else:
        whole = keras.Sequential([*first, model, units])
    whole.compile(model.optimizer, loss=model.loss, metrics=[REGRESSION.metric])
    return whole


def of_raw_columns(model: Any, preparation: Preparation) -> Any:
    """A model of prepared features as one that takes the columns as they were read.

    Args:
        model: Compiled; it takes what `Preparation.apply` gives.
        preparation: That the training rows taught.

    Returns:
        Takes a dict of `search.training.predict.raw_inputs`. It is for predictions and not
        compiled: the model in it is, and a file has room for the optimizer once.
    """
    _build_optimizer(model)
    return with_raw_columns(model, spec_of(preparation), fixed_batch(model) or None)


def _build_optimizer(model: Any) -> None:
    """Without its variables, the optimizer in a file would not fit the one that is loaded."""
    if model.compiled:
        model.optimizer.build(model.trainable_variables)


def load(path: Path) -> Any:
    """A model from its `.keras` file.

    Raises:
        ValueError: The file is of another kind, or would execute code of its own.
    """
    if path.suffix != ".keras":
        raise ValueError(f"{path}: only .keras files are loaded; others can execute code")
    with _names_may_differ():
        return keras.saving.load_model(path, safe_mode=True)


@contextmanager
def _names_may_differ() -> Iterator[None]:
    """Without Keras's warning of a column whose name no tensor can have."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "When providing `inputs` as a dict", UserWarning)
        yield


@contextmanager
def _for_predictions_alone() -> Iterator[None]:
    """Without Keras's warning of optimizers that it cannot continue, either.

    A class that makes its own optimizers, or compiles itself, has them in spite of
    `compile=False`, and without the variables that the file has of them.
    """
    with _names_may_differ():
        warnings.filterwarnings("ignore", "Skipping variable loading for optimizer", UserWarning)
        yield


def own_classes(model: Any) -> dict[str, Any]:
    """Classes of a model and its layers that Keras does not bring along, by name."""
    kinds = {type(part) for part in keras_compat.layers_of(model)}
    return {kind.__name__: kind for kind in kinds if not from_keras(kind.__module__)}


def registered() -> dict[str, Any]:
    """Classes and functions of your own that Keras knows in this process, by their own names."""
    return {
        name.rpartition(">")[2]: what for name, what in keras.saving.get_custom_objects().items()
    }


def loaded(content: bytes, own: Mapping[str, Any] | None = None, patience: float = PATIENCE) -> Any:
    """A model from the content of its `.keras` file, for predictions and not compiled.

    Args:
        content: Of the file.
        own: Classes that Keras has to be given, by name.
        patience: Seconds that Keras may take where there are none.

    Raises:
        Exception: Whatever a damaged file leads Keras into.
    """
    with scratch_folder() as scratch, _for_predictions_alone():
        path = scratch / "model.keras"
        if own:  # code of the user's own may do as it likes
            path.write_bytes(content)
            model = keras.saving.load_model(path, custom_objects=own, safe_mode=True, compile=False)
        else:
            with in_time(patience):
                config = _for_predictions(content, path)
                if not _uses_registered(config):  # which may make variables that no scope allows
                    _check_claims(config, len(content))
                model = keras.saving.load_model(path, safe_mode=True, compile=False)
    if size := fixed_batch(model):
        fill_up(model, size)
    return model


@contextmanager
def in_time(seconds: float) -> Iterator[None]:
    """End what takes too long inside, where this is the main thread: others hear no signal.

    Raises:
        TimeoutError: It does, in Python's code; TensorFlow's is waited for.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def late(number: int, frame: object) -> None:
        del number, frame
        raise TimeoutError(f"Keras makes no model of it within {seconds:g} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _for_predictions(content: bytes, path: Path) -> Any:
    """Write what Keras needs of a file for predictions, and nothing else; returns the description.

    Without how a model, or one within, was compiled: Keras makes that of what lies within in spite
    of `compile=False`.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(path, "w") as made:
        config = _mapped(
            json.loads(archive.read("config.json")),
            # Without a class it may be a column of this name.
            lambda part: _uncompiled(part) if "class_name" in part else part,
        )
        made.writestr("config.json", json.dumps(config))
        for part in archive.infolist():
            name = part.filename
            if name in KEPT or (name.startswith("assets/") and ".." not in name.split("/")):
                with archive.open(part) as old, made.open(name, "w", force_zip64=True) as new:
                    shutil.copyfileobj(old, new)
    return config


def _uses_registered(config: Any) -> bool:
    """Whether a description names a class of the user's own that this process has registered."""
    named: set[str] = set()

    def noted(part: dict[str, Any]) -> dict[str, Any]:
        named.add(str(part.get("registered_name")))
        return part

    _mapped(config, noted)
    return not named.isdisjoint(keras.saving.get_custom_objects())


def _check_claims(config: Any, size: int) -> None:
    """Refuse a model that is larger than its file can hold, before it is given memory.

    Args:
        config: Its description.
        size: Bytes of the file.

    Raises:
        ValueError: It claims more weights than there are bytes for, or layers that make of one row
            more than any memory holds of a few.
        Exception: Whatever a damaged description leads Keras into.
    """
    # Keras makes room at once for the states of recurrent layers.
    stateless = _mapped(
        config, lambda p: p | {"stateful": False} if p.get("stateful") is True else p
    )
    try:
        with keras.StatelessScope(initialize_variables=False):  # shapes alone, no memory
            model = keras.saving.deserialize_keras_object(stateless, safe_mode=True)
    finally:
        keras_compat.forget_uninitialized()
    # Half a byte a weight is the least that Keras stores (int4).
    if (claimed := sum(prod(weight.shape) for weight in model.weights)) > 2 * size:
        raise ValueError(f"it claims {claimed:,} weights, and its file holds {size:,} bytes")
    if (
        largest := max(map(_values_of_a_row, keras_compat.layers_of(model)), default=0)
    ) > LARGEST_ROW:
        raise ValueError(f"a layer of it makes {largest:,} values of one row")


def _values_of_a_row(layer: Any) -> int:
    """The most that a layer, or an operation of a model within, makes at once."""
    parts = [layer, *getattr(layer, "operations", ())]
    tensors = [tensor for part in parts for tensor in keras_compat.outputs_of_calls(part)]
    return max((prod(n or 1 for n in tensor.shape[1:]) for tensor in tensors), default=0)
