"""Every measure against scikit-learn, its interval, and two models on the same rows."""

import numpy as np
import pytest
from sklearn import metrics

from search.data.dataset import Array
from search.metrics.base import KNOWN as KNOWN_MEASURES
from search.metrics.base import Estimate, PairedScores, by_draws
from search.metrics.custom import Custom
from search.metrics.intervals import Draws
from search.metrics.measures import measure_of, plain_measure
from search.metrics.of_rows import RightOrWrong, _of_accuracies
from search.study.answer import Paired
from search.study.task import DIRECTIONS, MEASURES, TASKS

ROWS = 300
KNOWN = [(f"val_{name}", task.name) for task in TASKS.values() for name in task.measures]


def rows_of(task: str, seed: int = 0, noise: float = 1.0) -> tuple[Array, Array]:
    """Predictions and truth."""
    truth, draw = np.random.default_rng(9), np.random.default_rng(seed)
    match task:
        case "binary":
            y = (truth.random(ROWS) < 0.3).astype(int)
            p = 1 / (1 + np.exp(-(2 * y - 1 + noise * draw.normal(size=ROWS))))
            return np.column_stack([1 - p, p]), y
        case "multiclass":
            y = truth.integers(0, 3, ROWS)
            powers = np.exp(2 * np.eye(3)[y] + noise * draw.normal(size=(ROWS, 3)))
            return powers / powers.sum(axis=1, keepdims=True), y
        case "multilabel":
            y = (truth.random((ROWS, 4)) < 0.4).astype(int)
            return 1 / (1 + np.exp(-(2 * y - 1 + noise * draw.normal(size=(ROWS, 4))))), y
        case _:
            y = truth.normal((5.0, -300.0), (1.0, 40.0), (ROWS, 2))
            return y + noise * draw.normal(0, (0.5, 20.0), (ROWS, 2)), y


def by_sklearn(  # noqa: C901, PLR0911 - one line a measure
    name: str, task: str, said: Array, y: Array
) -> float:
    hard = said >= 0.5 if task == "multilabel" else said.argmax(axis=1)
    average = {"multiclass": "macro", "multilabel": "micro"}.get(task, "binary")
    of = {"f1": metrics.f1_score, "precision": metrics.precision_score,
          "recall": metrics.recall_score}  # fmt: skip
    if name in of:
        return float(of[name](y, hard, average=average))
    match name, task:
        case "accuracy", "multilabel":
            return float(1 - metrics.hamming_loss(y, hard))
        case "accuracy", _:
            return float(metrics.accuracy_score(y, hard))
        case "auc", "binary":
            return float(metrics.roc_auc_score(y, said[:, 1]))
        case "auc", "multiclass":
            return float(metrics.roc_auc_score(y, said, multi_class="ovr"))
        case "auc", _:
            return float(metrics.roc_auc_score(y, said))
        case "loss", "multilabel":
            return float(np.mean([metrics.log_loss(*of) for of in zip(y.T, said.T, strict=True)]))
        case "loss", ("binary" | "multiclass"):
            return float(metrics.log_loss(y, said))
        case "mae", _:
            return float(metrics.mean_absolute_error(y, said))
        case "r2", _:
            return float(metrics.r2_score(y, said))
        case "rmse", _:
            return float(np.sqrt(metrics.mean_squared_error(y, said)))
    return float(metrics.mean_squared_error(y, said))


@pytest.mark.parametrize(("objective", "task"), KNOWN)
def test_a_measure_is_scikit_learns_and_its_interval_holds_it(objective: str, task: str) -> None:
    said, y = rows_of(task)
    measure = measure_of(objective, task)
    assert measure is not None
    estimate = measure.estimate(said, y, Draws.of(ROWS))
    expected = by_sklearn(objective.removeprefix("val_"), task, said, y)
    assert estimate.value == pytest.approx(expected, rel=1e-6)
    assert np.nanmean(estimate.drawn) == pytest.approx(expected, rel=0.03)
    interval = measure.interval(said, y, estimate)
    assert interval is not None
    assert interval.low < expected < interval.high
    wide = interval.high - interval.low
    assert wide == pytest.approx(2 * 1.96 * np.nanstd(estimate.drawn), rel=0.25)


@pytest.mark.parametrize(("objective", "task"), KNOWN)
def test_a_clearly_better_model_is_ahead_and_one_like_it_is_level(
    objective: str, task: str
) -> None:
    def beside(noise: float, seed: int) -> Paired:
        measure = measure_of(objective, task)
        assert measure is not None
        said, y = rows_of(task)
        other, _ = rows_of(task, seed, noise)
        draws = Draws.of(ROWS)
        found = [PairedScores(of, measure.estimate(of, y, draws)) for of in (said, other)]
        one = measure.paired(y, *found)
        back = measure.paired(y, *found[::-1])
        assert one is not None
        assert back is not None
        assert back.lead == -one.lead
        return one

    assert beside(3.0, 1).told == "ahead"
    assert beside(0.2, 1).told == "behind"
    same = beside(1.0, 0)
    assert (same.lead, same.told, same.rows) == (0.0, "level", None)


