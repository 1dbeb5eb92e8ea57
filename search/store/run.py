"""A run as it lies in its folder: read by report, status and a person's own scripts."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import optuna
from optuna.storages import JournalStorage
from optuna.trial import FrozenTrial, TrialState

from search.store.documents import Documents
from search.store.files import Files, checked
from search.store.folder import Folder
from search.store.journal import Journal, NotBegunError
from search.store.lock import is_held
from search.store.manifest import Manifest
from search.store.opening import in_units, opened
from search.study.answer import Answer
from search.study.dataset import Array
from search.study.errors import InputError, RunError, plain
from search.study.plain_text import one_line
from search.study.ranking import ranked
from search.study.reading import SpaceSource
from search.study.trial import Curve, State, Trial

if TYPE_CHECKING:
    import pandas as pd

LOG, LINE = 1 << 26, 1 << 16
"""Bytes of a log that are shown at most, and characters of a line."""
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
"""Colours, and orders to move about."""
_STATES = {
    TrialState.RUNNING: State.RUNNING,
    TrialState.COMPLETE: State.COMPLETE,
    TrialState.PRUNED: State.PRUNED,
    TrialState.FAIL: State.FAIL,
}


class Run:
    """A run folder, opened for reading; nothing of it is executed or unpickled.

    Args:
        path: The run folder.

    Raises:
        InputError: There is no run at `path`.
        RunError: A file of it cannot be read.
    """

    def __init__(self, path: Path | str) -> None:
        self.folder = Folder(Path(path))
        try:
            self._journal = Journal(self.folder.found().study, writable=False)
        except NotBegunError:
            if self.folder.is_half_made():
                raise self.folder.no_run() from None
            raise
        self._documents = Documents(self._journal, self.folder.path)
        self._files = Files(self.folder, self._journal)
        self.manifest = manifest_in(self._documents, self.folder)

    @property
    def name(self) -> str:
        """The run's name."""
        return self.folder.name

    @property
    def state(self) -> str:
        """Where the run stands: "running", "finished", "interrupted" or "failed"."""
        return "running" if is_held(self.folder.lock) else self.manifest.ended or "interrupted"

    @property
    def ray_dashboard(self) -> str:
        """Where the Ray dashboard is while the run goes, such as "127.0.0.1:8265"; else empty."""
        running = self.state == "running"
        return (self._documents.text("ray dashboard") or "") if running else ""

    @property
    def study(self) -> optuna.Study:
        """The Optuna study, as it stands now."""
        with of_one_piece(self.folder.study):
            return open_study(self._journal, self.manifest.name)  # the folder may have been renamed

    def trials(self) -> tuple[Trial, ...]:
        """Every trial that was asked, by number, with its curve."""
        with of_one_piece(self.folder.study):
            return read_trials(self.study, self._journal.curves())

    def best(self) -> Trial | None:
        """The completed trial with the best objective, ties by loss and then by fewer weights."""
        return next(iter(ranked(self.trials(), self.manifest.plan.goal)), None)

    def frame(self) -> "pd.DataFrame":
        """The trials as a table: a row a trial, parameters as columns of their own."""
        import pandas as pd

        rows = [
            {
                "number": trial.number,
                "state": str(trial.state),
                "value": trial.value,
                **trial.params,
                "epochs": trial.epochs,
                "weights": trial.weights,
                "attempts": trial.attempts,
                "seconds": trial.seconds,
                "reason": trial.reason,
                "taken": trial.taken,
            }
            for trial in self.trials()
        ]
        return pd.DataFrame(rows)

    def answer(self) -> Answer | None:
        """What the finals found; None before they ended."""
        return self._documents.load("answer", Answer)

    def arrays(self, name: str) -> dict[str, Array]:
        """Kept arrays; empty where there are none.

        "points" (classes of two features, or a number of one): `x` (rows, features), `y`, `part` 0
        train and 1 validation.
        "held_out": `y`, `probabilities` (rows, classes) or `predictions` (rows, targets), and where
        there are points `x` (rows, features).
        "worst": `row`, places among the held-out rows, the worst predicted first; and of each
        either `columns` (names) and `cells` (rows, columns), or `x` (rows, features) or pictures.
        "grid" (where there are points): `x1`, `x2` (101,), `probabilities` (101 along x2, 101 along
        x1, classes); or `x1` (201,), `predictions` (201, targets).
        "baselines": of each, by its place, "PLACE held_out", what its shown fit says of held-out
        rows, and "PLACE grid", as that of the winner.
        """
        return self._files.arrays(self.folder.arrays(name))

    def model(self) -> bytes | None:
        """The winner's `.keras` file; None where there is none.

        Raises:
            RunError: It is missing, or not what was written.
        """
        return self._files.read(self.folder.model)

    def damaged(self) -> list[Path]:
        """Kept files that are missing or not what was written."""
        return self._files.damaged()

    def sources(self) -> dict[str, str]:
        """The space file and its siblings as they were searched: name → text.

        Raises:
            RunError: One is missing or not what was searched.
        """
        mend = "bring it back, or start a new run"
        return {
            name: checked(self.folder.space / name, self.folder.path, kept, mend).decode()
            for name, kept in self.manifest.files.items()
        }

    def space(self) -> SpaceSource:
        """The space as it was searched, to be executed."""
        name = self.manifest.space_file
        copy, origin = str(self.folder.space / name), self.manifest.space_origin
        return SpaceSource(name, copy, self.sources(), origin)

    def space_source(self) -> str:
        """The space file's text as it was searched."""
        return self.sources().get(self.manifest.space_file, "")


