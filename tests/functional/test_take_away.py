"""From a run to what leaves it: predictions, a script of plain Keras, and the same winner again."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from search.data.dataset import Array
from search.store.recorder import Recorder
from search.store.run import StoredRun, load_run
from search.training.recipe import TOLERANCE
from tests.forms import long_but
from tests.functional.bare import only, python
from tests.functional.command import ONE_WORKER, PATIENCE, Ended, environment, search, within
from tests.functional.test_table import frame_of
from tests.reading_pages import tree_of

pytestmark = pytest.mark.ray

TABLE = """
from search import Budget, DenseSpace, Finals, Float, Study, table

study = Study(
    data=table("rows.csv", target="dear"),
    space=DenseSpace(
        layers=1, units=8, learning_rate=Float(1e-2, 1e-1, log=True), schedule="cosine",
        class_weight="balanced",
    ),
    budget=Budget(trials=2, epochs=8),
    finals=Finals(top=2, seeds=2, splits=2, refit=True),
    objective="val_auc",
)
"""
OWN = '''
"""A model of one's own, with a layer from a file beside it and a name that the script uses too."""
import keras
from search import Budget, Finals, Float, Int, Study, moons
from layers import Twice

seed = 4  # units more


def build(units, dropout):
    model = keras.Sequential([
        keras.Input((2,)), keras.layers.Dense(units + seed, "relu"), Twice(),
        keras.layers.Dropout(dropout), keras.layers.Dense(1, "sigmoid"),
    ])
    ranks = keras.metrics.AUC(curve="PR", name="ranks")
    model.compile("adam", "binary_crossentropy", metrics=["accuracy", ranks])
    return model


