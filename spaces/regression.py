"""How far diabetes went in a year, from ten measurements of 442 patients."""

from search import Budget, Choice, DenseSpace, Float, Int, Study, sklearn_data

study = Study(
    data=sklearn_data("diabetes"),
    space=DenseSpace(
        layers=Int(0, 2),
        units=Int(4, 64, log=True),
        activation=Choice("relu", "tanh"),
        dropout=Float(0.0, 0.5),
        l2=Float(1e-5, 1e-1, log=True),
        learning_rate=Float(3e-4, 3e-2, log=True),
    ),
    budget=Budget(trials=60, epochs=60),
)
