"""The benchmark for GPUs: what it judges, what it says without one, and that its code runs."""

import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from benchmarks.gpu import __main__ as command
from benchmarks.gpu import checks
from benchmarks.gpu.checks import Verdict
from benchmarks.gpu.devices import Devices, found
from benchmarks.gpu.page import body, head, line
from benchmarks.gpu.plan import FULL, Plan
from benchmarks.gpu.searches import Clock, Note, Searched
from benchmarks.gpu.seeds import CONFIGURATIONS, SeedsTiming
from benchmarks.gpu.times import Timing
from search import State
from search.study.trial import EngineChoice, Trial
from tests.benchmarks.test_others import ran
from tests.benchmarks.test_race import tables

CHECKS = ["placement", "memory growth", "mixed precision", "fractions", "memory over trials"]
GPU = Devices(("A100",))
NOTE = Note(
    pid=1,
    time=0.0,
    visible="0",
    given=["0"],
    growing=[True],
    device="/job:localhost/replica:0/task:0/device:GPU:0",
    compute="float32",
    host=500_000_000,
    allocated=10_000_000,
    used=800_000_000,
    total=16_000_000_000,
    mixed=False,
    before="float32",
)
HALF = replace(NOTE, compute="float16", mixed=True)


def done(notes: Sequence[Note], *, reason: str = "") -> Searched:
    """A trial for each note, of its worker: those of two workers run at the same time."""
    trials = [
        Trial(
            number,
            State.FAIL if reason else State.COMPLETE,
            {},
            None if reason else 0.5,
            reason,
            worker=f"{note.pid}@here",
            ended=note.time + 1.0,
            seconds=1.0,
            engine=EngineChoice("in-graph"),
        )
        for number, note in enumerate(notes)
    ]
    return Searched(trials, notes)


def test_a_trial_has_to_see_the_gpu_that_ray_gave_it() -> None:
    other = replace(NOTE, pid=2, visible="1", given=["1"])
    assert checks.placement(done([NOTE, other]), 2, "GPU").verdict is Verdict.PASSED
    declared = replace(NOTE, growing=[], device="device:CPU:0")
    assert checks.placement(done([declared]), 1, "CPU").verdict is Verdict.PASSED
    for notes, workers, seen in (
        ([replace(NOTE, visible="0,1")], 1, "is '0,1'"),
        ([replace(NOTE, given=[], visible="")], 1, "GPU none"),
        ([declared], 1, "built its model on device:CPU:0"),
        ([replace(NOTE, growing=[True, True])], 1, "TensorFlow sees 2 GPUs"),
        ([NOTE, replace(NOTE, pid=2)], 2, "those used: 0"),
        ([], 1, "those used: none"),
    ):
        finding = checks.placement(done(notes), workers, "GPU")
        assert finding.verdict is Verdict.FAILED
        assert seen in finding.seen


def test_a_worker_may_not_take_all_memory_of_its_gpu() -> None:
    for note, verdict, seen in (
        (NOTE, Verdict.PASSED, "5% were used"),
        (replace(NOTE, used=None, total=None), Verdict.PASSED, "no nvidia-smi"),
        (replace(NOTE, used=15_000_000_000), Verdict.FAILED, "94% were used"),
        (replace(NOTE, growing=[False]), Verdict.FAILED, "set in 0 of 1"),
        (replace(NOTE, growing=[]), Verdict.NOT_MEASURED, "sees no GPU"),
    ):
        finding = checks.growth(done([note]))
        assert finding.verdict is verdict
        assert seen in finding.seen


def test_halves_have_to_train_at_the_same_time_on_the_same_gpu() -> None:
    beside = replace(NOTE, pid=2, time=0.25)
    finding = checks.fractions(done([NOTE, beside]))
    assert finding.verdict is Verdict.PASSED
    assert "a pair for 0.8 s" in finding.seen
    for second in (
        replace(beside, time=5.0),  # one after the other
        replace(beside, visible="1"),
        replace(beside, pid=1),
    ):
        assert checks.fractions(done([NOTE, second])).verdict is Verdict.FAILED
    assert checks.fractions(done([NOTE, beside], reason="OOM")).seen == "trial 0 failed: OOM"


def test_mixed_precision_may_not_leak_into_the_next_trial() -> None:
    assert checks.mixed_precision(done([HALF, NOTE])).verdict is Verdict.PASSED
    leaked = replace(NOTE, before="mixed_float16", compute="float16")
    for notes, verdict in (
        ([HALF, leaked], Verdict.FAILED),
        ([NOTE, replace(HALF, compute="float32")], Verdict.FAILED),
        ([NOTE, HALF], Verdict.NOT_MEASURED),  # nothing came after it
        ([HALF, replace(NOTE, pid=2)], Verdict.NOT_MEASURED),
    ):
        assert checks.mixed_precision(done(notes)).verdict is verdict


