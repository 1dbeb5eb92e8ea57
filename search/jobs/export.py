"""The winner's `.keras` file: what a worker makes of a trained model, or why it cannot."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from search.data.columns import Columns
from search.data.dataset import Array
from search.data.rows_in_file import Features, whole
from search.jobs.context import DataSplit
from search.jobs.latency import latency
from search.jobs.messages import Prediction
from search.study.errors import first_line, plain
from search.study.outputs import Outputs
from search.study.task import TASKS

MOST_ASKED = 1000
"""Held-out rows that a custom model class predicts again as it is loaded from its file."""


def exported(
    model: Any,
    job: Prediction,
    found: Mapping[str, Array],
    outputs: Outputs,
    rows: DataSplit,
) -> tuple[bytes, str, dict[str, Array]]:
    """The file of a model that takes raw columns and speaks in the targets' own units.

    An answer does not depend on it: what Keras cannot save, or not load again, is reported.

    Args:
        model: With the weights of the winner.
        job: That wants it.
        found: What the model predicts for the job's rows.
        outputs: How its outputs are read.
        rows: That it was trained on.

    Returns:
        Its content, "", and how long a call takes; or b"", why there is none, and nothing.
    """
    from search.training.predict import UnlikeError

    try:
        content, seconds = _content(model, job, found, outputs, rows)
    except UnlikeError as error:
        return b"", first_line(error), {}
    except Exception as error:  # whatever custom layers lead Keras into
        return b"", plain(error), {}
    return content, "", seconds


def _content(
    model: Any,
    job: Prediction,
    found: Mapping[str, Array],
    outputs: Outputs,
    rows: DataSplit,
) -> tuple[bytes, dict[str, Array]]:
    from search.store.model_file import signed
    from search.training.export import in_own_units, of_raw_columns
    from search.training.fixed_batch import fixed_batch
    from search.training.predict import check_alike, predictions, raw_outputs_of_columns
    from search.training.target_forms import form_of

    given: Columns | Features = next(iter(job.inputs.values()))
    if TASKS[rows.shape.task].by_model:
        return _custom_content(model, job, rows), latency(model, given)
    task, scale, preparation = rows.shape.task, rows.scale, rows.preparation
    kept = in_own_units(model, scale, rows.inputs, rows.shape.features) if scale else model
    if preparation is not None and job.raw is not None:
        given = job.raw
        kept = of_raw_columns(kept, preparation)
        first = next(iter(job.inputs))
        said = {first: outputs.read(raw_outputs_of_columns(kept, job.raw), task)}
        found = {first: found[first][: len(job.raw)]}
    else:
        if rows.inputs is not None:  # the file takes windows as they were read
            windows = {n: rows.inputs.back(whole(x[:MOST_ASKED])) for n, x in job.inputs.items()}
            job, found = replace(job, inputs=windows), {k: y[:MOST_ASKED] for k, y in found.items()}
            given = next(iter(windows.values()))
        said = {name: predictions(kept, x, task, outputs) for name, x in job.inputs.items()}
    check_alike({k: scale.apply(y) for k, y in said.items()} if scale else said, found)
    content = _checked_bytes(kept, job)
    seconds = latency(kept, given)
    if rows.signature is None:
        return content, seconds
    targets, batch = form_of(model, rows.shape), fixed_batch(model)
    signature = replace(rows.signature, outputs=outputs, targets=targets, batch=batch)
    if signature.series is not None:  # of the winner's own length
        window = rows.shape.features[0]
        form = replace(signature.series, window=window)
        signature = replace(signature, series=form, shape=rows.shape.features)
    return signed(content, signature), seconds


def _all_outputs(model: Any, x: Features) -> Array:
    from search.training.predict import output_rows

    return np.concatenate([leaf.ravel() for leaf in output_rows(model, x).leaves.values()])


def _alike(one: Array, other: Array) -> bool:
    return np.allclose(one, other, rtol=1e-3, atol=1e-4, equal_nan=True)


def _custom_content(model: Any, job: Prediction, rows: DataSplit) -> bytes:
    """Of a model whose outputs may be anything."""
    from search.data.rows_in_file import leaves_of
    from search.store.model_file import signed
    from search.training.fixed_batch import fixed_batch, rows_at_once
    from search.training.output_forms import SOME, told_outputs
    from search.training.predict import output_rows

    content = _checked_bytes(model, job)
    if rows.signature is None:
        return content
    gives = leaves_of(output_rows(model, rows.train.x[:1]))
    some = slice(rows_at_once(model, SOME))
    told = told_outputs(model, rows.train.x[some], rows.train.y[some], rows.shape.classes)
    batch = fixed_batch(model)
    return signed(content, replace(rows.signature, gives=gives, batch=batch, **told))


def _checked_bytes(kept: Any, job: Prediction) -> bytes:
    """The content of a model's file, which has to give the same model again."""
    from search.store.model_file import ModelFile
    from search.training.export import keras_bytes

    content = keras_bytes(kept)
    own = ModelFile("winner.keras", content).own_code()
    if own and not any(part.bytecode for part in own):
        _check_loads(content, kept, job)
    return content


def _check_loads(content: bytes, kept: Any, job: Prediction) -> None:
    """A custom class may be saved with less than it needs to be made again."""
    from search.training.export import loaded, own_classes
    from search.training.predict import UnlikeError, raw_outputs_of_columns

    own = own_classes(kept)
    try:
        again = loaded(content, own)
    except Exception as error:
        raise UnlikeError(
            f"it cannot be made again from its file ({first_line(error)[:200]}); let __init__ of "
            f"{' and '.join(sorted(own)) or 'its classes'} take **kwargs for super().__init__, and "
            "give get_config"
        ) from error
    if job.raw is not None:
        rows = job.raw.take(np.arange(min(len(job.raw), MOST_ASKED)))
        first, second = (raw_outputs_of_columns(each, rows) for each in (kept, again))
    else:
        x = next(iter(job.inputs.values()))[:MOST_ASKED]
        first, second, same = (_all_outputs(each, x) for each in (kept, again, kept))
        if not _alike(first, same):
            return  # it draws random numbers as it predicts
    if not _alike(first, second):
        raise UnlikeError(
            "loaded again from its file, the model predicts something else, so the file lacks a "
            "part of it; give its classes get_config and, for weights made by hand, add_weight"
        )
