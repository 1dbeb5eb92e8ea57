"""Image classification without model code: blocks, filters, augmentation and rate are searched."""

from sklearn.datasets import load_digits

from search import Budget, Finals, PictureSpace, Study, arrays

digits = load_digits()
x = (digits.images[:500, ..., None] * 15.9).astype("uint8")
study = Study(
    data=arrays(x, digits.target[:500]),
    space=PictureSpace(),
    budget=Budget(trials=2, epochs=2),
    finals=Finals(top=1, seeds=1),
)
