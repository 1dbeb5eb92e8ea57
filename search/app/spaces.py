"""Space files, executed before what a search needs is loaded: a mistake is told seconds sooner."""

from pathlib import Path

from search.app.function_file import (
    NOTHING,
    check_no_rows,
    function_source,
    is_for_kerastuner,
)
from search.app.kerastuner_file import kerastuner_source
from search.app.options import Asked, Options
from search.app.target_file import Target, target_of
from search.loading.local_imports import imports
from search.loading.space_file import Space, SpaceSource, check_no_table, read
from search.study.errors import ArgumentError

__all__ = ["check_no_table", "executed", "ready_for_ray", "source_of"]

USUAL = Options()


def ready_for_ray(source: SpaceSource, address: str | None, *, unauthenticated: bool) -> None:
    """Before a text is run that loads Ray: set what Ray heeds as it is loaded.

    Args:
        source: The text.
        address: Of the cluster that will be joined; None for one started here.
        unauthenticated: Whether that may be one that lets anybody in.
    """
    if imports(source.files.values(), "ray"):
        from search.cluster.connection import prepared

        prepared(address, unauthenticated=unauthenticated)


def source_of(
    file: Path, data: Path | None = None, asked: Asked = NOTHING, options: Options | None = USUAL
) -> SpaceSource:
    """A space file, or the one that is made for a target in a file written for others.

    Args:
        file: Its path, or that and a name, such as file.py:build.
        data: Rows for a target of KerasTuner's.
        asked: What is said of a function written for Optuna or Ray Tune.
        options: Of the search: which cluster it will join; None where another machine searches.

    Raises:
        InputError: There is none, or something in it cannot be searched.
    """

    def read_here(path: Path) -> SpaceSource:
        source = read(path)
        if options is not None:
            ready_for_ray(source, options.address, unauthenticated=options.unauthenticated)
        return source

    found = target_of(file)
    if found is None:
        _check_no_function(asked)
        if data is not None:
            raise ArgumentError(
                "data", data, f"the space file {file} names its own rows",
                f"leave it out, or name what builds the model, such as {file}:build",
            )  # fmt: skip
        return read_here(file)
    path, name = found
    source = read_here(path)
    with source.told():
        target = Target(source, source.module(), name)
    if not is_for_kerastuner(target):
        if data is None:
            return function_source(target, asked)
        check_no_rows(target, data)
    _check_no_function(asked)
    return kerastuner_source(target, data)


def _check_no_function(asked: Asked) -> None:
    for name in ("direction", "space", "metric"):
        if (value := getattr(asked, name)) is not None:
            why = "only a function written for Optuna or Ray Tune needs it"
            raise ArgumentError(name, value, why, "leave it out")


def executed(
    file: Path, data: Path | None = None, asked: Asked = NOTHING, options: Options = USUAL
) -> Space:
    """A space file as it was executed; arguments as of `source_of`.

    Raises:
        InputError: There is none, or it gives no sound study.
    """
    return source_of(file, data, asked, options).execute()
