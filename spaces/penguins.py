"""Female or male? Penguins as they were measured: text, dates, gaps and constants in one table.

`penguins.csv` is described, with its licence, in `penguins.txt`.
"""

from search import Budget, Choice, DenseSpace, Float, Int, Study, table

study = Study(
    data=table("penguins.csv", target="Sex", drop=["Individual ID", "Comments"]),
    space=DenseSpace(
        layers=Int(0, 2),
        units=Int(4, 64, log=True),
        activation=Choice("relu", "tanh"),
        dropout=Float(0.0, 0.5),
        learning_rate=Float(1e-3, 1e-1, log=True),
    ),
    budget=Budget(trials=40, epochs=40),
)
