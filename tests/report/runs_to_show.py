"""Run folders as a search and its finals leave them, filled by hand through the real store."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from search.app.manifest_builder import manifest_of
from search.app.resolved import ResolvedStudy
from search.data.dataset import Array
from search.data.split import Parts
from search.finals.dependence import Dependence
from search.finals.projection import Projections
from search.finals.reference_models import plain_predictions, yardsticks
from search.finals.scoring import Judge
from search.finals.training_replay import Watched, replay_of
from search.finals.weak_slices import RowScores, weak_slices
from search.finals.worst_rows import values_of, worst
from search.jobs.messages import Configuration, SnapshotJob, Snapshots
from search.loading.space_file import Space, SpaceSource
from search.report.page import render
from search.store.folder import Folder
from search.store.manifest import Machine, Manifest
from search.store.recorder import Recorder
from search.store.run import load_run
from search.study.answer import Answer, BaselineResult, Finalist, Fit, RateCurve
from search.study.goal import Goal
from search.study.outputs import PROBABILITIES
from search.study.parameters import Value
from search.study.study import Study
from search.study.trial import Curve, Forecast, Outcome, Pause, State
from search.training.rate_suggestion import growing_rates
from tests.runs import tell

GOAL = Goal("val_loss", "minimize")
Predict = Callable[[Array], Array]
"""Rows → probabilities, shape (rows, classes)."""
Pages = Callable[[str], Path]
"""Name of a scene → its page's file."""
Runs = Callable[[str], Path]
"""Name of a scene → its run's folder."""


@dataclass(frozen=True)
class Told:
    """A trial: its values, how it ended, by what forecast it was given up, and where it paused."""

    params: Mapping[str, Value]
    outcome: Outcome
    forecast: Forecast | None = None
    pauses: tuple[Pause, ...] = ()


@dataclass(frozen=True, eq=False)
class Scene:
    """A run to be shown.

    Attributes:
        study: What was searched.
        trials: In the order of asking.
        finalists: The winner first; none where the finals did not end.
        predict: The winner.
        title: Of the space file.
        source: Of the space file.
        ended: As in the manifest.
        kind: What the winner gives, as by `Outputs.kind_read`.
        baselines: What came of them.
        rates: Of the winner.
        model: Its file.
    """

    study: Study
    trials: Sequence[Told] = ()
    finalists: Sequence[Finalist] = ()
    predict: Predict | None = None
    title: str = "Two concentric circles: a task no linear model can solve"
    source: str = "study = …"
    ended: str = "finished"
    kind: str = PROBABILITIES
    baselines: Sequence[BaselineResult] = ()
    rates: RateCurve | None = None
    model: bytes = b"a model"
    more: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the answer that differ."""

    @property
    def parts(self) -> Parts:
        """Its rows."""
        return self.study.split.parts(self.study.data.load())

    @property
    def task(self) -> str:
        """Of its rows."""
        return self.study.data.load().task

    @property
    def has_a_plane(self) -> bool:
        """Whether its classes can be drawn over two features."""
        return self.task in {"binary", "multiclass"} and self.parts.train.x.shape[1:] == (2,)

    @property
    def judge(self) -> Judge:
        """Of its held-out rows."""
        study, parts = self.study.for_task(self.task), self.parts
        names = self.study.data.load().target_names
        maximize = study.direction == "maximize"
        unit = None if parts.scale is None else np.asarray(parts.scale.deviation, float)
        return Judge(parts.held_out.y, self.task, study.objective, maximize, unit, names)

    def answer(self) -> Answer | None:
        """What the finals found."""
        if self.predict is None:
            return None
        parts, data = self.parts, self.study.data.load()
        judge = self.judge
        winner = judge.judged(self.predict(parts.held_out.x))
        headline = judge.score(replace(winner, kind=self.kind))
        plain = plain_predictions(parts.train, parts.held_out.x, len(data.names), data.task)
        answer = Answer(
            finalists=tuple(self.finalists),
            chosen=self.finalists[0].fits[0],
            scores=(headline,) * sum(fit.value is not None for fit in self.finalists[0].fits),
            headline=headline,
            yardsticks=yardsticks(plain, judge, winner),
            baselines=tuple(self.baselines),
            rate_curve=self.rates,
            promise=self.finalists[0].search_value if headline.goal is None else None,
            renewed=self.finalists[0].mean,
        )
        return replace(answer, **self.more)


def write(scene: Scene, root: Path) -> Path:
    """The scene's run folder."""
    with closing(begin(scene, root)) as recorder:
        recorder.ended(scene.ended)
        return recorder.path


def begin(scene: Scene, root: Path) -> Recorder:
    """The scene's run folder, held as while it runs."""
    recorder = Recorder.begin(
        Folder.named(root, "shown").make(), _manifest(scene), {"shown.py": scene.source}
    )
    recorder.spent("search", 12.5)
    for trial in scene.trials:
        told = (trial.params, trial.outcome, trial.forecast)
        tell(recorder, scene.study, *told, pauses=trial.pauses)
    if scene.has_a_plane:
        recorder.save_arrays("points", _points(scene.parts))
    answer = scene.answer()
    if answer:
        recorder.look(len(scene.trials))
        recorder.save_answer(answer, scene.model, _arrays(scene))
    return recorder


def page_of(scene: Scene, root: Path) -> str:
    """The scene's page."""
    return render(load_run(write(scene, root)))


def _manifest(scene: Scene) -> Manifest:
    source = SpaceSource("shown.py", "shown.py", {"shown.py": scene.source})
    study = scene.study.for_task(scene.task)
    study = replace(study, finals=replace(study.finals, refit=False))
    space = Space(study, scene.title, source, touched=False)
    manifest = manifest_of("shown", ResolvedStudy.of(space), Machine(2, 1, 0, "a test"))
    return replace(manifest, command=f"search run shown.py --seed {scene.study.seed}")


