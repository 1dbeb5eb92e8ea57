"""A trained model as a file that takes raw columns, and back: `.keras` only, and in safe mode."""

import io
import json
import tempfile
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any

import keras
from keras.src.backend.common import global_state

from search.study.data.preparation import Preparation
from search.study.scaling import Scale
from search.study.task import REGRESSION
from search.training.preparation_spec import spec_of
from search.training.raw_columns import with_raw_columns


def keras_bytes(model: Any) -> bytes:
    """The content of a model's `.keras` file.

    How a model was compiled is left out of it, in whatever model within, where that names code
    which is not Keras's: Keras would not load the file without it, not even with `compile=False`
    where the model lies in another, as those of tables and of standardised targets do.
    """
    _build_optimizer(model)
    with tempfile.TemporaryDirectory(prefix="keras-search-") as scratch:
        path = Path(scratch) / "model.keras"
        model.save(path)
        return _without_own_compiling(path.read_bytes())


def _without_own_compiling(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = [(part, archive.read(part)) for part in archive.infolist()]
    config = json.loads(next(data for part, data in parts if part.filename == "config.json"))
    if not _drop_own_compiling(config):
        return content
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for part, data in parts:
            is_config = part.filename == "config.json"
            archive.writestr(part, json.dumps(config) if is_config else data)
    return made.getvalue()


def _drop_own_compiling(config: Any) -> bool:
    """Whether anything had to be dropped."""
    if isinstance(config, list):
        return sum(map(_drop_own_compiling, config)) > 0  # and not any, which stops at the first
    if not isinstance(config, dict):
        return False
    drops = "compile_config" in config and _has_own_code(config["compile_config"])
    if drops:
        del config["compile_config"]
    return sum(map(_drop_own_compiling, config.values())) > 0 or drops


def _has_own_code(config: Any) -> bool:
    if isinstance(config, list):
        return any(map(_has_own_code, config))
    if not isinstance(config, dict):
        return False
    module = str(config.get("module") or "keras")
    of_keras = module == "keras" or module.startswith("keras.")
    if "class_name" in config and (not of_keras or config["class_name"] == "__lambda__"):
        return True
    return any(map(_has_own_code, config.values()))


def in_own_units(model: Any, scale: Scale) -> Any:
    """A model of standardised targets as one that predicts them in their own units.

    Args:
        model: Compiled.
        scale: By which its targets were standardised.
    """
    units = keras.layers.Rescaling(scale.deviation.tolist(), scale.mean.tolist())
    if isinstance(model, keras.Sequential):
        whole = keras.Sequential([*model.layers, units])
        whole.build(model.input_shape)
    else:
        whole = keras.Sequential([model, units])
    whole.compile(model.optimizer, loss=model.loss, metrics=[REGRESSION.metric])
    return whole


def of_raw_columns(model: Any, preparation: Preparation) -> Any:
    """A model of prepared features as one that takes the columns as they were read.

    Args:
        model: Compiled; it takes what `Preparation.apply` gives.
        preparation: That the training rows taught.

    Returns:
        Takes a dict of `search.training.preparing.raw_inputs`. It is for predictions and not
        compiled: the model in it is, and a file has room for the optimizer once.
    """
    _build_optimizer(model)
    return with_raw_columns(model, spec_of(preparation))


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


def own_classes(model: Any) -> dict[str, Any]:
    """Classes of a model and its layers that Keras does not bring along, by name."""
    kinds = {type(part) for part in model._flatten_layers()}
    return {kind.__name__: kind for kind in kinds if not kind.__module__.startswith("keras.")}


def loaded(content: bytes, own: Mapping[str, Any] | None = None) -> Any:
    """A model from the content of its `.keras` file, for predictions and not compiled.

    Args:
        content: Of the file.
        own: Classes that Keras has to be told of, by name.

    Raises:
        Exception: Whatever a damaged file leads Keras into.
    """
    with tempfile.TemporaryDirectory(prefix="keras-search-") as scratch:
        path = Path(scratch) / "model.keras"
        path.write_bytes(content)
        with _names_may_differ():
            if not own:  # code of the user's own may do as it likes
                _check_weights(path)
            return keras.saving.load_model(path, custom_objects=own, safe_mode=True, compile=False)


def _check_weights(path: Path) -> None:
    """Refuse a model that has more weights than its file has bytes for, before it is given memory.

    Raises:
        ValueError: It claims them.
        Exception: Whatever a damaged description leads Keras into.
    """
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
        room = sum(member.file_size for member in archive.infolist())
    config.pop("compile_config", None)
    try:
        with keras.StatelessScope(initialize_variables=False):  # shapes alone, no memory
            model = keras.saving.deserialize_keras_object(config, safe_mode=True)
    except ValueError as error:
        if "stateless scope" in str(error):  # a stateful recurrent layer makes its state at once
            return
        raise
    finally:  # else the next scope of whatever model gives memory to all that was claimed
        global_state.set_global_attribute("uninitialized_variables", [])
    # Half a byte a weight is the least that Keras stores (int4).
    if (claimed := sum(prod(weight.shape) for weight in model.weights)) > 2 * room:
        raise ValueError(f"it claims {claimed:,} weights, and its file holds {room:,} bytes")
