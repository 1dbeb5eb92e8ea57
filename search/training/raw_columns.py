"""A preparation in Keras's own layers and operations, a few for all columns of a kind.

A layer a column would take minutes to build and save where there are thousands. All of this file
stands in `train.py` as well, and is therefore of Keras and NumPy alone.
"""

import re
import warnings
from typing import Any

import keras
import numpy as np
from keras import ops

PREPARATION = "prepared_features"


def with_raw_columns(model: Any, spec: dict[str, Any], batch: Any = None) -> Any:
    """Put a preparation before a model of prepared features.

    Args:
        model: Takes float32, shape (rows, features); None for the preparation alone.
        spec: What the training rows taught, as lists; see `spec_of`.
        batch: Rows that the model takes at once; None for any number.

    Returns:
        A model of a dict: name of a column → float64 or text, shape (rows, 1). It gives the other
        model features, or a dict of several inputs and of texts that are kept as they are.
    """
    taken = {PREPARATION, getattr(model, "name", PREPARATION)}
    texts = {*spec["texts"], *spec["kept"]}
    inputs = {}
    for column in [*spec["numbers"], *spec["texts"], *spec["kept"]]:
        # The key is the column's own name. Keras allows no slash in that of a tensor, and warns
        # of it where a file with such a column is loaded.
        name = column.replace("/", "∕") or "unnamed"
        while name in taken or re.fullmatch(r"concatenate(_\d+)?", name):
            name += "_"
        taken.add(name)
        # float64, since seconds since 1970 have no float32 of their own.
        kind = "string" if column in texts else "float64"
        inputs[column] = keras.Input((1,), batch, name=name, dtype=kind)
    # The layer Concatenate compares each input with each other one.
    together = [
        ops.concatenate([inputs[column] for column in columns], axis=1)
        for columns in (spec["numbers"], spec["texts"])
        if columns
    ]
    features = preparation(spec)(together) if together else None
    outputs = features
    if spec["inputs"] or spec["kept"]:
        outputs = {
            name: ops.take(features, np.array(places), axis=1)
            for name, places in spec["inputs"].items()
        } | {column: ops.reshape(inputs[column], (-1,)) for column in spec["kept"]}
    with warnings.catch_warnings():  # of a key that is not its tensor's name
        warnings.simplefilter("ignore", UserWarning)
        return keras.Model(inputs, outputs if model is None else model(as_taken(model, outputs)))


def as_taken(model: Any, features: Any) -> Any:
    """Features as a list where a model takes a list of named inputs.

    Keras finds the inputs of such a model in a dict by name where it has values, and takes them in
    the order of their names where they are symbolic.
    """
    try:
        taken = model.input
    except (AttributeError, ValueError):  # a subclassed model has none
        return features
    if not isinstance(features, dict) or not isinstance(taken, list | tuple):
        return features
    names = [tensor.name for tensor in taken]
    return [features[name] for name in names] if set(names) == set(features) else features


def preparation(spec: dict[str, Any]) -> Any:
    """The model of all numbers, shape (rows, numbers), and all texts, shape (rows, texts)."""
    inputs, features = [], []
    if spec["numbers"]:
        inputs.append(keras.Input((len(spec["numbers"]),), name="numbers", dtype="float64"))
        features += features_of_numbers(inputs[-1], spec)
    if spec["texts"]:
        inputs.append(keras.Input((len(spec["texts"]),), name="texts", dtype="string"))
        features += features_of_texts(inputs[-1], spec)
    features = [ops.cast(feature, "float32") for feature in features]
    outputs = ops.take(ops.concatenate(features, axis=1), np.array(spec["order"]), axis=1)
    return keras.Model(inputs, outputs, name=PREPARATION)


def features_of_numbers(raw: Any, spec: dict[str, Any]) -> list[Any]:
    """Standardised, sine and cosine of the places on circles, and marks of missing values."""
    missing = ops.isnan(raw)
    standard = (raw - np.array(spec["mean"])) / np.array(spec["deviation"])
    found = [ops.where(missing, 0.0, standard)]
    if spec["circles"]:
        which = np.array([column for column, _ in spec["circles"]])
        angle = np.array([2 * np.pi / period for _, period in spec["circles"]])
        angle = ops.take(raw, which, axis=1) * angle
        gone = ops.take(missing, which, axis=1)
        found += [ops.where(gone, 0.0, ops.sin(angle)), ops.where(gone, 0.0, ops.cos(angle))]
    if spec["marked numbers"]:
        found.append(ops.take(missing, np.array(spec["marked numbers"]), axis=1))
    return found


def features_of_texts(raw: Any, spec: dict[str, Any]) -> list[Any]:
    """A mark for each known value, for all others, and for missing values.

    A text is cut into words, so that blanks around it and between its words do not count. It is a
    known one where its first words, and that there are no more, have that one's code.
    """
    columns = len(spec["texts"])
    words = keras.layers.TextVectorization(
        standardize=None, output_sequence_length=spec["length"], vocabulary=spec["words"]
    )
    numbers = words(ops.reshape(raw, (-1, 1)))  # 0 for none, 1 for a word that nobody knows
    code = ops.sum(numbers * np.array(spec["factors"]), axis=1)
    code = ops.reshape(code, (-1, columns))
    missing = ops.cast(ops.equal(code, 0), "float32")
    found = [missing]
    known = ops.zeros_like(missing)
    if spec["codes"]:
        spelled = ops.take(code, np.array(spec["of column"]), axis=1)
        same = ops.equal(spelled, np.array(spec["codes"]))
        same = ops.concatenate([missing[:, :1] * 0.0, ops.cast(same, "float32")], axis=1)
        upto = ops.cumsum(same, axis=1)

        def within(ends: Any) -> Any:
            starts = np.array([start for start, _ in ends])
            return ops.take(upto, np.array([end for _, end in ends]), axis=1) - ops.take(
                upto, starts, axis=1
            )

        found.append(within(spec["values"]))
        known = within(spec["columns"])
    found.append(1.0 - known - missing * np.array(spec["apart"], "float32"))
    return found
