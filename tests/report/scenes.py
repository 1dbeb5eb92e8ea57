"""The runs that the page is tested with, from a plain one to a hostile one."""

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits

from search import Budget, Float, Int, arrays, circles, table
from search.data.dataset import Array
from search.study.answer import BaselineResult, Interval, Paired
from search.study.parameters import Value
from search.study.trial import Forecast, Pause
from tests.finals.rings import shares
from tests.report.runs_to_show import (
    Scene,
    Told,
    completed,
    failed,
    finalist,
    fits,
    pruned,
    rate_test,
)
from tests.runs import small_study

SCRIPT = "<script>alert(1)</script>"
IMAGE = "\"'><img src=x onerror=alert(1)>"
TEMPLATE = "{{ 7 * 7 }}</style></title>&lt;$x_1$"
WORD = "long" * 60
"""Without a place to break it."""

NARROW = partial(shares, 0.98)
"""A winner that takes a few rows of the outer circle for inner ones."""


PAUSED = Pause(epoch=3, value=0.55, chance=0.02, seconds=0.1, bytes=21_000)
GIVEN_UP = Forecast(epoch=3, middle=0.6, low=0.5, high=0.7, bar=0.8, chance=0.02)


def dense(units: int, rate: float = 0.01, **more: Value) -> dict[str, Value]:
    return {"layers": 2, "units": units, "activation": "tanh", "learning_rate": rate, **more}


def binary() -> Scene:
    """Two features, two classes, all that a search brings."""
    trials = [
        *(Told(dense(4 + n), completed(0.6 + n / 30)) for n in range(10)),
        Told(dense(20), pruned(0.55)),
        Told(dense(21), failed("loss became NaN in epoch 3")),
    ]
    return Scene(
        study=small_study(data=circles(samples=1000), budget=Budget(trials=12, epochs=9)),
        trials=trials,
        finalists=(
            finalist(9, trials[9], 0.91, 0.9, 0.93),
            finalist(8, trials[8], 0.9, None, 0.91, tied=True),
            finalist(7, trials[7], 0.7, 0.71, 0.72),
        ),
        predict=NARROW,
        rates=rate_test("winner"),
    )


def interrupted() -> Scene:
    """A search that was stopped half way."""
    whole = binary()
    return replace(
        whole, trials=whole.trials[:5], finalists=(), predict=None, rates=None, ended="interrupted"
    )


def baseline(name: str, *values: float | None, **more: Any) -> BaselineResult:
    answer = binary().answer()
    assert answer is not None
    sound = [value for value in values if value is not None]
    plain = BaselineResult(
        name=name,
        note="test loss 0.0200, accuracy 1.000",
        params={"hidden": "5-5", "rate": 0.01},
        epochs=25,
        weights=51,
        fits=fits(*values),
        scores=tuple(replace(answer.headline, value=value) for value in sound),
        against=Paired(
            answer.headline.value - (sound or [0])[0], Interval(-0.05, 0.5), "level", 300
        ),
    )
    return replace(plain, **more)


def against_baselines() -> Scene:
    """Baselines that are beaten, that tie and that failed, two with a rate curve; forecasts."""
    results = (
        baseline("model 1", 0.5, 0.5, 0.49, rate_curve=rate_test("model 1")),
        baseline("model 2", 0.8, 0.9, 0.95),
        baseline("model 3", None, None),
        baseline("model 4", 0.6, None, rate_curve=rate_test("model 4")),
    )
    trials = list(binary().trials)
    trials[9], trials[10] = (
        replace(trials[at], forecast=replace(GIVEN_UP, audited=at == 9)) for at in (9, 10)
    )
    trials[10] = replace(trials[10], pauses=(replace(PAUSED, asked=10, turn=2), PAUSED))
    trials[8] = replace(
        trials[8], forecast=GIVEN_UP, pauses=(replace(PAUSED, bytes=9_000, asked=9, turn=1),)
    )
    return replace(binary(), trials=trials, baselines=results)


SPECIES = ("setosa", "versicolor", "virginica")


def first_two_of_three(x: Array) -> Array:
    """Never says the third class."""
    second = np.where(x[:, 0] > 0, 0.8, 0.1)
    return np.column_stack([0.9 - second, second, np.full(len(x), 0.1)])


