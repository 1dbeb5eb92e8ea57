"""Trials over their limits, workers that swell, storms of failures, and runs that go on."""

import re
import time
from dataclasses import replace
from pathlib import Path

import pytest

from search import State
from search.store.run import load_run
from tests.forms import long_but
from tests.functional.command import ONE_WORKER, Ended, search, status
from tests.reading_pages import text_of

pytestmark = [pytest.mark.ray, pytest.mark.keras]

ENDLESS = '''
"""Trials too long or too large: between epochs, and, for ten minutes, in one or before it."""
import time
import keras
import numpy as np
from search import Budget, Choice, Finals, Int, Study, circles

class Endless(keras.Sequential):
    def fit(self, *args, **kwargs):
        time.sleep(600)

class Late(keras.Sequential):
    def fit(self, *args, callbacks, **kwargs):
        late = keras.callbacks.LambdaCallback(
            on_epoch_begin=lambda epoch, logs: time.sleep(600 if epoch == 2 else 0)
        )
        return super().fit(*args, callbacks=[*callbacks, late], **kwargs)

class Hoarding(keras.Sequential):
    def fit(self, *args, **kwargs):
        kept = []
        while len(kept) < 30:
            kept.append(np.ones(25_000_000))
        time.sleep(600)

class Sleepy(keras.Sequential):
    def fit(self, *args, callbacks, **kwargs):
        slow = keras.callbacks.LambdaCallback(on_epoch_begin=lambda *of: time.sleep(11))
        return super().fit(*args, callbacks=[*callbacks, slow], **kwargs)

KINDS = {"endless": Endless, "late": Late, "hoarding": Hoarding, "slow": Sleepy}

def build(kind, units):
    if kind == "unbuilt":
        time.sleep(600)
    layers = [keras.Input((2,)), keras.layers.Dense(units), keras.layers.Dense(1, "sigmoid")]
    model = KINDS.get(kind, keras.Sequential)(layers)
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    if kind == "greedy":
        model.hoard = np.ones((1_500, 100_000))
    return model

FIRST = {first}
kinds = Choice("sound", "endless", "late", "hoarding", "unbuilt", "slow", "greedy")
study = Study(
    data=circles(samples=200),
    space={"kind": kinds, "units": Int(2, 64)},
    model=build,
    budget=Budget(trials=len(FIRST), epochs=3, {limits}),
    finals=Finals(top=1, seeds=1),
    sampler="random",
    pruner="none",
    first=[{"kind": kind, "units": 2 + i} for i, kind in enumerate(FIRST)],
)
'''

LEAKING = '''
"""Every model leaves 600 MB behind."""
import keras
import numpy as np
from search import Budget, Finals, Int, Study, circles

KEPT = []

def build(units):
    KEPT.append(np.ones(75_000_000))
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(units), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["accuracy"])
    return model

study = Study(data=circles(samples=200), space={"units": Int(2, 64)}, model=build,
              budget=Budget(trials=6, epochs=1), finals=Finals(top=1, seeds=1))
'''

BROKEN = '''
"""Nothing of it can be built but what is tried before the first trial."""
from search import Budget, Finals, Int, Study, circles

def build(units):
    if units != 50_001:
        raise KeyError("no such column")
    import keras

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(units), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["accuracy"])
    return model

study = Study(data=circles(samples=200), space={"units": Int(2, 100_000)}, model=build,
              budget=Budget(trials=60, epochs=1), finals=Finals(top=1, seeds=1))
'''

SMALL = '''
"""A small search."""
from search import Budget, DenseSpace, Finals, Float, Int, Study, circles

study = Study(data=circles(samples=200), budget=Budget(trials=6, epochs=3),
              finals=Finals(top=1, seeds=1),
              space=DenseSpace(units=Int(4, 16), learning_rate=Float(1e-3, 1e-1, log=True)))
'''


def run(folder: Path, name: str, text: str, *options: str) -> Ended:
    (folder / f"{name}.py").write_text(text)
    return search(folder, "run", f"{name}.py", "--name", name, *options)


LATE = r"it took longer than trial_seconds=20 \(\d+ s, {}\)"
REASONS = {
    "endless": LATE.format("in epoch 1"),
    "hoarding": r"its process took more than trial_memory=1,500 MB \([1-6],\d{3} MB, in epoch 1\)",
    "unbuilt": LATE.format("before epoch 1"),
    "late": LATE.format(r"in (epochs 2 to|epoch) 3"),
    "slow": LATE.format("epoch [12]"),
    "greedy": r"its process took more than trial_memory=1,500 MB \(.*",
}


SECONDS, MEMORY = "trial_seconds=20", 'trial_memory="1.5GB"'


