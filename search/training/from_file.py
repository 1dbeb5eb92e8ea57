"""What a model predicts for rows, where nothing is known of it but its file."""

import re
from collections.abc import Mapping
from typing import Any

from search.data.columns import Array, Columns
from search.data.rows_in_file import Features
from search.data.tree import Tree, key
from search.study.outputs import of_logits
from search.study.signature import Signature
from search.study.task import TASKS
from search.training.export import PATIENCE, loaded
from search.training.model_inputs import InputsError, check_ids_of_rows
from search.training.predict import output_rows, raw_outputs, raw_outputs_of_columns

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class UnusableError(Exception):
    """Keras makes no model of a file, or the model takes no such rows; what Keras said of it."""


def predictions_by_file(
    content: bytes,
    rows: Columns | Features,
    signature: Signature,
    own: Mapping[str, Any] | None = None,
    patience: float = PATIENCE,
) -> Any:
    """Load a model in safe mode and predict with it.

    Args:
        content: Of the `.keras` file.
        rows: Raw columns, or one array or several of shape (rows, …), whichever the model takes.
        signature: Of the model.
        own: Classes and functions of your own that it is made of, by name.
        patience: Seconds that Keras may take to make the model.

    Returns:
        As `search.training.predict.predictions`; of a "custom" task a `Tree` of whatever the model
        gives, with probabilities in the place of logits.

    Raises:
        InputsError: The model has no place for an id of a row.
        UnusableError: Keras fails, at whatever.
    """
    task, outputs = signature.task, signature.outputs
    try:
        model = loaded(content, own, patience)
        if isinstance(rows, Columns):
            return outputs.read(raw_outputs_of_columns(model, rows), task)
        check_ids_of_rows(model, rows)
        if TASKS[task].by_model:
            given = output_rows(model, rows)
            return Tree(
                {at: _read(leaf, signature.links.get(key(at))) for at, leaf in given.leaves.items()}
            )
        return outputs.read(raw_outputs(model, rows), task)
    except InputsError:
        raise
    except Exception as error:  # a file from elsewhere may lead Keras into any
        raise UnusableError(what_keras_said(error)) from None


def _read(given: Array, link: str | None) -> Array:
    return of_logits(given, link) if link else given


def what_keras_said(error: Exception) -> str:
    """The most informative line: behind the one that names where it was called."""
    lines = [line.strip() for line in _COLOURS.sub("", str(error)).splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith("Exception encountered when calling")]
    return (told or lines or [type(error).__name__])[0][:300].rstrip(".")
