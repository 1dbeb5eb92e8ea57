"""`search.run` and its like, from a script and from a notebook, beside the command."""

import json
import re
import subprocess
import sys
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from search import Run, run
from search.store.run import load_run
from tests.functional.command import ROOT, environment, search

pytestmark = pytest.mark.ray

STUDY = '''"""Three columns, of which two decide."""
import keras
import numpy as np

import helper
from search import Budget, Finals, Float, Int, Study, arrays

draw = np.random.default_rng(0)
x = draw.normal(size=(300, 3)).astype("float32")
y = (x[:, 0] + x[:, 1] > 0).astype(int)

def build(units, rate):
    inner = keras.layers.Dense(helper.width(units), "relu")
    model = keras.Sequential([keras.Input((3,)), inner, keras.layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"])
    return model

study = Study(
    data=arrays(x, y),
    model=build,
    space={"units": Int(4, 16), "rate": Float(1e-3, 1e-1, log=True)},
    budget=Budget(trials=3, epochs=3),
    finals=Finals(top=1, seeds=1),
    seed=5,
)
'''
HELPER = "def width(units):\n    return units + 1\n"
SCRIPT = """
import json, os, signal
import search

before = [signal.getsignal(kind) for kind in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
names = dict(os.environ)

class Broken(search.Listener):
    heard = 0

    def trial_changed(self, trial, epoch):
        Broken.heard += 1
        raise ValueError("not today")

run = search.run(study, name="script", max_concurrent=1, listeners=[Broken()])
handlers = [signal.getsignal(kind) for kind in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
left = [before == handlers, names == {name: os.environ[name] for name in names}]

import ray

ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False)
checked = search.check(study)
wrong = ""
try:
    search.run(study, name="script", progress=False)
except search.InputError as error:
    wrong = str(error)
model = run.winner()
print(json.dumps({
    "values": [trial.value for trial in run.trials],
    "state": run.state,
    "best": [run.best.trial, run.best.measure, run.best.value, run.best.parameters],
    "verdict": list(run.verdict.sentences),
    "parameters": model.count_params(),
    "right": float(((model.predict(x, verbose=0)[:, 0] > 0.5) == y).mean()),
    "heard": Broken.heard,
    "checked": [checked.facts["trials"], list(checked.problems), checked.seconds > 0],
    "understood": [checked.facts[name] for name in ("task", "trained_epochs", "parameters")],
    "printed": "data        arrays, 300 rows" in str(checked),
    "predicted": float((run.predict(x)["predicted"].astype(int) == y).mean()),
    "exported": sorted(path.name for path in run.export() if path.is_file()),
    "wrong": wrong,
    "page": run.page.is_file() and "script" in run._repr_html_(),
    "left": left,
    "ray": [ray.is_initialized(), ray.get(ray.remote(lambda: 7).remote())],
    "jobs": len(ray._private.state.jobs()),
}))
"""
TYPED = """
if __name__ == "__main__":
    run = search.run(study, name="typed", progress=False)

import json
print(json.dumps([trial.value for trial in run.trials]))
"""
STOP = """
import os, signal, search

class Stop(search.Listener):
    def trial_changed(self, trial, epoch):
        if trial.state.finished and trial.number == 1:
            os.kill(os.getpid(), signal.SIGINT)

stopped = False
try:
    search.run(study, name="notebook", trials=6, max_concurrent=1, listeners=[Stop()])
except KeyboardInterrupt:
    stopped = True
print(stopped, search.load_run("runs/notebook").state)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "helper.py").write_text(HELPER)
    (tmp_path / "study_file.py").write_text(STUDY)
    return tmp_path


def by_python(folder: Path, *words: str, typed: str = "") -> str:
    """What Python prints that has this typed in, or that executes a script."""
    done = subprocess.run(
        [sys.executable, *words], input=typed, cwd=folder,
        env=environment() | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
        check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.long  # in short by the notebook below
def test_a_script_gets_what_a_run_has_and_keeps_its_process(folder: Path) -> None:
    printed, told = by_script(folder)
    assert (told["state"], len(told["values"]), told["heard"] >= 3) == ("finished", 3, True)
    assert printed.count("Broken failed (ValueError: not today)") == 1
    assert told["checked"] == [3, [], True]
    assert told["understood"] == ["binary", 3, {"units": "4…16", "rate": "0.001…0.1 (log)"}]
    assert told["printed"]
    assert "script" in told["wrong"]
    assert told["left"] == [True, True]
    assert told["ray"] == [True, 7]
    assert told["jobs"] == 2
    assert told["page"]
    assert told["best"][1] == "accuracy"
    assert told["best"][3] == told["parameters"]
    assert told["right"] == told["predicted"] > 0.6
    assert told["exported"] == ["winner.keras"]  # the space has no text to make a script of
    assert told["verdict"][0] in printed


def by_script(folder: Path) -> tuple[str, dict[str, Any]]:
    """What the script prints, and what it tells in its last line."""
    (folder / "script.py").write_text(STUDY + SCRIPT)
    printed = by_python(folder, "script.py")
    return printed, json.loads(printed.splitlines()[-1])


@pytest.mark.long  # in short by tests/finals/test_with_keras.py, where a seed gives one answer
def test_with_the_same_seed_a_script_finds_what_the_command_finds(folder: Path) -> None:
    assert by_script(folder)[1]["values"] == by_command(folder)


@pytest.mark.long
def test_a_thread_continues_from_the_trials_of_another_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_command(folder)
    monkeypatch.chdir(folder)
    found: list[Run] = []
    thread = Thread(
        target=lambda: found.append(
            run("study_file.py", name="more", trials=1, continue_from="command", progress=False)
        )
    )
    thread.start()
    thread.join()
    assert [trial.taken for trial in found[0].trials][:2] == ["command trial 0", "command trial 1"]
    assert len(found[0].frame()) == 4


def by_command(folder: Path) -> list[float | None]:
    """What the command finds."""
    search(folder, "run", "study_file.py", "--name", "command")
    return [trial.value for trial in load_run(folder / "runs" / "command").trials()]


@pytest.mark.long  # in short by the notebook below, whose functions have no file either
def test_functions_that_were_typed_in_and_have_no_file_find_the_same(folder: Path) -> None:
    typed = STUDY.replace("\n\ndef", "\ndef").replace("return model\n\n", "return model\n\n\n")
    printed = by_python(folder, "-i", typed=f"import search\n{typed}{TYPED}")
    assert json.loads(printed.splitlines()[-1]) == by_command(folder)


def test_a_notebook_searches_shows_is_interrupted_and_goes_on(folder: Path) -> None:
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    cells = [
        STUDY,
        STOP,
        "run = search.resume('runs/notebook', trials='+1')\nrun",
        "print(run.state, len(run.trials), run.best.value == run.verdict.answer.headline.value)\n"
        "print(run.winner().count_params() == run.best.parameters)",
    ]
    notebook = nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, cells)))
    client = nbclient.NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute(env=environment() | {"PYTHONPATH": str(ROOT)})
    printed = [
        "".join(o.text for o in c.outputs if o.get("name") == "stdout") for c in notebook.cells
    ]
    assert printed[1] == "True interrupted\n"
    assert printed[3] == "finished 7 True\nTrue\n"
    shown = [o.data["text/html"] for o in notebook.cells[2].outputs if "data" in o]
    assert "finals" in shown[0]
    assert "held-out accuracy" in shown[0]
    assert 'href="reports/notebook.html"' in shown[-1]


def tracked(line: str) -> str:
    """With the tracker of which the README tells below."""
    return re.sub(
        r'(name="first"|trials="\+10")\)', r'\1, listeners=[search.Tracker("mlflow")])', line
    )


@pytest.mark.long  # in short by the notebook above, and by tests/trackers
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # within MLflow's reader
def test_the_notebook_of_the_readme_runs_with_a_tracker(tmp_path: Path) -> None:
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    readme = (ROOT / "README.md").read_text()
    (space,) = re.findall(r'```python title="space.py"\n(.*?)```', readme, re.DOTALL)
    budget = "Budget(trials=50, epochs=25)"
    assert budget in space
    _, _, after = readme.partition("## From a notebook\n\n")
    cells = [
        "import numpy as np\nimport search\n" + space.replace(budget, "Budget(trials=4, epochs=2)"),
        "new_rows = np.zeros((3, 2), 'float32')",
        *[tracked(line.strip()) for line in after.partition("\n\n")[0].splitlines()],
        "print(len(run.trials), run.best.value > 0, model.count_params() > 0)",
    ]
    notebook = nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, cells)))
    client = nbclient.NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": str(tmp_path)}},
    )
    store = f"sqlite:///{tmp_path}/mlflow.db"
    client.execute(env=environment() | {"PYTHONPATH": str(ROOT), "MLFLOW_TRACKING_URI": store})
    (last,) = [o.text for o in notebook.cells[-1].outputs]
    assert last == "14 True True\n"
    from mlflow import MlflowClient

    mlflow = MlflowClient(store)
    (experiment,) = [one for one in mlflow.search_experiments() if one.name != "Default"]
    kept = mlflow.search_runs([experiment.experiment_id])
    names = {one.data.tags["mlflow.runName"] for one in kept}
    assert names == {"first", *(f"trial {number}" for number in range(14))}
