"""A run as it lies in its folder: read by report, status and your own scripts."""

import os
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import optuna

from search.data.dataset import Array
from search.loading.space_file import SpaceSource
from search.store.documents import Documents
from search.store.files import Files, checked
from search.store.folder import Folder, trials_of
from search.store.journal import Journal, NotBegunError
from search.store.lock import is_held
from search.store.manifest import Manifest
from search.store.opening import in_units, opened
from search.store.sound import check_among, check_answer, check_manifest
from search.store.trials import of_one_piece, open_study, read_trials
from search.study.answer import Answer
from search.study.errors import RunError, SearchError, plain
from search.study.plain_text import one_line
from search.study.ranking import ranked
from search.study.trial import Trial, stands

if TYPE_CHECKING:
    import pandas as pd

LOG, LINE = 1 << 26, 1 << 16
"""Bytes of a log that are shown at most, and characters of a line."""
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
"""Colours, and orders to move about."""


class StoredRun:
    """A run folder, opened for reading; nothing of it is executed or unpickled.

    Args:
        path: The run folder.
        is_over: Whether its driver asks, which holds it still and is done with it.

    Raises:
        InputError: There is no run at `path`.
        RunError: A file of it cannot be read.
    """

    def __init__(self, path: Path | str, *, is_over: bool = False) -> None:
        self.folder = Folder(Path(path))
        self._is_over = is_over
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
    def is_current(self) -> bool:
        """Whether nothing was written to the study since the last look at it."""
        return self._journal.is_current

    @property
    def state(self) -> str:
        """The state of the run: "running", "finished", "interrupted" or "failed"."""
        if not self._is_over and is_held(self.folder.lock):
            return "running"
        return self.manifest.ended or "interrupted"

    @property
    def ray_dashboard(self) -> str:
        """Where the Ray dashboard is while the run goes, such as "127.0.0.1:8265"; else empty."""
        running = self.state == "running"
        return (self._journal.document("ray dashboard") or "") if running else ""

    @property
    def study(self) -> optuna.Study:
        """The Optuna study, as it is now."""
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

        state = self.state
        rows = [
            {
                "number": trial.number,
                "state": stands(trial, state),
                "value": trial.value,
                **trial.params,
                "epochs": trial.epochs,
                "weights": trial.weights,
                "engine": trial.engine.name,
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
        return self._documents.load("answer", Answer, check_answer)

    def judged(self, trials: Sequence[Trial]) -> Answer | None:
        """The same, where it is about these trials.

        Raises:
            RunError: It is about others.
        """
        answer = self.answer()
        try:
            if answer is not None:
                check_among(answer, {trial.number for trial in trials})
        except ValueError as error:
            raise RunError(
                f"{self.folder.path}: the answer of this run cannot be read ({error})"
            ) from None
        return answer

    def arrays(self, name: str) -> dict[str, Array]:
        """Kept arrays; empty where there are none.

        "points" (classes of two features, or a number of one): `x` (rows, features), `y`, `part` 0
        train and 1 validation.
        "held_out": `y`, `probabilities` (rows, classes) or `predictions` (rows, targets), where
        there are points `x` (rows, features), and where rows depend on each other what
        `blocks_of` of `search.data.series_rows` reads.
        "worst": `row`, places among the held-out rows, the worst predicted first, and where known
        `file_name`, of their pictures, `moment`, when the forecasts of their windows begin,
        `number`, their places in the data, or `own_number`, in the data that was given to be held
        out; and of each either `columns` (names) and `cells` (rows, columns), or `x` (rows,
        features) or pictures.
        "places" (of outputs of a "custom" task): the same `row` and what is known of each held-out
        row.
        "hardest" (of pictures in classes): the same of the worst predicted ones of each class.
        "grid" (where there are points): `x1`, `x2` (101,), `probabilities` (101 along x2, 101 along
        x1, classes); or `x1` (201,), `predictions` (201, targets).
        "forecasts" (where rows are windows of a series): `horizon`; `targets`, names; `time`, the
        name of its column, or ""; of each step that is forecast `times`, `truth` (steps, targets),
        `runs`, a number for each run without a gap, and `groups`, codes of `group_names`; of each
        held-out row `first`, the place among these of the first step it forecasts; of each
        reference model in `models` its mean absolute `errors` (models, horizon, targets), and
        `group_errors` (models, groups that have held-out rows, targets).
        "dependence" (of a table): `measure`, its `value` on the held-out `rows` by place, and of
        each of `columns`, what matters most first, by how much it is worse when these are shuffled:
        `each` (columns, shuffles), with the standard `error` of their mean; `of_columns`, how many
        there are. Of the first few, by place N: "N column", name and kind; "N values" that all rows
        of `lines` get; "N outputs", places of classes, labels or targets, "N mean" (values,
        outputs) of their predictions, and "N lines" (values, rows) of the first of these outputs.
        "latency": median seconds of a call of the winner's model, see `search.jobs.latency`.
        "slices": see `search.finals.weak_slices.weak_slices`.
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

    def left(self) -> dict[int, Path]:
        """Files that the best trials of a function left, by trial."""
        return trials_of(self._files.kept_in(self.folder.models))

    def read_left(self, path: Path) -> bytes:
        """One of these files.

        Raises:
            RunError: It is missing, or not what was written.
        """
        return self._files.read(path, "bring it back, or search again") or b""

    def damaged(self) -> list[Path]:
        """Kept files that are missing or not what was written."""
        return self._files.damaged()

    def sources(self) -> dict[str, str]:
        """The space file and its siblings as they were searched: name → text.

        Raises:
            RunError: One is missing or not what was searched.
        """
        fix = "bring it back, or start a new run"
        return {
            name: checked(self.folder.space / name, self.folder.path, kept, fix).decode()
            for name, kept in self.manifest.files.items()
        }

    def space(self) -> SpaceSource:
        """The space as it was searched, to be executed."""
        name, origin = self.manifest.space_file, self.manifest.space_origin
        files, own = self.sources(), Path(origin).name
        copy = self.folder.space / (own if own in files else name)
        return SpaceSource(name, str(copy), files, origin)

    def space_source(self) -> str:
        """The space file's text as it was searched."""
        return self.sources().get(self.manifest.space_file, "")


@contextmanager
def shown(path: Path) -> Iterator[None]:
    """Say in a sentence where values that a run has cannot be shown: no search wrote them so.

    Raises:
        RunError: They cannot.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # NumPy's, of numbers that are none
            yield
    except (SearchError, OSError):
        raise
    except Exception as error:
        raise RunError(
            f"{path}: what is in it cannot be shown ({plain(error)}); get a whole copy of the run "
            "folder, and if this is one, please report it"
        ) from error


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


def load_run(path: Path | str) -> StoredRun:
    """Open a run folder for reading.

    Args:
        path: Such as "runs/binary-20261123-141500".

    Raises:
        InputError: There is no run at `path`.
        RunError: A file of it cannot be read.
    """
    return StoredRun(path)


def manifest_in(documents: Documents, folder: Folder) -> Manifest:
    """What a run is made of.

    Raises:
        InputError: None was begun.
        RunError: It cannot be read.
    """
    manifest = documents.load("manifest", Manifest, check_manifest)
    if manifest is None:
        raise folder.no_run()
    return manifest
