"""A constant and a linear model: fitted on the rows that train, scored on held-out."""

from dataclasses import replace

import numpy as np
import pytest

from search import Split, circles
from search.data.split import Rows
from search.data.tree import Tree
from search.finals.reference_models import (
    BOOSTED_WORK,
    how_fitted,
    plain_predictions,
    steps,
    work_of_boosting,
)
from search.finals.reference_models import yardsticks as judged
from search.finals.scoring import Judge
from search.metrics.row_loss import (
    BY_SQUARES,
    LOGARITHMIC,
    OF_ITS_OWN,
    POISSON,
    QUANTILE,
    RELATIVE,
    RowLoss,
)
from search.study.answer import Yardstick


def yardsticks(train: Rows, held_out: Rows, classes: int, task: str) -> tuple[Yardstick, ...]:
    objective = "val_r2" if task == "regression" else "val_accuracy"
    objective = "val_f1" if task == "multilabel" else objective
    said = plain_predictions(train, held_out.x, classes, task)
    return judged(said, Judge(held_out.y, task, objective, maximize=True))


def rows(x: list[float], y: list[int]) -> Rows:
    return Rows(np.array(x, dtype=np.float32).reshape(-1, 1), np.array(y, dtype=np.int32))


def test_a_linear_model_parts_what_a_line_parts() -> None:
    train, held_out = rows([-3, -2, -1, 1, 2, 3], [0, 0, 0, 1, 1, 1]), rows([-5, 5], [0, 1])
    constant, linear, _ = yardsticks(train, held_out, 2, "binary")
    assert (constant.name, linear.name) == ("constant", "linear model")
    assert (constant.score.value, linear.score.value) == (0.5, 1.0)


def test_no_line_parts_circles() -> None:
    parts = Split().parts(circles(samples=1000).load())
    _, linear, boosted = yardsticks(parts.train, parts.held_out, 2, "binary")
    assert linear.score.value < 0.7
    assert linear.score.rows == 200
    assert boosted.name == "gradient-boosting model"
    assert boosted.score.value > 0.9


def test_the_constant_is_the_commonest_class_of_training_and_not_of_held_out() -> None:
    train, held_out = rows([1, 2, 3], [0, 0, 1]), rows([1, 2, 3, 4], [1, 1, 1, 0])
    constant, *_ = yardsticks(train, held_out, 2, "binary")
    assert constant.score.value == 0.25
    assert constant.score.loss == pytest.approx(-(3 * np.log(1 / 3) + np.log(2 / 3)) / 4)


def test_rows_of_any_shape_are_taken() -> None:
    x = np.repeat(np.array([-1.0, 0.0, 1.0] * 4, dtype=np.float32), 6).reshape(12, 2, 3)
    pictures = Rows(x, np.array([0, 1, 2] * 4, dtype=np.int32))
    _, linear, _ = yardsticks(pictures, pictures, 3, "multiclass")
    assert len(linear.score.matrix) == 3
    assert linear.score.value == 1.0


def test_the_linear_model_of_many_pictures_takes_fewer_steps() -> None:
    assert steps(600 * 2 * 2) == 1000
    assert steps(4_000_000 * 10) == 500
    assert steps(54_000 * 784 * 10) == 100


def test_of_more_rows_than_there_is_room_for_some_are_taken_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("search.finals.reference_models.MOST_NUMBERS", 50)
    many = rows([float(x) for x in range(-100, 100)], [0] * 100 + [1] * 100)
    constant, linear, _ = yardsticks(many, many, 2, "binary")
    assert constant.name == "constant on 50 training rows"
    assert linear.name == "linear model on 50 training rows"
    assert linear.score.rows == 200
    assert linear.score.value > 0.9


def test_boosting_learns_every_task(any_rows: tuple[Rows, int, str]) -> None:
    rows, classes, task = any_rows
    constant, _, boosted = yardsticks(rows, rows, classes, task)
    assert boosted.score.value > constant.score.value + 0.2


def test_boosting_is_left_out_where_it_would_take_minutes() -> None:
    assert work_of_boosting(600, 2, 1) < work_of_boosting(1_078, 64, 10) < BOOSTED_WORK
    assert work_of_boosting(600_000, 107, 1) < BOOSTED_WORK
    assert work_of_boosting(36_000, 784, 10) > BOOSTED_WORK


