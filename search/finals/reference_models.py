"""Plain models of scikit-learn that any network should beat."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from math import prod
from typing import Any

import numpy as np

from search.data.dataset import Array
from search.data.rows_in_file import AT_ONCE, Features, flat, leaves_of, numbers_of, taken
from search.data.split import Rows
from search.data.tree import TEXT, Path, Tree
from search.finals.scoring import Judge
from search.metrics.base import Estimate, PairedScores
from search.metrics.row_loss import (
    BY_SQUARES,
    LOGARITHMIC,
    POISSON,
    QUANTILE,
    RELATIVE,
    RowLoss,
)
from search.study.answer import CONSTANT, Yardstick
from search.study.class_weights import NONE
from search.study.errors import plain as named_error
from search.study.outputs import OF_LOSS, PROBABILITIES
from search.study.task import TASKS

WORK = 20e9
"""Multiplications that the linear model's fit may take: 1,000 steps on 54,000 pictures of 784
pixels and ten classes took longer than the search."""

SCALER = "standardscaler"
"""As a pipeline of scikit-learn names it."""
MOST_NUMBERS = 1 << 27
"""Of features that they are fitted on: 0.5 GiB, of which scikit-learn may make a copy."""

QUANTILES = (QUANTILE, RELATIVE)
"""Whose best constant is a quantile."""
BY_SQUARED = "fitted by squared error"
QUANTILE_WORK = 5e8
"""Rows² × features × targets up to which a linear quantile regression is fitted: about 2 s."""
EACH_NUMBER = 10
"""Rows a feature that it takes at least, since nothing shrinks it."""
SOME_TEXTS = 1000
"""Rows that tell how long texts are."""
WORD = r"\w+|[^\w\s]"
"""Single letters and marks are words, too: else a text may have none at all."""

BOOSTED_ROWS = 50_000
"""That the boosting model is fitted on at most."""
BOOSTED_WORK = 3e9
"""Up to which trees are boosted, as `work_of_boosting` estimates: about 10 s of one core."""


@dataclass(frozen=True)
class ReferenceModel:
    """A model of scikit-learn.

    Attributes:
        name: As displayed.
        model: Not yet fitted.
        most: Rows that it is fitted on at most.
        given: What it is given of rows.
    """

    name: str
    model: Any
    most: int
    given: Callable[[Features], Any] = flat


def plain_predictions(  # noqa: PLR0913
    train: Rows,
    held_out: Features,
    classes: int,
    task: str,
    row_loss: RowLoss = BY_SQUARES,
    *,
    say: Callable[[str], object] = str,
) -> dict[str, Array]:
    """What a constant, a linear and a gradient-boosting model predict for held-out rows.

    Args:
        train: Rows to fit on; a part of them, drawn at random, where they are many. The weights
            that they have are those of the fits, but for the constant.
        held_out: Features of the rows; the caller has recorded the evaluation.
        classes: How many classes or labels there are.
        task: Such as "binary".
        row_loss: Of numbers, what they minimise where scikit-learn can.
        say: Told of a model that scikit-learn could not fit, which is left out.

    Returns:
        By name; without the boosting model where it would cost too much. Of several inputs they
        are given the numbers, and the linear model the texts as well.
    """
    from threadpoolctl import threadpool_limits

    found = {}
    by = _fitted_by(train, row_loss) if TASKS[task].has_numbers else row_loss
    if by.kind == RELATIVE:
        heavy = 1.0 if train.weights is None else train.weights
        train = replace(train, weights=heavy / np.abs(train.y[:, 0].astype(float)))
    for plain in _plain(train, classes, task, by, by_other=by != row_loss):
        some = _some(train, plain.most)
        name = plain.name if some is train else f"{plain.name} on {len(some):,} training rows"
        # Threads that wait for each other on a machine with other work took ten times as long.
        try:
            with threadpool_limits(1):
                _fit(plain, some)
        except Exception as error:  # whatever a solver meets in these numbers
            if plain.name == CONSTANT:
                raise
            say(f"The {name} is left out: scikit-learn could not fit it ({named_error(error)}).")
            continue
        step = max(1, AT_ONCE // max(1, held_out.size // max(1, len(held_out))))
        predictions = [
            _predicted(plain.model, plain.given(held_out[start : start + step]), classes, task)
            for start in range(0, len(held_out), step)
        ]
        found[name] = np.concatenate(predictions)
    return found


def yardsticks(
    said: Mapping[str, Array],
    judge: Judge,
    winner: PairedScores | None = None,
    own: Mapping[str, Estimate] | None = None,
) -> tuple[Yardstick, ...]:
    """Plain models' scores, and the winner beside each.

    Args:
        said: As by `plain_predictions`.
        judge: Of the held-out rows.
        winner: Its predictions; None where it is not compared.
        own: Estimates of a metric that only models know, by name.
    """
    of_loss = winner is not None and winner.kind == OF_LOSS
    kind = OF_LOSS if of_loss else PROBABILITIES
    judged = {name: judge.judged(of, (own or {}).get(name), kind) for name, of in said.items()}
    counts = TASKS[judge.task].has_numbers and bool(np.min(judge.y) >= 0)
    return tuple(
        Yardstick(
            name,
            judge.score(of),
            judge.paired(winner, of) if winner else None,
            below_0=counts and bool(np.min(said[name]) < 0),
        )
        for name, of in judged.items()
    )


ALONE = (
    "A constant is the only reference model here: linear and boosting models of scikit-learn "
    "predict classes, labels or numbers of one array, and minimise other losses than the model's."
)
"""Said of targets that only the model's own loss measures."""


