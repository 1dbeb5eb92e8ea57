"""`search check`: the study as it is understood."""

import json
from pathlib import Path

import pytest

from tests.functional.command import ROOT, search
from tests.functional.test_table import SPACE, frame_of

pytestmark = pytest.mark.ray


@pytest.mark.long  # in short by test_python, whose script checks its study
def test_it_tells_a_table_and_a_trial_of_it(tmp_path: Path) -> None:
    frame_of(300).drop(columns="price").to_csv(tmp_path / "rows.csv", index=False)
    (tmp_path / "space.py").write_text(SPACE.format(target="dear"))
    ended = search(tmp_path, "check", "space.py", "--json")
    assert ended.code == 0, ended.err
    told = json.loads(ended.out)
    assert (told["task"], told["classes"], told["mistakes"]) == ("binary", ["no", "yes"], [])
    assert sum(sum(counts) for counts in told["rows"].values()) == 300
    assert "left out" in told["columns"]["land"]
    assert told["parameters"] == {"learning_rate": "0.001…0.1 (log)"}
    features = len(told["features"])
    assert told["model"]["weights"] == (features + 1) * 8 + 8 + 1
    assert "Dense" in told["model"]["summary"]
    assert told["trained_epochs"] == told["epochs"] == 5
    assert told["trial_seconds"] > 0
    assert any("2 trials are few" in said for said in told["warnings"])
    assert not (tmp_path / "runs").exists()


@pytest.mark.long  # in short by tests/tuning/test_first_steps.py
def test_a_model_that_cannot_be_built_is_a_mistake(tmp_path: Path) -> None:
    text = (ROOT / "spaces" / "two_branches.py").read_text()
    (tmp_path / "space.py").write_text(text.replace("Dense(1, ", "Dense(7, "))
    ended = search(tmp_path, "check", "space.py")
    assert ended.code == 2
    assert ended.out == ""
    assert "space.py, line " in ended.err
    assert "build returned a model with output shape (None, 7)" in ended.err
    assert "Traceback" not in ended.err


def test_all_mistakes_are_told_and_nothing_is_trained(tmp_path: Path) -> None:
    (tmp_path / "space.py").write_text(SPACE.format(target="dear").replace("units=8", "units=0"))
    ended = search(tmp_path, "check", "space.py", "--json")
    assert ended.code == 2
    units, file = json.loads(ended.out)["mistakes"]
    assert units.startswith("space.py, line 6: units=0")
    assert "rows.csv: there is no such file" in file
