"""What a space file takes along to another machine: its modules and the data that it names."""

import ast
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from search.loading.space_file import SpaceSource
from search.study.errors import InputError

MOST = 100_000_000
"""Bytes in all. They pass through the memory of the cluster's head, which Ray bounds at 500 MiB."""
_LONGEST = 200
"""Characters of a text that may be a path."""


class Belongings:
    """A space file, its modules, and the files below its folder that they name.

    A text in the source that is the path of a file is taken to mean it; nothing is executed. What
    is named by a full path has to lie on the other machine already.

    Args:
        source: The space.

    Attributes:
        files: Relative to the space's folder, the data files among them.
        bytes: Of all of them together.

    Raises:
        InputError: Something named lies outside the folder, or they are too large.
    """

    def __init__(self, source: SpaceSource) -> None:
        self._source = source
        self._folder = Path(source.place).parent
        data = {path for name in self._named() for path in self._below(name)}
        sizes = {name: len(text.encode()) for name, text in source.files.items()}
        for name in sorted(data - sizes.keys()):
            sizes[name] = (self._folder / name).stat().st_size
        self.files = tuple(sizes)
        self.bytes = sum(sizes.values())
        if self.bytes > MOST:
            largest = max(sizes, key=lambda name: sizes[name])
            raise InputError(
                self._folder / largest,
                f"{size(sizes[largest])} of the {size(self.bytes)} that {source.name} names",
                f"at most {size(MOST)} go along with a search, so bring it to the head yourself "
                "and name it by its full path there",
            )

    def __str__(self) -> str:
        more = f" and {len(self.files) - 3} more" if self.files[3:] else ""
        return f"{', '.join(self.files[:3])}{more} ({size(self.bytes)})"

    def copy(self, folder: Path) -> None:
        """Write all of them into a folder, laid out as here."""
        for name in self.files:
            there = folder / name
            there.parent.mkdir(parents=True, exist_ok=True)
            if name in self._source.files:
                there.write_text(self._source.files[name], encoding="utf-8")
            else:
                shutil.copyfile(self._folder / name, there)

    def _named(self) -> Iterator[str]:
        """Paths of files or folders that there are, as the texts of the source name them."""
        for text in set(_texts(self._source.files.values())):
            path = Path(text)
            if path.is_absolute() or not path.parts or not (self._folder / path).exists():
                continue
            if ".." in path.parts:
                raise InputError(
                    self._source.place,
                    f"{text!r} lies outside the folder of the space, and only what is below that "
                    "goes along",
                    "put it there",
                )
            yield text

    def _below(self, name: str) -> Iterator[str]:
        """A file, or all files of a folder."""
        path = self._folder / name
        for file in [path] if path.is_file() else path.rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts:
                yield file.relative_to(self._folder).as_posix()


def size(count: int) -> str:
    """Bytes as text: 312 bytes, 23 kB, 1.2 MB."""
    if count < 1000:
        return f"{count} bytes"
    return f"{count / 1000:.0f} kB" if count < 1_000_000 else f"{count / 1e6:.1f} MB"


def _texts(sources: Iterable[str]) -> Iterator[str]:
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
                if len(text) <= _LONGEST and not {"\n", "\0"} & set(text):
                    yield text
