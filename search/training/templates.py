"""The parts of a `train.py`, which `search.training.script` fills in and joins."""

PENALTY = "sum(v.regularizer(v) for v in model.trainable_variables if v.regularizer)"

HEAD = '''"""Trains the winner of {run} again, and prints its held-out figures beside the page's.

Made by `search export`. It needs TensorFlow, and data.npz in the same folder:

    pip install tensorflow
    python train.py

The run was made with {made_with}.
"""

from __future__ import annotations

import tensorflow as tf

# As many threads as the run's workers had, and no GPU, so that sums are added up alike.
tf.config.threading.set_intra_op_parallelism_threads({threads})
tf.config.threading.set_inter_op_parallelism_threads(1)
tf.config.set_visible_devices([], "GPU")
'''

SEEDED = """# What is drawn as this is read, such as weights that models share, was so in the run.
import random

import numpy

random.seed(0)
numpy.random.seed(0)
"""

BEGIN = '''def train_again():
    """Train as the run did, print the held-out figures, and keep the model in trained.keras.

    Of a model that Keras cannot save, trained.weights.h5 keeps the weights.
    """
    from pathlib import Path

    import keras
    import numpy as np
    import tensorflow as tf

    seed, epochs, batch = {seed}, {epochs}, {batch}
    here = Path(__file__).absolute().parent
    data = np.load(here / "data.npz", allow_pickle=False)
'''

ARRAYS = """    x = {part: data[f"{part}_x"] for part in parts}
"""

WINDOWS = """    # Windows of the series, its features standardised by the steps that train.
    values = (data["series"] - data["input_mean"]) / data["input_deviation"]
    windows = np.lib.stride_tricks.sliding_window_view(values, {window}, axis=0)
    x = {{part: windows[data[f"{{part}}_ends"] - {window}].swapaxes(1, 2) for part in parts}}
"""

STANDARDISED = (
    'keras.layers.Normalization(mean=data["input_mean"], variance=data["input_deviation"] ** 2)'
)

INPUTS = """    # Rows of several inputs, or of texts, which are JSON in the file.
    import json

    def texts_of(array):
        return tf.constant(json.loads(array.item()))

    x = {{part: {tree} for part in parts}}
"""

PREPARE = """    # Features of raw columns, as in the exported model.
    import re
    import warnings

    import json

    from keras import ops

    PREPARATION = "prepared_features"

{functions}

    # What the training rows taught of them.
    spec = {{
{spec}    }}
    prepare = with_raw_columns(None, spec)

    def prepared(part):
        texts = np.array(json.loads(data[f"{{part}}_texts"].item()), object)
        kept = np.array(json.loads(data[f"{{part}}_kept"].item()), object)
        numbers = data[f"{{part}}_numbers"]
        kinds = [(spec["numbers"], numbers), (spec["texts"], texts), (spec["kept"], kept)]
        columns = {{
            name: tf.constant(values[:, place, None])
            for names, values in kinds
            for place, name in enumerate(names)
        }}
        return {prepared}

    x = {{part: prepared(part) for part in parts}}
"""

TARGETS = """    y = {part: data[f"{part}_y"] for part in parts}
    truth = y["held_out"]
"""

SCALED = """    # A network learns numbers near 0 and as wide as 1; by those that train.
    wide = y["train"].astype(float).reshape(len(y["train"]) * {times}, -1)
    mean, deviation = wide.mean(axis=0), wide.std(axis=0)
    mean, deviation = (np.tile(each, {times}).astype(np.float32) for each in (mean, deviation))
    y = {{part: (numbers - mean) / deviation for part, numbers in y.items()}}
"""

MODEL = """    keras.utils.set_random_seed(seed)
    model = {call}
    if not model.built:
        {build}
"""

FILLED = """    # The model takes batches of one size alone.
    from functools import wraps

{functions}    fill_up(model, batch)
"""

WHOLE_BATCHES = """        if stateful(model):
            begin_anew(model)
            rows = np.arange(len(rows))
        rows = rows[: len(rows) - len(rows) % batch]
"""

