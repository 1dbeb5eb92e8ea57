"""What `build(…, train)` and a `fit=` are given. `train.py` has this class too: no imports."""


class TrainingData(tuple):  # type: ignore[type-arg]
    """The rows that train: `x, y = train`, or `train.x`, `train.y` and `train.sample_weight`."""

    x: object
    y: object
    sample_weight: object

    # By identity, so that `functools.cache` on a function of it computes once.
    __hash__ = object.__hash__
    __eq__ = object.__eq__

    def __new__(cls, x: object, y: object, sample_weight: object = None) -> "TrainingData":
        """A pair, so that `fit(*train)` is what it seems; it knows its weights too."""
        made = super().__new__(cls, (x, y))
        vars(made).update(x=x, y=y, sample_weight=sample_weight)
        return made