def multiclass() -> Scene:
    """Four features; the winner never predicts the third class."""
    y = np.array([0, 1, 2] * 50)
    x = np.random.default_rng(0).normal(size=(150, 4)) + np.column_stack([y - 0.5] * 4)
    names = ("sepal length", "sepal width", "petal length", "petal width")
    data = arrays(x, y, class_names=SPECIES, feature_names=names)
    study = replace(binary().study, data=data)
    title = "Three species of iris"
    return replace(binary(), study=study, predict=first_two_of_three, title=title, rates=None)


def labels() -> Scene:
    """Three labels a row, one of which the winner never finds."""
    draw = np.random.default_rng(0)
    x = draw.normal(size=(150, 3))
    y = (x + 0.3 * draw.normal(size=(150, 3)) > 0).astype(int)
    data = arrays(x, y, class_names=("sweet", "sour", "bitter"))
    study = small_study("multilabel", data=data)

    def predict(rows: Array) -> Array:
        return np.clip(0.5 + 0.4 * rows, 0, 1) * (1, 1, 0.1)

    return replace(binary(), study=study, predict=predict, title="How it tastes", rates=None)


def numbers() -> Scene:
    """Two numbers a row, of which one is met well."""
    x = np.random.default_rng(0).normal(size=(150, 2))
    y = np.column_stack([1000 + 30 * x[:, 0], x[:, 0] * x[:, 1]])
    data = arrays(x, y, feature_names=("area", "age"), target_names=("price", "demand"))
    study = small_study("regression", data=data)

    def predict(rows: Array) -> Array:
        return np.column_stack([1000 + 29 * rows[:, 0], np.zeros(len(rows))])

    return replace(binary(), study=study, predict=predict, title="Flats by the sea", rates=None)


def revenues() -> Scene:
    """One number a row, of about 3e9."""
    x = np.random.default_rng(0).normal(size=(150, 2))
    data = arrays(x, 1e9 * (3 + x[:, 0]), feature_names=("area", "age"))

    def predict(rows: Array) -> Array:
        return 1e9 * (3 + 0.7 * rows[:, :1])

    return replace(numbers(), study=small_study("regression", data=data), predict=predict)


def digits(x: Array) -> Array:
    """Shares of ten classes by how near a picture is to each class's mean."""
    known = load_digits()
    means = np.array([known.data[known.target == code].mean(axis=0) for code in range(10)])
    far = np.square(x.reshape(len(x), 1, -1) - means).sum(axis=2)
    powers = np.exp((far.min(axis=1, keepdims=True) - far) / 200)
    return powers / powers.sum(axis=1, keepdims=True)


def pictures() -> Scene:
    """Ten classes of pictures, and a network of one's own that is read from its file."""
    known = load_digits()
    data = arrays(known.images[:600], known.target[:600])

    def build(units: int, learning_rate: float) -> None: ...

    space = {"units": Int(4, 64), "learning_rate": Float(1e-4, 0.1, log=True)}
    trials = [Told({"units": 8 + n, "learning_rate": 0.01}, completed(0.8)) for n in range(3)]
    return Scene(
        study=small_study(data=data, space=space, model=build, budget=Budget(3, 9)),
        trials=trials,
        finalists=(finalist(2, trials[2], 0.81, 0.8),),
        predict=digits,
        title="Digits by hand",
        model=keras_file(
            described("InputLayer", batch_shape=[None, 8, 8]),
            described("Flatten", [None, 8, 8]),
            described("Dense", [None, 64], units=10, activation="relu", use_bias=True),
            described("Dense", [None, 10], units=10, activation="softmax", use_bias=True),
        ),
    )


def described(kind: str, shape: Sequence[int | None] = (), **config: Any) -> dict[str, Any]:
    """A layer as a `.keras` file describes it."""
    return {"class_name": kind, "config": config, "build_config": {"input_shape": list(shape)}}


def keras_file(*layers: dict[str, Any]) -> bytes:
    """A `.keras` file without weights."""
    buffer = BytesIO()
    with ZipFile(buffer, "w") as file:
        file.writestr("config.json", json.dumps({"config": {"layers": layers}}))
    return buffer.getvalue()


