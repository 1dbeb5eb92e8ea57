"""The tutorial's aside: a straight line, to be carried on beyond the rows that train."""

import numpy as np
import pandas as pd

from search import Budget, Choice, DenseSpace, Float, Int, Split, Study, table

rows = pd.DataFrame({"x": np.arange(0, 800, 5), "y": np.arange(100, 900, 5)})

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
)
