"""What a model of several outputs is compiled with, beside the names of these."""

from typing import Any

import keras
import pytest

from search.data.dataset import Shape
from search.data.tree import Leaf
from search.training.model import ModelError, build

pytestmark = pytest.mark.keras

SHAPE = Shape(
    (3,), 0, "custom", targets=(Leaf(("price",), (), "float32"), Leaf(("kind",), (), "int32"))
)
MSE = {"price": "mse", "kind": "mse"}


class Subclassed(keras.Model):  # type: ignore[misc] # Keras has no types
    """Its outputs are known by what it gives."""

    def __init__(self) -> None:
        super().__init__()
        self.price, self.kind = keras.layers.Dense(1), keras.layers.Dense(1)

    def call(self, x: Any) -> Any:
        return {"price": self.price(x), "kind": self.kind(x)}


def model_of(outputs: str) -> Any:
    if outputs == "subclassed":
        return Subclassed()
    rows = keras.Input((3,))
    price, kind = (keras.layers.Dense(1, name=name)(rows) for name in ("price", "kind"))
    given = {"price": price, "kind": kind} if outputs == "dict" else [price, kind]
    return keras.Model(rows, given)


def built(outputs: str, compiled: dict[str, Any]) -> Any:
    def make() -> Any:
        model = model_of(outputs)
        model.compile("adam", **{"loss": MSE, **compiled})
        return model

    return build(make, SHAPE, {}, 0)


@pytest.mark.parametrize("outputs", ["dict", "list", "subclassed"])
@pytest.mark.parametrize("argument", ["loss", "loss_weights", "metrics", "weighted_metrics"])
def test_a_key_that_is_no_output_is_one_sentence(outputs: str, argument: str) -> None:
    """Keras takes weights of losses by their order, whatever their keys."""
    what = 2.0 if argument == "loss_weights" else "mse"
    told = (
        f"compiles with {argument} for 'pric', 'kind', and the model's outputs are 'price', 'kind'"
    )
    with pytest.raises(ModelError, match=told):
        built(outputs, {argument: {"pric": what, "kind": what}})
    built(outputs, {argument: {"price": what, "kind": what}})


@pytest.mark.parametrize(
    ("outputs", "compiled", "told"),
    [
        (
            "dict",
            {"loss_weights": {"kind": 1.0}},
            "loss_weights for 'kind' alone, .*give 'price' too",
        ),
        ("list", {"loss": {"kind": "mse"}}, "loss for 'kind' alone, .*give 'price' too, as None"),
        (
            "dict",
            {"loss": ["mse"]},
            "loss as a list of 1, and the model's outputs are 'price', 'kind'",
        ),
        ("list", {"metrics": [["mae"]]}, "metrics as a list of 1, .*a dict by these names"),
    ],
)
def test_too_few_of_them_too(outputs: str, compiled: dict[str, Any], told: str) -> None:
    with pytest.raises(ModelError, match=told):
        built(outputs, compiled)


def test_an_output_without_a_loss_needs_nothing() -> None:
    built("dict", {"loss": {"kind": "mse"}, "loss_weights": {"kind": 1.0}})
