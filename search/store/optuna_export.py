"""A run's trials in any database that Optuna knows."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import optuna
from optuna.exceptions import DuplicatedStudyError, StorageInternalError
from optuna.storages import BaseStorage, RDBStorage
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError as UrlError
from sqlalchemy.exc import SQLAlchemyError

from search.store.optuna_compat import storage_of
from search.store.run import StoredRun
from search.study.errors import ArgumentError, InputError, first_line


def copy_study(run: StoredRun, url: str) -> int:
    """Copy the study of a run; nothing stays behind of a copy that fails.

    Args:
        run: Whose; its name is the study's.
        url: Of the database, such as "sqlite:///studies.db" or "postgresql+psycopg://me@host/db".

    Returns:
        How many trials were copied.

    Raises:
        InputError: There is no such database, it has a study of this name, or it fails.
    """
    shown = shown_url(url)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    _check_no_run(url, shown)
    with _opened(url, shown) as target:
        return _copied(run, target, shown)


def _copied(run: StoredRun, target: BaseStorage, shown: str) -> int:
    name, study = run.manifest.name, run.study
    try:
        if name in optuna.get_all_study_names(target):
            raise DuplicatedStudyError
        optuna.copy_study(
            from_study_name=study.study_name,
            from_storage=storage_of(study),
            to_storage=target,
            to_study_name=name,
        )
    except DuplicatedStudyError:
        raise ArgumentError(
            "optuna",
            shown,
            f"there is a study {name!r} in it",
            f"give another database, or delete it by `optuna delete-study --study-name {name} "
            "--storage …`",
        ) from None
    except (StorageInternalError, SQLAlchemyError) as error:
        _take_back(target, name)
        raise _failed(shown, error) from None
    except BaseException:
        _take_back(target, name)
        raise
    return len(study.get_trials(deepcopy=False))


def _take_back(target: BaseStorage, name: str) -> None:
    """Delete what there is of a copy; a database that is gone keeps it."""
    with suppress(KeyError, StorageInternalError, SQLAlchemyError):
        optuna.delete_study(study_name=name, storage=target)


def shown_url(url: str) -> str:
    """A URL without its password.

    Raises:
        InputError: It is none, or of no kind of database that is known here.
    """
    try:
        parsed = make_url(url)
        parsed.get_dialect()
    except UrlError as error:
        known = (
            "sqlite:///studies.db, postgresql+psycopg://me@host/db or mysql+pymysql://me@host/db"
        )
        what = "is not the URL of a database" if "parse" in str(error) else "is of no known kind"
        fix = f"give one such as {known}"
        raise ArgumentError("optuna", None, f"this {what}", fix) from None  # it may hold a password
    return parsed.render_as_string(hide_password=True)


def _check_no_run(url: str, shown: str) -> None:
    """Refuse the study file of a run, which would be no run any more.

    Raises:
        InputError: It is one.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return
    path = Path(parsed.database)
    if path.is_file() and (path.parent / "space").is_dir():
        raise ArgumentError(
            "optuna",
            shown,
            f"this is the study of a run, {path.parent}, which copying into it would destroy",
            "give another database, such as sqlite:///studies.db",
        )


@contextmanager
def _opened(url: str, shown: str) -> Iterator[BaseStorage]:
    try:
        storage = RDBStorage(url)
    except ImportError as error:
        missing = getattr(error.__cause__, "name", None)
        raise ArgumentError(
            "optuna",
            shown,
            f"its driver{f' {missing}' if missing else ''} is not installed",
            "install it by pip, or name another in the URL, such as postgresql+psycopg",
        ) from None
    except (StorageInternalError, SQLAlchemyError) as error:
        raise _failed(shown, error) from None
    try:
        yield storage
    finally:
        storage.remove_session()
        storage.engine.dispose()


def _failed(shown: str, error: Exception) -> InputError:
    why = error.__cause__ or error
    first = first_line(getattr(why, "orig", None) or why)
    return ArgumentError(
        "optuna", shown, f"the database refuses ({first})", "fix that and try again"
    )