@pytest.mark.parametrize("unit", [1e-26, 1e-5, 1.0, 1e9, 1e30])
@pytest.mark.parametrize("objective", [o for o, task in KNOWN if task == "regression"])
@pytest.mark.parametrize("own", [False, True])
def test_who_is_ahead_does_not_hang_on_the_unit(objective: str, unit: float, own: bool) -> None:
    said, y = (unit * of for of in rows_of("regression"))
    other = unit * rows_of("regression", 1, 3.0)[0]
    known, draws = measure_of(objective, "regression"), Draws.of(ROWS)
    assert known is not None
    pair = [PairedScores(of, known.estimate(of, y, draws)) for of in (said, other)]
    measure = Custom("own", maximize=known.maximize) if own else known
    for rows in (y, y.astype("float32")):
        found = measure.paired(rows, *pair)
        assert found is not None
        assert found.told == "ahead"


def accuracies(first: int, second: int) -> Paired:
    """Of 100 rows, so many that one alone has right; both have 50."""
    measure, y = plain_measure("binary"), np.zeros(100, int)
    at = np.arange(100)
    right = [(at < 50 + first), (at < 50) | ((at >= 60) & (at < 60 + second))]
    said = [np.column_stack([of, ~of]).astype(float) for of in right]
    draws = Draws.of(100)
    found = measure.paired(y, *(PairedScores(of, measure.estimate(of, y, draws)) for of in said))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [(3, 0, "level"), (5, 0, "level"), (6, 0, "ahead"), (0, 6, "behind"), (9, 3, "level")],
)
def test_accuracies_are_told_apart_by_mcnemars_exact_test(
    first: int, second: int, told: str
) -> None:
    from scipy.stats import binomtest

    found = accuracies(first, second)
    assert found.told == told
    assert (binomtest(first, first + second).pvalue < 0.05) == (told != "level")
    assert found.lead == pytest.approx((first - second) / 100)
    assert found.interval.low <= found.lead <= found.interval.high


def test_few_rows_that_differ_do_not_decide_of_other_counts_either() -> None:
    measure, y = measure_of("val_f1", "binary"), (np.arange(200) < 40).astype(int)
    assert measure is not None
    draws = Draws.of(200)
    for missed, told in ((4, "level"), (12, "ahead")):
        perfect = np.column_stack([1 - y, y]).astype(float)
        other = perfect.copy()
        other[:missed] = (1.0, 0.0)
        judged = [PairedScores(of, measure.estimate(of, y, draws)) for of in (perfect, other)]
        found = measure.paired(y, *judged)
        assert found is not None
        assert found.told == told


def test_which_measure_takes_mcnemars_test_is_no_matter_of_its_title() -> None:
    takes = {of for of in KNOWN if isinstance(measure_of(*of), RightOrWrong)}
    assert takes == {("val_accuracy", "binary"), ("val_accuracy", "multiclass")}
    own, y = Custom("accuracy", maximize=True), np.zeros(100, int)
    drawn = np.random.default_rng(0).normal(0, 0.01, 200)
    judged = [PairedScores(np.zeros((100, 2)), Estimate(v, v + drawn)) for v in (0.8, 0.7)]
    found = own.paired(y, *judged)  # a metric of one's own with that name has no rows to count
    assert found is not None
    assert found.told == "ahead"


@pytest.mark.parametrize("apart", [0.0, 1e-14, 3e-7])
def test_what_rounding_alone_makes_of_a_loss_is_level(apart: float) -> None:
    own, y, value = Custom("loss", maximize=False), np.zeros(5), 1.25e6
    draws = value + np.random.default_rng(0).normal(0, 1e4, 200)
    one, other = (PairedScores(y, Estimate(value * by, draws * by)) for by in (1.0, 1.0 + apart))
    found = own.paired(y, one, other)
    assert found is not None
    assert found.told == "level"


def test_how_many_rows_it_would_take_is_by_what_differs_row_by_row() -> None:
    found = accuracies(4, 1)
    spread = np.sqrt((5 - 9 / 100) / 100) * (1.96 + 0.84) / 0.03
    assert found.rows == pytest.approx(spread**2, rel=0.1)