@contextmanager
def of_one_piece(study: Path) -> Iterator[None]:
    """Say in a sentence where Optuna cannot make trials of a log that nobody wrote so."""
    try:
        yield
    except (LookupError, ArithmeticError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, InputError):
            raise
        raise RunError(
            f"{study}: its trials cannot be read ({plain(error)}); get a whole copy of the run "
            "folder, or start a new run"
        ) from None
    except (AssertionError, RecursionError, MemoryError) as error:
        raise RunError(f"{study}: its trials cannot be read ({plain(error)})") from None


def log_lines(path: Path) -> Iterator[str]:
    """What was printed, line by line, without what a terminal obeys; of a long log its end.

    Args:
        path: Of a run folder; also of one whose run was refused before its first trial.

    Raises:
        InputError: There is no run.
        RunError: It, or its log, cannot be read.
    """
    folder = Folder(path)
    if not folder.was_refused:
        load_run(path)
    with suppress(FileNotFoundError), opened(folder.log, folder.path) as handle:
        start = os.lseek(handle, max(0, os.fstat(handle).st_size - LOG), os.SEEK_SET)
        if start:
            yield f"… {in_units(start)} before this are left out"
        with os.fdopen(os.dup(handle), encoding="utf-8", errors="replace", newline="\n") as log:
            while line := log.readline(LINE):
                yield one_line(_ANSI.sub("", line))


def load_run(path: Path | str) -> Run:
    """Open a run folder for reading.

    Args:
        path: Such as "runs/binary-20261123-141500".

    Raises:
        InputError: There is no run at `path`.
        RunError: A file of it cannot be read.
    """
    return Run(path)


def manifest_in(documents: Documents, folder: Folder) -> Manifest:
    """What a run is made of.

    Raises:
        InputError: None was begun.
        RunError: It cannot be read.
    """
    manifest = documents.load("manifest", Manifest)
    if manifest is None:
        raise folder.no_run()
    return manifest


def open_study(journal: Journal, name: str) -> optuna.Study:
    """The study in a journal that has one."""
    return optuna.load_study(study_name=name, storage=JournalStorage(journal))


def frozen_trial(study: optuna.Study, number: int) -> FrozenTrial:
    """Optuna's own record of a trial, without a walk through all of them."""
    storage = study._storage
    return storage.get_trial(
        storage.get_trial_id_from_study_id_trial_number(study._study_id, number)
    )


def read_trials(study: optuna.Study, curves: dict[int, Curve]) -> tuple[Trial, ...]:
    """Optuna's trials as this package's; those enqueued and not yet asked are left out."""
    return tuple(
        read_trial(trial, curves.get(trial.number, {}))
        for trial in study.get_trials(deepcopy=False)
        if trial.state in _STATES
    )


def read_trial(trial: FrozenTrial, curve: Curve) -> Trial:
    """One of Optuna's trials as this package's: with the parameters that count.

    The store has a value for each, since TPE learns from whole configurations alone.
    """
    kept = trial.user_attrs
    idle = kept.get("idle", ())
    return Trial(
        number=trial.number,
        state=_STATES[trial.state],
        params={name: value for name, value in trial.params.items() if name not in idle},
        value=trial.value if trial.state.is_finished() else None,
        reason=kept.get("reason", ""),
        attempts=kept.get("attempts", 1),
        deaths=kept.get("deaths", 0),
        weights=kept.get("weights", 0),
        worker=kept.get("worker", ""),
        taken=kept.get("taken", ""),
        curve=curve,
        seconds=kept.get("seconds"),
        waited=kept.get("waited", 0.0),
        started=trial.datetime_start.timestamp() if trial.datetime_start else None,
        ended=trial.datetime_complete.timestamp() if trial.datetime_complete else None,
    )
