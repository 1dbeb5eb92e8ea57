"""What an objective asks for is measured alike by Keras and in NumPy, and only then."""

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, r2_score, recall_score, roc_auc_score

from search.data.dataset import Shape
from search.data.split import Parts
from search.metrics.measures import measure_of
from search.study.task import BINARY, MULTICLASS, MULTILABEL, REGRESSION, TASKS
from search.training.device import forget
from search.training.in_numpy.engine import NumpyTraining
from search.training.measures import advised
from search.training.model import build
from search.training.plan import TrainingPlan
from search.training.programs import graph_key
from tests.forms import long_but
from tests.training.conftest import PLAIN, asked, trainer_of
from tests.training.test_in_numpy import SEED, order

pytestmark = pytest.mark.keras

EPOCHS = 3
ROWS = "binary three_classes labels numbers".split()
ASKED = [
    (rows, measure)
    for rows, task in zip(ROWS, (BINARY, MULTICLASS, MULTILABEL, REGRESSION), strict=True)
    for measure in task.measures
    if measure not in {"loss", task.measure}
]
TOLERANCE = {"auc": 0.02, "f1": 1e-5, "precision": 1e-5, "recall": 1e-5}
"""A probability at one of AUC's thresholds may fall to either side by rounding. Of counts nothing
is rounded but Keras's 1e-7 in a denominator."""


@pytest.mark.parametrize(
    ("rows", "measure"),
    long_but(
        ["binary auc", "three_classes f1", "labels recall", "numbers r2"],
        {f"{rows} {measure}": (rows, measure) for rows, measure in ASKED},
    ),
)
def test_every_engine_measures_the_objective_alike(
    rows: str, measure: str, request: pytest.FixtureRequest
) -> None:
    parts, shape = request.getfixturevalue(rows)
    course = TrainingPlan.towards(f"val_{measure}", EPOCHS, shape.task)
    assert course.measure == measure
    params = {**PLAIN, "activation": "tanh"}
    drawn = order(len(parts.train))
    ours = NumpyTraining(shape, params, parts.train, parts.validation, SEED, drawn, course)
    curves = []
    for engine in ("fit", "in-graph"):
        model = build(None, shape, params, 3, measure)
        ours.load(model.get_weights())
        trainer = trainer_of(parts, shape, engine)
        curves.append(trainer.begin(asked(model, 32, SEED)).advance(EPOCHS))
    curves.append(ours.advance(EPOCHS))
    for curve in curves[1:]:
        assert curve.keys() == curves[0].keys()
        for name in (measure, f"val_{measure}"):
            np.testing.assert_allclose(
                curve[name], curves[0][name], rtol=1e-3, atol=TOLERANCE.get(measure, 1e-4)
            )


def test_an_ordinary_run_measures_no_more_than_it_did(any_task: tuple[Parts, Shape]) -> None:
    parts, shape = any_task
    task = TASKS[shape.task]
    for objective in ("val_loss", f"val_{task.measure}"):
        course = TrainingPlan.towards(objective, 1, shape.task)
        assert course == TrainingPlan(1, objective=objective)
        ours = NumpyTraining(shape, PLAIN, parts.train, parts.validation, SEED, course=course)
        assert set(ours.advance(1)) == {"loss", "val_loss", task.measure, f"val_{task.measure}"}


def drawn_shares(rows: int, columns: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).random((rows, columns))


def measured(name: str, predicted: Any, y: Any, task: str) -> float:
    known = measure_of(name, task)
    assert known is not None
    return known.of_epoch(TASKS[task].of_probabilities(predicted), y)


