"""What a run is made of and what it found: values, told in the same file as its trials."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from search.store.journal import Journal
from search.store.sound import values_of
from search.study.errors import RunError

T = TypeVar("T")
MOST = 1 << 25
"""Bytes of a document: the longest, an answer with the curves of 15 fits over 10,000 epochs, has
half as many."""


class Documents:
    """Dataclasses by name, kept as JSON in the study's file.

    Args:
        journal: That keeps them.
        path: The run folder, for messages.
    """

    def __init__(self, journal: Journal, path: Path) -> None:
        self._journal = journal
        self._path = path

    def save(self, name: str, value: object) -> None:
        """Write a dataclass, over an older one; what is not finite is written as null.

        Raises:
            RunError: It could not be read back.
        """
        text = None if value is None else TypeAdapter(type(value)).dump_json(value).decode()
        if text is not None:
            try:
                TypeAdapter(type(value)).validate_python(_with_nan(json.loads(text)))
            except ValidationError as error:
                place = ".".join(map(str, error.errors()[0]["loc"]))
                raise RunError(
                    f"{self._path}: the {name} has no finite number at {place}; the trials are kept"
                ) from None
        self._journal.save_document(name, text)

    def load(self, name: str, kind: type[T], check: Callable[[T], None]) -> T | None:
        """Read a dataclass back; None where there is none.

        Args:
            name: Of the document.
            kind: Of it.
            check: Raises ValueError where it says what it cannot.

        Raises:
            RunError: Its text is damaged or of another kind, or says what it cannot.
        """
        text = self._journal.document(name)
        if text is None:
            return None
        why = ""
        try:
            if len(text) <= MOST:
                value = TypeAdapter(kind).validate_python(_with_nan(values_of(text)))
                check(value)
                return value
        except (ValidationError, json.JSONDecodeError, TypeError, RecursionError, MemoryError):
            pass
        except ValueError as error:
            why = f" ({error})"
        raise RunError(f"{self._path}: the {name} of this run cannot be read{why}")


def _with_nan(value: Any) -> Any:
    """The same with NaN in curves where a measure beside the objective was no finite number."""
    if isinstance(value, list):
        return [_with_nan(part) for part in value]
    if not isinstance(value, dict):
        return value
    return {n: _measured(part) if n == "curve" else _with_nan(part) for n, part in value.items()}


def _measured(curve: Any) -> Any:
    if not isinstance(curve, dict):
        return curve
    return {
        name: [math.nan if value is None else value for value in values]
        if isinstance(values, list)
        else values
        for name, values in curve.items()
    }
