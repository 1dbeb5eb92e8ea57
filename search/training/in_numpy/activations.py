"""Keras's activations and their slopes, by Keras's names.

Each formula, its constants and its slope at a kink are those of Keras 3 on TensorFlow.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import erf, expit

from search.data.dataset import Array

Back = Callable[[Array, Array, Array], Array]
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805


@dataclass(frozen=True)
class Activation:
    """A function of what comes in, and how a gradient passes back through it.

    Attributes:
        of: From `z` to the output, elementwise over shape (rows, units).
        back: From the gradient by the output, `z` and the output to the gradient by `z`.
    """

    of: Callable[[Array], Array]
    back: Back


def _sloped(of: Callable[[Array], Array], slope: Callable[[Array, Array], Array]) -> Activation:
    """An elementwise activation from its slope as a function of `z` and the output."""
    return Activation(of, lambda gradient, z, out: gradient * slope(z, out))


def _softplus(z: Array) -> Array:
    soft: Array = np.logaddexp(z, np.float32(0.0))
    return soft


def _softmax(z: Array) -> Array:
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    shares: Array = powers / powers.sum(axis=1, keepdims=True)
    return shares


def _softmax_back(gradient: Array, z: Array, out: Array) -> Array:
    del z
    passed: Array = out * (gradient - (gradient * out).sum(axis=1, keepdims=True))
    return passed


def _mish_slope(z: Array, out: Array) -> Array:
    del out
    bent = np.tanh(_softplus(z))
    slope: Array = bent + z * expit(z) * (1 - bent * bent)
    return slope


def _gelu_slope(z: Array, out: Array) -> Array:
    del out
    slope: Array = 0.5 * (1 + erf(z * 0.5**0.5)) + z * np.exp(-0.5 * z * z) * (2 * np.pi) ** -0.5
    return slope


_SILU = _sloped(lambda z: z * expit(z), lambda z, a: a + expit(z) * (1 - a))
ACTIVATIONS: Mapping[str, Activation] = {
    "celu": _sloped(
        lambda z: np.maximum(z, 0) + np.expm1(np.minimum(z, 0)),
        lambda z, a: np.where(z > 0, 1, a + 1),
    ),
    "elu": _sloped(
        lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
        lambda z, a: np.where(a < 0, a + 1, 1),
    ),
    "exponential": _sloped(np.exp, lambda z, a: a),
    "gelu": _sloped(lambda z: 0.5 * z * (1 + erf(z * 0.5**0.5)), _gelu_slope),
    "hard_sigmoid": _sloped(
        lambda z: np.clip(z + 3, 0, 6) / 6, lambda z, a: ((z > -3) & (z < 3)) / np.float32(6)
    ),
    "hard_silu": _sloped(
        lambda z: z * np.clip(z + 3, 0, 6) / 6,
        lambda z, a: np.clip(z + 3, 0, 6) / 6 + z * ((z > -3) & (z < 3)) / np.float32(6),
    ),
    "hard_tanh": _sloped(lambda z: np.clip(z, -1, 1), lambda z, a: (z >= -1) & (z <= 1)),
    "leaky_relu": _sloped(
        lambda z: np.maximum(z, np.float32(0.2) * z),
        lambda z, a: np.where(z > 0, np.float32(1), np.float32(0.2)),
    ),
    "linear": Activation(lambda z: z, lambda gradient, z, a: gradient),
    "log_sigmoid": _sloped(lambda z: -_softplus(-z), lambda z, a: expit(-z)),
    "mish": _sloped(lambda z: z * np.tanh(_softplus(z)), _mish_slope),
    "relu": _sloped(lambda z: np.maximum(z, 0), lambda z, a: a > 0),
    "relu6": _sloped(lambda z: np.clip(z, 0, 6), lambda z, a: (z > 0) & (z < 6)),
    "selu": _sloped(
        lambda z: (
            np.float32(SELU_SCALE)
            * np.where(z > 0, z, np.float32(SELU_ALPHA) * np.expm1(np.minimum(z, 0)))
        ),
        lambda z, a: np.where(
            a < 0, a + np.float32(SELU_ALPHA * SELU_SCALE), np.float32(SELU_SCALE)
        ),
    ),
    "sigmoid": _sloped(expit, lambda z, a: a * (1 - a)),
    "silu": _SILU,
    "soft_shrink": _sloped(
        lambda z: z - np.clip(z, -0.5, 0.5), lambda z, a: np.abs(z) > np.float32(0.5)
    ),
    "softmax": Activation(_softmax, _softmax_back),
    "softplus": _sloped(_softplus, lambda z, a: expit(z)),
    "softsign": _sloped(lambda z: z / (1 + np.abs(z)), lambda z, a: (1 + np.abs(z)) ** -2),
    "squareplus": _sloped(
        lambda z: (z + np.sqrt(z * z + 4)) / 2, lambda z, a: (1 + z / np.sqrt(z * z + 4)) / 2
    ),
    "swish": _SILU,
    "tanh": _sloped(np.tanh, lambda z, a: 1 - a * a),
    "tanh_shrink": _sloped(lambda z: z - np.tanh(z), lambda z, a: np.square(np.tanh(z))),
}
