"""One step of training and of validation on a few real rows: whether a model can be trained at all.

What is wrong here is wrong in every trial of the configuration, and is reported with its line
before the first one. Keras is imported inside the functions, as in `search.jobs.models`.
"""

import math
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any

import numpy as np

from search.data.rows_in_file import whole
from search.jobs.context import DataSplit
from search.jobs.messages import FirstStep, Result, Stepped
from search.jobs.models import Models
from search.jobs.target_checks import NOTHING, MistakeError, check_objective, check_targets
from search.study.errors import first_line
from search.study.goal import LOSS
from search.study.outputs import PROBABILITIES
from search.study.task import TASKS, usual_name
from search.study.trial import Curve
from search.training.engine import Training
from search.training.plan import TrainingPlan

OF_A_LOOP = 3
"""Epochs that a `fit=` is asked for: with another number of its own it is found out."""
QUICK = 2.0
"""Seconds up to which a model is built a second time, to see whether it is another one."""
_HOPELESS = ("with num_classes > 1", "The softmax operation will always return the value 1")
"""Keras's warnings of models that learn nothing."""
_NO_LOGITS = "does not represent logits"
"""In Keras's warning of a loss from logits that is given what an activation made of them."""
_NOT_MEASURED = "the metric has not yet been built"
"""In the error of Keras's `fit` where an epoch has updated none of the compiled metrics."""


def first_step(job: FirstStep, models: Models) -> Result:
    """Train and validate once.

    Args:
        job: What is tried.
        models: On few rows.

    Raises:
        Exception: Whatever is wrong, your own code's errors among it.
    """
    begun = time.monotonic()
    with _hopeless_raised():
        looped = models.study.fit is not None
        epochs = min(job.epochs, OF_A_LOOP) if looped else 1
        plan = models.plan(job.goal, epochs if looped else job.epochs)
        training = models.begin(job.configuration, plan)
        built = time.monotonic() - begun
        training = _with_a_whole_batch(training, job, plan, models)
        rows = models.rows
        if not training.n_parameters:
            raise MistakeError(
                "the model has no weights that learn; add a layer that has some, or set its "
                "trainable to True"
            )
        _check_rate(training.model)
        check_targets(training.model, models)
        _check_scale(training.model, rows)
        made = len(training.model.weights) if training.model else 0
        with _unmeasured_told():
            curve = training.advance(epochs)
        _check_whole(training.model, made)
        _check_outputs(training.model, rows)
        check_objective(training.model, job.goal.objective, models)
        _check_number(training.model, job.goal.objective, curve, models)
    training.end(curve)
    if wrong := training.mistake(patient=job.goal.patience is not None):
        raise _mistake(wrong, models)
    if job.goal.objective not in curve:
        wrong = _not_measured(training.model, job.goal.objective, list(curve), models)
        raise _mistake(wrong, models)
    bad = [n for n in ("loss", "val_loss") if n in curve and not math.isfinite(curve[n][-1])]
    if bad:
        raise MistakeError(
            f"{bad[0]} is {curve[bad[0]][-1]:g} after one step; scale features and targets, "
            "lower the learning rate, or fix the loss"
        )
    if built < QUICK and models.build(job.configuration) is training.model:
        raise MistakeError(
            "build returned one model twice, which then goes on where the trial before ended; "
            "make a new one in each call"
        )
    return Stepped(training.engine)


def _mistake(wrong: str, models: Models) -> Exception:
    """Of a loop, where there is one: a message then names its line, and not that of `build`."""
    if models.study.fit is None:
        return MistakeError(wrong)
    from search.training.own_loop import LoopError

    return LoopError(wrong)


def _with_a_whole_batch(
    training: Training, job: FirstStep, plan: TrainingPlan, models: Models
) -> Training:
    """Begun anew on more rows, where the model takes batches of more than were chosen."""
    from search.training.fixed_batch import fixed_batch

    size, rows = fixed_batch(training.model), len(models.train)
    if size > rows:
        raise MistakeError(
            f"the model takes batches of {size:,} rows, and {rows:,} train; declare a smaller batch"
        )
    if size <= len(models.rows.train):
        return training
    models.take(None, few=size)
    return models.begin(job.configuration, plan)


def _check_whole(model: Any, made: int) -> None:
    """What only a step makes, a winner's fresh model lacks when it is given its weights."""
    if model and len(model.weights) != made:
        raise MistakeError(
            f"the model had {made} weights when build returned it, and has {len(model.weights)} "
            "after a step, so that it cannot be given its weights again; make all its layers' "
            "weights in build, such as by keras.Input in each keras.Sequential"
        )


def _check_rate(model: Any) -> None:
    """Keras accepts any number as a learning rate."""
    from search.training.keras_compat import rate_of

    rate = rate_of(model.optimizer)
    if rate is None or not hasattr(rate, "numpy"):
        return
    value = float(rate.numpy())
    if not (math.isfinite(value) and value >= 0):
        raise MistakeError(f"the optimizer is compiled with a learning rate of {value:g}")


def _check_number(model: Any, objective: str, curve: Curve, models: Models) -> None:
    """A metric that is NaN whatever a model gives, and not of one that has learnt little alone."""
    from search.training.own_measure import metric_named
    from search.training.unfit_targets import is_never_a_number

    values, every = curve.get(objective), models.context.rows
    if not values or not math.isnan(values[-1]) or models.study.fit or objective == LOSS:
        return
    if model is None or TASKS[every.shape.task].by_model or not metric_named(model, objective):
        return
    if is_never_a_number(model, objective, every.validation.y, every.shape):
        name = objective.removeprefix("val_")
        raise MistakeError(
            f"the metric {name} is NaN over the validation rows whatever the model gives; fix the "
            f"metric, or give another objective, such as {LOSS!r}"
        )


