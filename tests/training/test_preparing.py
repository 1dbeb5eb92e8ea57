"""The Keras form of a preparation gives what the NumPy form gives, also after it was saved."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from search.data.column_types import columns_of
from search.data.preparation import Preparation
from search.training.preparation_spec import spec_of
from tests.data.test_preparation import random_frame
from tests.data.test_table_inputs import parts_of

pytestmark = pytest.mark.keras


@pytest.mark.filterwarnings("ignore:When providing `inputs` as a dict")  # of names with a slash
@pytest.mark.parametrize("seed", range(3))
def test_keras_layers_prepare_as_numpy_does(seed: int, tmp_path: Path) -> None:
    import keras
    import tensorflow as tf

    from search.training.predict import raw_inputs
    from search.training.raw_columns import with_raw_columns

    frame = random_frame(seed)
    frame["seconds / 1970"] = 1.7e9 + np.arange(len(frame)) % 17
    frame["größe (cm)"] = np.where(frame.index % 3, 1.5, 2.5)
    frame.loc[frame.index >= 60, "text"] = ["new", None, "a"] * 20  # unseen and missing
    columns = columns_of(frame)[0]
    preparation = Preparation.learnt(columns, np.arange(60))
    model = with_raw_columns(None, spec_of(preparation))
    raw = raw_inputs(columns)
    wanted = preparation.apply(columns)
    np.testing.assert_allclose(np.asarray(model(raw)), wanted, atol=2e-6)
    model.save(tmp_path / "a.keras")
    again = keras.saving.load_model(tmp_path / "a.keras", safe_mode=True)
    batches = tf.data.Dataset.from_tensor_slices(raw).batch(50)
    np.testing.assert_allclose(again.predict(batches, verbose=0), wanted, atol=2e-6)


def test_predict_takes_arrays_too() -> None:
    from search.training.predict import raw_inputs
    from search.training.raw_columns import with_raw_columns

    columns = columns_of(pd.DataFrame({"a": [1.5, None, 3.0], "t": ["x", "y", None]}))[0]
    preparation = Preparation.learnt(columns, np.arange(3))
    made = with_raw_columns(None, spec_of(preparation)).predict(raw_inputs(columns), verbose=0)
    np.testing.assert_allclose(made, preparation.apply(columns), atol=1e-6)


@pytest.mark.parametrize("trained", [["a", "b"] * 5, ["a", None] * 5, list("abcdefghij")])
@pytest.mark.parametrize("seen", ["a", "new", None])
def test_a_text_that_training_showed_or_not(trained: list[str | None], seen: str | None) -> None:
    from search.training.predict import raw_inputs
    from search.training.raw_columns import with_raw_columns

    columns = columns_of(pd.DataFrame({"t": [*trained, seen]}))[0]
    preparation = Preparation.learnt(columns, np.arange(len(trained)))
    made = with_raw_columns(None, spec_of(preparation))(raw_inputs(columns))
    np.testing.assert_array_equal(np.asarray(made), preparation.apply(columns))


@pytest.mark.parametrize("form", ["list", "other list", "dict"])
def test_a_model_of_named_inputs_gets_each_its_own(form: str) -> None:
    import keras

    from search.training.predict import raw_inputs
    from search.training.raw_columns import with_raw_columns

    parts = parts_of(inputs={"wide": ["town", "built"], "deep": ["size", "rooms", "note"]})
    rows = {name: leaf for (name,), leaf in parts.held_out.x.leaves.items()}
    inputs = {name: keras.Input(leaf.shape[1:], name=name) for name, leaf in rows.items()}
    assert list(inputs) != sorted(inputs)
    forms = {"list": [*inputs.values()], "other list": [*inputs.values()][::-1], "dict": inputs}
    steps = keras.layers.Reshape((inputs["wide"].shape[1], 1))(inputs["wide"])
    wide = keras.layers.Flatten()(keras.layers.Conv1D(2, 2)(steps))
    merged = keras.layers.concatenate([wide, keras.layers.Dense(2)(inputs["deep"])])
    model = keras.Model(forms[form], keras.layers.Dense(1)(merged))
    whole = with_raw_columns(model, spec_of(parts.preparation))
    raw = raw_inputs(parts.raw_of(np.arange(len(parts.held_out))))
    np.testing.assert_allclose(np.asarray(whole(raw)), np.asarray(model(rows)), atol=1e-5)
