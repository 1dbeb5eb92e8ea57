"""What `search export` writes: the winner, the script that makes it again, and its rows."""

import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from search.app.log_redirect import noise_to
from search.app.open_run import OpenRun
from search.app.stream_reader import loaded
from search.data.column_steps import plain
from search.data.columns import Columns
from search.data.dataset import Array
from search.data.preparation import Preparation
from search.data.rows_in_file import Features, RowsOnDemand, taken, whole
from search.data.scaling import Scale
from search.data.series import WINDOW
from search.data.split import Parts, Rows
from search.data.streams import Streams
from search.data.tree import TargetRows, Tree
from search.data.windows import Windows
from search.finals.folds import TOGETHER, Folds
from search.loading.model_source import STREAMS, ModelText, model_text
from search.report.engines import engine_of_winner
from search.store.model_file import winner_of
from search.store.optuna_export import copy_study
from search.store.recorder import Recorder
from search.store.run import StoredRun, load_run
from search.study.answer import Score
from search.study.arguments import LOOP, TRAIN, taken_by, takes_training_data
from search.study.class_weights import CLASS_WEIGHT, NONE
from search.study.dense import DenseSpace
from search.study.errors import InputError, SearchError
from search.study.goal import LOSS
from search.study.outputs import Outputs
from search.study.parameters import Value
from search.study.signature import Signature
from search.study.study import Study
from search.study.target_form import TargetForm
from search.study.task import TASKS
from search.study.whole_file import write_whole
from search.training.choice import draws_by_numpy
from search.training.engine import BATCH
from search.training.held_out_figures import function_for
from search.training.rate_schedule import RateSchedule, schedule_of
from search.training.recipe import (
    Builder,
    Figure,
    OneCall,
    Recipe,
    StreamText,
    builder_of,
)
from search.training.script import script

BY = "search export"
SCRIPT, ROWS = "train.py", "data.npz"
PLAIN_OBJECTIVES = {"accuracy": "accuracy", "micro F1": "f1", "R²": "r2"}
"""What the page gives beside an objective → its name as one."""


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
        answer = run.answer()
        unsaved = answer.no_model if answer else ""
        winner = None if unsaved else winner_of(run)
        own = winner.own_code() if winner else []
        bytecode = [part for part in own if part.bytecode]
        files = {"winner.keras": winner.content} if winner and not bytecode else {}
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
        elif bytecode:
            notes.append(
                f"winner.keras is left out: {bytecode[0]}, which loads only with Keras's safe mode "
                f"off; {source}, and makes the model again"
            )
        elif own:
            names = ", ".join(dict.fromkeys(part.name for part in own))
            notes.append(
                f"winner.keras loads in safe mode if it is given {names}: "
                f"keras.saving.load_model(…, custom_objects={{…}}); {source}"
            )
        return cls(files, tuple(notes))


def export(path: Path, folder: Path | None = None) -> Exported:
    """Write what can be taken of a run's winner: its model, a script that makes it again, its rows.

    Args:
        path: Of the run folder.
        folder: Where to, new or empty; `exports/NAME` where left out.

    Raises:
        InputError: There is no winner yet, or the folder cannot take it.
        RunError: A file of the run is damaged.
    """
    run = load_run(path)
    run.folder.check_plain()  # a look is noted in it
    folder = folder or Path("exports") / run.name
    is_new = not folder.exists()
    _make(folder)  # before the held-out rows are opened
    try:
        taken = TakenAway.of(run)
    except BaseException:
        if is_new:
            folder.rmdir()  # still empty
        raise
    for name, content in taken.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_whole(folder / name, content)
    return Exported(tuple(folder / name for name in taken.files), taken.notes)


def copy_to_optuna(path: Path, url: str) -> str:
    """Copy a run's trials into a database of Optuna's; returns what to say of it.

    Raises:
        InputError: The database cannot take them.
        RunError: The run cannot be read.
    """
    run = load_run(path)
    return f"study {run.manifest.name}, {copy_study(run, url)} trials, copied"


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
    if isinstance(study.data, Streams) and (study.fit or study.callbacks):
        raise InputError(
            again.resolved.space.source.name,
            "its rows come as streams, and its trials are trained by fit= or with callbacks=",
            "`search reproduce` trains the winner so",
        )
    params: dict[str, Value] = {**study.fixed, **again.answer.winner.params}
    if isinstance(study.data, Streams):
        again = _with_rows_of(again, params)
    split = TOGETHER if again.answer.last else again.answer.chosen.split
    parts = Folds(again.resolved.study.split, again.resolved.parts).parts(split)
    parts = parts.of_window(params.get(WINDOW))
    files, builder, one_call = _builder(again, params, parts)
    schedule = None
    if again.resolved.study.model is None:
        schedule = schedule_of(params, again.resolved.study.budget.epochs, len(parts.train))
    recipe = _recipe(again, builder, params, parts, scheduled=schedule is not None)
    recipe = replace(recipe, one_call=one_call)
    if one_call is not None and one_call.loop:  # what it reports, no model need measure
        measured = tuple(figure for figure in recipe.figures if figure.by)
        recipe = replace(recipe, loss=None, figures=measured)
    recipe = _with_outputs(recipe, again, params, parts.train, signature)
    arrays = _arrays(parts, params, schedule, recipe)
    buffer = BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    with closing(Recorder(again.run.folder, goes_on=False)) as recorder:
        recorder.look(sum(trial.state.finished for trial in recorder.trials()), BY)
    text = script(recipe).encode()
    return {**files, SCRIPT: text, ROWS: buffer.getvalue()}


