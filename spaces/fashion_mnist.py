"""Ten kinds of clothes in grey pictures, by dense networks: about ten minutes on two cores.

The pictures come from Debian's package: `apt-get install dataset-fashion-mnist`. Its own 10,000
test pictures are held out, as everybody reports them.
"""

from search import Budget, DenseSpace, Finals, Float, Int, Split, Study, fashion_mnist

study = Study(
    data=fashion_mnist(),
    split=Split(validation=0.1),
    space=DenseSpace(
        layers=Int(1, 2),
        units=Int(256, 512, log=True),
        dropout=Float(0.1, 0.4),
        learning_rate=Float(2e-4, 2e-3, log=True),
        batch_size=128,
    ),
    budget=Budget(trials=8, epochs=30, patience=6),
    finals=Finals(top=2, seeds=1),
    first=[{"layers": 2, "units": 512, "dropout": 0.3, "learning_rate": 5e-4}],
    pruner="none",  # what learns slowly at first, with much dropout, is best in the end
)
