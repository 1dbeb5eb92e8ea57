"""What a study is that leaves most of itself to the product."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from search import Budget, DenseSpace, Finals, InputError, Int, Split, Study, arrays, circles, table
from search.app.manifest_builder import manifest_of
from search.app.resolved import ResolvedStudy
from search.loading.diagnostics import read_on
from search.loading.space_file import Space, SpaceSource
from search.report.wording import shown_fit
from search.store.manifest import Machine
from search.study.last_fit import why_no_last_fit, with_last_fit
from tests.report.test_wording import answer


@pytest.mark.parametrize(
    ("given", "epochs", "patience"),
    [
        ({}, 200, 20),
        ({"trials": 9}, 200, 20),
        ({"patience": 4}, 200, 4),
        ({"patience": None}, 200, None),
        ({"epochs": 30}, 30, None),  # who says how long means all of it
        ({"epochs": 30, "patience": 4}, 30, 4),
    ],
)
def test_epochs_left_out_come_with_patience(
    given: dict[str, Any], epochs: int, patience: int | None
) -> None:
    budget = Budget(**given)
    assert (budget.epochs, budget.patience) == (epochs, patience)


def test_a_dense_space_without_arguments_is_searched_and_a_study_has_it() -> None:
    searched = set(DenseSpace().parameters)
    assert searched == {"layers", "units", "activation", "learning_rate", "dropout", "l2"}
    assert Study(data=circles()).space == DenseSpace()


def test_what_is_left_out_beside_other_fields_is_not_searched() -> None:
    space = DenseSpace(layers=Int(1, 2))
    assert set(space.parameters) == {"layers"}
    assert (space.units, space.activation, space.learning_rate) == (32, "relu", 1e-3)
    with pytest.raises(InputError, match="nothing in it is searched"):
        Study(data=circles(), space=DenseSpace(layers=2))
    with pytest.raises(InputError, match="layers=None: layers is a whole number"):
        DenseSpace(layers=None)  # type: ignore[arg-type]


def test_a_file_without_a_space_is_no_mistake() -> None:
    text = "from search import Study, circles\nstudy = Study(data=circles(), seed={})\n"
    sound, wrong = (
        read_on(SpaceSource("a.py", "a.py", {"a.py": text.format(seed)})) for seed in (1, -1)
    )
    assert sound.space is not None
    assert (sound.space.study.space, sound.mistakes) == (DenseSpace(), [])
    (mistake,) = wrong.mistakes
    assert (mistake.where, mistake.fix) == (
        "a.py, line 2: seed=-1",
        "give a whole number of 0 or more",
    )


def rows(**roles: Any) -> Any:
    """A table of numbers, with a column of times."""
    frame = pd.DataFrame(
        {"x": np.random.default_rng(1).normal(size=100), "y": np.arange(100) * 0.5 + 0.25}
    )
    when = {"when": pd.date_range("2026-01-01", periods=100)} if "time" in roles else {}
    return table(frame.assign(**when), target="y", **roles)


ORDERED = [
    ({"time": "when"}, {}, "the rows are cut by time"),
    ({}, {"split": Split(shuffle=False)}, "Split(shuffle=False) cuts the rows in their one order"),
    ({"validation": pd.DataFrame({"x": [1.5], "y": [2.5]})}, {}, "which rows validate is given"),
    ({}, {"callbacks": list}, "callbacks may watch the validation rows"),
]


@pytest.mark.parametrize(("roles", "settings", "why"), ORDERED)
def test_where_validation_rows_cannot_train_there_is_no_last_fit_and_the_page_says_why(
    roles: dict[str, Any], settings: dict[str, Any], why: str
) -> None:
    source = SpaceSource("a.py", "a.py", {})
    study = Study(data=rows(**roles), **settings)
    resolved = ResolvedStudy.of(Space(study, "A", source, touched=False))
    assert resolved.study.finals.refit is False
    manifest = manifest_of("a", resolved, Machine(1, 1, 0, "a test"))
    assert manifest.plan.no_refit.startswith(why)
    told = shown_fit(manifest, answer())
    assert (
        f"on the training rows only, without a refit on validation rows too, because {why}" in told
    )


def test_elsewhere_there_is_a_last_fit_unless_the_file_says_otherwise() -> None:
    data = arrays(np.random.default_rng(1).normal(size=(60, 2)), np.arange(60) % 2).load()
    for said, expected in ((None, True), (False, False), (True, True)):
        study = Study(data=circles(), finals=Finals(refit=said))
        assert with_last_fit(study, data).finals.refit is expected
    assert why_no_last_fit(Study(data=circles()), data) == ""


def test_a_last_fit_that_is_asked_for_is_made_for_rows_by_time() -> None:
    study = Study(data=rows(time="when"), finals=Finals(refit=True))
    assert with_last_fit(study, study.data.load()).finals.refit is True