def _points(parts: Parts) -> dict[str, Array]:
    shown = (parts.train, parts.validation)
    return {
        "x": np.concatenate([rows.x for rows in shown]),
        "y": np.concatenate([rows.y for rows in shown]),
        "part": np.repeat([0, 1], [len(rows) for rows in shown]),
    }


def _arrays(scene: Scene) -> dict[str, dict[str, Array]]:
    assert scene.predict is not None
    rows = scene.parts.held_out
    what = "predictions" if scene.task == "regression" else "probabilities"
    said = scene.predict(rows.x)
    kept = {"held_out": {"y": rows.y, what: said}}
    estimate = scene.judge.judged(said).estimate
    kept["objective"] = {"value": np.asarray(estimate.value), "drawn": estimate.drawn}
    kept["worst"] = values_of(scene.parts, worst(said, rows.y, scene.task))
    if scene.has_a_plane:
        side = np.linspace(-1.2, 1.2, 21)
        plane = np.stack(np.meshgrid(side, side), axis=-1)
        grid = scene.predict(plane.reshape(-1, 2)).reshape(21, 21, -1)
        kept["held_out"]["x"] = rows.x
        kept["grid"] = {"x1": side, "x2": side, "probabilities": grid}
    kept["replay"] = _replay(scene)
    return kept | _understood(scene)


def _understood(scene: Scene) -> dict[str, dict[str, Array]]:
    """What the winner depends on, and where it errs."""
    assert scene.predict is not None
    parts = scene.parts
    names = parts.feature_names(scene.study.data.load())
    said = scene.predict(parts.held_out.x)
    scores = RowScores.of(said, parts.held_out.y, scene.task)
    found = {"slices": weak_slices(parts, names, (), scores)}
    if dependence := Dependence.of(parts, names, (), scene.task):
        asked = {name: scene.predict(x) for name, x in dependence.inputs.items()}
        found["dependence"] = dependence.arrays({"held_out": said, **asked}, scene.judge)
    return {name: arrays for name, arrays in found.items() if arrays}


def _replay(scene: Scene) -> dict[str, Array]:
    """Each finalist is as sure of all that the winner says as it has epochs behind it."""
    assert scene.predict is not None
    train = scene.parts.train
    names = scene.parts.feature_names(scene.study.data.load())
    planes = Projections(scene.parts, names)
    found = planes.of([1 / place for place in range(1, len(names) + 1)])
    even = scene.predict(train.x).mean(axis=0)
    frames = {
        plane.kind: np.stack(
            [even + (scene.predict(plane.points) - even) * epoch / 9 for epoch in (1, 5, 9)]
        )
        for plane in found[0]
    }
    inputs = {plane.kind: plane.points for plane in found[0]}
    jobs = [
        SnapshotJob(f"trial {one.number}", Configuration({}, one.fits[0].seed), 9, GOAL, inputs)
        for one in scene.finalists
        if inputs
    ]
    names = [str(one.number) for one in scene.finalists[: len(jobs)]]
    watched = Watched(found[0], jobs, names, found[1])
    results = [Snapshots((1, 5, 9), frames)] * len(jobs)
    return replay_of(watched, results, train.y[planes.drawn], None, scene.task)


def learnt(value: float, epochs: int = 9) -> Curve:
    """A curve that ends at an accuracy."""
    grown = [0.5 + (value - 0.5) * epoch / epochs for epoch in range(1, epochs + 1)]
    fallen = [0.7 * 0.8**epoch for epoch in range(epochs)]
    return {"loss": fallen, "accuracy": grown, "val_loss": fallen, "val_accuracy": grown}


def completed(value: float) -> Outcome:
    """A trial that went to its end."""
    return Outcome(State.COMPLETE, value, curve=learnt(value), weights=1234, seconds=0.5)


def pruned(value: float) -> Outcome:
    """A trial that was stopped on the way."""
    return Outcome(
        State.PRUNED, value, "behind the others after epoch 3", learnt(value, 3), 1234, 0.2
    )


def failed(reason: str) -> Outcome:
    """A trial that came to nothing."""
    return Outcome(State.FAIL, reason=reason)


def fits(*values: float | None, reason: str = "loss became NaN in epoch 2") -> tuple[Fit, ...]:
    """A fit a value; None for one that failed."""
    return tuple(
        Fit(seed, {}, None, None, reason)
        if value is None
        else Fit(seed, learnt(value), value, learnt(value)["val_loss"][-1], learnt=value)
        for seed, value in enumerate(values, start=1000)
    )


def finalist(number: int, trial: Told, *values: float | None, tied: bool = False) -> Finalist:
    """A trial of the search on fresh seeds, a value a seed."""
    sound = [value for value in values if value is not None]
    return Finalist(
        number=number,
        params=trial.params,
        weights=trial.outcome.weights,
        search_value=trial.outcome.value or 0.0,
        fits=fits(*values),
        mean=float(np.mean(sound)) if sound else None,
        tied=tied,
    )


def rate_test(of: str, seeds: int = 5) -> RateCurve:
    """Loss falls until a rate of 0.1, then nothing is finite any more."""
    rates = growing_rates()
    row = [0.7 - 0.1 * i / 60 if i < 60 else None for i in range(len(rates))]
    losses = tuple(tuple(v and v + seed / 100 for v in row) for seed in range(seeds))
    return RateCurve(of, rates, losses, lowest=0.09, suggested=0.03)
