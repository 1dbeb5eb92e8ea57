"""How far two models' scores on the same rows differ, and how sure that is."""

from collections.abc import Callable, Mapping

import numpy as np

from search.study.answer import Interval
from search.study.dataset import Array
from search.study.task import MULTILABEL, REGRESSION

RESAMPLES = 2000


def difference(
    one: Mapping[str, Array], other: Mapping[str, Array], task: str
) -> tuple[float, Interval]:
    """How far the first model's score lies above the second's.

    A paired bootstrap: rows are drawn, and both models answer for the same draw.

    Args:
        one: "y" and "probabilities" or "predictions" of the held-out rows, as finals keep them.
        other: The same of the other model, on the same rows in the same order.
        task: Such as "binary"; its measure is compared: accuracy, micro F1 or R².

    Returns:
        The difference and its 95 % interval, by percentiles.
    """
    parts, measure = _PARTS.get(task, _of_classes)(one), _MEASURES.get(task, _share)
    others = _PARTS.get(task, _of_classes)(other)
    generator = np.random.default_rng(0)
    rows = len(parts)
    found = np.empty(RESAMPLES)
    for draw in range(RESAMPLES):
        chosen = generator.integers(0, rows, rows)
        found[draw] = measure(parts[chosen].mean(axis=0)) - measure(others[chosen].mean(axis=0))
    low, high = np.quantile(found, [0.025, 0.975])
    whole = measure(parts.mean(axis=0)) - measure(others.mean(axis=0))
    return float(whole), Interval(float(low), float(high))


def _of_classes(kept: Mapping[str, Array]) -> Array:
    right: Array = (kept["probabilities"].argmax(axis=1) == kept["y"]).astype(float)
    return right[:, None]


def _of_labels(kept: Mapping[str, Array]) -> Array:
    predicted, there = kept["probabilities"] >= 0.5, kept["y"] == 1
    hits, misses = (predicted & there).sum(axis=1), (predicted != there).sum(axis=1)
    return np.column_stack([hits, misses]).astype(float)


def _of_numbers(kept: Mapping[str, Array]) -> Array:
    y = kept["y"].astype(float)
    return np.stack([np.square(kept["predictions"] - y), y, np.square(y)], axis=1)


def _share(means: Array) -> float:
    return float(means[0])


def _f1(means: Array) -> float:
    hits, misses = means
    return float(2 * hits / max(2 * hits + misses, 1e-300))


def _r_squared(means: Array) -> float:
    errors, mean, squares = means
    spread = np.maximum(squares - np.square(mean), 1e-300)
    return float((1 - errors / spread).mean())


_PARTS: Mapping[str, Callable[[Mapping[str, Array]], Array]] = {
    MULTILABEL.name: _of_labels,
    REGRESSION.name: _of_numbers,
}
"""What a row adds to the sums of which a measure is made, shape (rows, sums, …)."""
_MEASURES: Mapping[str, Callable[[Array], float]] = {
    MULTILABEL.name: _f1,
    REGRESSION.name: _r_squared,
}
