"""Rows for a model that is trained already: what each column is, is known from its signature."""

import math
import zipfile
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from search.data.archives import TooLargeError
from search.data.columns import Array, Columns
from search.data.dataset import check_features
from search.data.header_lines import HEADLESS, names_lack
from search.data.inputs import typed
from search.data.known_columns import read_as_trained
from search.data.new_pictures import is_picture_file, new_pictures, picture_files
from search.data.new_series import NewSeries, new_series
from search.data.numpy_files import DAMAGES, archive_of, in_file
from search.data.paths import check_file, shown
from search.data.picture_file import ReadPicture
from search.data.pictures import pictures_in
from search.data.pixels import WHITE, raw_pixels
from search.data.ragged import fitted, is_ragged
from search.data.seen import Outside, outside
from search.data.series_rows import SeriesForm
from search.data.table_reader import SOME, Sheet, nearest, of_frame, read_sheet
from search.data.table_targets import check_finite
from search.data.tree import TEXT, Leaf, Tree, key
from search.study.errors import ArgumentError, InputError
from search.study.signature import Signature, Values

if TYPE_CHECKING:
    import pandas as pd

Given: TypeAlias = "Sequence[Path] | pd.DataFrame | Array | Tree"
"""Rows for a model: files, or in memory."""
ARRAYS = (".npy", ".npz")
FEW_POINTS = 64
"""Of a flat row that may be a picture."""


@dataclass(frozen=True, eq=False)
class NewRows:
    """Rows for a trained model.

    Attributes:
        rows: The columns, each of its kind, or the array, shape (rows, …), or several.
        notes: What should be known of how they were read.
        outside: Which lie outside what the training rows had; None where that is not known.
        files: Each row's picture; empty where they are none.
        skipped: Pictures that were left out, since they are broken.
        series: Of which the rows are the newest windows; None where they are none.
    """

    rows: Columns | Array | Tree
    notes: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    series: NewSeries | None = None
    outside: Outside | None = None


def rows_from(signature: Signature, rows: Given, *, skip_broken: bool = False) -> NewRows:
    """Read the rows that a model shall predict: of memory, a file, or pictures and folders of them.

    Args:
        signature: Of the model.
        rows: A frame, an array or several, or one path or more.
        skip_broken: Whether pictures that are no whole ones are left out, with a note.

    Raises:
        InputError: They have not what the model takes.
    """
    new = _rows_from(signature, rows, skip_broken=skip_broken)
    if not signature.seen:
        return new
    return replace(
        new, outside=outside(signature.seen, signature.texts, new.rows, signature.features)
    )


def _rows_from(signature: Signature, rows: Given, *, skip_broken: bool) -> NewRows:
    if signature.inputs and isinstance(rows, Tree | np.ndarray):
        given = rows.by_key() if isinstance(rows, Tree) else {key(()): rows}
        return NewRows(_inputs(signature, given, "the rows"))
    if isinstance(rows, Tree):
        raise InputError(
            "the rows", "they are several arrays", f"the model takes {signature.expects}"
        )
    if isinstance(rows, np.ndarray):
        return NewRows(_checked(signature, rows, "the array", "a DataFrame"))
    if not isinstance(rows, Sequence):
        sheet = of_frame(rows)
        if signature.series is not None:
            return _of_series(signature.series, sheet)
        _check_table(signature, sheet.name, "an array")
        return NewRows(*_of_sheet(signature, sheet))
    return _of_files(signature, rows, skip_broken=skip_broken)


def _of_files(signature: Signature, paths: Sequence[Path], *, skip_broken: bool) -> NewRows:
    first = paths[0]
    if signature.pictures and first.suffix.lower() not in ARRAYS:
        files = picture_files(paths)
        read = new_pictures(files, signature.shape, skip_broken=skip_broken)
        if signature.raw_pixels:
            read = replace(read, x=raw_pixels(read.x))
        return _of_pictures(signature, read)
    if is_picture_file(first) or (first.is_dir() and any(pictures_in(first))):
        raise InputError(
            shown(first),
            "the model was not trained on files of pictures",
            f"give {signature.expects}",
        )
    if skip_broken:
        problem = f"it is for pictures, and {shown(first)} is none"
        raise ArgumentError("skip_broken", None, problem, "drop it")
    if len(paths) > 1:
        raise InputError(
            shown(paths[1]),
            "one file of rows is read at a time, and several only of pictures",
            "call it once for each",
        )
    if signature.series is not None and first.suffix.lower() not in ARRAYS:
        check_file(first)
        return _of_series(signature.series, read_sheet(first))
    return NewRows(*new_rows(signature, first))


def _of_series(form: SeriesForm, sheet: Sheet) -> NewRows:
    found = new_series(form, sheet)
    return NewRows(found.x, found.notes, series=found)


def _of_pictures(signature: Signature, read: ReadPicture) -> NewRows:
    old, new = signature.values, Values.of(read.x)
    if old and new and old.is_exceeded_by(new):
        white = WHITE if signature.raw_pixels else 1
        raise InputError(
            shown(read.files[0]),
            f"the values of these pictures go from {new}, where {white} is white, and the model "
            f"was trained on {old}",
            "give pictures of the same kind, bits and exposure",
        )
    return NewRows(read.x, read.notes, tuple(map(str, read.files)), tuple(map(str, read.broken)))


