"""A field that was not given, where another field or the whole decides what it means."""

from typing import Any


class _LeftOut:
    def __repr__(self) -> str:
        return "left out"


LEFT_OUT: Any = _LeftOut()
"""As the default of a field; what is made never has it."""
