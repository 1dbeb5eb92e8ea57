"""The winner once more: the fit that is shown, trained and scored again, and what agrees."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from search.data.dataset import Array
from search.data.split import Parts
from search.finals.folds import TOGETHER, Folds
from search.finals.scoring import Judge
from search.jobs.batch import Batch
from search.jobs.messages import (
    Configuration,
    Failed,
    Job,
    MeasureRequest,
    Predicted,
    Prediction,
    Refit,
    Refitted,
)
from search.store.recorder import Recorder
from search.study.answer import Answer, Fit, Score
from search.study.errors import RunError
from search.study.outputs import PROBABILITIES
from search.study.study import Study
from search.study.task import TASKS
from search.study.trial import Curve, epochs_in

TOLERANCE = 0.02
"""Of a figure, in its own unit or as a fraction of it, whichever is wider: other versions and CPUs
add numbers up in another order, and training makes more of it, epoch by epoch."""
BY = "search reproduce"
_SAME = {"MSE": "mean squared error"}
"""What an objective is called → what the loss beside accuracy, micro F1 or R² is called."""

Perform = Callable[[Batch], None]
Kind = TypeVar("Kind")


@dataclass(frozen=True)
class ReproducedFigure:
    """A number of the run beside the same of today.

    Attributes:
        name: As displayed.
        then: In the run.
        now: When trained again.
        tolerance: By which the two may differ; 0 where they have to be equal.
    """

    name: str
    then: float | None
    now: float | None
    tolerance: float

    @property
    def agrees(self) -> bool:
        """Whether they are equal, or as near as they have to be."""
        if self.then is None or self.now is None:
            return self.then is self.now
        return self.then == self.now or abs(self.then - self.now) <= self.tolerance

    @property
    def verdict(self) -> str:
        """In a few words."""
        if self.then == self.now:
            return "equal"
        asked = f"within {self.tolerance:.2g}" if self.tolerance else "not equal"
        return asked if self.agrees or not self.tolerance else f"not {asked}"


@dataclass(frozen=True, eq=False)
class Winner:
    """What is trained again.

    Attributes:
        study: What was searched.
        parts: Its rows.
        task: Of the targets.
        answer: With the winner and the fit that is shown.
        kept: Targets and predictions of the held-out rows, as the run saved them.
    """

    study: Study
    parts: Parts
    task: str
    answer: Answer
    kept: Mapping[str, Array]

    @property
    def configuration(self) -> Configuration:
        """Of the fit that is shown."""
        params = {**self.study.fixed, **self.answer.winner.params}
        return Configuration(params, self.shown.seed)

    @property
    def shown(self) -> Fit:
        """The last fit where there is one, else that of median validation."""
        return self.answer.last or self.answer.chosen

    @property
    def split(self) -> int:
        """On which rows it was trained, as in `Folds`."""
        return TOGETHER if self.answer.last else self.answer.chosen.split

    @property
    def name(self) -> str:
        """As displayed."""
        return f"trial {self.answer.winner.number}"

    @property
    def epochs(self) -> int | None:
        """After which the last fit ended; None where there was none."""
        return epochs_in(self.answer.last.curve) if self.answer.last else None


def reproduce(
    winner: Winner, perform: Perform, recorder: Recorder, *, exact: bool
) -> tuple[ReproducedFigure, ...]:
    """Train the winner's shown fit again, and open the held-out rows for it.

    Args:
        winner: Of the run.
        perform: Has jobs done.
        recorder: Where the evaluation is recorded before it is made.
        exact: Whether all has to be equal, and not only within `TOLERANCE`.

    Raises:
        RunError: It could not be trained again, or the held-out rows are others than then.
    """
    truth = winner.parts.back(winner.parts.held_out.y)
    if TASKS[winner.task].by_model:  # of which the run has the numbers of rows
        truth = winner.parts.numbers[-1]
    if not np.array_equal(winner.kept["y"], truth):
        raise RunError(
            f"{recorder.path}: the held-out rows are not those of the run, though the data are; "
            "these versions cut them otherwise, so install those that the page names"
        )
    study, configuration = winner.study, winner.configuration
    folds = Folds(study.split, winner.parts)
    parts, fold = folds.parts(winner.split), folds.fold(winner.split)
    refit = Refit(
        winner.name,
        configuration,
        study.epochs_of(configuration.params),
        study.goal,
        fold=fold,
        until=winner.epochs,
    )
    trained = _result(perform, refit, Refitted)
    recorder.look(sum(trial.state.finished for trial in recorder.trials()), BY)
    answer = winner.answer.headline
    own = answer.goal is not None and answer.goal.own
    asked = MeasureRequest(study.objective, winner.parts.held_out.y) if own else None
    prediction = Prediction(
        winner.name,
        configuration,
        trained.weights,
        {"held_out": parts.held_out.x},
        export=True,
        raw=parts.raw,
        fold=fold,
        asked=asked,
    )
    predicted = _result(perform, prediction, Predicted)
    found = parts.back(predicted.predictions["held_out"])
    judge = Judge.of(study, winner.parts, recorder.manifest.data, own=own)
    now = judge.score(judge.judged(found, predicted.estimates.get(""), predicted.kind))
    curves = _curves(winner, trained.curve, exact=exact)
    return (*curves, *_held_out(winner, found, truth, now, exact=exact))


def _result(perform: Perform, job: Job, kind: type[Kind]) -> Kind:
    batch = Batch([job])
    perform(batch)
    (result,) = batch.results
    if not isinstance(result, kind):
        why = result.reason if isinstance(result, Failed) else "it was not done"
        raise RunError(f"{job}: {why}; so the winner could not be made again")
    return result


def _curves(winner: Winner, now: Curve, *, exact: bool) -> Iterator[ReproducedFigure]:
    """Measures after the epoch that counts; and all others where they have to be equal."""
    then, goal = winner.shown.curve, winner.study.goal
    last = winner.epochs is not None  # which is not measured on validation
    at, at_now = (-1, -1) if last else (goal.place(then), goal.place(now))
    for name, values in then.items():
        again = now[name][at_now] if name in now else None
        yield _figure(_named(name, winner.epochs or at + 1), values[at], again, exact=exact)
    if exact:
        same = {name: list(values) for name, values in then.items()} == dict(now)
        yield ReproducedFigure(
            "measures of all epochs that differ", 0.0, 0.0 if same else _other(then, now), 0
        )


def _other(then: Curve, now: Curve) -> float:
    """How many values of the curves are others."""
    pairs = [(values, now.get(name, [])) for name, values in then.items()]
    there = sum(a != b for old, new in pairs for a, b in zip(old, new, strict=False))
    return float(there + sum(abs(len(old) - len(new)) for old, new in pairs))


def _held_out(
    winner: Winner, found: Array, truth: Array, now: Score, *, exact: bool
) -> Iterator[ReproducedFigure]:
    then = winner.answer.headline
    if TASKS[winner.task].by_model:
        yield from _by_model(winner, found, now, exact=exact)
        return
    beside = {_loss_of(winner, then): (then.loss, now.loss)}
    beside |= {name: (value, now.others[name]) for name, value in then.others.items()}
    if then.goal is not None and then.goal.measure != then.measure:
        name = f"held-out {then.goal.measure}"
        yield _figure(name, then.goal.value, now.judged.value, exact=exact)
        if not then.goal.unit:  # else the same name is of another number
            beside.pop(_SAME.get(then.goal.measure, then.goal.measure), None)
    yield _figure(f"held-out {then.measure}", then.value, now.value, exact=exact)
    for name, (value, again) in beside.items():
        yield _figure(f"held-out {name}", value, again, exact=exact)
    task = TASKS[winner.task]
    numbers = task.has_numbers
    unit = truth.std(axis=0) if numbers else 1.0
    before = winner.kept[task.kept]
    apart = float((np.abs(found - before) / unit).mean())
    what = "deviations of the truth" if numbers else "probabilities"
    yield _figure(f"mean difference of predictions, in {what}", 0.0, apart, exact=exact)


def _loss_of(winner: Winner, score: Score) -> str:
    """What `Score.loss` is, whatever loss the model was trained by."""
    if TASKS[winner.task].has_numbers:
        return "mean squared error"
    return "log loss" if score.kind == PROBABILITIES else "hinge loss"


def _by_model(
    winner: Winner, found: Array, now: Score, *, exact: bool
) -> Iterator[ReproducedFigure]:
    """What the model measures itself, of all rows and of each."""
    then, before = winner.answer.headline.judged, winner.kept[TASKS[winner.task].kept]
    yield _figure(f"held-out {then.measure}", then.value, now.judged.value, exact=exact)
    if before.size and found.shape == before.shape:
        apart = float(np.abs(found - before).mean())
        yield _figure("mean difference by row of that", 0.0, apart, exact=exact)


def _figure(name: str, then: float | None, now: float | None, *, exact: bool) -> ReproducedFigure:
    wide = TOLERANCE * max(1.0, abs(then or 0.0))
    return ReproducedFigure(name, then, now, 0.0 if exact else wide)


def _named(measure: str, epoch: int) -> str:
    part = "validation" if measure.startswith("val_") else "training"
    return f"{part} {measure.removeprefix('val_')} after epoch {epoch}"
