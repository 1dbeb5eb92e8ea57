"""Copies of a run for other tools, read back by these tools' own readers."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import psutil
import pytest
from mlflow import MlflowClient
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata

import search
from search.app.track import Tracker, track
from search.store.recorder import Recorder
from search.store.run import load_run
from search.study.function_study import MODEL, Left
from search.study.trial import Outcome, State
from search.tuning.listeners import Listener, Listeners
from tests.functional.command import PATIENCE, ROOT, within
from tests.runs import recorder_for, small_study, tell

PARAMS = {"layers": 1, "units": 8, "activation": "relu", "learning_rate": 0.001}
CURVE = {"val_accuracy": [0.5, 0.75], "val_loss": [0.7, float("nan")]}


@pytest.fixture
def finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run with its finals, and its page."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    monkeypatch.delenv("MLFLOW_EXPERIMENT_NAME", raising=False)
    shutil.copytree(ROOT / "tests" / "gold" / "run", tmp_path / "runs" / "gold")
    assert within(tmp_path, "report", "runs/gold").code == 0
    return tmp_path / "runs" / "gold"


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    with closing(recorder_for(small_study(), tmp_path / "runs")) as made:
        yield made


def ended(recorder: Recorder, state: State = State.COMPLETE) -> None:
    outcome = Outcome(state, 0.75, curve=CURVE, weights=21)
    tell(recorder, small_study(), PARAMS, outcome)


def lines_of(run: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (run / "trials.jsonl").read_text().splitlines()]


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    read = EventAccumulator(str(folder)).Reload()
    return {
        tag: [(event.step, event.value) for event in read.Scalars(tag)]
        for tag in read.Tags()["scalars"]
    }


def test_lines_of_json_have_each_trial_and_the_verdict_once(finished: Path) -> None:
    for _ in range(2):  # the second finds nothing to add
        assert within(finished.parent, "track", str(finished), "jsonl").code == 0
    run = load_run(finished)
    *trials, verdict = lines_of(finished)
    assert [line["number"] for line in trials] == [trial.number for trial in run.trials()]
    for line, trial in zip(trials, run.trials(), strict=True):
        assert (line["params"], line["curve"], line["value"]) == (
            trial.params,
            trial.curve,
            trial.value,
        )
    answer = run.answer()
    assert answer is not None
    assert (verdict["winner"], verdict["value"]) == (
        answer.winner.number,
        answer.headline.judged.value,
    )


def test_a_line_that_a_kill_cut_off_is_written_again(recorder: Recorder) -> None:
    ended(recorder)
    file = recorder.path / "trials.jsonl"
    file.write_text('{"event": "trial", "number": 0, "par')
    recorder.close()
    track(recorder.path, ["jsonl"])
    (line,) = lines_of(recorder.path)
    assert line["curve"] == {"val_accuracy": [0.5, 0.75], "val_loss": [0.7, None]}


def test_tensorboard_reads_curves_and_values(finished: Path) -> None:
    track(finished, ["tensorboard"])
    run = load_run(finished)
    for trial in run.trials():
        folder = finished / "tensorboard" / f"trial-{trial.number:04}"
        read = scalars(folder)
        for name, values in trial.curve.items():
            assert read[name] == [(i, pytest.approx(v)) for i, v in enumerate(values, 1)]
        begun = (
            EventAccumulator(str(folder)).Reload().SummaryMetadata(metadata.SESSION_START_INFO_TAG)
        )
        info = metadata.parse_session_start_info_plugin_data(begun.plugin_data.content)
        assert {name: value.number_value for name, value in info.hparams.items()} == trial.params
    answer = run.answer()
    assert answer is not None
    judged = answer.headline.judged
    assert judged.interval is not None
    winner = finished / "tensorboard" / f"winner-trial-{answer.winner.number:04}"
    assert [*scalars(winner).values()] == [
        [(answer.look, pytest.approx(value))]
        for value in (judged.value, judged.interval.low, judged.interval.high)
    ]
    with pytest.raises(KeyError):  # else no parallel coordinates are drawn
        EventAccumulator(str(winner)).Reload().SummaryMetadata(metadata.SESSION_START_INFO_TAG)


@pytest.mark.parametrize(("state", "status"), [(State.COMPLETE, 1), (State.FAIL, 2)])
def test_tensorboard_knows_a_failed_trial(
    state: State, status: int, recorder: Recorder, tmp_path: Path
) -> None:
    ended(recorder, state)
    recorder.close()
    track(recorder.path, ["tensorboard"])
    read = EventAccumulator(str(recorder.path / "tensorboard" / "trial-0000")).Reload()
    told = read.SummaryMetadata(metadata.SESSION_END_INFO_TAG).plugin_data.content
    assert metadata.parse_session_end_info_plugin_data(told).status == status


def test_mlflow_has_a_run_of_the_search_and_one_a_trial(finished: Path) -> None:
    for _ in range(2):  # the second finds nothing to add
        (line,) = track(finished, ["mlflow"])
    assert "mlflow.db" in line
    run, client = load_run(finished), MlflowClient()
    answer = run.answer()
    assert answer is not None
    experiment = client.get_experiment_by_name(Path(run.manifest.space_file).stem)
    runs = client.search_runs([experiment.experiment_id])
    (parent,) = [each for each in runs if "mlflow.parentRunId" not in each.data.tags]
    children = {int(c.data.tags["search.trial"]): c for c in runs if c is not parent}
    assert parent.info.status == "FINISHED"
    ranges = run.manifest.plan.parameters
    assert {name: parent.data.params[name] for name in ranges} == {
        "units": "4…16", "learning_rate": "0.001…0.1, log scale",
    }  # fmt: skip
    assert {*children} == {trial.number for trial in run.trials()}
    assert len(runs) == len(children) + 1
    for trial in run.trials():
        child = children[trial.number]
        assert child.data.tags["mlflow.parentRunId"] == parent.info.run_id
        assert "search.reason" not in child.data.tags
        assert child.data.params == {name: str(value) for name, value in trial.params.items()}
        for name, values in trial.curve.items():
            history = client.get_metric_history(child.info.run_id, name)
            assert [(m.step, m.value) for m in history] == [*enumerate(values, 1)]
    judged = answer.headline.judged
    assert judged.interval is not None
    name = f"held-out {judged.measure}"
    assert parent.data.metrics == {
        name: judged.value,
        f"{name} low": judged.interval.low,
        f"{name} high": judged.interval.high,
    }
    fits = client.get_metric_history(children[answer.winner.number].info.run_id, "finals")
    assert [m.value for m in fits] == [fit.value for fit in answer.winner.fits]
    kinds = {a.path for a in client.list_artifacts(parent.info.run_id)}
    assert kinds == {"gold.html", "model", "mlflow-model"}
    kept = mlflow.artifacts.download_artifacts(
        run_id=parent.info.run_id, artifact_path="model/winner.keras"
    )
    assert Path(kept).read_bytes() == run.model()
    (registered,) = client.search_model_versions(f"name = '{experiment.name}'")
    assert registered.run_id == parent.info.run_id


@pytest.mark.keras
@pytest.mark.filterwarnings("ignore::UserWarning")  # of MLflow's own import
def test_mlflow_serves_the_registered_winner_by_its_signature(finished: Path) -> None:
    track(finished, ["mlflow"])
    name = Path(load_run(finished).manifest.space_file).stem
    served = mlflow.pyfunc.load_model(f"models:/{name}/1")
    (takes,) = served.metadata.signature.inputs.inputs
    assert (takes.type, takes.shape) == (np.dtype("float32"), (-1, 2))
    rows = np.random.default_rng(0).normal(size=(5, 2)).astype("float32")
    told = search.load_run(finished).predict(rows)
    assert served.predict(rows)[:, -1] == pytest.approx(told.iloc[:, -1].to_numpy(), abs=1e-6)
    with pytest.raises(mlflow.exceptions.MlflowException, match="Shape of input"):
        served.predict(np.zeros((5, 3), "float32"))


def test_wandb_has_a_run_a_trial_and_one_of_the_finals_in_files_to_sync(
    finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    for _ in range(2):  # the second finds nothing to add
        (line,) = track(finished, ["wandb"])
    assert "for `wandb sync`" in line
    run = load_run(finished)
    answer = run.answer()
    assert answer is not None
    read = [_of_wandb(file) for file in finished.glob("wandb/offline-run-*/*.wandb")]
    kept = {one["name"]: one for one in read}
    assert len(read) == len(kept) == len(run.trials()) + 1
    for trial in run.trials():
        told = kept[f"trial {trial.number}"]
        assert (told["config"], told["group"]) == (trial.params, run.manifest.name)
        curve = {name: [at[name] for at in told["history"]] for name in trial.curve}
        assert curve == trial.curve
        assert told["summary"]["objective"] == trial.value
    judged = answer.headline.judged
    assert kept[run.manifest.name]["summary"][f"held-out {judged.measure}"] == judged.value
    assert kept[run.manifest.name]["artifacts"] == {"model", "page"}


def test_a_model_that_a_trial_left_is_with_its_trial(
    recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # artifacts lie there
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    monkeypatch.setenv("WANDB_MODE", "offline")
    ended(recorder)
    ended(recorder)
    recorder.keep_left(1, Left(MODEL, b"as it was left"), [1])
    recorder.ended("finished")
    recorder.close()
    for _ in range(2):  # the second finds nothing to add
        track(recorder.path, ["mlflow", "wandb"])
    client = MlflowClient()
    (experiment,) = client.search_experiments(filter_string="name != 'Default'")
    found = {made.info.run_name: made for made in client.search_runs([experiment.experiment_id])}
    (model,) = client.list_artifacts(found["trial 1"].info.run_id, "model")
    file = client.download_artifacts(found["trial 1"].info.run_id, model.path, str(tmp_path))
    assert Path(file).read_bytes() == b"as it was left"
    assert client.list_artifacts(found["trial 0"].info.run_id) == []
    read = [_of_wandb(file) for file in recorder.path.glob("wandb/offline-run-*/*.wandb")]
    of_wandb = [(one["name"], *one["artifacts"]) for one in read]
    assert sorted(of_wandb) == [("trial 0",), ("trial 1",), ("trial 1", "model")]


def _of_wandb(file: Path) -> dict[str, Any]:
    """A run as its file has it, by W&B's own messages."""
    from wandb.proto.wandb_internal_pb2 import Record

    found: dict[str, Any] = {"config": {}, "history": [], "summary": {}, "artifacts": set()}
    for data in _records_in(file.read_bytes()):
        record = Record()
        record.ParseFromString(data)
        match record.WhichOneof("record_type"):
            case "run":
                found |= {"name": record.run.display_name, "group": record.run.run_group}
                items = {item.key: json.loads(item.value_json) for item in record.run.config.update}
                found["config"] |= {k: v for k, v in items.items() if k != "_wandb"}
            case "history":
                found["history"].append(_items(record.history.item))
            case "summary":
                found["summary"] |= _items(record.summary.update)
            case "artifact":
                found["artifacts"].add(record.artifact.type)
    return found


