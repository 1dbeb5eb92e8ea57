"""Keras's optimizers with their defaults, over one flat array of all that a network learns.

Each works on every number alone, so one array serves as well as one a layer. Adafactor does not,
and is left to Keras. The arithmetic is that of Keras 3, in its order.
"""

from collections.abc import Callable, Mapping

import numpy as np

from search.data.dataset import Array

EPSILON = 1e-7
BETA_1, BETA_2 = 0.9, 0.999
ACCUMULATED = 0.1
"""Where the accumulators of Adagrad and Ftrl begin."""


class Optimizer:
    """Takes steps down a gradient.

    Args:
        size: How many numbers are learnt.
        rate: Learning rate.

    Attributes:
        taken: Steps so far.
        rate: Learning rate of the next step.
    """

    def __init__(self, size: int, rate: float) -> None:
        self.taken = 0
        self.rate = rate
        self._first = np.zeros(size, np.float32)
        self._second = np.zeros(size, np.float32)
        self._scratch = np.empty(size, np.float32)

    def state(self) -> dict[str, Array]:
        """Everything that it remembers from step to step: name → array."""
        return {
            name: np.array(value)
            for name, value in vars(self).items()
            if name not in {"_scratch", "rate"}
        }

    def restore(self, state: Mapping[str, Array]) -> None:
        """Remember what `state` gave."""
        for name, value in state.items():
            setattr(self, name, value.copy() if value.ndim else value.item())

    def step(self, weights: Array, gradient: Array) -> None:
        """Change `weights` in place; `gradient` may be overwritten. Both have shape (size,)."""
        self.taken += 1
        self._step(weights, gradient)

    def _step(self, weights: Array, gradient: Array) -> None:
        raise NotImplementedError

    def _move_first(self, gradient: Array, beta: float = BETA_1) -> Array:
        """Draw the running mean of gradients nearer to the new one."""
        change = np.subtract(gradient, self._first, out=self._scratch)
        change *= 1 - beta
        self._first += change
        return self._first

    def _move_second(self, gradient: Array, beta: float = BETA_2) -> Array:
        """The same for squared gradients."""
        change = np.multiply(gradient, gradient, out=self._scratch)
        change -= self._second
        change *= 1 - beta
        self._second += change
        return self._second


class Sgd(Optimizer):
    """Plain gradient descent."""

    def _step(self, weights: Array, gradient: Array) -> None:
        weights -= np.multiply(gradient, self.rate, out=gradient)


class RmsProp(Optimizer):
    """Divides by a running root mean square."""

    def _step(self, weights: Array, gradient: Array) -> None:
        mean = self._move_second(gradient, 0.9)
        root = np.sqrt(np.add(mean, EPSILON, out=self._scratch), out=self._scratch)
        gradient *= self.rate
        weights -= np.divide(gradient, root, out=gradient)


class Adam(Optimizer):
    """Running mean over running root mean square, both corrected for their start."""

    def _step(self, weights: Array, gradient: Array) -> None:
        mean = self._move_first(gradient)
        squares = self._move_second(gradient)
        corrected = (1 - BETA_2**self.taken) ** 0.5 / (1 - BETA_1**self.taken)
        root = np.sqrt(squares, out=self._scratch)
        root += EPSILON
        change = np.multiply(mean, self.rate * corrected, out=gradient)
        weights -= np.divide(change, root, out=change)


class AdamW(Adam):
    """Adam after the weights were drawn nearer to 0."""

    def _step(self, weights: Array, gradient: Array) -> None:
        weights -= np.multiply(weights, 0.004 * self.rate, out=self._scratch)
        super()._step(weights, gradient)


class Adamax(Optimizer):
    """Adam with the largest gradient, slowly forgotten, in place of the root mean square."""

    def _step(self, weights: Array, gradient: Array) -> None:
        mean = self._move_first(gradient)
        self._second *= BETA_2
        largest = np.maximum(self._second, np.abs(gradient), out=self._second)
        below = (largest + EPSILON) * (1 - BETA_1**self.taken)
        weights -= mean * self.rate / below


class Nadam(Optimizer):
    """Adam with Nesterov's look ahead."""

    def __init__(self, size: int, rate: float) -> None:
        super().__init__(size, rate)
        self._product = 1.0

    def _step(self, weights: Array, gradient: Array) -> None:
        now = BETA_1 * (1 - 0.5 * 0.96**self.taken)
        ahead = BETA_1 * (1 - 0.5 * 0.96 ** (self.taken + 1))
        self._product *= now
        mean = self._move_first(gradient)
        squares = self._move_second(gradient)
        mixed = mean * (ahead / (1 - self._product * ahead))
        mixed += gradient * ((1 - now) / (1 - self._product))
        root = np.sqrt(squares / (1 - BETA_2**self.taken)) + EPSILON
        weights -= mixed * self.rate / root


class Adagrad(Optimizer):
    """Divides by the root of all squares so far."""

    def __init__(self, size: int, rate: float) -> None:
        super().__init__(size, rate)
        self._second += ACCUMULATED

    def _step(self, weights: Array, gradient: Array) -> None:
        self._second += gradient * gradient
        weights -= gradient * self.rate / np.sqrt(self._second + EPSILON)


class Adadelta(Optimizer):
    """Scales by the root mean square of its own earlier steps."""

    def _step(self, weights: Array, gradient: Array) -> None:
        squares = self._move_second(gradient, 0.95)
        change = gradient * np.sqrt(self._first + EPSILON) / np.sqrt(squares + EPSILON)
        self._first += (change * change - self._first) * (1 - 0.95)
        weights -= change * self.rate


class Lion(Optimizer):
    """Steps by the sign of a mean."""

    def _step(self, weights: Array, gradient: Array) -> None:
        weights -= np.sign(self._first * BETA_1 + gradient * (1 - BETA_1)) * self.rate
        self._move_first(gradient, 0.99)


class Ftrl(Optimizer):
    """Follows the regularised leader; without its regularisers, as by default."""

    def __init__(self, size: int, rate: float) -> None:
        super().__init__(size, rate)
        self._second += ACCUMULATED

    def _step(self, weights: Array, gradient: Array) -> None:
        before = np.sqrt(self._second)
        self._second += gradient * gradient
        root = np.sqrt(self._second)
        self._first += gradient - (root - before) / self.rate * weights
        weights[...] = -self._first / (root / self.rate)


OPTIMIZERS: Mapping[str, Callable[[int, float], Optimizer]] = {
    "adadelta": Adadelta,
    "adagrad": Adagrad,
    "adam": Adam,
    "adamax": Adamax,
    "adamw": AdamW,
    "ftrl": Ftrl,
    "lion": Lion,
    "nadam": Nadam,
    "rmsprop": RmsProp,
    "sgd": Sgd,
}
