"""The engine that trains whole epochs of a Keras model in one graph."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil

from search.study.plain_text import percent
from search.study.target_form import TargetForm
from search.study.task import TASKS
from search.training.engine import (
    ANY_TARGETS,
    CALLBACKS,
    ON_DEMAND,
    ApartError,
    Engine,
    StudyNeeds,
    Training,
    TrainingRequest,
    TrainingRows,
    only_fit,
)

if TYPE_CHECKING:
    from search.training.in_graph import OnDevice
    from search.training.programs import Programs

SHARE_OF_MEMORY = 0.25
"""Of the machine's free memory that the rows may take before training leaves them to `fit`."""

STEPS = ("train_step", "test_step")


class GraphEngine(Engine):
    """Trains models in graphs, over rows on the device."""

    name = "in-graph"
    stacks = True

    def __init__(self, rows: TrainingRows) -> None:
        super().__init__(rows)
        self._programs: dict[tuple[object, TargetForm], Programs] = {}
        size = rows.train.x.nbytes + rows.validation.x.nbytes
        self._too_large = size > SHARE_OF_MEMORY * psutil.virtual_memory().available

    @staticmethod
    def suits(needs: StudyNeeds) -> tuple[bool, str]:
        """All but what only `fit` can do."""
        why_not = only_fit(needs)
        return not why_not, why_not or "any Keras model trains whole epochs in one graph"

    def refuses(self, request: TrainingRequest) -> str:
        """Where Python has to run at each epoch or batch, or the rows have no room."""
        if TASKS[self.rows.shape.task].by_model:
            return ANY_TARGETS
        if request.callbacks is not None:
            return CALLBACKS
        if self.rows.train.on_demand:
            return ON_DEMAND
        if self._too_large:
            return f"the rows take over {percent(SHARE_OF_MEMORY)} of the machine's free memory"
        return self._refuses_model(request)

    def _refuses_model(self, request: TrainingRequest) -> str:
        """Where a model's author means what `fit` alone does."""
        from search.training.keras_own import overrides

        model = request.model
        if overrides(model, "fit"):
            return "the model has a fit of its own"
        if model.run_eagerly:
            return "the model is compiled with run_eagerly=True"
        own = [step for step in STEPS if overrides(model, step)]
        return self._refuses_steps(request, own) if own else ""

    def _refuses_steps(self, request: TrainingRequest, own: Sequence[str]) -> str:
        """Where `fit` logs of a step of the model's own what the metrics do not say.

        It reads the metrics where their names are those of what the step returns, and else logs
        the last batch's; that is the same where the step returns the metrics' own results, as
        `{m.name: m.result() for m in self.metrics}`. The second of two steps shows whether. Steps
        are taken in `fit`'s order: what a metric says of a test may need a step of training, and
        `fit` refuses a model whose compiled metrics none has updated before it is tested.
        """
        from search.training.in_graph import each

        model, rows = request.model, self._rows_for(request)
        model.optimizer.build(model.trainable_variables)
        variables = [*model.variables, *model.optimizer.variables]
        before = [variable.numpy() for variable in variables]
        step = ""
        try:
            for step, given in zip(STEPS, (rows.train, rows.validation), strict=True):
                model.reset_metrics()
                for row in (slice(1), slice(-1, None)):
                    told = getattr(model, step)(each(given, itemgetter(row)))
                if step in own and not _logs_alike(told, model.get_metrics_result()):
                    return f"the model's {step} returns what none of its metrics keeps"
        except Exception:  # whatever is wrong with it, or with a row alone: `fit` trains it or says
            return f"what the model's {step} measures of a row alone cannot be read"
        finally:
            for variable, value in zip(variables, before, strict=True):
                variable.assign(value)
            model.reset_metrics()
        return ""

    def begin(self, request: TrainingRequest) -> Training:
        """As in `Engine`."""
        from search.training.in_graph import GraphTraining
        from search.training.programs import Programs
        from search.training.target_forms import form_of

        key = request.class_weight, form_of(request.model, self.rows.shape)
        if key not in self._programs:
            self._programs[key] = Programs(self._rows_for(request))
        return GraphTraining(self._programs[key].of(request.model), self.rows, request)

    def begin_together(self, requests: Sequence[TrainingRequest]) -> Sequence[Training]:
        """As in `Engine`: as one program, whose arrays have a leading axis of models."""
        from search.training.stacked import Stack, StackedTraining, why_apart

        models = [request.model for request in requests]
        if why := why_apart(models):
            raise ApartError(why)
        stack = Stack(models, self._rows_for(requests[0]), requests)
        return [StackedTraining(stack, i, self.rows, each) for i, each in enumerate(requests)]

    def _rows_for(self, request: TrainingRequest) -> "OnDevice":
        from search.training.target_forms import as_targets

        rows = as_targets(request.model, self.rows, request.class_weight)
        return self._on_device.writing(rows.train, rows.validation)

    @cached_property
    def _on_device(self) -> "OnDevice":
        from search.training.in_graph import OnDevice

        return OnDevice(self.rows.train, self.rows.validation)


def _logs_alike(told: Mapping[str, Any], measured: Mapping[str, Any]) -> bool:
    """Whether what a step returned is logged by `fit` as the metrics measure it."""
    if set(told) == set(measured):
        return True
    logged: dict[str, Any] = {}
    for name in sorted(told):
        logged |= told[name] if isinstance(told[name], dict) else {name: told[name]}
    return set(logged) == set(measured) and all(
        np.allclose(logged[name], measured[name], equal_nan=True) for name in logged
    )
