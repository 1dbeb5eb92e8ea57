"""What a trained model says of new rows, from their raw columns."""

import csv
import io
import math
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from search.app.log_redirect import noise_to
from search.data.columns import Array, Columns
from search.data.new_rows import Given, NewRows, rows_from
from search.data.rows_in_file import Features
from search.data.tree import Tree
from search.loading.from_text import own_modules
from search.store.model_file import ModelFile, holds_code, model_at, needs, run_at
from search.study.arguments import taken_by
from search.study.csv_cells import cell, distinct
from search.study.errors import ArgumentError, InputError
from search.study.outputs import LOGITS, OF_LOSS, PROBABILITIES
from search.study.plain_text import nine_digits
from search.study.signature import Signature
from search.study.task import TASKS

ONE_OUTPUT = "prediction"
MOST_NUMBERS = 1024
"""Of a row that are written as columns of a table."""


@dataclass(frozen=True)
class Predictions:
    """What a model says of rows.

    Attributes:
        task: Of the model.
        rows: A dict a row: the predicted class and the probability of each, or numbers; before
            them the file, where rows are pictures. Empty where a row is more than a few numbers.
        notes: What should be known of how the rows were read.
        skipped: Files that are no whole pictures, and were left out.
        arrays: Of a "custom" task, what the model gives, in its own structure; of logits the
            probabilities.
        called: As in `Signature`.
        outside: How many rows lie outside what the training rows had, column by column; None where
            that is not known.
    """

    task: str
    rows: Sequence[Mapping[str, Any]]
    notes: tuple[str, ...]
    skipped: tuple[str, ...] = ()
    arrays: Tree | None = None
    called: Mapping[str, str] = field(default_factory=dict)
    outside: int | None = None

    def csv(self) -> str:
        """As a CSV file.

        Raises:
            ArgumentError: A row is no line of one.
        """
        if not self.rows and self.arrays is not None:
            given = [f"{name} of shape {leaf.shape}" for name, leaf in self._by_name.items()]
            why = f"the model gives {', '.join(given)}, which is no table"
            raise ArgumentError("out", None, why, "give a file to write to, predictions.npz")
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(map(cell, self.rows[0]))
        writer.writerows(map(cell, row.values()) for row in self.rows)
        return text.getvalue()

    def in_numpy(self, suffix: str) -> bytes:
        """As the content of a .npy file, or of a .npz file with an array an output.

        Raises:
            ArgumentError: There are several outputs, and one array has no place for them.
        """
        arrays = self._by_name or {"predictions": np.array([[*row.values()] for row in self.rows])}
        buffer = io.BytesIO()
        if suffix == ".npz":
            np.savez_compressed(buffer, allow_pickle=False, **arrays)
        elif len(arrays) > 1:
            why = f"the model has the outputs {', '.join(arrays)}"
            raise ArgumentError("out", None, why, "give a .npz file")
        else:
            np.save(buffer, next(iter(arrays.values())), allow_pickle=False)
        return buffer.getvalue()

    @property
    def _by_name(self) -> dict[str, Array]:
        return {} if self.arrays is None else _by_name(self.arrays, self.called)


def predict_files(
    model: Path,
    rows: Sequence[Path],
    *,
    skip_broken: bool = False,
    own_code: bool = False,
    strict: bool = False,
) -> Predictions:
    """Predict rows of files, in a process that is this product's own.

    Args:
        model: A run folder, or a `.keras` file of a winner.
        rows: A file of rows, or pictures and folders of them.
        skip_broken: Whether pictures that are no whole ones are left out.
        own_code: Whether the run's own copy of its space is executed, for a model with classes or
            functions of your own.
        strict: Whether rows that lie outside what the training rows had are refused.

    Raises:
        InputError: There is no such model, or the rows are not what it takes.
        RunError: The model's file is damaged.
    """
    file = model_at(model)
    own = partial(_own_objects, model, file) if own_code else None
    new = new_rows_of(file, rows, skip_broken=skip_broken, strict=strict)
    return predict(file, new, own_process(), own=own)


