"""The tutorial's two circles: its typical architectures searched, its nine models to beat."""

import keras

from search import Baseline, Budget, Choice, DenseSpace, Float, Int, Split, Study, circles

ROWS, BATCH = 700, 32


def by_hand(hidden, activation, optimizer, rate, output="linear"):
    """A model as the tutorial builds it: `hidden` such as "10-10"; a rate of 0 grows by epoch."""
    if rate == 0:
        steps = -(-ROWS // BATCH)
        rate = keras.optimizers.schedules.ExponentialDecay(1e-4, 20 * steps, 10)
    units = [int(number) for number in hidden.split("-") if number]
    layers = [keras.layers.Dense(number, activation) for number in units]
    model = keras.Sequential([keras.Input((2,)), *layers, keras.layers.Dense(1, output)])
    kind = {"sgd": keras.optimizers.SGD, "adam": keras.optimizers.Adam}[optimizer]
    model.compile(kind(rate), "binary_crossentropy", metrics=["accuracy"])
    return model


def model(number, hidden, activation, optimizer, rate, epochs, note, output="linear", **more):
    """One of the nine, on five seeds."""
    return Baseline(
        f"model {number}",
        model=by_hand,
        epochs=epochs,
        seeds=5,
        note=note,
        hidden=hidden,
        activation=activation,
        optimizer=optimizer,
        rate=rate,
        output=output,
        **more,
    )


study = Study(
    data=circles(samples=1000, noise=0.02, seed=42),
    split=Split(validation=0.1, held_out=0.2, shuffle=False),
    space=DenseSpace(
        layers=Int(1, 3),
        units=Int(10, 100, log=True),
        activation=Choice("relu", "tanh", "sigmoid", "linear"),
        optimizer=Choice("adam", "sgd"),
        learning_rate=Float(1e-4, 1e-1, log=True),
    ),
    budget=Budget(trials=30, epochs=25),
    baselines=[
        model(1, "", "linear", "sgd", 0.01, 105, "loss 0.6932, accuracy 0.500"),
        model(2, "1-1", "linear", "sgd", 0.01, 5, "loss 7.6246, accuracy 0.500"),
        model(3, "10-10", "linear", "adam", 0.001, 100, "loss 0.6932, accuracy 0.476"),
        model(4, "100", "linear", "adam", 0.001, 100, "loss 0.6942, accuracy 0.509"),
        model(5, "5-5", "relu", "adam", 0.001, 100, "loss 0.6164, accuracy 0.774"),
        model(
            6,
            "5-5",
            "relu",
            "adam",
            0.001,
            100,
            "loss 0.1091, accuracy 1.000 (training rows)",
            "sigmoid",
        ),
        model(7, "5-5", "relu", "adam", 0.01, 25, "test loss 0.0200, accuracy 1.000", "sigmoid"),
        model(
            8,
            "5-5",
            "relu",
            "adam",
            0,
            100,
            "lowest loss at a rate near 0.02",
            "sigmoid",
            rate_curve=True,
        ),
        model(9, "5-5", "relu", "adam", 0.02, 20, "test accuracy 0.997 (5,000 samples)", "sigmoid"),
    ],
)
