"""How an option is spelled is known to the commands alone."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import search
from search import ArgumentError, InputError
from search.commands import command_line
from search.commands.command_line import _in_options

PACKAGE = Path(search.__file__).parent
OPTION = re.compile(r"--[a-z][a-z-]+")
COMMAND_LINE = re.compile(r"\b(search|ray|optuna) [a-z][a-z-]*[^;]*?--[a-z]")
"""A command line that is shown to be typed, such as `search resume runs/a --trials +50`."""


def texts(tree: ast.AST) -> Iterator[str]:
    """Each string of a file but docstrings and what stands in a list, such as another's `argv`."""
    passed = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr | ast.List)
        for part in ast.walk(node)
        if isinstance(node, ast.List) or isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if id(node) not in passed and isinstance(node, ast.JoinedStr):
            passed |= {id(part) for part in ast.walk(node)}
            yield "".join(
                part.value if isinstance(part, ast.Constant) else "…" for part in node.values
            )
        elif id(node) not in passed and isinstance(node, ast.Constant):
            yield node.value if isinstance(node.value, str) else ""


def spelled(text: str) -> bool:
    return bool(OPTION.search(text)) and not COMMAND_LINE.search(text)


def test_no_file_below_the_commands_spells_an_option() -> None:
    files = [file for file in PACKAGE.rglob("*.py") if "commands" not in file.parts]
    found = {
        f"{file.relative_to(PACKAGE)}: {text}"
        for file in files
        for text in texts(ast.parse(file.read_text()))
        if spelled(text)
    }
    assert len(files) > 200
    assert not found


@pytest.mark.parametrize(
    ("source", "is_found"),
    [
        ("raise E(f'{path}: give another by --to')", True),
        ("x = 'go on with `search resume runs/a --trials +50`'", False),
        ("words = ['dashboard', '--port', str(port)]", False),
        ("def f():\n    'As --json has it.'", False),
    ],
)
def test_the_walk_tells_an_option_from_a_command_line(source: str, is_found: bool) -> None:
    assert any(map(spelled, texts(ast.parse(source)))) == is_found


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            ArgumentError("cpus_per_trial", 0, fix="give a number above 0"),
            "--cpus-per-trial 0: give a number above 0",
        ),
        (ArgumentError("optuna", None, "it is no URL"), "--optuna: it is no URL"),
        (
            InputError("runs/a", "it is finished", "extend it by trials='+50'", ("trials",)),
            "runs/a: it is finished; extend it by --trials +50",
        ),
        (
            InputError("a.png", "it is broken", "go on by skip_broken=True", ("skip_broken",)),
            "a.png: it is broken; go on by --skip-broken",
        ),
        (InputError("seed=-1", fix="give 0 or more"), "seed=-1: give 0 or more"),
    ],
)
def test_a_command_shows_arguments_as_options(error: InputError, text: str) -> None:
    assert _in_options(error) == text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "a.py", "--trials", "ten"], "--trials ten: give a whole number"),
        (["run", "a.py", "--trials", "1.5"], "--trials 1.5: give a whole number"),
        (["run", "a.py", "--cpus-per-trial", "all"], "--cpus-per-trial all: give a number"),
        (["dashboard", "a", "--port", "http"], "--port http: give a whole number"),
        (["init", "a.csv", "--horizon", "0"], "--horizon 0: give a whole number of 1 or more"),
    ],
)
def test_a_word_in_the_place_of_a_number_is_told_so(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line.run(words) == 2
    assert capsys.readouterr().err == f"search: {said}\n"


def test_a_command_that_prints_json_prints_the_parts_of_an_error(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert command_line.run(["status", "runs/none", "--json"]) == 2
    shown = capfd.readouterr()
    error = json.loads(shown.out)["error"]
    assert (error["where"], error["problem"]) == ("runs/none", "there is no run here")
    assert f"{error['where']}: {error['problem']}; {error['fix']}" in shown.err