def test_an_own_metric_is_compared_by_its_draws() -> None:
    draw = np.random.default_rng(0)
    common, y = draw.normal(0, 0.05, 200), np.zeros(5)
    own = Custom("f2", maximize=True)
    one, near, far = (
        PairedScores(y, Estimate(value, value + common + draw.normal(0, 0.01, 200)))
        for value in (0.8, 0.79, 0.7)
    )
    assert [of.told for other in (near, far) if (of := own.paired(y, one, other))] == [
        "level",
        "ahead",
    ]
    less = Custom("cost", maximize=False)
    found = less.paired(y, one, far)
    assert found is not None
    assert found.told == "behind"
    assert own.paired(y, one, PairedScores(y, Estimate(0.1))) is None
    interval = by_draws(one.estimate, share=True)
    assert interval is not None
    assert interval.low < 0.8 < interval.high


@pytest.mark.parametrize("classes", [(0, 1), (0, 2), (1, 1)])
def test_macro_f1_is_of_the_classes_that_there_are(classes: tuple[int, int]) -> None:
    y = np.array(classes * 10)
    said = np.eye(3)[np.where(np.arange(20) < 3, 1, y)]
    measure = measure_of("val_f1", "multiclass")
    assert measure is not None
    found = measure.estimate(said, y, Draws.of(20)).value
    assert found == pytest.approx(metrics.f1_score(y, said.argmax(axis=1), average="macro"))


@pytest.mark.parametrize("off", [0.0, 2.5])
def test_r2_of_equal_targets_is_as_scikit_learn_has_it(off: float) -> None:
    y = np.full((30, 1), 1e6)
    said = y + off
    found = plain_measure("regression").estimate(said, y, Draws.of(30))
    assert found.value == metrics.r2_score(y, said)
    assert np.isfinite(found.drawn).all()


def test_models_of_a_target_that_seldom_varies_are_compared_in_finite_numbers() -> None:
    y = np.zeros((40, 1))
    y[0] = 5.0
    draws, measure = Draws.of(40), plain_measure("regression")
    one, other = (PairedScores(s, measure.estimate(s, y, draws)) for s in (y + 0.1, y * 0.5))
    found = measure.paired(y, one, other)
    assert found is not None
    assert np.isfinite([found.lead, found.interval.low, found.interval.high]).all()


def test_each_name_has_a_class_for_each_of_its_tasks_and_a_direction() -> None:
    listed = {(name, task.name) for name, (_, tasks) in MEASURES.items() for task in tasks}
    assert listed == set(KNOWN_MEASURES)
    for (name, _), measure in KNOWN_MEASURES.items():
        assert measure.title
        assert ("maximize" if measure.maximize else "minimize") == DIRECTIONS[f"val_{name}"]


@pytest.mark.parametrize("rows", [7, 60, 300])
def test_intervals_of_paired_accuracies_agree_with_mcnemar(rows: int) -> None:
    from scipy.stats import binomtest

    for first in range(8):
        for second in range(8 - first):
            found = _of_accuracies(first, second, rows)
            back = _of_accuracies(second, first, rows)
            np.testing.assert_allclose((found.low, found.high), (-back.high, -back.low), atol=1e-9)
            assert found.low <= (first - second) / rows <= found.high
            apart = first + second
            differ = apart > 0 and binomtest(first, apart).pvalue < 0.05
            assert (found.low <= 0 <= found.high) == (not differ)
            assert found.high > found.low


def test_intervals_of_paired_accuracies_hold_the_truth() -> None:
    draw = np.random.default_rng(0)
    for rows, ahead, behind in [(60, 0.617, 0.0), (60, 0.2, 0.05), (300, 0.1, 0.0)]:
        counts = draw.multinomial(rows, [ahead, behind, 1 - ahead - behind], 400)[:, :2]
        ends = [_of_accuracies(int(a), int(b), rows) for a, b in counts]
        held = np.mean([end.low <= ahead - behind <= end.high for end in ends])
        assert 0.92 <= held <= 0.98


def test_the_interval_of_a_skewed_error_holds_more_than_plain_percentiles() -> None:
    random, truth, rows = np.random.default_rng(1), np.exp(0.75**2), 60
    measure, held, plain = measure_of("rmse", "regression"), 0, 0
    assert measure is not None
    for _ in range(100):
        errors = np.exp(0.75 * random.normal(size=(rows, 1)))
        zero, draws = np.zeros((rows, 1)), Draws.of(rows)
        within = measure.interval(errors, zero, measure.estimate(errors, zero, draws))
        assert within is not None
        again = np.sqrt(np.square(errors[random.integers(0, rows, (1000, rows)), 0]).mean(axis=1))
        low, high = np.percentile(again, [2.5, 97.5])
        held += within.low <= truth <= within.high
        plain += low <= truth <= high
    assert held >= plain
    assert held >= 76
