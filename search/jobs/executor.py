"""What a worker does with a job, on whatever machine and in whatever process it sits.

TensorFlow is imported inside the functions, since Ray ships the worker by reference and the driver
imports this module too.
"""

import math
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from search.data.dataset import Array, Shape
from search.data.preparation import Preparation
from search.data.scaling import Scale
from search.data.split import Rows
from search.jobs.export import exported
from search.jobs.first_step import Tracebacks, failure_of, few_rows, first_step
from search.jobs.messages import (
    Assignment,
    AssignmentResult,
    Checkpoint,
    Configuration,
    DataSplit,
    Failed,
    FirstStep,
    Job,
    Predicted,
    Prediction,
    Rates,
    RateTest,
    Refit,
    Refitted,
    Result,
    Rung,
    Sample,
    Sampled,
    SnapshotJob,
    TrialJob,
    WorkerMessage,
)
from search.jobs.permutation import columns_of, importance
from search.jobs.snapshots import SnapshotRecorder
from search.jobs.trial_limits import LimitWatch
from search.loading.space_file import SpaceSource
from search.loading.user_lines import place_of
from search.metrics.base import Estimate
from search.metrics.intervals import Draws
from search.study.answer import CONSTANT
from search.study.class_weights import CLASS_WEIGHT, NONE
from search.study.errors import plain
from search.study.goal import LOSS, Goal, Progress
from search.study.outputs import PROBABILITIES
from search.study.signature import Signature
from search.study.study import Build, Study
from search.study.trial import Curve, Outcome, State
from search.training.plan import PLAIN, TrainingPlan
from search.training.rate_schedule import RateSchedule, schedule_of

if TYPE_CHECKING:
    from search.training.callbacks import OneTraining
    from search.training.in_numpy.engine import NumpyTraining
    from search.training.keras_settings import KerasSettings
    from search.training.training import Trainer, Training

RATE = "learning_rate"
"""What a fit's curve calls the learning rate of its epochs."""
BATCH = 32
"""Rows a step where the space does not say, as in Keras."""


@dataclass(frozen=True, eq=False)
class WorkerContext:
    """All that a worker needs, sent once to each: nothing of a space is pickled, only its text.

    Attributes:
        source: The space file and its siblings.
        shape: Of the data.
        train: Rows that train.
        validation: Rows that choose.
        engine: That trains the trials: "numpy", "in-graph" or "fit".
        cpus: That a worker may use.
        gpus: That a worker may use.
        scale: By which the targets were standardised; None where they were not.
        preparation: How features were made of raw columns; None where there are none.
        signature: What an exported model takes and says, to be written into it; None for nothing.
    """

    source: SpaceSource
    shape: Shape
    train: Rows
    validation: Rows
    engine: str = "in-graph"
    cpus: float = 1
    gpus: float = 0
    scale: Scale | None = None
    preparation: Preparation | None = None
    signature: Signature | None = None


@dataclass(eq=False)
class RunningTrials:
    """A trial in training, as another thread may see it.

    Attributes:
        number: Of the trial.
        pace: How far it is.
        before: How the trials ended that were handed out with it and trained before it.
        curve: All epochs so far.
        weights: How many numbers the model learns; 0 until it is built.
        begun: When, by `time.monotonic`.
    """

    number: int
    pace: LimitWatch
    before: Mapping[int, Outcome]
    curve: Curve = field(default_factory=dict)
    weights: int = 0
    begun: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """Since it was begun."""
        return time.monotonic() - self.begun


