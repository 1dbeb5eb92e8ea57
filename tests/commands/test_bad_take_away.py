"""What cannot be predicted, exported or made again is told in one sentence, with its fix."""

import json
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from search.app.manifest_builder import manifest_of
from search.app.resolved import ResolvedStudy
from search.commands.command_line import run
from search.finals.scoring import score
from search.loading.space_file import read
from search.report.section import Section
from search.report.use import use, why_no_predict
from search.store.folder import Folder
from search.store.manifest import Machine
from search.store.model_file import MEMBER, signed
from search.store.recorder import Recorder
from search.store.run import load_run
from search.study.answer import Answer
from search.study.signature import Signature
from tests.report.runs_to_show import Told, completed, finalist

pytestmark = pytest.mark.keras

POINTS = Signature("binary", ("outer", "inner"), shape=(2,), features=("x1", "x2"))
HOMES = Signature("binary", ("no", "yes"), {"size": "number"})
PICTURES = Signature("binary", ("no", "yes"), shape=(4, 4, 1))
PARAMS: dict[str, Any] = {"layers": 1}
SPACE = """
from search import Choice, DenseSpace, Int, Study, arrays, circles
{before}
study = Study(data={data}, {space})
"""
DENSE = "space=DenseSpace(layers=Int(1, 2))"
BUILT = "model=build, space={'layers': Int(1, 2)}"


def space(data: str = "circles(samples=100)", space: str = DENSE, before: str = "") -> str:
    return SPACE.format(data=data, space=space, before=before)


def answered(name: str, text: str, model: bytes, root: Path = Path("runs")) -> Path:
    """A run that has its answer, though nobody trained anything."""
    Path("space.py").write_text(text)
    found = read(Path("space.py")).execute()
    resolved = ResolvedStudy.of(found)
    manifest = manifest_of(name, resolved, Machine(1, 1, 0, "a test"))
    folder = Folder.named(root, name).make()
    held_out = resolved.parts.held_out
    shares = np.tile([0.75, 0.25], (len(held_out), 1))
    headline = score(shares, held_out.y, "binary")
    best = finalist(0, Told(PARAMS, completed(0.9)), 0.9)
    answer = Answer((best,), best.fits[0], (headline,), headline, ())
    with closing(Recorder.begin(folder, manifest, found.source.files)) as recorder:
        kept = {"held_out": {"y": held_out.y, "probabilities": shares}}
        recorder.save_answer(answer, model, kept)
        recorder.ended("finished")
    return folder.path


def keras_file(*layers: Any, signature: Signature | None = POINTS, shape: Any = (2,)) -> bytes:
    import keras

    from search.training.export import keras_bytes

    model = keras.Sequential([keras.Input(shape), *layers, keras.layers.Dense(1, "sigmoid")])
    content = keras_bytes(model)
    return signed(content, signature) if signature else content


def of_bytecode() -> bytes:
    import keras

    return keras_file(keras.layers.Lambda(lambda x: 2 * x, name="doubled"))


def of_own_function() -> bytes:
    import keras

    def doubled(x: Any) -> Any:
        return 2 * x

    return keras_file(keras.layers.Dense(2, activation=doubled, name="first"))


def begun() -> None:
    """A run without an answer."""
    path = answered("begun", space(), b"")
    with closing(Recorder(Folder(path))) as recorder:
        recorder._documents.save("answer", None)


def changed_data() -> None:
    path = answered("changed", space(), plain())
    with closing(Recorder(Folder(path))) as recorder:
        recorder.revise(recorder.manifest.plan, data_changed=True)
        recorder.ended("finished")


def damaged_space() -> None:
    (answered("damaged", space(), plain()) / "space" / "space.py").write_text("study = 3")


def damaged_winner() -> None:
    path = answered("damaged", space(), plain())
    (path / "finals" / "winner.keras").write_bytes(plain() + b"more")


def plain() -> bytes:
    return keras_file()


def other_outputs() -> bytes:
    return keras_file(signature=replace(POINTS, task="multiclass", names=("a", "b", "c")))