def how_fitted(
    train: Rows, task: str, class_weight: object, said: Mapping[str, Array], row_loss: RowLoss
) -> tuple[str, ...]:
    """What to know of the rows that these models were fitted on, as sentences.

    Args:
        train: The rows.
        task: Such as "binary".
        class_weight: Of the winner.
        said: As by `plain_predictions`.
        row_loss: Of the objective.
    """
    fitted = [name for name in said if name != CONSTANT]
    if TASKS[task].by_model and said:
        return (ALONE,)
    notes = []
    if train.stream is not None:
        notes.append(
            f"The reference models are fitted on the {len(train):,} rows that the training stream "
            "gave in one pass before the search, changed where it changes them."
        )
    if fitted and class_weight != NONE:
        notes.append(
            "The reference models, but for the constant, weight classes as the winner does "
            f"({class_weight})."
        )
    elif fitted and train.weights is not None:
        notes.append("The reference models, but for the constant, weight rows as the winner does.")
    if fitted and TASKS[task].has_numbers:
        notes += _minimised(train, row_loss)
    return tuple(notes)


def work_of_boosting(rows: int, features: int, trees: int) -> float:
    """What boosting takes, in units of some 3 ns.

    Args:
        rows: That it is fitted on.
        features: Of each.
        trees: One a step, or one a class or target.
    """
    bins_of_all_leaves = 31 * 256
    return 100 * trees * features * (bins_of_all_leaves + 5 * min(rows, BOOSTED_ROWS))


def _some(train: Rows, most: int) -> Rows:
    """So many rows at most, drawn at random, with the first of each class or label among them."""
    if len(train) <= most:
        return train
    chosen = np.random.default_rng(0).choice(len(train), most, replace=False)
    if train.y.dtype.kind == "i":
        _, first = np.unique(train.y, axis=0, return_index=True)
        chosen = np.union1d(chosen, first[:most])
    weights = None if train.weights is None else train.weights[chosen]
    return Rows(taken(train.x, chosen), train.y[chosen], weights)


