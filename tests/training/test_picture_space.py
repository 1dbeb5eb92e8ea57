"""Convolutional networks of a `PictureSpace`: what is built, refused, written and exported."""

from typing import Any

import numpy as np
import pytest

from search import Budget, Float, InputError, Int, PictureSpace, Study, arrays, sklearn_data
from search.app.resolved import ResolvedStudy
from search.data.dataset import Shape
from search.data.pixels import raw_pixels
from search.loading.space_file import Space, SpaceSource
from search.study.task import TASKS
from search.training.recipe import builder_of
from tests.forms import long_but

EVERYTHING: dict[str, Any] = {
    "blocks": 2, "filters": 4, "kernel": 5, "convolutions": 2, "pooling": "average",
    "head": "flatten", "units": 8, "dropout": 0.3, "flip": "horizontal", "rotation": 0.1,
    "zoom": 0.1, "translation": 0.1, "contrast": 0.2, "white": 255,
}  # fmt: skip
DRAW = np.random.default_rng(0)


def resolved(x: Any, y: Any, **fields: Any) -> ResolvedStudy:
    space = PictureSpace(**{"dropout": Float(0.1, 0.2), **fields})
    study = Study(arrays(x, y), space, budget=Budget(trials=2, epochs=2))
    return ResolvedStudy.of(
        Space(study, "pictures", SpaceSource("a.py", "a.py", {}), touched=False)
    )


def drawn(*shape: int, high: int = 255) -> Any:
    return DRAW.integers(0, high, (40, *shape), endpoint=True).astype(np.uint8)


def test_with_no_field_given_it_searches_and_with_one_it_holds_the_rest() -> None:
    assert len(PictureSpace().parameters) > 3
    assert list(PictureSpace(filters=Int(4, 8)).parameters) == ["filters"]
    assert Study(sklearn_data("digits"), PictureSpace()).kind == "pictures"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"blocks": 0}, "blocks is a whole number of 1 or more"),
        ({"flip": "sideways"}, "flip"),
        ({"rotation": 1.5}, "rotation must be 0 or more and below 1"),
        ({"filters": [8, 16]}, "to search several values, write Choice"),
        ({"white": 7}, "give 1, 255 or 65535"),
    ],
)
def test_a_field_without_a_meaning_is_refused(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        PictureSpace(**fields)


@pytest.mark.parametrize(
    ("shape", "blocks", "says"),
    [
        ((12, 20, 3), Int(2, 4), "pictures of 12×20 allow 3; give blocks=Int"),
        ((1, 9, 1), 1, "pictures of 1×9 allow 0; give larger pictures$"),
        ((30,), 1, "rows of shape"),
        ((2, 3, 4, 5), 1, "rows of shape"),
    ],
)
def test_rows_that_do_not_fit_are_refused_before_a_trial(
    shape: tuple[int, ...], blocks: Any, says: str
) -> None:
    with pytest.raises(InputError, match=says):
        resolved(drawn(*shape), np.arange(40) % 2, blocks=blocks)


def test_white_is_found_from_the_pixels() -> None:
    y = np.arange(40) % 2
    for factor, white in ((1 / 255, 1), (1, 255), (257, 65_535)):
        found = resolved(drawn(8, 8, 1) * np.float32(factor), y, blocks=2).study.fixed["white"]
        assert found == white
    with pytest.raises(InputError, match=r"go from -25. to -?0; scale them"):
        resolved(-drawn(8, 8, 1).astype(float), y, blocks=2)


def test_raw_pixels_are_the_files_own() -> None:
    pixels = np.arange(256, dtype=np.float32)
    np.testing.assert_array_equal(raw_pixels(pixels / 255), pixels)
    fractions = DRAW.random(20).astype(np.float32)  # of 16 bits
    np.testing.assert_array_equal(raw_pixels(fractions), fractions * np.float32(255))


@pytest.mark.keras
@pytest.mark.parametrize(
    ("features", "outputs", "task", "fields"),
    long_but(
        ["binary", "multiclass with everything", "regression with everything"],
        {
            f"{task}{said}": (shape, outputs, task, fields)
            for shape, outputs, task in (
                ((12, 10, 3), 1, "binary"),
                ((8, 8), 100, "multiclass"),
                ((9, 9, 1), 2, "regression"),
            )
            for said, fields in {"": {}, " with everything": EVERYTHING}.items()
        },
    ),
)
def test_a_model_takes_raw_pixels_and_is_what_its_script_says(
    features: tuple[int, ...], outputs: int, task: str, fields: dict[str, Any], tmp_path: Any
) -> None:
    import keras

    from search.training.export import keras_bytes
    from search.training.model import build

    shape = Shape(features, outputs, task)
    space = PictureSpace(**{**fields, "white": 255})
    middle = {name: parameter.at(0.5) for name, parameter in space.parameters.items()}
    params = {**space.fixed, **middle}
    model = build(None, shape, params, seed=3)
    names = [type(layer).__name__ for layer in model.layers]
    assert "Rescaling" in names
    assert names.count("Conv2D") == params["blocks"] * params["convolutions"]
    namespace: dict[str, Any] = {}
    exec(builder_of(shape, params).text, namespace)  # noqa: S102 - what the script has
    keras.utils.set_random_seed(3)
    again = namespace["build"]()
    for own, other in zip(model.get_weights(), again.get_weights(), strict=True):
        if own.dtype.kind == "f":
            np.testing.assert_array_equal(own, other)
    assert [type(layer) for layer in again.layers] == [type(layer) for layer in model.layers]
    x = drawn(*features).astype(np.float32)
    said = model.predict(x, verbose=0)
    np.testing.assert_array_equal(said, model.predict(x, verbose=0))  # nothing is augmented
    path = tmp_path / "winner.keras"
    path.write_bytes(keras_bytes(model))
    loaded = keras.saving.load_model(path, safe_mode=True)
    np.testing.assert_allclose(loaded.predict(x, verbose=0), said, atol=1e-6)
    assert said.shape == (40, outputs)
    assert model.loss == TASKS[task].loss


@pytest.mark.keras
@pytest.mark.parametrize("engine", ["in-graph", "fit"])
def test_both_engines_learn_bright_from_dark(engine: str) -> None:
    from search.jobs.context import DataSplit, WorkerContext
    from search.jobs.executor import JobExecutor
    from search.jobs.messages import Configuration, Refit, Refitted
    from search.study.goal import Goal

    y = np.arange(200) % 2
    x = DRAW.integers(0, 100, (200, 8, 8, 3)) + 100 * y[:, None, None, None]
    own = resolved(x, y, blocks=2, filters=8, flip="horizontal", rotation=0.1, learning_rate=0.01)
    source = SpaceSource("a.py", "a.py", {})
    context = WorkerContext(source, DataSplit.of(own.parts, own.dataset), engine)
    job = Refit(
        "one",
        Configuration({**own.study.fixed, "dropout": 0.1}, 1),
        8,
        Goal("val_accuracy", "maximize"),
    )
    (said,) = JobExecutor(context, own.study).perform(job)
    assert isinstance(said, Refitted), said
    assert max(said.curve["val_accuracy"]) > 0.95
