"""Runs of MLflow: one of the search, and nested in it one a trial, with its curve and finals."""

import logging
import os
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from tempfile import TemporaryDirectory
from typing import Any

os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")  # it is tried again from here
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")

import mlflow
import numpy as np
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run
from mlflow.models import Model, ModelSignature
from mlflow.types import Schema, TensorSpec

from search.data.tree import TEXT, key
from search.store.model_file import winner_of
from search.store.run import StoredRun
from search.study.answer import Answer, Finalist
from search.study.signature import Signature
from search.study.trial import State, Trial
from search.trackers.base import RunCopy, held_out_of

logging.getLogger("mlflow").setLevel(logging.ERROR)
logging.getLogger("alembic").setLevel(logging.ERROR)
ENDED = {State.COMPLETE: "FINISHED", State.PRUNED: "KILLED", State.FAIL: "FAILED"}
ENDS = {"finished": "FINISHED", "failed": "FAILED"}
PARENT, RUN, TRIAL, LOOK = "mlflow.parentRunId", "search.run", "search.trial", "search.look"
MOST_METRICS, MOST_OTHERS, LONGEST = 900, 90, 500
"""Of one call, and characters of a value: MLflow takes 1000, 100 and 6000, older ones 500."""
_STRANGE = re.compile(r"[^\w .:/-]")


class MlflowCopy(RunCopy):
    """In the experiment MLFLOW_EXPERIMENT_NAME, or one of the space file's name."""

    def __init__(self, run: StoredRun) -> None:
        manifest = run.manifest
        self._client = MlflowClient()
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME") or run.space().stem
        experiment = self._client.get_experiment_by_name(name)
        self._experiment = (
            self._client.create_experiment(name) if experiment is None else experiment.experiment_id
        )
        self._began = _milliseconds(datetime.fromisoformat(manifest.created).timestamp())
        self._parent = self._found_parent(run) or self._new_parent(run)
        self.where = f"{mlflow.get_tracking_uri()}, experiment {name}, run {manifest.name}"
        self._trials: dict[int, str] = {}

    def known(self) -> set[int]:
        """By their tags; one that a kill left unfinished is taken away."""
        for child in self._search(f"tags.`{PARENT}` = '{self._parent.info.run_id}'"):
            if child.info.status == "RUNNING":
                self._client.delete_run(child.info.run_id)
            else:
                self._trials[int(child.data.tags[TRIAL])] = child.info.run_id
        return {*self._trials}

    def add(self, trial: Trial) -> None:
        """A nested run with its values and curve: FINISHED, KILLED (pruned) or FAILED."""
        tags = {PARENT: self._parent.info.run_id, TRIAL: str(trial.number)}
        told = {"search.engine": trial.engine.name, "search.reason": trial.reason}
        tags |= {name: value for name, value in told.items() if value}
        began, ended = _milliseconds(trial.started), _milliseconds(trial.ended)
        made = self._client.create_run(
            self._experiment, began, _cut(tags), f"trial {trial.number}"
        ).info.run_id
        metrics = [
            Metric(_named(name), value, ended, epoch)
            for name, values in trial.curve.items()
            for epoch, value in enumerate(values, start=1)
        ]
        if trial.value is not None:
            metrics.append(Metric("objective", trial.value, ended, trial.epochs))
        self._log(made, metrics, trial.params)
        self._client.set_terminated(made, ENDED[trial.state], ended)
        self._trials[trial.number] = made

    def conclude(self, run: StoredRun, page: Path | None) -> None:
        """The finals, once a look at held-out rows; how the session ended; the page.

        Of a function, the models that its best trials left are in the runs of these.
        """
        made, manifest = self._parent.info.run_id, run.manifest
        for number, file in run.left().items():
            run.read_left(file)  # refused where it is not what the trial left
            self._client.log_artifact(self._trials[number], str(file), "model")
        answer = run.answer()
        if answer is not None and self._parent.data.tags.get(LOOK) != str(answer.look):
            for finalist in answer.finalists:
                self._log(self._trials[finalist.number], _of_finals(finalist, self._began), {})
            self._log(made, _of_answer(answer, self._began), {})
            for name, value in _cut(_tags_of(answer)).items():
                self._client.set_tag(made, name, value)
            if run.model() is not None:
                self._client.log_artifact(made, str(run.folder.model), "model")
                self._register(run, made)
            self._client.set_tag(made, LOOK, str(answer.look))  # last: all of this is there
        if page is not None:
            self._client.log_artifact(made, str(page))
        took = _milliseconds(sum(manifest.seconds.values()))
        self._client.set_terminated(made, ENDS.get(manifest.ended, "KILLED"), self._began + took)

    def _register(self, run: StoredRun, made: str) -> None:
        """The winner as MLflow's flavour of Keras, and a version of it in the registry.

        It is written without Keras, whose import would take longer than all the rest; models that
        Keras loads with code of its own alone are left out.
        """
        file = winner_of(run)
        if file.own_code():
            return
        model = Model(run_id=made, signature=_signature_of(file.signature))
        keras = version("keras")
        model.add_flavor("keras", data="data", keras_version=keras, keras_backend="tensorflow",
                         save_exported_model=False)  # fmt: skip
        model.add_flavor("python_function", loader_module="mlflow.keras",
                         python_version=python_version())  # fmt: skip
        with TemporaryDirectory() as scratch:
            data = Path(scratch) / "data"
            data.mkdir()
            (data / "model.keras").write_bytes(file.content)
            (data / "keras_module.txt").write_text("keras")
            (data.parent / "requirements.txt").write_text(
                f"mlflow\nkeras=={keras}\ntensorflow=={version('tensorflow')}\n"
            )
            model.save(str(data.parent / "MLmodel"))
            self._client.log_artifacts(made, scratch, "mlflow-model")
        name = self._client.get_experiment(self._experiment).name
        if not self._client.search_registered_models(f"name = '{name}'"):
            self._client.create_registered_model(name)
        where = f"{self._parent.info.artifact_uri}/mlflow-model"
        self._client.create_model_version(name, where, made, description=run.manifest.title)

    def _found_parent(self, run: StoredRun) -> Run | None:
        created = run.manifest.created
        asked = f"tags.`{RUN}` = '{run.manifest.name}' and tags.`search.created` = '{created}'"
        return next(self._search(asked), None)

    def _new_parent(self, run: StoredRun) -> Run:
        manifest, plan = run.manifest, run.manifest.plan
        tags = {RUN: manifest.name, "search.created": manifest.created}
        tags |= {"search.command": manifest.command, "search.data": manifest.data.description}
        tags |= {"mlflow.note.content": manifest.title}
        tags |= {f"search.{what}": str(getattr(plan, what)) for what in ("objective", "sampler")}
        made = self._client.create_run(self._experiment, self._began, _cut(tags), manifest.name)
        ranges = {name: searched.told() for name, searched in plan.parameters.items()}
        self._log(made.info.run_id, [], {**ranges, **plan.fixed})
        return made

    def _search(self, asked: str) -> Iterator[Run]:
        token: str | None = ""
        while token is not None:
            found = self._client.search_runs(
                [self._experiment], asked, max_results=1000, page_token=token or None
            )
            yield from found
            token = found.token or None

    def _log(self, run: str, metrics: list[Metric], params: Mapping[str, Any]) -> None:
        for start in range(0, len(metrics), MOST_METRICS):
            self._client.log_batch(run, metrics=metrics[start : start + MOST_METRICS])
        values = [Param(_named(name), value) for name, value in _cut(params).items()]
        for start in range(0, len(values), MOST_OTHERS):
            self._client.log_batch(run, params=values[start : start + MOST_OTHERS])


