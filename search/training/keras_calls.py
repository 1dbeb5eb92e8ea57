"""Calls of Keras's classes and operations: listed once, and then made or written as Python."""

from typing import Any

from search.data.tree import Code


class Call:
    """A call of a class or operation of Keras; its `repr` is the Python that makes it.

    Args:
        name: Of it below `keras`, such as "layers.Dense" or "Input".
        given: What it is called with, such calls among it.
        named: The same by name.
    """

    def __init__(self, name: str, /, *given: Any, **named: Any) -> None:
        self.name, self.given, self.named = name, given, named

    def __repr__(self) -> str:
        named = (f"{key}={value!r}" for key, value in self.named.items())
        return f"keras.{self.name}({', '.join([*map(repr, self.given), *named])})"

    def made(self, *more: Any, **named: Any) -> Any:
        """What the call returns.

        Args:
            more: What it is called with before all else.
            named: What it is called with beside.
        """
        import keras

        found: Any = keras
        for part in self.name.split("."):
            found = getattr(found, part)
        given = [v.made() if isinstance(v, Call) else v for v in self.given]
        own = {k: v.made() if isinstance(v, Call) else v for k, v in self.named.items()}
        return found(*more, *given, **own, **named)

    def of(self, tensor: Any) -> Any:
        """What the layer, or the operation, makes of a tensor."""
        return self.made(tensor) if self._is_operation else self.made()(tensor)

    def written_of(self, name: str) -> str:
        """The same as Python, by the tensor's name."""
        if not self._is_operation:
            return f"{self!r}({name})"
        return repr(Call(self.name, Code(name), *self.given, **self.named))

    @property
    def _is_operation(self) -> bool:
        return self.name.startswith("ops.")


def layer(name: str, /, *given: Any, **named: Any) -> Call:
    """A call of a layer's class."""
    return Call(f"layers.{name}", *given, **named)
