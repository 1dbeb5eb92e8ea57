"""Jobs that people bring to Keras, each from its space file to everything that a run gives.

The files are in `tests/keras_jobs`, and `docs/jobs.md` lists them. CI runs one; `long` runs all.
"""

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import search
from search.data.split import Parts
from search.data.tree import Tree
from search.store.run import load_run
from search.training.training_data import TrainingData
from tests.forms import long_but
from tests.functional.command import PATIENCE, ROOT, environment

pytestmark = [pytest.mark.ray, pytest.mark.keras]

JOBS = {file.stem: file for file in sorted((ROOT / "tests" / "keras_jobs").glob("[a-z]*.py"))}
TABLE = ROOT / "docs" / "jobs.md"
LONGEST_FILE = 30
CLOSE = 1e-3
NO_SCRIPT = {"callbacks": "its trials are trained with callbacks"}
"""Jobs without a train.py → why, as it is said."""


@pytest.fixture(scope="module", autouse=True)
def ray() -> Iterator[None]:
    """One cluster for all jobs."""
    import ray

    ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


def test_no_file_is_long() -> None:
    written = {
        name: sum(bool(line.strip()) for line in file.read_text().splitlines())
        for name, file in JOBS.items()
    }
    assert {name: lines for name, lines in written.items() if lines > LONGEST_FILE} == {}


def test_the_table_lists_each_job_by_what_it_is() -> None:
    rows = re.findall(r"^\|[^|]*\| `(\w+)\.py` \| (.+) \|$", TABLE.read_text(), re.MULTILINE)
    told = {name: ast.get_docstring(ast.parse(file.read_text())) for name, file in JOBS.items()}
    assert dict(rows) == {name: str(text).rstrip(".") for name, text in told.items()}
    assert len(rows) >= 30


@pytest.mark.parametrize("name", long_but(["two_towers"], {name: name for name in JOBS}))
def test_a_job_is_searched_judged_and_taken_away(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    monkeypatch.chdir(tmp_path)
    run = search.run(JOBS[name], name=name, progress=False)
    assert run.state == "finished"
    assert run.page.is_file()
    answer = run.verdict.answer
    stored = load_run(run.folder)
    study = stored.space().execute().study  # registers own classes
    parts = study.split.parts(study.data.load())
    rows = len(parts.held_out)
    x, y = fed(parts.held_out.x), fed(parts.held_out.y)

    model = run.winner()
    if study.model:
        model.compile_from_config(compiled(study.model, parts, run.best.params))
        measured = model.evaluate(x, y, batch_size=rows, verbose=0, return_dict=True)
        objective = stored.manifest.plan.objective.removeprefix("val_")
        assert measured[objective] == pytest.approx(answer.headline.judged.value, rel=CLOSE)

    assert answer.headline.rows == rows
    told = run.predict(given(parts.held_out.x))
    if isinstance(told, pd.DataFrame):
        assert len(told) == rows
    else:  # what Keras gives, in its own structure
        keras.tree.map_structure(near, told, model.predict(x, verbose=0))

    with pytest.warns(match=NO_SCRIPT[name]) if name in NO_SCRIPT else nullcontext():
        files = {file.name: file for file in run.export()}
    assert "winner.keras" in files
    assert ("train.py" in files) == (name not in NO_SCRIPT)
    if script := files.get("train.py"):
        done = subprocess.run(
            [sys.executable, script.name], cwd=script.parent, env=environment(),
            capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert run.reproduce()["agrees"]


def compiled(build: Any, parts: Parts, values: Mapping[str, Any]) -> Any:
    """How a job's own function compiles its model."""
    wanted = inspect.signature(build).parameters
    train = TrainingData(given(parts.train.x), parts.train.y)
    offered = {**values, "train": train}
    return build(**{name: offered[name] for name in wanted}).get_compile_config()


def given(x: Any) -> Any:
    """Rows as the job's file gave them."""
    return x.nested if isinstance(x, Tree) else x


def fed(rows: Any) -> Any:
    """Rows as Keras takes them; None for the targets of a model that needs none."""
    import tensorflow as tf

    if isinstance(rows, Tree):
        return rows.map(tf.constant).nested
    return np.asarray(rows) if rows.shape[-1] else None


def near(one: Any, other: Any) -> None:
    np.testing.assert_allclose(one, other, atol=CLOSE)