study = Study(
    data=moons(samples=400), model=build, objective="val_ranks", direction="maximize",
    space={"units": Int(4, 16), "dropout": Float(0.1, 0.3), "batch_size": 16},
    budget=Budget(trials=2, epochs=8, patience=4), finals=Finals(top=2, seeds=2, refit=False),
)
'''
TWICE = """
import keras


class Twice(keras.layers.Layer):
    def call(self, x):
        return 2 * x
"""


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ended]:
    """Where the table was searched, and how the command ended, of which too much was demanded."""
    folder = tmp_path_factory.mktemp("taken")
    frame_of(300).drop(columns="price").to_csv(folder / "rows.csv", index=False)
    for name, text in {"table.py": TABLE, "own.py": OWN, "layers.py": TWICE}.items():
        (folder / name).write_text(text)
    how = search(
        folder, "run", "table.py", "--name", "table", *ONE_WORKER, "--fail-under", "0.9999"
    )
    (folder / "table.py").unlink()  # the run has its own copy
    return folder, how


@pytest.fixture(scope="module")
def folder(ended: tuple[Path, Ended]) -> Path:
    """Where the table was searched."""
    assert ended[1].code == 3, ended[1].err
    return ended[0]


def searched(folder: Path, name: str) -> None:
    """Search one of the spaces, unless that is done."""
    if not (folder / "runs" / name).exists():
        ended = search(folder, "run", f"{name}.py", "--name", name, *ONE_WORKER)
        assert ended.code == 0, ended.err
        (folder / f"{name}.py").unlink()


NAMES = long_but(["table"], {"table": "table", "own": "own"})


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """TensorFlow and what it needs."""
    return only("tensorflow", tmp_path_factory.mktemp("bare") / "packages")


def held_out(run: StoredRun, frame: pd.DataFrame) -> tuple[pd.DataFrame, Array]:
    """The rows of a table that a run held out, and what it kept of the winner's shares."""
    study = run.space().execute().study
    parts = study.split.parts(study.data.load())
    raw = parts.raw_of(np.arange(len(parts.held_out)))
    assert raw is not None
    sizes = raw["size (m²)"]
    place = {value: i for i, value in enumerate(frame["size (m²)"])}
    known = np.flatnonzero(~np.isnan(sizes))
    rows = frame.iloc[[place[value] for value in sizes[known]]]
    return rows, run.arrays("held_out")["probabilities"][known]


def predicted(folder: Path, *arguments: str) -> list[dict[str, str]]:
    ended = within(folder, "predict", *arguments)
    assert ended.code == 0, ended.err
    return list(csv.DictReader(io.StringIO(ended.out)))


def test_a_run_that_does_not_meet_demands_is_whole_and_ends_by_a_code_of_its_own(
    ended: tuple[Path, Ended],
) -> None:
    folder, how = ended
    assert how.code == 3, how.err
    told = json.loads((folder / "runs" / "table" / "report.json").read_text())
    value = told["winner"]["value"]
    assert how.err == (
        f"search: the winner's held-out ROC AUC is {value:.9g}, and at least 0.9999 was asked for\n"
    )
    assert how.out.splitlines()[-1] == "page  reports/table.html"
    assert told["state"] == "finished"
    assert json.loads(within(folder, "report", "table", "--json").out) == told
    assert within(folder, "report", "table", "--markdown").out.startswith(f"# {told['title']}\n")
    both = within(folder, "report", "table", "--markdown", "--json")
    assert (both.code, both.err) == (2, "search: --json --markdown: give one of them\n")


def test_raw_columns_are_predicted_as_the_run_predicted_them(folder: Path) -> None:
    run = load_run(folder / "runs" / "table")
    rows, shares = held_out(run, pd.read_csv(folder / "rows.csv"))
    rows[["when", "dear", "member", "size (m²)", "town", "land"]].to_csv(
        folder / "new.csv", index=False
    )
    told = predicted(folder, "runs/table", "new.csv")
    assert list(told[0]) == ["predicted", "probability of no", "probability of yes"]
    found = np.array(
        [[float(row["probability of no"]), float(row["probability of yes"])] for row in told]
    )
    np.testing.assert_allclose(found, shares, atol=1e-6)
    assert [row["predicted"] for row in told] == np.array(["no", "yes"])[
        shares.argmax(axis=1)
    ].tolist()

    # Whatever the way to the model, and the way out.
    shutil.copy(run.folder.model, folder / "copied.keras")
    for model in ("runs/table/finals/winner.keras", "copied.keras"):
        ended = within(folder, "predict", model, "new.csv", "--json", "--out", "told.json")
        assert ended.code == 0, ended.err
        assert ended.out == ""
        assert "columns that the model does not take are ignored: dear, land" in ended.err
        facts = json.loads((folder / "told.json").read_text())
        assert facts["task"] == "binary"
        assert [{k: str(v) for k, v in row.items()} for row in facts["rows"]] == told


def test_new_and_missing_values_are_the_models_own_business(folder: Path) -> None:
    (folder / "odd.csv").write_text(
        "size (m²),town,member,when\n50,Paris,True,2026-03-01\n,,,\n50,,False,2026-03-01\n"
    )
    ended = within(folder, "predict", "runs/table", "odd.csv")
    told = list(csv.DictReader(io.StringIO(ended.out)))
    assert (ended.code, len(told)) == (0, 3), ended.err
    assert all(0 <= float(row["probability of yes"]) <= 1 for row in told)
    assert "column 'town': new to the model: 'Paris' (1 of 3 rows)" in ended.err
    told = within(folder, "predict", "runs/table", "odd.csv", "--json")
    assert 1 <= json.loads(told.out)["outside"] <= 3
    refused = within(folder, "predict", "runs/table", "odd.csv", "--strict")
    assert (refused.code, refused.out) == (2, "")
    assert "lie outside what the training rows had, the first is row 1 (" in refused.err


@pytest.mark.parametrize("name", NAMES)
def test_the_script_reaches_the_pages_figure_with_tensorflow_alone(
    folder: Path, bare: Path, name: str
) -> None:
    searched(folder, name)
    run = load_run(folder / "runs" / name)
    ended = search(folder, "export", f"runs/{name}", "--out", f"taken/{name}")
    assert ended.code == 0, ended.err
    taken = folder / "taken" / name
    assert (taken / "winner.keras").read_bytes() == run.folder.model.read_bytes()
    assert [look.by for look in load_run(run.folder.path).manifest.looks][-1] == "search export"

    others = ("search", "pandas", "sklearn", "ray", "optuna")
    look = f"import importlib.util as u; print([n for n in {others!r} if u.find_spec(n)])"
    assert python(bare, taken, "-c", look).out == "[]\n"
    again = python(bare, taken, "train.py")
    assert again.code == 0, again.err
    answer = run.answer()
    assert answer is not None
    for score, title in (
        (answer.headline.judged, answer.headline.judged.measure),
        (answer.headline, "accuracy"),
    ):
        here, page = figures(again.out, f"held-out {title}")
        assert page == pytest.approx(score.value, rel=1e-5)
        assert here == pytest.approx(page, abs=TOLERANCE)
    if answer.last:  # the rows that validated have trained it
        assert "validation" not in again.out
    else:
        here, there = figures(again.out, "validation loss")
        assert there == pytest.approx(answer.chosen.loss, rel=1e-5)
        assert here == pytest.approx(there, rel=1e-3)
    assert (taken / "trained.keras").is_file()


def figures(out: str, name: str) -> tuple[float, float]:
    found = re.search(rf"^{re.escape(name)} (\S+) here, (\S+) ", out, re.MULTILINE)
    assert found, out
    return float(found[1]), float(found[2])


@pytest.mark.long  # in short by tests/commands/test_bad_take_away.py
def test_own_layers_are_named_and_executed_only_if_asked(folder: Path) -> None:
    searched(folder, "own")
    ended = search(folder, "export", "runs/own", "--out", "taken/again")
    assert ended.code == 0
    assert "winner.keras loads in safe mode if it is given Twice" in ended.err
    assert (folder / "taken" / "again" / "layers.py").read_text() == TWICE
    (folder / "points.csv").write_text("x1,x2\n0,1\n")
    refused = search(folder, "predict", "runs/own", "points.csv")
    assert refused.code == 2
    assert "needs 'Twice', which is not part of Keras" in refused.err
    told = predicted(folder, "runs/own", "points.csv", "--own-code")
    assert 0 <= float(told[0]["probability of upper"]) <= 1


@pytest.mark.parametrize("name", NAMES)
def test_a_winner_is_made_again_to_the_last_bit(folder: Path, name: str) -> None:
    searched(folder, name)
    looks = len(load_run(folder / "runs" / name).manifest.looks)
    page = tree_of((folder / "reports" / f"{name}.html").read_text())
    printed = next(page.of_class("again").all("code")).text
    shell = {**environment(), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh", "-c", f"{printed} --json"], cwd=folder, env=shell, capture_output=True,
        text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["agrees"] is True
    assert told["differences"] == []
    assert {figure["verdict"] for figure in told["figures"]} == {"equal"}
    names = [figure["name"] for figure in told["figures"]]
    assert "held-out accuracy" in names
    assert any("validation" in of for of in names) == (name == "own")
    assert "mean difference of predictions, in probabilities" in names
    after = load_run(folder / "runs" / name).manifest.looks
    assert (told["look"], len(after), after[-1].by) == (looks + 1, looks + 1, "search reproduce")


def changed(folder: Path, change: Callable[[Recorder], Any]) -> Path:
    """A copy of the table's run, in which something is another."""
    copy = folder / "runs" / "changed"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder / "runs" / "table", copy)
    with closing(Recorder(load_run(copy).folder)) as recorder:
        change(recorder)
    return copy


def other_answer(recorder: Recorder) -> None:
    """A winner that claims more than it has."""
    run = load_run(recorder.path)
    answer, model = run.answer(), run.model()
    assert answer is not None
    assert model is not None
    headline = replace(answer.headline, value=answer.headline.value + 0.05)
    held_out = run.arrays("held_out")
    recorder.save_answer(replace(answer, headline=headline), model, {"held_out": held_out})


def older(recorder: Recorder) -> None:
    """A run of another version of NumPy."""
    versions = {**recorder.manifest.versions, "numpy": "2.0.0"}
    recorder._save(replace(recorder.manifest, versions=versions))


def test_what_does_not_agree_is_said(folder: Path) -> None:
    changed(folder, other_answer)
    ended = within(folder, "reproduce", "runs/changed")
    assert ended.code == 1, ended.err
    assert re.search(r"held-out accuracy .* not equal", ended.out)
    assert "differs: 1 of 9 figures" in ended.out


@pytest.mark.long  # in short by tests/finals
def test_other_versions_agree_within_a_tolerance(folder: Path) -> None:
    changed(folder, older)
    ended = within(folder, "reproduce", "runs/changed")
    assert ended.code == 0, ended.err
    assert "numpy 2.0.0 is " in ended.out
    assert "figures agree within 0.02" in ended.out
    assert "agrees: all 8 figures" in ended.out


def test_other_rows_are_not_reproduced(folder: Path) -> None:
    kept = (folder / "rows.csv").read_text()
    looks = load_run(folder / "runs" / "table").manifest.looks
    try:
        (folder / "rows.csv").write_text(kept.replace("Bonn", "Cologne"))
        other = within(folder, "reproduce", "runs/table")
        (folder / "rows.csv").unlink()
        gone = within(folder, "reproduce", "runs/table")
        exported = within(folder, "export", "runs/table", "--out", "taken/without")
    finally:
        (folder / "rows.csv").write_text(kept)
    assert (other.code, gone.code) == (2, 2)
    assert "the data changed since the search" in other.err
    assert "there is no such file" in gone.err
    assert exported.code == 0
    assert "train.py and data.npz are left out: " in exported.err
    assert [file.name for file in (folder / "taken" / "without").iterdir()] == ["winner.keras"]
    assert load_run(folder / "runs" / "table").manifest.looks == looks
