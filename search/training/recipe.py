"""What `train.py` is written from: a winner's training, and what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from search.data.dataset import Shape
from search.data.preparation import Preparation
from search.study.dense import widths
from search.study.outputs import SURE, Outputs
from search.study.target_form import PLAIN, TargetForm
from search.study.task import TASKS
from search.training.picture_layers import picture_layers, written

TOLERANCE = 0.02
"""Of the held-out figure; what rounding in another order may grow to in a whole training."""


@dataclass(frozen=True)
class Builder:
    """How the script makes the untrained model.

    Attributes:
        text: Statements that go before; the user's own, or a function `build`.
        call: The expression that makes it.
        adapts: Whether it takes the training rows, as `train`.
    """

    text: str
    call: str
    adapts: bool = False


@dataclass(frozen=True)
class OneCall:
    """A training that is one call, and no loop over epochs.

    Attributes:
        asked: Epochs that it is called for; it is left after those that counted.
        loop: The expression of a `fit=`; "" for that of Keras.
        values: Of a configuration, that it is given.
        callbacks: The expression of a list of callbacks; "" for none.
    """

    asked: int
    loop: str = ""
    values: str = ""
    callbacks: str = ""


@dataclass(frozen=True)
class Figure:
    """One that the page gives of the held-out rows.

    Attributes:
        measure: What the page calls it.
        page: Its value there; None where that is no finite number.
        by: Name of the function of `FIGURES` that measures it; "" for the model's own objective.
        objective: As in `Study`, for what the model measures itself.
        share: Whether it has a natural 1.
        deviations: Of each target, by which its numbers are divided before; empty for none.
    """

    measure: str
    page: float | None
    by: str
    objective: str = ""
    share: bool = True
    deviations: tuple[float, ...] = ()


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
        numpy_random: Whether NumPy drew initial weights, row order and dropout in the run.
        threads: That the run's workers had.
        figures: Of the held-out rows; the objective's first.
        seeds: What the first of them is by each of the winner's seeds.
        loss: On validation, in the run; None for a last fit, in which these rows train too.
        preparation: How features are made of raw columns; None where there are none.
        scaled: Whether targets are standardised for training.
        weighted: Whether training rows have weights, `train_weights` of the data.
        scheduled: Whether the learning rate changes from step to step, as `rates` of the data.
        dropout: Whether training draws random numbers that only the run's own engine draws so.
        targets: How the model wants the classes of its rows.
        outputs: How its outputs are read.
        fixed: Whether the model takes batches of this size alone.
        one_call: How the training is called, where it is one call.
    """

    run: str
    versions: Mapping[str, str]
    builder: Builder
    shape: Shape
    seed: int
    epochs: int
    batch: int
    numpy_random: bool
    threads: int
    figures: tuple[Figure, ...]
    seeds: tuple[float, ...]
    loss: float | None
    preparation: Preparation | None = None
    scaled: bool = False
    weighted: bool = False
    scheduled: bool = False
    dropout: bool = False
    targets: TargetForm = PLAIN
    outputs: Outputs = SURE
    fixed: bool = False
    one_call: OneCall | None = None

    @property
    def parts(self) -> tuple[str, ...]:
        """Of the rows, that the script needs."""
        validation = ("validation",) if self.loss is not None or self.one_call else ()
        return ("train", *validation, "held_out")

    @property
    def expected(self) -> str:
        """How near its figure will be to the page's."""
        near = f"{TOLERANCE}" if self.figures[0].share else f"{TOLERANCE:.0%} of it"
        if self.numpy_random and self.dropout:
            seeds = ", ".join(f"{value:.4g}" for value in self.seeds)
            known = f"; the winner's seeds gave {seeds}" if len(self.seeds) > 1 else ""
            return (
                "the run drew dropout by NumPy and Keras draws it otherwise, so expect what "
                f"another seed gives{known}"
            )
        if self.numpy_random:
            return (
                "the run trained in NumPy from the same initial weights on the same order of rows, "
                f"and Keras adds up in another order: expect it within {near}"
            )
        return (
            "the same seed, initial weights and order of rows as in the run: expect it within "
            f"{near}, and equal on the same versions and CPU but for rounding"
        )


def dense_builder(shape: Shape, params: Mapping[str, Any]) -> Builder:
    """The layers of a `DenseSpace`'s configuration, one a line."""
    layers = ["keras.layers.Flatten()"] if len(shape.features) > 1 else []
    for units in widths(params):
        l2 = f", kernel_regularizer=keras.regularizers.L2({params['l2']!r})" if params["l2"] else ""
        layers.append(f"keras.layers.Dense({units!r}{l2})")
        layers += ["keras.layers.BatchNormalization()"] if params["batch_norm"] else []
        layers.append(f"keras.layers.Activation({params['activation']!r})")
        if params["dropout"]:
            layers.append(f"keras.layers.Dropout({params['dropout']!r})")
    return _builder(layers, shape, params)


def picture_builder(shape: Shape, params: Mapping[str, Any]) -> Builder:
    """The same of a `PictureSpace`."""
    return _builder([written(layer) for layer in picture_layers(shape, params)], shape, params)


def _builder(hidden: Sequence[str], shape: Shape, params: Mapping[str, Any]) -> Builder:
    task = TASKS[shape.task]
    last = f"keras.layers.Dense({shape.outputs!r}, {task.activation!r})"
    layers = [f"keras.Input({shape.features!r})", *hidden, last]
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
