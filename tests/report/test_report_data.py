"""The page as data: each figure compared with what the run's arrays and its story say."""

import json
import re
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    log_loss,
    mean_absolute_error,
    mean_squared_error,
    r2_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from search.data.dataset import Array
from search.report.content import page_of
from search.report.material import Material
from search.report.page import render
from search.report.report_data import as_json, plain, report_data
from search.store.run import StoredRun, load_run
from tests.report.runs_to_show import Runs, begin, write
from tests.report.scenes import binary, hostile, interrupted, numbers

DOCUMENTED = Path(__file__).parents[2] / "docs" / "reference" / "report-json.md"
CLOSE = 1e-9


def told_of(folder: Path) -> tuple[dict[str, Any], StoredRun]:
    """What the file of a run would have, read back, and the run."""

    def no_number(name: str) -> None:
        pytest.fail(f"{name} is no JSON")

    run = load_run(folder)
    return json.loads(as_json(report_data(Material.of(run))), parse_constant=no_number), run


def wilson(value: float, rows: int) -> tuple[float, float]:
    z = float(norm.ppf(0.975))
    middle = (value + z * z / (2 * rows)) / (1 + z * z / rows)
    half = z * np.sqrt(value * (1 - value) / rows + z * z / (4 * rows**2)) / (1 + z * z / rows)
    return middle - half, middle + half


