"""`train.py`: a winner's training as one plain file of Keras and NumPy; needs no TensorFlow here.

What comes from a person (names, values, texts) stands in it as Python literals. A person's own
code comes first and all that is written here is inside one function, so that no name of the one
takes a name of the other.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from textwrap import indent
from typing import Any

from search.data.dataset import Shape
from search.data.preparation import Preparation
from search.study.dense import widths
from search.study.target_form import COLUMN, ONE_HOT, PLAIN, SIGNED, TargetForm
from search.study.task import BINARY, MULTICLASS, MULTILABEL, REGRESSION, TASKS
from search.training.preparation_spec import spec_of

RAW_COLUMNS = "search.training.raw_columns"
"""The module whose functions make features of raw columns."""
TOLERANCE = 0.02
"""Of the held-out figure; what rounding in another order may grow to in a whole training."""


@dataclass(frozen=True)
class Builder:
    """How the script makes the untrained model.

    Attributes:
        text: Statements that go before; the person's own, or a function `build`.
        call: The expression that makes it.
    """

    text: str
    call: str


@dataclass(frozen=True)
class Recipe:
    """A winner's training.

    Attributes:
        run: Name of the run.
        versions: Package → version that it was trained with.
        builder: Makes the untrained model.
        shape: Of the rows that the model takes.
        seed: Of the fit that is shown.
        epochs: Passes over the training rows up to the one that counted.
        batch: Rows a step.
        engine: That trained it in the run.
        threads: That the run's workers had.
        page: The held-out figure: measure, value, and those of the winner's other seeds.
        loss: On validation, in the run; None for a last fit, in which these rows train too.
        preparation: How features are made of raw columns; None where there are none.
        scaled: Whether targets are standardised for training.
        weighted: Whether training rows have weights, `train_weights` of the data.
        scheduled: Whether the learning rate changes from step to step, as `rates` of the data.
        dropout: Whether training draws random numbers that only the run's own engine draws so.
        targets: How the model wants the classes of its rows.
        cut: Of one output for two classes: above it, the second is predicted.
    """

    run: str
    versions: Mapping[str, str]
    builder: Builder
    shape: Shape
    seed: int
    epochs: int
    batch: int
    engine: str
    threads: int
    page: tuple[str, float, tuple[float, ...]]
    loss: float | None
    preparation: Preparation | None = None
    scaled: bool = False
    weighted: bool = False
    scheduled: bool = False
    dropout: bool = False
    targets: TargetForm = PLAIN
    cut: float = 0.5

    @property
    def parts(self) -> tuple[str, ...]:
        """Of the rows, that the script needs."""
        validation = () if self.loss is None else ("validation",)
        return ("train", *validation, "held_out")

    @property
    def expected(self) -> str:
        """How near its figure will be to the page's."""
        if self.engine == "numpy" and self.dropout:
            seeds = ", ".join(f"{value:.4g}" for value in self.page[2])
            known = f"; the winner's seeds gave {seeds}" if len(self.page[2]) > 1 else ""
            return (
                "the run drew dropout by NumPy and Keras draws it otherwise, so expect what "
                f"another seed gives{known}"
            )
        if self.engine == "numpy":
            return (
                "the run trained in NumPy from the same initial weights on the same order of rows, "
                f"and Keras adds up in another order: expect it within {TOLERANCE}"
            )
        return (
            "the same seed, initial weights and order of rows as in the run: expect it within "
            f"{TOLERANCE}, and equal on the same versions and CPU but for rounding"
        )


def dense_builder(shape: Shape, params: Mapping[str, Any]) -> Builder:
    """The layers of a `DenseSpace`'s configuration, one a line."""
    task = TASKS[shape.task]
    layers = [f"keras.Input({shape.features!r})"]
    layers += ["keras.layers.Flatten()"] if len(shape.features) > 1 else []
    for units in widths(params):
        l2 = f", kernel_regularizer=keras.regularizers.L2({params['l2']!r})" if params["l2"] else ""
        layers.append(f"keras.layers.Dense({units!r}{l2})")
        layers += ["keras.layers.BatchNormalization()"] if params["batch_norm"] else []
        layers.append(f"keras.layers.Activation({params['activation']!r})")
        if params["dropout"]:
            layers.append(f"keras.layers.Dropout({params['dropout']!r})")
    layers.append(f"keras.layers.Dense({shape.outputs!r}, {task.activation!r})")
    listed = "".join(f"            {layer},\n" for layer in layers)
    text = f'''import keras


def build():
    """The winner's model, untrained."""
    model = keras.Sequential(
        [
{listed}        ]
    )
    optimizer = keras.optimizers.get({params["optimizer"]!r})
    optimizer.learning_rate = {params["learning_rate"]!r}
    model.compile(optimizer, {task.loss!r}, metrics=[{task.metric!r}])
    return model
'''
    return Builder(text, "build()")


