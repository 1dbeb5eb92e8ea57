"""What page and terminal say of finalists whose losses and objectives are of opposite minds."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import fbeta_score

from search.data.dataset import Array
from search.finals.verdict import Seen, in_order, with_ties
from search.metrics.base import Estimate
from search.metrics.intervals import Draws
from search.metrics.measures import measure_of, row_losses
from search.report.tables import finalists as table_of
from search.report.wording import verdict_lines
from search.study.answer import Answer, Finalist, Fit
from tests.report.test_wording import right
from tests.runs import manifest_for, small_study

ROWS = 400
DRAW = np.random.default_rng(0)
Y = (np.arange(ROWS) % 5 == 0).astype(int)
WRONG = DRAW.random(ROWS) < 0.08
"""Rows that the winner of classes is wrong about, and is as sure of as of the others."""
OUTLIERS = DRAW.random((2, ROWS)) < 0.05


def shares(sure: float, wrong: Array) -> Array:
    p = np.where((Y == 1) != wrong, sure, 1 - sure) + DRAW.uniform(0, 1e-3, ROWS) * (0.5 - sure)
    return np.column_stack([1 - p, p])


def unsure() -> Array:
    """A better loss; half of the class is called the other, and ranked in its midst."""
    p = np.where(Y == 1, 0.8, 0.1)
    p[(Y == 1) & (np.arange(ROWS) % 2 == 0)] = 0.2
    p[(Y == 0) & (np.arange(ROWS) % 3 == 0)] = 0.3
    return np.column_stack([1 - p, p])


def off(usual: float, far: float, rows: Array) -> Array:
    return np.where(rows, far, usual)[:, None]


CLASSES = shares(0.9999, WRONG), unsure(), shares(0.9, np.roll(WRONG, 5) | (np.arange(ROWS) < 11))
NUMBERS = off(0.1, 5.0, OUTLIERS[0]), off(0.5, 0.5, OUTLIERS[0]), off(0.2, 3.0, OUTLIERS[1])


def estimate_of(objective: str, task: str, said: Array, y: Array) -> Estimate:
    """As finals have it: of a metric that this package does not know, by rows gathered."""
    draws, known = Draws.of(ROWS), measure_of(objective, task)
    if known is not None:
        return known.estimate(said, y, draws)
    called = said.argmax(axis=1)
    drawn = [fbeta_score(y[at], called[at], beta=2) for at in map(draws.places, range(200))]
    return Estimate(float(fbeta_score(y, called, beta=2)), np.array(drawn), "f2")


def shown(objective: str, said: tuple[Array, ...]) -> tuple[list[str], str, list[float]]:
    """The table's last column in the order of trials, the last sentence, and the losses."""
    task, y = "regression", np.zeros((ROWS, 1))
    if said[0].shape[1] == 2:
        task, y = "binary", Y
    direction = "minimize" if objective in {"val_mae", "val_loss"} else "maximize"
    manifest = manifest_for(small_study(task))
    manifest = replace(manifest, plan=replace(manifest.plan, objective=objective))
    found, seen, losses = [], {}, []
    for number, of in enumerate(said):
        estimate, measure = estimate_of(objective, task, of, y), measure_of(objective, task)
        loss = float(row_losses(of, y, task).mean())
        fits = (Fit(0, {}, estimate.value, loss),)
        found.append(Finalist(number, {}, 9, estimate.value, fits, estimate.value, tied=False))
        seen[number] = Seen(
            estimate.drawn[None],
            measure.counted(of, y) if measure else None,
            measure.resolution(y) if measure else 1e-9,
        )
        losses.append(loss)
    order = with_ties(in_order(found, direction), seen, direction)
    answer = Answer(tuple(order), order[0].fits[0], (right(190),), right(190), ())
    last_column = {row[0]: str(row[-1]) for row in table_of(answer, manifest).rows}
    ends = [last_column[str(number)] for number in range(len(said))]
    return ends, verdict_lines(manifest, answer)[-1], losses


@pytest.mark.parametrize(
    ("objective", "said"),
    [("val_auc", CLASSES), ("val_f1", CLASSES), ("val_recall", CLASSES), ("val_f2", CLASSES),
     ("val_mae", NUMBERS)],
)  # fmt: skip
def test_who_has_the_better_loss_is_behind_or_ties_by_the_objective_alone(
    objective: str, said: tuple[Array, ...]
) -> None:
    standings, sentence, losses = shown(objective, said)
    assert max(losses[1:]) < losses[0]
    assert standings == ["winner", "behind", "tie"]
    assert sentence == "1 of 2 other finalists ties with it on validation."
    _, sentence, _ = shown(objective, said[::2])
    assert sentence == "The other finalist ties with it on validation."
    _, sentence, _ = shown(objective, said[:2])
    assert sentence == "On validation it clearly beats the other finalist."


def test_by_loss_the_same_finalists_stand_the_other_way_round() -> None:
    for said in (CLASSES, NUMBERS):
        standings, _, _ = shown("val_loss", said)
        assert standings[0] == "behind"
