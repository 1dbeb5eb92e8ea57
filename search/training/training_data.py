"""What `build(…, train)` and a `fit=` are given. `train.py` has this class too: no imports."""


class TrainingData(tuple):  # type: ignore[type-arg]
    """Rows as a pair `(x, y)`: for what is learnt before training, by `adapt`, and for training.

    There is one for all trials on the same rows, so that `functools.cache` on a function of it
    computes once a worker what all of them need.

    Attributes:
        x: Features as the model is fed them; batches of them, in a `tf.data.Dataset`, where the
            rows stay in their file or come as a stream.
        y: Targets: classes as numbers from 0 or in the form in which you gave them, labels, or
            numbers; of a stream batches of them.
        sample_weight: How much each row counts in training; None where all count alike.
        has_read_weights: Whether anybody has looked at these, or there are none.
    """

    __hash__ = object.__hash__
    __eq__ = object.__eq__

    def __new__(cls, x: object, y: object, sample_weight: object = None) -> "TrainingData":
        """A pair that knows its weights too, so that `fit(*train)` is what it seems."""
        made = super().__new__(cls, (x, y))
        vars(made).update(_weights=sample_weight, has_read_weights=sample_weight is None)
        return made

    @property
    def x(self) -> object:
        """As in the attributes."""
        return self[0]

    @property
    def y(self) -> object:
        """As in the attributes."""
        return self[1]

    @property
    def sample_weight(self) -> object:
        """As in the attributes."""
        self.has_read_weights = True
        return vars(self)["_weights"]
