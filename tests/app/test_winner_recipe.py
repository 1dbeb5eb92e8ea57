"""What a winner's `train.py` is told of its model."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from search import Choice, InputError, Int, arrays
from search.app.from_python import source_of
from search.app.winner_recipe import apart, fits_itself, text_of, with_outputs
from search.loading.model_source import ModelText
from search.study.outputs import SURE
from search.study.study import Study
from search.study.target_form import PLAIN
from search.training.recipe import Builder, Recipe


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


def test_a_function_called_as_something_of_the_script_gets_another_name_there() -> None:
    text = "def callbacks(rate): ...\ndef build(): ...\nyour_callbacks = 1\nmodel = build\n"
    given = {"model": "model", "callbacks": "callbacks", "fit": "build"}
    told = apart(ModelText(text, given, {}))
    assert told.functions["fit"] == "build"  # nothing there is called so
    made: dict[str, Any] = {}
    exec(told.text, made)  # noqa: S102 # as train.py does
    for name in ("model", "callbacks"):
        assert told.functions[name] != given[name]
        assert made[told.functions[name]] is made[given[name]]
    assert made["your_callbacks"] == 1


def test_a_study_of_a_script_says_why_it_has_no_text() -> None:
    def build(units: int) -> None: ...

    rows = arrays(np.eye(4), [0, 1, 0, 1])
    source = source_of(Study(rows, model=build, space={"units": Int(4, 8)}), "Made here")
    with pytest.raises(InputError, match="made in a script or notebook, whose functions a run"):
        text_of(source, ["model"])


@pytest.mark.keras
@pytest.mark.parametrize("kind", ["one", "tuple", "dict", "nested"])
@pytest.mark.parametrize("targets", [True, False])
def test_outputs_of_any_structure_are_told_of_a_model_without_a_file(
    kind: str, targets: bool
) -> None:
    """And of no known shape, since nothing but a call tells it."""
    import keras

    class Own(keras.Model):  # type: ignore[misc] # Keras has no types
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = keras.layers.Dense(2), keras.layers.Dense(3)

        def call(self, x: Any) -> Any:
            one, other = self.first(x), keras.ops.sum(self.second(x), -1)
            nested = {"code": (one, {"sum": other}), "back": [one]}
            return {"one": one, "tuple": (one, other), "dict": {"a": one, "b": other}}.get(
                kind, nested
            )

        def train_step(self, data: Any) -> Any:
            return {"loss": 0.0}

        test_step = train_step

    def build(units: int) -> Any:
        model = Own()
        model.compile("sgd")
        return model

    x = np.random.default_rng(0).normal(size=(60, 4))
    one = x[:, :2] if kind == "one" else None
    y = {"a": x[:, :2], "b": x[:, :1]} if one is None else one
    data = (arrays(x, y, task="custom") if targets else arrays(x)).load()
    study = Study(arrays(x), model=build, space={"units": Choice(1, 2)})
    recipe = Recipe(
        run="a-run", versions={}, builder=Builder("", "build()", own=True), shape=data.shape,
        seed=1, epochs=1, batch=32, numpy_random=False, threads=1, figures=(), seeds=(), loss=None,
    )  # fmt: skip
    again: Any = SimpleNamespace(resolved=SimpleNamespace(study=study))
    told = with_outputs(recipe, again, {"units": 1}, study.split.parts(data).train, None)
    assert (told.targets, told.outputs, told.fixed) == (PLAIN, SURE, False)
