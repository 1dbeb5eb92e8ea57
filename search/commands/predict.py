"""`search predict MODEL ROWS`: what a trained model says of new rows, from their raw columns."""

import csv
import io
import json
import math
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from search.app.log_redirect import noise_to
from search.app.paths import located

if TYPE_CHECKING:
    from search.data.columns import Array, Columns
    from search.store.model_file import ModelFile
    from search.study.signature import Signature

Model = Annotated[
    Path,
    typer.Argument(
        metavar="MODEL",
        help="A run folder or its name, or a .keras file of a winner.",
        callback=lambda model: model if model.suffix in {".keras", ".h5"} else located(model),
    ),
]
Rows = Annotated[
    list[Path],
    typer.Argument(
        metavar="ROWS",
        help="A CSV or Parquet file with the model's columns; or .npy, .npz; or pictures and "
        "folders of them.",
    ),
]
Out = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Where to write; standard output if left out.")
]


def predict(
    model: Model,
    rows: Rows,
    out: Out = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON in place of CSV.")] = False,
    skip_broken: Annotated[
        bool, typer.Option("--skip-broken", help="Leave out files that are no whole pictures.")
    ] = False,
) -> None:
    """Predict rows: the predicted class and each class's share, each label's share, or numbers.

    Pictures have their file's name before it.

    The model is loaded in Keras's safe mode; nothing of a run is executed.
    """
    from search.data.new_rows import rows_from
    from search.store.model_file import model_at
    from search.study.csv_cells import distinct

    if out is not None:
        _check_writable(out)
        _check_no_loss(out, [*rows, model])
    file = model_at(model)
    signature = file.signature
    _check_plain(file)
    new = rows_from(signature, rows, skip_broken=skip_broken)
    sys.stderr.writelines(f"search: {note}\n" for note in new.notes)
    told = facts(signature, _predictions(file, signature, new.rows))
    if new.files:
        (column,) = distinct(["file"], taken=told[0])
        told = [{column: name, **row} for name, row in zip(new.files, told, strict=True)]
    more = {"skipped": new.skipped} if skip_broken else {}
    as_object = {"task": signature.task, "rows": told, **more}
    text = json.dumps(as_object) + "\n" if as_json else _csv(told)
    if out is None:
        sys.stdout.write(text)
    else:
        _write(out, text)


def facts(signature: "Signature", predictions: "Array") -> list[dict[str, Any]]:
    """A dict a row.

    Args:
        signature: Of the model.
        predictions: As by `search.training.predict.predictions`.
    """
    from search.study.csv_cells import distinct
    from search.study.outputs import LOGITS, PROBABILITIES
    from search.study.task import TASKS

    task = TASKS[signature.task]
    if task.has_numbers:
        names = distinct(signature.names)
        return [dict(zip(names, _short(row), strict=True)) for row in predictions]
    what = "share" if signature.outputs.kind in {PROBABILITIES, LOGITS} else "score"
    names = distinct(f"{what} of {name}" for name in signature.names)
    rows = [dict(zip(names, _short(row), strict=True)) for row in predictions]
    if not task.classifies:
        return rows
    return [
        {"predicted": _predicted(signature, row), **told}
        for row, told in zip(predictions, rows, strict=True)
    ]


def _predicted(signature: "Signature", row: "Array") -> str | None:
    """The name of the class with the largest share; None where a share is no number."""
    return signature.names[row.argmax()] if all(map(math.isfinite, row)) else None


def _predictions(file: "ModelFile", signature: "Signature", rows: "Columns | Array") -> "Array":
    from search.study.errors import InputError
    from search.training.device import prepare

    with noise_to(Path(os.devnull)):  # TensorFlow's talk as it starts
        prepare(os.cpu_count() or 1, gpus=0)
        from search.training.from_file import UnusableError, predictions_by_file

        try:
            found = predictions_by_file(file.content, rows, signature.task, signature.outputs)
        except UnusableError as error:
            raise InputError(
                f"{file.name}: Keras cannot make predictions with it in safe mode ({error}); "
                "export it again"
            ) from None
    if found.shape[1:] != (len(signature.names),):
        raise InputError(
            f"{file.name}: its outputs are of shape {found.shape} and it names "
            f"{len(signature.names)} ({', '.join(signature.names)}); export it again"
        )
    return found


def _check_plain(file: "ModelFile") -> None:
    """Refuse a model that works by a person's own code alone."""
    from search.study.errors import InputError

    own = file.own_code()
    if own:
        raise InputError(
            f"{file.name}: {own[0]}, and no code of a model is executed here; `search export` "
            "writes a train.py that has it, or load the model there by keras.saving.load_model"
        )


def _check_writable(out: Path) -> None:
    """Refuse before anything takes time."""
    from search.study.errors import InputError

    if out.is_dir() or not os.access(out if out.exists() else out.parent, os.W_OK):
        raise InputError(f"--out {out}: it cannot be written; give a file in a folder of yours")


def _check_no_loss(out: Path, read: list[Path]) -> None:
    """Refuse to write over what is read here, a part of a run, or somebody's source.

    Raises:
        InputError: With what it is.
    """
    from search.study.errors import InputError

    if not out.is_file():
        return
    there = out.resolve()
    of_run = next((f for f in there.parents if (f / "study.db").exists()), None)
    if any(path.exists() and path.resolve() == there for path in read):
        what = "this is what is read"
    elif of_run is not None:
        what = f"this is a part of the run {of_run.name}"
    elif there.suffix in {".py", ".keras", ".ipynb", ".db"}:
        what = "this is no table but something else"
    else:
        return
    raise InputError(f"--out {out}: {what}, and would be lost; give another file")


def _write(out: Path, text: str) -> None:
    from search.study.errors import InputError
    from search.study.whole_file import write_whole

    try:
        write_whole(out, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise InputError(f"--out {out}: it cannot be written ({error.strerror})") from None


def _csv(rows: list[dict[str, Any]]) -> str:
    from search.study.csv_cells import cell

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(cell, rows[0]))
    writer.writerows(map(cell, row.values()) for row in rows)
    return text.getvalue()


def _short(row: "Array") -> list[float | None]:
    """Nine digits: as many as a float32 has; None for what is no finite number."""
    return [float(f"{value:.9g}") if math.isfinite(value) else None for value in row]
