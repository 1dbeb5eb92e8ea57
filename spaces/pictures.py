"""Ten handwritten digits in grey pictures of 8×8, by convolutional networks: no model code."""

from search import Budget, Choice, Float, Int, PictureSpace, Study, sklearn_data

study = Study(
    data=sklearn_data("digits"),  # your own: pictures("folder"), with a folder for each class
    space=PictureSpace(
        blocks=Int(1, 2),
        filters=Int(8, 32, log=True),
        head=Choice("average", "flatten"),
        dropout=Float(0.0, 0.5),
        rotation=Choice(0.0, 0.03),
        zoom=Choice(0.0, 0.1),
        learning_rate=Float(1e-3, 1e-2, log=True),
    ),
    budget=Budget(trials=8, epochs=15),
)
