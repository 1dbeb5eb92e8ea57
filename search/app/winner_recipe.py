"""How a winner was made, as `train.py` tells it."""

import ast
import inspect
import math
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from search.app.log_redirect import noise_to
from search.app.open_run import OpenRun
from search.app.stream_reader import loaded
from search.data.dataset import Shape
from search.data.row_weights import of_places
from search.data.rows_in_file import leaves_of
from search.data.scaling import Scale
from search.data.split import Parts, Rows
from search.data.streams import Streams
from search.loading import stand_in_keras_tuner
from search.loading.model_source import STREAMS, ModelText, model_text
from search.loading.space_file import SpaceSource
from search.report.engines import engine_of_winner
from search.study.answer import Score
from search.study.arguments import LOOP, TRAIN, taken_by, takes_training_data
from search.study.brings_space import BringsSpace
from search.study.class_weights import CLASS_WEIGHT, NONE
from search.study.dense import DenseSpace
from search.study.errors import InputError
from search.study.goal import LOSS
from search.study.outputs import Outputs
from search.study.parameters import Value
from search.study.signature import Signature
from search.study.study import Build, Study
from search.study.target_form import TargetForm
from search.study.task import TASKS
from search.training.choice import draws_by_numpy
from search.training.engine import BATCH
from search.training.held_out_figures import function_for
from search.training.recipe import Builder, Figure, OneCall, Recipe, StreamText, builder_of
from search.training.script import script_names

PLAIN_OBJECTIVES = {"accuracy": "accuracy", "micro F1": "f1", "R²": "r2"}
"""What the page gives beside an objective → its name as one."""


def builder_and_files(
    again: OpenRun, params: Mapping[str, Value], parts: Parts
) -> tuple[dict[str, bytes], Builder, OneCall | None]:
    """What makes the model and trains it, and files that it needs beside it.

    The training is told where it is one call, and None where `fit` is called for each epoch.
    """
    study, source = again.resolved.study, again.resolved.space.source
    build = study.model
    given_of = {"model": build, "fit": study.fit, "callbacks": study.callbacks}
    brought = isinstance(build, BringsSpace) and study.fit == build.fit
    wanted = [name for name, function in given_of.items() if function is not None]
    wanted = [name for name in wanted if name != "fit" or not brought]
    if build is None:
        builder = builder_of(parts.shape(again.resolved.dataset), params)
        if not wanted:
            return {}, builder, None
    wanted += [STREAMS] if isinstance(study.data, Streams) else []
    loops = brought and study.fit is not None
    text = apart(of_values(text_of(source, wanted), loops=loops))
    one_call = None
    given = params, parts.train, parts.shape(again.resolved.dataset)
    if study.fit or study.callbacks or (build and fits_itself(build, *given)):
        one_call = _one_call(study, text, params)
    siblings = {name: other.encode() for name, other in text.siblings.items()}
    if "train.py" in siblings:
        raise InputError("train.py", "a file beside the space has the same name", "rename it there")
    if build is None:
        return siblings, replace(builder, text=f"{builder.text}\n\n{text.text}"), one_call
    adapts = takes_training_data(build)
    values = [_values(build, params, ()), f"{TRAIN}={TRAIN}" if adapts else ""]
    call = f"{text.functions['model']}({', '.join(filter(None, values))})"
    stream = _stream_text(text.functions.get(STREAMS, ""), again, params)
    return siblings, Builder(text.text, call, adapts=adapts, stream=stream, own=True), one_call


def text_of(source: SpaceSource, wanted: Sequence[str]) -> ModelText:
    """What of a space's text makes its models; see `model_text`.

    Raises:
        InputError: There is none, or it cannot be without this package.
    """
    if source.is_pickled:
        raise InputError(
            "the study",
            "it was made in a script or notebook, whose functions a run keeps without their text",
            "a study in a file for `search run` leads to a script, and `search reproduce` retrains "
            "this winner",
        )
    return model_text(source.files, source.name, wanted)


def apart(text: ModelText) -> ModelText:
    """With another name for each function whose own one `train.py` takes for something else."""
    taken, functions, lines = script_names(), dict(text.functions), []
    for name, called in text.functions.items():
        if {node.id for node in ast.walk(ast.parse(called)) if isinstance(node, ast.Name)} & taken:
            functions[name] = other = unused(f"your_{name}", text.text)
            lines.append(f"\n\n{other} = {called}\n")
    return replace(text, text=text.text + "".join(lines), functions=functions)


