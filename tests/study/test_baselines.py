"""Baselines: what cannot be trained is refused with the study, and not in the finals."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from search import (
    Baseline,
    Choice,
    DenseSpace,
    Float,
    InputError,
    Int,
    PictureSpace,
    Study,
    TextSpace,
    circles,
    series,
    streams,
)


def build(units: int, rate: float, act: str = "relu", train: Any = None) -> None: ...


def by_hand(hidden: str, rate: float, train: Any) -> None: ...


def anything(**values: Any) -> None: ...


def own(baseline: Baseline, **more: Any) -> Study:
    """A declared space with three hyperparameters, of which one is fixed."""
    space = {"units": Int(4, 32), "rate": Float(1e-3, 0.1, log=True), "act": "relu"}
    return Study(**{"data": circles(), "model": build, "space": space} | more, baselines=[baseline])


def dense(baseline: Baseline, **fields: Any) -> Study:
    """A dense space that searches its layers, their units and a rate."""
    searched = {"layers": Int(1, 3), "units": Int(4, 32), "learning_rate": Float(1e-3, 0.1)}
    return Study(circles(), DenseSpace(**searched | fields), baselines=[baseline])


def asked(trial: Any) -> None:
    trial.suggest_int("units", 4, 32)
    trial.suggest_float("rate", 1e-3, 0.1)


def opened(part: str, window: int, batch_size: int = 32) -> None: ...


def steps(**values: Any) -> Any:
    return series(pd.DataFrame({"y": np.arange(50.0)}), target="y", **values)


PLAIN: dict[str, Any] = {"layers": 2, "units": 8, "learning_rate": 0.01}


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (
            lambda: Baseline("mine", values={"units": 8, "rate": 0.01}),
            "Baseline('mine', values={'units': 8, 'rate': 0.01}): each hyperparameter is an "
            "argument of its own; write Baseline('mine', units=8, rate=0.01)",
        ),
        (
            lambda: Baseline("mine", units=[8, 4]),
            "Baseline('mine', units=[8, 4]): a hyperparameter has one value; give one, or one for "
            "each layer as units_1=…, units_2=…",
        ),
        (
            lambda: Baseline("mine", kernel=(3, 3)),
            "kernel=(3, 3)): a hyperparameter has one value; give one, or a word in its place that "
            "build translates",
        ),
        (lambda: Baseline("mine", weights={0: 1.0}), "a hyperparameter has one value"),
        (
            lambda: Baseline("mine", units=Int(4, 8)),  # type: ignore[arg-type]
            "Baseline('mine', units=Int(4, 8)): a baseline is not searched; give units one value",
        ),
        (lambda: Baseline("mine", act=print), "this is not a string, number, boolean or None"),
        (lambda: Baseline("mine", rate=float("nan")), "rate=nan): this is not a finite number"),
        (lambda: Baseline("mine", model=3), "Baseline('mine', model=3): give build"),  # type: ignore[arg-type]
    ],
)
def test_a_value_that_a_run_cannot_keep(make: Callable[[], Baseline], says: str) -> None:
    with pytest.raises(InputError) as said:
        make()
    assert says in str(said.value)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (
            lambda: own(Baseline("mine", unit=8, rate=0.01)),
            "Baseline('mine', unit=8): 'unit' is not an argument of build(units, rate, act, "
            "train); did you mean 'units'?",
        ),
        (
            lambda: own(Baseline("mine", units=8, rate=0.01, zzz=1)),
            "zzz=1): 'zzz' is not an argument of build(units, rate, act, train); add it there or "
            "drop it",
        ),
        (
            lambda: own(Baseline("mine", rate=0.01)),
            "Baseline('mine'): it has no value for units, which build(units, rate, act, train) "
            "needs; add units=18",
        ),
        (
            lambda: own(Baseline("mine", units="8", rate=0.01)),
            "Baseline('mine', units='8'): the space has Int(4, 32) there; write units=8",
        ),
        (lambda: own(Baseline("mine", units=8.0, rate=0.01)), "Int(4, 32) there; write units=8"),
        (lambda: own(Baseline("mine", units=8.5, rate=0.01)), "give a whole number"),
        (lambda: own(Baseline("mine", units=True, rate=0.01)), "give a whole number"),
        (
            lambda: own(Baseline("mine", units=8, rate="low")),
            "rate='low'): the space has Float(0.001, 0.1, log=True) there; give a number",
        ),
        (
            lambda: own(Baseline("mine", model=by_hand, hiden="8-8", rate=0.01)),
            "hiden='8-8'): 'hiden' is not an argument of by_hand(hidden, rate, train); did you "
            "mean 'hidden'?",
        ),
        (
            lambda: own(Baseline("mine", model=by_hand, rate=0.01)),
            "it has no value for hidden, which by_hand(hidden, rate, train) needs; add hidden=…",
        ),
        (lambda: own(Baseline("mine", rate=0.01), space=asked), "no value for units, which build("),
        (lambda: own(Baseline("mine", unit=8), space=asked), "did you mean 'units'?"),
        (
            lambda: own(Baseline("mine", units=8, rate=0.1), callbacks=lambda patience: []),
            "no parameter 'patience'",
        ),
        (
            lambda: own(Baseline("mine", units=8, rate=0.1), data=streams(opened), space=asked),
            "it has no value for part, window, which the data needs; add part=…, window=…",
        ),
        (
            lambda: dense(Baseline("mine", unitz=8)),
            "Baseline('mine', unitz=8): DenseSpace has no field 'unitz'; did you mean 'units'?",
        ),
        (
            lambda: dense(Baseline("mine", units=8)),
            "Baseline('mine'): it has no value for layers, learning_rate, which the space "
            "searches; add layers=2, learning_rate=0.05",
        ),
        (
            lambda: dense(Baseline("mine", **PLAIN | {"units": "8"})),
            "units='8'): the space has Int(4, 32) there; write units=8",
        ),
        (
            lambda: dense(Baseline("mine", **PLAIN, activation="reluu")),
            "activation='reluu'): Keras has no such activation; did you mean 'relu'?",
        ),
        (
            lambda: dense(Baseline("mine", **PLAIN, batch_size="32")),
            "batch_size='32'): batch_size is a whole number of 1 or more; give one",
        ),
        (lambda: dense(Baseline("mine", **PLAIN, dropout=1.5)), "dropout must be 0 or more and"),
        (lambda: dense(Baseline("mine", **PLAIN, units_1=8)), "no field 'units_1'"),
        (
            lambda: dense(Baseline("mine", layers=3, learning_rate=0.01, units_1=8)),
            "it has no value for units_2, units_3, which the space searches",
        ),
        (
            lambda: dense(Baseline("mine", layers=4, learning_rate=0.01), units=[8, 8, 8]),
            "it has no value for units_4,",
        ),
        (
            lambda: Study(circles(), TextSpace(), baselines=[Baseline("mine", encoder="bag")]),
            "encoder='bag'): there is no such encoder",
        ),
        (
            lambda: Study(circles(), PictureSpace(), baselines=[Baseline("mine", blocks=3)]),
            "it has no value for filters, head, ",
        ),
    ],
)
def test_what_cannot_be_trained(make: Callable[[], Study], says: str) -> None:
    with pytest.raises(InputError) as said:
        make()
    assert says in str(said.value)
    assert len(str(said.value)) < 250


@pytest.mark.parametrize(
    "make",
    [
        lambda: own(Baseline("beyond the range", units=1000, rate=1)),
        lambda: own(Baseline("what is fixed", units=8, rate=0.1, act="tanh")),
        lambda: own(Baseline("read by training", units=8, rate=0.1, batch_size=16)),
        lambda: own(Baseline("no limit", units=None, rate=0.1)),
        lambda: own(Baseline("its own model", model=by_hand, hidden="8-8", rate=0.1)),
        lambda: own(Baseline("any values", model=anything, whatever=True)),
        lambda: own(Baseline("asked", units=8, rate=0.1), space=asked),
        lambda: own(Baseline("of callbacks", units=8, rate=0.1, k=3), callbacks=lambda k=1: []),
        lambda: dense(Baseline("beyond the range", layers=9, units=1000, learning_rate=10)),
        lambda: dense(Baseline("no hidden layer", layers=0, learning_rate=0.1)),
        lambda: dense(Baseline("its widths", layers=2, learning_rate=0.1, units_1=8, units_2=4)),
        lambda: dense(Baseline("one width", **PLAIN), units=[Int(4, 8), Int(4, 8), 3]),
        lambda: dense(Baseline("other fields", **PLAIN, activation="mish", batch_size=7)),
        lambda: dense(Baseline("its own model", model=by_hand, hidden="", rate=0.1)),
        lambda: Study(
            steps(window=Int(2, 8)),
            DenseSpace(layers=Choice(1, 2)),
            baselines=[Baseline("by the data", layers=1, window=3), Baseline("longest", layers=1)],
        ),
        lambda: own(
            Baseline("by the data", units=8, rate=0.1, part="a", window=3),
            data=streams(opened),
            space=asked,
        ),
    ],
)
def test_what_can_be_trained(make: Callable[[], Study]) -> None:
    assert make().baselines