class JobExecutor:
    """Performs jobs, one at a time.

    Args:
        context: What to work with.
        study: The study that the source gives, where it was executed already.
    """

    def __init__(self, context: WorkerContext, study: Study | None = None) -> None:
        from search.training.device import limit_threads

        limit_threads(context.cpus)
        self._own = self._context = context
        self._fold = ""
        self._has_keras = False
        self._underway: RunningTrials | None = None
        self._told = Tracebacks()
        if context.engine != "numpy":
            self._load_keras()
        self._study = study or context.source.execute().study
        self._settings = self._keras_settings()

    def _keras_settings(self) -> "KerasSettings | None":
        """As the space file left them; None where Keras is not there yet."""
        if not self._has_keras:
            return None
        from search.training.keras_settings import KerasSettings

        return KerasSettings.now()

    def perform(self, job: Job) -> Generator[WorkerMessage, None, None]:
        """What there is to say of a job: rungs as they come, and at the end its result."""
        try:
            self._take(self._fold_of(job))
            if isinstance(job, Assignment):
                yield from self._assigned(job)
            else:
                yield self._once(job)
        except Exception as error:
            yield self._failed(error, job)
        finally:
            self._underway = None
            if self._has_keras:
                from search.training.device import forget

                forget()

    def _failed(self, error: Exception, job: Job) -> Failed:
        source = self._context.source
        if not isinstance(job, FirstStep):
            self._told.tell(error, reason_of(error, source))
            return Failed(reason_of(error, source))
        maker = self._maker(job.configuration) or self._study.callbacks
        return failure_of(error, source, maker, self._context.shape.features)

    def _fold_of(self, job: Job) -> DataSplit | None:
        """Other rows than the search's own, where a job wants some."""
        if isinstance(job, FirstStep):
            return few_rows(self._own, job.configuration.params.get("batch_size", BATCH))
        return job.fold if isinstance(job, Refit | SnapshotJob | Prediction) else None

    def _take(self, fold: DataSplit | None) -> None:
        """Work with the rows that a job brings, or with those of the search."""
        name = "" if fold is None else fold.name
        if name == self._fold:
            return
        self._fold, self._context = name, self._own
        if fold is not None:
            self._context = replace(
                self._own,
                shape=fold.shape,
                train=fold.train,
                validation=fold.validation,
                scale=fold.scale,
                preparation=fold.preparation,
                signature=fold.signature,
            )
        vars(self).pop("_trainer", None)  # it has the rows before

    def overrun(self) -> AssignmentResult | None:
        """How the assignment ends where its trial in training has to be ended where it is.

        Asked by another thread while `perform` trains. What it leaves out was not trained yet.
        """
        trial = self._underway
        reason = trial.pace.overrun() if trial else ""
        if trial is None or not reason:
            return None
        failed = Outcome(State.FAIL, None, reason, trial.curve, trial.weights, trial.seconds)
        return AssignmentResult({**trial.before, trial.number: failed})

    def _assigned(self, job: Assignment) -> Generator[WorkerMessage, None, None]:
        """One trial after the other; what goes wrong with one does not touch its neighbours."""
        outcomes: dict[int, Outcome] = {}
        ends: dict[int, float] = {}
        for trial_job in job.trial_jobs:
            begun = time.monotonic()
            try:
                self._make_ready(trial_job.configuration)
                begun = time.monotonic()
                outcome = yield from self._train(trial_job, job, dict(outcomes))
            except Exception as error:
                reason = reason_of(error, self._context.source)
                self._told.tell(error, reason)
                outcome = Outcome(State.FAIL, reason=reason)
            finally:
                self._underway = None
            ends[trial_job.number] = time.monotonic()
            outcomes[trial_job.number] = replace(outcome, seconds=ends[trial_job.number] - begun)
        now = time.monotonic()
        yield AssignmentResult({n: replace(o, waited=now - ends[n]) for n, o in outcomes.items()})

    def _make_ready(self, configuration: Configuration) -> None:
        """Load what trains it: not on the account of the trial that comes first."""
        if not self._trains_in_numpy(configuration):
            self._load_keras()
            _ = self._trainer

    def _train(
        self, trial_job: TrialJob, job: Assignment, before: Mapping[int, Outcome]
    ) -> Generator[WorkerMessage, None, Outcome]:
        pace = LimitWatch(job.limits)
        self._underway = trial = RunningTrials(trial_job.number, pace, before)
        training = self._training(trial_job.configuration, self._course(job.goal, job.rungs[-1]))
        trial.weights = training.weights
        if trial_job.kept:
            training.restore(trial_job.kept.epoch, trial_job.kept.state)
            trial.curve = trial_job.kept.curve
        pace.begin()
        progress = Progress(job.goal)
        if trial.curve:
            progress.follow(trial.curve)
        # What was kept lies behind the rungs that its attempt had reported.
        for rung in (rung for rung in job.rungs if rung > training.epoch):
            while training.epoch < rung and not training.stopped and not progress.is_over:
                at = training.epoch
                # With patience, after each epoch it may be over.
                to = at + 1 if job.goal.patience else pace.next_stop(at, rung)
                more = training.advance(to)
                trial.curve = _longer(trial.curve, more)
                pace.went(training.epoch - at)
                reason = _not_finite(more, at) or pace.exceeded(training.epoch)
                if reason:
                    return Outcome(State.FAIL, None, reason, trial.curve, trial.weights)
                progress.follow(trial.curve)
                if training.epoch < rung and self._can_go_on and pace.keep_is_due():
                    yield Checkpoint(
                        trial_job.number, training.epoch, trial.curve, training.state()
                    )
            if training.epoch < rung:
                break
            if rung != job.rungs[-1]:
                value, seconds = progress.value, trial.seconds
                at_rung = (trial_job.number, rung, value, trial.curve, trial.weights, seconds)
                yield (Rung(*at_rung),)
        trial.curve = _ended(training, trial.curve, job.goal)
        value = job.goal.value(trial.curve)
        return Outcome(State.COMPLETE, value, "", trial.curve, trial.weights)

    def _once(
        self, job: Refit | SnapshotJob | RateTest | Prediction | Sample | FirstStep
    ) -> Result:
        match job:
            case FirstStep():
                return self._first_step(job)
            case Refit():
                return self._refit(job)
            case SnapshotJob():
                return self._film(job)
            case RateTest():
                return self._rates(job)
            case Prediction():
                return self._predict(job)
            case Sample():
                return self._sample(job)

    def _refit(self, job: Refit) -> Result:
        training = self._training(job.configuration, self._course(job.goal, job.epochs))
        begun = time.monotonic()
        curve, best = _fitted(training, job)
        if job.until is None and not _not_finite(curve):
            curve = _ended(training, curve, job.goal)
        curve = {**curve, **self._rates_of(training, job, len(curve["loss"]))}
        if job.until is not None:
            curve = {name: v for name, v in curve.items() if not name.startswith("val_")}
        reason = _not_finite(curve)
        if reason:
            return Failed(reason)
        if best is not None:
            training.load(best)
        refitted = Refitted(
            curve=curve,
            weights=tuple(training.arrays()),
            count=training.weights,
            predictions=training.predictions(self._context.validation.x),
            seconds=time.monotonic() - begun,
            importance=self._importance(training) if job.importance else (),
            estimate=self._own_measure(training, job, curve),
        )
        if job.until is not None:
            training.end(curve)  # of a fit on all rows, whose epochs are known, the last counts
        return refitted

    def _rates_of(
        self, training: "NumpyTraining | Training", job: Refit, epochs: int
    ) -> Mapping[str, Sequence[float]]:
        """The learning rate at the end of each epoch, where it does not stay."""
        params, rows = job.configuration.params, len(self._context.train)
        if self._maker(job.configuration) is None:
            schedule = schedule_of(params, job.epochs, rows)
            if schedule is None:
                return {}
            return {RATE: schedule.rates(0, epochs)[schedule.steps - 1 :: schedule.steps].tolist()}
        from search.training.rate_schedule import rates_of_model

        model = getattr(training, "model", None)  # NumPy trains none of a user's
        steps = math.ceil(rows / int(params.get("batch_size", BATCH)))  # type: ignore[arg-type]
        found = rates_of_model(model, epochs, steps) if model is not None else []
        return {RATE: found} if found else {}

    def _own_measure(
        self, training: "NumpyTraining | Training", job: Refit, curve: Curve
    ) -> Estimate | None:
        """The objective on validation rows, where it is not what this package knows by its name."""
        if job.until is not None or self._maker(job.configuration) is None:
            return None
        from search.training.in_numpy.measures import is_known
        from search.training.own_measure import OwnMeasure, of_validation

        rows, recorded = self._context.validation, job.goal.value(curve)
        task = self._context.shape.task
        objective, said = job.goal.objective, training.predictions(rows.x)
        of_scores = objective == LOSS and training.kind_of(rows.x) != PROBABILITIES
        if not of_scores and is_known(objective, said, rows.y, task, recorded):
            return None
        fold = job.fold
        draws = Draws.of(job.among or len(rows))
        if fold is not None and fold.places is not None and job.among:
            draws = draws.taken(fold.places)
        model: Any = training.model  # type: ignore[union-attr]
        own = OwnMeasure(model, objective, rows.y, self._context.shape)
        return of_validation(own, rows.x, recorded, draws)

    def _importance(self, training: "NumpyTraining | Training") -> tuple[float, ...]:
        context = self._context
        columns = columns_of(context.shape.features[0], context.preparation)
        return importance(training, context.validation, columns, context.shape.task)

    def _film(self, job: SnapshotJob) -> Result:
        training = self._training(job.configuration, self._course(job.goal, job.epochs))
        film = SnapshotRecorder(job)
        curve, _ = _fitted(training, job, film)
        training.end(curve)
        return Failed("asking it once took over a second") if film.slow else film.recording

    def _rates(self, job: RateTest) -> Result:
        from search.training.rate_range import rate_range
        from search.training.rate_suggestion import growing_rates

        rates = growing_rates()
        training = self._in_numpy(job.configuration) or self._at_a_plain_rate(job.configuration)
        return Rates(rates, rate_range(training, rates)["loss"])

    def _sample(self, job: Sample) -> Result:
        if not self._trains_in_numpy(job.configuration):
            self._load_keras()  # once a worker, and so on no trial's account
        begun = time.monotonic()
        training = self._training(job.configuration, self._course(job.goal, job.epochs))
        curve = training.advance(1)
        first = time.monotonic()
        while training.epoch < job.epochs and time.monotonic() - begun < job.enough:
            curve = _longer(curve, training.advance(training.epoch + 1))
        seconds, trained = time.monotonic() - begun, training.epoch
        if trained < job.epochs:
            each = (time.monotonic() - first) / max(trained - 1, 1)
            seconds += (job.epochs - trained) * (each if trained > 1 else seconds)
        lines: list[str] = []
        self._model(job.configuration).summary(line_length=80, print_fn=lines.append)
        return Sampled("\n".join(lines), training.weights, trained, seconds, curve)

    def _first_step(self, job: FirstStep) -> Result:
        self._load_keras()
        self._underway = RunningTrials(-1, LimitWatch(job.limits), {})
        return first_step(
            job,
            lambda: self._start(job.configuration, self._course(job.goal, job.epochs)),
            lambda: self._model(job.configuration),
            self._context,
        )

    def _predict(self, job: Prediction) -> Result:
        in_numpy = self._in_numpy(job.configuration)
        predicted = {}
        if in_numpy:
            in_numpy.load(job.weights)
            predicted = {name: in_numpy.predictions(x) for name, x in job.inputs.items()}
            if not job.export:
                return Predicted(predicted)
        model = self._model(job.configuration)
        from search.training.constant import parts_of_targets
        from search.training.outputs import outputs_of, remarks
        from search.training.predict import check_alike, raw_outputs

        model.set_weights(job.weights)
        shape = self._context.shape
        task, outputs = shape.task, outputs_of(model, shape)
        raw = {name: raw_outputs(model, x) for name, x in job.inputs.items()}
        found = {name: outputs.read(said, task) for name, said in raw.items()}
        kind = outputs.kind_read(next(iter(raw.values())), task)
        check_alike(found, predicted)
        estimates, constant = self._asked(model, job)
        if not job.export:
            return Predicted(found, kind=kind, estimates=estimates)
        content, why = exported(model, job, found, outputs, self._context)
        told = outputs.sentences(next(iter(raw.values())), task)
        notes = (*told, *remarks(model, shape, outputs))
        train, several = self._context.train, self._maker(job.configuration) is not None
        parts = parts_of_targets(model, train.y, shape) if several else ()
        return Predicted(found, content, why, kind, estimates, notes, constant, parts)

    def _asked(self, model: Any, job: Prediction) -> tuple[Mapping[str, Estimate], Array | None]:
        """What the model's own metric measures, of itself and others; the best constant by it."""
        from search.training.constant import best_constant
        from search.training.own_measure import of_others

        asked, x = job.asked, next(iter(job.inputs.values()))
        if asked is None:
            return {}, None
        shape, others, best = self._context.shape, dict(asked.others), None
        if CONSTANT in others:
            y, more = self._context.train.y, asked.maximize
            best = best_constant(model, asked.objective, y, shape, maximize=more)
            others |= {} if best is None else {CONSTANT: np.tile(best, (len(x), 1))}
        return of_others(model, asked.objective, (x, asked.y), others, shape), best

    def _course(self, goal: Goal, epochs: int) -> TrainingPlan:
        return TrainingPlan.towards(goal.objective, epochs, self._context.shape.task)

    def _training(
        self, configuration: Configuration, course: TrainingPlan
    ) -> "NumpyTraining | Training":
        """By the engine that was chosen for all trials, where it knows such a model."""
        return self._in_numpy(configuration, course) or self._start(configuration, course)

    def _in_numpy(
        self, configuration: Configuration, course: TrainingPlan = PLAIN
    ) -> "NumpyTraining | None":
        """A training without Keras, where the study has that engine and it knows such models."""
        if not self._trains_in_numpy(configuration):
            return None
        from search.training.in_numpy.engine import NumpyTraining

        context = self._context
        return NumpyTraining(
            context.shape,
            configuration.params,
            context.train,
            context.validation,
            configuration.seed,
            course=course,
        )

    def _trains_in_numpy(self, configuration: Configuration) -> bool:
        if self._context.engine != "numpy" or self._maker(configuration) is not None:
            return False
        from search.training.in_numpy.engine import can_train

        return can_train(configuration.params)

    def _start(self, configuration: Configuration, course: TrainingPlan) -> "Training":
        model = self._model(configuration, course.measure)
        schedule = None
        if self._maker(configuration) is None:
            rows = len(self._context.train)
            schedule = schedule_of(configuration.params, course.epochs, rows)
        make, place = self._study.callbacks, configuration.baseline
        if make is None or (place is not None and self._study.baselines[place].model):
            return self._begin(model, configuration, schedule)
        from search.training.callbacks import one_training

        callbacks = one_training(make, configuration.params, model, course.epochs)
        return self._begin(model, configuration, schedule, callbacks)

    @property
    def _can_go_on(self) -> bool:
        """Whether a state holds all that a training remembers; that of callbacks it does not."""
        return self._study.callbacks is None

    def _at_a_plain_rate(self, configuration: Configuration) -> "Training":
        """With a learning rate that can be set, whatever the model was compiled with."""
        model = self._model(configuration)
        from search.training.device import where_built
        from search.training.model import with_plain_rate

        with where_built(self._context.gpus):
            model = with_plain_rate(model)
        return self._begin(model, configuration)

    def _begin(
        self,
        model: Any,
        configuration: Configuration,
        schedule: RateSchedule | None = None,
        callbacks: "OneTraining | None" = None,
    ) -> "Training":
        batch: Any = configuration.params.get("batch_size", BATCH)
        weight = configuration.params.get(CLASS_WEIGHT, NONE)
        return self._trainer.begin(
            model,
            batch,
            configuration.seed,
            class_weight=weight,
            schedule=schedule,
            callbacks=callbacks,
        )

    @cached_property
    def _trainer(self) -> "Trainer":
        from search.training.training import Trainer

        context = self._context
        shape = context.shape
        return Trainer(context.train, context.validation, shape.task, context.engine, shape.given)

    def _load_keras(self) -> None:
        """Only when it is needed: NumPy's trials are done before TensorFlow would be there."""
        if not self._has_keras:
            from search.training.device import prepare

            prepare(self._context.cpus, self._context.gpus)
            self._has_keras = True

    def _model(self, configuration: Configuration, measure: str = "") -> Any:
        self._load_keras()
        from search.training.device import where_built
        from search.training.model import build

        maker, shape = self._maker(configuration), self._context.shape
        if self._settings is not None:
            self._settings.begin_anew()
        with where_built(self._context.gpus):
            return build(maker, shape, configuration.params, configuration.seed, measure)

    def _maker(self, configuration: Configuration) -> Build | None:
        """The person's function that builds such a model; None for a dense network."""
        if configuration.baseline is None:
            return self._study.model
        return self._study.baselines[configuration.baseline].model or self._study.model