def without_a_member(name: str, text: str | None = None) -> Callable[[], bytes]:
    """A file that lacks a part, or has another text for it."""

    def made() -> bytes:
        Path("whole.keras").write_bytes(plain())
        with (
            zipfile.ZipFile("whole.keras") as whole,
            zipfile.ZipFile("other.keras", "w") as other,
        ):
            for member in whole.namelist():
                if member != name:
                    other.writestr(member, whole.read(member))
            if text is not None:
                other.writestr(name, text)
        return Path("other.keras").read_bytes()

    return made


def write(name: str, content: Callable[[], bytes]) -> Callable[[], object]:
    return lambda: Path(name).write_bytes(content())


def array(name: str, x: Any) -> Callable[[], None]:
    def made() -> None:
        Path("m.keras").write_bytes(plain())
        np.save(name, x, allow_pickle=True)

    return made


def homes() -> None:
    Path("m.keras").write_bytes(keras_file(signature=HOMES))
    np.save("rows.npy", np.ones((2, 2)))


def in_file() -> None:
    np.save("x.npy", np.random.default_rng(0).normal(size=(60, 2)).astype(np.float32))
    np.save("y.npy", np.arange(60) % 2)
    text = space("arrays('x.npy', 'y.npy', in_memory=False)")
    answered("mine", text, of_bytecode())


def two_arrays() -> None:
    Path("m.keras").write_bytes(plain())
    np.savez("rows.npz", a=np.ones((2, 2)), b=np.ones((2, 2)))


@dataclass(frozen=True)
class Mistake:
    """What is there, what is asked, and what the sentence has to say."""

    command: str
    says: tuple[str, ...]
    there: Callable[[], Any] = lambda: None
    code: int = 2


