"""The guides: each code block is a space that can be searched, or a line that the command knows."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typer
from PIL import Image

from search import State
from search.app.options import Asked, Options
from search.app.spaces import executed, source_of
from search.app.stream_reader import loaded
from search.app.try_study import try_study
from search.commands.command_line import app
from search.loading.space_file import read
from tests.functional.command import ROOT, environment

PAGES = sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md"])
BLOCK = re.compile(r'```(\w+)(?: title="([^"]*)")?\n(.*?)```', re.DOTALL)
PERFORMED = {"notebook", "predict.py", "hypermodel.py", "sgd.py", "from_optuna.py"}
PERFORMED |= {"train.py", "from_tune.py", "estimator.py", "keras_model.py", "checkpoints.py"}
"""Blocks that are no space file with rows: they are run here and in tests of what they show;
`predict.py` wants a model."""


def blocks(language: str) -> list[tuple[str, str]]:
    """Title and text of each block in a language."""
    found = (match for page in PAGES for match in BLOCK.findall(page.read_text()))
    return [(title, text) for kind, title, text in found if kind == language]


SPACES = [block for block in blocks("python") if block[0] not in PERFORMED]
LINES = [line for _, text in blocks("bash") for line in text.splitlines()]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the data that the guides name."""
    draw = np.random.default_rng(0)
    homes = {"size": draw.uniform(20, 200, 60), "town": draw.choice(["Ulm", "Bonn"], 60)}
    for kind in "abcd":
        (tmp_path / "cells" / kind).mkdir(parents=True)
        for number in range(10):
            pixels = draw.integers(0, 255, (12, 12, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "cells" / kind / f"{number}.png")
    churn = {"age": draw.uniform(18, 80, 60), "cancelled_on": ["2024-01-01", ""] * 30}
    pd.DataFrame({**homes, "price": draw.uniform(1e5, 9e5, 60)}).to_csv(tmp_path / "homes.csv")
    pd.DataFrame({**churn, "churned": ["yes", "no"] * 30}).to_csv(tmp_path / "churn.csv")
    said = {"comment": draw.choice(["so good", "bad", ""], 60), "shop": draw.choice([*"ab"], 60)}
    stars = {"price": draw.uniform(1, 9, 60), "stars": draw.choice(["one", "two", "three"], 60)}
    pd.DataFrame({**said, **stars}).to_csv(tmp_path / "comments.csv")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("title", "text"), SPACES, ids=[title for title, _ in SPACES])
def test_each_block_is_a_study_whose_rows_can_be_split(title: str, text: str, here: Path) -> None:
    file = here / title
    file.write_text(text)
    space = read(file).execute()
    parts = space.study.split.parts(loaded(space, space.study))
    assert len(parts.train.y)
    assert len(parts.held_out.y)


def test_the_file_of_kerastuners_is_a_study_with_the_rows_beside_it(here: Path) -> None:
    ((_, text),) = [block for block in blocks("python") if block[0] == "hypermodel.py"]
    (here / "hypermodel.py").write_text(text)
    np.savez(here / "rows.npz", x=np.zeros((60, 8), "float32"), y=np.arange(60) % 2)
    space = source_of(Path("hypermodel.py:build"), Path("rows.npz")).execute()
    assert len(space.study.split.parts(loaded(space, space.study)).held_out.y)
    assert space.study.budget.trials == 30


TUNES = {
    "train.py": Asked(space=Path("train.py:param_space")),
    "checkpoints.py": Asked(space=Path("checkpoints.py:space"), metric="loss"),
}


@pytest.mark.parametrize(
    ("title", "file", "trials"),
    [
        ("sgd.py", "sgd.py:objective", 100),
        ("from_optuna.py", "from_optuna.py", 60),
        ("keras_model.py", "keras_model.py:objective", 50),
        ("train.py", "train.py:trainable", 50),
        ("checkpoints.py", "checkpoints.py:trainable", 50),
        ("from_tune.py", "from_tune.py", 20),
    ],
)
def test_the_functions_of_guides_are_called(title: str, file: str, trials: int, here: Path) -> None:
    ((_, text),) = [block for block in blocks("python") if block[0] == title]
    (here / title).write_text(text)
    space = executed(Path(file), None, TUNES.get(title, Asked()))
    assert space.study.budget.trials == trials
    assert try_study(space, Options()).state is State.COMPLETE


@pytest.mark.long  # in short by the notebook of tests/functional/test_python.py
@pytest.mark.ray
def test_the_block_of_the_notebook_runs(tmp_path: Path) -> None:
    ((_, text),) = [block for block in blocks("python") if block[0] == "notebook"]
    done = subprocess.run(
        [sys.executable, "-c", text],
        cwd=tmp_path,
        env=environment() | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "reports" / "first.html").is_file()


@pytest.mark.parametrize("line", [line for line in LINES if line.startswith("search ")])
def test_the_command_knows_each_line(line: str) -> None:
    _, name, *words = shlex.split(line)
    group = typer.main.get_command(app)
    group.commands[name].make_context(name, words, resilient_parsing=True)  # type: ignore[attr-defined]


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-d", str(tmp_path / "site")],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "NO_MKDOCS_2_WARNING": "1", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    commands = (tmp_path / "site" / "reference" / "commands" / "index.html").read_text()
    assert "--continue-from" in commands
    assert (tmp_path / "site" / "samples" / "binary.html").is_file()
