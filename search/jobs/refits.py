"""Configurations trained once more: the finals' fits, and what a model predicted on its way."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from search.data.rows_in_file import taken
from search.jobs.context import DataSplit
from search.jobs.fitting import Fitted, ended, fitted, fitted_together, not_finite
from search.jobs.messages import (
    Failed,
    JointRefit,
    JointRefitted,
    Refit,
    Refitted,
    Result,
    SnapshotJob,
)
from search.jobs.models import Models
from search.jobs.permutation import columns_of, importance
from search.jobs.snapshots import SnapshotRecorder
from search.metrics.base import Estimate
from search.metrics.intervals import Draws
from search.metrics.measures import plain_measure
from search.study.goal import LOSS
from search.study.outputs import PROBABILITIES
from search.study.task import TASKS
from search.study.trial import Curve, epochs_in
from search.training.engine import BATCH, Training
from search.training.rate_schedule import schedule_of

SOME = 2000
"""Rows that tell how well those are met that were learnt: to a hundredth of an accuracy."""
RATE = "learning_rate"
"""What a fit's curve calls the learning rate of its epochs."""


def refit(job: Refit, models: Models) -> Result:
    """Train a configuration once more, to the weights of the epoch that counts."""
    training = models.begin(job.configuration, models.plan(job.goal, job.epochs), str(job))
    begun = time.monotonic()
    return _refitted(training, fitted(training, job), job, models, begun)


def refit_together(joint: JointRefit, models: Models) -> JointRefitted:
    """The same of several seeds in one program.

    Raises:
        ApartError: They can only be trained one after the other.
    """
    jobs = joint.jobs
    plan = models.plan(jobs[0].goal, jobs[0].epochs)
    trainings = models.begin_together([job.configuration for job in jobs], plan)
    begun = time.monotonic()
    fits = fitted_together(trainings, jobs)
    return JointRefitted(
        tuple(
            _refitted(training, fit, job, models, begun)
            for training, fit, job in zip(trainings, fits, jobs, strict=True)
        )
    )


def _refitted(training: Training, fit: Fitted, job: Refit, models: Models, begun: float) -> Result:
    """What came of a training that is at its end."""
    curve, best = fit
    if job.until is None and not not_finite(curve):
        curve = ended(training, curve, job.goal)
    curve = {**curve, **_rates_of(training, job, models, epochs_in(curve))}
    if job.until is not None:
        curve = {name: v for name, v in curve.items() if not name.startswith("val_")}
    if reason := not_finite(curve):
        return Failed(reason)
    if best is not None:
        training.load(best)
    refitted = Refitted(
        curve=curve,
        weights=tuple(training.arrays()),
        count=training.n_parameters,
        predictions=training.predictions(models.rows.validation.x),
        seconds=time.monotonic() - begun,
        importance=_importance(training, models) if job.importance else (),
        estimate=_own_measure(training, job, models, curve),
        engine=training.engine,
        learnt=_learnt(training, models) if job.until is None else None,
    )
    if job.until is not None:
        training.end(curve)  # of a fit on all rows, whose epochs are known, the last counts
    return refitted


def snapshots(job: SnapshotJob, models: Models) -> Result:
    """Train a configuration as a refit did, and record its predictions on the way."""
    job = replace(job, inputs=models.inputs_for(job.configuration, job.inputs))
    training = models.begin(job.configuration, models.plan(job.goal, job.epochs))
    film = SnapshotRecorder(job)
    curve, _ = fitted(training, job, film)
    training.end(curve)
    return Failed("asking it once took over a second") if film.slow else film.recording


def _rates_of(
    training: Training, job: Refit, models: Models, epochs: int
) -> Mapping[str, Sequence[float]]:
    """The learning rate at the end of each epoch, where it does not stay."""
    params, rows = job.configuration.params, len(models.rows.train)
    if models.maker(job.configuration) is None:
        schedule = schedule_of(params, job.epochs, rows)
        if schedule is None:
            return {}
        return {RATE: schedule.rates(0, epochs)[schedule.steps - 1 :: schedule.steps].tolist()}
    from search.training.fixed_batch import rows_at_once, whole_batches
    from search.training.rate_schedule import rates_of_model

    if models.rows.train.stream is not None:  # whose batches are its own
        steps = int(getattr(training.model.optimizer, "iterations", 0)) // epochs
        if not steps:  # a loop of one's own trains by another optimizer
            return {}
    else:
        batch = rows_at_once(training.model, int(params.get("batch_size", BATCH)))  # type: ignore[arg-type]
        steps = math.ceil(whole_batches(training.model, rows, batch) / batch)
    found = rates_of_model(training.model, epochs, steps)
    return {RATE: found} if found else {}


def _own_measure(training: Training, job: Refit, models: Models, curve: Curve) -> Estimate | None:
    """The objective on validation rows, where it is not what this package knows by its name."""
    if job.until is not None or models.maker(job.configuration) is None:
        return None
    from search.training.in_numpy.measures import is_known
    from search.training.own_measure import OwnMeasure, is_misread, of_validation, row_loss_of

    data = models.rows
    rows, recorded = data.validation, job.goal.value(curve)
    if TASKS[data.shape.task].by_model:
        return _by_model(training.model, job, data)
    objective, said = job.goal.objective, training.predictions(rows.x)
    of_scores = objective == LOSS and training.kind_of(rows.x) != PROBABILITIES
    if not of_scores and is_known(objective, said, rows.y, data.shape.task, recorded):
        return None
    if is_misread(training.model, objective, data.shape):
        return None
    draws = _draws(job, data)
    own = OwnMeasure(training.model, objective, rows.y, data.shape)
    found = of_validation(own, rows.x, recorded, draws)
    # Of 16 bits, what a graph recorded may be another value than that of predictions.
    if objective != LOSS and is_known(objective, said, rows.y, data.shape.task, found.value):
        return None
    of_rows = row_loss_of(training.model, objective, rows.y, data.shape)
    return replace(found, row_loss=of_rows)


def _learnt(training: Training, models: Models) -> float | None:
    """As in `Fit`, of some of the rows."""
    rows, task = models.rows.train, models.rows.shape.task
    if TASKS[task].by_model or rows.stream is not None:  # of which other rows may stand for those
        return None
    places = np.sort(np.random.default_rng(0).permutation(len(rows))[:SOME])
    x = taken(rows.x, places)
    if training.kind_of(x) != PROBABILITIES:
        return None
    measure = plain_measure(task, "r2" if TASKS[task].has_numbers else "accuracy")
    return measure.value(training.predictions(x), rows.y[places])


def _draws(job: Refit, data: DataSplit) -> Draws:
    """Of validation rows, which may be drawn from others."""
    if not job.among:
        return Draws.of(len(data.validation), data.blocks)
    if job.fold is None or job.fold.places is None:
        return Draws.of(job.among)
    return Draws.among(job.among, job.fold.places, job.fold.blocks)


def _by_model(model: Any, job: Refit, data: DataSplit) -> Estimate | None:
    from search.training.custom import CustomMeasures

    rows, objective = data.validation, job.goal.objective
    try:
        return CustomMeasures(model, objective, rows, data.shape).estimate(_draws(job, data))
    except Exception:  # what only a loop of one's own measures, and reports
        return None


def _importance(training: Training, models: Models) -> tuple[float, ...]:
    rows = models.rows
    columns = columns_of(rows.shape.features[0], rows.preparation)
    return importance(training, rows.validation, columns, rows.shape.task)
