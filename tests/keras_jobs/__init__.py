"""Jobs that people bring to Keras, each a space file, and their rows as plain Keras takes them."""

from pathlib import Path
from typing import Any

from search.data.tree import Tree

JOBS = {file.stem: file for file in sorted(Path(__file__).parent.glob("[a-z]*.py"))}
"""Name → space file."""


def given(rows: Any) -> Any:
    """Of a tree its dicts and lists; None for the targets of a model that needs none."""
    if isinstance(rows, Tree):
        return rows.nested
    return rows if rows.ndim == 1 or rows.shape[-1] else None


def fed(rows: Any) -> Any:
    """As Keras takes them: it takes no texts of NumPy, nor tensors beside arrays."""
    import tensorflow as tf

    return (
        rows
        if rows is None or (hasattr(rows, "shape") and rows.dtype.kind in "biuf")
        else (tf.nest.map_structure(tf.constant, rows))
    )
