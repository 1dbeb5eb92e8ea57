"""What can go wrong, as a tree.

SearchError
├── InputError   the person's input is wrong: one sentence with place, value and mend; exit code 2
└── RunError     the run could not be finished or read; exit code 1
"""


class SearchError(Exception):
    """Root of all errors that this package raises on purpose."""


class InputError(SearchError, ValueError):
    """Something that the person gave is wrong.

    The message is one sentence: the place (field, file or option), the value, and the mend.
    """


class RunError(SearchError):
    """A run could not be finished, or a run folder could not be read."""


def said_by(error: BaseException) -> str:
    """What an error says; empty where saying it fails, as in an error's own `__str__`."""
    try:
        return str(error)
    except Exception:
        return ""


def first_line(error: object) -> str:
    """What another's error says first: a sentence has room for no more; may be empty."""
    text = said_by(error) if isinstance(error, BaseException) else str(error)
    return text.strip().split("\n", maxsplit=1)[0]


def plain(error: BaseException) -> str:
    """An error of a person's own code in a sentence: its kind, and what it says first."""
    text = first_line(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