def new_rows(signature: Signature, path: Path) -> tuple[Columns | Array | Tree, tuple[str, ...]]:
    """Read the rows that a model shall predict from one file.

    Args:
        signature: Of the model.
        path: A CSV or Parquet file where it takes columns, or arrays with one axis of features; a
            .npy or .npz file where it takes arrays.

    Returns:
        The columns, each of its kind, or the array, shape (rows, …); and notes.

    Raises:
        InputError: The file has not what the model takes; names the column and the line.
    """
    check_file(path)
    if signature.inputs and path.suffix.lower() in ARRAYS:
        return _inputs(
            signature, _all_in(path, {key(leaf.path) for leaf in signature.inputs}), shown(path)
        ), ()
    if path.suffix.lower() in ARRAYS:
        return _checked(signature, _loaded(path), shown(path), "a CSV or Parquet file"), ()
    _check_table(signature, shown(path), "a .npy or .npz file")
    texts = [name for name, kind in signature.table.items() if kind in {"category", "text"}]
    texts += [name for name, form in signature.forms.items() if not form.serial]
    return _of_sheet(signature, read_sheet(path, texts, each_row=True))


def _check_table(signature: Signature, name: str, arrays: str) -> None:
    if not signature.table:
        raise InputError(name, f"the model takes {signature.expects}", f"give them as {arrays}")


def _of_sheet(signature: Signature, sheet: Sheet) -> tuple[Columns | Array | Tree, tuple[str, ...]]:
    columns, notes = _columns(signature, sheet)
    if signature.columns:
        return columns, notes
    if leaves := signature.text_inputs:
        return Tree({
            leaf.path: columns[name].reshape(-1, *leaf.shape) for name, leaf in leaves.items()
        }), notes  # fmt: skip
    x = np.column_stack([columns[name] for name in columns.names])
    integers = bool(signature.values and signature.values.whole and (x == np.floor(x)).all())
    return x.astype(np.int64 if integers else np.float32), notes


def _columns(signature: Signature, sheet: Sheet) -> tuple[Columns, tuple[str, ...]]:
    there, wanted = list(sheet.frame.columns), signature.table
    lacking = [name for name in wanted if name not in there]
    if lacking:
        _refuse_lacking(sheet.name, lacking, there, every=len(lacking) == len(wanted))
    forms = signature.forms
    reads = {
        name: read_as_trained(sheet, name, kind, forms.get(name)) for name, kind in wanted.items()
    }
    for name, read in reads.items():
        if read.kind != "text":
            check_finite(sheet, name, read.values, np.arange(len(read.values)))
        if not signature.columns and read.missing.any():
            line = sheet.place(int(np.flatnonzero(read.missing)[0]))
            raise InputError(
                f"{line}, column {name!r}", "no value, and this model needs one", "fill it"
            )
    others = [name for name in there if name not in wanted]
    ignored = f"columns that the model does not take are ignored: {_some(others)}"
    notes = [f"column {name!r}: {read.note}" for name, read in reads.items() if read.note]
    columns = Columns({name: read.values for name, read in reads.items()}, wanted)
    return columns, (*sheet.notes, *notes, *([ignored] if others else []))


def _inputs(signature: Signature, given: Mapping[str, Array], name: str) -> Tree:
    """Several arrays as a model takes them.

    Raises:
        InputError: Their names, shapes, types or numbers of rows are others than the model's.
    """
    wanted = {key(leaf.path): leaf for leaf in signature.inputs}
    if wanted.keys() - given.keys():
        raise InputError(
            name,
            f"the model takes the arrays {', '.join(wanted)}, and there are "
            f"{', '.join(given) or 'none'}",
            "give all of them by these names",
        )
    there = {n: _of_length(signature, f"{name}, {n}", n, given[n]) for n in wanted}
    leaves = {leaf.path: _leaf(f"{name}, {n}", there[n], leaf) for n, leaf in wanted.items()}
    counts = {n: len(given[n]) for n in wanted}
    if len(set(counts.values())) > 1 or not all(counts.values()):
        told = ", ".join(f"{n} {count:,}" for n, count in counts.items())
        raise InputError(
            name,
            f"the arrays have unlike numbers of rows, or none ({told})",
            "give as many rows of each",
        )
    tree = Tree(leaves)
    check_features(name, tree)
    return tree


def _of_length(signature: Signature, name: str, array: str, x: Array) -> Array:
    """Rows of unlike length padded as those were that the model was trained on."""
    shapes = {key(leaf.path): leaf.shape for leaf in signature.inputs} or {array: signature.shape}
    if array in signature.padded:
        return fitted(name, x, shapes[array][0])
    if is_ragged(x):
        raise InputError(name, "its rows are of unlike length", "give them of one length")
    return x


