"""Space files, executed before what a search needs is loaded: a mistake is told seconds sooner."""

from pathlib import Path

from search.app import kerastuner_file
from search.app.function_file import NOTHING, Asked, function_source, is_for_kerastuner, target_of
from search.loading.space_file import Space, SpaceSource, check_no_table, read
from search.study.errors import ArgumentError

__all__ = ["Asked", "check_no_table", "executed", "source_of"]


def source_of(file: Path, data: Path | None = None, asked: Asked = NOTHING) -> SpaceSource:
    """A space file, or the one that is made for a target in a file written for others.

    Args:
        file: Its path, or that and a name, such as file.py:build.
        data: Rows for a target of KerasTuner's.
        asked: What is said of a function written for Optuna or Ray Tune.

    Raises:
        InputError: There is none, or something in it cannot be searched.
    """
    found = target_of(file)
    if found is not None and data is None:
        path, target = found
        source = read(path)
        with source.told():
            module = source.module()
        if not is_for_kerastuner(module, target):
            return function_source(source, module, target, asked)
    for name in ("direction", "space", "metric"):
        if (value := getattr(asked, name)) is not None:
            why = "only a function written for Optuna or Ray Tune needs it"
            raise ArgumentError(name, value, why, "leave it out")
    return kerastuner_file.source_of(file, data)


def executed(file: Path, data: Path | None = None, asked: Asked = NOTHING) -> Space:
    """A space file as it was executed; arguments as of `source_of`.

    Raises:
        InputError: There is none, or it gives no sound study.
    """
    return source_of(file, data, asked).execute()