def script(recipe: Recipe) -> str:
    """The whole text of `train.py`."""
    made_with = ", ".join(f"{name} {version}" for name, version in recipe.versions.items())
    parts = [
        _HEAD.format(run=recipe.run, made_with=made_with, threads=recipe.threads),
        recipe.builder.text.strip("\n") + "\n\n",
        _BEGIN.format(seed=recipe.seed, epochs=recipe.epochs, batch=recipe.batch),
        f"    parts = {recipe.parts!r}\n",
        _columns(recipe.preparation) if recipe.preparation else _ARRAYS,
        _SCALED if recipe.scaled else "",
        _written(recipe),
        _MODEL.format(call=recipe.builder.call, shape=(None, *recipe.shape.features)),
        _GLOROT if recipe.engine == "numpy" else "",
        _RATES if recipe.scheduled else "",
        _training(recipe),
        _END.format(whole=_whole(recipe), figure=_figure(recipe)),
        "" if recipe.loss is None else _VALIDATED.format(loss=recipe.loss),
        _SAY.format(
            measure=recipe.page[0],
            page=recipe.page[1],
            expected=recipe.expected,
        ),
    ]
    return "\n".join(part for part in parts if part)


def _written(recipe: Recipe) -> str:
    """Classes as the model's loss wants them; the held-out ones stay as they are."""
    if not TASKS[recipe.shape.task].classifies or recipe.targets == PLAIN:
        return ""
    classes = max(2, recipe.shape.outputs)
    kind = "np.float32" if recipe.targets.floats else "np.int32"
    form = {
        ONE_HOT: f"np.eye({classes}, dtype={kind})[codes]",
        SIGNED: f"(2 * codes - 1).astype({kind})",
        COLUMN: f"codes.astype({kind}).reshape(-1, 1)",
    }.get(recipe.targets.layout, f"codes.astype({kind})")
    return f"""    # Classes as the loss takes them.
    y |= {{part: {form} for part, codes in y.items() if part != "held_out"}}
"""


def _training(recipe: Recipe) -> str:
    order = _NUMPY_ORDER if recipe.engine == "numpy" else _KERAS_ORDER
    more = {
        '"sample_weight": data["train_weights"][rows]': recipe.weighted,
        '"callbacks": [rates]': recipe.scheduled,
    }
    options = ", ".join(option for option, holds in more.items() if holds)
    changing = f"        options |= {{{options}}}\n" if options else ""
    return _TRAIN.format(order=order, changing=changing)


def _figure(recipe: Recipe) -> str:
    """From what the model says to the figure of the page."""
    own = "(found * deviation + mean)" if recipe.scaled else "found"
    return _FIGURES[recipe.shape.task].replace("OWN", own).replace("CUT", f"{recipe.cut:g}")


def _whole(recipe: Recipe) -> str:
    """From the trained model to one that takes raw columns and speaks in the targets' units."""
    if recipe.preparation is None and not recipe.scaled:
        return "whole = model"
    lines = ["whole = model"]
    if recipe.scaled:
        units = "keras.layers.Rescaling(deviation.tolist(), mean.tolist())"
        lines.append(f"inputs = keras.Input({recipe.shape.features!r})")
        lines.append(f"whole = keras.Model(inputs, {units}(model(inputs)))")
    if recipe.preparation:
        lines.append("whole = with_raw_columns(whole, spec)")
    return "\n    ".join(lines)


def _columns(preparation: Preparation) -> str:
    lines = "".join(
        f"        {name!r}: {value!r},\n" for name, value in spec_of(preparation).items()
    )
    return _PREPARE.format(functions=_functions(), spec=lines)


def _functions() -> str:
    """The preparation's own functions, to stand inside another one."""
    text = find_spec(RAW_COLUMNS)
    source = Path(str(text and text.origin)).read_text(encoding="utf-8")
    tree = ast.parse(source)
    wanted = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    found = "\n\n".join(ast.get_source_segment(source, node) or "" for node in wanted)
    return indent(found, "    ")


