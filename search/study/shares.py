"""Which measures have a natural 1, by their names: at most 1, and the better the nearer to it."""

CALLED_SO = {
    *("accuracy", "acc", "precision", "recall", "sensitivity", "specificity", "auc", "auroc"),
    *("auprc", "iou", "f1", "f2", "fbeta", "dice", "jaccard", "r2", "similarity", "correlation"),
}
"""Last words of their names; beside these, `FILLED` say nothing."""
FILLED = {"score", "coef", "coefficient", "macro", "micro", "weighted"}
AS_ONE = {"io_u": "iou", "f_beta": "fbeta"}
"""As Keras makes names of its classes."""


def is_called_share(name: str) -> bool:
    """Whether a measure has a natural 1, by the end of its name.

    Args:
        name: As an objective or a model has it: after "val_" and the name of an output, and with a
            number where it is the second of its name; such as "val_kind_accuracy_1".
    """
    name = name.lower()
    for apart, together in AS_ONE.items():
        name = name.replace(apart, together)
    words = [word for word in name.split("_") if not word.isdecimal()]
    said = [word for word in words if word not in FILLED]
    return bool(said) and said[-1] in CALLED_SO
