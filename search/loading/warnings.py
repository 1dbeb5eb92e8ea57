"""What is no mistake in a study, and yet likely not what you want."""

import re
from collections.abc import Iterable, Iterator

import numpy as np

from search.data.dataset import Dataset
from search.data.split import Parts
from search.study.brings_space import BringsSpace
from search.study.goal import LOSS
from search.study.parameters import Float
from search.study.plain_text import percent
from search.study.study import Study
from search.study.task import TASKS

_LOSSES = re.compile(r"(^|_)loss(es)?(_?(fn|function|name|kind))?$", re.IGNORECASE)
"""How a hyperparameter is called that says which loss a model is compiled with."""
FEW_ROWS = 100
"""Validation rows below which one row is more than a point of accuracy."""
MOST_OF_ONE = 0.8
"""Fraction of the rows from which a class makes accuracy say little."""
WIDE = 100
"""How many times a range's low end its high end is where a draw by difference misses the low."""
TRIALS_A_PARAMETER = 5


def cautions(study: Study, dataset: Dataset, parts: Parts) -> tuple[str, ...]:
    """A sentence each, with what one may do.

    Args:
        study: Settled for its rows.
        dataset: Its rows.
        parts: The same, cut.
    """
    notes = study.model.notes if isinstance(study.model, BringsSpace) else ()
    return (*_of_rows(study, dataset, parts), *_of_space(study), *notes)


def losses_apart(names: Iterable[str], objective: str) -> Iterator[str]:
    """Where trials are compared by their losses, and each may have another one.

    Args:
        names: Of the hyperparameters.
        objective: Such as "val_loss".
    """
    which = next(filter(_LOSSES.search, names), None)
    if which is not None and objective == LOSS:
        yield (
            f"{which}: the space searches the loss, and trials are compared by val_loss, which is "
            'not one measure of them all; give another, such as objective="val_mae"'
        )


def _of_rows(study: Study, dataset: Dataset, parts: Parts) -> Iterator[str]:
    validation = len(parts.validation)
    if validation < FEW_ROWS:
        yield (
            f"validation has {validation} rows, so that trials are distinguished by few of them; "
            "give it more by Split(validation=…)"
        )
    if TASKS[dataset.task].classifies and study.objective == "val_accuracy":
        counts = np.bincount(dataset.y, minlength=len(dataset.class_names))
        share = counts.max() / counts.sum()
        if share >= MOST_OF_ONE:
            name = dataset.class_names[int(counts.argmax())]
            yield (
                f"{percent(share)} of the rows are of class {name!r}: who always says so is as "
                'accurate; compare trials by objective="val_loss"'
            )


def _of_space(study: Study) -> Iterator[str]:
    yield from losses_apart(study.parameters, study.objective)
    for name, parameter in study.parameters.items():
        if isinstance(parameter, Float) and not parameter.log and parameter.low > 0:
            times = parameter.high / parameter.low
            if times >= WIDE:
                yield (
                    f"{name}: the range's high end is {times:,.0f} times its low end, and draws by "
                    "difference seldom come near the low one; add log=True"
                )
    wanted = TRIALS_A_PARAMETER * len(study.parameters)
    if study.budget.trials < wanted:
        yield (
            f"{study.budget.trials} trials are few for {len(study.parameters)} "
            f"hyperparameter{'s' * (len(study.parameters) != 1)}; give {wanted} or more"
        )
