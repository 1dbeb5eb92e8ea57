"""Estimators of scikit-learn whose `fit` searches: `SearchedClassifier` and `SearchedRegressor`."""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from search.app.calling import run
from search.app.handle import Run
from search.app.paths import RUNS
from search.app.predict import new_rows_of, predict
from search.data.arrays import arrays
from search.data.dataset import Array
from search.store.folder import free_name
from search.store.model_file import model_at
from search.study.budget import Budget
from search.study.dense import DenseSpace
from search.study.study import Finals, Study


class _Searched(BaseEstimator):  # type: ignore[misc]
    """What both have in common; the winner's file is part of it, so that it can be pickled."""

    _stem: str

    def __init__(  # noqa: PLR0913 - given by name
        self,
        space: Any = None,
        *,
        model: Callable[..., Any] | None = None,
        objective: str | None = None,
        trials: int = 20,
        epochs: int = 40,
        finals: Finals | None = None,
        seed: int = 0,
        name: str | None = None,
        progress: bool = False,
    ) -> None:
        self.space = space
        self.model = model
        self.objective = objective
        self.trials = trials
        self.epochs = epochs
        self.finals = finals
        self.seed = seed
        self.name = name
        self.progress = progress

    def _search(self, x: Array, y: Array, **told: Any) -> None:
        study = Study(
            data=arrays(x, y, **told),
            model=self.model,
            space=DenseSpace() if self.space is None else self.space,
            objective=self.objective or "auto",
            budget=Budget(trials=self.trials, epochs=self.epochs),
            finals=self.finals or Finals(),
            seed=self.seed,
        )
        name = self.name or free_name(RUNS, self._stem)
        found = run(study, name=name, progress=self.progress)
        self._folder, self.report_ = found.folder.absolute(), found.page.absolute()
        self._file = model_at(found.folder)
        best = found.best
        self.best_params_ = dict(best.params)
        self.best_score_, self.held_out_score_ = best.validation, best.value
        self.cv_results_ = _results(found)

    @property
    def run_(self) -> Run:
        """The `Run`, read from its folder."""
        check_is_fitted(self)
        return Run(self._folder)

    @property
    def model_(self) -> Any:
        """The winner, loaded in Keras's safe mode."""
        from search.training.export import loaded, registered

        check_is_fitted(self)
        return loaded(self._file.content, registered())

    def _numbers(self, x: Any) -> Array:
        """What the winner says of rows: probabilities or numbers, shape (rows, columns)."""
        check_is_fitted(self)
        rows = validate_data(self, x, reset=False, dtype=np.float32)
        told = predict(self._file, new_rows_of(self._file, rows), own=_registered).rows
        columns = [*told[0]][-self._columns() :]  # before them the predicted class
        return np.array([[row[name] for name in columns] for row in told], np.float64)

    def _columns(self) -> int:
        raise NotImplementedError


class SearchedClassifier(ClassifierMixin, _Searched):  # type: ignore[misc]
    """A classifier that is searched for, judged and reported as by `search.run`.

    Args:
        space: As of `Study`: a `DenseSpace`, or with `model` a dict of hyperparameters;
            `DenseSpace()` where left out.
        model: As of `Study`: a function that builds and compiles a Keras model; None for a space
            that needs none.
        objective: What trials are compared by, on validation rows, such as "val_auc".
        trials: Of the search.
        epochs: A trial at most.
        finals: How the best are told from each other; as of `Study` where left out.
        seed: Of everything that is drawn.
        name: Of the run and its page; made from the time where left out.
        progress: Whether it is shown how far the search is.

    Attributes:
        run_: The `Run`, with its verdict and trials; its folder has to be there.
        model_: The winner as a Keras model, trained on training and validation rows.
        best_params_: Hyperparameter → its value.
        best_score_: The mean objective on validation, over fresh seeds.
        held_out_score_: The score on rows that nothing was chosen by.
        cv_results_: A dict of arrays, an entry a completed trial, of its one split: "params",
            "param_NAME", "mean_test_score" (higher is better) and "rank_test_score".
        report_: The path of the page.
        n_features_in_: Columns of X.
        classes_: The classes, sorted.
    """

    _stem = "classifier"

    def fit(self, X: Any, y: Any) -> "SearchedClassifier":  # noqa: N803 - scikit-learn's own
        """Search, judge, and write the page.

        Args:
            X: Numbers, shape (rows, features).
            y: A class a row.

        Raises:
            ValueError: Rows are not what it takes.
        """
        x, y = validate_data(self, X, y, dtype=np.float32, ensure_min_samples=2)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"y has 1 class ({self.classes_[0]}); a classifier needs two or more")
        self._search(x, codes, class_names=[str(one) for one in self.classes_])
        return self

    def predict_proba(self, X: Any) -> Array:  # noqa: N803
        """Probability of each of `classes_`, shape (rows, classes)."""
        return self._numbers(X)

    def predict(self, X: Any) -> Array:  # noqa: N803
        """The most probable class of each row."""
        places = self.predict_proba(X).argmax(axis=1)
        found: Array = self.classes_[places]
        return found

    def _columns(self) -> int:
        return len(self.classes_)


class SearchedRegressor(RegressorMixin, _Searched):  # type: ignore[misc]
    """A regressor that is searched for, judged and reported as by `search.run`.

    Arguments and attributes are those of `SearchedClassifier`, but for `classes_`.
    """

    _stem = "regressor"

    def fit(self, X: Any, y: Any) -> "SearchedRegressor":  # noqa: N803
        """Search, judge, and write the page.

        Args:
            X: Numbers, shape (rows, features).
            y: A number a row.

        Raises:
            ValueError: Rows are not what it takes.
        """
        x, y = validate_data(self, X, y, dtype=np.float32, y_numeric=True, ensure_min_samples=2)
        self._search(x, np.asarray(y, np.float64), task="regression")
        return self

    def predict(self, X: Any) -> Array:  # noqa: N803
        """A number a row."""
        return self._numbers(X)[:, 0]

    def _columns(self) -> int:
        return 1


def _registered() -> Any:
    from search.training.export import registered

    return registered()


def _results(found: Run) -> dict[str, Array]:
    """The trials as `GridSearchCV` has them."""
    completed = [trial for trial in found.trials if trial.value is not None]
    sign = 1 if found.study.direction.name == "MAXIMIZE" else -1
    scores = np.array([sign * float(trial.value or 0.0) for trial in completed])
    params = [dict(trial.params) for trial in completed]
    names = sorted({name for one in params for name in one})
    columns: dict[str, Array] = {
        f"param_{name}": np.ma.array(
            [one.get(name) for one in params],
            mask=[name not in one for one in params],
            dtype=object,
        )
        for name in names
    }
    ranks = 1 + (scores[None, :] > scores[:, None]).sum(axis=1)
    return {
        **columns,
        "params": np.array(params, dtype=object),
        "mean_test_score": scores,
        "rank_test_score": ranks.astype(np.int32),
    }
