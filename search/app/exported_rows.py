"""The rows beside a winner's `train.py`, as the run read them."""

import json
from collections.abc import Mapping

import numpy as np

from search.data.column_steps import plain
from search.data.columns import Columns
from search.data.dataset import Array
from search.data.preparation import Preparation
from search.data.rows_in_file import Features, taken, whole
from search.data.split import Parts
from search.data.tree import TargetRows, Tree
from search.data.windows import Windows
from search.study.class_weights import CLASS_WEIGHT, NONE
from search.study.parameters import Value
from search.study.task import TASKS
from search.training.rate_schedule import RateSchedule
from search.training.recipe import Recipe


def _leaves(part: str, x: Features) -> dict[str, Array]:
    """By their names in the file, such as "train_x": of several arrays the n-th is "train_x_n"."""
    if not isinstance(x, Tree):
        return {part: whole(x)}
    return {
        f"{part}_{place}": _written(leaf) if leaf.dtype == object else leaf
        for place, leaf in enumerate(x.leaves.values())
    }


def _targets(part: str, y: TargetRows, recipe: Recipe) -> dict[str, Array]:
    """As the model's loss takes them, where they are of any shape."""
    if not TASKS[recipe.shape.task].by_model:
        return {part: y}
    return _leaves(part, y) if recipe.shape.targets else {}


_WRITTEN = {"category": "texts", "text": "kept"}
"""Kind of a column → which rows of `train.py` it is of; numbers for all others."""


def _written(texts: Array) -> Array:
    """Texts as JSON: NumPy's own text would give each the room of the longest."""
    return np.array(json.dumps(texts.tolist()))


def _columns(part: str, columns: Columns, preparation: Preparation) -> dict[str, Array]:
    """Raw columns by kind, such as "train_numbers"."""
    arrays = {}
    for kind in ("numbers", "texts", "kept"):
        steps = [s for s in preparation.steps if _WRITTEN.get(s.kind, "numbers") == kind]
        of_kind = [plain(columns, step.name) for step in steps]
        found = np.stack(of_kind, axis=1) if of_kind else np.empty((len(columns), 0))
        arrays[f"{part}_{kind}"] = found if kind == "numbers" else _written(found)
    return arrays


def arrays_of(
    parts: Parts, params: Mapping[str, Value], schedule: RateSchedule | None, recipe: Recipe
) -> dict[str, Array]:
    """The rows of each part as they were read, and what else training needs."""
    data = parts.source
    arrays: dict[str, Array] = {}
    if isinstance(data.x, Windows) and parts.inputs is not None:
        own = {"series": data.x.values, "input_mean": parts.inputs.mean}
        arrays = {**own, "input_deviation": parts.inputs.deviation}
    for name, rows in zip(("train", "validation", "held_out"), parts.numbers, strict=True):
        if name not in recipe.parts:
            continue
        arrays |= _targets(f"{name}_y", data.y[rows], recipe)
        if isinstance(data.x, Windows):
            arrays[f"{name}_ends"] = data.x.ends[rows]
        elif data.columns is None or parts.preparation is None:
            arrays |= _leaves(f"{name}_x", taken(data.x, rows))
        else:
            arrays |= _columns(name, data.columns.take(rows), parts.preparation)
    train = parts.train.weighted(params.get(CLASS_WEIGHT, NONE))
    for name, part in zip(
        ("train", "validation", "held_out"), (train, parts.validation, parts.held_out), strict=True
    ):
        if part.weights is not None and name in recipe.parts:
            arrays |= _leaves(f"{name}_weights", part.weights)
    if schedule is not None:
        arrays["rates"] = schedule.rates(0, recipe.epochs)
    arrays["names"] = np.array(data.names)
    return arrays
