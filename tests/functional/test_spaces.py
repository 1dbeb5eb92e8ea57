"""Each shipped space, as it is, from the command to its page; with a small budget."""

import os
from pathlib import Path

import pytest

from search import load_run
from search.study.data.fashion import FOLDERS
from tests.functional.command import ROOT, search
from tests.reading_pages import text_of

pytestmark = [pytest.mark.ray, pytest.mark.keras]

SPACES = sorted((ROOT / "spaces").glob("*.py"))
MEASURES = {
    "binary": "accuracy",
    "fashion_mnist": "accuracy",
    "fashion_mnist_cnn": "accuracy",
    "multiclass": "accuracy",
    "multilabel": "micro F1",
    "penguins": "accuracy",
    "regression": "R²",
    "regression_line": "R²",
    "transfer": "accuracy",
    "tutorial": "accuracy",
    "two_branches": "accuracy",
    "two_branches_conditional": "accuracy",
}
"""By which each space's answer is told."""
ELSEWHERE = {"binary"}
"""Run by `test_main_job.py`."""


def need_fashion_mnist() -> None:
    """Skip without the pictures; in CI, where they are promised, fail."""
    if not any(folder.expanduser().is_dir() for folder in FOLDERS):
        say = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        say("Fashion-MNIST is not here; get it with `apt-get install dataset-fashion-mnist`")


def test_every_shipped_space_is_run() -> None:
    assert {file.stem for file in SPACES} == set(MEASURES)


@pytest.mark.parametrize("name", sorted(set(MEASURES) - ELSEWHERE))
def test_a_shipped_space_ends_in_its_page(name: str, tmp_path: Path) -> None:
    if name.startswith("fashion_mnist"):
        need_fashion_mnist()
    space = str(ROOT / "spaces" / f"{name}.py")
    ended = search(tmp_path, "run", space, "--trials", "2", "--epochs", "1", "--name", name)
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert sum(line.startswith("trial ") for line in lines) == 2
    assert lines[-1] == f"page  reports/{name}.html"
    run = load_run(tmp_path / "runs" / name)
    assert [trial.state.value for trial in run.trials()] == ["complete", "complete"]
    answer = run.answer()
    assert answer is not None
    assert answer.headline.measure == MEASURES[name]
    assert f"held-out {MEASURES[name]}" in text_of(tmp_path / "reports" / f"{name}.html")
