"""Dense networks on 50,000 flat pictures: where arithmetic, and not Python, takes the time."""

from pictures import Pictures

from search import Budget, Choice, DenseSpace, Float, Int, Study

data = Pictures(train=50_000, others=10_000, shape=(784,))

study = Study(
    data=data,
    split=data.split,
    space=DenseSpace(
        layers=Int(1, 2),
        units=Int(64, 256, log=True),
        activation=Choice("relu", "tanh"),
        optimizer=Choice("adam", "sgd"),
        learning_rate=Float(1e-4, 1e-1, log=True),
    ),
    budget=Budget(trials=20, epochs=3),
    pruner="none",  # the peers do not prune either
)
