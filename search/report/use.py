"""How the winner is used elsewhere: its file, lines of plain Keras, and a command."""

import shlex
from collections.abc import Sequence

from search.data.series_rows import SeriesForm
from search.data.text_forms import CsvForm, Form
from search.data.tree import TEXT, Code, Leaf, Tree, key
from search.report.section import Section
from search.report.tables import HtmlTable
from search.report.wording import BEHIND, counted, rivals
from search.store.model_file import ModelFile, OwnCode, holds_code, needs, winner_of
from search.store.opening import in_units
from search.store.run import StoredRun
from search.store.served_form import folder_of, forms_of
from search.study.answer import Answer
from search.study.errors import SearchError
from search.study.outputs import LOGITS, OF_LOSS, SCORES
from search.study.signature import Signature
from search.study.task import TASKS

PICTURE, ARRAY, ARRAYS, TABLE = "pictures/", "x.npy", "rows.npz", "rows.csv"
MOST_COLUMNS = 64
"""Of an array that is taken for a table: wider ones, such as of pixels, are files of NumPy's."""
FEW_COLUMNS = 4
"""That a line names; of more the first two and the last."""


def use(run: StoredRun, answer: Answer) -> list[Section]:
    """The box; empty where there is no file of a model, or it does not tell what it takes."""
    if answer.no_model:
        return []
    try:
        file = winner_of(run)
        signature, own = file.signature, file.own_code()
    except SearchError:
        return []
    place = str(run.folder.model.relative_to(run.folder.path.parent.parent))
    finding = f"The model file is {place}. It takes {signature.expects}."
    held = holds_code(own)
    text = _cost(run)
    if not held:
        text += [f"The result of these lines is {_what(signature)}.", *_written(signature)]
    if own:
        fix = _by_script(run) if held else "import what they name before these lines"
        text.append(f"The file alone is not enough, because {needs(own)}: {fix}.")
    if better := [r.name for r in rivals(answer) if r.against and r.against.told == BEHIND]:
        text.append(
            f"Better on held-out data than this model: {', '.join(better)}, of which no file is "
            "saved."
        )
    if command := _command(run, file):
        text.append(f"Without Python: {command}")
    return [
        Section(
            "use",
            "Use this model",
            finding,
            text,
            tables=_forms(run, file),
            code="" if held else "\n".join(lines(signature, place, own)),
            unfolded=True,
        )
    ]


def _forms(run: StoredRun, file: ModelFile) -> list[HtmlTable]:
    """What the winner takes in the forms that it was exported in; empty where in none."""
    rows = [
        (kept.form, str(folder_of(run.name, kept.form)), in_units(kept.size),
         seconds_text(kept.seconds), seconds_text(kept.by_keras))
        for kept in forms_of(run.folder.path, file.content)
    ]  # fmt: skip
    header = ("form", "folder", "size", "a call of one row", "the same in Keras")
    return [HtmlTable("Exported as it is served", header, rows)] if rows else []


def _cost(run: StoredRun) -> list[str]:
    """How large the file is, and how long a call of its model takes."""
    size = f"The file has {in_units(run.folder.model.stat().st_size)}."
    taken = run.arrays("latency")
    if not taken:
        return [size]
    one, many = (seconds_text(float(taken[name])) for name in ("one", "many"))
    cores, cpu = int(taken["cores"]), run.manifest.machine.cpu
    return [
        f"{size} A call of the model takes {one} for one row and {many} for "
        f"{int(taken['rows']):,} rows: medians, measured on a worker of this run "
        f"({counted(cores, 'CPU core')}{f', {cpu}' if cpu else ''}), without loading it."
    ]


def seconds_text(seconds: float) -> str:
    """How long a call takes, such as "4.2 ms"."""
    count, unit = (seconds, "s") if seconds >= 1 else (1000 * seconds, "ms")
    rounded = float(f"{count:.2g}")
    return f"{rounded:.0f} {unit}" if rounded >= 10 else f"{rounded:#.2g} {unit}"


def predict_command(run: StoredRun, answer: Answer) -> str:
    """The command that predicts new rows; empty where none can.

    A comment of the shell tells the columns of its file, where no table of yours has named them.
    """
    if answer.no_model:
        return ""
    try:
        file = winner_of(run)
        command = _command(run, file)
    except SearchError:
        return ""
    told = columns_to_write(file.signature)
    return f"{command}  # with {told}" if command and told else command


def columns_to_write(signature: Signature) -> str:
    """The columns of a file of new rows that this package named itself; empty for other files."""
    if _file_of(signature) != TABLE or signature.columns or signature.series:
        return ""
    names = list(signature.table)
    if len(names) > FEW_COLUMNS:
        names = [*names[:2], "…", names[-1]]
    return f"the column{'s' if len(signature.table) > 1 else ''} {', '.join(names)}"


def why_no_predict(run: StoredRun) -> str:
    """Why no command predicts with the file; empty where one can."""
    try:
        own = winner_of(run).own_code()
    except SearchError:
        return ""
    return f"{needs(own)}; {_by_script(run)}" if holds_code(own) else ""


