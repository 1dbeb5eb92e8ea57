"""Made rows: signals that a small network learns, and none of the defects that checks look for."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.random import Generator

from search import Budget, DenseSpace, Finals, Float, Int, Study
from search.data.dataset import Array, Data

TARGET = "answer"


def features(draw: Generator, rows: int, count: int = 6) -> Array:
    """Independent normal numbers."""
    return draw.normal(size=(rows, count))


def numbers(draw: Generator, x: Array, noise: float = 0.5) -> Array:
    """A smooth function of the first three features, and noise."""
    return x[:, 0] + np.sin(2 * x[:, 1]) + 0.5 * x[:, 2] ** 2 + noise * draw.normal(size=len(x))


def two_classes(draw: Generator, x: Array, noise: float = 0.7) -> Array:
    """Which side of a curved border a row is on, to some noise."""
    return (numbers(draw, x, noise) > 0.4).astype(int)


def classes(draw: Generator, rows: int, count: int, apart: float = 2.0) -> tuple[Array, Array]:
    """Clouds about as many centres."""
    y = draw.integers(0, count, rows)
    centres = apart * draw.normal(size=(count, 5))
    return centres[y] + draw.normal(size=(rows, 5)), y


def frame(draw: Generator, rows: int) -> pd.DataFrame:
    """A table of numbers, categories, a date and gaps, without a target."""
    x = features(draw, rows, 4)
    table = pd.DataFrame({f"measure {place}": column for place, column in enumerate(x.T)})
    table["colour"] = draw.choice(["red", "green", "blue"], rows)
    table["member"] = draw.random(rows) < 0.4
    table["age"] = draw.integers(18, 80, rows)
    table["since"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(draw.integers(0, 700, rows), "D")
    table.loc[draw.random(rows) < 0.05, "measure 3"] = np.nan
    return table


def signal(table: pd.DataFrame) -> Array:
    """What the columns of `frame` tell."""
    of_colour = table["colour"].map({"red": 1.0, "green": 0.0, "blue": -1.0}).to_numpy()
    ages = (table["age"].to_numpy() - 50) / 20
    return np.asarray(table["measure 0"] + of_colour + 0.7 * ages + 0.5 * table["member"], float)


def with_answer(table: pd.DataFrame, answer: Array) -> pd.DataFrame:
    """The table with its target."""
    return table.assign(**{TARGET: answer})


def yes_or_no(draw: Generator, table: pd.DataFrame) -> Array:
    """Two classes by the signal."""
    said = signal(table) + 0.7 * draw.normal(size=len(table)) > 0
    return np.where(said, "yes", "no")


def small(data: Data, **changes: object) -> Study:
    """A study that is searched and judged in half a second."""
    settings: dict[str, object] = {
        "space": DenseSpace(
            layers=1, units=Int(8, 32, log=True), learning_rate=Float(0.003, 0.03, log=True)
        ),
        "budget": Budget(trials=4, epochs=40, patience=8),
        "finals": Finals(top=3, seeds=3, share=3),
        "sampler": "random",
        "pruner": "none",
    }
    return Study(data=data, **{**settings, **changes})  # type: ignore[arg-type]


Make = Callable[[Generator], Study]
