"""How models came to their boundaries: what they said of a coarse grid, epoch by epoch."""

from collections.abc import Sequence

import numpy as np

from search.finals.retraining import Trained
from search.finals.verdict import median_of
from search.study.dataset import Array

SIDE = 33
"""Points along each side."""


def points_of(sides: tuple[Array, Array]) -> Array:
    """The points of a grid, float32, shape (points, 2): along the first axis first."""
    x1, x2 = np.meshgrid(*sides)
    return np.column_stack([x1.ravel(), x2.ravel()]).astype(np.float32)


def replay_of(
    trained: Sequence[Trained], sides: tuple[Array, Array], direction: str
) -> dict[str, Array]:
    """The recording of each model's median fit.

    Args:
        trained: Finalists and baselines.
        sides: Of the grid that they were asked about.
        direction: Of the objective.

    Returns:
        "x1" and "x2", and for each that has one "NAME seed", "NAME epochs" and "NAME shares" as in
        `Recording`; a finalist's name is its trial's number, a baseline's its place, after "b".
        Nothing where nobody has one.
    """
    found: dict[str, Array] = {}
    for one in trained:
        fit = median_of(one.fits, direction)
        pairs = zip(one.entrant.seeds, one.recordings, strict=True)
        recording = next((r for seed, r in pairs if fit is not None and seed == fit.seed), None)
        if fit is None or recording is None:
            continue
        entrant = one.entrant
        name = f"b{entrant.baseline}" if entrant.trial is None else f"{entrant.trial.number}"
        found |= {
            f"{name} seed": np.asarray(fit.seed),
            f"{name} epochs": np.asarray(recording.epochs),
            f"{name} shares": recording.shares,
        }
    return {"x1": sides[0], "x2": sides[1], **found} if found else {}
