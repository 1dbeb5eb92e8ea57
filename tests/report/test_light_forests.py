"""Forests imported without pandas and `scipy.stats`."""

import subprocess
import sys

LIGHT = """
import sys
from search.report.light_forests import import_light_forests
import_light_forests()
assert "sklearn.ensemble" in sys.modules
assert not {"pandas", "scipy.stats"} & sys.modules.keys()
"""
USED = """
import numpy as np
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import QuantileTransformer
normal = QuantileTransformer(n_quantiles=3, output_distribution="normal")
assert normal.fit_transform(np.arange(3.0)[:, None])[1] == 0
assert roc_auc_score([0, 1, 1, 0], [0.1, 0.2, 0.3, 0.15]) == 1
import pandas, scipy.stats
assert pandas.DataFrame and scipy.stats.rankdata([3, 1, 2]).tolist() == [3, 1, 2]
"""


def run(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_forests_take_neither_along() -> None:
    run(LIGHT)


def test_what_is_imported_works_with_the_real_ones() -> None:
    run(LIGHT + USED)


def test_where_scikit_learn_is_imported_nothing_is_hidden() -> None:
    run(
        "import sklearn.utils.fixes as fixes, scipy.stats"
        + LIGHT.partition("assert")[0]
        + "assert fixes.pd and fixes.scipy.stats is sys.modules['scipy.stats']"
    )