@pytest.fixture(params=["binary", "multiclass", "multilabel", "regression"])
def any_rows(request: pytest.FixtureRequest) -> tuple[Rows, int, str]:
    x = np.random.default_rng(0).uniform(-1, 1, (400, 3)).astype(np.float32)
    signs = (x > 0).astype(np.int32)
    y = {
        "binary": signs[:, 0] ^ signs[:, 1],
        "multiclass": signs[:, 0] + signs[:, 1] * signs[:, 2],
        "multilabel": signs[:, :2] ^ signs[:, 1:],
        "regression": (x[:, :2] * x[:, 1:]).astype(np.float32),
    }[request.param]
    return (
        Rows(x, y),
        {"binary": 2, "multiclass": 3, "multilabel": 2}.get(request.param, 0),
        (request.param),
    )


def test_weights_of_rows_are_those_of_the_fits() -> None:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    random = np.random.default_rng(0)
    x = random.normal(size=(300, 3)).astype(np.float32)
    y = (x[:, 0] + random.normal(size=300) > 1.5).astype(np.int32)
    train = Rows(x, y).weighted("balanced")
    weights = np.where(y == 1, 300 / (2 * y.sum()), 300 / (2 * (300 - y.sum())))
    constant, linear, boosted = plain_predictions(train, x, 2, "binary").values()
    scaled = StandardScaler().fit_transform(x)
    line = LogisticRegression(max_iter=1000).fit(scaled, y, sample_weight=weights)
    np.testing.assert_allclose(linear, line.predict_proba(scaled), atol=1e-4)
    trees = HistGradientBoostingClassifier(random_state=0).fit(x, y, sample_weight=weights)
    np.testing.assert_allclose(boosted, trees.predict_proba(x), atol=1e-6)
    np.testing.assert_allclose(constant[0], [1 - y.mean(), y.mean()], rtol=1e-6)
    plain = plain_predictions(Rows(x, y), x, 2, "binary")["linear model"]
    assert (linear[:, 1] > 0.5).sum() > 2 * (plain[:, 1] > 0.5).sum()
    texts = Tree({("text",): np.array(["ab", "cd", "ab cd"] * 100, object), ("n",): x})
    plain_predictions(replace(train, x=texts), texts, 2, "binary")
    said = plain_predictions(Rows(x, x[:, :2], np.ones(300, np.float32)), x, 0, "regression")
    like = plain_predictions(Rows(x, x[:, :2]), x, 0, "regression")
    np.testing.assert_allclose(said["linear model"], like["linear model"], rtol=1e-5)


def test_counts_are_predicted_by_models_of_counts() -> None:
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.linear_model import PoissonRegressor
    from sklearn.preprocessing import StandardScaler

    random = np.random.default_rng(0)
    x = random.normal(size=(300, 3)).astype(np.float32)
    y = random.poisson(np.exp(1.5 * x[:, 0])).astype(np.float32)[:, None]
    said = plain_predictions(Rows(x, y), x, 0, "regression", RowLoss(POISSON))
    assert list(said) == ["constant", "Poisson regression", "gradient-boosting model"]
    line = PoissonRegressor(alpha=1 / 300, max_iter=1000)
    scaled = StandardScaler().fit_transform(x)
    expected = line.fit(scaled, y[:, 0]).predict(scaled)
    np.testing.assert_allclose(said["Poisson regression"][:, 0], expected, rtol=1e-3)
    trees = HistGradientBoostingRegressor(random_state=0, loss="poisson").fit(x, y[:, 0])
    np.testing.assert_allclose(said["gradient-boosting model"][:, 0], trees.predict(x), rtol=1e-6)
    assert min(one.min() for one in said.values()) > 0
    other = plain_predictions(Rows(x, y), x, 0, "regression")
    marks = judged(other, Judge(y, "regression", "val_mse", maximize=False))
    assert [(one.name, one.below_0) for one in marks][:2] == [
        ("constant", False), ("linear model", True),
    ]  # fmt: skip


SKEWED = RowLoss(QUANTILE, 0.9)


