"""What `search export` writes: the winner, the script that makes it again, and its rows."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import numpy as np

from search.app.exported_rows import arrays_of
from search.app.open_run import OpenRun
from search.app.winner_recipe import (
    builder_and_files,
    measured,
    recipe_of,
    with_outputs,
    with_rows_of,
)
from search.data.rows_in_file import RowsOnDemand
from search.data.series import WINDOW
from search.data.streams import Streams
from search.finals.folds import TOGETHER, Folds
from search.report.material import Material
from search.report.model_card import model_card
from search.report.wording import on_validation
from search.store.model_file import (
    ModelFile,
    OwnCode,
    holds_code,
    left_by_best,
    needs,
    no_answer,
    unpacked,
    winner_of,
)
from search.store.optuna_export import copy_study
from search.store.recorder import Recorder
from search.store.run import StoredRun, load_run
from search.study.answer import Answer
from search.study.errors import ArgumentError, InputError, SearchError
from search.study.function_study import CHECKPOINT
from search.study.parameters import Value
from search.study.signature import Signature
from search.study.whole_file import write_whole
from search.training.rate_schedule import schedule_of
from search.training.script import script

BY = "search export"
SCRIPT, ROWS, CARD = "train.py", "data.npz", "README.md"


@dataclass(frozen=True)
class Exported:
    """Files that were written, and notes about them."""

    files: tuple[Path, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class TakenAway:
    """Files, and notes about them.

    Attributes:
        files: Name → content.
        notes: What was left out and why, or what is needed beside a file.
    """

    files: Mapping[str, bytes]
    notes: tuple[str, ...]

    @classmethod
    def of(cls, run: StoredRun) -> "TakenAway":
        """All that can be taken of a run's winner.

        What cannot be is left out with the reason; where that is all of it, the reason is an error.

        Raises:
            InputError: There is no winner yet, or nothing of it can be taken away.
            RunError: The run's own file is damaged.
        """
        if run.manifest.plan.is_of_function:
            return cls._of_function(run)
        answer = run.answer()
        unsaved = answer.no_model if answer else ""
        winner = None if unsaved else winner_of(run)
        own = winner.own_code() if winner else []
        held = holds_code(own)
        files = {"winner.keras": winner.content} if winner and not held else {}
        notes = []
        source = "the space has its source"
        try:
            files |= _training(OpenRun.of(run), winner.signature if winner else None)
            source = f"{SCRIPT} has its source"
        except SearchError as error:
            if not files:
                raise
            notes.append(f"{SCRIPT} and {ROWS} are left out: {error}")
        if unsaved:
            notes.append(f"winner.keras is left out, since Keras could not save it: {unsaved}")
        elif held:
            notes.append(
                f"winner.keras is left out: {needs(own)}; {source}, and makes the model again"
            )
        elif own:
            notes.append(f"{_given_own(own)}; {source}")
        return cls(files, tuple(notes))

    @classmethod
    def _of_function(cls, run: StoredRun) -> "TakenAway":
        """What the best trial of a function left: a model, or the files of a checkpoint."""
        best, path = left_by_best(run)
        value = on_validation(best.value or 0.0, run.manifest.plan.objective)
        notes = [
            f"this is what trial {best.number} left, which its function scored by "
            f"{run.manifest.plan.objective} {value}; nothing was held out, and only the function "
            f"knows its rows, so there is no {SCRIPT}"
        ]
        content = run.read_left(path)
        if path.suffix == CHECKPOINT:
            files = unpacked(path, content)
            return cls({f"checkpoint/{name}": files[name] for name in files}, tuple(notes))
        own = ModelFile(str(path), content).own_code()
        if holds_code(own):
            raise InputError(path, needs(own), "use a named and registered function in its place")
        return cls({"winner.keras": content}, (*notes, *([_given_own(own)] if own else ())))


def _given_own(own: Sequence[OwnCode]) -> str:
    """How a file is loaded that needs code of the user's."""
    names = ", ".join(dict.fromkeys(part.name for part in own))
    return (
        f"winner.keras loads in safe mode if it is given {names}: "
        "keras.saving.load_model(…, custom_objects={…})"
    )


