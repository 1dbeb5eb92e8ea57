"""How much of a difference between two values may be chance of the validation rows?"""

from search.metrics.measures import measure_of
from search.store.manifest import Manifest


def noise(manifest: Manifest, value: float) -> float:
    """The standard error of a trial's value, as far as counts of rows tell it.

    Returns:
        Of an accuracy, and of two classes a recall or a ROC AUC; 0 for any other objective, whose
        error counts of rows do not tell: that of precision and F1 hangs on how many rows are
        predicted to be of the second class.
    """
    counts = manifest.data.rows["validation"]
    measure = measure_of(manifest.plan.objective, manifest.data.task)
    return measure.standard_error(value, counts) if measure and sum(counts) else 0.0
