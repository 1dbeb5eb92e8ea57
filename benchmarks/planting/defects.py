"""Defects to plant, each with the code that has to find it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.random import Generator

from benchmarks.planting.rows import (
    TARGET,
    Make,
    classes,
    features,
    frame,
    numbers,
    signal,
    small,
    two_classes,
    with_answer,
    yes_or_no,
)
from search import Budget, DenseSpace, Finals, Float, Int, Study, arrays, table


@dataclass(frozen=True)
class Defect:
    """A way to spoil a study.

    Attributes:
        code: Of the check that has to find it.
        make: Makes the study; its docstring says what is wrong.
        looks: Times that its finals are held; 0 where the rows alone are checked.
    """

    code: str
    make: Make
    looks: int = 0

    @property
    def name(self) -> str:
        """What is wrong, in a few words."""
        return (self.make.__doc__ or "").removesuffix(".")


def _in_table(draw: Generator, rows: pd.DataFrame, **more: object) -> Study:
    answer = yes_or_no(draw, rows)
    return small(table(with_answer(rows, answer), target=TARGET, **more))  # type: ignore[arg-type]


def _numbers_in(rows: pd.DataFrame, answer: object) -> Study:
    return small(table(rows.assign(**{TARGET: answer}), target=TARGET))


def leak_by_value(draw: Generator) -> Study:
    """A column that is the answer with a little noise."""
    rows = frame(draw, 1_000)
    answer = yes_or_no(draw, rows)
    rows["score"] = (answer == "yes") + 0.15 * draw.normal(size=len(rows))
    return small(table(with_answer(rows, answer), target=TARGET))


def leak_in_units(draw: Generator) -> Study:
    """The target in another unit, rounded."""
    rows = frame(draw, 1_000)
    answer = 20 + 5 * signal(rows) + 2 * draw.normal(size=len(rows))
    rows["in feet"] = (3.28 * answer).round(0)
    return _numbers_in(rows, answer)


def leak_by_gap(draw: Generator) -> Study:
    """A column filled for one class alone."""
    rows = frame(draw, 1_000)
    answer = yes_or_no(draw, rows)
    there = (answer == "yes") & (draw.random(len(rows)) < 0.6)
    rows["refund"] = np.where(there, draw.normal(size=len(rows)), np.nan)
    return small(table(with_answer(rows, answer), target=TARGET))


def made_by_sum(draw: Generator) -> Study:
    """A target that is the sum of three columns."""
    rows = frame(draw, 1_000).drop(columns="measure 3")
    weights = draw.uniform(0.5, 3, 3)
    return _numbers_in(rows, rows[[f"measure {i}" for i in range(3)]].to_numpy() @ weights)


def made_by_product(draw: Generator) -> Study:
    """A target that is price times amount."""
    rows = frame(draw, 1_000)
    rows["price"] = draw.lognormal(2, 0.5, len(rows))
    rows["amount"] = draw.integers(1, 20, len(rows))
    return _numbers_in(rows, rows["price"] * rows["amount"])


def copies(draw: Generator) -> Study:
    """One row of ten stands twice."""
    rows = frame(draw, 1_000)
    answer = yes_or_no(draw, rows)
    whole = with_answer(rows, answer)
    return small(table(pd.concat([whole, whole.sample(100, random_state=0)]), target=TARGET))


def near_copies_in_table(draw: Generator) -> Study:
    """One row of ten stands twice, its numbers with 0.1 % of noise."""
    rows = frame(draw, 1_000)
    whole = with_answer(rows, yes_or_no(draw, rows))
    again = whole.sample(100, random_state=int(draw.integers(1_000)))
    for name in [f"measure {i}" for i in range(4)]:
        again[name] += 0.001 * draw.normal(size=100)
    return small(table(pd.concat([whole, again]), target=TARGET))


def near_copies_in_arrays(draw: Generator) -> Study:
    """One row of ten of an array stands twice, rounded."""
    x = features(draw, 1_000)
    y = two_classes(draw, x)
    again = draw.choice(1_000, 100, replace=False)
    return small(arrays(np.concatenate([x, x[again].round(3)]), np.concatenate([y, y[again]])))


def other_held_out(draw: Generator) -> Study:
    """Held-out rows of their own, of which one column is shifted by 0.7 deviations."""
    x = features(draw, 1_200)
    y = two_classes(draw, x)
    x[900:, 4] += 0.7
    return small(arrays(x[:900], y[:900], held_out=(x[900:], y[900:])))


def drift_by_time(draw: Generator) -> Study:
    """Rows cut by time, and a column that rises by two deviations over it."""
    rows = frame(draw, 1_200)
    days = (rows["since"] - rows["since"].min()).dt.days / 700
    rows["measure 2"] += 2 * days
    return _in_table(draw, rows, time="since")


def _patients(draw: Generator, count: int = 80, each: int = 12) -> tuple[pd.DataFrame, np.ndarray]:
    """Patients whose measures are alike, and the number of each row's."""
    who = np.repeat(np.arange(count), each)
    rows = frame(draw, len(who))
    for name in [f"measure {i}" for i in range(4)]:
        rows[name] = draw.normal(size=count)[who] + 0.4 * draw.normal(size=len(who))
    order = draw.permutation(len(who))
    return rows.iloc[order].reset_index(drop=True), who[order]


