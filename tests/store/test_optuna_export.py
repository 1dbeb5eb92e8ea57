"""A run's trials in an Optuna database: the same there, or nothing of them."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.storages import RDBStorage

from search import InputError, State
from search.store.optuna_export import copy_study
from search.store.run import StoredRun, load_run
from search.study.trial import Outcome
from tests.runs import recorder_for, small_study, tell

PARAMS = {"layers": 1, "units": 8, "activation": "relu", "learning_rate": 0.001}
FACTS = (
    "number state value params distributions intermediate_values user_attrs datetime_start "
    "datetime_complete"
).split()
ENDINGS = (
    Outcome(State.COMPLETE, 0.5, curve={"val_accuracy": [0.25, 0.5]}, weights=21),
    Outcome(State.PRUNED, 0.25, "behind the median", curve={"val_accuracy": [0.25]}),
    Outcome(State.FAIL, reason="loss became NaN in epoch 1: “Größe”"),
)


@pytest.fixture
def run(tmp_path: Path) -> StoredRun:
    study = small_study()
    with closing(recorder_for(study, tmp_path)) as recorder:
        for number, outcome in enumerate(ENDINGS):
            tell(recorder, study, {**PARAMS, "units": 4 + number}, outcome)
        return load_run(recorder.path)


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    """The URL of an empty database of a server of its own, on this machine alone."""
    programs = _programs()
    # Not below pytest's folder, which the server's user may not enter.
    with tempfile.TemporaryDirectory(prefix="keras-search-") as folder:
        user = _user()
        if user:
            shutil.chown(folder, user)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]

        def call(program: str, *arguments: str) -> None:
            command = [str(programs / program), "--pgdata", f"{folder}/data", *arguments]
            log = Path(folder) / "log"
            done = subprocess.run(
                command, user=user, cwd=folder, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr + (log.read_text() if log.exists() else "")

        call("initdb", "--username=me", "--auth=trust", "--encoding=UTF8", "--no-sync")
        options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c fsync=off"
        call("pg_ctl", "start", "--wait", "--silent", "--log", f"{folder}/log", "-o", options)
        try:
            yield f"postgresql+psycopg://me:secret@127.0.0.1:{port}/postgres"
        finally:
            call("pg_ctl", "stop", "--wait", "--silent", "--mode=immediate")


def _programs() -> Path:
    """Where the server's programs are; skips without them, and in CI fails."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    if not found and not on_path:
        say = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        say("PostgreSQL is not here; get it with `apt-get install postgresql`")
    return found[-1].parent if found else Path(str(on_path)).parent


def _user() -> str | None:
    """Who runs the server, which refuses to be root's; None for whoever runs the tests."""
    return "postgres" if os.geteuid() == 0 else None


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'studies.db'}"
        return
    address = request.getfixturevalue("postgresql")
    yield address
    with opened(address) as storage:
        for name in optuna.get_all_study_names(storage):
            optuna.delete_study(study_name=name, storage=storage)


@contextmanager
def opened(url: str) -> Iterator[RDBStorage]:
    storage = RDBStorage(url)
    yield storage
    storage.remove_session()
    storage.engine.dispose()


def test_a_copy_has_every_trial_as_it_is(run: StoredRun, url: str) -> None:
    assert copy_study(run, url) == len(ENDINGS)
    with opened(url) as storage:
        copy = optuna.load_study(study_name="small", storage=storage)
        assert copy.direction == run.study.direction
        assert copy.best_trial.params == {**PARAMS, "units": 4}
        for there, here in zip(copy.trials, run.study.trials, strict=True):
            for fact in FACTS:
                assert getattr(there, fact) == getattr(here, fact), fact


def test_a_study_of_the_same_name_stays_as_it_is(run: StoredRun, url: str) -> None:
    with opened(url) as storage:
        optuna.create_study(study_name="small", storage=storage).set_user_attr("whose", "hers")
    with pytest.raises(InputError, match="there is a study 'small' in it; give another") as error:
        copy_study(run, url)
    assert "secret" not in str(error.value)
    with opened(url) as storage:
        kept = optuna.load_study(study_name="small", storage=storage)
        assert (kept.user_attrs, kept.trials) == ({"whose": "hers"}, [])


def test_nothing_stays_of_a_copy_that_fails(
    run: StoredRun, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = RDBStorage._create_new_trial

    def full(self: RDBStorage, study_id: int, template_trial: Any = None) -> Any:
        if self.get_n_trials(study_id):
            raise optuna.exceptions.StorageInternalError("no room")
        return create(self, study_id, template_trial)

    monkeypatch.setattr(RDBStorage, "_create_new_trial", full)
    with pytest.raises(InputError, match=r"the database refuses \(no room\)"):
        copy_study(run, url)
    with opened(url) as storage:
        assert optuna.get_all_study_names(storage) == []


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("studies.db", "this is not the URL of a database; give one such as sqlite:///studies.db"),
        ("redis://127.0.0.1", "this is of no known kind"),
        ("sqlite:////nowhere/studies.db", "the database refuses .unable to open database file"),
        ("mysql://me:secret@127.0.0.1/db", r"mysql://me:\*\*\*@.*its driver MySQLdb is not"),
        ("postgresql+psycopg://me:secret@127.0.0.1:1/db", r"me:\*\*\*@127.*refuses"),
    ],
)
def test_what_is_no_database(run: StoredRun, wrong: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as error:
        copy_study(run, wrong)
    assert "secret" not in str(error.value)


def test_a_run_is_not_copied_into_a_run(run: StoredRun) -> None:
    with pytest.raises(InputError, match="this is the study of a run"):
        copy_study(run, f"sqlite:///{run.folder.study}")
    assert len(run.trials()) == len(ENDINGS)
