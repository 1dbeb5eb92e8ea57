"""Two texts have one model where what it hangs on is the same, and never where it is not."""

import pytest

from search import InputError
from search.loading.model_source import model_source, model_text

SPACE = '''
"""A space."""
from search import Budget, Int, Study, circles
import keras

WIDTH = 3
RANGE = Int(4, 64)

def layer(units):
    return keras.layers.Dense(units * WIDTH)

def build(units):
    return keras.Sequential([layer(units)])

def other():
    return 1

study = Study(data=circles(), space={"units": RANGE}, model=build, budget=Budget(trials=6))
'''
BESIDE = '''
"""Its layers."""
from search import Study

def build(units):
    return units
'''
IMPORTING = """
from search import Int, Study, circles
from layers import build
study = Study(circles(), {"units": Int(4, 64)}, build)
"""


def source(text: str, **beside: str) -> str:
    return model_source({"a.py": text, **{f"{n}.py": t for n, t in beside.items()}}, "a.py")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("trials=6", "trials=60"),
        ("Int(4, 64)", "Int(4, 128, log=True)"),
        ("A space.", "The same space."),
        ("Budget, Int", "Budget, Choice, Int"),
        ("return 1", "return 2"),
        ("    return keras.Seq", "    # as by hand\n\n    return keras.Seq"),
    ],
)
def test_what_the_model_does_not_hang_on_may_change(before: str, after: str) -> None:
    assert before in SPACE
    assert source(SPACE) == source(SPACE.replace(before, after))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[layer(units)]", "[layer(units), layer(1)]"),
        ("Dense(units * WIDTH)", "Dense(units + WIDTH)"),
        ("WIDTH = 3", "WIDTH = 4"),
        ("model=build", "model=layer"),
        ("import keras\n", "import keras\nkeras.mixed_precision.set_global_policy('float16')\n"),
        ("import keras\n", "import keras\nkeras.layers.Dense.call = None\n"),
        ("import keras", "import tf_keras as keras"),
    ],
)
def test_what_it_hangs_on_may_not(before: str, after: str) -> None:
    assert before in SPACE
    assert source(SPACE) != source(SPACE.replace(before, after))


def test_files_beside_it_count_where_the_model_comes_from_one() -> None:
    whole = source(IMPORTING, layers=BESIDE)
    assert whole != source(IMPORTING, layers=BESIDE.replace("return units", "return 2"))
    assert whole == source(IMPORTING.replace("64", "8"), layers=BESIDE)
    assert whole == source(IMPORTING, layers=BESIDE.replace("import Study", "import Int, Study"))
    assert source(SPACE, layers=BESIDE) == source(SPACE, layers="")


def test_a_study_that_is_made_in_another_way_counts_with_its_whole_file() -> None:
    made = SPACE.replace("study = Study(", "study = make(").replace("model=build", "build=build")
    assert source(made) == source(made.replace("trials=6", "trials=60"))
    assert source(made) != source(made.replace("return 1", "return 2"))


TAKEN = '''
"""A space."""
from __future__ import annotations
import os, keras
import search as package
from search import Budget, Int, Study, circles

WIDTH = 3  # of all
OTHER = 4


def once(function):
    return function


# Left where it stands.
@once
def build(units):
    """A model."""
    # inside
    return keras.Sequential([keras.layers.Dense(units * WIDTH)])


study = Study(circles(), {"units": Int(4, 64)}, build)
'''


def test_what_is_taken_along_makes_models_by_itself() -> None:
    taken = model_text({"space.py": TAKEN}, "space.py")
    assert taken.functions == {"model": "build"}
    assert taken.siblings == {}
    for there in ("import os, keras", "WIDTH = 3  # of all", "@once\ndef build", "    # inside\n"):
        assert there in taken.text
    for gone in ("search", "OTHER", "study", "__future__"):
        assert gone not in taken.text
    compile(taken.text, "taken", "exec")


def test_files_beside_are_taken_where_they_are_used() -> None:
    files = {"space.py": IMPORTING, "layers.py": "def build(units):\n    return units\n"}
    assert model_text(files, "space.py").siblings == {"layers.py": files["layers.py"]}
    alone = IMPORTING.replace("from layers import build", "def build(units): ...")
    assert model_text({**files, "space.py": alone}, "space.py").siblings == {}


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("units * WIDTH", "study.budget", "line 18: .* uses 'study', which needs"),
        ("units * WIDTH", "Budget().trials", "uses 'Budget', which needs search"),
        ("units * WIDTH", "package.Budget", "line 5: .* uses an import of search"),
        ("# inside", "from search import Int", "uses an import of search"),
        ('{"units": Int(4, 64)}, build', "**given", "does not show what builds"),
    ],
)
def test_a_model_that_needs_this_package_stays(before: str, after: str, says: str) -> None:
    assert before in TAKEN
    with pytest.raises(InputError, match=says):
        model_text({"space.py": TAKEN.replace(before, after)}, "space.py")


def test_a_file_beside_that_needs_this_package_stays() -> None:
    with pytest.raises(InputError, match=r"layers\.py, line 1: .* an import of search"):
        model_text({"space.py": IMPORTING, "layers.py": BESIDE}, "space.py")


def test_an_argument_called_as_something_of_the_space_is_not_that() -> None:
    text = """
from search import Study, arrays

def scaled(rows):
    return [row / most for row in rows]

def build(units):
    return scaled(units)

most = 1
most += 1
rows = arrays([1])
row = arrays([2])
study = Study(rows, {}, build)
"""
    told = model_text({"space.py": text}, "space.py").text
    assert "most += 1" in told
    assert "most = 1" in told
    assert "arrays" not in told
