"""A study that was made in memory travels as text, and is the same study there."""

import json
import subprocess
import sys
import threading
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from search import Choice, DenseSpace, InputError, Int, Study, arrays, circles
from search.app.from_python import INSIDE, ROWS, VALUES, source_of
from search.app.resolved import ResolvedStudy
from search.cluster.resources import Resources
from search.loading.user_lines import place_in, place_of
from search.study.package import PACKAGE

X = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
Y = (X[:, 0] > 0).astype(int)
ELSEWHERE = """
import sys
from search.loading.space_file import SpaceSource
source = SpaceSource("study.py", "study.py", {files!r})
study = source.execute().study
print("keras" in sys.modules, study.model(3), study.data.load().hash)
"""


def test_a_study_without_functions_is_the_same_study() -> None:
    study = Study(data=circles(), space=DenseSpace(layers=Int(1, 3), units=Choice(4, 8)), seed=3)
    source = source_of(study, 'Two """circles"""\\')
    space = source.execute()
    assert repr(space.study) == repr(study)
    assert space.title == "Two '''circles'''\\"
    assert not space.touched


def test_functions_travel_with_what_they_use_and_load_keras_when_they_are_called(
    tmp_path: Path,
) -> None:
    (tmp_path / "beside.py").write_text("def wide(units):\n    return 10 * units\n")
    (tmp_path / "main.py").write_text(
        "import json, keras, numpy as np, beside\n"
        "from search import Int, Study, arrays\n"
        "from search.app.from_python import source_of\n"
        "OFFSET = 2\n"
        "def build(units):\n"
        "    if units > 5: return keras.Sequential()\n"
        "    return beside.wide(units) + OFFSET\n"
        "x = np.arange(20.).reshape(10, 2)\n"
        "data = arrays(x, np.arange(10) % 2)\n"
        "study = Study(data=data, model=build, space={'units': Int(1, 4)})\n"
        "print(json.dumps([dict(source_of(study, 'a').files), study.data.load().hash]))\n"
    )
    root = {"PYTHONPATH": str(PACKAGE.parent), "PATH": ""}
    made = subprocess.run(
        [sys.executable, "main.py"], cwd=tmp_path, env=root, capture_output=True, check=True
    )
    files, digest = json.loads(made.stdout)
    found = subprocess.run(
        [sys.executable, "-P", "-c", ELSEWHERE.format(files=files)],
        env=root, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert found.stdout.split() == ["False", "32", digest]
    assert "# def build(units):" in files["study.py"]
    assert "b85decode" not in files["study.py"]


FAILS = """
import numpy as np
from search import Int, Study, arrays

def make():
    raise ValueError("bad record 333")

def build(units):
    raise ValueError("never")

study = Study(data=make, model=build, space={"units": Int(1, 4)})
"""


def test_a_mistake_names_the_file_and_line_of_the_module_that_made_the_study(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "made_there.py").write_text(FAILS)
    monkeypatch.syspath_prepend(tmp_path)
    source = source_of(import_module("made_there").study, "A study")
    assert source.place == "made_there.py"
    study = source.execute().study
    with pytest.raises(InputError, match=r"^data=make, line 6: it failed \(ValueError: bad record"):
        study.data.load()
    with pytest.raises(ValueError, match="never") as error:
        study.model(3)  # type: ignore[misc, operator]
    assert place_of(error.value, source) == ("made_there.py", 9)
    error.value.__traceback__ = None
    assert place_in(study.model, error.value) == ("made_there.py", 8)  # type: ignore[arg-type]


CELL = """
from search import Int, Study, arrays
from search.app.from_python import source_of
from search.loading.user_lines import place_of

def build(units):
    raise ValueError("never")
data = arrays([[0.0, 1.0]] * 20, [0, 1] * 10)
source = source_of(Study(data=data, model=build, space={"units": Int(1, 4)}), "A study")
try:
    source.execute().study.model(3)
except ValueError as error:
    print(source.place, place_of(error, source))
"""


def test_a_mistake_in_a_notebook_names_the_cell_as_ipython_does() -> None:
    pytest.importorskip("IPython")
    made = subprocess.run(
        [
            sys.executable, "-c",
            "from IPython.core.interactiveshell import InteractiveShell as Shell\n"
            "shell = Shell.instance()\n"
            f"for text in ('1', {CELL.strip()!r}):\n    shell.run_cell(text, store_history=True)",
        ],
        env={"PYTHONPATH": str(PACKAGE.parent), "PATH": "", "HOME": "/nonexistent"},
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    assert made.stdout.splitlines()[-1] == "Cell In[2] ('Cell In[2]', 6)"


@pytest.mark.parametrize(("rows", "apart"), [(60, False), (INSIDE // 4, True)])
def test_many_rows_lie_in_a_module_that_workers_do_not_get(rows: int, apart: bool) -> None:
    draw = np.random.default_rng(1)
    data = arrays(draw.normal(size=(rows, 2)).astype(np.float32), np.arange(rows) % 2)
    source = source_of(Study(data=data), "many")
    assert (f"{ROWS}.py" in source.files) is apart
    study = source.execute().study
    assert str(study.data) == str(data)
    assert study.data.load().hash == data.load().hash
    if apart:
        sent = ResolvedStudy.of(source.execute()).context("numpy", Resources()).source
        assert set(source.files) - set(sent.files) == {f"{ROWS}.py"}
        assert sent.execute().study.space == study.space
        assert len(source.files[f"{VALUES}.py"]) < INSIDE / 10


def test_what_cannot_travel_is_one_sentence() -> None:
    lock = threading.Lock()

    def build(units: int) -> object:
        with lock:
            return units

    with pytest.raises(InputError, match=r"study: it cannot be sent to workers .*lock"):
        source_of(Study(data=arrays(X, Y), model=build, space={"units": Int(1, 3)}), "locked")
