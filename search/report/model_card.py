"""A model card: what a run's page says, as the README that goes with a model into a repository.

Its front matter is that of the Hugging Face Hub:
https://huggingface.co/docs/hub/model-cards#model-card-metadata.
"""

import json
import math
from typing import Any

from search.report import tables
from search.report.content import found_in, verdict_of
from search.report.markdown import code_span, escaped, fenced, in_markdown, listed
from search.report.material import Material
from search.report.tables import HtmlTable
from search.report.use import lines as loading
from search.report.wording import figure
from search.store.manifest import Manifest
from search.store.model_file import ModelFile, holds_code, needs
from search.study.answer import Answer
from search.study.signature import Signature
from search.study.task import TASKS

NAMES = {"train": "train", "validation": "validate", "held_out": "are held out"}
"""Part → what its rows do."""
FILE = "winner.keras"
"""Beside the card."""
BLANK = "*To be filled in:*"


def model_card(made: Material, answer: Answer, file: ModelFile) -> str:
    """Front matter, and what is known of data, split, figures, limits and how to load the model.

    What only its author knows, as what it is for, is left as marked blanks.

    Args:
        made: Of the run.
        answer: Of its finals.
        file: Of the winner.
    """
    signature, own = file.signature, file.own_code()
    manifest, data = made.manifest, made.manifest.data
    strips = tables.strips(made.explored.space, answer.winner.params)
    values = [(one.name, one.value) for one in strips]
    parts = [(NAMES[name], f"{sum(counts):,}") for name, counts in data.rows.items()]
    mute = manifest.plan.mute
    limits = [one.sentence for one in found_in(made) if one.code not in mute]
    limits += [f"It says nothing of rows unlike these: {data.description}."]
    lines = [
        "\n".join(["---", *_front(manifest, answer, signature), "---"]),
        f"# {escaped(manifest.title)}",
        *map(escaped, verdict_of(made)),
        "## What it is for",
        f"{BLANK} what the model shall be used for, by whom, and what it must not be used for.",
        "## What it takes and gives",
        escaped(f"It takes {signature.expects}. Task: {data.task}."),
        escaped(f"Predicted: {', '.join(signature.names)}."),
        "## Hyperparameters",
        in_markdown(HtmlTable("", ("hyperparameter", "value"), values)),
        "## Data",
        f"{escaped(data.description)}, SHA-256 {code_span(data.hash)}. {escaped(data.split)}",
        in_markdown(HtmlTable("", ("rows that", "count"), parts, frozenset({1}))),
        f"{BLANK} where the data come from, their licence, and whom they are about.",
        "## Evaluation",
        in_markdown(tables.reference_models(manifest, answer)),
        f"Held-out rows were evaluated {answer.look} times up to then; intervals are of 95 %.",
        "## Limits",
        listed(map(escaped, limits)),
        f"{BLANK} for whom or what it may do harm, and how that was looked at.",
        "## How to load it",
        escaped(f"By train.py, which makes it again, because {needs(own)}.")
        if holds_code(own)
        else fenced(loading(signature, FILE, own), "python"),
        "## Reproduce",
        fenced([manifest.command] if manifest.command else []),
    ]
    return "\n\n".join(line for line in lines if line) + "\n"


def _front(manifest: Manifest, answer: Answer, signature: Signature) -> list[str]:
    """As YAML, of which JSON is a part."""
    of, task = answer.headline.judged, _pipeline(manifest, signature)
    metric: dict[str, Any] = {"type": of.measure, "name": f"held-out {of.measure}"}
    if of.value is not None and math.isfinite(of.value):
        metric |= {"value": float(figure(of))}
    result = {
        "task": {"type": task or "other"},
        "dataset": {"type": "other", "name": manifest.data.description},
        "metrics": [metric],
    }
    index = [{"name": manifest.name, "results": [result]}]
    front = {
        "library_name": "keras",
        "tags": ["keras", "hyperparameter-search", manifest.data.task],
        **({"pipeline_tag": task} if task else {}),
        "metrics": [of.measure],
        "model-index": index,
    }
    return [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in front.items()]


def _pipeline(manifest: Manifest, signature: Signature) -> str:
    """The Hub's name of such a task; "" where it has none."""
    task = TASKS[manifest.data.task]
    if signature.series:
        return "time-series-forecasting"
    if task.by_model:
        return ""
    what = "regression" if task.has_numbers else "classification"
    if signature.pictures:
        return f"image-{what}" if what == "classification" else ""
    if signature.text_inputs:
        return f"text-{what}" if what == "classification" else ""
    return f"tabular-{what}" if signature.table else ""
