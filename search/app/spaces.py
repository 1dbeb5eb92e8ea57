"""Space files, executed before what a search needs is loaded: a mistake is told seconds sooner."""

from pathlib import Path

from search.app.kerastuner_file import source_of
from search.loading.space_file import Space, check_no_table

__all__ = ["check_no_table", "executed", "source_of"]


def executed(file: Path, data: Path | None = None) -> Space:
    """A space file as it was executed.

    Args:
        file: Its path, or a target in a file of KerasTuner's.
        data: Rows for such a target.

    Raises:
        InputError: There is none, or it gives no sound study.
    """
    return source_of(file, data).execute()
