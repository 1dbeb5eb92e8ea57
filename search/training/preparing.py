"""A preparation as a Keras model, so that an exported model takes raw columns.

Of Keras's own layers and operations alone: a saved file loads in safe mode, without this package.
"""

from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from search.data.column_steps import plain
from search.data.columns import Columns
from search.data.preparation import Preparation
from search.training.preparation_spec import spec_of
from search.training.raw_columns import with_raw_columns


def preparing_layers(preparation: Preparation) -> keras.Model:
    """The model that `Preparation.apply` is in NumPy.

    Args:
        preparation: As it was learnt.

    Returns:
        Takes a dict of `raw_inputs`, and gives float32 of shape (rows, features). Keras's `predict`
        first makes float32 of arrays and tensors, which rounds days to minutes and seconds since
        1970 to two minutes: call the model, or give `predict` a `tf.data.Dataset`, to avoid that.
    """
    return with_raw_columns(None, spec_of(preparation))


def raw_inputs(columns: Columns) -> Mapping[str, Any]:
    """What the model takes: numbers and days since 1970 with NaN, and texts with "" for missing.

    Args:
        columns: Of the rows, each of the kind that it had when the model was trained.

    Returns:
        Name of the column → tensor of float64 or texts, shape (rows, 1): Keras's `predict` refuses
        texts of NumPy, and a call takes no mixture of arrays and tensors.
    """
    return {name: tf.constant(plain(columns, name)[:, None]) for name in columns.names}
