"""The models of a study's configurations, on the rows that a worker has; Keras when it is needed.

TensorFlow is imported inside the functions, since Ray ships the worker by reference and the driver
imports this module too.
"""

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from search.jobs.context import DataSplit, WorkerContext
from search.jobs.messages import Configuration
from search.study.arguments import check_taken
from search.study.goal import Goal
from search.study.study import Build, Study
from search.training.choice import Trainer, needs_keras
from search.training.engine import Training, TrainingRequest
from search.training.plan import PLAIN, TrainingPlan

if TYPE_CHECKING:
    from search.training.keras_settings import KerasSettings


class Models:
    """Builds models and begins their trainings.

    Args:
        context: What to work with.
        study: The study that the source gives, where it was executed already.

    Attributes:
        context: As given.
        rows: Of the search, or of the job that was taken last.
        study: As the source gives it.
    """

    def __init__(self, context: WorkerContext, study: Study | None = None) -> None:
        self.context, self.rows = context, context.rows
        self._train = context.rows.train
        self._has_keras = False
        if needs_keras(context.engine):
            self.load_keras()
        self.study = study or context.source.execute().study
        self._settings = self._keras_settings()

    def _keras_settings(self) -> "KerasSettings | None":
        """As the space file left them; None where Keras is not there yet."""
        if not self._has_keras:
            return None
        from search.training.keras_settings import KerasSettings

        return KerasSettings.now()

    def load_keras(self) -> None:
        """Only when it is needed: NumPy's trials are done before TensorFlow would be there."""
        if not self._has_keras:
            from search.training.device import prepare

            prepare(self.context.cpus, self.context.gpus)
            self._has_keras = True

    def forget(self) -> None:
        """Free what Keras keeps of the models that are done."""
        self._trainer.leave()
        if self._has_keras:
            from search.training.device import forget

            forget()

    def take(self, split: DataSplit | None, *, few: bool = False) -> None:
        """Work with the rows that a job brings, or with those of the search.

        Args:
            split: What it brings.
            few: Whether these are some of the search's rows, all of which a `build` is given.
        """
        rows = split or self.context.rows
        self._train = self.context.rows.train if few else rows.train
        if rows.name != self.rows.name:
            self.rows = rows
            vars(self).pop("_trainer", None)  # it has the rows before

    @cached_property
    def _trainer(self) -> Trainer:
        return Trainer(self.rows, self.context.engine)

    def maker(self, configuration: Configuration) -> Build | None:
        """Your function that builds such a model; None for a dense network."""
        if configuration.baseline is None:
            return self.study.model
        return self.study.baselines[configuration.baseline].model or self.study.model

    def _has_own(self, configuration: Configuration) -> bool:
        """Whether it is a baseline with a model of its own, for which the study's functions are not."""
        place = configuration.baseline
        return place is not None and self.study.baselines[place].model is not None

    def build(self, configuration: Configuration, measure: str = "") -> Any:
        """A compiled Keras model of a configuration."""
        self.load_keras()
        from search.training.device import where_built
        from search.training.model import build, taught

        shape = self.rows.shape
        maker = taught(self.maker(configuration), self._train, shape)
        if self._settings is not None:
            self._settings.begin_anew()
        with where_built(self.context.gpus):
            return build(maker, shape, configuration.params, configuration.seed, measure)

    def plan(self, goal: Goal, epochs: int) -> TrainingPlan:
        """Of a training that counts by a goal."""
        return TrainingPlan.towards(goal.objective, epochs, self.rows.shape.task)

    def begin(self, configuration: Configuration, plan: TrainingPlan) -> Training:
        """Start to train a configuration; a training begun before is over."""
        return self._trainer.begin(self._request(configuration, plan))

    def without_keras(self, configuration: Configuration) -> Training | None:
        """The same by an engine that needs no Keras; None where Keras trains it."""
        request = self._request(configuration, PLAIN)
        return None if self._trainer.may_need_keras(request) else self._trainer.begin(request)

    def make_ready(self, configuration: Configuration) -> None:
        """Load what trains it: not on the account of the trial that comes first."""
        if self._trainer.may_need_keras(self._request(configuration, PLAIN)):
            self.load_keras()

    def _request(self, configuration: Configuration, plan: TrainingPlan) -> TrainingRequest:
        study, maker = self.study, self.maker(configuration)
        own = self._has_own(configuration)
        if maker is not None:
            check_taken((maker,) if own else study.takers, configuration.params, study.read)
        return TrainingRequest(
            configuration.params,
            configuration.seed,
            lambda: self.build(configuration, plan.measure),
            plan,
            custom=maker is not None,
            callbacks=None if own else study.callbacks,
            loop=None if own else study.fit,
        )

    def begin_at_plain_rate(self, configuration: Configuration) -> Training:
        """With a learning rate that can be set, whatever the model was compiled with."""

        def build() -> Any:
            model = self.build(configuration)
            from search.training.device import where_built
            from search.training.model import with_plain_rate

            with where_built(self.context.gpus):
                return with_plain_rate(model)

        request = self._request(configuration, PLAIN)
        return self._trainer.begin(replace(request, build=build, callbacks=None, loop=None))
