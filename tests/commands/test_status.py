"""What `search status` tells of a run that began with another's trials."""

from pathlib import Path

from search.app.status import facts
from search.display.status import sentences
from search.store.run import load_run
from tests.warm_starts import MIXED, SPACE, begin, searched, taken_by


def test_a_warm_start_is_told(tmp_path: Path) -> None:
    old = searched(SPACE, tmp_path, MIXED)
    _, recorder = begin(SPACE, tmp_path, taken_by(SPACE, old))
    recorder.close()
    run = load_run(recorder.path)
    told = facts(run)
    assert told["warm_start"] == {
        "run": str(old), "trials": 4, "taken": 3, "left_out": {"failed": 1}
    }  # fmt: skip
    assert [trial["taken"] for trial in told["trials"]] == [f"old trial {n}" for n in (0, 2, 3)]
    lines = sentences(run, facts(run))
    assert f"3 of 4 trials of {old} were taken; 1 not: failed" in lines
    assert lines[-1].endswith("taken from old trial 3")
    assert list(run.frame()["taken"]) == [f"old trial {n}" for n in (0, 2, 3)]


def test_a_run_of_its_own_tells_none(tmp_path: Path) -> None:
    run = load_run(searched(SPACE, tmp_path, MIXED))
    assert facts(run)["warm_start"] is None
    assert not any("taken" in line for line in sentences(run, facts(run)))
