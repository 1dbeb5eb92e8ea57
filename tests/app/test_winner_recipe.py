"""What a winner's `train.py` is told of its model."""

from typing import Any

import numpy as np
import pytest

from search import Choice, arrays
from search.app.winner_recipe import fits_itself
from search.study.study import Study


@pytest.mark.keras
def test_a_fit_of_the_models_own_is_seen_at_the_model_and_not_in_its_text() -> None:
    import keras

    def trained(self: Any, *args: Any, **more: Any) -> Any:
        return keras.Model.fit(self, *args, **more)

    class Own(keras.Sequential):  # type: ignore[misc] # Keras has no types
        pass

    Own.fit = trained  # no text of it reads as a method

    def build(own: bool) -> Any:
        keras.config.set_dtype_policy("mixed_bfloat16")
        made = Own if own else keras.Sequential
        model = made([keras.Input((2,)), keras.layers.Dense(1, "sigmoid", dtype="float32")])
        model.compile("sgd", "binary_crossentropy")
        return model

    x = np.random.default_rng(0).normal(size=(60, 2))
    rows = arrays(x, (x[:, 0] > 0).astype(int))
    study = Study(rows, model=build, space={"own": Choice(True, False)})
    data = study.data.load()
    parts = study.split.parts(data)
    for own in (True, False):
        assert fits_itself(build, {"own": own}, parts.train, parts.shape(data)) is own
    assert keras.config.dtype_policy().name == "float32"  # as it was in this process