def patients(draw: Generator) -> Study:
    """Twelve rows of each of 80 patients, by number, with answers of their own."""
    rows, who = _patients(draw)
    said = signal(rows) + 1.5 * draw.normal(size=80)[who] + 0.4 * draw.normal(size=len(who))
    rows["patient"] = 1_000 + 7 * draw.permutation(80)[who]
    return small(table(with_answer(rows, np.where(said > 0, "yes", "no")), target=TARGET))


def unnamed_groups(draw: Generator) -> Study:
    """Groups by a code of letters, in a column that is called "origin"."""
    rows, who = _patients(draw)
    said = signal(rows) + 2 * draw.normal(size=80)[who] + 0.4 * draw.normal(size=len(who))
    rows["origin"] = np.array([f"q{n:x}" for n in draw.permutation(4_000)[:80]])[who]
    return _numbers_in(rows, said)


def time_mixed(draw: Generator) -> Study:
    """Rows drawn at random of a target that wanders over the years."""
    rows = frame(draw, 1_200)
    days = (rows["since"] - rows["since"].min()).dt.days.to_numpy()
    wandering = np.cumsum(draw.normal(size=701))
    wandering = 1.5 * (wandering - wandering.mean()) / wandering.std()
    return _numbers_in(rows, signal(rows) + wandering[days] + 0.5 * draw.normal(size=len(rows)))


def rare_class(draw: Generator) -> Study:
    """A third class of 2 % of the rows."""
    x, y = classes(draw, 1_000, 2)
    y[draw.choice(1_000, 20, replace=False)] = 2
    return small(arrays(x, y))


def useless_columns(draw: Generator) -> Study:
    """A column of one value, and one of identifiers."""
    rows = frame(draw, 1_000)
    rows["currency"] = "EUR"
    rows["ticket"] = [f"t{n:x}" for n in draw.permutation(10**6)[: len(rows)]]
    return _in_table(draw, rows)


def wrong_labels(draw: Generator) -> Study:
    """8 % of the labels of four clouds are wrong."""
    x, y = classes(draw, 2_000, 4, apart=3)
    wrong = draw.choice(len(y), 160, replace=False)
    y[wrong] = (y[wrong] + draw.integers(1, 4, 160)) % 4
    return small(arrays(x, y))


BIG = DenseSpace(layers=2, units=Int(64, 128), learning_rate=Float(0.003, 0.01, log=True))


def overfitting(draw: Generator) -> Study:
    """Large networks and 40 features for the classes of 500 rows, and no patience."""
    x = features(draw, 500, 40)
    y = (x[:, :5].sum(axis=1) + 1.5 * draw.normal(size=500) > 0).astype(int)
    return small(arrays(x, y), space=BIG, budget=Budget(trials=3, epochs=30))


def overfitting_numbers(draw: Generator) -> Study:
    """Large networks and 40 features for 500 numbers, and no patience."""
    x = features(draw, 500, 40)
    y = x[:, :5].sum(axis=1) + 1.5 * draw.normal(size=500)
    return small(arrays(x, y), space=BIG, budget=Budget(trials=3, epochs=30))


def underfitting(draw: Generator) -> Study:
    """Learning rates a thousand times too low."""
    x = features(draw, 1_000)
    slow = DenseSpace(layers=1, units=Int(8, 32), learning_rate=Float(1e-6, 1e-5, log=True))
    return small(arrays(x, two_classes(draw, x)), space=slow)


