"""Estimators of scikit-learn whose `fit` searches."""

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import cross_val_score
from sklearn.utils.estimator_checks import estimator_checks_generator

from search import DenseSpace, Finals, Float, Int, SearchedClassifier, SearchedRegressor
from tests.docs.test_guides import blocks
from tests.functional.command import local_ray

pytestmark = [pytest.mark.ray, pytest.mark.keras]
SPACE = DenseSpace(
    layers=1, units=Int(8, 16), learning_rate=Float(5e-3, 2e-2, log=True), dropout=0.0, l2=0.0
)
SHORT: dict[str, Any] = {"trials": 1, "epochs": 60, "finals": Finals(top=1, seeds=1)}
FAILING = {
    "check_methods_subset_invariance": "one row alone and the same among others differ by 2e-7: a "
    "network computes in float32, in another order for another size of batch",
}
"""Checks of scikit-learn's that do not pass → why."""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def ray() -> Iterator[None]:
    """One cluster for all fits."""
    with local_ray():
        yield


def test_the_guides_block_fits_a_pipeline_that_says_what_keras_says() -> None:
    ((_, text),) = [block for block in blocks("python") if block[0] == "estimator.py"]
    known: dict[str, Any] = {}
    exec(text, known)  # noqa: S102 - the guide's own
    model, searched, x, names = (known[name] for name in ("model", "searched", "x", "names"))
    said = searched.model_.predict(model[0].transform(x).astype("float32"), verbose=0)
    assert model.predict_proba(x) == pytest.approx(said, abs=1e-5)
    called = searched.classes_[said.argmax(axis=1)]
    assert [*model.predict(x)] == [*called]
    assert model.score(x, names) == pytest.approx(accuracy_score(names, called))
    assert searched.report_.is_file()
    run, found = searched.run_, searched.cv_results_
    assert searched.best_params_ == dict(run.best.params)
    values = [trial.value for trial in run.trials]
    assert [-value for value in values] == found["mean_test_score"].tolist()  # of a loss
    assert (
        found["params"][found["rank_test_score"].argmin()]
        == run.trials[int(np.argmin(values))].params
    )
    again = pickle.loads(pickle.dumps(model))  # noqa: S301 - our own
    assert again.predict_proba(x) == pytest.approx(model.predict_proba(x), abs=1e-6)
    assert not hasattr(clone(searched), "classes_")


@pytest.mark.long
@pytest.mark.usefixtures("ray")
def test_a_regressor_is_cross_validated() -> None:
    x, y = load_diabetes(return_X_y=True)
    searched = SearchedRegressor(SPACE, **SHORT).fit(x, y)
    said = searched.model_.predict(x.astype("float32"), verbose=0)[:, 0]
    assert searched.predict(x) == pytest.approx(said, rel=1e-4)
    assert searched.score(x, y) == pytest.approx(r2_score(y, said), abs=1e-4)
    assert min(cross_val_score(SearchedRegressor(SPACE, **SHORT), x, y, cv=2)) > 0.2


@pytest.mark.long
@pytest.mark.usefixtures("ray")
@pytest.mark.filterwarnings("ignore")  # scikit-learn's checks look at warnings themselves
@pytest.mark.parametrize("kind", [SearchedClassifier, SearchedRegressor])
def test_it_is_an_estimator_by_scikit_learns_own_checks(kind: Any) -> None:
    failed = {}
    for estimator, check in estimator_checks_generator(kind(SPACE, **SHORT)):
        try:
            check(estimator)
        except pytest.skip.Exception:
            continue
        except Exception as error:  # whatever a check finds
            failed[check.func.__name__] = f"{type(error).__name__}: {error}"
    assert set(failed) == {name for name in FAILING if name in failed}, failed
