"""What is true of a handwritten digit: a picture has any number of labels, or none."""

from sklearn.datasets import load_digits

from search import Budget, DenseSpace, Float, Int, Study, arrays

LABELS = {"odd": (1, 3, 5, 7, 9), "prime": (2, 3, 5, 7), "has a ring": (0, 6, 8, 9)}

digits = load_digits()

study = Study(
    data=arrays(
        digits.images[..., None] / 16,
        [[digit in having for having in LABELS.values()] for digit in digits.target],
        class_names=list(LABELS),
    ),
    space=DenseSpace(
        layers=Int(1, 3),
        units=Int(16, 128, log=True),
        dropout=Float(0.0, 0.5),
        learning_rate=Float(1e-4, 1e-2, log=True),
    ),
    budget=Budget(trials=40, epochs=40),
)