def reference(told: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [one for one in told["reference_models"] if one["name"] == name]
    return dict(found)


def test_figures_of_classes_are_those_of_the_rows(runs: Runs) -> None:
    scene = binary()
    told, run = told_of(runs("binary"))
    kept, winner = run.arrays("held_out"), told["winner"]
    y, said = kept["y"], kept["probabilities"]
    own = accuracy_score(y, said.argmax(axis=1))
    assert (winner["measure"], winner["rows"]) == ("accuracy", len(y))
    assert winner["value"] == pytest.approx(own, abs=CLOSE)
    assert winner["interval"] == pytest.approx(wilson(own, len(y)), abs=CLOSE)
    assert winner["others"]["log loss"] == pytest.approx(log_loss(y, said), abs=1e-6)
    assert winner["confusion_matrix"] == confusion_matrix(y, said.argmax(axis=1)).tolist()
    parts = scene.parts
    linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    linear.fit(parts.train.x, parts.train.y)
    its = reference(told, "linear model")
    value = accuracy_score(y, linear.predict(parts.held_out.x))
    assert its["value"] == pytest.approx(value, abs=CLOSE)
    assert its["winner_leads_by"]["value"] == pytest.approx(own - value, abs=CLOSE)
    low, high = its["winner_leads_by"]["interval"]
    assert low < own - value < high
    assert its["winner_leads_by"]["winner_is"] == "ahead"
    assert reference(told, "constant")["value"] == pytest.approx(np.bincount(y).max() / len(y))


def test_figures_of_numbers_are_those_of_the_rows(runs: Runs) -> None:
    scene = numbers()
    told, run = told_of(runs("numbers"))
    kept, winner = run.arrays("held_out"), told["winner"]
    y, said = kept["y"], kept["predictions"]
    own = mean_squared_error(y, said)
    assert (winner["measure"], winner["maximize"]) == ("MSE", False)
    assert winner["value"] == pytest.approx(own, rel=1e-6)
    assert winner["others"]["R²"] == pytest.approx(r2_score(y, said), rel=1e-6)
    for at, name in enumerate(("price", "demand")):
        mae, r2 = mean_absolute_error(y[:, at], said[:, at]), r2_score(y[:, at], said[:, at])
        assert winner["targets"][name] == pytest.approx({"r2": r2, "mae": mae}, rel=1e-5)
    parts = scene.parts
    linear = make_pipeline(StandardScaler(), Ridge()).fit(parts.train.x, parts.train.y)
    its, value = reference(told, "linear model"), mean_squared_error(y, _of(linear, parts))
    assert its["value"] == pytest.approx(value, rel=1e-5)
    assert its["winner_leads_by"]["value"] == pytest.approx(value - own, rel=1e-4)
    assert told["data"]["targets"] == ["price", "demand"]


def _of(model: Any, parts: Any) -> Array:
    return np.asarray(model.predict(parts.held_out.x))


def test_what_was_searched_is_counted_as_it_was_told(runs: Runs) -> None:
    scene = binary()
    told, _ = told_of(runs("binary"))
    search, winner = told["search"], told["winner"]
    assert search["states"] == {"complete": 10, "pruned": 1, "failed": 1}
    values = [t.outcome.value for t in scene.trials if t.outcome.state == "complete"]
    assert search["best"]["value"] == max(value for value in values if value is not None)
    first, second = scene.finalists[:2]
    assert winner["params"] == dict(first.params)
    assert winner["mean"] == pytest.approx(np.mean([0.91, 0.9, 0.93]), abs=CLOSE)
    assert [fit["value"] for fit in told["finalists"][1]["fits"]] == [0.9, None, 0.91]
    assert told["finalists"][1]["mean"] == pytest.approx(np.mean([0.9, 0.91]), abs=CLOSE)
    assert [one["tied"] for one in told["finalists"]] == [False, second.tied, False]
    parts = {"train": scene.parts.train, "validation": scene.parts.validation}
    parts["held_out"] = scene.parts.held_out
    assert told["data"]["rows"] == {name: len(rows) for name, rows in parts.items()}
    counts = {name: np.bincount(rows.y).tolist() for name, rows in parts.items()}
    assert told["data"]["rows_by_class"] == counts
    assert (told["seed"], told["seconds"]) == (scene.study.seed, {"search": 12.5})


def test_it_says_what_the_page_says(tmp_path: Path) -> None:
    scene = binary()
    muting = replace(scene, study=replace(scene.study, mute=["S010"]))
    told, run = told_of(write(muting, tmp_path))
    page = page_of(Material.of(run))
    assert told["verdict"] == list(page.verdict)
    assert (told["summary"], told["reproduce"]) == (page.facts, page.reproduce)
    shown = [(one.code, one.sentence) for one in [*page.warnings, *page.alerts]]
    assert [(c["code"], c["text"]) for c in told["checks"] if not c["muted"]] == shown
    assert [one["code"] for one in told["checks"] if one["muted"]] == told["muted"] == ["S010"]


def test_baselines_have_their_typical_score_and_those_that_failed_none(runs: Runs) -> None:
    told, _ = told_of(runs("against_baselines"))
    first, _, lost, _ = told["baselines"]
    assert first["values"] == [0.5, 0.5, 0.49]
    assert first["held_out"]["value"] == np.median(first["values"])
    assert (lost["held_out"], lost["values"]) == (None, [])


def test_a_run_without_an_answer_has_no_winner(runs: Runs) -> None:
    told, _ = told_of(runs("interrupted"))
    assert (told["state"], told["winner"], told["reproduce"]) == ("interrupted", None, "")
    assert told["finalists"] == told["reference_models"] == []
    assert told["search"]["finished"] == 5
    assert told["verdict"][0].startswith("There is no verdict yet")


def test_hostile_names_are_themselves(runs: Runs) -> None:
    scene = hostile()
    told, _ = told_of(runs("hostile"))
    assert told["title"] == scene.title
    assert told["winner"]["params"] == dict(scene.trials[0].params)
    assert told["data"]["classes"] == list(scene.study.data.load().class_names)


def test_what_json_has_no_word_for() -> None:
    value = {"a": (float("nan"), float("inf"), 0.1 + 0.2), 7: ["x\udc80", True, None, 2**70]}
    assert plain(value) == {"a": [None, None, 0.1 + 0.2], "7": ["x\\udc80", True, None, 2**70]}
    assert json.loads(as_json(plain(value))) == plain(value)


def test_a_run_at_its_end_is_not_said_to_run(tmp_path: Path) -> None:
    """Its driver makes the page and holds the folder still."""
    with closing(begin(interrupted(), tmp_path)) as recorder:
        recorder.ended("interrupted")
        assert load_run(recorder.path).state == "running"
        run = StoredRun(recorder.path, is_over=True)
        assert run.state == report_data(Material.of(run))["state"] == "interrupted"
        text = render(run)
    assert "this run is interrupted" in text
    assert "continue with search resume" in text


FREE = re.compile(
    r"(^left_by_trials|^search\.best|\.(params|others|targets|space|rows|rows_by_class|states|fixed)"
    r"|^seconds|^versions)$"
)
"""Fields whose keys are names of the run's own, or told together."""


def paths(value: Any, at: str = "") -> set[str]:
    """Each field as the reference writes it."""
    if isinstance(value, dict) and not FREE.search(at):
        return {p for key, each in value.items() for p in paths(each, f"{at}.{key}".strip("."))}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return {path for each in value for path in paths(each, f"{at}[]")}
    return {at}


def test_each_field_is_documented_and_each_documented_one_is_there(runs: Runs) -> None:
    cells = re.findall(r"^\| (`[^|]+) \|", DOCUMENTED.read_text("utf-8"), re.MULTILINE)
    documented = {path for cell in cells for path in re.findall(r"`([^`]+)`", cell)}
    found = set()
    for name in ("binary", "numbers", "interrupted", "against_baselines"):
        found |= paths(told_of(runs(name))[0])
    whole = {path for path in found if not any(other.startswith(f"{path}[]") or
             other.startswith(f"{path}.") for other in found)}  # fmt: skip
    assert whole == documented
