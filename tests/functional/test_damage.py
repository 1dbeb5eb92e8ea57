"""A disk that fills under a real search, and a model that is made again."""

import shutil
import subprocess
from pathlib import Path

import pytest

from search.store.run import load_run
from tests.functional.command import COMMAND, PATIENCE, environment, search
from tests.store.mounting import apart_where_it_mounts

pytestmark = [pytest.mark.ray, pytest.mark.keras]

GOLD = Path(__file__).parent.parent / "gold" / "run"
FILLED = """
set -u
mkdir runs
mount -t tmpfs -o size=200k none runs
"$@" run small.py --name full --seed 7 > run.out 2> run.err
echo $? > run.code
cp -r runs/full kept
mount -o remount,size=20m runs
"$@" resume runs/full > resume.out 2> resume.err
echo $? > resume.code
cp -r runs/full gone-on
"""
"""Of a run that takes 500 KB; what it mounts is gone with it."""


@pytest.mark.long  # in short by tests/store/test_full_disk.py
def test_a_search_whose_disk_fills_says_so_once_and_goes_on_with_room(tmp_path: Path) -> None:
    apart = apart_where_it_mounts()
    shutil.copy(GOLD / "space" / "small.py", tmp_path)
    subprocess.run(
        [*apart, "sh", "-c", FILLED, "sh", *COMMAND],
        cwd=tmp_path,
        env=environment(),
        timeout=PATIENCE,
        check=True,
    )

    def left(name: str) -> str:
        return (tmp_path / name).read_text()

    assert left("run.code") == "1\n", left("run.err")
    said = left("run.err")
    assert said.startswith("search: runs/full/study.db: cannot be written (")
    assert said.endswith("go on with `search resume`\n")
    assert said.count("\n") == 1
    before = {trial.number: trial for trial in load_run(tmp_path / "kept").trials()}
    told = [line.split() for line in left("run.out").splitlines() if line.startswith("trial ")]
    assert told
    for _, number, state, value, *_ in told:
        trial = before[int(number)]
        assert (str(trial.state), f"{trial.value:.4f}") == (state, value)

    assert left("resume.code") == "0\n", left("resume.err")
    after = load_run(tmp_path / "gone-on")
    assert after.state == "finished"
    assert after.damaged() == []
    assert [trial.number for trial in after.trials()] == list(range(8))
    assert all(after.trials()[n] == trial for n, trial in before.items() if trial.state.finished)
    assert after.answer() is not None


@pytest.mark.long  # in short by test_fail_points (`again`) and tests/store/test_damage.py
def test_a_damaged_model_is_made_again_from_the_trials(tmp_path: Path) -> None:
    run = shutil.copytree(GOLD, tmp_path / "runs" / "gold")
    before = load_run(run)
    model = before.folder.model
    model.write_bytes(model.read_bytes()[:999])
    reported = search(tmp_path, "report", "runs/gold")
    assert reported.code == 1
    assert reported.err.endswith("`search resume runs/gold` makes it again from the trials\n")

    resumed = search(tmp_path, "resume", "runs/gold")
    assert resumed.code == 0, resumed.err
    after = load_run(run)
    assert after.damaged() == []
    assert after.trials() == before.trials()
    assert (after.state, len(after.manifest.looks)) == ("finished", 2)
    assert search(tmp_path, "report", "runs/gold").code == 0

    import keras

    assert keras.models.load_model(model).count_params() > 0
