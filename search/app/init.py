"""A first space file for rows that are there: a table, arrays, pictures, or a KerasTuner file."""

import keyword
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from textwrap import wrap
from typing import Any

from search.app.resolved import resolved
from search.app.spaces import source_of
from search.app.target_file import target_of
from search.data.column_types import columns_of
from search.data.dataset import Dataset
from search.data.npz import npz
from search.data.pictures import pictures
from search.data.series import series
from search.data.table import table
from search.data.table_reader import read_sheet
from search.data.tree import Tree
from search.loading.space_file import SpaceSource
from search.study.dense import DenseSpace
from search.study.errors import ArgumentError, InputError
from search.study.parameters import Choice, Float, Int, near
from search.study.picture_space import PictureSpace
from search.study.task import TASKS
from search.study.text_space import TextSpace
from search.study.whole_file import write_whole

MOST_NAMED = 12
"""Columns that a comment names."""
WORDS = 3
"""Of the median text of a column, for it to be text and no identifier."""
WIDE = 90
"""Characters of a comment."""
PICTURE_AXES = (2, 3)
"""Of a row that may be a picture."""


@dataclass(frozen=True)
class RowsAsked:
    """What is said of the rows.

    Attributes:
        rows: A table, a .npz archive, a folder of pictures, or a target such as file.py:build.
        target: The column of a table that is to be predicted.
        time: The column that says when a row was.
        horizon: Steps of a forecast; None for none.
        data: Rows for a target of KerasTuner's.
    """

    rows: Path
    target: str | None = None
    time: str | None = None
    horizon: int | None = None
    data: Path | None = None


@dataclass(frozen=True)
class Written:
    """What came of it.

    Attributes:
        file: The space file.
        told: What was found in the rows, a sentence each.
    """

    file: Path
    told: tuple[str, ...]


@dataclass(frozen=True)
class _Found:
    """Rows as a space file names them.

    Attributes:
        call: Of their source, as Python.
        names: That it needs from `search`.
        space: That suits them.
        dataset: As they were loaded.
        told: What is to be known of them.
    """

    call: str
    names: tuple[str, ...]
    space: DenseSpace | TextSpace | PictureSpace
    dataset: Dataset
    told: tuple[str, ...] = ()


def init(asked: RowsAsked, out: Path | None = None) -> Written:
    """Read rows, and write a space file that searches them.

    Args:
        asked: What is said of the rows.
        out: The file; where left out, one named after the rows, in this folder or beside the file
            that it imports.

    Raises:
        InputError: The rows cannot be read, a column is missing, or there is such a file.
    """
    beside = asked.rows.parent if target_of(asked.rows) else Path()
    out = out or beside / f"{_stem(asked.rows)}.py"
    if out.suffix != ".py":
        raise ArgumentError("out", out, "a space file ends in .py", f"say {out.stem}.py")
    if out.exists():
        raise ArgumentError("out", out, "it is there already", "name another file")
    if not out.parent.is_dir():
        raise ArgumentError("out", out, "there is no such folder", "make it first")
    if target_of(asked.rows):
        source = source_of(asked.rows, asked.data)
        text, told = source.files[source.name], tuple(source.notes)
        if out.parent.resolve() != asked.rows.parent.resolve():
            raise ArgumentError(
                "out", out, f"it imports from {asked.rows.name.partition(':')[0]}",
                f"write it beside that, in {asked.rows.parent}",
            )  # fmt: skip
    else:
        found = _found(asked, out.parent)
        text, told = _text(asked, found), found.told
        written = SpaceSource(out.name, str(out), {out.name: text}).execute()
        resolved(written, written.study)  # what it cannot search, it says
    write_whole(out, text.encode())
    return Written(out, told)


def _stem(rows: Path) -> str:
    """A name that Python can import, after that of the rows."""
    path, _, target = rows.name.rpartition(":")
    name = Path(f"{Path(path).stem}_study") if target and path else Path(rows.resolve().stem)
    plain = re.sub(r"\W+", "_", name.name).strip("_").lower() or "study"
    return f"{plain}_study" if plain[0].isdigit() or keyword.iskeyword(plain) else plain


def _found(asked: RowsAsked, folder: Path) -> _Found:
    rows = asked.rows
    if not rows.exists():
        raise InputError(
            rows, "there is no such file",
            "give a table, a .npz archive, a folder of pictures, or file.py:build",
        )  # fmt: skip
    place = Path(os.path.relpath(rows, folder)).as_posix()
    if rows.is_dir():
        call, data = f"pictures({_python(place)})", pictures(rows.resolve())
        return _Found(call, ("pictures",), PictureSpace(), data.load())
    if rows.suffix.lower() == ".npz":
        dataset = npz(rows.resolve()).load()
        return _Found(f"npz({_python(place)})", ("npz",), _space_of(dataset), dataset)
    return _of_table(asked, place)


