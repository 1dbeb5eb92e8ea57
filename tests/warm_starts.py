"""Runs that begin with another run's trials: real folders and the real store, without workers."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from search import State
from search.app.manifest_builder import manifest_of
from search.app.resolved import ResolvedStudy
from search.loading.space_file import Space, SpaceSource, override
from search.store.folder import Folder
from search.store.manifest import Machine
from search.store.recorder import Recorder
from search.study.parameters import Value
from search.study.study import Study
from search.study.trial import Outcome
from search.tuning.warm_start import Taken, take
from tests.runs import tell

SPACE = """
from search import Budget, Choice, DenseSpace, Float, Int, Split, Study, circles
study = Study(
    data=circles(samples=200),
    budget=Budget(trials=6, epochs=9),
    pruner="median",
    space=DenseSpace(
        layers=2,
        units=Int(4, 64),
        activation=Choice("relu", "tanh"),
        learning_rate=Float(1e-4, 1e-1, log=True),
    ),
)
"""
Told = tuple[Mapping[str, Value], Outcome]


def curve(value: float, epochs: int = 9) -> dict[str, list[float]]:
    grown = [value * (epoch + 1) / epochs for epoch in range(epochs)]
    return {"loss": [1 - v for v in grown], "val_accuracy": grown, "val_loss": [0.1] * epochs}


def completed(value: float) -> Outcome:
    return Outcome(State.COMPLETE, value, curve=curve(value), weights=21)


def at(units: int, activation: str = "relu", rate: float = 0.1 + 0.2 - 0.25) -> dict[str, Value]:
    return {"units": units, "activation": activation, "learning_rate": rate}


PRUNED = Outcome(State.PRUNED, 0.1 + 0.2, "behind the others after epoch 3", curve(0.3, 3), 33)
FAILED = Outcome(State.FAIL, reason="no memory")
MIXED: list[Told] = [
    (at(8), completed(1 / 3)),
    (at(9, "tanh"), FAILED),
    (at(40), PRUNED),
    (at(50, "tanh"), completed(0.7)),
]


def space_of(text: str) -> Space:
    space = SpaceSource("space.py", "space.py", {"space.py": text}).execute()
    return replace(space, study=ResolvedStudy.of(space).study)


def begin(text: str, root: Path, taken: Taken | None = None) -> tuple[Study, Recorder]:
    """A run as `search run` begins it; the study with the budget of the whole run."""
    space, taken = space_of(text), taken or Taken()
    folder = Folder.named(root, "new" if taken.trials else "old").make()
    manifest = manifest_of(folder.name, ResolvedStudy.of(space), Machine(1, 1, 0, "a test"))
    manifest = taken.noted(manifest)
    study = override(space.study, trials=manifest.plan.trials)
    return study, Recorder.begin(folder, manifest, space.source.files, taken.trials)


def searched(text: str, root: Path, trials: Sequence[Told]) -> Path:
    """The folder of a run with these trials."""
    study, recorder = begin(text, root)
    with closing(recorder):
        for params, outcome in trials:
            tell(recorder, study, params, outcome)
        return recorder.path


def taken_by(text: str, run: Path) -> Taken:
    space = space_of(text)
    data = ResolvedStudy.of(space).summary()
    return take(run, space.study, space.source, data)