def in_a_table() -> Scene:
    """Raw columns of all kinds, some cells of them markup, some missing."""
    draw = np.random.default_rng(0)
    age, late = draw.normal(40, 12, 200), np.arange(200) % 2
    frame = pd.DataFrame(
        {
            "age": np.where(np.arange(200) % 9, age.round(1), np.nan),
            SCRIPT: np.where(late, IMAGE, "plain"),
            "member": draw.random(200) > 0.5,
            "since": pd.Timestamp("2024-02-03") + pd.to_timedelta(np.arange(200), "D"),
            "bought": np.where(age + 9 * draw.normal(size=200) > 40, "yes", "no"),
        }
    )
    study = small_study(data=table(frame, target="bought"))

    def predict(rows: Array) -> Array:
        yes = 1 / (1 + np.exp(-2 * rows[:, 0]))
        return np.column_stack([1 - yes, yes])

    return replace(binary(), study=study, predict=predict, title="Who buys", rates=None)


def hostile() -> Scene:
    """Every name that a person can give is markup, a template, or far too long."""
    y = np.array([0, 1] * 50)
    x = np.random.default_rng(0).normal(size=(100, 2)) + y[:, None]
    data = arrays(x, y, class_names=(SCRIPT, IMAGE), feature_names=(TEMPLATE, SCRIPT))

    def suggest(trial: Any) -> None:
        trial.suggest_categorical(SCRIPT, [SCRIPT, IMAGE, WORD])
        trial.suggest_int("units", 1, 9)

    def build(**values: Value) -> None: ...

    trials = [
        Told({SCRIPT: SCRIPT, "units": 1}, completed(0.9)),
        Told({SCRIPT: WORD, "units": 2}, completed(0.8)),
        Told({SCRIPT: IMAGE, "units": 3}, failed(SCRIPT)),
        Told({SCRIPT: IMAGE, "units": 4}, failed(f"RuntimeError: {IMAGE} {TEMPLATE} {WORD}")),
    ]
    named = baseline(
        SCRIPT, 0.5, 0.6, note=IMAGE, params={SCRIPT: TEMPLATE}, rate_curve=rate_test(SCRIPT)
    )
    return Scene(
        study=small_study(data=data, space=suggest, model=build, budget=Budget(4, 9)),
        trials=trials,
        finalists=(finalist(0, trials[0], 0.9, 0.8), finalist(1, trials[1], 0.5, None)),
        predict=lambda rows: shares(1.0, rows),
        title=SCRIPT,
        source=f'"""{SCRIPT}"""\n# </code></pre> {IMAGE} {WORD}\n',
        baselines=(named,),
        rates=rate_test("winner"),
        model=keras_file(described(IMAGE), described("Mine", activation=TEMPLATE, units=3)),
    )


def branches() -> Scene:
    """A conditional space and trials enough for all that is said of a search."""
    draw = np.random.default_rng(0)

    def suggest(trial: Any) -> None:
        trial.suggest_float("learning_rate", 1e-4, 1e-1, log=True)
        trial.suggest_int("units", 4, 64)
        if trial.suggest_categorical("branch", ["plain", "deep"]) == "deep":
            trial.suggest_float("dropout", 0.0, 0.5)

    def build(**values: Value) -> None: ...

    trials = []
    for number in range(60):
        rate, units, dropout = draw.random(3).tolist()
        deep = {"branch": "deep", "dropout": dropout / 2} if number % 2 else {"branch": "plain"}
        params = {"learning_rate": 10 ** (3 * rate - 4), "units": int(4 + 60 * units), **deep}
        value = 0.5 + 0.4 * rate
        ended = {5: pruned(value), 6: failed("no memory")}.get(number % 10, completed(value))
        trials.append(Told(params, ended))
    budget = Budget(trials=60, epochs=9)
    study = small_study(data=circles(samples=200), space=suggest, model=build, budget=budget)
    return replace(interrupted(), study=study, trials=trials)


SCENES = {
    make.__name__: make
    for make in (
        binary,
        interrupted,
        against_baselines,
        multiclass,
        pictures,
        labels,
        numbers,
        in_a_table,
        branches,
        hostile,
    )
}
