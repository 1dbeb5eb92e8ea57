"""The models of a study's configurations, on the rows that a worker has; Keras when it is needed.

TensorFlow is imported inside the functions, since Ray ships the worker by reference and the driver
imports this module too.
"""

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from search.data.by_values import taken_by_data
from search.data.rows_in_file import Features
from search.jobs.context import DataSplit, WorkerContext
from search.jobs.few_rows import few_rows
from search.jobs.messages import Configuration
from search.study.goal import Goal
from search.study.parameters import Value
from search.study.study import Build, Study
from search.training.choice import Trainer, needs_keras
from search.training.engine import ApartError, Training, TrainingRequest
from search.training.plan import PLAIN, TrainingPlan
from search.training.rows_by_values import RowsByValues, maker_of

if TYPE_CHECKING:
    from search.training.keras_settings import KerasSettings


class Models:
    """Builds models and begins their trainings.

    Args:
        context: What to work with.
        study: The study that the source gives, where it was executed already.

    Attributes:
        context: As given.
        rows: Of the search, or of the job and configuration that were taken last.
        train: All of them that train, though a first step takes fewer.
        given: The same rows as the driver has them: those that are made of a configuration's values
            have other features, and of a stream's training rows none but these are known.
        study: As the source gives it.
    """

    def __init__(self, context: WorkerContext, study: Study | None = None) -> None:
        self.context, self.rows = context, context.rows
        self.train = context.rows.train
        self.given, self._fresh = context.rows, False
        self._few: object = None
        self._key: Hashable = None
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
        self._leave()
        if self._has_keras:
            from search.training.device import forget

            forget()

    def take(self, split: DataSplit | None, *, few: object = None, fresh: bool = False) -> None:
        """Work with the rows that a job brings, or with those of the search.

        Args:
            split: What it brings.
            few: Batch of a first step, which takes some of these rows, while a `build` is given
                all that train; None to take all.
            fresh: Whether each configuration's rows are made for it alone, where its values make
                them.
        """
        self.given, self._few, self._fresh = split or self.context.rows, few, fresh
        if self._maker is None:
            self._use(self.given, (self.given.name, few))
        elif fresh:
            self._key = None

    def _rows_for(self, configuration: Configuration) -> None:
        """Take up the rows of a configuration, where they depend on its values."""
        if self._maker is None:
            return
        values = self._data_values(configuration)
        seed = configuration.seed if self._fresh else None
        key = (self.given.name, self._few, seed, *sorted(values.items()))
        if key != self._key:
            self._use(self._maker.rows_for(self.given, values, seed), key)

    def inputs_for(
        self, configuration: Configuration, inputs: Mapping[str, Features]
    ) -> Mapping[str, Features]:
        """Rows that its model is asked about, as it takes them."""
        if self._maker is None:
            return inputs
        self._rows_for(configuration)
        return self._maker.inputs_for(inputs, self._data_values(configuration))

    def _use(self, rows: DataSplit, key: Hashable) -> None:
        """Have models trained on rows; the engine stays while they do."""
        self.train = rows.train
        if key != self._key:
            self._key = key
            self.rows = rows if self._few is None else few_rows(rows, self._few)
            self._leave()
            vars(self).pop("_trainer", None)  # it has the rows before

    def _leave(self) -> None:
        """The training that was begun last is over."""
        if "_trainer" in vars(self):
            self._trainer.leave()

    def _data_values(self, configuration: Configuration) -> dict[str, Value]:
        params = configuration.params
        taken = taken_by_data(self.study.data, params)
        return {name: value for name, value in params.items() if name in taken}

    @cached_property
    def _maker(self) -> RowsByValues | None:
        return maker_of(self.study.data)

    @cached_property
    def _trainer(self) -> Trainer:
        return Trainer(self.rows, self.context.engine)

    def maker(self, configuration: Configuration) -> Build | None:
        """Your function that builds such a model; None for a dense network."""
        if configuration.baseline is None:
            return self.study.model
        return self.study.baselines[configuration.baseline].model or self.study.model

    def _has_own(self, configuration: Configuration) -> bool:
        """Whether it is a baseline with its own model, which the study's functions are not for."""
        place = configuration.baseline
        return place is not None and self.study.baselines[place].model is not None

    def build(self, configuration: Configuration, measure: str = "") -> Any:
        """A compiled Keras model of a configuration."""
        self.load_keras()
        self._rows_for(configuration)
        from search.training.device import where_built
        from search.training.model import build, check_compiled, taught

        shape = self.rows.shape
        maker = taught(self.maker(configuration), self.train, shape)
        if self._settings is not None:
            self._settings.begin_anew()
        with where_built(self.context.gpus):
            model = build(maker, shape, configuration.params, configuration.seed, measure)
        if self.study.fit is None or self._has_own(configuration):
            check_compiled(model)
        return model

    def plan(self, goal: Goal, epochs: int) -> TrainingPlan:
        """Of a training that counts by a goal."""
        return TrainingPlan.towards(goal.objective, epochs, self.rows.shape.task)

    def begin(self, configuration: Configuration, plan: TrainingPlan, name: str = "") -> Training:
        """Start to train a configuration; a training begun before is over.

        Args:
            configuration: What is trained.
            plan: For how long.
            name: Of the training within the run, for the files of its callbacks; "" where they are
                of no use.
        """
        request = self._request(configuration, plan)  # and with it the rows of the trainer
        if self.context.run and name:
            plain = re.sub(r"[^\w.]+", "-", name)
            request.files = f"{self.context.run}/{plain}"
        return self._trainer.begin(request)

    def begin_together(
        self, configurations: Sequence[Configuration], plan: TrainingPlan
    ) -> Sequence[Training]:
        """Start to train configurations side by side, which differ in their seeds alone.

        Raises:
            ApartError: They can only be trained one after the other.
        """
        if self._maker is not None:
            raise ApartError("each seed has rows of its own")
        requests = []
        for configuration in configurations:
            self.forget()  # Keras would go on to number the layers of the model before
            requests.append(self._request(configuration, plan))
            _ = requests[-1].model
        return self._trainer.begin_together(requests)

    def without_keras(self, configuration: Configuration) -> Training | None:
        """The same by an engine that needs no Keras; None where Keras trains it."""
        request = self._request(configuration, PLAIN)
        return None if self._trainer.may_need_keras(request) else self._trainer.begin(request)

    def make_ready(self, configuration: Configuration) -> None:
        """Load what trains it: not on the account of the trial that comes first."""
        request = self._request(configuration, PLAIN)
        if self._trainer.may_need_keras(request):
            self.load_keras()

    def _request(self, configuration: Configuration, plan: TrainingPlan) -> TrainingRequest:
        self._rows_for(configuration)
        study, maker = self.study, self.maker(configuration)
        own = self._has_own(configuration)
        if maker is not None:
            study.check_taken(configuration.params, (maker,) if own else study.takers)
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
