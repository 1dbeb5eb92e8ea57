"""Keras is imported without scikit-learn and matplotlib, and its parts that use them still do."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.keras

USE = """
import sys
from search.loading.lazy_imports import loaded
keras = loaded("keras")
assert not {"sklearn", "matplotlib"} & sys.modules.keys()
assert not hasattr(keras.wrappers, "NoSuchThing")
import numpy as np
import tensorflow as tf
from keras.wrappers import SKLearnClassifier
import sklearn.base
assert issubclass(SKLearnClassifier, sklearn.base.BaseEstimator)
assert tf.keras.wrappers.SKLearnClassifier is keras.wrappers.SKLearnClassifier is SKLearnClassifier

def build(X, y):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2, "softmax")])
    model.compile("adam", "categorical_crossentropy")
    return model

x = np.linspace(-1, 1, 40)[:, None]
fitted = SKLearnClassifier(build, fit_kwargs={"epochs": 1, "verbose": 0}).fit(x, x[:, 0] > 0)
assert fitted.predict(x).shape[0] == 40
keras.visualization.plot_image_gallery(np.zeros((2, 4, 4, 3)), rows=1, cols=2)
assert "matplotlib.pyplot" in sys.modules
"""


def test_parts_that_use_scikit_learn_and_matplotlib_import_them_when_they_are_used() -> None:
    said = subprocess.run(
        [sys.executable, "-c", USE], capture_output=True, text=True, timeout=600, check=False
    )
    assert said.returncode == 0, said.stderr
