"""Names of classes, features, targets and columns as they are given, turned into text."""

from collections import Counter
from collections.abc import Iterable

import numpy as np

from search.study.errors import InputError


def names_of(argument: str, given: object) -> tuple[str, ...]:
    """The names of a list, an array, or an index or series of pandas; numbers become text.

    Args:
        argument: Whose value they are, for a message.
        given: What was given.

    Raises:
        InputError: It has no order or is one text, a name is empty or no text, or two are alike.
    """
    if isinstance(given, str | bytes | dict | set | frozenset) or not isinstance(given, Iterable):
        raise InputError(argument, fix="give a list of names, in their order")
    names = tuple(name_of(argument, name) for name in given)
    for name, count in Counter(names).items():
        if count > 1:
            raise InputError(argument, f"{count} are named {name!r}", "give each a different name")
    return names


def name_of(argument: str, given: object) -> str:
    """One name as text.

    Raises:
        InputError: It is neither text nor a number, or it is empty.
    """
    plain = given.item() if isinstance(given, np.generic) else given
    if isinstance(plain, bytes):
        plain = plain.decode("utf-8", "replace")
    missing = plain != plain  # noqa: PLR0124 - not a number
    if not isinstance(plain, str | int | float) or missing or not (text := str(plain)).strip():
        raise InputError(argument, f"{given!r} is no name", "give text or a number")
    return text