def _check_scale(model: Any, rows: DataSplit) -> None:
    """A Rescaling for values of 0…255 on values that are brought to 0…1 already."""
    layers = [each for each in model.layers if type(each).__name__ != "InputLayer"][:1]
    begins_so = [type(each).__name__ for each in layers] == ["Rescaling"]
    if not begins_so or rows.shape.inputs:
        return
    x = whole(rows.train.x)
    if x.dtype.kind not in "biuf" or not x.size:
        return
    scaled = x * np.asarray(layers[0].scale) + np.asarray(layers[0].offset)
    if np.ptp(scaled) < NOTHING < np.ptp(x) <= 1:
        raise MistakeError(
            f"the model begins with a Rescaling, which brings these rows' values, {x.min():.4g} to "
            f"{x.max():.4g} as they are, to {scaled.min():.4g} to {scaled.max():.4g}; remove it"
        )


def _check_outputs(model: Any, rows: DataSplit) -> None:
    """A crossentropy that takes probabilities, which is cut off at outputs that are none."""
    from search.training.outputs import outputs_of
    from search.training.predict import raw_outputs

    shape = rows.shape
    if TASKS[shape.task].by_model:
        return
    named = model.loss if isinstance(model.loss, str) else getattr(model.loss, "name", "")
    whole = str(named).endswith("_crossentropy")
    if not whole or outputs_of(model, shape).kind != PROBABILITIES:
        return
    said = raw_outputs(model, rows.train.x)
    if said.min() < -NOTHING or said.max() > 1 + NOTHING:
        link = "sigmoid" if named == "binary_crossentropy" else "softmax"
        raise MistakeError(
            f"the loss {named} takes the model's outputs as probabilities, and they go from "
            f"{said.min():.3g} to {said.max():.3g}; end the model in a {link}, or give "
            "from_logits=True to the loss when you compile it"
        )


def _not_measured(model: Any, objective: str, measured: list[str], models: Models) -> str:
    if models.study.fit is not None:
        name = getattr(models.study.fit, "__name__", "fit")
        other = next((each for each in measured if each.startswith("val_")), "val_loss")
        return (
            f"{name} reports no {objective}, only {', '.join(measured)}, and trials are compared "
            f"by it; report it in the logs of each epoch, or give objective={other!r}"
        )
    from search.training.keras_own import overrides

    name = objective.removeprefix("val_")
    own = list(dict.fromkeys(measure.removeprefix("val_") for measure in measured))
    if overrides(model, "test_step"):
        other = "loss" if "loss" in own else own[0]
        return (
            f"the model measures no {name}, only {', '.join(own)}, and trials are compared by "
            f"{objective}; return {name!r} from its test_step too, or give "
            f'objective="val_{other}"'
        )
    if advice := _of_an_output(name, own):
        return (
            f"the model measures no {name}, only {', '.join(own)}, and trials are compared by "
            f"{objective}; {advice}"
        )
    alike = [measure for measure in own if measure.lower() == name.lower()]
    usual = [usual_name(name)] if usual_name(name) in own else alike
    meant = usual or get_close_matches(name, own, n=1)
    other = f"objective='val_{meant[0]}'" if meant else "another objective"
    return (
        f"the model measures no {name}, only {', '.join(own)}, and trials are compared by "
        f"{objective}; compile it with {_metric(model, name, models)}, or give {other}"
    )


def _metric(model: Any, name: str, models: Models) -> str:
    """What a model is compiled with to measure something."""
    from search.training.asking import units_of
    from search.training.measures import advised, is_keras_metric

    if is_keras_metric(name):
        return f"metrics=[{name!r}]"
    shape = models.rows.shape
    told = "" if TASKS[shape.task].by_model else advised(name, shape, units_of(model, shape))
    return told or f"a metric that is named {name!r}"


def _of_an_output(name: str, own: list[str]) -> str:
    """What to do where a measure is one of an output; "" for a model of one output."""
    outputs = [each.removesuffix("_loss") for each in own if each.endswith("_loss")]
    there = [each for each in own if each.endswith(f"_{name}")]
    if there:
        return f"give objective={' or '.join(repr(f'val_{each}') for each in there)}"
    if len(outputs) < 2:
        return ""
    return (
        f"compile it with metrics={{{outputs[-1]!r}: [{name!r}]}}, say, and give "
        f"objective='val_{outputs[-1]}_{name}'"
    )


@contextmanager
def _unmeasured_told() -> Iterator[None]:
    """What Keras says of compiled metrics that are not updated names neither them nor the step."""
    try:
        yield
    except ValueError as error:
        if _NOT_MEASURED not in str(error):
            raise
        raise MistakeError(
            "the model is compiled with metrics that its train_step does not update, which Keras's "
            "fit refuses; return self.compute_metrics(x, y, y_pred) from train_step, or compile "
            "the model without metrics"
        ) from error


@contextmanager
def _hopeless_raised() -> Iterator[None]:
    """Keras's warnings of what learns nothing are mistakes here; all others are shown."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for warning in caught:
        text = first_line(warning.message)
        if any(part in text for part in _HOPELESS):
            raise MistakeError(text)
        if _NO_LOGITS in text:
            raise MistakeError(
                "the loss is compiled with from_logits=True, and the model ends in a sigmoid or "
                "softmax, which gives probabilities; leave out from_logits, or end the model "
                "without an activation"
            )
        sys.stderr.write(f"{text}\n")
