"""A small search."""
from search import Budget, DenseSpace, Float, Int, Study, circles

study = Study(
    data=circles(samples=200),
    budget=Budget(trials=8, epochs=3),
    space=DenseSpace(units=Int(4, 16), learning_rate=Float(1e-3, 1e-1, log=True)),
)
