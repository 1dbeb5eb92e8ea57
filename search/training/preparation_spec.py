"""A preparation as plain lists, of which `search.training.raw_columns` makes layers of Keras."""

from itertools import pairwise
from typing import Any

import numpy as np

from search.data.column_steps import CategoryStep, DateStep, NumberStep, Step, TextStep
from search.data.preparation import Preparation


def spec_of(preparation: Preparation) -> dict[str, Any]:
    """A preparation as `search.training.raw_columns` takes it: lists, one value a column."""
    texts, numbers = _of_kinds(preparation.steps)
    circles = [
        (place, period)
        for place, step in enumerate(numbers)
        if isinstance(step, DateStep)
        for period in step.periods.values()
    ]
    return {
        "numbers": [step.name for step in numbers],
        "mean": [step.mean for step in numbers],
        "deviation": [step.deviation for step in numbers],
        "circles": circles,
        "marked numbers": [place for place, step in enumerate(numbers) if step.missing],
        "texts": [step.name for step in texts],
        **_spec_of_texts(texts),
        "order": _order(preparation.steps),
        "inputs": preparation.places,
        "kept": list(preparation.texts),
    }


def _of_kinds(steps: tuple[Step, ...]) -> tuple[list[CategoryStep], list[NumberStep | DateStep]]:
    """Those of texts with features for their values, and those of numbers."""
    return (
        [step for step in steps if isinstance(step, CategoryStep)],
        [step for step in steps if isinstance(step, NumberStep | DateStep)],
    )


def _spec_of_texts(steps: list[CategoryStep]) -> dict[str, Any]:
    """Each spelling is a code of its words; those of a value, and of a column, stand together."""
    spelled = [
        (column, value, text)
        for column, step in enumerate(steps)
        for value, texts in enumerate(step.spelled)
        for text in texts
    ]
    cut = [text.split(" ") for _, _, text in spelled]
    words = sorted({word for text in cut for word in text})
    number = {word: place + 2 for place, word in enumerate(words)}  # behind none and unknown
    length = max(map(len, cut), default=0) + 1
    # Odd, so that the code of one word is never 0; two texts have one code in 1 of 2⁶³ cases.
    factors = np.random.default_rng(0).integers(-(2**62), 2**62, length) * 2 + 1
    with np.errstate(over="ignore"):
        codes = [
            int(np.sum(np.array([number[word] for word in text]) * factors[: len(text)]))
            for text in cut
        ]
    return {
        "words": words or [" "],  # Keras wants one; no text has a word of a blank
        "length": length,
        "factors": factors.tolist(),
        "of column": [column for column, _, _ in spelled],
        "codes": codes,
        "values": _runs([(column, value) for column, value, _ in spelled]),
        "columns": _ends([column for column, _, _ in spelled], len(steps)),
        "apart": [int(step.missing) for step in steps],
    }


def _runs(of: list[Any]) -> list[tuple[int, int]]:
    """Start and end of each run of equal ones."""
    starts = [place for place, one in enumerate(of) if not place or one != of[place - 1]]
    return list(zip(starts, [*starts[1:], len(of)][: len(starts)], strict=True))


def _ends(of: list[int], count: int) -> list[tuple[int, int]]:
    """Start and end of each of so many in a sorted list, some of which may not be there."""
    edges = np.searchsorted(of, np.arange(count + 1)).tolist() if of else [0] * (count + 1)
    return list(pairwise(edges))


def _order(steps: tuple[Step, ...]) -> list[int]:
    """Of each feature, its place among those that `raw_columns` makes."""
    texts, numbers = _of_kinds(steps)
    made = [(step.name, "number") for step in numbers]
    for circle in ("sine", "cosine"):
        made += [
            (step.name, f"{name} {circle}")
            for step in numbers
            if isinstance(step, DateStep)
            for name in step.periods
        ]
    made += [(step.name, "missing") for step in numbers if step.missing]
    made += [(step.name, "missing") for step in texts]
    made += [(step.name, f"value {i}") for step in texts for i in range(len(step.values))]
    made += [(step.name, "other") for step in texts]
    place = {feature: at for at, feature in enumerate(made)}
    return [place[feature] for step in steps for feature in _features(step)]


def _features(step: Step) -> list[tuple[str, str]]:
    """The features of a column in the order of `step.names`."""
    match step:
        case TextStep():
            return []
        case CategoryStep():
            other = ["other"] if step.other else []
            parts = [*(f"value {i}" for i in range(len(step.values))), *other]
        case DateStep():
            circles = [f"{name} {way}" for name in step.periods for way in ("sine", "cosine")]
            parts = ["number", *circles]
        case _:
            parts = ["number"]
    return [(step.name, part) for part in [*parts, *(["missing"] if step.missing else [])]]