def of_values(text: ModelText, *, loops: bool) -> ModelText:
    """Where the model is made of `hp`: a function of values, and what it imports in a file beside.

    Args:
        text: What makes models.
        loops: Whether what makes them trains them, too.
    """
    if not text.of_hp:
        return text
    name = unused("hypermodel", text.text)
    called = f"from keras_tuner import Built\n\n{name} = Built({text.functions['model']})\n"
    made = f"{text.text}\n\n{called}"
    functions = {
        **text.functions,
        "model": name,
        **({"fit": f"{name}.hypermodel_fit"} if loops else {}),
    }
    beside = inspect.getsource(stand_in_keras_tuner)
    return replace(
        text, text=made, functions=functions, siblings={**text.siblings, "keras_tuner.py": beside}
    )


def unused(name: str, text: str) -> str:
    """A name, lengthened until the text has no such word."""
    while re.search(rf"\b{name}\b", text):
        name += "_"
    return name


def _values(
    function: Callable[..., Any], params: Mapping[str, Value], apart: Sequence[str] = LOOP
) -> str:
    """Those that a function of yours is given, as arguments; without some that come otherwise."""
    given = {n: value for n, value in taken_by(function, params).items() if n not in apart}
    odd = {n: value for n, value in given.items() if not n.isidentifier()}  # of KerasTuner's
    said = [f"{name}={value!r}" for name, value in given.items() if name not in odd]
    return ", ".join([*said, f"**{odd!r}"] if odd else said)


def fits_itself(build: Build, params: Mapping[str, Value], train: Rows, shape: Shape) -> bool:
    """Whether the model that `build` makes brings a `fit` of its own; no, where it makes none now.

    What hinders it, such as a file that is gone, is then told by `train.py`.
    """
    try:
        with _built(build, params, train, shape) as model:
            from search.training.keras_own import overrides

            return overrides(model, "fit")
    except Exception:  # whatever the user's function raises
        return False


@contextmanager
def _built(
    build: Build, params: Mapping[str, Value], train: Rows, shape: Shape, seed: int = 0
) -> Iterator[Any]:
    """A model as `build` makes it; Keras keeps the settings that it has in this process."""
    with noise_to(Path(os.devnull)):
        from search.training import model as models
        from search.training.keras_settings import KerasSettings

        before = KerasSettings.now()
        try:
            yield models.build(models.taught(build, train, shape), shape, params, seed)
        finally:
            before.set()


def _one_call(study: Study, text: ModelText, params: Mapping[str, Value]) -> OneCall:
    """How a training is called that is one call."""
    loop = callbacks = values = ""
    if study.fit is not None:
        loop, values = text.functions["fit"], _values(study.fit, params)
    if study.callbacks is not None:
        callbacks = f"{text.functions['callbacks']}({_values(study.callbacks, params, ())})"
    return OneCall(study.epochs_of(params), loop, values, callbacks)


def with_rows_of(again: OpenRun, params: Mapping[str, Value]) -> OpenRun:
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


def recipe_of(
    again: OpenRun, builder: Builder, params: Mapping[str, Value], parts: Parts, *, scheduled: bool
) -> Recipe:
    """All that a script says of a winner, but how its targets and outputs are read."""
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
        weights=leaves_of(train.weights) if of_places(train.weights) else (),
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


def measured(figures: Sequence[Figure]) -> tuple[Figure, ...]:
    """Without an objective that a loop or a callback reports, and the model does not measure.

    The page has no value of that, and has one of what the model measures.
    """
    return tuple(figure for figure in figures if figure.by or figure.page is not None)


def with_outputs(
    recipe: Recipe,
    again: OpenRun,
    params: Mapping[str, Value],
    train: Rows,
    signature: Signature | None,
) -> Recipe:
    """How targets are written and outputs are read: the model's file says so, or the model."""
    if signature is not None:
        return _known(recipe, signature.targets, signature.outputs, signature.batch)
    build, shape = again.resolved.study.model, recipe.shape
    if build is None:
        return recipe
    with _built(build, params, train, shape, recipe.seed) as model:
        from search.training.fixed_batch import fixed_batch
        from search.training.outputs import outputs_of
        from search.training.target_forms import form_of

        return _known(recipe, form_of(model, shape), outputs_of(model, shape), fixed_batch(model))


def _known(recipe: Recipe, targets: TargetForm, outputs: Outputs, batch: int) -> Recipe:
    """With what only the model tells; `batch` as in `Signature`."""
    size = batch or recipe.batch
    return replace(recipe, targets=targets, outputs=outputs, batch=size, fixed=bool(batch))
