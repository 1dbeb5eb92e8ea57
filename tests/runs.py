"""Run folders for tests: the real store, filled by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from search import Budget, Choice, DenseSpace, Float, Int, Study, circles
from search.app.manifest_builder import plan_of
from search.store.folder import Folder
from search.store.manifest import DataSummary, Machine, Manifest
from search.store.recorder import Recorder
from search.study.parameters import Value
from search.study.trial import EngineChoice, Forecast, Outcome, Pause, State
from search.tuning.sampler import distributions


def small_study(task: str = "binary", **changes: Any) -> Study:
    """A dense space over two circles, with a small budget."""
    study = Study(
        data=circles(samples=200),
        space=DenseSpace(
            layers=Int(1, 3),
            units=Int(4, 64, log=True),
            activation=Choice("relu", "tanh"),
            learning_rate=Float(1e-4, 1e-1, log=True),
        ),
        budget=Budget(trials=6, epochs=9),
        pruner="median",
    )
    return replace(study, **changes).for_task(task)


def manifest_for(study: Study, name: str = "small", together: int = 1) -> Manifest:
    """A manifest as `search run` would write it."""
    return Manifest(
        name=name,
        title="A small search",
        created="2026-11-23T14:15:00+00:00",
        command="search run spaces/small.py",
        seed=study.seed,
        space_file="small.py",
        versions={"python": "3.11"},
        data=DataSummary(
            description=str(study.data),
            task="binary",
            features=("x1", "x2"),
            classes=("outer", "inner"),
            rows={"train": (60, 60), "validation": (20, 20), "held_out": (20, 20)},
            hash="0" * 64,
        ),
        plan=replace(plan_of(study, EngineChoice("in-graph", "")), together=together),
        machine=Machine(2, 1, 0, "a test"),
    )


def recorder_for(
    study: Study,
    root: Path,
    sources: Mapping[str, str] | None = None,
    together: int = 1,
    data: DataSummary | None = None,
) -> Recorder:
    """A new run folder, held; of two circles where no other data are said."""
    folder = Folder.named(root, "small").make()
    manifest = manifest_for(study, together=together)
    if data is not None:
        manifest = replace(manifest, data=data)
    return Recorder.begin(folder, manifest, sources or {"small.py": "study = …"})


def tell(  # noqa: PLR0913 - all that a search writes of a trial
    recorder: Recorder,
    study: Study,
    params: Mapping[str, Value],
    outcome: Outcome,
    forecast: Forecast | None = None,
    *,
    pauses: Sequence[Pause] = (),
) -> None:
    """Write a trial of these values and how it ended, as a search would."""
    recorder.study.enqueue_trial(dict(params))
    trial = recorder.study.ask(distributions(study.parameters))
    if callable(study.space):
        study.space(trial)
    if outcome.state is State.PRUNED and outcome.value is not None:
        trial.report(outcome.value, max(len(values) for values in outcome.curve.values()))
    if forecast is not None:
        recorder.note_forecast(trial.number, forecast)
    if pauses:
        trial.set_user_attr("pauses", [asdict(pause) for pause in pauses])
    recorder.tell(trial.number, outcome, "1@here")