def new_rows_of(
    file: ModelFile, rows: Given, *, skip_broken: bool = False, strict: bool = False
) -> NewRows:
    """Read rows as a model takes them.

    Args:
        file: The model.
        rows: In memory, or paths.
        skip_broken: Whether pictures that are no whole ones are left out.
        strict: Whether rows that lie outside what the training rows had are refused.

    Raises:
        InputError: The rows are not what it takes.
    """
    new = rows_from(file.signature, rows, skip_broken=skip_broken)
    if not strict:
        return new
    far = new.outside
    if far is None:
        why = "what its training rows had is not known column by column"
        raise ArgumentError("strict", None, f"{file.name}: {why}", "drop it")
    if far.count:
        first = int(np.flatnonzero(far.rows)[0]) + 1
        raise InputError(
            "the rows",
            f"{far.count:,} of {len(far.rows):,} lie outside what the training rows had, the first "
            f"is row {first} (from 1) ({'; '.join(far.notes)})",
            "leave these rows out, or predict without strict",
        )
    return new


def predict(
    file: ModelFile,
    new: NewRows,
    process: AbstractContextManager[object] | None = None,
    *,
    own: Callable[[], Mapping[str, Any]] | None = None,
) -> Predictions:
    """Predict rows; the model is loaded in Keras's safe mode, and no other code is executed.

    Args:
        file: The model.
        new: The rows, as by `new_rows_of`.
        process: In which Keras is loaded and used.
        own: Gives classes and functions that Keras does not bring, by name, where the model is made
            of some.

    Raises:
        InputError: The model needs other code.
    """
    signature, far = file.signature, new.outside
    notes = new.notes if far is None else (*new.notes, *far.notes)
    _check_safe(file)
    if own is None:
        _check_plain(file, None)
    with process or nullcontext():
        objects = own() if own and file.own_code() else {}
        _check_plain(file, objects)
        found = _predictions(file, objects, new.rows)
    if isinstance(found, Tree):
        lines, called = _lines(found, signature), signature.called
        told = Predictions(signature.task, lines, notes, new.skipped, found, called)
    else:
        rows = new.series.told(found) if new.series else facts(signature, found)
        if new.files:
            (column,) = distinct(["file"], taken=rows[0])
            rows = [{column: name, **row} for name, row in zip(new.files, rows, strict=True)]
        told = Predictions(signature.task, rows, notes, new.skipped)
    return replace(told, outside=None if far is None else far.count)


@contextmanager
def own_process() -> Iterator[None]:
    """All CPUs, and without TensorFlow's talk as it starts."""
    with noise_to(Path(os.devnull)):
        from search.training.device import prepare

        prepare(os.cpu_count() or 1, gpus=0)
        yield


def facts(signature: Signature, predictions: Array) -> list[dict[str, Any]]:
    """A dict a row.

    Args:
        signature: Of the model.
        predictions: As by `search.training.predict.predictions`.
    """
    task = TASKS[signature.task]
    if task.has_numbers:
        scale = " in the scale of the loss" if signature.outputs.kind == OF_LOSS else ""
        names = distinct(f"{name}{scale}" for name in signature.names)
        return [dict(zip(names, map(nine_digits, row), strict=True)) for row in predictions]
    what = "probability" if signature.outputs.kind in {PROBABILITIES, LOGITS} else "score"
    names = distinct(f"{what} of {name}" for name in signature.names)
    rows = [dict(zip(names, map(nine_digits, row), strict=True)) for row in predictions]
    if not task.classifies:
        return rows
    return [
        {"predicted": _predicted(signature.names, row), **told}
        for row, told in zip(predictions, rows, strict=True)
    ]


def _by_name(found: Tree, called: Mapping[str, str]) -> dict[str, Array]:
    """Outputs by their names; of a model with one, as it is called in files."""
    if () in found.leaves:
        return {ONE_OUTPUT: found.leaves[()]}
    return {called.get(name, name): leaf for name, leaf in found.by_key().items()}