def steps(multiplications: int) -> int:
    """At most, of logistic regression.

    Args:
        multiplications: That one step takes: rows × features × classes.
    """
    return int(min(1000, max(100, WORK // multiplications)))


def _of_numbers(rows: int, by: RowLoss, few: int) -> tuple[Any, Any, Any]:
    """A constant, a linear and a boosting model, not yet fitted.

    Args:
        rows: That there are.
        by: What they minimise.
        few: Rows of a linear quantile regression, as by `_quantile_rows`.
    """
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.dummy import DummyRegressor
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.linear_model import PoissonRegressor, QuantileRegressor, Ridge
    from sklearn.multioutput import MultiOutputRegressor

    kind, level = by.kind, by.level
    constant, linear = DummyRegressor(), Ridge()
    boosted = HistGradientBoostingRegressor(random_state=0)
    if kind in QUANTILES:
        constant = DummyRegressor(strategy="quantile", quantile=level)
        boosted.set_params(loss="quantile", quantile=level)
        if few:
            # Without any penalty, its solver gives up where columns are nearly the same.
            linear = MultiOutputRegressor(QuantileRegressor(quantile=level, alpha=1e-6))
    if kind == POISSON:  # its penalty is beside a mean over rows, that of Ridge beside a sum
        boosted.set_params(loss="poisson")
        linear = MultiOutputRegressor(PoissonRegressor(alpha=1 / rows, max_iter=1000))
    boosted = MultiOutputRegressor(boosted)
    if kind == LOGARITHMIC:
        ways: Any = {"func": np.log1p, "inverse_func": np.expm1, "check_inverse": False}
        linear, boosted = (TransformedTargetRegressor(model, **ways) for model in (linear, boosted))
    return constant, linear, boosted


def _fitted_by(train: Rows, row_loss: RowLoss) -> RowLoss:
    """What they minimise: the objective's own, where scikit-learn can for these targets."""
    relative = train.y.shape[1] == 1 and bool((train.y != 0).all())
    can = {
        QUANTILE: True, POISSON: train.y.min() >= 0, LOGARITHMIC: train.y.min() > -1,
        RELATIVE: relative,
    }  # fmt: skip
    return row_loss if can.get(row_loss.kind) else BY_SQUARES


def _features_of(train: Rows) -> int:
    """Numbers of a row, at least 1."""
    return max(1, sum(prod(leaf.shape) for leaf in numbers_of(train.x)))


def _quantile_rows(train: Rows, by: RowLoss) -> int:
    """That a linear quantile regression is fitted on at most; 0 where there is none."""
    if by.kind not in QUANTILES or _texts_of(train.x):
        return 0
    features = _features_of(train)
    rows = min(len(train), int((QUANTILE_WORK / features / train.y.shape[1]) ** 0.5))
    return rows if rows >= EACH_NUMBER * features else 0


def _minimised(train: Rows, row_loss: RowLoss) -> Iterator[str]:
    """What there is to say of what models of numbers minimise."""
    if row_loss == BY_SQUARES:
        return
    by = _fitted_by(train, row_loss)
    if by == row_loss:
        yield f"The reference models are fitted by the objective: {by}."
    if by != row_loss or (by.kind in QUANTILES and not _quantile_rows(train, by)):
        yield f"Those {BY_SQUARED} might do better by the objective."


def _plain(
    train: Rows, classes: int, task: str, by: RowLoss, *, by_other: bool
) -> list[ReferenceModel]:
    """Not yet fitted; where they are fitted by another loss than the objective, they say so."""
    from sklearn.dummy import DummyClassifier
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.multioutput import MultiOutputClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    numbers, texts = numbers_of(train.x), _texts_of(train.x)
    rows, features = len(train), _features_of(train)
    most, few = max(1, MOST_NUMBERS // features), _quantile_rows(train, by)
    trees = TASKS[task].units(classes)
    constant: Any
    if TASKS[task].has_numbers:
        trees = train.y.shape[1]
        constant, linear, boosted = _of_numbers(rows, by, few)
    else:
        multiplications = min(rows, most) * (features + _words(train.x)) * max(classes, 1)
        constant = DummyClassifier(strategy="prior")
        linear = LogisticRegression(max_iter=steps(multiplications))
        boosted = HistGradientBoostingClassifier(random_state=0)
    if TASKS[task].has_labels:
        constant, linear, boosted = map(MultiOutputClassifier, (constant, linear, boosted))
    found = [ReferenceModel(CONSTANT, constant, most)]
    lines = "Poisson regression" if by.kind == POISSON else "linear model"
    other = f" {BY_SQUARED}" if by_other else ""
    of_line = other or (f" {BY_SQUARED}" if by.kind in QUANTILES and not few else "")
    if texts:
        name = f"{lines} on TF-IDF{' and numbers' if numbers else ''}{of_line}"
        read = make_pipeline(_reader(texts, numbers=bool(numbers)), linear)
        found.append(ReferenceModel(name, read, most, given=lambda rows: rows))
    else:
        lines = f"{lines}{of_line}"
        found.append(ReferenceModel(lines, make_pipeline(StandardScaler(), linear), few or most))
    if numbers and work_of_boosting(rows, features, trees) <= BOOSTED_WORK:
        name = f"gradient-boosting model{', numbers alone' if texts else ''}{other}"
        found.append(ReferenceModel(name, boosted, min(most, BOOSTED_ROWS)))
    return found


def _fit(plain: ReferenceModel, rows: Rows) -> None:
    x, model = plain.given(rows.x), plain.model
    told = {}
    if rows.weights is not None and plain.name != CONSTANT:
        # With a mean of 1, so that a penalty stays what it is.
        told["sample_weight"] = rows.weights / rows.weights.mean()
    if steps_of := dict(getattr(model, "steps", {})):
        first, model = steps_of.values()
        x = _standardised(first, x, rows) if SCALER in steps_of else first.fit_transform(x)
    model.fit(x, rows.y, **told)


def _standardised(scaler: Any, x: Array, rows: Rows) -> Array:
    """In their place where the numbers are a copy of the rows already.

    Learnt a block at a time, since scikit-learn copies what it is given as float64, twice.
    """
    step = max(1, AT_ONCE // max(1, x.shape[1]))
    for start in range(0, len(x), step):
        scaler.partial_fit(x[start : start + step])
    own = not (isinstance(rows.x, np.ndarray) and np.shares_memory(x, rows.x))
    found: Array = scaler.transform(x, copy=not own)
    return found


def _texts_of(x: Features) -> tuple[Path, ...]:
    return tuple(leaf.path for leaf in leaves_of(x) if leaf.dtype == TEXT)


def _words(x: Features) -> int:
    """Words, or pairs of them, of a row, about."""
    if not isinstance(x, Tree):
        return 0
    some = x[:SOME_TEXTS]
    texts = [text for path in _texts_of(x) for text in _joined(path, some)]
    return 2 * sum(len(text.split()) for text in texts) // len(some)


def _joined(path: Path, x: Tree) -> list[str]:
    """The texts of one input, those of a row joined."""
    leaf = x.leaves[path]
    return [" ".join(map(str, row)) for row in leaf.reshape(len(leaf), -1).tolist()]


def _reader(texts: tuple[Path, ...], *, numbers: bool) -> Any:
    """What makes columns of rows: TF-IDF of words and pairs of words, and standardised numbers."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import FeatureUnion, make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    def part(take: Callable[[Any], Any], then: Any) -> Any:
        return make_pipeline(FunctionTransformer(take), then)

    parts = {
        str(path): part(
            partial(_joined, path),
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=WORD),
        )
        for path in texts
    }
    if numbers:
        parts["numbers"] = part(flat, StandardScaler())
    return FeatureUnion(list(parts.items()))


def _predicted(model: Any, x: Array, classes: int, task: str) -> Array:
    if TASKS[task].has_numbers:
        return np.asarray(model.predict(x)).reshape(len(x), -1)
    found = model.predict_proba(x)
    if isinstance(found, list):  # of each label
        return np.column_stack([shares[:, 1] for shares in found])
    shares = np.zeros((len(x), classes))
    shares[:, model.classes_] = found
    return shares
