"""The tutorial's aside: a straight line, to be carried on beyond the rows that train."""

import keras
import numpy as np
import pandas as pd

from search import Baseline, Budget, Choice, DenseSpace, Float, Int, Split, Study, table

rows = pd.DataFrame({"x": np.arange(0, 800, 5), "y": np.arange(100, 900, 5)})


def by_hand(rate):
    """The tutorial's network for a number: 100-10-1, no activation, by the absolute error."""
    layers = [keras.layers.Dense(units) for units in (100, 10, 1)]
    model = keras.Sequential([keras.Input((1,)), *layers])
    model.compile(keras.optimizers.Adam(rate), "mae", metrics=["mae"])
    return model


study = Study(
    data=table(rows, target="y"),  # a table's columns are standardised, arrays are taken as given
    split=Split(validation=0.1, held_out=0.2, shuffle=False),
    space=DenseSpace(
        layers=Int(0, 2),
        units=Int(10, 100, log=True),
        activation=Choice("relu", "linear"),
        learning_rate=Float(1e-3, 1e-1, log=True),
    ),
    budget=Budget(trials=40, epochs=100),
    baselines=[Baseline("the tutorial's 100-10-1", model=by_hand, epochs=100, rate=0.001)],
)
