"""Space files, executed before what a search needs is loaded: a mistake is told seconds sooner."""

from pathlib import Path

from search.loading.space_file import Space, check_no_table, read

__all__ = ["check_no_table", "executed"]


def executed(file: Path) -> Space:
    """A space file as it was executed.

    Raises:
        InputError: There is none, or it gives no sound study.
    """
    return read(file).execute()
