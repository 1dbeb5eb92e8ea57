"""Learning curves of configurations that were never trained, from those that were."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.ensemble import ExtraTreesRegressor

from benchmarks.curves.file import Curves
from benchmarks.curves.sets import SETS
from search.data.dataset import Array
from search.study.parameters import Choice, Parameter
from search.study.trial import seed_of

TREES = 200
LOOKED_AT = (0, 2, 8, 26, -1)
"""Epochs by whose values the trees tell configurations apart."""
OWN = 0.7
"""Of how far a configuration was from what others let expect, so much is what its curve alone had:
what is not explained is partly the trees' own fault."""


class Surrogate:
    """A data set on which any configuration of the space can be "trained" in a millisecond.

    A curve is the mean of those of alike configurations, by a forest's leaves, and the way in which
    one of these, drawn by its weight, was apart from what the others let expect of it. Values are
    told on a scale on which bad ones do not hide how good ones differ.

    Args:
        name: Of the set.
        made: Its kept curves.

    Attributes:
        made: The same.
        study: Whose space is searched.
    """

    def __init__(self, name: str, made: Curves) -> None:
        self.made, self.study = made, SETS[name].study()
        self._sign = 1.0 if made.direction == "maximize" else -1.0
        curves = made.curves
        self._sound = np.isfinite(curves).all(axis=1)
        ends = curves[self._sound][:, -5:].mean(axis=1)
        self._middle, good = np.quantile(ends, (0.5, 0.98))
        self._width = good - self._middle
        worst = float(np.min(curves[self._sound]))
        self._curves = self._told(np.where(np.isfinite(curves), curves, worst))
        self._held_out = self._told(np.nan_to_num(self._sign * made.held_out, nan=worst))
        self._learn(np.array([self._point(params) for params in made.params]))

    def _learn(self, points: Array) -> None:
        ends = self._curves[:, -5:].mean(axis=1)
        looked = np.column_stack([self._curves[:, list(LOOKED_AT)], ends, self._held_out])
        forest = ExtraTreesRegressor(
            TREES, min_samples_leaf=2, max_features=0.8, bootstrap=True, random_state=0
        ).fit(points, looked)
        self._trees = [estimator.tree_ for estimator in forest.estimators_]
        self._leaves = forest.apply(points)
        self._in_bag = np.zeros(self._leaves.shape, bool)
        for place, drawn in enumerate(forest.estimators_samples_):
            self._in_bag[np.unique(drawn), place] = True
        out_of_bag = zip(self._leaves, ~self._in_bag, strict=True)
        others = np.array([self._weights(leaves, trees) for leaves, trees in out_of_bag])
        self._apart = self._curves - others @ self._curves

    def _weights(self, leaves: Array, trees: Array) -> Array:
        """Of the kept configurations, for one that falls into these leaves."""
        shared = (self._leaves == leaves) & self._in_bag & trees
        weights = (shared / np.maximum(shared.sum(axis=0), 1)).sum(axis=1)
        return np.asarray(weights / weights.sum())

    def trained(self, params: Mapping[str, Any], seed: int) -> tuple[Array, float]:
        """The objective by epoch, NaN where it diverges, and how good the configuration truly is.

        Args:
            params: Its values.
            seed: Of the search: the same configuration is never the same twice.

        Returns:
            The second is the expected value on held-out rows, the larger the better: 0 is the
            median of random configurations, 1 the best fiftieth.
        """
        point = np.array([self._point(params)], dtype=np.float32)
        leaves = np.array([tree.apply(point)[0] for tree in self._trees])
        weights = self._weights(leaves, np.ones(len(leaves), bool))
        draw = np.random.default_rng(seed_of("surrogate", seed, sorted(params.items())))
        units = weights @ self._curves + OWN * self._apart[draw.choice(len(weights), p=weights)]
        far = np.where(units > -1, units, -np.exp(np.minimum(-1 - units, 50)))
        values = self._sign * (self._middle + self._width * far)
        if weights @ ~self._sound > 0.5:
            values = np.full_like(values, np.nan)
        return values, float(weights @ self._held_out)

    def _told(self, values: Array) -> Array:
        units = (values - self._middle) / self._width
        return np.where(units > -1, units, -1 - np.log(np.maximum(-units, 1)))

    def _point(self, params: Mapping[str, Any]) -> list[float]:
        space = self.study.parameters
        return [x for name, parameter in space.items() for x in _places(parameter, params[name])]


def _places(parameter: Parameter, value: Any) -> list[float]:
    if isinstance(parameter, Choice):
        return [float(value == option) for option in parameter.options]
    low, high = float(parameter.low), float(parameter.high)
    if parameter.log:
        return [float(np.log(value / low) / np.log(high / low))]
    return [(value - low) / (high - low)]
