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
