"""Load of the next 12 hours from the days before; how many hours a network sees is searched."""

import numpy as np

from search import Budget, Choice, DenseSpace, Float, Int, Study, series


def load(hours: int = 24 * 7 * 10, seed: int = 0):
    """Hourly: a wave a day, which is lower at weekends, and noise that fades."""
    draw, hour = np.random.default_rng(seed), np.arange(hours)
    times = np.datetime64("2024-01-01T00", "s") + hour * np.timedelta64(3600, "s")
    wave = np.exp(np.sin(hour * 2 * np.pi / 24)) * np.where(hour // 24 % 7 < 5, 10, 6)
    noise = np.convolve(draw.normal(size=hours + 11), 0.7 ** np.arange(12), mode="valid")
    return {"time": times, "load": 50 + wave + noise}


study = Study(
    data=series(load(), "load", time="time", window=Choice(24, 48, 168), horizon=12),
    space=DenseSpace(
        layers=Int(1, 2),
        units=Int(8, 64, log=True),
        activation=Choice("relu", "tanh"),
        learning_rate=Float(1e-3, 1e-2, log=True),
    ),
    objective="val_mae",
    budget=Budget(trials=20, epochs=30),
)