def _space_of(dataset: Dataset) -> DenseSpace | TextSpace | PictureSpace:
    """The space without model code that suits arrays."""
    if isinstance(dataset.x, Tree):
        return TextSpace()
    axes = dataset.x.shape[1:]
    pixels = len(axes) in PICTURE_AXES and min(axes[:2]) > 1 and axes[2:] in {(), (1,), (3,)}
    return PictureSpace() if pixels else DenseSpace()


def _of_table(asked: RowsAsked, place: str) -> _Found:
    sheet = read_sheet(asked.rows)
    _check_columns(asked, [str(name) for name in sheet.frame.columns])
    time = f", time={_python(asked.time)}" if asked.time else ""
    start = f"({_python(place)}, target={_python(asked.target)}"
    path, target = asked.rows.resolve(), str(asked.target)
    if asked.horizon is not None:
        call = f"series{start}{time}, window=Int(12, 48), horizon={asked.horizon})"
        rows = series(path, target, window=Int(12, 48), horizon=asked.horizon, time=asked.time)
        return _Found(call, ("series", "Int"), DenseSpace(), rows.load())
    apart = {target, *([asked.time] if asked.time else [])}
    read, _ = columns_of(sheet.frame.drop(columns=[*apart]), sheet.decimal)
    texts = [name for name in read.left_out if _is_text(sheet.frame[name])]
    rest = [name for name in read.left_out if name not in texts]
    told = _few("left out", [f"{name} ({read.left_out[name]})" for name in rest])
    if texts and not read.kinds:
        more = f", texts={_python(texts)}" + (f", drop={_python(rest)}" if rest else "")
        rows = table(path, target, texts=texts, drop=rest, time=asked.time)
        call = f"table{start}{more}{time})"
        return _Found(call, ("table",), TextSpace(), rows.load(), told)
    told += tuple(
        f"{name} holds texts, which are left out too: they want texts={name!r} and a model of your "
        "own, or a table without the other columns"
        for name in texts
    )
    dataset = table(path, target, time=asked.time).load()
    kinds = _few("columns", [f"{name} ({kind})" for name, kind in read.kinds.items()])
    return _Found(f"table{start}{time})", ("table",), DenseSpace(), dataset, (*kinds, *told))


def _check_columns(asked: RowsAsked, columns: Sequence[str]) -> None:
    if asked.target is None:
        (known,) = _few("give one", columns)
        raise ArgumentError("target", None, "which column is to be predicted", known)
    for role in ("target", "time"):
        name = getattr(asked, role)
        if name is not None and name not in columns:
            raise ArgumentError(role, name, "there is no such column", near(name, columns))


def _few(what: str, names: Sequence[str]) -> tuple[str, ...]:
    """The first of names as a sentence; none where there are none."""
    more = ", …" if len(names) > MOST_NAMED else ""
    return (f"{what}: {', '.join(names[:MOST_NAMED])}{more}",) if names else ()


def _is_text(column: Any) -> bool:
    """Whether a column's cells are sentences rather than names."""
    cells = column.dropna()
    return cells.map(type).eq(str).all() and float(cells.str.split().str.len().median()) >= WORDS


def _text(asked: RowsAsked, found: _Found) -> str:
    """The space file."""
    space, dataset = found.space, found.dataset
    searched = {
        field.name: getattr(space, field.name)
        for field in fields(space)
        if isinstance(getattr(space, field.name), Int | Float | Choice)
    }
    kind = type(space).__name__
    ranges = "".join(f"        {name}={_python(value)},\n" for name, value in searched.items())
    used = {*found.names, kind, "Budget", "Study"} | {type(v).__name__ for v in searched.values()}
    name = asked.rows.resolve().name.replace("\\", "/").replace('"', "'")
    rows = f"{len(dataset.y):,} rows of {name}: {dataset.task}"
    lines = [part for line in found.told for part in wrap(line[0].upper() + line[1:], WIDE)]
    notes = "".join(f"    # {line}\n" for line in lines)
    objective = TASKS[dataset.task].objective
    return (
        f'"""{rows}."""\n\nfrom search import {", ".join(sorted(used, key=_order))}\n\n'
        f"study = Study(\n{notes}    data={found.call},\n"
        "    # Each range is searched; a value in its place is fixed.\n"
        f"    space={kind}(\n{ranges}    ),\n"
        "    # What trials are compared by, on validation rows.\n"
        f"    objective={_python(objective)},\n"
        "    budget=Budget(trials=30, epochs=40),\n)\n"
    )


def _python(value: object) -> str:
    """As people write it, with double quotes."""
    text = repr(value)
    return text if '"' in text or "\\" in text else text.replace("'", '"')


def _order(name: str) -> tuple[bool, str]:
    """As imports are sorted: classes before functions."""
    return name[0].islower(), name
