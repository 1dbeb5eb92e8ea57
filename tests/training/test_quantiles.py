"""Several outputs for one target: which quantiles a loss asks for, its constant, and coverage."""

from typing import Any

import numpy as np
import pytest

from search import arrays
from search.data.series_rows import Blocks
from search.data.split import Rows
from search.metrics.intervals import Draws, wilson
from search.report.outputs.quantiles import of_quantiles
from search.training.custom import CustomMeasures, best_constant
from search.training.held_out_outputs import kept_outputs
from search.training.model import build
from search.training.quantiles import levels_of

pytestmark = pytest.mark.keras

WANTED = np.array([0.1, 0.5, 0.9], "float32")
DRAW = np.random.default_rng(0)
X = DRAW.normal(size=(200, 2)).astype("float32")
Y = (50 + 8 * DRAW.gumbel(size=(200, 1))).astype("float32")


def pinball(truth: Any, said: Any) -> Any:
    import keras

    gap = truth - said
    return keras.ops.mean(keras.ops.maximum(WANTED * gap, (WANTED - 1) * gap), axis=-1)


def normal(truth: Any, said: Any) -> Any:
    """Negative log-likelihood of a mean and a logarithm of a deviation."""
    import keras

    mean, log = said[:, :1], said[:, 1:]
    return keras.ops.squeeze(log + keras.ops.square((truth - mean) / keras.ops.exp(log)) / 2, -1)


def model_of(loss: Any, units: int, y: np.ndarray = Y) -> tuple[Any, Any, Any]:
    import keras

    def make() -> Any:
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(units)])
        model.compile("sgd", loss)
        return model

    data = arrays(X, y, task="custom").load()
    return build(make, data.shape, {}, 0), data, data.shape


@pytest.mark.parametrize("y", [Y, np.repeat(Y, 3, axis=1)])
def test_a_pinball_loss_is_known_by_what_it_answers(y: np.ndarray) -> None:
    model, data, _ = model_of(pinball, 3, y)
    assert levels_of(model, data.y, (3,)) == pytest.approx(WANTED, abs=1e-3)


def test_a_loss_of_the_models_own_that_takes_no_training_is_asked_as_well() -> None:
    import keras

    class Own(keras.Sequential):  # type: ignore[misc] # Keras has no types
        def compute_loss(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
            return keras.ops.mean(pinball(y, y_pred))

    model = Own([keras.Input((2,)), keras.layers.Dense(3)])
    model.compile("sgd")
    assert levels_of(model, Y, (3,)) == pytest.approx(WANTED, abs=1e-3)


@pytest.mark.parametrize("loss", ["mse", "huber", normal])
def test_no_other_loss_is(loss: Any) -> None:
    model, data, _ = model_of(loss, 2, np.repeat(Y, 2, axis=1) if loss != normal else Y)
    assert levels_of(model, data.y, (2,)) == ()


def test_the_constant_of_a_pinball_loss_is_each_quantile_of_the_targets() -> None:
    model, data, shape = model_of(pinball, 3)
    said = best_constant(model, "val_loss", Rows(data.x, data.y), shape, maximize=False)
    assert said == pytest.approx(np.quantile(Y, WANTED), abs=0.5)
    gap = Y - np.quantile(Y, WANTED)
    least = np.maximum(WANTED * gap, (WANTED - 1) * gap).mean()
    measured = CustomMeasures(model, "val_loss", Rows(data.x, data.y), shape)
    found = measured.of_constant(Rows(data.x, data.y), Draws.of(200), maximize=False)
    assert found is not None
    assert found.value == pytest.approx(least, rel=2e-3)


def test_the_constant_of_another_loss_is_where_it_is_least() -> None:
    model, data, shape = model_of(normal, 2)
    said = best_constant(model, "val_loss", Rows(data.x, data.y), shape, maximize=False)
    assert said == pytest.approx([Y.mean(), np.log(Y.std())], rel=1e-2)


def test_how_many_targets_are_below_each_quantile_is_shown() -> None:
    model, data, _ = model_of(pinball, 3)
    model.layers[-1].set_weights([np.zeros((2, 3)), np.quantile(Y, [0.1, 0.8, 0.9])])
    (form,), kept = kept_outputs(model, Rows(data.x, data.y), data.y)
    own = {name.removeprefix("0 "): array for name, array in kept.items()}
    assert form.levels == pytest.approx(WANTED, abs=1e-3)
    assert own["constant"] == pytest.approx(np.quantile(Y, WANTED), rel=1e-3)
    section = of_quantiles(form, own)
    assert section.finding.endswith("95 % interval, but not at 50 % (80.0 %).")
    (table,) = section.overview
    below = wilson(160, 200)
    assert table.rows[1][1] == f"0.800 ({below.low:.3f}–{below.high:.3f})"
    gap = Y - np.quantile(Y, 0.8).astype("float32")
    assert float(table.rows[1][2]) == pytest.approx(np.abs(gap).mean() / 2, rel=1e-3)
    by_group = of_quantiles(form, own, Blocks(np.repeat(np.arange(10), 20), 0)).overview[0]
    assert by_group.rows[1][1] != table.rows[1][1]