PREDICT = "predict m.keras rows.csv"
BUILD = "import keras\ndef build(layers):\n    return keras.Sequential([{}])"
MISTAKES = {
    "predict: no such run": Mistake("predict runs/no rows.csv", ("runs/no", "run folder")),
    "predict: a folder without a run": Mistake("predict . rows.csv", (".: there is no run here",)),
    "predict: no answer yet": Mistake(
        "predict runs/begun rows.csv", ("no answer yet", "`search resume runs/begun`"), begun
    ),
    "predict: no such model": Mistake(
        "predict n.keras rows.csv",
        ("n.keras", "no such file", "did you mean m.keras?"),
        write("m.keras", plain),
    ),
    "predict: HDF5": Mistake("predict m.h5 rows.csv", ("m.h5", "can execute code")),
    "predict: no archive": Mistake(
        PREDICT,
        ("m.keras: this is not a complete .keras file",),
        write("m.keras", lambda: b"a model"),
    ),
    "predict: half an archive": Mistake(
        PREDICT, ("not a complete .keras file",), write("m.keras", lambda: plain()[:3000])
    ),
    "predict: of another program": Mistake(
        PREDICT,
        ("m.keras: it does not say what it takes",),
        write("m.keras", lambda: keras_file(signature=None)),
    ),
    "predict: a signature that is none": Mistake(
        PREDICT, ("not a complete .keras file",), write("m.keras", without_a_member(MEMBER, "[]"))
    ),
    "predict: a configuration that is none": Mistake(
        PREDICT,
        ("not a complete .keras file",),
        write("m.keras", without_a_member("config.json", "{")),
    ),
    "predict: no weights": Mistake(
        PREDICT,
        ("m.keras: Keras cannot make predictions with it in safe mode",),
        write("m.keras", without_a_member("model.weights.h5")),
    ),
    "predict: bytecode": Mistake(
        PREDICT,
        ("layer 'doubled' holds a Python lambda as bytecode", "export RUN` writes train.py"),
        write("m.keras", of_bytecode),
    ),
    "predict: bytecode, and the run's copy of its space": Mistake(
        "predict runs/mine rows.csv --own-code",
        ("layer 'doubled' holds a Python lambda as bytecode", "export RUN` writes train.py"),
        lambda: answered("mine", space(), of_bytecode()),
    ),
    "predict: a function that the run's copy of its space has not": Mistake(
        "predict runs/mine rows.csv --own-code",
        ("layer 'first' needs 'doubled'", "nothing of this name was found"),
        lambda: answered("mine", space(), of_own_function()),
    ),
    "predict: a function of one's own": Mistake(
        PREDICT, ("layer 'first' needs 'doubled'",), write("m.keras", of_own_function)
    ),
    "predict: other outputs than it names": Mistake(
        PREDICT,
        ("its outputs are of shape (2, 1) and it names 3",),
        write("m.keras", other_outputs),
    ),
    "predict: other inputs than it names": Mistake(
        PREDICT,
        ("Keras cannot make predictions", "expected axis -1 of input shape to have value 3"),
        write("m.keras", lambda: keras_file(shape=(3,))),
    ),
    "predict: a damaged winner": Mistake(
        "predict runs/damaged rows.csv", ("SHA-256", "search resume"), damaged_winner, code=1
    ),
    "predict: a damaged winner by its name": Mistake(
        "predict runs/damaged/finals/winner.keras rows.csv", ("SHA-256",), damaged_winner, code=1
    ),
    "predict: no such rows": Mistake(
        "predict m.keras row.csv", ("row.csv", "did you mean rows.csv"), write("m.keras", plain)
    ),
    "predict: a column is missing": Mistake(
        "predict m.keras other.csv",
        ("other.csv: there is no column 'x2'", "did you mean 'X2'?"),
        write("m.keras", plain),
    ),
    "predict: no rows": Mistake(
        "predict m.keras none.csv", ("a header and no rows",), write("m.keras", plain)
    ),
    "predict: an empty file": Mistake(
        "predict m.keras empty.csv", ("the file is empty",), write("m.keras", plain)
    ),
    "predict: a workbook": Mistake(
        "predict m.keras rows.xlsx", ("save it as CSV",), write("m.keras", plain)
    ),
    "predict: arrays of another shape": Mistake(
        "predict m.keras rows.npy",
        ("(2, 3)", "takes (rows, 2)"),
        array("rows.npy", np.ones((2, 3))),
    ),
    "predict: no number": Mistake(
        "predict m.keras rows.npy",
        ("rows.npy: row 1, column 0 (from 0) is nan",),
        array("rows.npy", [[1, 1], [np.nan, 1]]),
    ),
    "predict: Python objects": Mistake(
        "predict m.keras rows.npy",
        ("not a complete file of numbers",),
        array("rows.npy", [[{}, 1]]),
    ),
    "predict: several arrays": Mistake(
        "predict m.keras rows.npz", ("2 arrays (a, b)", "predict x"), two_arrays
    ),
    "predict: arrays for a model of a table": Mistake(
        "predict m.keras rows.npy", ("takes the columns of a table (size)",), homes
    ),
    "predict: a table for a model of pictures": Mistake(
        PREDICT,
        ("arrays of shape (rows, 4, 4, 1)",),
        write("m.keras", lambda: keras_file(signature=PICTURES)),
    ),
    "predict: nowhere to write": Mistake(
        f"{PREDICT} --out no/told.csv", ("--out no/told.csv", "cannot be written")
    ),
    "predict: a folder to write": Mistake(f"{PREDICT} --out .", ("--out .", "cannot be written")),
    "export: no run": Mistake("export runs/no", ("runs/no: there is no run here",)),
    "export: no answer yet": Mistake("export runs/begun", ("no answer yet",), begun),
    "export: into a file": Mistake(
        "export runs/mine --out rows.csv",
        ("rows.csv", "cannot be written"),
        lambda: answered("mine", space(), plain()),
    ),
    "export: over what is there": Mistake(
        "export runs/mine --out .",
        (".: empty.csv is in it already", "give an empty or a new folder"),
        lambda: answered("mine", space(), plain()),
    ),
    "export: neither the file nor the rows": Mistake(
        "export runs/mine", ("the rows stay in their file",), in_file
    ),
    "export: no URL": Mistake("export runs/begun --optuna studies.db", ("not the URL",), begun),
    "export: no such database": Mistake(
        "export runs/begun --optuna sqlite:///no/studies.db", ("the database refuses",), begun
    ),
    "reproduce: no run": Mistake("reproduce runs/no", ("runs/no: there is no run here",)),
    "reproduce: no answer yet": Mistake("reproduce runs/begun", ("no answer yet",), begun),
    "reproduce: other rows on the way": Mistake(
        "reproduce runs/changed",
        ("continued on changed data", "start a new run"),
        changed_data,
    ),
    "reproduce: a damaged space": Mistake(
        "reproduce runs/damaged", ("space.py: is not what was written",), damaged_space
    ),
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("rows.csv").write_text("x1,x2\n0,1\n1,0\n")
    Path("other.csv").write_text("x1,X2\n0,1\n")
    Path("none.csv").write_text("x1,x2\n")
    Path("empty.csv").touch()
    Path("rows.xlsx").touch()
    return tmp_path


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_one_sentence(mistake: Mistake, capfd: pytest.CaptureFixture[str]) -> None:
    mistake.there()
    capfd.readouterr()  # what TensorFlow says as it starts
    code = run(mistake.command.split())
    out, err = capfd.readouterr()
    assert (code, out) == (mistake.code, ""), err
    assert err.startswith("search: ")
    assert err.count("\n") == 1, err
    assert all(part in err for part in mistake.says), err


LEFT_OUT = {
    "a build that needs search": (
        space(before="import search\n\n\ndef build(layers):\n    return search\n", space=BUILT),
        "space.py, line 3: what builds the model uses an import of search",
    ),
    "a build that nobody finds": (
        space(before="def build(layers): ...", space=f"**dict({BUILT})"),
        "its text does not show what builds the model",
    ),
}


@pytest.mark.parametrize(("text", "says"), LEFT_OUT.values(), ids=LEFT_OUT.keys())
def test_a_script_that_cannot_be_is_left_out(
    text: str, says: str, capfd: pytest.CaptureFixture[str]
) -> None:
    answered("mine", text, plain())
    assert run(["export", "runs/mine"]) == 0
    out, err = capfd.readouterr()
    assert out == "exports/mine/winner.keras\n"
    assert "search: train.py and data.npz are left out: " in err
    assert says in err
    with closing(Recorder(Folder(Path("runs/mine")))) as recorder:
        assert recorder.manifest.looks == ()


def test_bytecode_stays_behind_and_its_source_goes_along(
    capfd: pytest.CaptureFixture[str],
) -> None:
    build = (
        "import keras\n\n\ndef build(layers):\n    return keras.layers.Lambda(lambda x: 2 * x)\n"
    )
    answered("mine", space(before=f"import keras\n{build}", space=BUILT), of_bytecode())
    assert run(["export", "runs/mine", "--out", "taken"]) == 0
    out, err = capfd.readouterr()
    assert out.splitlines() == ["taken/train.py", "taken/data.npz"]
    assert "winner.keras is left out: layer 'doubled' holds a Python lambda as bytecode" in err
    assert "return keras.layers.Lambda(lambda x: 2 * x)" in Path("taken/train.py").read_text()


def of_own_layers(*more: Any) -> bytes:
    import keras

    class Twice(keras.layers.Layer):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            return 2 * x

    def ready(x: Any) -> Any:
        return x + 1

    return keras_file(Twice(name="twice"), keras.layers.Dense(2, ready, name="ready"), *more)


def section_of_use(path: Path) -> Section:
    stored = load_run(path)
    answer = stored.answer()
    assert answer is not None
    (section,) = use(stored, answer)
    return section


def test_the_page_gives_a_file_all_that_it_needs_by_name() -> None:
    import keras

    path = answered("mine", space(), of_own_layers())
    section = section_of_use(path)
    assert (
        "The file alone is not enough, because layer 'twice' needs 'Twice', which is not part of "
        "Keras, and layer 'ready' needs 'ready', which is not part of Keras: import what they name "
        "before these lines."
    ) in section.text
    twice = type("Twice", (keras.layers.Layer,), {"call": lambda self, x: 2 * x})
    code = next(line for line in section.code.splitlines() if "load_model" in line)
    told: dict[str, Any] = {"keras": keras, "Twice": twice, "ready": lambda x: x + 1}
    exec(code.replace("runs/mine", str(path)), told)  # noqa: S102 - as a user does
    assert told["model"].predict(np.zeros((3, 2)), verbose=0).shape == (3, 1)


def test_a_file_that_holds_code_is_left_to_the_script_with_all_that_it_needs(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """With safe mode off, a lambda still lacks the names that it uses."""
    import keras

    doubled = keras.layers.Lambda(lambda x: 2 * keras.ops.abs(x), name="doubled")
    path = answered("mine", space(), of_own_layers(doubled))
    needed = (
        "layer 'twice' needs 'Twice', which is not part of Keras, and layer 'ready' needs 'ready', "
        "which is not part of Keras, and layer 'doubled' holds a Python lambda as bytecode, which "
        "Keras's safe mode refuses"
    )
    fix = "search export mine writes train.py, which has your code and trains this model again"
    section = section_of_use(path)
    assert not section.code
    assert f"The file alone is not enough, because {needed}: {fix}." in section.text
    assert why_no_predict(load_run(path)) == f"{needed}; {fix}"
    assert run(["predict", "runs/mine", "rows.csv", "--own-code"]) == 2
    assert f"{needed}, and no code of a model is executed here" in capfd.readouterr().err


TWICE = """
class Twice(keras.layers.Layer):
    def call(self, x):
        return 2 * x
"""
OF_KERASTUNER = """
import keras
from search import Study, circles, kerastuner
{top}
def build(hp):
    {within}
    hp.Int("layers", 1, 2)
    model = keras.Sequential([keras.Input((2,)), {called}(), keras.layers.Dense(1, "sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    return model
study = Study(data=circles(samples=100), model=kerastuner(build))
"""


@pytest.mark.parametrize(
    ("top", "within", "called"),
    [
        (TWICE, "", "Twice"),
        ("", TWICE.replace("\n", "\n    "), "Twice"),
        ("import layers_beside", "", "layers_beside.Twice"),
        ("", "from layers_beside import Twice", "Twice"),
    ],
    ids=["at the top", "within build", "beside", "beside, imported by build"],
)
def test_a_layer_of_ones_own_is_found_wherever_the_space_has_it(
    top: str, within: str, called: str, capfd: pytest.CaptureFixture[str]
) -> None:
    from search.training.export import keras_bytes

    Path("layers_beside.py").write_text(f"import keras\n{TWICE}")
    text = OF_KERASTUNER.format(top=top, within=within, called=called)
    Path("space.py").write_text(text)
    model: Any = read(Path("space.py")).execute().study.model
    answered("mine", text, signed(keras_bytes(model(layers=1)), POINTS))
    assert run(["predict", "runs/mine", "rows.csv"]) == 2
    assert "needs 'Twice', which is not part of Keras" in capfd.readouterr().err
    assert run(["predict", "runs/mine", "rows.csv", "--own-code"]) == 0, capfd.readouterr().err
    assert len(capfd.readouterr().out.splitlines()) == 3


def test_a_run_that_another_process_holds(capfd: pytest.CaptureFixture[str]) -> None:
    path = answered("mine", space(), plain())
    with closing(Recorder(Folder(path))):
        assert run(["reproduce", "runs/mine"]) == 2
    assert "another process is running this search" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("task", "name", "column"),
    [("multilabel", "even", "probability of even"), ("regression", "price", "price")],
)
def test_labels_have_a_share_and_numbers_their_name(
    task: str, name: str, column: str, capfd: pytest.CaptureFixture[str]
) -> None:
    signature = Signature(task, (name,), shape=(2,), features=("x1", "x2"))
    Path("m.keras").write_bytes(keras_file(signature=signature))
    capfd.readouterr()
    assert run(["predict", "m.keras", "rows.csv"]) == 0
    out, err = capfd.readouterr()
    header, *lines = out.splitlines()
    assert (header, len(lines), err) == (column, 2, "")
    assert run(["predict", "m.keras", "rows.csv", "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert told["task"] == task
    assert [row[column] for row in told["rows"]] == [float(line) for line in lines]


def test_the_same_model_is_the_same_file_for_keras(folder: Path) -> None:
    """What is written beside Keras's own parts changes nothing for Keras."""
    import keras

    from search.training.export import loaded

    before = keras_file(signature=None)
    rows = np.ones((2, 2), np.float32)
    (folder / "signed.keras").write_bytes(signed(before, POINTS))
    whole = keras.saving.load_model(folder / "signed.keras", safe_mode=True)
    np.testing.assert_array_equal(whole(rows), loaded(before)(rows))
    assert signed(before, POINTS) == signed(before, POINTS)
