"""Distributed hyperparameter search for Keras that ends in an honest answer.

A space file says `from search import …` and gets these names; each loads only when it is used,
since pandas and scikit-learn alone cost 1.8 s.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from search.app.calling import check, resume, run
    from search.app.check import Check
    from search.app.estimators import SearchedClassifier, SearchedRegressor
    from search.app.handle import Run, load_run
    from search.app.pages import Comparison, compare
    from search.data.arrays import arrays
    from search.data.dataset import Data, Dataset
    from search.data.fashion import fashion_mnist
    from search.data.generators import blobs, circles, moons
    from search.data.npz import npz
    from search.data.pictures import pictures
    from search.data.series import series
    from search.data.sklearn_sets import sklearn_data
    from search.data.split import Split
    from search.data.streams import streams
    from search.data.table import table
    from search.loading.kerastuner import kerastuner
    from search.loading.optuna_objective import optuna_objective
    from search.loading.tune_trainable import tune_trainable
    from search.study.budget import Budget
    from search.study.dense import DenseSpace
    from search.study.errors import ArgumentError, InputError, RunError, SearchError
    from search.study.parameters import Choice, Float, Int
    from search.study.picture_space import PictureSpace
    from search.study.study import Baseline, Finals, Study
    from search.study.text_space import TextSpace
    from search.study.trial import State, Trial
    from search.tuning.listeners import Listener

ROOMS = {
    "search.app.calling": ("check", "resume", "run"),
    "search.app.check": ("Check",),
    "search.app.estimators": ("SearchedClassifier", "SearchedRegressor"),
    "search.app.handle": ("Run", "load_run"),
    "search.app.pages": ("Comparison", "compare"),
    "search.loading.kerastuner": ("kerastuner",),
    "search.loading.optuna_objective": ("optuna_objective",),
    "search.loading.tune_trainable": ("tune_trainable",),
    "search.study.budget": ("Budget",),
    "search.data.arrays": ("arrays",),
    "search.data.fashion": ("fashion_mnist",),
    "search.data.generators": ("blobs", "circles", "moons"),
    "search.data.npz": ("npz",),
    "search.data.pictures": ("pictures",),
    "search.data.series": ("series",),
    "search.data.sklearn_sets": ("sklearn_data",),
    "search.data.streams": ("streams",),
    "search.data.table": ("table",),
    "search.data.dataset": ("Data", "Dataset"),
    "search.study.dense": ("DenseSpace",),
    "search.study.picture_space": ("PictureSpace",),
    "search.study.errors": ("ArgumentError", "InputError", "RunError", "SearchError"),
    "search.study.parameters": ("Choice", "Float", "Int"),
    "search.data.split": ("Split",),
    "search.study.study": ("Baseline", "Finals", "Study"),
    "search.study.text_space": ("TextSpace",),
    "search.study.trial": ("State", "Trial"),
    "search.tuning.listeners": ("Listener",),
}
_HOME = {name: module for module, names in ROOMS.items() for name in names}

__version__ = "0.1.0"
__all__ = [
    "ArgumentError",
    "Baseline",
    "Budget",
    "Check",
    "Choice",
    "Comparison",
    "Data",
    "Dataset",
    "DenseSpace",
    "Finals",
    "Float",
    "InputError",
    "Int",
    "Listener",
    "PictureSpace",
    "Run",
    "RunError",
    "SearchError",
    "SearchedClassifier",
    "SearchedRegressor",
    "Split",
    "State",
    "Study",
    "TextSpace",
    "Trial",
    "arrays",
    "blobs",
    "check",
    "circles",
    "compare",
    "fashion_mnist",
    "kerastuner",
    "load_run",
    "moons",
    "npz",
    "optuna_objective",
    "pictures",
    "resume",
    "run",
    "series",
    "sklearn_data",
    "streams",
    "table",
    "tune_trainable",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'search' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