def export(path: Path, folder: Path | None = None, *, card: bool = False) -> Exported:
    """Write what can be taken of a run's winner: its model, a script that makes it again, its rows.

    Args:
        path: Of the run folder.
        folder: Where to, new or empty; `exports/NAME` where left out.
        card: Whether a model card goes with them, as README.md.

    Raises:
        InputError: There is no winner yet, or the folder cannot take it.
        RunError: A file of the run is damaged.
    """
    run = load_run(path)
    run.folder.check_plain()  # a look is noted in it
    folder = folder or Path("exports") / run.name
    if card:
        _check_card(run)
    with new_folder(folder):  # before the held-out rows are opened
        taken = TakenAway.of(run)
        files = {**taken.files, **({CARD: _card(path)} if card else {})}
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            write_whole(folder / name, content)
    return Exported(tuple(folder / name for name in files), taken.notes)


def _check_card(run: StoredRun) -> Answer:
    """The answer that a card is made of.

    Raises:
        ArgumentError: There can be none.
        InputError: There is none yet.
    """
    answer, of_function = run.answer(), run.manifest.plan.is_of_function
    if of_function or (answer is not None and answer.no_model):
        what = "held-out score" if of_function else "model file"
        raise ArgumentError("card", None, f"there is no {what} that it could be of", "drop it")
    if answer is None:
        raise no_answer(run)
    return answer


def _card(path: Path) -> bytes:
    """With the look at held-out rows that the export itself is."""
    run = load_run(path)
    answer = _check_card(run)
    return model_card(Material.of(run), answer, winner_of(run)).encode()


def copy_to_optuna(path: Path, url: str) -> str:
    """Copy a run's trials into a database of Optuna's; returns what to say of it.

    Raises:
        InputError: The database cannot take them.
        RunError: The run cannot be read.
    """
    run = load_run(path)
    return f"study {run.manifest.name}, {copy_study(run, url)} trials, copied"


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A folder to write to; what fails inside leaves nothing in it.

    Raises:
        InputError: It is not empty, or cannot be written.
    """
    is_new = not folder.exists()
    _make(folder)
    try:
        yield folder
    except BaseException:
        for path in folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        if is_new:
            folder.rmdir()
        raise


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        there = sorted(file.name for file in folder.iterdir())
        if there:
            raise InputError(
                folder, f"{there[0]} is in it already", "give an empty or a new folder"
            )
        probe = folder / ".probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InputError(
            folder, f"it cannot be written ({error.strerror})", "give another folder"
        ) from None


def _training(again: OpenRun, signature: Signature | None) -> dict[str, bytes]:
    """`train.py`, the files beside it, and the rows; the look at those held out is noted.

    Args:
        again: The run.
        signature: Of the winner's file; None where there is none.
    """
    x = again.resolved.parts.train.x
    if isinstance(x, RowsOnDemand) and (x.in_file or x.is_sparse):
        raise InputError(
            again.run.manifest.data.description,
            f"the rows {'stay in their file' if x.in_file else 'are a sparse matrix'}, and are too "
            "many to be written again",
        )
    study = again.resolved.study
    params: dict[str, Value] = {**study.fixed, **again.answer.winner.params}
    if isinstance(study.data, Streams):
        again = with_rows_of(again, params)
    split = TOGETHER if again.answer.last else again.answer.chosen.split
    parts = Folds(study.split, again.resolved.parts).parts(split)
    parts = parts.of_window(params.get(WINDOW))
    files, builder, one_call = builder_and_files(again, params, parts)
    schedule = None
    if study.model is None:
        schedule = schedule_of(params, study.budget.epochs, len(parts.train))
    recipe = recipe_of(again, builder, params, parts, scheduled=schedule is not None)
    recipe = replace(recipe, one_call=one_call)
    if one_call is not None:
        recipe = replace(recipe, figures=measured(recipe.figures))
        if one_call.loop:  # what it reports as a loss, the model need not measure so
            recipe = replace(recipe, loss=None)
    recipe = with_outputs(recipe, again, params, parts.train, signature)
    arrays = arrays_of(parts, params, schedule, recipe)
    buffer = BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    with closing(Recorder(again.run.folder, goes_on=False)) as recorder:
        recorder.look(sum(trial.state.finished for trial in recorder.trials()), BY)
    text = script(recipe).encode()
    return {**files, SCRIPT: text, ROWS: buffer.getvalue()}
