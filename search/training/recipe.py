"""What `train.py` is written from: a winner's training, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from search.data.dataset import Shape
from search.data.preparation import Preparation
from search.data.tree import Code, Leaf, Tree
from search.study.outputs import SURE, Outputs
from search.study.plain_text import percent
from search.study.target_form import PLAIN, TargetForm
from search.study.task import TASKS
from search.training.field_network import input_of, layers_of, output_layer
from search.training.keras_calls import Call
from search.training.text_layers import text_layers, vectorization

TOLERANCE = 0.02
"""Of the held-out figure; what rounding in another order may grow to in a whole training."""


@dataclass(frozen=True)
class StreamText:
    """How the script gets a stream of training rows.

    Attributes:
        call: The expression that makes the streams.
        batched: Whether its elements are batches.
        steps: Batches of an epoch; None for all.
        split: As in `streams`.
    """

    call: str
    batched: bool
    steps: int | None
    split: tuple[int, int, int] | None


@dataclass(frozen=True)
class Builder:
    """How the script makes the untrained model.

    Attributes:
        text: Statements that go before; the user's own, or a function `build`.
        call: The expression that makes it.
        adapts: Whether it takes the training rows, as `train`.
        stream: What makes the training rows, where they come as a stream.
        own: Whether the text is the user's, which may draw as it is read.
    """

    text: str
    call: str
    adapts: bool = False
    stream: StreamText | None = None
    own: bool = False


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
        of_weights: Whether of a loss only what it adds for the weights is left out, and not what
            layers add for each row.
    """

    measure: str
    page: float | None
    by: str
    objective: str = ""
    share: bool = True
    deviations: tuple[float, ...] = ()
    of_weights: bool = False


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
        figures: Of the held-out rows; the objective's first. None where only what trains tells it.
        seeds: What the first of them is by each of the winner's seeds.
        loss: On validation, in the run; None for a last fit, in which these rows train too.
        preparation: How features are made of raw columns; None where there are none.
        scaled: Whether targets are standardised for training.
        horizon: Steps that follow each row, where rows are windows of a series; else 0.
        weighted: Whether training rows have weights, `train_weights` of the data.
        weights: Those by which models are measured too, which all parts have; empty for none.
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
    horizon: int = 0
    weighted: bool = False
    weights: tuple[Leaf, ...] = ()
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
        train = () if self.builder.stream else ("train",)
        return (*train, *validation, "held_out")

    @property
    def expected(self) -> str:
        """How near its figure will be to the page's."""
        if not self.figures:
            return (
                "no held-out figure stands here, and none on the page: what trains reports the "
                "objective, and the model does not measure it"
            )
        near = f"{TOLERANCE}" if self.figures[0].share else f"{percent(TOLERANCE)} of it"
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


def builder_of(shape: Shape, params: Mapping[str, Any]) -> Builder:
    """A function that makes the network of a space's fields, a layer a line.

    Args:
        shape: Of the data.
        params: The fields, by name.
    """
    if shape.inputs:
        text = _of_texts(shape, params)
        return Builder(_FUNCTION.format(given="texts", made=text, **_compiled(shape, params)),
                       'build(x["train"])')  # fmt: skip
    layers = [Call("Input", shape.features), *layers_of(shape, params), output_layer(shape)]
    listed = "".join(f"            {layer!r},\n" for layer in layers)
    text = f"    model = keras.Sequential(\n        [\n{listed}        ]\n    )\n"
    return Builder(_FUNCTION.format(given="", made=text, **_compiled(shape, params)), "build()")


def _compiled(shape: Shape, params: Mapping[str, Any]) -> dict[str, Any]:
    task = TASKS[shape.task]
    return {
        "optimizer": params["optimizer"],
        "rate": params["learning_rate"],
        "loss": task.loss,
        "metric": task.metric,
    }


def _of_texts(shape: Shape, params: Mapping[str, Any]) -> str:
    """What learns the words of the texts that train, and reads each of a row's texts."""
    inputs = Tree({leaf.path: Code(f"{input_of(leaf)!r}") for leaf in shape.inputs})
    words = vectorization(params)
    words.named["max_tokens"] = params["vocabulary"]
    layers = [*text_layers(params, Code("words.vocabulary_size()")), output_layer(shape)]
    listed = "".join(f"    outputs = {call.written_of('outputs')}\n" for call in layers)
    if [(leaf.path, leaf.shape) for leaf in shape.inputs] == [((), ())]:
        return f"""    words = {words!r}
    words.adapt(texts)
    inputs = {inputs.nested!r}
    outputs = words(inputs)
{listed}    model = keras.Model(inputs, outputs)
"""
    return f"""    words = {words!r}
    words.adapt(np.concatenate([np.ravel(each) for each in keras.tree.flatten(texts)]))
    inputs = {inputs.nested!r}
    flat = [keras.ops.reshape(each, (-1,)) for each in keras.tree.flatten(inputs)]
    found = [words(each) for each in flat]
    outputs = found[0] if len(found) == 1 else keras.layers.Concatenate()(found)
{listed}    model = keras.Model(inputs, outputs)
"""


_FUNCTION = '''import keras
import numpy as np


def build({given}):
    """The winner's model, untrained."""
{made}    optimizer = keras.optimizers.get({optimizer!r})
    optimizer.learning_rate = {rate!r}
    model.compile(optimizer, {loss!r}, metrics=[{metric!r}])
    return model
'''
