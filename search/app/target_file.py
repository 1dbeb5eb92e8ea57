"""Something in a file that was written for others, such as file.py:build, and a space file for it.

The space file's text is made, and is kept in the run: workers, `resume` and `export` know no
difference.
"""

import inspect
import keyword
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from search.loading.space_file import SpaceSource
from search.study.errors import InputError
from search.study.parameters import near

OF_SEARCH = ("Budget", "Finals", "npz", "kerastuner")
"""What arguments may call."""


def target_of(file: Path) -> tuple[Path, str] | None:
    """The file and the name of something in it, of a path such as file.py:objective."""
    path, _, target = str(file).rpartition(":")
    named = path.endswith(".py") and target.isidentifier() and not file.exists()
    return (Path(path), target) if named else None


@dataclass(frozen=True)
class Target:
    """Something in a file.

    Attributes:
        source: Of the file.
        module: The same, as it was run.
        name: Of what is meant.
    """

    source: SpaceSource
    module: ModuleType
    name: str

    @property
    def path(self) -> Path:
        """Of the file."""
        return Path(self.source.place)

    @property
    def value(self) -> Any:
        """What it is; after `check`."""
        return vars(self.module)[self.name]

    def check(self) -> None:
        """Refuse a name that is not in the file, or a file that nothing can be imported from.

        Raises:
            InputError: It is so.
        """
        stem = self.path.stem
        if not stem.isidentifier() or keyword.iskeyword(stem):
            raise InputError(
                self.path, "a file of this name cannot be imported", "use letters, digits and _"
            )
        if self.name not in vars(self.module):
            known = [name for name in vars(self.module) if not name.startswith("_")]
            raise InputError("", f"there is no {self.name!r} in it", near(self.name, known))

    def space_file(
        self, makes: str, given: Sequence[str], told: Mapping[str, str], notes: Sequence[str]
    ) -> SpaceSource:
        """The space file that imports names of the file and calls what makes a study of them.

        Args:
            makes: What is called, a public name of `search`.
            given: The names that it needs of the file.
            told: Its arguments by name, as Python.
            notes: What is said of them.
        """
        stem = self.path.stem
        files = self.source.files
        name = next(n for n in (f"{stem}_study.py", "made_study.py") if n not in files)
        title = inspect.getdoc(self.module) or f"{self.name} of {stem}.py"
        first = title.splitlines()[0].replace("\\", "/").replace('"', "'")
        called = [one for one in OF_SEARCH if any(f"{one}(" in text for text in told.values())]
        said = "".join(f"    {key}={text},\n" for key, text in told.items())
        text = (
            f'"""{first}"""\n\nfrom {stem} import {", ".join(given)}\n'
            f"from search import {', '.join(sorted({makes, *called}))}\n\n"
            f"study = {makes}(\n{said})\n"
        )
        return SpaceSource(name, str(self.path), {name: text, **files}, notes=tuple(notes))