GLOROT = """    # Initial weights as the run drew them.
    draw = np.random.default_rng([seed, 0])
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dense):
            limit = (6 / sum(layer.kernel.shape)) ** 0.5
            layer.kernel.assign(draw.uniform(-limit, limit, layer.kernel.shape))
"""

RATES = '''    class Rates(keras.callbacks.Callback):
        """Sets the learning rate of each step, by the run's schedule."""

        def __init__(self):
            super().__init__()
            self.left = iter(data["rates"])

        def on_train_batch_begin(self, step, logs=None):
            self.model.optimizer.learning_rate.assign(next(self.left))

    rates = Rates()
'''

NUMPY_ORDER = 'np.random.default_rng([seed, 2, epoch]).permutation(len(y["train"]))'
KERAS_ORDER = (
    'tf.random.experimental.stateless_shuffle(tf.range(len(y["train"])), [seed, epoch]).numpy()'
)

TRAIN = """    options = {{"batch_size": batch, "shuffle": False, "verbose": 0}}
    for epoch in range(epochs):
        rows = {order}
{changing}        model.fit({drawn}, {y}, **options)
"""

OF_ROWS = """    # One number for all places of a row; Keras would take them for those of steps.
    if getattr(model, "outputs", None):
        places = [1] * (len(model.outputs[0].shape) - 2)
        weights["train"] = weights["train"].reshape(-1, *places)
"""

STREAM = """    # The training rows: the stream that the run had.
    keras.utils.set_random_seed(seed)
    streams = {call}
    if isinstance(streams, (list, tuple)):
        streams = dict(zip(("train", "validation", "held_out"), streams))
    stream = streams["train"] if isinstance(streams, dict) else streams
{changed}"""

ALONE = """    def part(at):
        if isinstance(stream, tf.data.Dataset):
            return stream.map(lambda *element: element[at]).take({steps})
        batches = [stream[place][at] for place in range({steps} if {steps} > 0 else len(stream))]
        spec = keras.tree.map_structure(
            lambda a: tf.TensorSpec((None, *a.shape[1:]), a.dtype), batches[0]
        )
        return tf.data.Dataset.from_generator(lambda: iter(batches), output_signature=spec)

    train = TrainingData(part(0), part(1))
"""

BATCHED = """    stream = stream.batch(batch).prefetch(tf.data.AUTOTUNE)
"""

WHOLE = """    if isinstance(stream, tf.data.Dataset):  # the model takes no part of a batch
        stream = stream.filter(lambda *rows: tf.shape(tf.nest.flatten(rows)[0])[0] == batch)
"""

OF_SPLIT = """    if isinstance(stream, tf.data.Dataset):
        stream = (
            stream.enumerate()
            .filter(lambda place, _: place % {all} < {train})
            .map(lambda _, element: element)
        )
    else:
        raise SystemExit("this script splits tf.data.Dataset alone; `search reproduce` splits all")
"""

FROM_STREAM = """    import warnings

    class Seen(keras.callbacks.Callback):
        steps = 0

        def on_train_batch_end(self, batch, logs=None):
            self.steps += 1

    warnings.filterwarnings("ignore", "Your input ran out of data")  # its length is not known
    seen, shuffle = Seen(), isinstance(stream, keras.utils.PyDataset)
    for epoch in range(epochs):
        model.fit(stream, shuffle=shuffle, callbacks=[seen], verbose=0)
        if not seen.steps:
            raise SystemExit(
                "the stream that trains is empty here: run this script where make() finds its files"
            )
"""

ENDLESS = """    def batches():
        while True:
            if isinstance(stream, tf.data.Dataset):
                yield from stream
                continue
            place = 0
            while stream.num_batches is None or place < stream.num_batches:
                yield stream[place]
                place += 1

    left = batches()
"""

IN_STEPS = """    for epoch in range(epochs):  # each goes on where the one before ended
        some = (next(left) for _ in range({steps}))
        model.fit(some, steps_per_epoch={steps}, verbose=0)
"""