def _builder(
    again: OpenRun, params: Mapping[str, Value], parts: Parts
) -> tuple[dict[str, bytes], Builder, OneCall | None]:
    """What makes the model and trains it, and files that it needs beside it."""
    study, source = again.resolved.study, again.resolved.space.source
    build = study.model
    given_of = {"model": build, "fit": study.fit, "callbacks": study.callbacks}
    wanted = [name for name, function in given_of.items() if function is not None]
    if build is None:
        builder = builder_of(parts.shape(again.resolved.dataset), params)
        if not wanted:
            return {}, builder, None
    wanted += [STREAMS] if isinstance(study.data, Streams) else []
    text = model_text(source.files, source.name, wanted)
    one_call = _one_call(study, text, params)
    siblings = {name: other.encode() for name, other in text.siblings.items()}
    if SCRIPT in siblings:
        raise InputError(SCRIPT, "a file beside the space has the same name", "rename it there")
    if build is None:
        return siblings, replace(builder, text=f"{builder.text}\n\n{text.text}"), one_call
    adapts = takes_training_data(build)
    values = [_values(build, params, ()), f"{TRAIN}={TRAIN}" if adapts else ""]
    call = f"{text.functions['model']}({', '.join(filter(None, values))})"
    stream = _stream_text(text.functions.get(STREAMS, ""), again, params)
    return siblings, Builder(text.text, call, adapts=adapts, stream=stream), one_call


def _values(
    function: Callable[..., Any], params: Mapping[str, Value], apart: Sequence[str] = LOOP
) -> str:
    """Those that a function of yours is given, as arguments; without some that come otherwise."""
    given = taken_by(function, params).items()
    return ", ".join(f"{name}={value!r}" for name, value in given if name not in apart)


def _one_call(study: Study, text: ModelText, params: Mapping[str, Value]) -> OneCall | None:
    """How a training is called that is one call; None where `fit` is called for each epoch."""
    texts = "\n".join([text.text, *text.siblings.values()])
    if study.fit is None and study.callbacks is None and "def fit(self" not in texts:
        return None
    loop = callbacks = values = ""
    if study.fit is not None:
        loop, values = text.functions["fit"], _values(study.fit, params)
    if study.callbacks is not None:
        callbacks = f"{text.functions['callbacks']}({_values(study.callbacks, params, ())})"
    return OneCall(study.epochs_of(params), loop, values, callbacks)


def _with_rows_of(again: OpenRun, params: Mapping[str, Value]) -> OpenRun:
    """With the rows that streams give for the winner's values."""
    resolved = again.resolved
    dataset = loaded(resolved.space, resolved.study, params)
    parts = resolved.study.split.parts(dataset)
    return replace(again, resolved=replace(resolved, dataset=dataset, parts=parts))


def _stream_text(make: str, again: OpenRun, params: Mapping[str, Value]) -> StreamText | None:
    data, stream = again.resolved.study.data, again.resolved.dataset.given.stream
    if not isinstance(data, Streams) or stream is None:
        return None
    taken = data.takes(params)
    given = ", ".join(f"{name}={value!r}" for name, value in params.items() if name in taken)
    return StreamText(f"{make}({given})", stream.batched, data.steps, data.split)


def _recipe(
    again: OpenRun, builder: Builder, params: Mapping[str, Value], parts: Parts, *, scheduled: bool
) -> Recipe:
    study, answer = again.resolved.study, again.answer
    manifest = again.run.manifest
    curve = answer.chosen.curve
    at = study.goal.place(curve)
    batch: Any = params.get("batch_size", BATCH)
    train = parts.train.weighted(params.get(CLASS_WEIGHT, NONE))
    return Recipe(
        run=manifest.name,
        versions={name: manifest.versions.get(name, "?") for name in ("tensorflow", "keras")},
        builder=builder,
        shape=parts.shape(again.resolved.dataset),
        seed=answer.chosen.seed,
        epochs=at + 1,
        batch=batch,
        numpy_random=draws_by_numpy(engine_of_winner(manifest.plan, answer)),
        threads=max(1, math.ceil(manifest.machine.cpus)),
        figures=figures_of(
            answer.headline, study.objective, manifest.data.task, again.resolved.parts.scale
        ),
        seeds=tuple(s.judged.value for s in answer.scores if s.judged.value is not None),
        loss=None if answer.last or LOSS not in curve else curve[LOSS][at],
        preparation=parts.preparation,
        scaled=parts.scale is not None,
        horizon=_horizon(parts),
        weighted=train.weights is not None,
        scheduled=scheduled,
        dropout=isinstance(study.space, DenseSpace) and bool(params.get("dropout")),
    )


