"""The tutorial's aside: a straight line, to be carried on beyond the rows that train."""

import numpy as np

from search import Budget, Choice, DenseSpace, Float, Int, Split, Study, arrays

study = Study(
    data=arrays(np.arange(0, 800, 5)[:, None], np.arange(100, 900, 5), feature_names=["x"]),
    split=Split(validation=0.1, held_out=0.2, shuffle=False),
    space=DenseSpace(
        layers=Int(0, 2),
        units=Int(10, 100, log=True),
        activation=Choice("relu", "linear"),
        learning_rate=Float(1e-3, 1e-1, log=True),
    ),
    budget=Budget(trials=40, epochs=100),
)