def _records_in(content: bytes) -> Iterator[bytes]:
    """Of a log in LevelDB's format: blocks of 32 KiB, parts with checksum, length and place."""
    assert content.startswith(b":W&B")
    at, parts = 7, b""
    while at + 7 <= len(content):
        if 32768 - at % 32768 < 7:
            at += 32768 - at % 32768
            continue
        length, place = int.from_bytes(content[at + 4 : at + 6], "little"), content[at + 6]
        parts += content[at + 7 : at + 7 + length]
        at += 7 + length
        if place in {1, 4}:  # whole, or the last
            yield parts
            parts = b""


def _items(items: Any) -> dict[str, Any]:
    return {item.key or item.nested_key[0]: json.loads(item.value_json) for item in items}


def test_states_and_strange_numbers_are_taken_by_mlflow(
    recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    for state in (State.COMPLETE, State.PRUNED, State.FAIL):
        ended(recorder, state)
    recorder.close()
    track(recorder.path, ["mlflow"])
    runs = MlflowClient().search_runs(["1"], order_by=["attributes.created ASC"])
    assert sorted(run.info.status for run in runs) == ["FAILED", "FINISHED", "KILLED", "KILLED"]


class Screen(Listener):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def said(self, line: str) -> None:
        self.lines.append(line)


def test_a_server_that_is_away_is_said_once_and_gets_all_later(
    recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("search.app.track.PATIENCE", float(PATIENCE))  # a busy machine took 60 s
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    screen, tracker = Screen(), Tracker("mlflow", "jsonl")
    listeners = Listeners(screen, tracker, unheard=screen.lines.append)
    listeners.tell(lambda each: each.run_started(recorder.path, recorder.manifest))
    ended(recorder)
    ended(recorder)
    listeners.tell(lambda each: each.page_written(tmp_path / "page.html"))
    (line,) = screen.lines
    assert line.startswith("Tracker: mlflow was not sent everything (")
    assert f"); `search track {recorder.path} mlflow` sends the rest" in line
    assert "http://127.0.0.1:9" in line
    assert len(lines_of(recorder.path)) == 2
    recorder.close()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    track(recorder.path, ["mlflow"])
    assert len(MlflowClient().search_runs(["1"])) == 3


def test_a_driver_that_is_killed_leaves_no_tracker_behind(recorder: Recorder) -> None:
    ended(recorder)
    program = (
        "import os, sys; from pathlib import Path; from search import Tracker\n"
        "Tracker('jsonl').run_started(Path(sys.argv[1]), None); os._exit(9)"
    )
    code = [sys.executable, "-c", program, str(recorder.path)]
    done = subprocess.run(code, check=False, cwd=recorder.path, timeout=100)
    assert done.returncode == 9
    assert psutil.wait_procs(following(recorder.path), PATIENCE)[1] == []


def following(folder: Path) -> list[psutil.Process]:
    """Processes that follow a run, by their command lines."""
    wanted = {"--follow", str(folder)}
    known = psutil.process_iter(["cmdline"])
    return [process for process in known if wanted <= {*(process.info["cmdline"] or [])}]


BINARY = str(ROOT / "spaces" / "binary.py")


def test_a_tool_that_is_not_known_is_refused_before_a_trial(tmp_path: Path) -> None:
    refused = within(tmp_path, "run", BINARY, "--track", "neptune")
    said = "there is no such tracker; give jsonl, tensorboard, mlflow, wandb"
    assert (refused.code, refused.err) == (2, f"search: --track neptune: {said}\n")
    assert not (tmp_path / "runs").exists()


def test_what_is_not_installed_is_named_with_the_line_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.trackers.base.find_spec", lambda name: None)
    refused = within(tmp_path, "run", BINARY, "--track", "mlflow")
    assert refused.code == 2
    assert "install it by `pip install 'keras-search[mlflow]'`" in refused.err
    with pytest.raises(search.ArgumentError, match="mlflow is not installed"):
        Tracker("mlflow")
