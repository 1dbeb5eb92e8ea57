"""Before the first trial: is there a configuration of the space that can be trained?"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from search.data.by_values import taken_by_data
from search.data.streams import OTHER_TARGETS
from search.jobs.job_source import JobSource
from search.jobs.messages import (
    AssignmentResult,
    Configuration,
    Failed,
    FirstStep,
    Job,
    Limits,
    Result,
    Stepped,
)
from search.loading.space_check import configurations
from search.study.field_space import FieldSpace
from search.study.parameters import Value
from search.study.study import Study
from search.study.trial import EngineChoice

LONGEST = 60.0
"""Seconds that one step may take, from when Keras is there; a trial will show what comes of it."""
ENOUGH = 120.0
"""Seconds after which no further configuration is tried."""


@dataclass(eq=False)
class Model:
    """One thing that has to be trainable: the space, or a baseline with a model of its own.

    Attributes:
        name: What a sentence calls it; empty for the space.
        jobs: Its configurations; one that works is enough.
        results: What came of them, by place.
    """

    name: str
    jobs: Sequence[FirstStep]
    results: dict[int, Result] = field(default_factory=dict)

    @property
    def decided(self) -> bool:
        """Whether it is trainable, or that is unknown, or all there is was tried."""
        open_ = [r for r in self.results.values() if not isinstance(r, Failed)]
        return bool(open_) or len(self.results) == len(self.jobs)

    @property
    def mistake(self) -> Failed | None:
        """What is wrong everywhere, as the first configuration has it."""
        failed = [self.results.get(place) for place in range(len(self.jobs))]
        if all(isinstance(result, Failed) for result in failed):
            return failed[0]  # type: ignore[return-value]
        return None


class FirstSteps(JobSource):
    """Work that ends with the first configuration that can be trained, or with a mistake.

    Its middle is tried first. Where that fails, only part of the space may: such trials end with
    their reason, as they do later. Where everything that is tried fails, it is a mistake.

    Args:
        study: Settled for its rows; None where nothing has to be tried.
        workers: That work at once.
        every: Whether each configuration is tried, for `search check`.
        baselines: Whether baselines with a model of their own are tried too.
    """

    def __init__(
        self, study: Study | None, workers: int, *, every: bool = False, baselines: bool = True
    ) -> None:
        self._study = study
        self._workers = workers
        self._every = every
        self.models = [] if study is None else _models(study, baselines=baselines)
        self._waiting: list[tuple[Model, int]] = [
            (model, place)
            for place in range(max((len(m.jobs) for m in self.models), default=0))
            for model in self.models
            if place < len(model.jobs)
        ]
        self._underway: list[tuple[Model, int]] = []
        self._began: float | None = None

    @property
    def mistakes(self) -> list[Failed]:
        """A failure of each model that cannot be trained at all."""
        found = [(model, model.mistake or self._other_rows(model)) for model in self.models]
        return [
            Failed(f"{model.name}{failed.reason}", failed.where, failed.traceback)
            for model, failed in found
            if failed is not None
        ]

    def _other_rows(self, model: Model) -> Failed | None:
        """That a stream's rows change with the values: so it is with all that were tried.

        Known where every configuration is tried: the first, whose rows were read, works by itself.
        """
        given = [self._data_values(job.configuration.params) for job in model.jobs]
        others = [r for p, r in sorted(model.results.items()) if given[p] != given[0]]
        failed = [r for r in others if isinstance(r, Failed) and OTHER_TARGETS in r.reason]
        return failed[0] if len(failed) == len(others) > 1 else None

    def _data_values(self, params: Mapping[str, Value]) -> Mapping[str, Value]:
        taken = () if self._study is None else taken_by_data(self._study.data, params)
        return {name: params[name] for name in taken}

    @property
    def parts(self) -> list[tuple[dict[str, Value], str]]:
        """Configurations that cannot be trained, beside others that can, and why."""
        return [
            (dict(model.jobs[place].configuration.params), reason)
            for model in self.models
            if model.mistake is None and self._other_rows(model) is None
            for place, result in sorted(model.results.items())
            for reason in [_reason(result)]
            if reason
        ]

    @property
    def fallbacks(self) -> list[tuple[str, Mapping[str, Value], EngineChoice]]:
        """What an engine other than the planned one trains: a model's first such configuration."""
        found = {
            (model.name, result.engine): model.jobs[place].configuration.params
            for model in self.models
            for place, result in sorted(model.results.items(), reverse=True)
            if isinstance(result, Stepped) and result.engine.why
        }
        return [(name, params, engine) for (name, engine), params in found.items()]

    @property
    def engines(self) -> set[EngineChoice]:
        """Those that trained configurations of the space."""
        space = next((model for model in self.models if not model.name), None)
        results = space.results.values() if space else ()
        return {result.engine for result in results if isinstance(result, Stepped)}

    @property
    def sound(self) -> Configuration | None:
        """The first configuration of the space that can be trained; None where none is known."""
        space = self.models[0] if self.models and not self.models[0].name else None
        if space is None:
            return None
        places = [p for p, result in sorted(space.results.items()) if isinstance(result, Stepped)]
        return space.jobs[places[0]].configuration if places else None

    def next(self) -> Job | None:
        """The next configuration of a model that is not decided, one a worker."""
        self._began = self._began or time.monotonic()
        if self.over() or len(self._underway) >= max(1, self._workers):
            return None
        for model, place in self._waiting:
            if self._every or not model.decided:
                self._waiting.remove((model, place))
                self._underway.append((model, place))
                return model.jobs[place]
        return None

    def over(self) -> bool:
        """Whether all is decided: what is still under way is not waited for."""
        if self._stopping or (not self._every and all(m.decided for m in self.models)):
            return True
        late = self._began is not None and time.monotonic() - self._began > ENOUGH
        return (late or not self._waiting) and not self._underway

    def ended(self, job: Job, result: Result, worker: str) -> None:
        """Take note; with a mistake, nothing that follows is begun."""
        del worker
        model, place = self._place(job)
        self._underway.remove((model, place))
        model.results[place] = result
        if not self._every and self.over() and self.mistakes:
            self.stop()

    def lost(self, job: Job, reason: str) -> None:
        """It is unknown whose fault it is: a trial will show."""
        del reason
        self.ended(job, AssignmentResult({}), "")

    def returned(self, job: Job) -> None:
        """It is tried again."""
        model, place = self._place(job)
        self._underway.remove((model, place))
        self._waiting.insert(0, (model, place))

    def staffed(self, workers: int, spare: int) -> None:
        """So many work at once from now on."""
        del spare
        self._workers = workers

    def _place(self, job: Job) -> tuple[Model, int]:
        return next((m, p) for m, p in self._underway if m.jobs[p] is job)


def _models(study: Study, *, baselines: bool) -> list[Model]:
    """Where code of yours makes models or callbacks; what a `DenseSpace` makes, trains."""
    limits = Limits(min(study.budget.trial_seconds or LONGEST, LONGEST), study.budget.trial_bytes)

    def step(configuration: Configuration, epochs: int) -> FirstStep:
        return FirstStep(configuration, epochs, study.goal, limits)

    found = []
    if not isinstance(study.space, FieldSpace) or study.callbacks is not None:
        tried = [Configuration(values, study.seed) for values in configurations(study)]
        found.append(Model("", [step(each, study.epochs_of(each.params)) for each in tried]))
    for place, baseline in enumerate(study.baselines if baselines else ()):
        if baseline.model:
            configuration = Configuration(dict(baseline.values), study.seed, place)
            job = step(configuration, baseline.epochs or study.budget.epochs)
            found.append(Model(f"Baseline({baseline.name!r}): ", [job]))
    return found


def _reason(result: Result) -> str:
    match result:
        case Failed(reason):
            return reason
        case AssignmentResult(outcomes) if outcomes:
            return next(iter(outcomes.values())).reason
        case AssignmentResult():
            return "its worker died"
        case _:
            return ""
