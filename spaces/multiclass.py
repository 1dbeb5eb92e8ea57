"""Ten handwritten digits, 8×8 pixels each: one softmax output a class."""

from search import Budget, Choice, DenseSpace, Float, Int, Study, sklearn_data

study = Study(
    data=sklearn_data("digits"),
    space=DenseSpace(
        layers=Int(1, 3),
        units=Int(16, 128, log=True),
        activation=Choice("relu", "tanh"),
        dropout=Float(0.0, 0.5),
        learning_rate=Float(1e-4, 1e-2, log=True),
    ),
    budget=Budget(trials=40, epochs=40),
)
