"""How well do predicted places, such as pixels, cover those of a class? Intersection over union."""

import numpy as np

from search.data.dataset import Array


def iou_of_each(counts: Array) -> Array:
    """Of each class; NaN of one that is neither there nor predicted.

    Args:
        counts: Places found, predicted and true of each class, shape (…, classes, 3).

    Returns:
        Shape (…, classes).
    """
    hits, called, there = np.moveaxis(np.asarray(counts, float), -1, 0)
    union = called + there - hits
    found: Array = np.where(union > 0, hits / np.where(union > 0, union, 1.0), np.nan)
    return found


def mean_iou(counts: Array) -> Array:
    """Over the classes that are there or predicted, as Keras has it; 0 without any.

    Args:
        counts: As of `iou_of_each`.

    Returns:
        Shape (…).
    """
    each = iou_of_each(counts)
    known = ~np.isnan(each)
    found: Array = np.nansum(each, axis=-1) / np.maximum(known.sum(axis=-1), 1)
    return found
