"""How much of a difference between two values may be chance of the validation rows?"""

import math

from search.store.manifest import Manifest


def noise(manifest: Manifest, value: float) -> float:
    """The standard error of a trial's value.

    Args:
        manifest: Of whose validation rows.
        value: Of the objective.

    Returns:
        Agresti and Coull's for an accuracy, which has a width at 0 and 1 too; 0 for any other
        objective, whose error cannot be told from its value.
    """
    rows = sum(manifest.data.rows["validation"])
    if manifest.plan.objective != "val_accuracy" or not rows:
        return 0.0
    share = (value * rows + 2) / (rows + 4)
    return math.sqrt(share * (1 - share) / (rows + 4))
