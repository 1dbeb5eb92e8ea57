"""What a trained model predicts for rows."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from search.data.column_steps import plain
from search.data.columns import Columns
from search.data.dataset import Array
from search.data.rows_in_file import Features, at_once
from search.data.tree import Tree, joined
from search.study.outputs import SURE, Outputs
from search.training.asking import ask, one_of_one
from search.training.fixed_batch import begin_anew, rows_at_once
from search.training.model_inputs import inputs_of

BATCH = 4096
FEW = 256
"""Of rows whose outputs may be as large as pictures."""
TOLERANCE = 1e-3
"""Of a probability or of a standardised number, between engines; sums in another order differ by
some 1e-6."""


class UnlikeError(Exception):
    """Keras's model does not predict what the engine predicted that trained it."""


def predictions(model: Any, x: Features, task: str, outputs: Outputs = SURE) -> Array:
    """What a model predicts for rows.

    Args:
        model: Built.
        x: Rows, shape (rows, …).
        task: Such as "binary".
        outputs: How its outputs are read.

    Returns:
        float64: the probability of each class, shape (rows, classes), or of each label,
        (rows, labels); or numbers, (rows, targets); see `Outputs.read`.
    """
    return outputs.read(raw_outputs(model, x), task)


def raw_outputs(model: Any, x: Features) -> Array:
    """The numbers that a model gives of rows, float64, shape (rows, units)."""
    return _as_columns(outputs_of_rows(model, x))


def outputs_of_rows(model: Any, x: Features) -> Array:
    """The numbers that a model gives of rows, as it gives them."""
    begin_anew(model)
    size = rows_at_once(model, at_once(x, BATCH))
    steps = range(0, len(x), size)
    return np.concatenate([_asked(model, inputs_of(x[at : at + size])) for at in steps])


def output_rows(model: Any, x: Features) -> Tree:
    """All outputs of rows, of whatever shape and structure, as the model gives them."""
    begin_anew(model)
    size = rows_at_once(model, at_once(x, FEW))
    starts = range(0, len(x), size)
    return joined([asked_for(model, x[at : at + size]).map(np.asarray) for at in starts])


def asked_for(model: Any, x: Features) -> Tree:
    """The tensors of a few rows."""
    return Tree.of(ask(model, inputs_of(x)), lambda _: False)


def raw_outputs_of_columns(model: Any, columns: Columns) -> Array:
    """The same of raw columns, by a model that takes them."""
    begin_anew(model)
    parts, size = [], rows_at_once(model, BATCH)
    for start in range(0, len(columns), size):
        rows = np.arange(start, min(start + size, len(columns)))
        parts.append(_asked(model, raw_inputs(columns.take(rows))))
    return _as_columns(np.concatenate(parts))


def raw_inputs(columns: Columns) -> Mapping[str, Any]:
    """What a model of raw columns takes: numbers and days since 1970 with NaN, texts with "".

    Call the model with them: Keras's `predict` first makes float32 of tensors, which rounds days to
    minutes and seconds since 1970 to two minutes.

    Args:
        columns: Of the rows, each of the kind that it had when the model was trained.

    Returns:
        Name of the column → tensor of float64 or texts, shape (rows, 1): Keras's `predict` refuses
        texts of NumPy, and a call takes no mixture of arrays and tensors.
    """
    import tensorflow as tf

    return {name: tf.constant(plain(columns, name)[:, None]) for name in columns.names}


def _asked(model: Any, x: Any) -> Array:
    return np.asarray(one_of_one(ask(model, x)), dtype=float)


def _as_columns(outputs: Array) -> Array:
    return outputs.reshape(-1, 1) if outputs.ndim == 1 else outputs


def check_alike(found: Mapping[str, Array], expected: Mapping[str, Array]) -> None:
    """Compare a Keras model's predictions with those of the engine that trained it.

    Args:
        found: Name of the rows → what it predicts; numbers standardised.
        expected: The same by the engine.

    Raises:
        UnlikeError: Some prediction differs by more than rounding can explain.
    """
    for name, predicted in expected.items():
        worst = float(np.abs(found[name] - predicted).max())
        if not worst <= TOLERANCE:
            raise UnlikeError(
                f"on {name} the Keras model's predictions differ by up to {worst:.3g} from those "
                "of the engine that trained it; search again with the engine fit, and report this"
            )
