"""Load of the next 12 hours from those before; how many hours a network sees is searched."""

import numpy as np

from search import Budget, Choice, DenseSpace, Float, Int, Study, series


def load(hours: int = 3360, seed: int = 0):
    """Hourly: a wave a day, and a slower one of its own, which feeds back with a delay."""
    draw, hour, own = np.random.default_rng(seed), np.arange(hours), np.ones(hours)
    own[:30] += 0.1 * draw.normal(size=30)
    for step in range(30, hours):  # Mackey and Glass: no linear model can follow it
        late = own[step - 17]
        own[step] = 0.9 * own[step - 1] + 0.2 * late / (1 + late**10)
    times = np.datetime64("2024-01-01T00", "s") + hour * np.timedelta64(3600, "s")
    wave = 3 * np.sin(hour * 2 * np.pi / 24)
    return {"time": times, "load": 50 + wave + 20 * own + draw.normal(0, 0.3, hours)}


study = Study(
    data=series(load(), "load", time="time", window=Choice(24, 48, 96), horizon=12),
    space=DenseSpace(
        layers=Int(1, 2),
        units=Int(16, 64, log=True),
        activation=Choice("relu", "tanh"),
        learning_rate=Float(1e-3, 1e-2, log=True),
    ),
    objective="val_mae",
    budget=Budget(trials=20, epochs=40),
)
