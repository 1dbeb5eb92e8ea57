"""What `build(…, train)` and a `fit=` are given. `train.py` has this class too: no imports."""


class TrainingData:
    """The rows that a model will be trained on, for what is learnt before training, by `adapt`.

    It can be unpacked, `x, y = train`. There is one for all trials on the same rows, so that
    `functools.cache` on a function of `train` computes once a worker what all of them need.

    Attributes:
        x: Features as the model is fed them; batches of them, in a `tf.data.Dataset`, where the
            rows stay in their file or come as a stream.
        y: Targets: classes as numbers from 0 or in the form in which you gave them, labels, or
            numbers; of a stream batches of them.
        sample_weight: How much each row counts in training; None where all count alike.
        has_read_weights: Whether anybody has looked at these, or there are none.
    """

    def __init__(self, x: object, y: object, sample_weight: object = None) -> None:
        self.x, self.y, self._weights = x, y, sample_weight
        self.has_read_weights = sample_weight is None

    @property
    def sample_weight(self) -> object:
        """As in the attributes."""
        self.has_read_weights = True
        return self._weights

    def __iter__(self) -> object:
        """Features, and then targets."""
        return iter((self.x, self.y))