def _lines(found: Tree, signature: Signature) -> list[dict[str, Any]]:
    """A dict a row of outputs that are a few numbers each; nothing where some are more."""
    if any(leaf.ndim > 2 or leaf.size > MOST_NUMBERS * len(leaf) for leaf in found.leaves.values()):
        return []
    columns: dict[str, list[Any]] = {}
    names = _by_name(found, signature.called)
    for (name, leaf), key in zip(names.items(), found.by_key(), strict=True):
        several = leaf.reshape(len(leaf), -1)
        if classes := signature.classes.get(key):
            columns |= _of_classes(several, classes, "" if name == ONE_OUTPUT else f"{name}: ")
            continue
        one = several.shape[1] == 1
        for place, of in enumerate(several.T):
            columns[name if one else f"{name} {place + 1}"] = [*map(nine_digits, of)]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _of_classes(given: Array, classes: Sequence[str], of: str) -> dict[str, list[Any]]:
    """Columns of an output that is a class a row: of one number, the second's probability."""
    rows = given if given.shape[1] > 1 else np.concatenate([1 - given, given], axis=1)
    found: dict[str, list[Any]] = {f"{of}predicted": [_predicted(classes, row) for row in rows]}
    for name, column in zip(classes, rows.T, strict=True):
        found[f"{of}probability of {name}"] = [*map(nine_digits, column)]
    return found


def _predicted(names: Sequence[str], row: Array) -> str | None:
    """The name of the class with the largest probability; None where one is no number."""
    return names[int(row.argmax())] if all(map(math.isfinite, row)) else None


def _predictions(file: ModelFile, own: Mapping[str, Any], rows: Columns | Features) -> Any:
    from search.training.from_file import UnusableError, predictions_by_file
    from search.training.model_inputs import InputsError

    signature = file.signature
    try:
        found = predictions_by_file(file.content, rows, signature, own)
    except InputsError as error:
        raise InputError("the rows", *str(error).split("; ", 1)) from None
    except UnusableError as error:
        raise InputError(
            file.name,
            f"Keras cannot make predictions with it in safe mode ({error})",
            "export it again",
        ) from None
    if not isinstance(found, Tree) and found.shape[1:] != (len(signature.names),):
        raise InputError(
            file.name,
            f"its outputs are of shape {found.shape} and it names {len(signature.names)} "
            f"({', '.join(signature.names)})",
            "export it again",
        )
    return found


def _check_safe(file: ModelFile) -> None:
    """Refuse a model whose file holds code, which nothing here executes."""
    own = file.own_code()
    if holds_code(own):
        raise InputError(
            file.name,
            f"{needs(own)}, and no code of a model is executed here",
            "search again with a named and registered function in its place; of a run, `search "
            "export RUN` writes train.py, which has your code and makes the model again",
        )


def _check_plain(file: ModelFile, own: Mapping[str, Any] | None) -> None:
    """Refuse a model that needs custom code to work, which is not among what was given."""
    missing = [part for part in file.own_code() if part.name not in (own or {})]
    in_python = "in Python give custom_objects={'Name': Name}"
    if missing and own is None:
        raise InputError(
            file.name,
            f"{missing[0]}, and no code of a model is executed here",
            "`search predict RUN ROWS --own-code` executes the run's copy of your space, which has "
            f"it; {in_python}",
        )
    if missing:
        raise InputError(
            file.name,
            f"{missing[0]}, and nothing of this name was found or given",
            f"define it at the top of your space file and search again; {in_python}",
        )


def _own_objects(model: Path, file: ModelFile) -> Mapping[str, Any]:
    """Classes and functions that a run's own copy of its space defines or registers, by name.

    Raises:
        ArgumentError: It is no run.
        InputError: The copy fails.
    """
    from search.training.export import own_classes, registered

    run = run_at(model)
    if run is None:
        raise ArgumentError("own_code", None, f"{model} has no copy of a space", "name its run")
    study, answer = run.space().execute().study, run.answer()
    needed = {part.name for part in file.own_code()}
    known = {**_named_in(own_modules(), needed), **registered()}
    build = study.model
    if needed <= known.keys() or answer is None or build is None:
        return known
    # What `build` itself defines or imports is there once it was called.
    params = {**study.fixed, **answer.winner.params}
    with suppress(Exception):  # one that takes more, such as the training rows
        known |= own_classes(build(**taken_by(build, params)))
    return {**known, **_named_in(own_modules(), needed), **registered()}


def _named_in(modules: Iterable[ModuleType], names: Collection[str]) -> dict[str, Any]:
    """What modules have under these names."""
    return {
        name: vars(module)[name] for module in modules for name in names if name in vars(module)
    }
