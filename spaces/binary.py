"""Two concentric circles: a task no linear model can solve."""

from search import Budget, Choice, DenseSpace, Float, Int, Study, circles

study = Study(
    data=circles(samples=1000, noise=0.02, seed=42),
    space=DenseSpace(
        layers=Int(1, 3),
        units=Int(4, 64, log=True),
        activation=Choice("relu", "tanh", "linear"),
        optimizer=Choice("adam", "sgd", "rmsprop"),
        learning_rate=Float(1e-4, 1e-1, log=True),
    ),
    budget=Budget(trials=50, epochs=25),
)
