"""Each shipped space, as it is, from the command to its page; with a small budget.

CI builds each and trains its first steps in this process, and runs the one of test_main_job;
`long` runs all.
"""

import sys
from pathlib import Path

import pytest

from search.app.served import FORMS
from search.store.run import load_run
from tests.fashion import few_pictures, need_fashion_mnist
from tests.forms import long_but
from tests.functional.command import ONE_WORKER, ROOT, search
from tests.reading_pages import text_of
from tests.tuning.test_first_steps import first_steps_of

pytestmark = pytest.mark.keras

SPACES = sorted((ROOT / "spaces").glob("*.py"))
MEASURES = {
    "binary": "accuracy",
    "fashion_mnist": "accuracy",
    "fashion_mnist_cnn": "accuracy",
    "fine_tuning": "accuracy",
    "forecast": "R²",
    "multiclass": "accuracy",
    "multilabel": "micro F1",
    "penguins": "accuracy",
    "pictures": "accuracy",
    "regression": "R²",
    "regression_line": "R²",
    "texts": "accuracy",
    "transfer": "accuracy",
    "tutorial": "accuracy",
    "two_branches": "accuracy",
    "two_branches_conditional": "accuracy",
}
"""By which each space's answer is told."""
FORMS_OF = {name: set(FORMS) for name in MEASURES} | {
    "penguins": {"serving"},  # of texts
    "regression": {"serving", "onnx"},  # LiteRT chooses among no numbers of 64 bits
    "regression_line": {"serving", "onnx"},
    "texts": {"serving"},
}
"""In which forms each space's winner can be had."""
EPOCHS = {"fine_tuning": "10"}
"""Where one is too few: up to eight of its loop are with a frozen base."""
ELSEWHERE = {"binary"}
"""Run by `test_main_job.py`."""


def on_few_pictures(name: str, folder: Path) -> Path:
    """A copy of a space on the first 1,000 pictures of each file, so that epochs take a second."""
    text = (ROOT / "spaces" / f"{name}.py").read_text()
    assert text.count("fashion_mnist()") == 1
    few_pictures(folder / "few", 1000)
    copy = folder / f"{name}.py"
    copy.write_text(text.replace("fashion_mnist()", 'fashion_mnist("few")'))
    return copy


def on_few_rows(name: str, folder: Path) -> Path:
    """A copy of a space that trains on a tenth of its rows, since each step takes long."""
    fewer = """
from dataclasses import replace
from search import Split
study = replace(study, split=Split(validation=0.45, held_out=0.45))
"""
    copy = folder / f"{name}.py"
    copy.write_text((ROOT / "spaces" / f"{name}.py").read_text() + fewer)
    return copy


def on_one_seed(name: str, folder: Path) -> Path:
    """A copy of a space whose baselines are trained once, for two epochs."""
    text = (ROOT / "spaces" / f"{name}.py").read_text()
    copy = folder / f"{name}.py"
    assert text.count("epochs=epochs") == text.count("seeds=5") == 1
    copy.write_text(text.replace("epochs=epochs", "epochs=2").replace("seeds=5", "seeds=1"))
    return copy


def test_every_shipped_space_is_run() -> None:
    assert {file.stem for file in SPACES} == set(MEASURES)


def smaller(name: str, folder: Path) -> Path:
    """A space, or a copy on less where it would take long."""
    if name.startswith("fashion_mnist"):
        need_fashion_mnist()
        return on_few_pictures(name, folder)
    if name == "transfer":
        return on_few_rows(name, folder)
    if name == "tutorial":
        return on_one_seed(name, folder)
    return ROOT / "spaces" / f"{name}.py"


@pytest.mark.parametrize(
    "name",
    long_but(
        set(MEASURES) - ELSEWHERE - {"transfer"},
        {name: name for name in sorted(set(MEASURES) - ELSEWHERE)},
    ),
)
def test_a_shipped_space_can_be_built_and_trained(name: str, tmp_path: Path) -> None:
    assert first_steps_of(smaller(name, tmp_path)).mistakes == []


@pytest.mark.ray
@pytest.mark.parametrize(
    "name",
    long_but(
        [],
        {name: name for name in sorted(set(MEASURES) - ELSEWHERE)},
    ),
)
def test_a_shipped_space_ends_in_its_page(name: str, tmp_path: Path) -> None:
    space = smaller(name, tmp_path)
    options = ("--trials", "2", "--epochs", EPOCHS.get(name, "1"), "--name", name, *ONE_WORKER)
    ended = search(tmp_path, "run", str(space), *options)
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert sum(line.startswith("trial ") for line in lines) == 2
    assert lines[-1] == f"page  reports/{name}.html"
    run = load_run(tmp_path / "runs" / name)
    assert [trial.state.value for trial in run.trials()] == ["complete", "complete"]
    answer = run.answer()
    assert answer is not None
    assert answer.headline.measure == MEASURES[name]
    text = text_of(tmp_path / "reports" / f"{name}.html")
    assert f"held-out {answer.headline.judged.measure}" in text
    assert MEASURES[name] in text
    assert {form for form in FORMS if can_be_had(run.folder.path, form, tmp_path)} == FORMS_OF[name]


def can_be_had(run: Path, form: str, folder: Path) -> bool:
    """Whether a winner is written in a form, with outputs equal to Keras's; else it is refused."""
    ended = search(folder, "export", str(run), "--to", form, "--out", form)
    sys.stdout.write(f"{run.name} {form}: {ended.err}")
    assert ended.code in {0, 2}, ended.err
    return ended.code == 0
