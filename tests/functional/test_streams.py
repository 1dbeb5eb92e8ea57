"""A stream, from a function of the user's to the page and a model elsewhere."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from search.store.run import load_run
from tests.functional.command import ONE_WORKER, PATIENCE, environment, search, within

SPACE = '''
"""Points around the origin, made on the fly."""
import keras
import numpy as np
import tensorflow as tf
from search import Budget, Finals, Float, Int, Study, streams


def points(count, seed):
    draw = np.random.default_rng(seed)
    for number in range(count):
        {inside}
        x = draw.normal(size=4).astype("float32")
        yield x, np.int32(x[0] + x[1] > 0)


def make(width, noise=0.1):
    spec = (tf.TensorSpec((4,), tf.float32), tf.TensorSpec((), tf.int32))

    def part(count, seed):
        made = tf.data.Dataset.from_generator(lambda: points(count, seed), output_signature=spec)
        return made.map(lambda x, y: (x[:width], y))

    x = np.random.default_rng(1).normal(size=(600, 4)).astype("float32")
    y = (x[:, 0] + x[:, 1] > 0).astype("int32")
    train = tf.data.Dataset.from_tensor_slices((x[:, :width], y))
    train = train.map(lambda x, y: (x + noise * tf.random.normal(tf.shape(x)), y))
    return {{"train": train.shuffle(200).repeat().batch(32),
            "validation": part(80, 2), "held_out": part(80, 3)}}


def build(units, width):
    model = keras.Sequential([
        keras.Input((width,)), keras.layers.Dense(units, "relu"), keras.layers.Dropout(0.1),
        keras.layers.Dense(1, "sigmoid"),
    ])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


study = Study(
    data=streams(make, steps=20),
    model=build,
    space={{"units": Int(4, 16), "width": Int(2, 4)}},
    budget=Budget(trials=2, epochs=2),
    finals=Finals(top=1, seeds=1),
)
'''


@pytest.mark.keras
@pytest.mark.parametrize(
    ("inside", "told"),
    [
        ('if number == 70: raise ValueError("row 70")', "line 12: it failed (ValueError: row 70)"),
        ("yield np.ones(3, 'float32'), 1", "an element of shape (3,) where an element of shape (4"),
    ],
    ids=["raises", "other shape"],
)
def test_a_generator_at_fault_is_one_sentence_before_the_first_trial(
    tmp_path: Path, inside: str, told: str
) -> None:
    (tmp_path / "space.py").write_text(SPACE.format(inside=inside))
    ended = within(tmp_path, "run", "space.py")
    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err
    assert ended.err.count("\n") == 1
    assert not (tmp_path / "runs").exists()


@pytest.mark.ray
@pytest.mark.long  # in short by tests of streams in training and finals
def test_a_run_on_a_stream_ends_in_a_page_and_a_model_that_is_made_again(tmp_path: Path) -> None:
    from search.training.export import load

    (tmp_path / "space.py").write_text(SPACE.format(inside="pass"))
    ended = search(tmp_path, "run", "space.py", "--name", "one", *ONE_WORKER)
    assert ended.code == 0, ended.err
    run = load_run(tmp_path / "runs" / "one")
    answer, data = run.answer(), run.manifest.data
    assert answer is not None
    assert answer.headline.value is not None
    assert run.manifest.plan.engine == "fit"
    assert (data.sampled, sum(data.rows["train"])) == (True, 10_000)
    page = (tmp_path / "reports" / "one.html").read_text()
    assert "training (first of a stream)" in page
    assert "nobody looked for rows that are in two parts" in page

    # The held-out figure by plain Keras, on rows that the space's own generator gives.
    draw = np.random.default_rng(3)
    x = np.array([draw.normal(size=4) for _ in range(80)], "float32")
    width = int(answer.winner.params["width"])
    model = load(run.folder.model)
    right = (model.predict(x[:, :width], verbose=0)[:, 0] > 0.5) == (x[:, 0] + x[:, 1] > 0)
    assert right.mean() == pytest.approx(answer.headline.value, abs=1e-9)

    np.save(tmp_path / "new.npy", x[:5, :width])
    assert within(tmp_path, "predict", "one", "new.npy").out.count("\n") == 6
    again = within(tmp_path, "reproduce", "one")
    assert again.code == 0, again.out + again.err
    assert "all figures must be equal" in again.out

    assert within(tmp_path, "export", "one").code == 0
    trained = subprocess.run(
        [sys.executable, "train.py"],
        cwd=tmp_path / "exports" / "one",
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert trained.returncode == 0, trained.stderr
    figure = f"held-out accuracy {answer.headline.value:.6g} here"
    assert figure in trained.stdout
    assert "ran out of data" not in trained.stderr
