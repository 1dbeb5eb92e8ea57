"""All mistakes of a space file at once."""

from pathlib import Path

import pytest

import search
from search.app.check import check
from search.app.options import Options
from search.loading.diagnostics import _CHECKED, read_on
from search.loading.space_file import read

SPACES = Path(__file__).parent.parent.parent / "spaces"
WRONG = """
from search import Budget, Choice, DenseSpace, Finals, Float, Int, Split, Study, circles

study = Study(
    data=circles(samples=1000, noise=0.02),
    split=Split(validation=1.5),
    space=DenseSpace(
        layers=Int(3, 1),
        units=Int(4, 64, log=True),
        activation=Choice("relu", "tanhh"),
        optimizer="adamm",
        learning_rate=Float(-1.0, 1e-1),
        dropuot=0.2,
    ),
    sampler="tpee",
    budget=Budget(trials=0, epochs=25),
    finals=Finals(top=2),
)
"""


def mistakes(folder: Path, text: str) -> list[str]:
    file = folder / "a.py"
    file.write_text(text)
    return [str(said).removeprefix(f"{file}, ") for said in read_on(read(file)).mistakes]


def test_every_mistake_is_found_in_one_reading(tmp_path: Path) -> None:
    assert mistakes(tmp_path, WRONG) == [
        "line 6: Split(validation=1.5): give a fraction above 0 and below 1",
        "line 8: Int(3, 1): the range is reversed; write Int(1, 3)",
        "line 7: DenseSpace(dropuot=…): it takes no 'dropuot'; did you mean 'dropout'?",
        "line 7: activation='tanhh': Keras has no such activation; did you mean 'tanh'?",
        "line 7: optimizer='adamm': Keras has no such optimizer; did you mean 'adam'?",
        "line 7: learning_rate=-1.0: learning_rate must be above 0",
        "line 16: Budget(trials=0): give a whole number of 1 or more",
        "line 4: sampler='tpee': there is no such sampler; did you mean 'tpe'?",
    ]


def test_what_fits_only_with_a_later_argument_is_no_mistake(tmp_path: Path) -> None:
    text = """
from search import Budget, DenseSpace, Int, Study, circles
study = Study(
    data=circles(), space=DenseSpace(units=Int(4, 64)), first=[{"units": 4 + i} for i in range(60)],
    budget=Budget(trials=100), engine="fitt")
"""
    assert mistakes(tmp_path, text) == [
        "line 3: engine='fitt': there is no such engine; did you mean 'fit'?"
    ]


@pytest.mark.parametrize(
    ("given", "fix"),
    [
        ("trials=50", "give it as budget=Budget(trials=…)"),
        ("n_trials=50", "give it as budget=Budget(trials=…)"),
        ("epochs=5", "give it as budget=Budget(epochs=…)"),
        ("executions_per_trial=2", "give it as finals=Finals(seeds=…)"),
        ("held_out=0.3", "give it as split=Split(held_out=…)"),
        ("modle=None", "did you mean 'model'?"),
    ],
)
def test_what_a_part_of_a_study_takes_is_told_where_it_belongs(
    given: str, fix: str, tmp_path: Path
) -> None:
    call = f"study = Study(circles(), space=DenseSpace(), {given})"
    text = f"from search import DenseSpace, Study, circles\n{call}"
    name = given.partition("=")[0]
    assert mistakes(tmp_path, text) == [f"line 2: Study({name}=…): it takes no {name!r}; {fix}"]


def test_what_is_missing_is_found_beside_what_is_wrong(tmp_path: Path) -> None:
    text = """
from search import DenseSpace, Int, Study
study = Study(space=DenseSpace(layers=Int(1, 2), units=0), seed=-1)
"""
    found = mistakes(tmp_path, text)
    assert [said.split("=")[0].split("(")[0] for said in found] == [
        "line 3: units",
        "line 3: Study",
        "line 3: seed",
    ]
    assert "it needs data=…" in found[1]


def test_an_error_of_python_ends_the_reading_and_keeps_what_was_found(tmp_path: Path) -> None:
    text = "from search import Int\na = Int(3, 1)\nb = c\n"
    assert mistakes(tmp_path, text) == [
        "line 2: Int(3, 1): the range is reversed; write Int(1, 3)",
        "line 3: NameError: name 'c' is not defined",
    ]


@pytest.mark.parametrize("file", sorted(SPACES.glob("*.py")), ids=lambda path: path.name)
def test_a_shipped_space_has_none(file: Path) -> None:
    found = read_on(read(file))
    assert found.mistakes == []
    assert found.space is not None


def test_the_package_is_as_it_was_afterwards(tmp_path: Path) -> None:
    mistakes(tmp_path, WRONG)
    assert search.Study is type(read(SPACES / "binary.py").execute().study)


