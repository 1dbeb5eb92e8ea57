"""Rows from arrays, or from NumPy files of one array each."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import psutil

from search.data.dataset import Array, Data, Dataset
from search.data.in_memory import Arrays, Pair
from search.data.inputs import tree_of
from search.data.names import names_of
from search.data.paths import check_file, located, shown
from search.data.ragged import as_array, is_ragged
from search.data.rows_in_file import Features, RowsOnDemand
from search.data.tree import Tree, named
from search.study.arguments import known_only
from search.study.errors import InputError

SHARE_OF_MEMORY = 1 / 16
"""Of the machine's free memory that features may take. They are there several times: as a whole, in
three parts, in the object store, and as tensors or drawn rows in each worker."""

MOST_OUTPUTS = 16
"""Arrays in a list of targets that are of several outputs; more are one of each row."""

Source = Array | Path
"""An array, or the file that holds it."""
Sources = Source | Tree
"""Of features: one, or several of a dict or list."""
PairOfSources = tuple[Sources, Sources | None, Sources | None]
"""Of features, targets and weights of a part."""
Given = npt.ArrayLike | str | Path | Mapping[str, Any] | Sequence[Any]


@dataclass(frozen=True, eq=False)
class ArraySources:
    """Arrays, read at `load` where they are in files; all as in `arrays`."""

    x: Sources
    y: Sources | None
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...]
    target_names: tuple[str, ...]
    task: str | None
    weights: Sources | None
    validation: PairOfSources | None
    held_out: PairOfSources | None
    in_memory: bool | None
    groups: Source | None

    def load(self) -> Dataset:
        """Read the files; of features that stay in theirs, not a row.

        Raises:
            InputError: Names the file at fault.
        """
        rows = Arrays(
            self._features(),
            _read(self.y),
            self.class_names,
            self.feature_names,
            self.target_names,
            self.task,
            _read(self.weights),
            _pair_of(self.validation),
            _pair_of(self.held_out),
            _read(self.groups),
        )
        try:
            return rows.load()
        except InputError as error:
            raise error.within(shown(self.x) if isinstance(self.x, Path) else "") from None

    def _features(self) -> Features:
        if not isinstance(self.x, Path):
            read: Any = _read(self.x)
            return RowsOnDemand.all_of(read) if hasattr(read, "toarray") else read
        opened = _opened(self.x)
        if self._fits(opened) if self.in_memory is None else self.in_memory:
            return np.array(opened)
        if opened.dtype.kind not in "biuf":
            raise InputError(
                shown(self.x),
                f"its values are of type {opened.dtype}",
                "rows that stay in their file must be numbers, so save them as float32",
            )
        return RowsOnDemand.all_of(self.x)

    def _fits(self, opened: Array) -> bool:
        if self.validation or self.held_out:
            return True  # their rows are put under the others, for which one file does not do
        needed = opened.size * np.dtype(np.float32).itemsize
        return needed <= room()

    def __str__(self) -> str:
        if isinstance(self.x, Path):
            return f"arrays {shown(self.x)}"
        if isinstance(self.x, Tree):
            return f"arrays of {len(self.x.leaves)} inputs"
        return f"arrays, {self.x.shape[0]:,} rows"


@known_only
def arrays(  # noqa: PLR0913 - a space file gives them by name
    x: Given,
    y: Given | None = None,
    *,
    task: str | None = None,
    class_names: Sequence[str] = (),
    target_names: Sequence[str] = (),
    feature_names: Sequence[str] = (),
    weights: Given | None = None,
    validation: tuple[Given, Given | None] | tuple[Given, Given | None, Given] | None = None,
    held_out: tuple[Given, Given | None] | tuple[Given, Given | None, Given] | None = None,
    in_memory: bool | None = None,
    groups: npt.ArrayLike | str | Path | None = None,
) -> Data:
    """Rows from arrays, or from files that `numpy.save` wrote, relative to the space file.

    Args:
        x: Numbers, shape (rows, features) or (rows, …); or a dict, list or tuple of arrays or
            files, nested as Keras allows, for a model with several inputs. These stay what they
            are: texts, whole numbers, booleans; floats become float32.
        y: Targets: a class a row (whole numbers, booleans or strings) of shape (rows,); a number a
            row of shape (rows,), or several of (rows, targets); or 0 and 1 of shape (rows, labels)
            for labels of which a row may have any. Also whatever else a loss takes: an array of
            more axes, such as masks, sequences or pictures; a dict, list or tuple of arrays for a
            model with several outputs, of the same names; or None for a model that needs none.
        task: "binary", "multiclass", "multilabel" or "regression"; or "custom" for targets that
            only the model's own loss and metrics measure, as those of more than two axes are, such
            as a class for each step, of shape (rows, steps). Read from `y` where left out.
        class_names: Names of the classes in sorted order of their values, or of the labels; else
            the values. Of one array of another shape, such as masks, of the classes 0, 1 ….
        target_names: Names of the numbers to predict.
        feature_names: Of the columns; x1, x2 … where left out.
        weights: How much each row counts where it trains, 0 or more, shape (rows,); the loss of a
            step is the mean over its rows of weight times loss, so they are best about 1 on
            average. What validates and what is held out is measured without them. Of a "custom"
            task also of each place of the targets, such as (rows, steps) or (rows, height, width),
            and a dict, list or tuple of such for several outputs, of which some may be left out:
            these weight what validates and what is held out, too, as `sample_weight` of Keras's
            `evaluate` does.
        validation: Features and targets of rows that validate, where they are of their own; and as
            a third their weights, where these are of places or of several outputs.
        held_out: The same of rows that are held out.
        in_memory: Of a file for `x`: whether all rows are read at once. If not, they stay in the
            file, workers read it batch by batch at the same path of their node, and Keras's `fit`
            trains on a `tf.data` stream. Where left out, by a sixteenth of the free memory.
        groups: Whose a row is, such as a patient, text or numbers of shape (rows,): rows of a group
            stay in one part.

    Raises:
        InputError: An argument is of a wrong kind; what is wrong in the rows is found at `load`.
    """
    classes, numbers = names_of("class_names", class_names), names_of("target_names", target_names)
    if classes and numbers:
        both = "class_names and target_names"
        raise InputError(both, "classes have the first, numbers the second", "leave one out")
    place = _sources(x, "x", _count(y))
    if in_memory is not None and not isinstance(in_memory, bool):
        raise InputError(f"arrays(in_memory={in_memory!r})", fix="give True or False")
    if in_memory is False and not isinstance(place, Path):
        what = "several inputs" if isinstance(place, Tree) else "an array"
        raise InputError("arrays(in_memory=False)", f"x is {what}", "give the path of a file")
    if in_memory is False and (validation is not None or held_out is not None):
        raise InputError(
            "arrays(in_memory=False)",
            "rows of one file cannot have a separate validation or held_out",
            "put all rows into it, those that validate next to last and those that are held out "
            "last, and use Split(shuffle=False)",
        )
    return ArraySources(
        place,
        None if y is None else _sources(y, "y", _count(x)),
        classes,
        names_of("feature_names", feature_names),
        numbers,
        task,
        None if weights is None else _sources(weights, "weights", _count(x)),
        _pair("validation", validation),
        _pair("held_out", held_out),
        in_memory,
        None if groups is None else _source(groups, "groups"),
    )


def room() -> float:
    """Bytes that features may take now."""
    return SHARE_OF_MEMORY * psutil.virtual_memory().available


def _sources(given: object, name: str, rows: int | None) -> Sources:
    """Features or targets, of one array or several.

    Args:
        given: By the user.
        name: "x" or "y".
        rows: As many as there should be; None where that is not known.
    """
    tree = tree_of(given, rows, name)
    if tree is None:
        return _source(given, name)
    leaves = tree.leaves.items()
    return Tree({path: _source(leaf, named(path, name)) for path, leaf in leaves})


def _count(given: object) -> int | None:
    """Rows of an array or a list of them; None of several arrays, and of files."""
    if isinstance(given, str | os.PathLike | Mapping) or not hasattr(given, "__len__"):
        return None
    if not isinstance(given, list | tuple):  # a sparse matrix has no length
        shape = getattr(given, "shape", ())
        return int(shape[0]) if shape else len(given)
    several = any(getattr(item, "shape", ()) or isinstance(item, Mapping) for item in given)
    return None if several and len(given) <= MOST_OUTPUTS else len(given)


def _source(given: object, name: str) -> Source:
    if isinstance(given, str | os.PathLike):
        return located(given, "arrays")
    if hasattr(given, "toarray"):  # a sparse matrix of SciPy
        matrix: Source = _of_sparse(given, name)
        return matrix
    found = as_array(given, name)
    if is_ragged(found) and not name.rpartition(": ")[2].startswith("x"):
        raise InputError(
            name, "its rows are of unlike length", "pad them by keras.utils.pad_sequences(y)"
        )
    return found


def _of_sparse(matrix: Any, name: str) -> Any:
    """As an array where that has room, else of CSR form and read on demand."""
    if matrix.dtype.kind not in "biuf":
        raise InputError(name, f"its values are of type {matrix.dtype}", "give numbers")
    bytes_of_all = matrix.shape[0] * matrix.shape[1] * np.dtype(np.float32).itemsize
    if bytes_of_all <= room():
        floats = matrix.dtype.kind == "f"
        return (matrix.astype(np.float32) if floats else matrix).toarray()
    if name != "x":
        raise InputError(
            name,
            f"as an array it would take {bytes_of_all / 1e9:,.1f} GB",
            "give it fewer columns, or as x alone: one sparse matrix is read a batch at a time",
        )
    rows = matrix.tocsr(copy=True)
    rows.sum_duplicates()
    return rows


def _pair(name: str, given: object) -> PairOfSources | None:
    if given is None:
        return None
    if not isinstance(given, tuple | list) or len(given) not in {2, 3}:
        raise InputError(name, fix=f"give features and targets, such as {name}=(x, y)")
    x, y, weights = (*given, None)[:3]
    own_y = None if y is None else _sources(y, f"{name}: y", _count(x))
    own = None if weights is None else _sources(weights, f"{name}: weights", _count(x))
    return _sources(x, f"{name}: x", _count(y)), own_y, own


def _pair_of(sources: PairOfSources | None) -> Pair | None:
    return None if sources is None else (*map(_read, sources),)


def _read(source: Sources | None) -> Any:
    if isinstance(source, Tree):
        return source.map(_read)
    return np.array(_opened(source)) if isinstance(source, Path) else source


def _opened(path: Path) -> Array:
    """An array of which nothing is read yet.

    Raises:
        InputError: The file is no whole array of plain values.
    """
    check_file(path)
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # a damaged file leads NumPy into any
        if "objects" in str(error):  # their pickle would run whatever the file says
            raise InputError(
                shown(path), "it holds Python objects, which are not read", "save numbers or text"
            ) from None
        array = None
    if isinstance(array, np.lib.npyio.NpzFile):
        array.close()
        raise InputError(shown(path), "this is an archive of arrays", "read it by npz(…)")
    if array is None or not array.ndim:
        raise InputError(
            shown(path), "this is not a complete array", "write it by numpy.save(file, array)"
        )
    return np.asarray(array)