@pytest.mark.parametrize(
    "by", [RowLoss(QUANTILE), SKEWED, RowLoss(RELATIVE), RowLoss(LOGARITHMIC)], ids=str
)
def test_they_minimise_what_the_objective_adds_up(by: RowLoss) -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(800, 2)).astype(np.float32)
    y = (np.exp(x[:, 0]) * (0.1 + random.exponential(size=800) ** 2)).astype(np.float32)[:, None]

    def loss(said: np.ndarray) -> float:
        apart = y[400:] - said
        if by.kind == LOGARITHMIC:
            return float(np.square(np.log1p(y[400:]) - np.log1p(np.maximum(said, 0))).mean())
        each = np.maximum(by.level * apart, (by.level - 1) * apart)
        return float((each / y[400:] if by.kind == RELATIVE else each).mean())

    train, held_out = Rows(x[:400], y[:400]), x[400:]
    own = plain_predictions(train, held_out, 0, "regression", by)
    by_squares = plain_predictions(train, held_out, 0, "regression")
    assert list(own) == list(by_squares) == ["constant", "linear model", "gradient-boosting model"]
    for name in ("linear model", "gradient-boosting model"):
        assert loss(own[name]) < 0.97 * loss(by_squares[name])
    (note,) = how_fitted(train, "regression", "none", own, by)
    assert note == f"The reference models are fitted by the objective: {by}."


def test_a_series_of_nearly_the_same_columns_has_a_median_line() -> None:
    steps = np.arange(1200)
    series = np.sin(steps / 12) + np.random.default_rng(0).normal(0, 0.1, 1200)
    x = np.stack([series[at : at + 24] for at in range(900)]).astype(np.float32)
    y, slow = series[29:929, None], np.cos(np.arange(900) / 30)[:, None]
    x = np.hstack([x, *(slow + shift for shift in np.arange(24) / 1000)]).astype(np.float32)
    said = plain_predictions(Rows(x, y), x, 0, "regression", RowLoss(QUANTILE))
    best = np.abs(y - said["linear model"]).mean()
    assert (
        best < np.abs(y - plain_predictions(Rows(x, y), x, 0, "regression")["linear model"]).mean()
    )


def test_one_that_cannot_be_fitted_is_left_out_with_a_sentence() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(60, 2)).astype(np.float32)
    x[3, 1] = np.inf
    told: list[str] = []
    said = plain_predictions(Rows(x, x[:, :1]), x, 0, "regression", say=told.append)
    assert list(said) == ["constant", "gradient-boosting model"]
    (line,) = told
    assert line.startswith("The linear model is left out: scikit-learn could not fit it (Value")


def test_where_they_minimise_another_loss_their_names_say_so() -> None:
    random = np.random.default_rng(0)
    train = Rows(random.normal(size=(50, 8)).astype(np.float32), random.normal(size=(50, 1)))
    squared = "fitted by squared error"
    for by in (OF_ITS_OWN, RowLoss(POISSON), RowLoss(LOGARITHMIC)):  # some targets are below -1
        said = plain_predictions(train, train.x, 0, "regression", by)
        assert list(said)[1:] == [f"linear model {squared}", f"gradient-boosting model {squared}"]
        (note,) = how_fitted(train, "regression", "none", said, by)
        assert note == f"Those {squared} might do better by the objective."
    said = plain_predictions(train, train.x, 0, "regression", SKEWED)  # few rows for a line by it
    assert list(said)[1:] == [f"linear model {squared}", "gradient-boosting model"]
    assert len(how_fitted(train, "regression", "none", said, SKEWED)) == 2


def test_how_they_were_fitted_is_said() -> None:
    train = rows([1, 2, 3], [0, 0, 1])
    said = {"constant": train.x, "linear model": train.x}
    assert how_fitted(train, "binary", "none", said, BY_SQUARES) == ()
    (note,) = how_fitted(train, "binary", "balanced", said, BY_SQUARES)
    assert note.endswith(", but for the constant, weight classes as the winner does (balanced).")
    weighted = replace(train, weights=np.ones(3))
    (note,) = how_fitted(weighted, "binary", "none", said, BY_SQUARES)
    assert note.endswith(", but for the constant, weight rows as the winner does.")
    assert how_fitted(weighted, "binary", "none", {"constant": train.x}, BY_SQUARES) == ()
    (note,) = how_fitted(train, "custom", "none", {"constant": train.x}, BY_SQUARES)
    assert note.startswith("A constant is the only reference model here")
    (note,) = how_fitted(replace(train, stream=object()), "binary", "none", said, BY_SQUARES)
    assert "fitted on the 3 rows that the training stream gave in one pass" in note