def _horizon(parts: Parts) -> int:
    return parts.data.series.form.horizon if parts.data and parts.data.series else 0


def figures_of(score: Score, objective: str, task: str, scale: Scale | None) -> tuple[Figure, ...]:
    """What `train.py` compares with the page: the objective, and what stands beside it.

    Args:
        score: Of the shown model.
        objective: Such as "val_auc".
        task: Such as "binary".
        scale: Of standardised targets; None where they were not.
    """
    beside: tuple[Figure, ...] = ()
    if score.has_plain or score.goal is None:
        by = function_for(PLAIN_OBJECTIVES[score.measure], task)
        beside = (Figure(score.measure, score.value, by),)
    if (goal := score.goal) is None:
        return beside
    measure = f"{goal.measure}, in {goal.unit}" if goal.unit else goal.measure
    by = "" if goal.own else function_for(objective, task)
    per = tuple(map(float, scale.deviation)) if goal.unit and scale else ()
    of_weights = TASKS[task].by_model
    return (Figure(measure, goal.value, by, objective, goal.share, per, of_weights), *beside)


def _with_outputs(
    recipe: Recipe,
    again: OpenRun,
    params: Mapping[str, Value],
    train: Rows,
    signature: Signature | None,
) -> Recipe:
    """How targets are written and outputs are read: the model's file says so, or the model."""
    build = again.resolved.study.model
    if signature is not None:
        return _known(recipe, signature.targets, signature.outputs, signature.batch)
    if build is None:
        return recipe
    with noise_to(Path(os.devnull)):
        from search.training import model as models
        from search.training.fixed_batch import fixed_batch
        from search.training.outputs import outputs_of
        from search.training.target_forms import form_of

        shape = recipe.shape
        model = models.build(models.taught(build, train, shape), shape, params, recipe.seed)
        return _known(recipe, form_of(model, shape), outputs_of(model, shape), fixed_batch(model))


def _known(recipe: Recipe, targets: TargetForm, outputs: Outputs, batch: int) -> Recipe:
    """With what only the model tells; `batch` as in `Signature`."""
    size = batch or recipe.batch
    return replace(recipe, targets=targets, outputs=outputs, batch=size, fixed=bool(batch))


def _leaves(part: str, x: Features) -> dict[str, Array]:
    """By their names in the file, such as "train_x": of several arrays the n-th is "train_x_n"."""
    if not isinstance(x, Tree):
        return {part: whole(x)}
    return {
        f"{part}_{place}": _written(leaf) if leaf.dtype == object else leaf
        for place, leaf in enumerate(x.leaves.values())
    }


def _targets(part: str, y: TargetRows, recipe: Recipe) -> dict[str, Array]:
    """As the model's loss takes them, where they are of any shape."""
    if not TASKS[recipe.shape.task].by_model:
        return {part: y}
    return _leaves(part, y) if recipe.shape.targets else {}


_WRITTEN = {"category": "texts", "text": "kept"}
"""Kind of a column → which rows of `train.py` it is of; numbers for all others."""


def _written(texts: Array) -> Array:
    """Texts as JSON: NumPy's own text would give each the room of the longest."""
    return np.array(json.dumps(texts.tolist()))


def _columns(part: str, columns: Columns, preparation: Preparation) -> dict[str, Array]:
    """Raw columns by kind, such as "train_numbers"."""
    arrays = {}
    for kind in ("numbers", "texts", "kept"):
        steps = [s for s in preparation.steps if _WRITTEN.get(s.kind, "numbers") == kind]
        of_kind = [plain(columns, step.name) for step in steps]
        found = np.stack(of_kind, axis=1) if of_kind else np.empty((len(columns), 0))
        arrays[f"{part}_{kind}"] = found if kind == "numbers" else _written(found)
    return arrays


def _arrays(
    parts: Parts, params: Mapping[str, Value], schedule: RateSchedule | None, recipe: Recipe
) -> dict[str, Array]:
    """The rows of each part as they were read, and what else training needs."""
    data = parts.source
    arrays: dict[str, Array] = {}
    if isinstance(data.x, Windows) and parts.inputs is not None:
        own = {"series": data.x.values, "input_mean": parts.inputs.mean}
        arrays = {**own, "input_deviation": parts.inputs.deviation}
    for name, rows in zip(("train", "validation", "held_out"), parts.numbers, strict=True):
        if name not in recipe.parts:
            continue
        arrays |= _targets(f"{name}_y", data.y[rows], recipe)
        if isinstance(data.x, Windows):
            arrays[f"{name}_ends"] = data.x.ends[rows]
        elif data.columns is None or parts.preparation is None:
            arrays |= _leaves(f"{name}_x", taken(data.x, rows))
        else:
            arrays |= _columns(name, data.columns.take(rows), parts.preparation)
    weights = parts.train.weighted(params.get(CLASS_WEIGHT, NONE)).weights
    if weights is not None:
        arrays["train_weights"] = weights
    if schedule is not None:
        arrays["rates"] = schedule.rates(0, recipe.epochs)
    arrays["names"] = np.array(data.names)
    return arrays
