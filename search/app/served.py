"""`search export RUN --to FORM`: the winner as it is served, checked and measured."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

from search.app.export import Exported, new_folder
from search.app.predict import own_process
from search.store.model_file import ModelFile, model_at
from search.store.served_form import FORMS, ServedForm, folder_of
from search.study.errors import ArgumentError, InputError, plain
from search.study.plain_text import LONGEST, one_line
from search.study.signature import Signature
from search.study.whole_file import write_whole

NEEDED = {"onnx": "tf2onnx", "litert": "ai_edge_litert"}
"""Form → the package that is needed for it beside TensorFlow."""
TIMES = 20
MOST_CELLS = 32
"""Of an input that are typed in a client."""


def export_as(run: Path, form: str, folder: Path | None = None) -> Exported:
    """Write a winner in a form in which models are served, with a README and a client.

    Its outputs are compared with Keras's own on made-up rows; where they differ, nothing is left.

    Args:
        run: Its folder, or a `.keras` file.
        form: Of `FORMS`.
        folder: Where to, new or empty; `exports/NAME-FORM` where left out, where the run's page
            finds it.

    Raises:
        InputError: There is no winner, no such form, or the winner cannot be had in it.
        RunError: A file of the run is damaged.
    """
    from importlib.util import find_spec

    if form not in FORMS:
        fix = f"give {', '.join(FORMS)}; a folder is given by out"
        raise ArgumentError("to", form, "there is no such form", fix)
    if form in NEEDED and find_spec(NEEDED[form]) is None:
        fix = f"install it by `pip install 'keras-search[{form}]'`"
        raise ArgumentError("to", form, f"{NEEDED[form]} is not installed", fix)
    file = model_at(run)
    if own := file.own_code():
        raise InputError(file.name, str(own[0]), "export it by a script of your own")
    name = run.name.removesuffix(".keras")
    with new_folder(folder or folder_of(name, form)) as made, own_process():
        notes = _written(file, form, made)
    if folder is None and run.is_dir():
        notes += (f"`search report {run}` has size and time on the page",)
    return Exported(tuple(sorted(path for path in made.iterdir())), notes)


def _written(file: ModelFile, form: str, folder: Path) -> tuple[str, ...]:
    from search.training.export import loaded
    from search.training.serving import EQUAL, FILES, Served, UnservableError, difference, written

    signature = file.signature
    try:
        served = Served(loaded(file.content))
        call = written(served, form, folder)
        rows = served.rows(signature)
        apart = difference(call(rows), served(**rows))
        if apart > EQUAL:
            raise UnservableError(f"its outputs differ from Keras's by {apart:.2g}")
    except UnservableError as error:
        why = one_line(str(error).split("\n")[0], LONGEST)
        raise InputError(file.name, f"the winner cannot be had as {form}: {why}", OTHER) from None
    except Exception as error:
        why = one_line(plain(error), LONGEST)
        raise InputError(file.name, f"the winner cannot be had as {form}: {why}", OTHER) from error
    one = served.rows(signature, 1)
    size = _size(folder / FILES[form])
    taken, by_keras = _seconds(call, one), _seconds(lambda x: served(**x), one)
    ServedForm.of(form, file.content, size, taken, by_keras).save(folder)
    told = (
        f"{form}: outputs equal Keras's within {apart:.1g} on {len(next(iter(rows.values())))} "
        f"made-up rows; {size / 1e6:.2f} MB; {1000 * taken:.2g} ms a call of one row, "
        f"where Keras takes {1000 * by_keras:.2g}"
    )
    inputs = [_described(name, of, one[name]) for name, of in served.columns.items()]
    readme = _readme(form, inputs, signature, told)
    write_whole(folder / "README.md", readme.encode())
    write_whole(folder / "client.py", _client(form, FILES[form], one).encode())
    return (told,)


OTHER = "give another form, or use the .keras file that `search export` writes"


def _seconds(call: Callable[[Any], Any], rows: Any) -> float:
    taken = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        call(rows)
        taken.append(time.perf_counter() - begun)
    return median(taken)


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def _client(form: str, file: str, one: Mapping[str, Any]) -> str:
    """A script that asks about one row."""
    given = ",\n".join(f"    {name!r}: {_row(x)}" for name, x in one.items())
    head, call = _CALLS[form]
    return (
        '"""Ask the model about one row; run it in this folder."""\n\n'
        f"import numpy as np\n{head}\n"
        f"\nrows = {{\n{given},\n}}\n{call.format(file=file)}\n"
    )


def _row(x: Any) -> str:
    """An array as it is typed, 0 for NaN; of many numbers only their shape."""
    dtype = str(x.dtype)
    if x.size > MOST_CELLS:
        return f"np.full({x.shape}, {('' if x.dtype == object else 0)!r}, {dtype!r})"
    return f"np.array({_cells(x)}, {dtype!r})"


def _cells(x: Any) -> str:
    return repr(x.tolist()).replace("nan", "0.0") if x.dtype != object else repr(x.tolist())


_CALLS = {
    "serving": (
        "import tensorflow as tf",
        'serve = tf.saved_model.load("{file}").signatures["serving_default"]\n'
        "given = {{name: tf.constant(x) for name, x in rows.items()}}\n"
        "print({{name: x.numpy().tolist() for name, x in serve(**given).items()}})",
    ),
    "onnx": (
        "import onnxruntime",
        'session = onnxruntime.InferenceSession("{file}")\n'
        "print([x.tolist() for x in session.run(None, rows)])",
    ),
    "litert": (
        "from ai_edge_litert.interpreter import Interpreter",
        'predict = Interpreter("{file}").get_signature_runner()\n'
        "print({{name: x.tolist() for name, x in predict(**rows).items()}})",
    ),
}


def _described(name: str, of: str, x: Any) -> str:
    shape = ", ".join(["rows", *map(str, x.shape[1:])])
    kind = "text" if x.dtype == object else str(x.dtype)
    return f"| `{name}` | {of or 'the rows'} | {kind} | ({shape}) |"


def _readme(form: str, inputs: list[str], signature: Signature, told: str) -> str:
    lines = ["# The winner of a search", "", f"{told}.", "", "| input | for | type | shape |"]
    lines += ["|---|---|---|---|", *inputs]
    lines += ["", f"It takes what `search predict` makes of a file's rows: {signature.expects}."]
    if signature.columns:
        lines.append(
            "Numbers as numbers (NaN where missing), dates as days since 1970, texts as they stand "
            '("" where missing).'
        )
    lines += ["", f"Outputs are the model's own ({signature.task}): {', '.join(signature.names)}."]
    if signature.task == "binary":
        lines.append(f"One number a row is of {signature.names[-1]}.")
    if signature.outputs.kind != "probabilities" and not signature.task.startswith("regression"):
        lines.append(f"They are {signature.outputs.kind}.")
    if form == "serving":
        lines += ["", "TensorFlow Serving takes `saved_model/`."]
    return "\n".join([*lines, "", "`client.py` asks about one row.", ""])