def reason_of(error: Exception, source: SpaceSource) -> str:
    """One sentence: what went wrong, and where in your own file."""
    place = place_of(error, source)
    return plain(error) + (f" ({Path(place[0]).name}, line {place[1]})" if place else "")


def _fitted(
    training: "NumpyTraining | Training",
    job: Refit | SnapshotJob,
    film: SnapshotRecorder | None = None,
) -> tuple[Curve, Sequence[Array] | None]:
    """Train to the end, or as far as a film goes.

    Returns:
        The curve; and the arrays of the epoch that counts, where that need not be the last.
    """
    until = job.until if isinstance(job, Refit) else None
    patient, last = job.goal.patience is not None and until is None, until or job.epochs
    curve: Curve = {}
    progress = Progress(job.goal)
    best = training.arrays() if patient else None
    while training.epoch < last and not training.stopped:
        at = training.epoch
        stop = min(film.next_stop(at), last) if film else last
        more = training.advance(at + 1 if patient else stop)
        curve = _longer(curve, more)
        if _not_finite(more):
            break
        if film:
            film.take(training)
        if film and film.slow:
            break
        if patient and progress.follow(curve).place == len(curve["loss"]) - 1:
            best = training.arrays()
        if patient and progress.is_over:
            break
    return curve, best


def _ended(training: "NumpyTraining | Training", curve: Curve, goal: Goal) -> Curve:
    """Tell the callbacks that a training is over; its curve as far as it counts.

    With patience, the epoch that counts is chosen by the goal, whatever a callback restores.
    """
    found = training.end(curve)
    return curve if goal.patience is not None else found


def _longer(curve: Curve, more: Curve) -> Curve:
    return {name: [*curve.get(name, ()), *values] for name, values in more.items()}


def _not_finite(curve: Curve, after: int = 0) -> str:
    """Why a curve cannot win: the first measure that is no finite number, and its epoch.

    Args:
        curve: Epochs that were looked at before may be missing.
        after: How many are missing.
    """
    first = [
        (epoch, order, name, value)
        for order, (name, values) in enumerate(curve.items())
        for epoch, value in enumerate(values, start=after + 1)
        if not math.isfinite(value)
    ]
    if not first:
        return ""
    epoch, _, name, value = min(first)
    what = "NaN" if math.isnan(value) else "infinite"
    return f"{name} became {what} in epoch {epoch}"
