"""How much of a difference between two values may be chance of the validation rows?"""

import math

from search.store.manifest import Manifest
from search.study.task import BINARY


def noise(manifest: Manifest, value: float) -> float:
    """The standard error of a trial's value, as far as counts of rows tell it.

    Args:
        manifest: Of whose validation rows.
        value: Of the objective.

    Returns:
        Agresti and Coull's for an accuracy, with a width at 0 and 1 too; of two classes, theirs
        over the rows of the second class for recall, and Hanley and McNeil's (1982) for a ROC AUC;
        0 for any other objective, whose error counts of rows do not tell: that of precision and F1
        hangs on how many rows are predicted to be of the second class.
    """
    counts, objective = manifest.data.rows["validation"], manifest.plan.objective
    rows = sum(counts)
    if not rows:
        return 0.0
    if objective == "val_accuracy":
        return _of_share(value, rows)
    if manifest.data.task != BINARY.name or len(counts) != 2 or not min(counts):
        return 0.0
    if objective == "val_recall":
        return _of_share(value, counts[1])
    return _of_area(value, *counts) if objective == "val_auc" else 0.0


def _of_share(value: float, rows: int) -> float:
    share = (value * rows + 2) / (rows + 4)
    return math.sqrt(share * (1 - share) / (rows + 4))


def _of_area(value: float, first: int, second: int) -> float:
    area = min(max(value, 1 / (2 * first * second)), 1 - 1 / (2 * first * second))
    low, high = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (second - 1) * (low - area**2) + (first - 1) * (high - area**2)
    return math.sqrt(max(spread, 0.0) / (first * second))
