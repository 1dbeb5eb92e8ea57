"""Studies without a defect, of all tasks, as tables and as arrays."""

import numpy as np
from numpy.random import Generator

from benchmarks.planting.rows import (
    TARGET,
    Make,
    classes,
    features,
    frame,
    numbers,
    signal,
    small,
    two_classes,
    with_answer,
    yes_or_no,
)
from search import Study, arrays, table


def two_in_arrays(draw: Generator) -> Study:
    """Two classes with a curved border."""
    x = features(draw, 1_000)
    return small(arrays(x, two_classes(draw, x)))


def several_in_arrays(draw: Generator) -> Study:
    """Three to five clouds."""
    return small(arrays(*classes(draw, 1_200, int(draw.integers(3, 6)))))


def labels_in_arrays(draw: Generator) -> Study:
    """Three labels."""
    x = features(draw, 1_200)
    y = (x[:, :3] + 0.5 * x[:, 3:6] + 0.4 * draw.normal(size=(1_200, 3)) > 0).astype(int)
    return small(arrays(x, y, task="multilabel"))


def numbers_in_arrays(draw: Generator) -> Study:
    """One number."""
    x = features(draw, 1_200)
    return small(arrays(x, numbers(draw, x)))


def parts_in_arrays(draw: Generator) -> Study:
    """Held-out rows of their own, drawn as the others."""
    x = features(draw, 1_200)
    y = two_classes(draw, x)
    return small(arrays(x[:900], y[:900], held_out=(x[900:], y[900:])))


def two_in_table(draw: Generator) -> Study:
    """Numbers, categories, a date and gaps; yes or no."""
    rows = frame(draw, 1_000)
    return small(table(with_answer(rows, yes_or_no(draw, rows)), target=TARGET))


def several_in_table(draw: Generator) -> Study:
    """The same with three classes."""
    rows = frame(draw, 1_200)
    said = signal(rows) + 0.5 * draw.normal(size=len(rows))
    answer = np.array(["low", "middle", "high"])[np.digitize(said, [-0.7, 0.7])]
    return small(table(with_answer(rows, answer), target=TARGET))


def labels_in_table(draw: Generator) -> Study:
    """The same with two labels."""
    rows = frame(draw, 1_200)
    rows["late"] = (signal(rows) + 0.5 * draw.normal(size=len(rows)) > 0.5).astype(int)
    rows["dear"] = (rows["measure 1"] + 0.5 * draw.normal(size=len(rows)) > 0).astype(int)
    return small(table(rows, target=("late", "dear")))


def numbers_in_table(draw: Generator) -> Study:
    """The same with a number."""
    rows = frame(draw, 1_200)
    answer = 20 + 5 * signal(rows) + 2 * draw.normal(size=len(rows))
    return small(table(with_answer(rows, answer), target=TARGET))


def by_time_in_table(draw: Generator) -> Study:
    """The same, cut by time, with nothing that changes."""
    rows = frame(draw, 1_200)
    return small(table(with_answer(rows, yes_or_no(draw, rows)), target=TARGET, time="since"))


CLEAN: tuple[Make, ...] = (
    two_in_arrays,
    several_in_arrays,
    labels_in_arrays,
    numbers_in_arrays,
    parts_in_arrays,
    two_in_table,
    several_in_table,
    labels_in_table,
    numbers_in_table,
    by_time_in_table,
)