def underfitting_numbers(draw: Generator) -> Study:
    """Learning rates and epochs that reach half of the way to a number."""
    x = features(draw, 1_000)
    slow = DenseSpace(layers=1, units=Int(8, 32), learning_rate=Float(1e-4, 3e-4, log=True))
    study = small(arrays(x, numbers(draw, x, 0.3)), space=slow)
    return small(study.data, space=slow, budget=Budget(trials=3, epochs=12))


def too_sure(draw: Generator) -> Study:
    """Networks that go on to learn when there is noise alone left."""
    x = features(draw, 800, 8)
    y = two_classes(draw, x, noise=1.5)
    return small(arrays(x, y), space=BIG, budget=Budget(trials=2, epochs=60))


def shifted(draw: Generator) -> Study:
    """Class weights that balance a rare class, and so shift its probabilities."""
    x = features(draw, 4_000)
    y = (numbers(draw, x, 1.0) > 2.1).astype(int)
    space = DenseSpace(layers=1, units=Int(8, 16), learning_rate=0.01, class_weight="balanced")
    return small(arrays(x, y), space=space, budget=Budget(trials=2, epochs=40, patience=8))


def misleading_accuracy(draw: Generator) -> Study:
    """Nine rows of ten are of one class, and the others are hard to tell."""
    x = features(draw, 1_500)
    y = (numbers(draw, x, 2.0) > 3.4).astype(int)
    return small(arrays(x, y), objective="val_accuracy")


def luck_of_seeds(draw: Generator) -> Study:
    """Networks of two units for two circles, which one seed learns and another does not."""
    angle, radius = draw.uniform(0, 2 * np.pi, 1_000), np.repeat([0.4, 1.0], 500)
    x = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    x += 0.05 * draw.normal(size=x.shape)
    space = DenseSpace(layers=1, units=Int(3, 4), learning_rate=Float(0.01, 0.03))
    return small(
        arrays(x, np.repeat([0, 1], 500)), space=space, finals=Finals(top=3, seeds=5, share=9)
    )


def too_narrow(draw: Generator) -> Study:
    """Learning rates that all are below the good ones."""
    x = features(draw, 1_000)
    space = DenseSpace(layers=1, units=Int(8, 16), learning_rate=Float(1e-5, 1e-3, log=True))
    return small(
        arrays(x, two_classes(draw, x)),
        space=space,
        budget=Budget(trials=40, epochs=20),
        sampler="tpe",
        objective="val_loss",
    )


def too_few_epochs(draw: Generator) -> Study:
    """Ten epochs where a hundred are needed."""
    x = features(draw, 1_000)
    space = DenseSpace(layers=1, units=Int(8, 16), learning_rate=Float(2e-4, 4e-4))
    return small(
        arrays(x, two_classes(draw, x)), space=space, budget=Budget(trials=8, epochs=10),
        objective="val_loss",
    )  # fmt: skip


def looked_often(draw: Generator) -> Study:
    """Finals that are held four times."""
    x = features(draw, 600)
    return small(arrays(x, two_classes(draw, x)), budget=Budget(trials=2, epochs=10))


DEFECTS = (
    Defect("S001", leak_by_value),
    Defect("S001", leak_in_units),
    Defect("S001", leak_by_gap),
    Defect("S032", made_by_sum),
    Defect("S032", made_by_product),
    Defect("S002", copies),
    Defect("S023", near_copies_in_table),
    Defect("S023", near_copies_in_arrays),
    Defect("S022", other_held_out),
    Defect("S022", drift_by_time),
    Defect("S024", patients),
    Defect("S024", unnamed_groups),
    Defect("S025", time_mixed),
    Defect("S029", rare_class),
    Defect("S031", useless_columns),
    Defect("S026", wrong_labels, looks=1),
    Defect("S027", overfitting, looks=1),
    Defect("S027", overfitting_numbers, looks=1),
    Defect("S028", underfitting, looks=1),
    Defect("S028", underfitting_numbers, looks=1),
    Defect("S030", too_sure, looks=1),
    Defect("S030", shifted, looks=1),
    Defect("S007", misleading_accuracy, looks=1),
    Defect("S011", luck_of_seeds, looks=1),
    Defect("S012", too_narrow, looks=1),
    Defect("S015", too_few_epochs, looks=1),
    Defect("S021", looked_often, looks=4),
)
