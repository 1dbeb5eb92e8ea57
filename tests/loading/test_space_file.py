"""A space file is read without TensorFlow, carries its siblings, and can be read again."""

import inspect
import random
import subprocess
import sys
from pathlib import Path

import pytest

from search.loading.lazy_imports import needs_keras
from search.loading.space_file import override, read
from tests.forms import long_but
from tests.functional.command import ROOT, environment

SPACES = sorted((ROOT / "spaces").glob("*.py"))

LOADED = """
import sys
from pathlib import Path
from search.loading.space_file import read
space = read(Path(sys.argv[1])).execute()
heavy = sorted(m for m in sys.modules if m.split(".")[0] in ("keras", "tensorflow"))
print(space.title, space.touched, heavy)
"""


def loaded_by(path: Path) -> str:
    """What a process of its own holds after it read a space: title, touched, heavy modules."""
    return subprocess.run(
        [sys.executable, "-c", LOADED, str(path)],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    ).stdout


@pytest.mark.parametrize("path", SPACES, ids=lambda path: path.stem)
def test_a_shipped_space_is_read_without_tensorflow(path: Path) -> None:
    assert loaded_by(path).endswith("False []\n")


DRAWING = """
import random
import keras
import numpy as np
from search import Choice, Study, circles
shared = keras.layers.Dense(3)
shared.build((None, 2))
DRAWN = [random.random(), np.random.normal(), shared.get_weights()[0].tolist()]
def build(drawn): ...
study = Study(circles(), {"drawn": Choice(str(DRAWN), "other")}, build)
"""


@pytest.mark.keras
def test_what_a_file_draws_as_it_is_read_is_the_same_in_each_worker(tmp_path: Path) -> None:
    (tmp_path / "space.py").write_text(DRAWING)
    source = read(tmp_path / "space.py")
    before = random.getstate()
    one, other = (source.execute().study.parameters["drawn"] for _ in range(2))
    assert one == other
    assert random.getstate() == before


def test_the_title_is_the_docstrings_first_line() -> None:
    assert read(ROOT / "spaces" / "binary.py").execute().title == (
        "Two concentric circles: a task no linear model can solve."
    )


BODY = """
from search import Choice, Int, Study, circles
{imports}

def build(units):
    {inside}

study = Study(data=circles(), space={{"units": Int(1, 9)}}, model=build)
"""


def write(
    folder: Path, imports: str = "", inside: str = "return units", name: str = "a.py"
) -> Path:
    path = folder / name
    path.write_text(BODY.format(imports=imports, inside=inside))
    return path


@pytest.mark.keras
@pytest.mark.parametrize(
    "imports",
    long_but(
        ["import tensorflow as tf", "from keras import layers", "import keras.layers"],
        {
            line: line
            for line in (
                "import keras",
                "import tensorflow as tf",
                "from tensorflow import keras",
                "import keras as k",
                "from keras import layers",
                "import keras.layers",
            )
        },
    ),
)
def test_a_module_level_import_costs_nothing(imports: str, tmp_path: Path) -> None:
    path = write(tmp_path, imports)
    assert loaded_by(path) == "a False []\n"


@pytest.mark.keras
def test_a_module_level_use_works_and_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, "import keras\nkeras.layers.Dense(1)")
    assert loaded_by(path).startswith("a True ")


def test_siblings_travel_as_text(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("from deeper import two\none = 1\n")
    (tmp_path / "deeper.py").write_text("two = 2\n")
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "__init__.py").write_text("three = 3\n")
    (tmp_path / "stranger.py").write_text("raise SystemError\n")
    path = write(tmp_path, "from beside import one", "from later import three; return one + three")
    source = read(path)
    assert set(source.files) == {"a.py", "beside.py", "deeper.py", "later/__init__.py"}
    for file in tmp_path.rglob("*.py"):
        file.unlink()
    study = source.execute().study
    assert study.model is not None
    assert study.model(units=1) == 4


def test_functions_keep_their_source_for_autograph(tmp_path: Path) -> None:
    source = read(write(tmp_path, inside="return units + 40"))
    (tmp_path / "a.py").unlink()
    study = source.execute().study
    assert study.model is not None
    assert "units + 40" in inspect.getsource(study.model)


def test_another_space_with_a_sibling_of_the_same_name_gets_its_own(tmp_path: Path) -> None:
    values = []
    for folder, value in (("one", 1), ("two", 2)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "beside.py").write_text(f"value = {value}\n")
        path = write(tmp_path / folder, "from beside import value", "return value")
        model = read(path).execute().study.model
        assert model is not None
        values.append(model(units=1))
    assert values == [1, 2]


def test_the_command_line_overrides_the_file() -> None:
    study = read(ROOT / "spaces" / "binary.py").execute().study
    changed = override(study, trials=3, epochs=2, seed=9)
    assert (changed.budget.trials, changed.budget.epochs, changed.seed) == (3, 2, 9)
    assert override(study) == study


@pytest.mark.parametrize(
    ("line", "needed"),
    [
        ("class Net(keras.Model): pass", True),
        ("class Cell(layers.Layer): pass", True),
        ("@keras.saving.register_keras_serializable()\ndef nll(y, p): return p", True),
        ("class Net: pass", False),
        ("keras.utils.set_random_seed(1)", False),
        ("class Net(", False),
    ],
)
def test_a_class_of_ones_own_needs_keras_where_it_stands(line: str, needed: bool) -> None:
    assert needs_keras(line) is needed


def test_a_path_beside_the_file_is_found_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "rows.csv").write_text("a,y\n" + "1,no\n2,yes\n" * 30)
    (tmp_path / "deep" / "space.py").write_text(
        "from pathlib import Path\n"
        "from search import DenseSpace, Study, table\n"
        "rows = Path(__file__).parent / 'rows.csv'\n"
        "study = Study(table(rows, 'y'), DenseSpace())\n"
    )
    monkeypatch.chdir(tmp_path)
    study = read(Path("deep/space.py")).execute().study
    assert len(study.data.load().y) == 60