def test_what_belongs_to_a_space_is_no_mistake_where_the_space_is_one(tmp_path: Path) -> None:
    text = """
from search import Choice, Int, Study, circles
study = Study(
    data=circles(), model=lambda units, **rest: None, callbacks=lambda units: [],
    first=[{"units": 4}], space={"units": Int(4, 8), "n_epochs": Choice(2, 10)}, engine="fitt")
"""
    first, second = mistakes(tmp_path, text)
    assert first.startswith("line 3: space: 'n_epochs' does not set how long a trial")
    assert second.startswith("line 3: engine='fitt': ")


FITS = 'objective="val_x", direction="maximize"'


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (f'{FITS}, pruner="asha"', ["pruner='asha': there is no such pruner"]),
        (
            'objective="val_x", direction="up", pruner="curvee", resume_paused=True, seed=-1',
            ["direction='up'", "pruner='curvee': there is no such pruner", "seed=-1"],
        ),
        (
            'objective="val_x", space=DenseSpace(activation=Choice([0]), optimizer="adamm")',
            [
                "Choice([0]): give the options as Choice(0)",
                "optimizer='adamm'",
                "objective='val_x': a custom metric needs direction=",
            ],
        ),
        (
            f'{FITS}, model=lambda units: None, space={{"unit": Int(4, 8)}}, seed=-1',
            ["<lambda>(units): the space has no parameter 'units'", "seed=-1"],
        ),
        (
            f'{FITS}, model=lambda unit: None, space={{"units": Int(4, 1), '
            '"class_weight": Choice({0: 1}, "none")}',
            ["Int(4, 1)", "Choice({0: 1})", "<lambda>(unit): the space has no parameter 'unit'"],
        ),
        (
            f'{FITS}, model=lambda units: None, space={{"units": Int(4, 8), "class_weight": 20.0}}',
            ["class_weight=20.0: there is no such class weight"],
        ),
    ],
)
def test_what_follows_from_a_wrong_part_is_no_mistake_of_its_own(
    given: str, told: list[str], tmp_path: Path
) -> None:
    names = "Choice, DenseSpace, Int, Study, circles"
    found = mistakes(tmp_path, f"from search import {names}\nstudy = Study(circles(), {given})")
    assert len(found) == len(told), found
    for line, begin in zip(found, told, strict=True):
        assert line.startswith(f"line 2: {begin}")


@pytest.mark.parametrize("target", ["y", "nothing"])
def test_rows_are_looked_at_apart_from_a_wrong_space(target: str, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a,word,y\n" + "1,x,0\n2,y,1\n" * 50)
    file = tmp_path / "a.py"
    file.write_text(f"""
from search import Int, Study, table
rows = table("rows.csv", target="{target}", inputs={{"one": ["a"], "two": ["word"]}})
study = Study(rows, model=lambda units: None, space={{"unit": Int(4, 8)}})
""")
    first, *rest = check(file, Options()).problems
    assert "line 4: <lambda>(units): the space has no parameter 'units'" in first
    assert len(rest) == (target == "nothing")
    assert all("there is no column 'nothing'" in line for line in rest)


def test_rows_of_series_and_streams_are_looked_at_as_those_of_tables(tmp_path: Path) -> None:
    text = """
from search import Budget, Finals, Int, Study, series, streams
def make(turn): ...
def build(units): ...
study = Study(
    data=streams(make, steps=0, splitt=(8, 1, 1)), model=build,
    space={"units": Int(4, 1), "turn": Int(1, 2)}, finals=Finals(top=0))
study = Study(
    data=series("sales.csv", target="sold", window=0, horizon=3, stepp=2), model=build,
    space={"units": Int(4, 8)}, budget=Budget(trials=0))
"""
    assert mistakes(tmp_path, text) == [
        "line 6: streams(splitt=…): it takes no 'splitt'; did you mean 'split'?",
        "line 6: streams(steps=0): give a whole number of 1 or more",
        "line 7: Int(4, 1): the range is reversed; write Int(1, 4)",
        "line 7: Finals(top=0): give a whole number of 1 or more",
        "line 9: series(stepp=…): it takes no 'stepp'; did you mean 'step'?",
        "line 9: series(window=0): give a whole number of steps from 1 on, or "
        "several as Int(12, 96) or Choice(24, 48)",
        "line 10: Budget(trials=0): give a whole number of 1 or more",
    ]


def test_all_that_a_study_is_made_of_is_looked_at() -> None:
    assert {"arrays", "series", "streams", "table", "Split", "TextSpace"} <= _CHECKED
    assert not {"Dataset", "InputError", "State", "run"} & _CHECKED
