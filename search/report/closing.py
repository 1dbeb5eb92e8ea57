"""What the terminal and a notebook say at the end of a run."""

from search.report.finals_before import finals_before
from search.report.warnings_of_data import warnings_of_data
from search.report.wording import verdict_lines
from search.store.manifest import Manifest
from search.study.answer import Answer


def closing_lines(manifest: Manifest, answer: Answer) -> list[str]:
    """The verdict, what makes it flattering, and what the model's outputs mean."""
    return [
        *verdict_lines(manifest, answer),
        *finals_before(manifest, answer),
        *warnings_of_data(manifest),
        *answer.notes,
    ]