def _leaf(name: str, x: Array, leaf: Leaf) -> Array:
    x = typed(name, x)
    found = Leaf.of(leaf.path, x)
    if found.shape != leaf.shape or not x.ndim:
        raise InputError(name, f"its shape is {x.shape}", f"the model takes {leaf}")
    if found.dtype == leaf.dtype:
        return x
    if TEXT in {found.dtype, leaf.dtype}:
        what = f"its values are of type {found.dtype}"
        raise InputError(name, what, f"the model takes {leaf}")
    cast: Array = x.astype(leaf.dtype)
    if leaf.dtype != "float32" and not np.array_equal(cast, x):
        what = f"{leaf.dtype} cannot hold its values"
        raise InputError(name, what, f"the model takes {leaf}")
    return cast


def _refuse_lacking(
    where: str, lacking: Sequence[str], there: Sequence[str], *, every: bool
) -> None:
    """Refuse a table without some columns that the model takes: all of them at once."""
    if every and there == [str(place) for place in range(len(there))]:
        problem = f"its columns are numbered, and the model takes {_some(lacking)}"
        raise InputError(where, problem, "name them so, or give an array, as frame.to_numpy()")
    if every and names_lack(there):
        raise InputError(where, *HEADLESS)
    if len(lacking) == 1:
        problem = f"there is no column {lacking[0]!r}, which the model takes"
        raise InputError(where, problem, nearest(lacking[0], there))
    problem = f"columns that the model takes are missing: {_some(lacking)}"
    lower = {column.lower(): column for column in there}
    alike = {name: lower[name.lower()] for name in lacking if name.lower() in lower}
    if not alike:
        raise InputError(where, problem, "add them")
    as_taken = ", ".join(f"{other!r} as {name!r}" for name, other in list(alike.items())[:SOME])
    dots = ", …" if len(alike) > SOME else ""
    more = ", and add the others" if len(alike) < len(lacking) else ""
    fix = f"write {as_taken}{dots} (they differ in upper and lower case alone){more}"
    raise InputError(where, problem, fix)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SOME} more" if len(names) > SOME else ""
    return f"{', '.join(names[:SOME])}{more}"


def _checked(signature: Signature, x: Array, name: str, table: str) -> Array:
    """An array as a model takes it.

    Args:
        signature: Of the model.
        x: The array.
        name: Of it in a sentence.
        table: What to give where the model takes a table's columns.
    """
    if signature.columns:
        raise InputError(
            name,
            f"the model takes the columns of a table ({', '.join(list(signature.columns)[:SOME])})",
            f"give {table}",
        )
    x = _of_length(signature, name, key(()), x)
    if x.dtype.kind not in "biuf":
        raise InputError(name, f"its values are of type {x.dtype}", "give numbers")
    if x.shape[1:] != signature.shape or not len(x):
        wanted = ", ".join(["rows", *map(str, signature.shape)])
        raise InputError(
            name,
            f"its shape is {x.shape}; the model takes ({wanted}), one row or more",
            _reshaped(x.shape, signature.shape),
        )
    x = typed(name, x)
    check_features(name, x)
    old, new = signature.values, Values.of(x)
    may_be_pictures = len(signature.shape) > 1 or signature.shape[0] >= FEW_POINTS
    fix = old.unlike(new) if old and new and may_be_pictures else ""
    if fix:
        raise InputError(name, f"its values go from {new}, and the model was trained on {old}", fix)
    return x


def _reshaped(shape: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    """How to fix a shape that lacks an axis, or has another order of channels."""
    if shape == wanted:
        return "give x[None]"
    if (*shape[1:], 1) == wanted:
        return "give x[..., None]"
    if len(shape) == 4 and (*shape[2:], shape[1]) == wanted:
        return "its channels come first, give x.transpose(0, 2, 3, 1)"
    if len(shape) == 4 and shape[1:3] == wanted[:2] and shape[3] != wanted[2]:
        return f"it has {shape[3]} channels in place of {wanted[2]}"
    if len(shape) > 1 and len(wanted) > 1 and shape[1:] == (math.prod(wanted),):
        return f"give x.reshape({', '.join(map(str, (-1, *wanted)))})"
    return ""


def _loaded(path: Path) -> Array:
    """The one array of a file, or the one named x."""
    found = _all_in(path, {"x"})
    if len(found) != 1:
        raise InputError(
            shown(path),
            f"it holds {len(found)} arrays ({', '.join(list(found)[:SOME])})",
            "name the one to predict x",
        )
    return next(iter(found.values()))


def _all_in(path: Path, wanted: Set[str]) -> dict[str, Array]:
    """The arrays of a file that are wanted, or all where one is missing; nothing is unpickled."""
    name = shown(path)
    try:
        if not zipfile.is_zipfile(path):
            return {"x": in_file(path)}
        with archive_of(path) as loaded:
            there = loaded.names
            return {n: loaded[n] for n in there if n in wanted or not wanted <= set(there)}
    except InputError:
        raise
    except TooLargeError as error:
        raise InputError(name, error, "give fewer rows at once") from None
    except DAMAGES:
        raise InputError(
            name, "this is not a complete file of numbers", "write it by numpy.save(file, x)"
        ) from None
