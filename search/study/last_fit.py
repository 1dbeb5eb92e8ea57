"""Whether the winner is trained once more on training and validation rows together."""

from dataclasses import replace

from search.data.dataset import Dataset
from search.study.study import Study


def with_last_fit(study: Study, data: Dataset) -> Study:
    """The study with `Finals(refit=)` said, where its file leaves it out."""
    if study.finals.refit is not None:
        return study
    return replace(study, finals=replace(study.finals, refit=not why_no_last_fit(study, data)))


def why_no_last_fit(study: Study, data: Dataset) -> str:
    """Why it is not made unless it is asked for; empty where it is."""
    if study.fit is not None:
        return "a fit= of your own may watch the validation rows, which train in it"
    if study.callbacks is not None:
        return "callbacks may watch the validation rows, which train in it"
    return study.split.fixed_order(data)
