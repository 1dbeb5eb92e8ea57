"""Keras's own metrics that take a model's outputs for probabilities, whatever these are."""

from typing import Any

import keras

from search.metrics.measures import measure_of
from search.study.outputs import LOGITS, SCORES, Outputs
from search.study.shares import is_called_share
from search.study.task import TASKS
from search.training.keras_compat import compiled_metrics, takes_logits
from search.training.keras_own import OUR_METRICS, from_keras

_AT_HALF = (
    keras.metrics.BinaryAccuracy,
    keras.metrics.BinaryCrossentropy,
    keras.metrics.BinaryIoU,
    keras.metrics.AUC,
    keras.metrics.FBetaScore,
    keras.metrics.Precision,
    keras.metrics.Recall,
    keras.metrics.TruePositives,
    keras.metrics.TrueNegatives,
    keras.metrics.FalsePositives,
    keras.metrics.FalseNegatives,
    keras.metrics.PrecisionAtRecall,
    keras.metrics.RecallAtPrecision,
    keras.metrics.SensitivityAtSpecificity,
    keras.metrics.SpecificityAtSensitivity,
)

_SHARES = (
    keras.metrics.Accuracy,
    keras.metrics.BinaryAccuracy,
    keras.metrics.CategoricalAccuracy,
    keras.metrics.SparseCategoricalAccuracy,
    keras.metrics.TopKCategoricalAccuracy,
    keras.metrics.SparseTopKCategoricalAccuracy,
    keras.metrics.AUC,
    keras.metrics.Precision,
    keras.metrics.Recall,
    keras.metrics.SensitivityAtSpecificity,
    keras.metrics.SpecificityAtSensitivity,
    keras.metrics.PrecisionAtRecall,
    keras.metrics.RecallAtPrecision,
    keras.metrics.FBetaScore,
    keras.metrics.IoU,
    keras.metrics.R2Score,
    keras.metrics.CosineSimilarity,
    keras.metrics.PearsonCorrelation,
    keras.metrics.ConcordanceCorrelation,
)


def is_share(metric: Any, name: str) -> bool:
    """Whether a metric has a natural 1, by Keras's class, else by the end of its name.

    Args:
        metric: An object, or None where it is unknown.
        name: As the model has it.
    """
    return isinstance(metric, _SHARES) or is_called_share(name)


def misread(model: Any, outputs: Outputs, units: int) -> dict[str, Any]:
    """Of a model whose outputs are no probabilities, the metrics of Keras that take them for such.

    Args:
        model: Compiled.
        outputs: What its outputs mean.
        units: How many there are.

    Returns:
        By the name that the model measures them under.
    """
    if outputs.kind not in {LOGITS, SCORES}:
        return {}
    found = filter(None, (_metric(given, units) for given in compiled_metrics(model)))
    return {metric.name: metric for metric in found if _takes_probabilities(metric)}


def is_plain(metric: Any, objective: str, task: str) -> bool:
    """Whether a metric is what this package measures itself by an objective, such as "val_auc"."""
    if measure_of(objective, task) is None:
        return False
    one_column = TASKS[task].units(2) == 1
    match objective.removeprefix("val_"):
        case "accuracy":
            return isinstance(metric, keras.metrics.BinaryAccuracy)
        case "precision" | "recall" as name:
            kind = keras.metrics.Precision if name == "precision" else keras.metrics.Recall
            return isinstance(metric, kind) and metric.top_k is None and metric.class_id is None
        case "f1":
            return isinstance(metric, keras.metrics.F1Score) and (
                one_column or (TASKS[task].has_labels and metric.average == "micro")
            )
        case "auc":
            plain = isinstance(metric, keras.metrics.AUC) and metric.curve.value == "ROC"
            return plain and (one_column or metric.multi_label)
        case _:
            return False


def mend(metric: Any) -> str:
    """The same metric for outputs whose middle is 0, as it is written in a file."""
    name = f'name="{metric.name}"'
    match metric:
        case keras.metrics.BinaryAccuracy():
            return f"keras.metrics.BinaryAccuracy(threshold=0, {name})"
        case keras.metrics.AUC() | keras.metrics.BinaryCrossentropy():
            return f"keras.metrics.{type(metric).__name__}(from_logits=True, {name})"
        case keras.metrics.Precision() | keras.metrics.Recall():
            return f"keras.metrics.{type(metric).__name__}(thresholds=0, {name})"
        case _:
            return "a metric that cuts at 0, or end it in a sigmoid"


def _metric(given: Any, units: int) -> Any:
    """As Keras makes it of a name; None where that is unknown."""
    if given in ("accuracy", "acc"):  # by the shape of the outputs
        return keras.metrics.BinaryAccuracy(name=given) if units == 1 else None
    try:
        found = keras.metrics.get(given)
    except (ValueError, TypeError):
        return None
    if found is keras.metrics.binary_accuracy:
        return keras.metrics.BinaryAccuracy()
    return found if isinstance(found, keras.metrics.Metric) else None


def _takes_probabilities(metric: Any) -> bool:
    module = type(metric).__module__
    if not (from_keras(module) or module == OUR_METRICS) or not isinstance(metric, _AT_HALF):
        return False
    if takes_logits(metric):
        return False
    cut = getattr(metric, "threshold", 0.5)
    return cut == 0.5 and getattr(metric, "init_thresholds", None) in (None, 0.5, [0.5])
