"""What a model with saved weights predicts for rows, by its engine and by Keras, and its file."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from search.data.dataset import Array
from search.data.rows_in_file import Features
from search.data.split import Rows
from search.data.tree import ClassesOf
from search.jobs.export import exported
from search.jobs.messages import Failed, MeasureRequest, Predicted, Prediction, Result
from search.jobs.models import Models
from search.metrics.base import Estimate
from search.metrics.intervals import Draws
from search.study.answer import CONSTANT
from search.study.errors import plain
from search.study.output_forms import OutputForm
from search.study.outputs import OF_LOSS, SURE
from search.study.task import TASKS

WITHOUT_CONSTANT = (
    "its loss did not measure one, or the targets do not tell of what shape its outputs are"
)
WEIGHTED = (
    "Rows have weights of places or of outputs: the loss and weighted_metrics of held-out rows are "
    "weighted, as by sample_weight of Keras's evaluate; plain metrics are not. In what is shown of "
    "each output, places of weight 0 are left out, and all others count alike."
)


def predict(job: Prediction, models: Models) -> Result:
    """Predict rows; where an engine other than Keras did the training, both have to agree."""
    inputs = models.inputs_for(job.configuration, job.inputs)
    job, predicted = replace(job, inputs=inputs), {}
    if TASKS[models.rows.shape.task].by_model:
        return _custom(job, models)
    trained = models.without_keras(job.configuration)
    if trained:
        trained.load(job.weights)
        predicted = {name: trained.predictions(x) for name, x in job.inputs.items()}
        if not job.export:
            return Predicted(predicted)
    model = models.build(job.configuration)
    from search.training.outputs import outputs_of
    from search.training.predict import check_alike, raw_outputs
    from search.training.remarks import of_alone, of_batches, remarks

    model.set_weights(job.weights)
    rows = models.rows
    task, outputs = rows.shape.task, outputs_of(model, rows.shape, models.given.train.y)
    raw = {name: raw_outputs(model, x) for name, x in job.inputs.items()}
    found = {name: outputs.read(said, task) for name, said in raw.items()}
    first = next(iter(raw.values()))
    check_alike(found, predicted)
    estimates, constant = _asked(model, job, models)
    told = Predicted(found, kind=outputs.kind_read(first, task), estimates=estimates)
    if not job.export:
        return told
    content, why, seconds = exported(model, job, found, outputs, rows)
    notes = (*outputs.sentences(first, task), *remarks(model, rows.shape, outputs))
    notes += of_batches(model, models.given.train)
    notes += of_alone(model, next(iter(job.inputs.values())))
    parts = _loss_parts(model, job, models)
    return replace(
        told,
        model=content,
        no_model=why,
        notes=notes,
        constant=constant,
        loss_parts=parts,
        latency=seconds,
    )


def _custom(job: Prediction, models: Models) -> Result:
    """What a model measures of rows by its own loss and metrics, beside the best constant."""
    model = models.build(job.configuration)
    from search.training.custom import CustomMeasures

    model.set_weights(job.weights)
    rows, asked, (name, x) = models.rows, job.asked, next(iter(job.inputs.items()))
    train = models.given.train
    if asked is None:
        raise ValueError("rows of a custom task are measured, and nothing was asked of them")
    held_out = Rows(x, asked.y, asked.weights)
    try:
        measured = CustomMeasures(model, asked.objective, held_out, rows.shape)
    except Exception as error:  # what only a loop of one's own measures, and reports
        why = "the model, as build compiles it, cannot measure rows by itself"
        return Failed(f"{why} ({plain(error)})")
    draws = Draws.of(len(x), asked.blocks)
    estimates = {"": measured.estimate(draws)}
    if CONSTANT in asked.others:
        constant = measured.of_constant(train, draws, maximize=asked.maximize)
        estimates |= {} if constant is None else {CONSTANT: constant}
    said = {name: measured.of_rows}
    if job.changed is not None and measured.of_rows.shape[1]:
        heavy = None if asked.weights is None else asked.weights[job.changed]
        changed = Rows(job.inputs["shuffled"], asked.y[job.changed], heavy)
        again = CustomMeasures(model, asked.objective, changed, rows.shape)
        said["shuffled"] = again.of_rows
    told = Predicted(said, kind=OF_LOSS, estimates=estimates)
    if not job.export:
        return told
    content, unsaved, seconds = exported(model, job, {}, SURE, rows)
    alone = CONSTANT in asked.others and CONSTANT not in estimates
    told = replace(
        told,
        model=content,
        no_model=unsaved,
        measures=measured.all_of(draws),
        latency=seconds,
        notes=_of_custom(model, train, asked, alone=alone)
        + _of_chance(model, x, measured.found.measured),
    )
    return _with_outputs(told, model, held_out, train.y, rows.shape.classes)


def _of_custom(model: Any, train: Rows, asked: MeasureRequest, *, alone: bool) -> tuple[str, ...]:
    """What is to be said of how a model is trained and measured; alone without a constant."""
    from search.training.model_outputs import converted
    from search.training.remarks import of_batches

    notes = tuple(
        f"{written} was given in another form than its loss takes, and is trained and measured "
        "in that one (numbers of classes, or one-hot)."
        for written in converted(model, train.y[:1])
    )
    notes += of_batches(model, train)
    if alone:
        why = "there are no targets" if train.y.shape[1:] == (0,) else WITHOUT_CONSTANT
        notes += (f"No constant stands beside the model: {why}.",)
    return notes if asked.weights is None else (*notes, WEIGHTED)


def _of_chance(model: Any, x: Features, times: int) -> tuple[str, ...]:
    """What is to be said where rows are not measured each alone, and the same each time."""
    from search.training.remarks import of_alone

    if times == 1:
        return of_alone(model, x)
    return (
        "The model draws random numbers as it is measured: each figure is the mean of "
        f"{times} measurements of the same rows.",
    )


def _with_outputs(
    told: Predicted, model: Any, held_out: Rows, y: Any, classes: ClassesOf
) -> Result:
    """The same with what each output gives of the held-out rows; with targets that train."""
    from search.training.held_out_outputs import kept_outputs

    try:
        outputs, kept = kept_outputs(model, held_out, y, classes)
    except Exception as error:  # whatever a model of one's own gives
        why = f"The outputs cannot be shown one by one: {plain(error)}."
        return replace(told, notes=(*told.notes, why))
    notes = (*told.notes, *(_of_logits(form) for form in outputs if form.link))
    return replace(told, notes=notes, outputs=outputs, kept=kept)


def _of_logits(form: OutputForm) -> str:
    which = f" “{form.name}”" if form.name else ""
    return (
        f"The model's output{which} gives logits (its loss has from_logits=True): a "
        f"{form.link} makes them probabilities, here and in search predict."
    )


def _loss_parts(model: Any, job: Prediction, models: Models) -> tuple[float, ...]:
    """As in `Answer`."""
    from search.training.constant import parts_of_targets

    custom = models.maker(job.configuration) is not None
    y, shape = models.given.train.y, models.rows.shape
    return parts_of_targets(model, y, shape) if custom else ()


def _asked(
    model: Any, job: Prediction, models: Models
) -> tuple[Mapping[str, Estimate], Array | None]:
    """What the model's own metric measures, of itself and others; the best constant by it."""
    from search.training.constant import are_distributions, as_distributions, best_constant
    from search.training.own_measure import of_others

    asked, x = job.asked, next(iter(job.inputs.values()))
    if asked is None:
        return {}, None
    shape, others, best = models.rows.shape, dict(asked.others), None
    y, more = models.given.train.y, asked.maximize
    if are_distributions(y):
        others = {name: as_distributions(said) for name, said in others.items()}
    if CONSTANT in others:
        best = best_constant(model, asked.objective, y, shape, maximize=more)
        others |= {} if best is None else {CONSTANT: np.tile(best, (len(x), 1))}
    return of_others(model, asked.objective, (x, asked.y, asked.blocks), others, shape), best
