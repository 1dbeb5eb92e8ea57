"""What `build(…, train)` and a `fit=` are given. A winner's `train.py` has this class too: it imports nothing."""


class TrainingData:
    """The rows that a model will be trained on, for what is learnt before training, by `adapt`.

    It can be unpacked, `x, y = train`. There is one for all trials on the same rows, so that
    `functools.cache` on a function of `train` computes once a worker what all of them need.

    Attributes:
        x: Features as the model is fed them; batches of them, in a `tf.data.Dataset`, where the
            rows stay in their file.
        y: Targets: classes as numbers from 0 or in the form in which you gave them, labels, or
            numbers.
        sample_weight: How much each row counts in training; None where all count alike.
    """

    def __init__(self, x: object, y: object, sample_weight: object = None) -> None:
        self.x, self.y, self.sample_weight = x, y, sample_weight

    def __iter__(self) -> object:
        """Features, and then targets."""
        return iter((self.x, self.y))
