"""What an error of Keras or TensorFlow says without a fix has one."""

import pytest

from search.jobs.failures import failure_of
from search.loading.space_file import SpaceSource

SPACE = SpaceSource("space.py", "space.py", {})


@pytest.mark.parametrize(
    ("said", "fix"),
    [
        (
            "TensorBoard is not installed, missing implementation for tf.summary.scalar",
            "`pip install tensorboard`, or leave that callback out",
        ),
        (
            "FBetaScore expects 2D inputs with shape (batch_size, output_dim). Received input "
            "shapes: y_pred.shape=(1, 1) and y_true.shape=(1,)",
            "give y of shape (rows, 1), such as y[:, None]",
        ),
        (
            "FBetaScore expects 2D inputs with shape (batch_size, output_dim). Received input "
            "shapes: y_pred.shape=(None, 3) and y_true.shape=(None,)",
            "give y one-hot, with loss='categorical_crossentropy'",
        ),
    ],
)
def test_the_sentence_ends_in_the_fix(said: str, fix: str) -> None:
    assert failure_of(RuntimeError(said), SPACE, None).reason == f"RuntimeError: {said}; {fix}"
