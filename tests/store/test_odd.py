"""An odd run of a real search is read; what no run could keep is refused before it begins."""

import math
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from search import Budget, InputError, State, arrays
from search.report.page import render
from search.store.recorder import Recorder
from search.store.run import StoredRun, load_run
from search.study.answer import Answer
from search.study.parameters import Value
from search.study.trial import Curve, Outcome
from tests.report.test_wording import answer
from tests.runs import recorder_for, small_study, tell

PARAMS: dict[str, Value] = {"layers": 2, "units": 8, "activation": "tanh", "learning_rate": 0.01}


def curve(**more: float) -> Curve:
    """Of nine epochs."""
    values = {"loss": 0.5, "accuracy": 0.9, "val_loss": 0.5, "val_accuracy": 0.9, **more}
    return {name: [value] * 9 for name, value in values.items()}


def complete(**more: Any) -> Outcome:
    return replace(Outcome(State.COMPLETE, 0.9, curve=curve(), weights=10), **more)


def failed(**more: Any) -> Outcome:
    return replace(Outcome(State.FAIL, reason="KeyError: 'x'"), **more)


def own_notes(trial: Any) -> None:
    """A space of your own, which notes what it likes under names that are taken."""
    trial.suggest_int("units", 4, 8)
    for name in ("reason", "weights", "seconds", "worker", "idle", "owner"):
        trial.set_user_attr(name, {"mine": [name]})


@dataclass(frozen=True)
class Odd:
    """A study and how its trials ended."""

    outcomes: Sequence[Outcome] = ()
    changes: Callable[[], dict[str, Any]] = dict


ODD = {
    "no trial": Odd(),
    "one trial": Odd([complete()]),
    "all failed": Odd([failed()] * 6),
    "diverged": Odd([failed(curve=curve(loss=math.nan, val_loss=math.inf))]),
    "a measure that is no number": Odd([complete(curve=curve(val_gap=math.nan))]),
    "a clock set back": Odd([complete(seconds=-3600.0, waited=-9.0)]),
    "a clock set forward": Odd([complete(seconds=1e12)]),
    "seconds that are no number": Odd([complete(seconds=math.nan)]),
    "a value of a loss without bounds": Odd([complete(value=-1e300)]),
    "a model of three thousand million weights": Odd([complete(weights=3 * 10**9)]),
    "seed 0": Odd([complete()], lambda: {"seed": 0}),
    "a long seed": Odd([complete()], lambda: {"seed": 10**99}),
    "as many trials as there may be": Odd(
        [complete()], lambda: {"budget": Budget(trials=10**9, epochs=9, seconds=1e300)}
    ),
    "as many epochs as there may be": Odd(
        [complete()], lambda: {"budget": Budget(trials=6, epochs=10**9), "pruner": "none"}
    ),
    "notes of the space's own": Odd(
        [complete(), failed()], lambda: {"space": own_notes, "model": own_notes}
    ),
}


def written(odd: Odd, root: Path, found: Answer | None = None) -> StoredRun:
    study = small_study(**odd.changes())
    with closing(recorder_for(study, root)) as recorder:
        for outcome in odd.outcomes:
            tell(recorder, study, {} if study.conditional else PARAMS, outcome)
        if found is not None:
            recorder.look(len(odd.outcomes))
            recorder.save_answer(found, b"", {})
        recorder.ended("finished")
    return load_run(root / "small")


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
def test_an_odd_run_is_read(odd: Odd, tmp_path: Path) -> None:
    run = written(odd, tmp_path)
    trials = run.trials()
    assert [trial.state for trial in trials] == [outcome.state for outcome in odd.outcomes]
    assert [trial.value for trial in trials] == [
        outcome.value if outcome.state is State.COMPLETE else None for outcome in odd.outcomes
    ]
    assert len(run.frame()) == len(trials)
    assert run.judged(trials) is None
    with closing(Recorder(run.folder)) as again:  # and goes on
        assert repr(again.trials()) == repr(trials)  # NaN is not NaN


def finals(change: Callable[[Answer], Answer] = lambda found: found) -> Answer:
    """Of three trials."""
    found = answer(ties=(True, False))
    numbered = [replace(one, number=number) for number, one in enumerate(found.finalists)]
    return change(replace(found, finalists=tuple(numbered)))


def no_number(found: Answer) -> Answer:
    """A measure beside the objective is no number in some epoch of each fit."""
    odd = {"val_gap": [math.nan], "val_ratio": [math.inf]}
    fits = [
        replace(one, fits=tuple(replace(f, curve={**f.curve, **odd}) for f in one.fits))
        for one in found.finalists
    ]
    chosen = replace(found.chosen, curve={**found.chosen.curve, **odd})
    return replace(found, finalists=tuple(fits), chosen=chosen)


def large(found: Answer) -> Answer:
    """Models of three thousand million weights."""
    return replace(
        found, finalists=tuple(replace(one, weights=3 * 10**9) for one in found.finalists)
    )


@pytest.mark.parametrize("change", [lambda found: found, no_number, large])
def test_odd_finals_are_read_and_shown(change: Callable[[Answer], Answer], tmp_path: Path) -> None:
    run = written(Odd([complete()] * 3), tmp_path, finals(change))
    found = run.judged(run.trials())
    assert found is not None
    assert found.winner.weights == change(finals()).winner.weights
    if change is no_number:
        assert math.isnan(found.chosen.curve["val_gap"][0])
    assert found.headline.value == finals().headline.value
    assert "wins" in render(run)


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "trials": (lambda: Budget(trials=10**10), "Budget(trials=10000000000): give 1,000,000,000 or"),
    "epochs": (lambda: Budget(epochs=10**9999), "Budget(epochs=…): give 1,000,000,000 or less"),
    "seed": (lambda: small_study(seed=10**5000), "seed=…: it has more than 100 digits; give a"),
    "a class": (
        lambda: arrays(np.zeros((4, 1)), ["a" * 20_000, "b"] * 2).load(),
        "a name of 20,000 characters of a class, column or target; give one of 10,000 or less",
    ),
}


@pytest.mark.parametrize(("make", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_no_run_could_keep_is_refused_before(make: Callable[[], object], said: str) -> None:
    with pytest.raises(InputError) as refused:
        make()
    assert said in str(refused.value)
