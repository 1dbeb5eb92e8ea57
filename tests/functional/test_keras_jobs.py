"""Jobs that people bring to Keras, each from its space file to everything that a run gives.

The files are in `tests/keras_jobs`, and `docs/jobs.md` lists them. CI runs one; `long` runs all.
"""

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import search
from search.data.streams import Streams
from search.store.run import load_run
from search.training.training_data import TrainingData
from tests.forms import long_but
from tests.functional.command import PATIENCE, ROOT, environment, local_ray
from tests.keras_jobs import JOBS, fed, given

pytestmark = [
    pytest.mark.ray,
    pytest.mark.keras,
    # What an export says of a winner with classes of the job's own.
    pytest.mark.filterwarnings("ignore:winner.keras loads in safe mode if:UserWarning"),
    # Keras, which cannot continue a second optimizer, or one of a model that is not in the file.
    pytest.mark.filterwarnings("ignore:Skipping variable loading for optimizer:UserWarning"),
]

TABLE = ROOT / "docs" / "jobs.md"
LONGEST_FILE = 30
CLOSE = 1e-3
OF_HALF = 1e-2
"""Numbers of 16 bits, which the rows of a batch add up in an order of their own."""


@pytest.fixture(scope="module", autouse=True)
def ray() -> Iterator[None]:
    """One cluster for all jobs."""
    with local_ray():
        yield


def written(text: str) -> int:
    """Lines that are not blank."""
    return sum(bool(line.strip()) for line in text.splitlines())


def test_no_file_is_long() -> None:
    lines = {name: written(file.read_text()) for name, file in JOBS.items()}
    assert {name: count for name, count in lines.items() if count > LONGEST_FILE} == {}


def test_the_table_lists_each_job_by_what_it_is() -> None:
    row = re.compile(r"^\|[^|]*\| `(\w+)\.py` \| (.+) \| (\d+) \| [a-z -]+ \|$", re.MULTILINE)
    rows = {name: (what, int(lines)) for name, what, lines in row.findall(TABLE.read_text())}
    texts = {name: file.read_text() for name, file in JOBS.items()}
    assert rows == {
        name: (str(ast.get_docstring(ast.parse(text))).rstrip("."), written(text))
        for name, text in texts.items()
    }
    assert len(rows) >= 30


@pytest.mark.filterwarnings("ignore:column .* outside the training rows")
@pytest.mark.parametrize("name", long_but(["wide_and_deep"], {name: name for name in JOBS}))
def test_a_job_is_searched_judged_and_taken_away(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    monkeypatch.chdir(tmp_path)
    run = search.run(JOBS[name], name=name, max_concurrent=1, progress=False)
    assert run.state == "finished"
    assert run.page.is_file()
    answer = run.verdict.answer
    stored = load_run(run.folder)
    study = stored.space().execute().study  # registers own classes
    values = {**study.fixed, **run.best.params}
    x, y = held_out_of(study, values)
    rows = len(keras.tree.flatten(x)[0])
    assert answer.headline.rows == rows

    files = {file.name: file for file in run.export()}
    model = keras.saving.load_model(files["winner.keras"])
    objective = stored.manifest.plan.objective.removeprefix("val_")
    if name != "forecast":  # whose windows and units are not those of its table
        how = compiled(study, values) if study.model else plainly(stored.manifest.data.task)
        model.compile_from_config(how) if study.model else model.compile(**how)
        measured = model.evaluate(fed(x), fed(y), batch_size=rows, verbose=0, return_dict=True)
        assert measured[objective] == pytest.approx(answer.headline.judged.value, rel=CLOSE)

    if name == "forecast":
        x = newest(study.data)
    told = run.predict(x)
    if isinstance(told, pd.DataFrame):
        if name == "forecast":
            x = x[["load"]].to_numpy()[None, -values["window"] :]
        close = OF_HALF if name == "mixed_precision" else CLOSE
        near(*side_by_side(told, model.predict(fed(x), verbose=0)), close)
    else:  # what Keras gives, in its own structure
        # At once, as the product does few rows: what a model draws, it draws for each batch.
        said = model.predict(fed(x), batch_size=rows, verbose=0)
        keras.tree.map_structure(near, told, said)

    assert told_by(files["train.py"]) >= 1
    again = run.reproduce()
    assert {figure["verdict"] for figure in again["figures"]} == {"equal"}


def told_by(script: Path) -> int:
    """Run `train.py`; each figure that it prints has the page's beside it. How many there are."""
    done = subprocess.run(
        [sys.executable, script.name], cwd=script.parent, env=environment(),
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    figures = re.findall(r"^held-out .+ (\S+) here, (\S+) on the page$", done.stdout, re.MULTILINE)
    if "expect what another seed gives" not in done.stdout:  # dropout that NumPy drew
        for here, page in figures:
            assert float(here) == pytest.approx(float(page), rel=CLOSE, abs=CLOSE), done.stdout
    return len(figures)


def held_out_of(study: Any, values: Mapping[str, Any]) -> tuple[Any, Any]:
    """Features and targets of the held-out rows, as the job's file gave them."""
    if not isinstance(study.data, Streams):
        held_out = study.split.parts(study.data.load()).held_out
        return given(held_out.x), given(held_out.y)
    import keras

    made = study.data.make(**{name: values[name] for name in study.data.takes(values)})
    part = made["held_out"] if isinstance(made, dict) else made[2]
    batches = [part[place] for place in range(len(part))] if hasattr(part, "workers") else [*part]
    return keras.tree.map_structure(lambda *of: np.concatenate(of), *batches)


def compiled(study: Any, values: Mapping[str, Any]) -> Any:
    """How a job's own function compiles its model."""
    wanted = inspect.signature(study.model).parameters
    offered = dict(values)
    if "train" in wanted:
        train = study.split.parts(study.data.load()).train
        offered["train"] = TrainingData(given(train.x), train.y)
    return study.model(**{name: offered[name] for name in wanted}).get_compile_config()


def plainly(task: str) -> dict[str, Any]:
    """How the network of a space without model code is measured."""
    losses = {"binary": "binary_crossentropy", "multiclass": "sparse_categorical_crossentropy"}
    return {"loss": losses[task], "metrics": ["accuracy"]}


def side_by_side(told: pd.DataFrame, said: Any) -> tuple[Any, Any]:
    """The numbers of a table of predictions, and the same of what Keras gives."""
    said = said.reshape(said.shape[0], -1)
    if said.shape[0] < len(told):  # a step a row
        said = said.reshape(len(told), -1)
    elif said.shape[1] == 1 and told.shape[1] > 2:  # the first class has what is left
        said = np.hstack([1 - said, said])
    return told.iloc[:, -said.shape[1] :].to_numpy(float), said


def newest(data: Any) -> pd.DataFrame:
    """The last steps of a series, more than any window takes."""
    return pd.DataFrame(data.source).tail(100)


def near(one: Any, other: Any, close: float = CLOSE) -> None:
    np.testing.assert_allclose(one, other, atol=close)