@pytest.mark.parametrize(
    ("limits", "kinds"),
    long_but(
        ["seconds", "memory"],
        {
            "seconds": (SECONDS, ["sound", "sound", "late", "sound"]),
            # Alone: a machine short of memory may take longer than that to give a trial so much.
            "memory": (MEMORY, ["sound", "sound", "hoarding", "sound"]),
            "both": (
                f"{SECONDS}, {MEMORY}",
                [
                    "sound",
                    "endless",
                    "sound",
                    "hoarding",
                    "unbuilt",
                    "sound",
                    "late",
                    "sound",
                    "slow",
                    "greedy",
                ],
            ),
        },
    ),
)
def test_a_trial_over_its_limits_fails_alone_also_inside_an_epoch(
    limits: str, kinds: list[str], tmp_path: Path
) -> None:
    began = time.monotonic()
    space = ENDLESS.replace("{first}", repr(kinds)).replace("{limits}", limits)
    ended = run(tmp_path, "endless", space)
    assert ended.code == 0, ended.err
    assert time.monotonic() - began < 580  # the space sleeps for 600 s in each trial that is late
    trials = load_run(tmp_path / "runs" / "endless").trials()
    assert [(t.attempts, t.deaths) for t in trials] == [(1, 0)] * len(kinds)
    for trial, kind in zip(trials, kinds, strict=True):
        if kind in REASONS:
            assert trial.state is State.FAIL
            assert re.fullmatch(REASONS[kind], trial.reason), trial.reason
        else:
            assert (trial.state, trial.reason) == (State.COMPLETE, "")
        if kind == "late":
            assert trial.epochs in (1, 2)
            assert trial.weights > 0
        elif kind == "endless":
            assert trial.epochs == 0


@pytest.mark.long  # in short by tests/jobs, and by the memory limit above
def test_a_worker_that_swells_is_replaced(tmp_path: Path) -> None:
    ended = run(tmp_path, "leaking", LEAKING, *ONE_WORKER)
    assert ended.code == 0, ended.err
    trials = load_run(tmp_path / "runs" / "leaking").trials()
    assert [(t.state, t.attempts, t.deaths) for t in trials] == [(State.COMPLETE, 1, 0)] * 6
    most = max(sum(t.worker == worker for t in trials) for worker in {t.worker for t in trials})
    assert most <= 4


@pytest.mark.long  # in short by tests/tuning
def test_a_storm_ends_with_its_reason(tmp_path: Path) -> None:
    ended = run(tmp_path, "broken", BROKEN)
    assert ended.code == 1
    reason = "KeyError: 'no such column' (broken.py, line 7)"
    assert f"trials: the first 10 trials all failed: {reason}" in ended.out
    assert f"trials failed, 11 of them with “{reason}”" in ended.out or "10 of them" in ended.out
    assert "the first 10 trials all failed" in text_of(tmp_path / "reports" / "broken.html")
    plain, told = search(tmp_path, "status", "broken").out.splitlines(), status(tmp_path, "broken")
    assert plain[1].startswith("failed · ")
    (why,) = [line for line in plain if line.startswith("there is no winner: ")]
    assert reason in why
    assert not [line for line in plain if line.startswith(("winner ", "score ", "model "))]
    assert (told["state"], told["winner"], told["model"], told["best"]) == (
        "failed", None, None, None
    )  # fmt: skip
    assert told["reason"] in why
    assert set(told["states"]) <= {"failed", "unfinished"}
    assert sum(told["states"].values()) == len(told["trials"])
    assert told["page"] == "reports/broken.html"
    assert 10 <= len(load_run(tmp_path / "runs" / "broken").trials()) <= 12


@pytest.mark.long  # in short by tests/tuning/test_warm_start.py
def test_a_run_continues_from_another_in_a_wider_space(tmp_path: Path) -> None:
    assert run(tmp_path, "small", SMALL, *ONE_WORKER).code == 0
    before = load_run(tmp_path / "runs" / "small").trials()
    text = SMALL.replace("Int(4, 16)", "Int(2, 32)").replace("trials=6", "trials=4")
    ended = run(tmp_path, "wider", text, "--continue-from", "runs/small", *ONE_WORKER)
    assert ended.code == 0, ended.err
    assert ended.out.splitlines()[0] == "6 of 6 trials of runs/small were taken"
    assert sum(line.startswith("trial ") for line in ended.out.splitlines()) == 4
    told = status(tmp_path, "runs/wider")
    assert (told["budget"], told["finished"], told["warm_start"]["taken"]) == (10, 10, 6)
    wider = load_run(tmp_path / "runs" / "wider")
    first = wider.trials()[:6]
    assert [trial.taken for trial in first] == [f"small trial {n}" for n in range(6)]
    assert [replace(trial, taken="") for trial in first] == list(before)
    assert "6 of 6 trials of runs/small were taken" in text_of(tmp_path / "reports" / "wider.html")
    extended = search(tmp_path, "resume", "runs/wider", "--trials", "+2")
    assert extended.code == 0, extended.err
    trials = load_run(tmp_path / "runs" / "wider").trials()
    assert [t.state for t in trials] == [State.COMPLETE] * 12
    assert [bool(t.taken) for t in trials] == [True] * 6 + [False] * 6
    assert trials[:10] == wider.trials()[:10]
    assert load_run(tmp_path / "runs" / "small").trials() == before