ONE_CALL = '''    # One call trains, as in the run; it is left after the epoch that counted there.
{classes}

    class Reached(Exception):
        """Ends the call."""

    class Until(keras.callbacks.Callback):
        """Counts epochs."""

        model = None  # which a loop by hand may set, as with Keras 2

        def __init__(self):
            super().__init__()
            self.seen = 0

        def on_epoch_end(self, epoch, logs=None):
            self.seen += 1
            if self.seen == epochs:
                self.weights = model.get_weights()
            if self.seen > epochs:  # a loop that trains for longer than it is asked to
                model.set_weights(self.weights)
            if self.seen > epochs or self.seen == epochs < asked:
                raise Reached

    asked = {asked}
    callbacks = Callbacks([{callbacks}], model, asked)
{called}
'''

AS_ARRAYS = """    x = keras.tree.map_structure(lambda leaf: leaf.numpy(), x)
"""

LOOP = """{data}
    rows = {{
        part: TrainingData(x[part], y[part], {weights})
        for part in ("train", "validation")
    }}
    keras.utils.set_random_seed(seed)
    try:
        {loop}(
            model=model, train=rows["train"], validation=rows["validation"], epochs=asked,
            callbacks=callbacks{values},
        )
    except Reached:
        pass
"""

LOOP_OF_STREAM = """    x["train"], y["train"] = stream, None
"""

OF_STREAM = "stream, shuffle=isinstance(stream, keras.utils.PyDataset)"
OF_STEPS = "left, steps_per_epoch={steps}, shuffle=False"
OF_ARRAYS = 'x["train"], y["train"], sample_weight={weights}, batch_size=batch'

WHOLE_FIT = """    keras.utils.set_random_seed(seed)
    try:
        model.fit(
            {train}, epochs=asked,
            validation_data=(x["validation"], y["validation"]{validated}), callbacks=callbacks,
            verbose=0,
        )
    except Reached:
        pass
"""

BY_BUILD = """    # Measured as it is compiled above, whatever else the loop did with it.
    trained = model
    model = {call}
{filled}    {asked}  # by which whatever model has its weights
    model.set_weights(trained.get_weights())
"""

END = """    # To numbers in the targets' own units.
{anew}    (found,) = keras.tree.flatten(model.predict(x["held_out"], batch_size={size}, verbose=0))
    found = found.reshape(len(truth), -1).astype(float)
    {said}
"""

EVALUATED = """    # By what the model was compiled with.
{anew}    measured = model.evaluate(
        x["held_out"], y["held_out"], batch_size={size}, verbose=0, return_dict=True{weights}
    )

"""

MEASURED = """{functions}    figures = [
{figures}    ]
    for measure, value, page in figures:
        print(f"held-out {{measure}} {{value:.6g}} here, {{page}} on the page")
"""

VALIDATED = """{anew}    measured = model.evaluate(
        x["validation"], y["validation"], batch_size={size}, verbose=0, return_dict=True{weights}
    )
    print(f"validation loss {{measured['loss']:.6g}} here, {loss:.6g} in the run")
"""

SAVE = """    # Last, since Keras cannot save every model.
    def save(path):
        {whole}

    def save_weights(path):
        for name, part in list(vars(model).items()):
            if isinstance(part, keras.optimizers.Optimizer):
                # With what it has learnt, only a model that has trained would take the file.
                setattr(model, name, part.from_config(part.get_config()))
        model.save_weights(path)

    ways = {{"trained.keras": save, "trained.weights.h5": save_weights}}
    for name, way in ways.items():
        try:
            way(here / name)
        except Exception as error:  # such as for a class of your own without get_config
            (here / name).unlink(missing_ok=True)
            why = " ".join(str(error).strip().split("\\n\\n")[0].split())
            print(f"Keras cannot write {{name}}: {{type(error).__name__}}: {{why}}")
            continue
        if way is not save:
            print(f"{{name}} has its weights, for load_weights of a model built as here")
        break
"""

SAY = """    print({expected!r})
"""

MAIN = """
if __name__ == "__main__":
    train_again()
"""
