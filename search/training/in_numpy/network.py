"""A dense network as arrays: what it computes, and the gradient of its loss.

All that it learns lies in one flat array, and so does the gradient, so that an optimizer's step is
a few operations on two arrays whatever the number of layers; each layer works on views of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from search.data.dataset import Array, Shape
from search.study.dense import widths
from search.training.in_numpy.activations import ACTIVATIONS, Activation

MOMENTUM, EPSILON = 0.99, 1e-3
"""Of Keras's batch normalisation."""


@dataclass
class DenseLayer:
    """One dense layer, its gradient, and what the way back needs of the last way forward.

    Attributes:
        kernel: Shape (inputs, units); a view of all that is learnt, as `bias`.
        bias: Shape (units,).
        slopes: Gradients by kernel and bias: views of the whole gradient.
        normalise: Batch normalisation before the activation; None for none.
        activation: None in the last layer, whose outputs are logits.
    """

    kernel: Array
    bias: Array
    slopes: tuple[Array, Array]
    normalise: "Normalisation | None"
    activation: Activation | None
    inputs: Array = field(init=False)
    sums: Array = field(init=False)
    outputs: Array = field(init=False)
    kept: Array | None = field(init=False, default=None)


@dataclass
class Normalisation:
    """Batch normalisation of a layer; `gain` and `shift` are learnt, `mean` and `variance` kept."""

    gain: Array
    shift: Array
    slopes: tuple[Array, Array]
    mean: Array
    variance: Array
    scaled: Array = field(init=False)
    deviation: Array = field(init=False)

    def train(self, sums: Array) -> Array:
        """Normalise by the batch, and move the kept mean and variance towards it."""
        mean, variance = sums.mean(axis=0), sums.var(axis=0)
        self.mean += (mean - self.mean) * (1 - MOMENTUM)
        self.variance += (variance - self.variance) * (1 - MOMENTUM)
        self.deviation = np.sqrt(variance + EPSILON)
        self.scaled = (sums - mean) / self.deviation
        return self.scaled * self.gain + self.shift

    def use(self, sums: Array) -> Array:
        """Normalise by what was kept."""
        return (sums - self.mean) * (self.gain / np.sqrt(self.variance + EPSILON)) + self.shift

    def back(self, gradient: Array) -> Array:
        """From the gradient by the output to the one by the input."""
        by_gain, by_shift = self.slopes
        np.sum(gradient * self.scaled, axis=0, out=by_gain)
        np.sum(gradient, axis=0, out=by_shift)
        rows = len(gradient)
        centred = gradient - by_shift / rows - self.scaled * (by_gain / rows)
        return centred * (self.gain / self.deviation)


class Network:
    """A dense network with Keras's initial weights.

    Args:
        shape: Of the data.
        params: The fields of a `DenseSpace`.
        draw: Draws the initial weights.

    Attributes:
        weights: All that is learnt, float32, flat.
        gradient: Of the loss by `weights`, after `back`.
    """

    def __init__(self, shape: Shape, params: Mapping[str, Any], draw: np.random.Generator) -> None:
        hidden = widths(params)
        pairs = list(pairwise([int(np.prod(shape.features)), *hidden, shape.outputs]))
        # Without hidden layers a configuration has none of their values.
        normalised = bool(hidden and params["batch_norm"])
        extra = 2 * sum(hidden) if normalised else 0
        size = sum(before * after + after for before, after in pairs) + extra
        self.weights, self.gradient = np.zeros(size, np.float32), np.zeros(size, np.float32)
        self._l2, self._dropout = params.get("l2", 0.0), params.get("dropout", 0.0)
        self._taken = 0
        self.layers = [
            self._layer(before, after, ACTIVATIONS[params["activation"]], normalised=normalised)
            for before, after in pairs[:-1]
        ]
        self.layers.append(self._layer(*pairs[-1], None, normalised=False))
        for layer in self.layers:
            limit = (6 / sum(layer.kernel.shape)) ** 0.5  # Glorot and Bengio's, as Keras's Dense
            layer.kernel[...] = draw.uniform(-limit, limit, layer.kernel.shape)

    def forward(self, x: Array, draw: np.random.Generator) -> Array:
        """Logits in training, shape (rows, outputs); keeps what `back` needs."""
        for layer in self.layers:
            layer.inputs = x
            sums = x @ layer.kernel
            sums += layer.bias
            if layer.activation is None:
                return sums
            layer.sums = sums = layer.normalise.train(sums) if layer.normalise else sums
            layer.outputs = x = layer.activation.of(sums)
            if self._dropout:
                share = np.float32(1 / (1 - self._dropout))
                layer.kept = (draw.random(x.shape, np.float32) >= self._dropout) * share
                x = x * layer.kept
        raise AssertionError("a network ends in a layer without an activation")

    def back(self, gradient: Array) -> None:
        """Fill `self.gradient` from the loss's gradient by the logits, shape (rows, outputs)."""
        for layer in reversed(self.layers):
            if layer.activation is not None:
                if layer.kept is not None:
                    gradient = gradient * layer.kept
                gradient = layer.activation.back(gradient, layer.sums, layer.outputs)
                if layer.normalise:
                    gradient = layer.normalise.back(gradient)
            by_kernel, by_bias = layer.slopes
            np.matmul(layer.inputs.T, gradient, out=by_kernel)
            np.add.reduce(gradient, axis=0, out=by_bias)
            if self._l2 and layer.activation is not None:
                by_kernel += layer.kernel * np.float32(2 * self._l2)
            if layer is not self.layers[0]:
                gradient = gradient @ layer.kernel.T

    def logits(self, x: Array) -> Array:
        """Logits outside training, shape (rows, outputs)."""
        for layer in self.layers:
            x = x @ layer.kernel + layer.bias
            if layer.activation is not None:
                x = layer.activation.of(layer.normalise.use(x) if layer.normalise else x)
        return x

    def penalty(self) -> float:
        """What the l2 term adds to the loss."""
        if not self._l2:
            return 0.0
        return float(self._l2) * sum(float(np.vdot(a.kernel, a.kernel)) for a in self.layers[:-1])

    def arrays(self) -> list[Array]:
        """Every array in the order of `keras.Model.get_weights`."""
        found: list[Array] = []
        for layer in self.layers:
            found += [layer.kernel, layer.bias]
            if layer.normalise:
                n = layer.normalise
                found += [n.gain, n.shift, n.mean, n.variance]
        return found

    def load(self, arrays: Sequence[Array]) -> None:
        """Take over the arrays of a Keras model of the same shape."""
        for own, given in zip(self.arrays(), arrays, strict=True):
            own[...] = given

    def _layer(
        self, before: int, after: int, activation: Activation | None, *, normalised: bool
    ) -> DenseLayer:
        kernel, bias = self._take((before, after)), self._take((after,))
        normalise = None
        if normalised:
            gain, shift = self._take((after,)), self._take((after,))
            gain[0][...] = 1
            normalise = Normalisation(
                gain[0],
                shift[0],
                (gain[1], shift[1]),
                np.zeros(after, np.float32),
                np.ones(after, np.float32),
            )
        return DenseLayer(kernel[0], bias[0], (kernel[1], bias[1]), normalise, activation)

    def _take(self, shape: tuple[int, ...]) -> tuple[Array, Array]:
        """The next numbers of the flat arrays, as views of a shape: weights and their gradient."""
        cut = slice(self._taken, self._taken + int(np.prod(shape)))
        self._taken = cut.stop
        return self.weights[cut].reshape(shape), self.gradient[cut].reshape(shape)
