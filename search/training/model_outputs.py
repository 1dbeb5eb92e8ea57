"""What a model gives beside its targets: whether they fit, and targets as each loss takes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from search.data.columns import Array
from search.data.dataset import Shape
from search.data.tree import ClassesOf, Leaf, Path, TargetRows, Tree, key, leaves_by_path, named
from search.study.errors import InputError
from search.study.target_form import is_one_hot
from search.training.keras_compat import compiled_with, is_graph
from search.training.keras_own import overrides
from search.training.losses import losses_of_outputs
from search.training.model_inputs import fits, listed
from search.training.predict import asked_for

ROUNDED = 1e-6
"""By which what a scaler brought between 0 and 1 may lie beyond, as float32."""
OF_PROBABILITIES = {
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
}
OF_CLASSES = {"categorical_crossentropy", "categorical_focal_crossentropy"}
ELEMENTWISE = {
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "mean_squared_error",
    "mean_absolute_error",
    "huber",
    "log_cosh",
    "poisson",
    *OF_CLASSES,
}
"""Losses of Keras that compare each number with another one; of unlike shapes they would repeat."""
OF_NUMBERS = {"mean_squared_error", "mean_absolute_error", "huber", "log_cosh", "poisson"}
"""Those of them that say how far numbers are apart."""


class OutputsError(Exception):
    """Targets are not what a model gives."""


@dataclass(frozen=True)
class Output:
    """One output of a model, beside its target.

    Attributes:
        path: Where its target is.
        place: Where it is among the outputs.
        name: As Keras calls it where a model declares several, and names each differently.
        tensor: That the model gives, as Keras knows it.
        losses: Names of Keras's own losses that it is compiled with.
        options: That these were made with, such as `from_logits`.
    """

    path: Path
    place: Path
    name: str
    tensor: Any
    losses: frozenset[str]
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int | None, ...]:
        """Of a row."""
        return tuple(self.tensor.shape[1:])

    @property
    def is_sparse(self) -> bool:
        """Whether its loss takes numbers of classes."""
        return any(name.startswith("sparse_") for name in self.losses)


def check_outputs(model: Any, shape: Shape) -> None:
    """Compare targets with the outputs that a model declares.

    Args:
        model: Of Keras; one that is no graph declares nothing.
        shape: Of the data.

    Raises:
        OutputsError: Names, number or shapes differ.
    """
    targets = {leaf.path: leaf for leaf in shape.targets}
    if not targets or not is_graph(model) or not model.built:
        return
    there = outputs_of(model, list(targets))
    wanted = {output.path for output in there}
    if wanted != set(targets) or len(there) != len(targets):
        raise OutputsError(
            f"build returned a model with the outputs {listed(_own_names(model))}, and the "
            f"targets are {listed(targets)}; let names and number be the same, such as by "
            f"arrays(x, {example(model)})"
        )
    for output in there:
        _check_shape(output, targets[output.path])


def check_keys(model: Any, shape: Shape) -> None:
    """Compare keys of what a model was compiled with, with its outputs.

    Args:
        model: Of Keras, built and compiled.
        shape: Of the data.

    Raises:
        OutputsError: A loss, its weight or metrics are given for an output that is none, or for
            too few of them.
    """
    names = _names_known(model, shape)
    if not names or any("/" in name for name in names):
        return
    given = compiled_with(model)
    there = listed([(name,) for name in names])
    for argument, said in given.items():
        of = f"build compiles with {argument}"
        if isinstance(said, Mapping):
            keys: list[Path] = [(key,) for key in said]
            if not {*said} <= {*names}:
                raise OutputsError(
                    f"{of} for {listed(keys)}, and the model's outputs are {there}; let the keys "
                    "be those names"
                )
            missing = [(name,) for name in _needed(model, argument, names) if name not in said]
            if missing:
                raise OutputsError(
                    f"{of} for {listed(keys)} alone, and the model's outputs are {there}; give "
                    f"{listed(missing)} too{', as None for none' if argument == 'loss' else ''}"
                )
        elif isinstance(said, list | tuple) and len(names) > 1 and len(said) != len(names):
            raise OutputsError(
                f"{of} as a list of {len(said)}, and the model's outputs are {there}; give one for "
                "each, or a dict by these names"
            )


def _needed(model: Any, argument: str, names: Sequence[str]) -> Sequence[str]:
    """Outputs for which Keras wants something in a dict."""
    if argument == "loss_weights":
        losses = model.loss if isinstance(model.loss, Mapping) else dict.fromkeys(names, "")
        return [name for name, loss in losses.items() if loss is not None]
    in_list = is_graph(model) and isinstance(_given(model), list | tuple)
    return names if argument == "loss" and in_list else ()


def _names_known(model: Any, shape: Shape) -> list[str]:
    """Of outputs; of a subclassed model the keys of the dict that it gives; else empty."""
    if not model.built or not model.compiled:
        return []
    if is_graph(model):
        return [name for (name,) in _own_names(model)]
    if any(overrides(model, own) for own in ("train_step", "compute_loss")):
        return []
    given = [*asked_for(model, shape.zeros(1)).leaves]
    known = all(path and isinstance(path[0], str) for path in given)
    return ["/".join(map(str, path)) for path in given] if known else []


def outputs_of(model: Any, paths: list[Path]) -> list[Output]:
    """The outputs of a graph, each with the path of its target.

    Args:
        model: Of Keras, built.
        paths: Of the targets: a list of targets is in the order of a list of outputs, and targets
            with names have those of outputs. A list for named outputs has none of them, since Keras
            takes it in the order of the alphabet.
    """
    by_path = dict(Tree.of(_given(model), lambda _: False).leaves)
    names = dict(zip(by_path, _names(model, list(by_path)), strict=True))
    by_names = all(len(path) == 1 and isinstance(path[0], str) for path in paths)
    one = len(by_path) == 1 and len(paths) == 1
    losses = losses_of_outputs(model, list(names.values()))
    alike = len(set(names.values())) < len(names)
    found = []
    for (path, tensor), own_losses in zip(by_path.items(), losses, strict=True):
        own: Path = path
        if one:
            own = paths[0]
        elif by_names:
            own = (names[path],)
        found.append(Output(own, path, key(path) if alike else names[path], tensor, *own_losses))
    return found


def outputs_given(model: Any, paths: list[Path], given: Mapping[Path, Any]) -> list[Output]:
    """The outputs of any model; a subclassed one declares none, and is known by what it gave.

    Args:
        model: Of Keras, built.
        paths: Of the targets.
        given: What it gave of some rows, by place.

    Returns:
        Empty of a subclassed model whose outputs have other places than its targets.
    """
    if is_graph(model) and model.built:
        return [one for one in outputs_of(model, paths) if one.place in given]
    if len(paths) != len(given) or (len(paths) > 1 and {*paths} != {*given}):
        return []
    each = losses_of_outputs(model, ["/".join(map(str, place)) for place in given])
    return [
        Output(path, place, key(place), leaf, *losses)
        for path, (place, leaf), losses in zip(
            given if len(paths) > 1 else paths, given.items(), each, strict=True
        )
    ]


def as_losses_take(model: Any, y: TargetRows) -> TargetRows:
    """Targets with classes written as each loss takes them: as numbers, or one-hot."""
    if not is_graph(model) or not model.built or y.shape[1:] == (0,):
        return y
    leaves = leaves_by_path(y)
    there = {output.path: output for output in outputs_of(model, list(leaves))}
    if there.keys() != leaves.keys():  # a loss of the model's own may take any
        return y
    written = {path: _written(there[path], leaf) for path, leaf in leaves.items()}
    return Tree(written) if isinstance(y, Tree) else written[()]


def weights_as_taken(model: Any, weights: Any, y: TargetRows) -> Any:
    """Weights of as many axes as what the loss of each output gives: a number for all but the last.

    Keras itself takes one number a row for one a step where a batch has as many rows as steps.

    Args:
        model: Compiled and built.
        weights: Of rows, of places or of several outputs; None for none.
        y: The rows' targets.

    Raises:
        InputError: There are more weights than numbers that a loss gives.
    """
    if weights is None or not is_graph(model) or not model.built or y.shape[1:] == (0,):
        return weights
    leaves = leaves_by_path(y)
    there = {output.path: output for output in outputs_of(model, list(leaves))}
    if there.keys() != leaves.keys():
        return weights
    several = isinstance(weights, Tree)
    each = {path: weights.leaves[path] if several else weights for path in leaves}
    taken = {path: _weights_of(there[path], leaf) for path, leaf in each.items()}
    if all(taken[path].shape == each[path].shape for path in each):
        return weights
    return Tree(taken) if isinstance(y, Tree) else taken[()]


def _weights_of(output: Output, weights: Array) -> Array:
    axes = len(output.shape)
    if not output.losses or axes < 1:
        return weights
    alike = zip(weights.shape[1:], output.shape[:-1], strict=False)
    fits_all = all(count == 1 or size in {None, count} for count, size in alike)
    if weights.shape[axes:] not in {(), (1,)} or not fits_all:
        raise InputError(
            named(output.path, "weights"),
            f"a row has {weights.shape[1:]} of them, and the loss of an output of shape "
            f"{output.shape} gives a number for each of {output.shape[:-1]}",
            "give as many, or one a row; or end the model in one more axis, such as "
            f"{(*weights.shape[1:], 1)}, so that each place has its own",
        )
    return weights.reshape(*weights.shape, *[1] * (axes - weights.ndim))


def converted(model: Any, y: TargetRows) -> tuple[str, ...]:
    """Names of the targets that `as_losses_take` writes in another form."""
    after = as_losses_take(model, y)
    before, now = leaves_by_path(y), leaves_by_path(after)
    return tuple(named(path, "y") for path in before if before[path].shape != now[path].shape)


def check_values(model: Any, y: TargetRows, classes: ClassesOf = ()) -> None:
    """Refuse numbers of classes that an output has no unit for, and what is no probability.

    Also texts, whose numbers as classes say nothing of how far they are apart.

    Args:
        model: Compiled and built.
        y: Of all rows that train, as in `Dataset`.
        classes: Names of the classes of those targets that have some.

    Raises:
        OutputsError: Names the target.
    """
    if not is_graph(model) or not model.built or y.shape[1:] == (0,):
        return
    leaves = leaves_by_path(as_losses_take(model, y))
    for output in outputs_of(model, list(leaves)):
        if (leaf := leaves.get(output.path)) is None or not leaf.size:
            continue
        low, high, name = leaf.min(), leaf.max(), named(output.path, "y")
        units = output.shape[-1] if output.shape else None
        if output.path in dict(classes) and output.losses and output.losses <= OF_NUMBERS:
            raise OutputsError(
                f"{name} is of classes, and its loss ({', '.join(output.losses)}) is for numbers; "
                "give numbers, or compile that output with 'sparse_categorical_crossentropy'"
            )
        if output.is_sparse and units:
            if (left_out := output.options.get("ignore_class")) is not None:
                kept = leaf[leaf != left_out]
                low, high = kept.min(initial=0), kept.max(initial=0)
            whole = bool((leaf == np.floor(leaf)).all())
            if not whole or low < 0 or high >= units:
                raise OutputsError(
                    f"its loss ({', '.join(output.losses)}) is for classes counted from 0, one for "
                    f"each of the {units} units of the output, and {name} goes from {low:g} to "
                    f"{high:g}; give the output {int(high) + 1} units, or count classes from 0"
                )
        elif output.losses & OF_PROBABILITIES and not (low >= -ROUNDED and high <= 1 + ROUNDED):
            raise OutputsError(
                f"its loss ({', '.join(output.losses)}) is for targets from 0 to 1, and {name} "
                f"goes from {low:g} to {high:g}; compile that output with another loss, such as "
                "'mse', or scale its targets"
            )


def _written(output: Output, y: Array) -> Array:
    if output.is_sparse and y.shape[1:] == output.shape and y.ndim > 1:
        units = y.shape[-1]
        if units > 1 and is_one_hot(y.reshape(-1, units)):
            codes: Array = y.argmax(axis=-1).astype(np.int32)
            return codes
    units_of = output.shape[-1] if output.shape else None
    if output.losses & OF_CLASSES and y.shape[1:] == output.shape[:-1] and units_of:
        whole = y.dtype.kind in "iu" or bool((y == np.floor(y)).all())
        if whole and y.size and y.min() >= 0 and y.max() < units_of:
            rows: Array = np.eye(units_of, dtype=np.float32)[y.astype(int)]
            return rows
    return y


def _check_shape(output: Output, target: Leaf) -> None:
    gives, there = output.shape, target.shape
    if output.is_sparse:
        alike = fits(gives[:-1], there) or fits(gives, there)
        mend = f"a class for each of {gives[:-1]}" if len(gives) > 1 else "one class a row"
    elif output.losses and output.losses <= ELEMENTWISE:
        of_classes = bool(output.losses & OF_CLASSES) and fits(gives[:-1], there)
        alike, mend = of_classes or fits(gives, there), f"targets of shape {gives}"
    else:
        return
    if not alike:
        name = "/".join(map(str, output.path))
        which = f"whose output {name!r} gives" if output.path else "that gives"
        raise OutputsError(
            f"build returned a model {which} {gives} for each row, and "
            f"{named(output.path, 'y')} is of shape {there}; its loss "
            f"({', '.join(sorted(output.losses))}) needs {mend}, so let the model end in the shape "
            "of the targets"
        )


def _given(model: Any) -> Any:
    """What a graph gives, in its structure."""
    return model.outputs[0] if isinstance(model, keras.Sequential) else model.output


def _names(model: Any, paths: list[Path]) -> list[str]:
    """Of outputs in a dict their keys; else those of the layers that give them."""
    if all(path and isinstance(path[-1], str) for path in paths):
        return ["/".join(map(str, path)) for path in paths]
    if isinstance(model, keras.Sequential):
        return [model.layers[-1].name]
    return list(model.output_names)


def _own_names(model: Any) -> list[tuple[str]]:
    paths = list(Tree.of(_given(model), lambda _: False).leaves)
    return [(name,) for name in _names(model, paths)]


def example(model: Any) -> str:
    """Targets as a graph of several outputs takes them, such as "{'price': …, 'kind': …}"."""
    names = [path[0] for path in _own_names(model)]
    return "{" + ", ".join(f"{name!r}: …" for name in names) + "}" if len(names) > 1 else "y"
