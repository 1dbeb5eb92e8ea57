"""Ten kinds of clothes by convolutions, of the functional API: about half an hour on two cores."""

import keras

from search import Budget, Finals, Float, Int, Split, Study, fashion_mnist


def build(filters, blocks, units, dropout, learning_rate):
    """Blocks of convolution and pooling, each of twice the filters, then one dense layer."""
    pictures = found = keras.Input((28, 28, 1))
    for block in range(blocks):
        found = keras.layers.Conv2D(filters * 2**block, 3, padding="same", activation="relu")(found)
        found = keras.layers.MaxPooling2D()(found)
    found = keras.layers.Flatten()(found)
    found = keras.layers.Dense(units, "relu")(keras.layers.Dropout(dropout)(found))
    model = keras.Model(pictures, keras.layers.Dense(10, "softmax")(found))
    model.compile(
        keras.optimizers.Adam(learning_rate),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


study = Study(
    data=fashion_mnist(),
    split=Split(validation=0.1),
    space={
        "filters": Int(8, 32, log=True),
        "blocks": Int(2, 3),
        "units": Int(32, 128, log=True),
        "dropout": Float(0.0, 0.5),
        "learning_rate": Float(3e-4, 3e-3, log=True),
    },
    model=build,
    budget=Budget(trials=8, epochs=8, patience=3),
    finals=Finals(top=2, seeds=1),
)
