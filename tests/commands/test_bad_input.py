"""Every mistake of a person ends in one sentence with its place and its fix, and exit code 2."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from search.commands.command_line import run
from tests.functional.command import Ended, search

STUDY = """
import numpy as np
from search import Budget, Choice, DenseSpace, Finals, Float, Int, Split, Study, arrays, circles
{before}
study = Study(
    data={data},
    space={space},
    {more}
)
"""


def space_file(
    data: str = "circles()",
    space: str = "DenseSpace(layers=Int(1, 3))",
    more: str = "",
    before: str = "",
) -> str:
    return STUDY.format(data=data, space=space, more=more, before=before)


@dataclass(frozen=True)
class Mistake:
    """A space file, options, and what the sentence has to say."""

    text: str
    says: tuple[str, ...]
    options: tuple[str, ...] = ()


BUILD = "def build(units, rate=0.1): ..."
MISTAKES = {
    "syntax error": Mistake("x = (1,\nstudy = 3\n", ("space.py, line 1", "fix the syntax")),
    "exception": Mistake("x = 1\ny = x / 0\n", ("space.py, line 2", "ZeroDivisionError")),
    "exception in a function": Mistake(
        "def f():\n    raise KeyError('k')\nf()\n", ("space.py, line 2", "KeyError", "'k'")
    ),
    "exit": Mistake("import sys\nsys.exit(3)\n", ("space.py, line 2", "drop the call of exit")),
    "no such module": Mistake(
        "import numqy\n", ("space.py, line 1", "numqy", "did you mean 'numpy'?")
    ),
    "a module that nobody has": Mistake(
        "import zzqqy\n", ("line 1", "zzqqy", "put it beside the file")
    ),
    "no study": Mistake("x = 1\n", ("space.py", "no study", "study = Study(")),
    "study under another name": Mistake(
        space_file().replace("study =", "my_study ="), ("space.py", "my_study", "rename")
    ),
    "study of a wrong type": Mistake("study = 3\n", ("space.py", "int", "study = Study(")),
    "unknown field": Mistake(
        space_file(space="DenseSpace(layer=2)"), ("space.py, line 7", "layer", "'layers'")
    ),
    "unknown field of the study": Mistake(
        space_file(more="budgett=Budget(),"), ("space.py", "budgett", "'budget'")
    ),
    "unknown field of the data": Mistake(
        space_file(data="circles(sample=9)"), ("space.py, line 6", "sample", "'samples'")
    ),
    "unknown activation": Mistake(
        space_file(space="DenseSpace(activation='rellu')"), ("line 7", "rellu", "'relu'")
    ),
    "unknown activation among others": Mistake(
        space_file(space="DenseSpace(activation=Choice('relu', 'tanhh'))"),
        ("line 7", "tanhh", "'tanh'"),
    ),
    "unknown optimizer": Mistake(
        space_file(space="DenseSpace(optimizer='addam')"), ("line 7", "addam", "'adam'")
    ),
    "callbacks that are no function": Mistake(
        space_file(more="callbacks=[3],"), ("line 5", "callbacks=[3]", "give a function")
    ),
    "callbacks that need what the space lacks": Mistake(
        space_file(before="def mine(unitz): ...", more="callbacks=mine,"),
        ("mine(unitz)", "no parameter 'unitz'", "'units'"),
    ),
    "an unknown class weight": Mistake(
        space_file(space="DenseSpace(layers=Int(1, 3), class_weight='balance')"),
        ("line 7", "class_weight='balance'", "'balanced'"),
    ),
    "an unknown class weight for build": Mistake(
        space_file(
            before=BUILD,
            space="{'units': Int(1, 9), 'class_weight': Choice('none', 'equal')}",
            more="model=build,",
        ),
        ("line 5", "class_weight='equal'", "balanced, none"),
    ),
    "an unknown class weight of a baseline": Mistake(
        space_file(
            before="from search import Baseline",
            more="baselines=[Baseline('mine', class_weight='equal')],",
        ),
        ("class_weight='equal'", "balanced, none"),
    ),
    "class weights without classes": Mistake(
        space_file(
            data="arrays(np.ones((50, 2)), np.linspace(0, 1, 50))",
            space="DenseSpace(layers=Int(1, 3), class_weight='balanced')",
        ),
        ("space.py", "class_weight='balanced'", "regression has no classes"),
    ),
    "wrong type": Mistake(
        space_file(space="DenseSpace(layers='three')"), ("line 7", "layers='three'", "Int(")
    ),
    "wrong type of a bound": Mistake(
        space_file(space="DenseSpace(layers=Int(1, 2.5))"), ("high=2.5",)
    ),
    "unknown schedule": Mistake(
        space_file(space="DenseSpace(schedule=Choice('constant', 'cosinus'))"),
        ("line 7", "cosinus", "'cosine'"),
    ),
    "a warm-up of all there is": Mistake(
        space_file(space="DenseSpace(warmup=1.0)"), ("line 7", "warmup=1.0", "below 1")
    ),
    "a width of no unit": Mistake(
        space_file(space="DenseSpace(layers=2, units=[8, Int(0, 4)])"),
        ("line 7", "units_2=Int(0, 4)", "whole number of 1 or more"),
    ),
    "fewer widths than layers": Mistake(
        space_file(space="DenseSpace(layers=Int(1, 3), units=[Int(4, 8), 8])"),
        ("line 7", "2 widths", "give 3, one for each layer"),
    ),
    "a measure of another task": Mistake(
        space_file(more="objective='val_rmse',"),
        ("space.py", "'val_rmse'", "for binary do not measure it"),
    ),
    "empty range": Mistake(
        space_file(space="DenseSpace(layers=Int(2, 2))"), ("line 7", "empty", "2")
    ),
    "reversed range": Mistake(
        space_file(space="DenseSpace(units=Int(64, 4))"), ("line 7", "reversed", "Int(4, 64)")
    ),
    "log range from 0": Mistake(
        space_file(space="DenseSpace(learning_rate=Float(0, 0.1, log=True))"), ("line 7", "above 0")
    ),
    "a rate that is not above 0": Mistake(
        space_file(space="DenseSpace(learning_rate=-0.1)"), ("learning_rate=-0.1", "above 0")
    ),
    "a rate that is not a number": Mistake(
        space_file(space="DenseSpace(learning_rate=float('nan'))"), ("learning_rate=nan",)
    ),
    "dropout of 1": Mistake(
        space_file(space="DenseSpace(dropout=1.0)"), ("dropout=1.0", "below 1")
    ),
    "a choice of nothing": Mistake(
        space_file(space="DenseSpace(activation=Choice())"), ("Choice()",)
    ),
    "an option twice": Mistake(
        space_file(space="DenseSpace(activation=Choice('relu', 'relu'))"),
        ("'relu'", "duplicate option"),
    ),
    "zero trials": Mistake(
        space_file(more="budget=Budget(trials=0),"), ("line 8", "trials=0", "1 or more")
    ),
    "zero epochs": Mistake(
        space_file(more="budget=Budget(epochs=0),"), ("line 8", "epochs=0", "1 or more")
    ),
    "no budget": Mistake(space_file(more="budget=50,"), ("budget=50", "Budget(")),
    "no data": Mistake(space_file(data="3"), ("data=3", "circles()")),
    "an unknown objective": Mistake(
        space_file(more="objective='val_acuracy',"), ("val_acuracy", "'val_accuracy'")
    ),
    "an unknown sampler": Mistake(space_file(more="sampler='tpee',"), ("tpee", "'tpe'")),
    "a negative seed": Mistake(space_file(more="seed=-1,"), ("seed=-1",)),
    "a split that leaves nothing": Mistake(
        space_file(more="split=Split(validation=0.5, held_out=0.5),"),
        ("line 8", "no rows to train on"),
    ),
    "a share above 1": Mistake(space_file(more="split=Split(held_out=2),"), ("held_out=2",)),
    "a split that leaves a part empty": Mistake(
        space_file(data="circles(samples=20)", more="split=Split(validation=0.01),"),
        ("validation", "empty"),
    ),
    "one class only": Mistake(
        space_file(data="arrays(np.ones((50, 2)), np.zeros(50))"), ("y:", "one class")
    ),
    "NaN in X": Mistake(
        space_file(
            before="x = np.ones((50, 2)); x[7, 1] = np.nan", data="arrays(x, np.arange(50) % 2)"
        ),
        ("row 7, column 1", "nan"),
    ),
    "infinity in X": Mistake(
        space_file(
            before="x = np.ones((50, 2)); x[3, 0] = np.inf", data="arrays(x, np.arange(50) % 2)"
        ),
        ("row 3, column 0", "inf"),
    ),
    "lengths that differ": Mistake(
        space_file(data="arrays(np.ones((50, 2)), np.arange(49) % 2)"), ("50 rows", "49")
    ),
    "text in X": Mistake(
        space_file(data="arrays([['a'], ['b']] * 50, [0, 1] * 50)"),
        ("of string", "a DenseSpace takes one array of numbers", "model=build"),
    ),
    "a target that is not a class": Mistake(
        space_file(data="arrays(np.ones((50, 2)), np.linspace(0, 1, 50), task='binary')"),
        ("y:", "not a class"),
    ),
    "a class with one row": Mistake(
        space_file(data="arrays(np.ones((50, 2)), [1] + [0] * 49)"), ("class '1' has 1 row",)
    ),
    "build's arguments that the space lacks": Mistake(
        space_file(before=BUILD, space="{'unit': Int(1, 9)}", more="model=build,"),
        ("line 5", "build(units)", "'unit'"),
    ),
    "a parameter that build does not take": Mistake(
        space_file(
            before=BUILD, space="{'units': Int(1, 9), 'depth': Int(1, 9)}", more="model=build,"
        ),
        ("depth", "build(units, rate)"),
    ),
    "a space without a model": Mistake(space_file(space="{'units': Int(1, 9)}"), ("model=build",)),
    "a dense space with a model": Mistake(
        space_file(before=BUILD, more="model=build,"), ("model", "DenseSpace")
    ),
    "nothing to search": Mistake(space_file(space="DenseSpace(units=8)"), ("space", "Int(")),
    "a conditional space that build does not take": Mistake(
        space_file(
            before=f"{BUILD}\ndef suggest(trial): trial.suggest_int('unitz', 1, 9)",
            space="suggest",
            more="model=build,",
        ),
        ("unitz", "'units'"),
    ),
    "a conditional space that raises": Mistake(
        space_file(
            before=f"{BUILD}\ndef suggest(trial): trial.suggest('units')",
            space="suggest",
            more="model=build,",
        ),
        ("line 5", "AttributeError"),
    ),
    "a first point outside its range": Mistake(
        space_file(more="first=[{'layers': 4}],"),
        ("first[0]", "layers=4", "1…3"),
    ),
    "a first point of an unknown parameter": Mistake(
        space_file(more="first=[{'layer': 2}],"),
        ("first[0]", "'layer'", "'layers'"),
    ),
    "an unknown engine": Mistake(space_file(more="engine='keras',"), ("engine='keras'", "auto")),
}
OPTIONS = {
    "--trials 0": ("--trials 0", "1 or more"),
    "--epochs 0": ("--epochs 0", "1 or more"),
    "--trials many": ("--trials",),
    "--name a/b": ("--name", "a/b"),
    "--cpus-per-trial 0": ("--cpus-per-trial 0", "above 0"),
    "--max-concurrent 0": ("--max-concurrent 0", "1 or more"),
    "--engine fitt": ("--engine fitt", "'fit'"),
    "--continue-from runs/none": ("--continue-from runs/none: there is no run here",),
    "--trails 3": ("--trails",),
}
MISTAKES |= {
    options: Mistake(space_file(), says, tuple(options.split()))
    for options, says in OPTIONS.items()
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def sentence(capfd: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What the command says when it refuses; one line, and nothing else."""
    code = run(list(arguments))
    out, err = capfd.readouterr()
    return refusal(Ended(code, out, err))