def test_memory_that_grows_with_each_trial_is_found() -> None:
    def finding(trials: int, host: int = 0, gpu: int = 0) -> checks.Finding:
        more = [
            replace(NOTE, time=i, host=500_000_000 + i * host, allocated=i * gpu)
            for i in range(trials)
        ]
        return checks.memory(done(more), 20)

    assert finding(20, host=9_000_000).verdict is Verdict.PASSED
    assert finding(20, host=30_000_000).verdict is Verdict.FAILED
    assert finding(200, host=9_000_000).verdict is Verdict.FAILED  # nobody replaced the worker
    assert finding(20, gpu=2_000_000).verdict is Verdict.FAILED
    assert finding(3).verdict is Verdict.NOT_MEASURED
    assert "12 trials (8 more were not measured)" in finding(12).seen
    replaced = [
        replace(NOTE, time=i, pid=i // 100, host=i % 100 * 9_000_000, allocated=0)
        for i in range(200)
    ]
    assert checks.memory(done(replaced), 200) == checks.Finding(
        "memory over trials",
        Verdict.PASSED,
        "200 trials; workers in turn: 2; host +9,000 kB a trial, 891 MB at most in one worker; "
        "GPU 0 MB, +0 kB a trial",
    )


def test_what_does_not_fit_into_the_time_is_told() -> None:
    outcomes = list(Plan(GPU, FULL, Clock(0.0)).outcomes())
    rows = tables("\n".join([*head(GPU, datetime.now()), *body(outcomes)]))["Checks"]
    jobs = [f"time of {timed.job}" for timed in FULL.timed]
    jobs += [f"seeds of {job}" for job in CONFIGURATIONS]
    assert sorted(row["check"] for row in rows) == sorted([*CHECKS, *jobs])
    assert {row["result"] for row in rows} == {"not measured"}
    assert {row["what was seen"] for row in rows} == {"0 s were left"}


def test_times_are_ratios_to_the_product() -> None:
    timing = Timing("cnn", trials=4, epochs=3, engine="in-graph", ours=0.5, fit=2.0, wanted=6)
    page = "\n".join([*head(GPU, datetime.now()), *body([timing])])
    assert page.startswith("# GPU\n")
    assert "- GPUs: 1 × A100" in page
    (row,) = tables(page)["Times"]
    assert list(row.values()) == ["cnn", "4 of 6", "3", "in-graph", "0.5000", "2.00", "4.00×"]
    seeds = SeedsTiming("cnn", 3, "in-graph-stacked", together=2.0, apart=5.0)
    page = "\n".join([*head(GPU, datetime.now()), *body([seeds])])
    (row,) = tables(page)["Seeds of a finalist"]
    assert list(row.values()) == ["cnn", "5", "3", "in-graph-stacked", "2.00", "5.00", "2.50×"]
    assert line(seeds) == "cnn: 5 seeds in 2.00 s, apart 2.50× that"
    assert "No GPU was used" in "\n".join(head(Devices(declared=2), datetime.now()))


def test_without_a_gpu_it_says_what_it_would_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["gpu", "--dry"])
    assert command.main() == 0
    dry = capsys.readouterr()
    for name in (*CHECKS, *(timed.job for timed in FULL.timed)):
        assert re.search(rf"- .*{name}.*\(about \d+ s\)", dry.out)
    assert "nothing was measured on a GPU yet" in dry.out.replace("\n", " ")
    monkeypatch.setattr(sys, "argv", ["gpu"])
    monkeypatch.setattr(command, "found", Devices)
    monkeypatch.setattr(command, "listed", lambda: "")
    assert command.main() == 2
    refused = capsys.readouterr()
    assert (refused.out, refused.err) == (
        dry.out,
        "gpu: TensorFlow sees no GPU here; run it on a machine with one, or its code with "
        "--on-cpu\n",
    )
    assert "nvidia-smi lists A100; pip install" in command.no_gpu("A100")


def test_a_failed_check_ends_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = checks.placement(done([]), 1, "GPU")
    monkeypatch.setattr(sys, "argv", ["gpu", "--results", str(tmp_path)])
    monkeypatch.setattr(command, "found", lambda: GPU)
    monkeypatch.setattr(Plan, "outcomes", lambda plan: iter([failed]))
    assert command.main() == 1
    (page,) = tmp_path.glob("gpu-*.md")
    assert capsys.readouterr().err == f"gpu: failed: placement; {page} says what was seen\n"
    assert "| placement | failed |" in page.read_text()


@pytest.mark.ray
@pytest.mark.keras
@pytest.mark.long
def test_its_code_runs_on_cpu_devices(tmp_path: Path) -> None:
    if found().names:
        pytest.skip("this machine has a GPU: python -m benchmarks.gpu does it there")
    page = ran("gpu", tmp_path, "--on-cpu")
    told = tables(page)
    assert {row["check"]: row["result"] for row in told["Checks"]} == {
        **dict.fromkeys(CHECKS, "passed"),
        "memory growth": "not measured",
    }
    assert [row["job"] for row in told["Times"]] == [timed.job for timed in FULL.timed]
    assert all(float(row["by `fit`, s"]) > 0 for row in told["Times"])
    assert {row["job"]: row["engine"] for row in told["Seeds of a finalist"]} == dict.fromkeys(
        CONFIGURATIONS, "in-graph-stacked"
    )