def _by_script(run: StoredRun) -> str:
    export = f"search export {shlex.quote(run.name)}"
    return f"{export} writes train.py, which has your code and trains this model again"


def _command(run: StoredRun, file: ModelFile) -> str:
    signature, own = file.signature, file.own_code()
    if holds_code(own):
        return ""
    return (
        f"search predict {shlex.quote(run.name)} {_file_of(signature)}"
        f"{' --out predictions.npz' if signature.gives else ''}{' --own-code' if own else ''}"
    )


def _file_of(signature: Signature) -> str:
    """Such as it takes new rows from."""
    if len(signature.inputs) > 1:
        return ARRAYS
    if signature.series or (signature.table and len(signature.features) <= MOST_COLUMNS):
        return TABLE
    return PICTURE if signature.pictures else ARRAY


def load_line(place: str, own: Sequence[OwnCode]) -> str:
    """Python that loads a file, given what it needs beside Keras by its name."""
    names = [part.name for part in own if part.name.isidentifier()]  # a file may say anything
    objects = {name: Code(name) for name in names}
    given = f", custom_objects={objects!r}" if objects else ""
    return f"model = keras.saving.load_model({place!r}{given}, compile=False)"


def lines(signature: Signature, place: str, own: Sequence[OwnCode] = ()) -> list[str]:
    """Python that loads the model and ends in `predictions`."""
    load = load_line(place, own)
    if signature.columns:
        return [
            "import keras, pandas as pd, tensorflow as tf",
            load,
            *_columns(signature),
            *_meant(signature),
        ]
    if signature.pictures:
        return [
            "import keras, numpy as np",
            "from PIL import Image, ImageOps",
            load,
            *_picture(*signature.shape),
            *(["x = x * 255  # as the model takes pixels"] if signature.raw_pixels else []),
            "predictions = model.predict(x, verbose=0)",
            *_meant(signature),
        ]
    if texts := signature.text_inputs:
        read = {leaf.path: Code(f'tf.constant(rows[{n!r}].fillna("").to_numpy(str))')
                for n, leaf in texts.items()}  # fmt: skip
        return [
            "import keras, pandas as pd, tensorflow as tf",
            load,
            f'rows = pd.read_csv("{TABLE}", dtype=str)',
            f"x = {Tree(read).nested!r}",
            "predictions = model.predict(x, verbose=0)",
            *_meant(signature),
        ]
    if signature.inputs:
        return [
            "import keras, numpy as np, tensorflow as tf",
            load,
            *_inputs(signature.inputs),
            "predictions = model.predict(x, verbose=0)",
            *_meant(signature),
        ]
    if signature.series:
        return [
            "import keras, numpy as np, pandas as pd",
            load,
            *_windows(signature.series),
            "predictions = model.predict(x, verbose=0)",
        ]
    rows = ", ".join(["rows", *map(str, signature.shape)])
    whole = signature.values is not None and signature.values.whole  # it may be of ids
    cast = "" if whole else '.astype("float32")'
    return [
        "import keras, numpy as np",
        load,
        f'x = np.load("{ARRAY}"){cast}  # of shape ({rows})',
        "predictions = model.predict(x, verbose=0)",
        *_meant(signature),
    ]


def _windows(form: SeriesForm) -> list[str]:
    """The newest window of one series."""
    by_time = f".sort_values({form.time!r})" if form.time else ""
    columns = list(form.features)
    return [
        f'rows = pd.read_csv("{TABLE}"){by_time}  # of one series, in steps of {form.step}',
        f"x = rows[{columns!r}].to_numpy('float32')[None, -{form.window}:]",
    ]


def _inputs(inputs: Sequence[Leaf]) -> list[str]:
    """The arrays of a file as the model takes them."""
    if not inputs[0].path:
        return [f'x = tf.constant(np.load("{ARRAY}"))  # of shape ({inputs[0]})']
    types = {leaf.path: "" if leaf.dtype == TEXT else f", {leaf.dtype!r}" for leaf in inputs}
    tree = Tree({p: Code(f"tf.constant(rows[{key(p)!r}]{kind})") for p, kind in types.items()})
    return [
        f'rows = np.load("{ARRAYS}")  # with {", ".join(map(str, inputs))}',
        f"x = {tree.nested!r}",
    ]


def _picture(height: int, width: int, channels: int) -> list[str]:
    """What `search.data.picture_file` does, of any kind of picture."""
    mode = "L" if channels == 1 else "RGB"
    return [
        'with Image.open("picture.png") as file:',
        "    picture = ImageOps.exif_transpose(file)",
        'if picture.mode[0] in "IF":  # 16 bits a pixel, or floats from 0 to 1',
        "    white = 1 if picture.mode == 'F' else 65535",
        "    picture = Image.fromarray(np.asarray(picture, 'float32') / np.float32(white))",
        "else:",
        f"    picture = picture.convert({mode!r})",
        f"x = np.asarray(picture.resize(({width}, {height})), 'float32')",
        "x = np.clip(x if picture.mode == 'F' else x / 255, 0, 1)",
        f"x = np.broadcast_to(x.reshape(1, {height}, {width}, -1), "
        f"(1, {height}, {width}, {channels}))",
    ]