def refusal(ended: Ended) -> str:
    """What a command that refused has said; one line, and nothing else."""
    assert ended.code == 2, ended.err
    assert ended.out == ""
    assert ended.err.startswith("search: ")
    assert ended.err.count("\n") == 1, ended.err
    assert "Traceback" not in ended.err
    return ended.err


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_sentence(
    name: str, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    mistake = MISTAKES[name]
    (folder / "space.py").write_text(mistake.text)
    said = sentence(capfd, "run", "space.py", *mistake.options)
    for part in mistake.says:
        assert part in said, said
    assert not (folder / "runs").exists() or not list((folder / "runs").iterdir())


def test_a_file_that_is_not_there(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "binary.py").write_text("")
    said = sentence(capfd, "run", "binry.py")
    assert "binry.py: there is no such file; did you mean binary.py?" in said


def test_a_folder_is_no_space_file(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert "folder" in sentence(capfd, "run", str(folder))


def test_a_file_that_is_not_utf8(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "space.py").write_bytes(b"# \xff\xfe")
    assert "UTF-8" in sentence(capfd, "run", "space.py")


@pytest.mark.parametrize("verb", ["status", "report", "logs", "resume"])
def test_a_run_that_is_not_there(
    verb: str, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    said = sentence(capfd, verb, "runs/none")
    assert "runs/none" in said
    assert "there is no run here" in said


def test_a_run_folder_that_cannot_be_written(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (folder / "space.py").write_text(space_file())
    (folder / "runs").write_text("a file is in the way")
    said = sentence(capfd, "run", "space.py", "--name", "mine")
    assert "runs/mine" in said
    assert "cannot be written" in said


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "space.py").write_text(space_file())
    folder.chmod(0o555)
    said = sentence(capfd, "run", "space.py")
    folder.chmod(0o755)
    assert "cannot be written" in said


def apart(folder: Path, *arguments: str) -> str:
    """As `sentence`, in a process of its own: what Ray is told stays with its process."""
    return refusal(search(folder, *arguments))


@pytest.mark.ray
def test_a_gpu_where_there_is_none(folder: Path) -> None:
    (folder / "space.py").write_text(space_file())
    said = apart(folder, "run", "space.py", "--gpus-per-trial", "1", "--name", "gpu")
    assert "--gpus-per-trial 1: this machine has 0 GPUs" in said
    assert list((folder / "runs").iterdir()) == []


@pytest.mark.ray
@pytest.mark.long  # in short by the test above
def test_more_cpus_than_there_are(folder: Path) -> None:
    (folder / "space.py").write_text(space_file())
    said = apart(folder, "run", "space.py", "--cpus-per-trial", "4096")
    assert "--cpus-per-trial 4096: this machine has" in said


@pytest.mark.ray
def test_a_cluster_that_does_not_answer(folder: Path) -> None:
    (folder / "space.py").write_text(space_file())
    said = apart(folder, "run", "space.py", "--address", "127.0.0.1:1")
    assert "--address 127.0.0.1:1" in said
    assert "ray start --head" in said
