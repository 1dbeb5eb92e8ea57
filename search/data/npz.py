"""Rows from a NumPy archive."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from search.data.archives import check_unpacked
from search.data.dataset import Data, Dataset
from search.data.in_memory import Arrays, Pair
from search.data.names import names_of
from search.data.numpy_files import DAMAGES, NumpyArchive, archive_of
from search.data.paths import check_file, located, shown
from search.data.tree import Tree
from search.study.arguments import known_only
from search.study.errors import InputError
from search.study.parameters import near
from search.study.task import task_named

Names = str | Sequence[str] | Mapping[str, str]
"""Of arrays in an archive."""
NamesOfPart = tuple[str | Tree | None, ...]
"""Of features and targets, and maybe weights."""
DAMAGED = "this is not a complete NumPy archive", "write it by numpy.savez(file, x=…, y=…)"


@dataclass(frozen=True)
class Archive:
    """Arrays of an archive.

    Attributes:
        path: Of the file.
        x: Name of the features in it, or a tree of names.
        y: Name of the targets in it, or a tree of names; None for no targets.
        class_names: As in `arrays`.
        task: As in `arrays`.
        weights: Name of the rows' weights in it; None for none.
        validation: Names of features and targets that validate; None for none of their own.
        held_out: Names of features and targets that are held out; None for none of their own.
    """

    path: Path
    x: str | Tree
    y: str | Tree | None
    class_names: tuple[str, ...] = ()
    task: str | None = None
    weights: str | Tree | None = None
    validation: NamesOfPart | None = None
    held_out: NamesOfPart | None = None

    def load(self) -> Dataset:
        """Read these arrays, and no other of the archive."""
        check_file(self.path)
        arrays = self._read()
        try:
            return arrays.load()
        except InputError as error:
            raise error.within(shown(self.path)) from None

    def _read(self) -> Arrays:
        check_unpacked(self.path, DAMAGED)
        with archive_of(self.path) as archive:
            return Arrays(
                self._array(archive, "x", self.x),
                self._array(archive, "y", self.y),
                self.class_names,
                task=self.task,
                weights=self._array(archive, "weights", self.weights),
                validation=self._pair(archive, "validation", self.validation),
                held_out=self._pair(archive, "held_out", self.held_out),
            )

    def _pair(self, archive: NumpyArchive, role: str, names: NamesOfPart | None) -> Pair | None:
        if names is None:
            return None
        x, y, weights = (self._array(archive, role, name) for name in (*names, None)[:3])
        return x, y, weights

    def _array(self, archive: NumpyArchive, role: str, name: str | Tree | None) -> Any:
        if name is None:
            return None
        if isinstance(name, Tree):
            return name.map(lambda leaf: self._array(archive, role, leaf))
        if name not in archive.names:
            raise InputError(
                shown(self.path),
                f"there is no array {name!r} for {role}=",
                near(name, archive.names),
            )
        try:
            return archive[name]
        except DAMAGES as error:
            why = "it is damaged", "write the archive again"
            if "Python objects" in str(error):  # reading them would run whatever the archive says
                why = "it holds Python objects, which are not read", "save numbers or text"
            raise InputError(f"{shown(self.path)}, array {name!r}", *why) from None

    def __str__(self) -> str:
        return f"archive {shown(self.path)}"


@known_only
def npz(  # noqa: PLR0913 - a space file gives them by name
    file: str | Path,
    x: Names = "x",
    y: Names | None = "y",
    *,
    class_names: Sequence[str] = (),
    task: str | None = None,
    weights: Names | None = None,
    validation: tuple[Names, Names | None] | tuple[Names, Names | None, Names] | None = None,
    held_out: tuple[Names, Names | None] | tuple[Names, Names | None, Names] | None = None,
) -> Data:
    """Rows from a NumPy archive, such as `numpy.savez` writes.

    Args:
        file: Relative to the space file.
        x: Name of the features, as in `arrays`. For a model with several inputs a list of names,
            such as `x=["ids", "mask"]`, which its inputs have too; or a dict from the names of
            inputs to those of arrays.
        y: Name of the targets, as in `arrays`; a list or dict of names for a model with several
            outputs; None for no targets.
        class_names: Names of the classes in sorted order of their values, or of the labels.
        task: As in `arrays`; read from `y` where left out.
        weights: Name of the rows' weights, as in `arrays`, or a dict from the names of outputs;
            None for none.
        validation: Names of features and targets that validate, where they are of their own, and
            as a third of weights, as in `arrays`.
        held_out: The same of those that are held out.

    Raises:
        InputError: An argument is of a wrong kind; what is wrong in the file is found at `load`.
    """
    if task is not None:
        task_named(task)
    parts = [_names("validation", validation), _names("held_out", held_out)]
    return Archive(
        located(file, "npz"),
        _tree("x", x),
        None if y is None else _tree("y", y),
        names_of("class_names", class_names),
        task,
        None if weights is None else _tree("weights", weights),
        *parts,
    )


def _names(role: str, given: object) -> NamesOfPart | None:
    match given:
        case None:
            return None
        case (x, y, *weights) if len(weights) < 2:
            own_y = None if y is None else _tree(role, y)
            return _tree(role, x), own_y, *(_tree(role, name) for name in weights)
    raise InputError(
        f"{role}={given!r}",
        fix=f'name two arrays of the archive, such as {role}=("x_test", "y_test")',
    )


def _tree(role: str, given: object) -> str | Tree:
    """Names of arrays by those of inputs, which are the same where they are a list."""
    if isinstance(given, str):
        return given
    named: Mapping[Any, Any] = {}
    if isinstance(given, Mapping):
        named = given
    elif isinstance(given, list | tuple):
        named = {name: name for name in given}
    if not named or not all(isinstance(name, str) for pair in named.items() for name in pair):
        such = 'name arrays of the archive, such as ["ids", "mask"]'
        raise InputError(f"{role}={given!r}", fix=such)
    return Tree({(name,): array for name, array in named.items()})