_HEAD = '''"""Trains the winner of {run} again, and prints its held-out figure beside the page's.

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

_BEGIN = '''def train_again():
    """Train as the run did, print the held-out figure, and keep the model in trained.keras."""
    from pathlib import Path

    import keras
    import numpy as np
    import tensorflow as tf

    seed, epochs, batch = {seed}, {epochs}, {batch}
    here = Path(__file__).absolute().parent
    data = np.load(here / "data.npz", allow_pickle=False)
'''

_ARRAYS = """    x = {part: data[f"{part}_x"] for part in parts}
    y = {part: data[f"{part}_y"] for part in parts}
"""

_PREPARE = """    # Features of raw columns, as in the exported model.
    import re
    import warnings

    from keras import ops

    PREPARATION = "prepared_features"

{functions}

    # What the training rows taught of them.
    spec = {{
{spec}    }}
    prepare = with_raw_columns(None, spec)

    def prepared(part):
        kinds = [(spec[kind], data[f"{{part}}_{{kind}}"]) for kind in ("numbers", "texts")]
        columns = {{
            name: tf.constant(values[:, place, None])
            for names, values in kinds
            for place, name in enumerate(names)
        }}
        return prepare(columns).numpy()

    x = {{part: prepared(part) for part in parts}}
    y = {{part: data[f"{{part}}_y"] for part in parts}}
"""

_SCALED = """    # A network learns numbers near 0 and as wide as 1; by those that train.
    mean = y["train"].astype(float).mean(axis=0).astype(np.float32)
    deviation = y["train"].astype(float).std(axis=0).astype(np.float32)
    held_out = y["held_out"]
    y = {part: (numbers - mean) / deviation for part, numbers in y.items()}
    y["held_out"] = held_out
"""

_MODEL = """    keras.utils.set_random_seed(seed)
    model = {call}
    if not model.built:
        model.build({shape})
"""

_GLOROT = """    # Initial weights as the run drew them.
    draw = np.random.default_rng([seed, 0])
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dense):
            limit = (6 / sum(layer.kernel.shape)) ** 0.5
            layer.kernel.assign(draw.uniform(-limit, limit, layer.kernel.shape))
"""

_RATES = '''    class Rates(keras.callbacks.Callback):
        """Sets the learning rate of each step, by the run's schedule."""

        def __init__(self):
            super().__init__()
            self.left = iter(data["rates"])

        def on_train_batch_begin(self, step, logs=None):
            self.model.optimizer.learning_rate.assign(next(self.left))

    rates = Rates()
'''

_NUMPY_ORDER = 'np.random.default_rng([seed, 2, epoch]).permutation(len(y["train"]))'
_KERAS_ORDER = (
    'tf.random.experimental.stateless_shuffle(tf.range(len(y["train"])), [seed, epoch]).numpy()'
)

_TRAIN = """    options = {{"batch_size": batch, "shuffle": False, "verbose": 0}}
    for epoch in range(epochs):
        rows = {order}
{changing}        model.fit(x["train"][rows], y["train"][rows], **options)
"""

_END = """    # From the rows as they were read to numbers in the targets' own units.
    {whole}
    whole.save(here / "trained.keras")
    found = model.predict(x["held_out"], batch_size=4096, verbose=0)
    truth = y["held_out"]
    {figure}
"""

_CLASSES = """predicted = (found[:, 0] > CUT) if found.shape[1] == 1 else found.argmax(axis=1)
    figure = float((predicted == truth).mean())"""

_FIGURES = {
    BINARY.name: _CLASSES,
    MULTICLASS.name: _CLASSES,
    MULTILABEL.name: """predicted, there = found >= 0.5, truth == 1
    hits, misses = (predicted & there).sum(), (predicted != there).sum()
    figure = float(2 * hits / (2 * hits + misses))""",
    REGRESSION.name: """errors = np.square(OWN - truth).mean(axis=0, dtype=float)
    figure = float((1 - errors / truth.var(axis=0, dtype=float)).mean())""",
}

_VALIDATED = """    measured = model.evaluate(
        x["validation"], y["validation"], batch_size=1024, verbose=0, return_dict=True
    )
    print(f"validation loss {{measured['loss']:.6g}} here, {loss:.6g} in the run")
"""

_SAY = """    print(f"held-out {measure} {{figure:.6g}} here, {page:.6g} on the page")
    print({expected!r})


if __name__ == "__main__":
    train_again()
"""