def _meant(signature: Signature) -> list[str]:
    """From logits to probabilities."""
    outputs = signature.outputs
    if outputs.kind != LOGITS:
        return []
    return [f"predictions = keras.ops.convert_to_numpy(keras.ops.{outputs.link}(predictions))"]


def _columns(signature: Signature) -> list[str]:
    """The dict of tensors from a file of rows that is written as the training rows were."""
    of = {kind: [n for n, k in signature.columns.items() if k == kind] for kind in _KINDS}
    numbers, texts, dates = of["number"] + of["boolean"], of["category"] + of["text"], of["date"]
    commas = [name for name in of["number"] if _has_commas(signature.forms.get(name))]
    as_text = [*texts, *commas, *dates]
    types = f", dtype=dict.fromkeys({as_text!r}, str)" if as_text else ""
    made = [
        f"rows = pd.read_csv({TABLE!r}{_written_as(signature.csv)}{types})",
        "rows.columns = rows.columns.str.strip()",
        "x = {}",
    ]
    if commas:
        made += [
            f"for name in {commas!r}:  # such as 1.234,5",
            '    plain = rows[name].str.replace(".", "").str.replace(",", ".")',
            "    rows[name] = pd.to_numeric(plain)",
        ]
    if numbers:
        made += [
            f"for name in {numbers!r}:",
            '    x[name] = tf.constant(rows[[name]].to_numpy("float64"))',
        ]
    if dates:
        made += [
            f"for name, form in {_formats(signature, dates)!r}.items():",
            "    days = (pd.to_datetime(rows[name], format=form) - pd.Timestamp(0)) / "
            "pd.Timedelta(days=1)",
            "    x[name] = tf.constant(days.to_numpy()[:, None])",
        ]
    if texts:
        made += [
            f"for name in {texts!r}:",
            '    x[name] = tf.constant(rows[[name]].fillna("").to_numpy(str))',
        ]
    return [*made, "predictions = model(x).numpy()"]


def _has_commas(form: Form | None) -> bool:
    """Whether numbers have decimal commas, and nothing else that pandas does not read."""
    return form is not None and form.decimal == "," and not form.unit


def _written_as(csv: CsvForm) -> str:
    """Arguments of `pandas.read_csv` for a file that is not the plain kind."""
    given = {
        "sep": csv.separator if csv.separator != "," else None,
        "encoding": csv.encoding if not csv.encoding.startswith("utf-8") else None,
        "skiprows": csv.skipped or None,
    }
    told = [f", {name}={value!r}" for name, value in given.items() if value is not None]
    # Cells may have blanks around them, which training strips.
    return "".join(told) + (", skipinitialspace=True" if told else "")


_KINDS = ("number", "boolean", "category", "date", "text")


def _formats(signature: Signature, dates: Sequence[str]) -> dict[str, str | None]:
    forms = signature.forms
    return {name: (forms.get(name, Form()).dates or (None,))[0] for name in dates}


def _what(signature: Signature) -> str:
    """What `predictions` is."""
    names = ", ".join(signature.names[:20]) + (" …" if len(signature.names) > 20 else "")
    task = TASKS[signature.task]
    if task.by_model:
        keys = [key(leaf.path) for leaf in signature.gives]
        called = {name: signature.called.get(name, name) for name in keys}
        given = ", ".join(called.values())
        several = len(signature.gives) > 1
        told = f"a dict or list of {given}" if several else "the model's output for each row"
        links = [f"keras.ops.{link} of {called[name]}" for name, link in signature.links.items()]
        return told if not links else (
            f"{told}; logits, of which {' and '.join(links)} makes the probabilities that search "
            "predict gives"
        )  # fmt: skip
    if task.has_numbers:
        unit = "the scale of the loss" if signature.outputs.kind == OF_LOSS else "its own unit"
        return f"a column for each number ({names}), in {unit}"
    what = "score" if signature.outputs.kind == SCORES else "probability"
    if task.classifies and task.units(len(signature.names)) == 1:
        second = f"“{signature.names[1]}”"
        middle = "above 0" if what == "score" else "above 0.5"
        return (
            f"the {what} of {second} where it has one column ({middle}: that class), otherwise the "
            f"{what} of each class ({names})"
        )
    return f"the {what} of each {task.noun} ({names})"


def _written(signature: Signature) -> list[str]:
    """Of columns that pandas does not read as they were written."""
    odd = [
        name
        for name, form in signature.forms.items()
        if form.unit
        or form.serial
        or len(form.dates) > 1
        or (form.decimal != "." and not _has_commas(form))
    ]
    if not odd:
        return []
    return [
        f"Write {', '.join(odd[:20])} as plain numbers and dates first: your data had another "
        "format, which search predict reads and pandas does not."
    ]
