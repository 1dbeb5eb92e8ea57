"""Which engine trains a model, and why: planned for a study, and then chosen for each model."""

from collections.abc import Sequence

from search.study.errors import RunError
from search.study.trial import EngineChoice
from search.training.engine import (
    ApartError,
    Engine,
    StudyNeeds,
    Training,
    TrainingRequest,
    TrainingRows,
)
from search.training.fit_engine import FitEngine
from search.training.graph_engine import GraphEngine
from search.training.in_numpy.engine import NumpyEngine
from search.training.loop_engine import LoopEngine

ENGINES: tuple[type[Engine], ...] = (
    LoopEngine,
    NumpyEngine,
    GraphEngine,
    FitEngine,
)
"""One's own loop comes before all that would train in its place; then those that cost less for the
models that they train; the last trains whatever Keras trains."""
TOGETHER = "the seeds of a configuration are trained together on a GPU"
_BY_NAME = {engine.name: engine for engine in ENGINES}


def planned(needs: StudyNeeds) -> EngineChoice:
    """The first engine that does not refuse a study, and why none before it."""
    why_not, asked = "", needs.study.engine
    for engine in ENGINES:
        is_asked = asked in {"auto", engine.name}
        suits, why = engine.suits(needs) if is_asked else (False, "as asked for")
        if suits:
            return EngineChoice(engine.name, why_not or why)
        why_not = why
    raise ValueError(f"no engine trains this study: {why_not}")


def needs_keras(name: str) -> bool:
    """Whether trainings by an engine need Keras; one that is not known might."""
    engine = _BY_NAME.get(name)
    return engine is None or engine.needs_keras


def draws_by_numpy(name: str) -> bool:
    """Whether an engine draws its random numbers by NumPy; False of one that is not known."""
    return name in _BY_NAME and _BY_NAME[name].draws_by_numpy


def stacks(name: str) -> bool:
    """Whether an engine trains the seeds of a configuration together; False if not known."""
    return name in _BY_NAME and _BY_NAME[name].stacks


class Trainer:
    """Has models trained on the same rows, one at a time, each by the engine that suits it.

    Args:
        rows: What they are trained on.
        planned: Name of the engine that was planned; those before it are not considered.

    Raises:
        RunError: There is no such engine.
    """

    def __init__(self, rows: TrainingRows, planned: str) -> None:
        self._rows = rows
        if planned not in _BY_NAME:
            raise RunError(f"engine {planned!r} is none of {', '.join(_BY_NAME)}; start a new run")
        self._candidates = ENGINES[list(_BY_NAME).index(planned) :]
        self._made: dict[str, Engine] = {}
        self._training: Training | None = None

    def may_need_keras(self, request: TrainingRequest) -> bool:
        """Whether a model's training needs Keras, known without building it."""
        without = [self._engine(kind) for kind in self._candidates if not kind.needs_keras]
        return all(engine.refuses(request) for engine in without)

    def chosen(self, request: TrainingRequest) -> tuple[Engine, EngineChoice]:
        """The first engine that does not refuse a model, and why it is not the planned one."""
        why = ""
        for kind in self._candidates if request.loop is None else (LoopEngine,):
            engine = self._engine(kind)
            refusal = engine.refuses(request)
            if not refusal:
                return engine, EngineChoice(kind.name, why)
            why = refusal
        raise ValueError(f"no engine trains this model: {why}")

    def _engine(self, kind: type[Engine]) -> Engine:
        if kind.name not in self._made:
            self._made[kind.name] = kind(self._rows)
        return self._made[kind.name]

    def begin(self, request: TrainingRequest) -> Training:
        """Start to train a model; a training begun before is over."""
        self.leave()
        engine, by = self.chosen(request)
        self._training = training = engine.begin(request)
        training.engine = by
        training.measure_too(request, self._rows.validation)
        return training

    def begin_together(self, requests: Sequence[TrainingRequest]) -> Sequence[Training]:
        """Start to train models side by side, as in `Engine`; a training begun before is over.

        Raises:
            ApartError: They can only be trained one after the other.
        """
        self.leave()
        chosen = [self.chosen(request) for request in requests]
        engine, by = chosen[0]
        if any(other is not engine for other, _ in chosen):
            raise ApartError("the seeds give models that different engines train")
        trainings = engine.begin_together(requests)
        for training in trainings:
            training.engine = EngineChoice(f"{by.name}-stacked", by.why or TOGETHER)
        return trainings

    def leave(self) -> None:
        """The training that was begun last is over."""
        if self._training is not None:
            self._training.leave()
            self._training = None
