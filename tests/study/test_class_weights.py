"""Rare classes count for as much as frequent ones, where that is asked for."""

from typing import Any

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_sample_weight

from search import Baseline, Choice, DenseSpace, InputError, Int, Study, circles
from search.data.split import Rows
from search.loading.space_check import probe
from search.study.arguments import taken_by
from search.study.class_weights import balanced


def test_balanced_classes_weigh_as_in_scikit_learn() -> None:
    y = np.array([0] * 7 + [2] * 2 + [1], np.int32)
    np.testing.assert_allclose(balanced(y), compute_sample_weight("balanced", y), rtol=1e-6)
    assert [balanced(y)[y == code].sum() for code in range(3)] == pytest.approx([10 / 3] * 3)


def test_class_weights_come_on_top_of_those_of_the_rows() -> None:
    rows = Rows(np.ones((4, 1)), np.array([0, 0, 0, 1]), np.array([1, 2, 0, 3], np.float32))
    np.testing.assert_allclose(rows.weighted("balanced").weights, [2 / 3, 4 / 3, 0, 6], rtol=1e-6)
    assert rows.weighted("none") is rows


def build(units: int) -> Any: ...


SEARCHED = {"units": Int(1, 9)}


def test_they_are_searched_or_held_in_a_dense_space_and_a_declared_one() -> None:
    dense = DenseSpace(layers=Int(1, 3), class_weight=Choice("none", "balanced"))
    assert list(dense.parameters) == ["layers", "class_weight"]
    assert DenseSpace().fixed["class_weight"] == "none"
    study = Study(circles(), {**SEARCHED, "class_weight": "balanced", "batch_size": 8}, build)
    assert study.fixed == {"class_weight": "balanced", "batch_size": 8}


def test_build_is_given_what_training_reads_only_if_it_takes_it() -> None:
    values = {"units": 4, "batch_size": 8, "class_weight": "balanced"}

    def wants(units: int, batch_size: int) -> Any: ...

    def wants_all(**values: Any) -> Any: ...

    assert taken_by(build, values) == {"units": 4}
    assert taken_by(wants, values) == {"units": 4, "batch_size": 8}
    assert taken_by(wants_all, values) == values


def test_a_conditional_space_may_ask_for_what_training_reads() -> None:
    def suggest(trial: Any, option: str = "balanced") -> None:
        if trial.suggest_int("units", 1, 9) > 4:
            trial.suggest_categorical("class_weight", ["none", option])
            trial.suggest_int("batch_size", 8, 64)

    probe(Study(circles(), suggest, build))
    with pytest.raises(InputError, match=r"class_weight='balance': .*did you mean 'balanced'"):
        probe(Study(circles(), lambda trial: suggest(trial, "balance"), build))


@pytest.mark.parametrize("task", ["regression", "multilabel"])
@pytest.mark.parametrize("where", ["space", "baseline"])
def test_what_has_no_classes_is_not_balanced(task: str, where: str) -> None:
    asked = {"class_weight": Choice("none", "balanced")} if where == "space" else {}
    baselines = [] if asked else [Baseline("mine", layers=1, class_weight="balanced")]
    study = Study(circles(), DenseSpace(layers=Int(1, 3), **asked), baselines=baselines)
    study.for_task("multiclass")
    with pytest.raises(InputError, match=f"{task} has no classes to balance; leave it out"):
        study.for_task(task)
