"""`search predict MODEL ROWS`: predictions for new rows, from their raw columns."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from search.app.paths import located
from search.commands.options import AsJson

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
    Path | None, typer.Option(metavar="FILE", help="File to write to; by default standard output.")
]


def predict(
    model: Model,
    rows: Rows,
    out: Out = None,
    as_json: AsJson = False,
    skip_broken: Annotated[
        bool, typer.Option("--skip-broken", help="Skip files that are not complete pictures.")
    ] = False,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="Refuse rows that lie outside what the training rows had: a range, a category, "
            "a missing value.",
        ),
    ] = False,
    own_code: Annotated[
        bool,
        typer.Option(
            "--own-code",
            help="Execute the run's copy of your space, for a model with classes of your own.",
        ),
    ] = False,
) -> None:
    """Predict rows: the class and each class's probability, each label's probability, or numbers.

    Pictures have their file's name before it. What a model gives that is no table, such as masks,
    is written to a .npz or .npy file.

    The model is loaded in Keras's safe mode; nothing of a run is executed without --own-code.
    """
    from search.app.out_file import check_out, write
    from search.app.predict import predict_files

    if out is not None:
        check_out(out, [*rows, model])
    found = predict_files(model, rows, skip_broken=skip_broken, own_code=own_code, strict=strict)
    sys.stderr.writelines(f"search: {note}\n" for note in found.notes)
    if out is not None and out.suffix in {".npy", ".npz"}:
        write(out, found.in_numpy(out.suffix))
        return
    more = {"skipped": found.skipped} if skip_broken else {}
    told = {"task": found.task, "rows": found.rows, "outside": found.outside, **more}
    text = json.dumps(told) + "\n" if as_json else found.csv()
    if out is None:
        sys.stdout.write(text)
    else:
        write(out, text)