def test_measures_are_what_scikit_learn_knows_by_their_names() -> None:
    shares = drawn_shares(400, 3)
    labels = (drawn_shares(400, 3, 1) < shares).astype(np.float32)
    said, one, truth = shares > 0.5, shares[:, :1], labels[:, 0].astype(int)
    classes = shares.argmax(axis=1)
    classes[::3] = 1
    each = shares / shares.sum(axis=1, keepdims=True)
    pairs = [
        (measured("f1", shares, labels, "multilabel"), f1_score(labels, said, average="micro")),
        (
            measured("recall", shares, labels, "multilabel"),
            recall_score(labels, said, average="micro"),
        ),
        (measured("precision", one, truth, "binary"), precision_score(truth, said[:, 0])),
        (measured("f1", one, truth, "binary"), f1_score(truth, said[:, 0])),
        (
            measured("f1", each, classes, "multiclass"),
            f1_score(classes, each.argmax(axis=1), average="macro"),
        ),
        (measured("r2", shares, labels, "regression"), r2_score(labels, shares)),
    ]
    for found, expected in pairs:
        assert found == pytest.approx(expected, abs=1e-9)
    # Keras's 200 thresholds take ranks within a 200th for equal.
    assert measured("auc", shares, labels, "multilabel") == pytest.approx(
        roc_auc_score(labels, shares), abs=0.005
    )
    assert measured("auc", each, classes, "multiclass") == pytest.approx(
        roc_auc_score(classes, each, multi_class="ovr"), abs=0.005
    )


def test_nothing_found_is_measured_by_0_and_not_by_nan() -> None:
    none, there = np.zeros((5, 1)), np.ones(5)
    for measure in ("precision", "recall", "f1", "auc"):
        assert measured(measure, none, there, "binary") == 0
    assert measured("recall", none, there * 0, "binary") == 0
    assert measured("r2", none, np.ones((5, 1)), "regression") == 0


def test_a_measured_model_shares_its_program(three_classes: tuple[Parts, Shape]) -> None:
    _, shape = three_classes
    keys = []
    for seed in (1, 2):
        forget()
        keys.append(graph_key(build(None, shape, PLAIN, seed, "f1")))
    forget()
    assert keys[0] == keys[1] != graph_key(build(None, shape, PLAIN, 1))
    assert keys[0] is not None


@pytest.mark.parametrize(
    ("measure", "classes", "form"),
    [
        ("f1", 2, "of shape (rows, 1)"),
        ("auc", 2, ""),
        ("precision", 2, ""),
        ("f1", 3, "one-hot, with loss='categorical_crossentropy'"),
        ("auc", 3, "one-hot, with loss='categorical_crossentropy'"),
    ],
)
def test_what_a_model_is_advised_to_be_compiled_with_measures_it(
    measure: str, classes: int, form: str
) -> None:
    import keras

    from search import arrays

    random = np.random.default_rng(0)
    x, y = random.normal(size=(200, 3)).astype("float32"), random.integers(0, classes, 200)
    units, link = (1, "sigmoid") if classes == 2 else (3, "softmax")
    shape = arrays(x, y).load().shape
    told, _, more = advised(measure, shape, units).partition(" and give y ")
    assert more == form
    given = {"of": y[:, None], "": y, "one-hot,": np.eye(classes)[y]}[more.split(" ")[0]]
    assert advised(measure, arrays(x, given).load().shape, units) == told
    assert advised(measure, shape, units + 1) == ""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(units, link)])
    loss = "binary_crossentropy" if classes == 2 else "categorical_crossentropy"
    metrics = eval(told.removeprefix("metrics="), {"keras": keras})  # noqa: S307 - our own
    model.compile("adam", loss, metrics=metrics)
    found = model.evaluate(x, given, verbose=0, return_dict=True)[measure]
    said = model.predict(x, verbose=0)
    called = said[:, 0] > 0.5 if classes == 2 else said.argmax(axis=1)
    average = "binary" if classes == 2 else "macro"
    expected = {
        "f1": lambda: f1_score(y, called, average=average),
        "precision": lambda: precision_score(y, called),
        "auc": lambda: roc_auc_score(y, said[:, 0] if classes == 2 else said, multi_class="ovr"),
    }[measure]()
    assert found == pytest.approx(expected, abs=TOLERANCE[measure])