def _signature_of(signature: Signature) -> ModelSignature:
    """Tensors by the names of inputs; of outputs only that they are numbers."""
    rows, texts = -1, np.dtype("str")
    inputs: list[Any]
    if signature.columns:
        inputs = [
            TensorSpec(texts if kind in {"category", "text"} else np.dtype(float), (rows, 1), name)
            for name, kind in signature.columns.items()
        ]
    elif signature.inputs:
        inputs = [
            TensorSpec(
                texts if leaf.dtype == TEXT else np.dtype(leaf.dtype),
                (rows, *leaf.shape),
                key(leaf.path),
            )
            for leaf in signature.inputs
        ]
    else:
        inputs = [TensorSpec(np.dtype("float32"), (rows, *signature.shape))]
    outputs: list[Any] = [TensorSpec(np.dtype("float32"), (rows, -1))]
    return ModelSignature(Schema(inputs), Schema(outputs))


def _of_finals(finalist: Finalist, when: int) -> list[Metric]:
    values = [fit.value for fit in finalist.fits if fit.value is not None]
    made = [Metric("finals", value, when, step) for step, value in enumerate(values, start=1)]
    return made if finalist.mean is None else [*made, Metric("finals mean", finalist.mean, when, 0)]


def _of_answer(answer: Answer, when: int) -> list[Metric]:
    return [
        Metric(_named(name), value, when, answer.look)
        for name, value in held_out_of(answer).items()
        if value is not None
    ]


def _tags_of(answer: Answer) -> dict[str, Any]:
    told = {f"winner.{name}": value for name, value in answer.winner.params.items()}
    return {"winner": f"trial {answer.winner.number}", **told}


def _named(name: str) -> str:
    return _STRANGE.sub("_", name)[:250]


def _cut(values: Mapping[str, Any]) -> dict[str, str]:
    return {_named(name): str(value)[:LONGEST] for name, value in values.items()}


def _milliseconds(seconds: float | None) -> int:
    return round(1000 * (seconds or 0))
