"""A preparation as a Keras model, so that an exported model takes raw columns.

Of Keras's own layers and operations alone: a saved file loads in safe mode, without this package.
"""

import math
from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from search.study.data.columns import Columns
from search.study.data.preparation import Preparation
from search.study.data.steps import (
    MISSING_TEXT,
    CategoryStep,
    DateStep,
    NumberStep,
    Step,
    plain,
)


def preparing_layers(preparation: Preparation) -> keras.Model:
    """The model that `Preparation.apply` is in NumPy.

    Args:
        preparation: As it was learnt.

    Returns:
        Takes a dict of `raw_inputs`, and gives float32 of shape (rows, features). Keras's `predict`
        first makes float32 of arrays and tensors, which rounds days to minutes and seconds since
        1970 to two minutes: call the model, or give `predict` a `tf.data.Dataset`, to avoid that.
    """
    inputs = {
        input_name(step.name): keras.Input(
            (1,),
            name=input_name(step.name),
            # In float64, since seconds since 1970 have no float32 of their own.
            dtype="string" if isinstance(step, CategoryStep) else "float64",
        )
        for step in preparation.steps
    }
    raw = zip(preparation.steps, inputs.values(), strict=True)
    features = [feature for step, values in raw for feature in _features(step, values)]
    together = [ops.cast(feature, "float32") for feature in features]
    return keras.Model(inputs, ops.concatenate(together, axis=1), name="preparation")


def raw_inputs(columns: Columns) -> Mapping[str, Any]:
    """What the model takes: numbers and days since 1970 with NaN, and texts with "" for missing.

    Args:
        columns: Of the rows, each of the kind that it had when the model was trained.

    Returns:
        Name of the column's input → tensor of float64 or texts, shape (rows, 1): Keras's `predict`
        refuses texts of NumPy, and a call takes no mixture of arrays and tensors.
    """
    return {input_name(name): tf.constant(plain(columns, name)[:, None]) for name in columns.names}


def input_name(column: str) -> str:
    """What a column is called in a model: Keras allows no slash in a name."""
    return column.replace("/", "∕")


def _features(step: Step, raw: Any) -> list[Any]:
    match step:
        case NumberStep():
            return _of_number(step, raw)
        case CategoryStep():
            return _of_category(step, raw)
        case DateStep():
            return _of_date(step, raw)


def _of_number(step: NumberStep, raw: Any) -> list[Any]:
    missing = ops.isnan(raw)
    standard = ops.where(missing, 0.0, (raw - step.mean) / step.deviation)
    return [standard, missing] if step.missing else [standard]


def _of_category(step: CategoryStep, raw: Any) -> list[Any]:
    known = len(step.values)
    place = keras.layers.StringLookup(vocabulary=[*step.values, MISSING_TEXT])(raw)
    # Unknown, the known ones, missing.
    marks = ops.one_hot(ops.squeeze(place, axis=1), known + 2)
    unknown, missing = marks[:, :1], marks[:, known + 1 :]
    own = [marks[:, 1 : known + 1]] if known else []
    other = [unknown if step.missing else unknown + missing] if step.other else []
    return [*own, *other, *([missing] if step.missing else [])]


def _of_date(step: DateStep, raw: Any) -> list[Any]:
    missing = ops.isnan(raw)
    features = [(raw - step.mean) / step.deviation]
    for period in step.periods.values():
        angle = raw * (2 * math.pi / period)
        features += [ops.sin(angle), ops.cos(angle)]
    whole = [ops.where(missing, 0.0, feature) for feature in features]
    return [*whole, missing] if step.missing else whole
