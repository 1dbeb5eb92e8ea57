"""The trials of a run: Optuna's records as this package's values."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any

import optuna
from optuna.storages import JournalStorage
from optuna.trial import FrozenTrial, TrialState
from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from search.store.journal import Journal
from search.study.errors import InputError, RunError, plain
from search.study.trial import Curve, EngineChoice, Forecast, Pause, State, Trial

STATES = {
    TrialState.RUNNING: State.RUNNING,
    TrialState.COMPLETE: State.COMPLETE,
    TrialState.PRUNED: State.PRUNED,
    TrialState.FAIL: State.FAIL,
}


_Count = Annotated[int, Field(ge=0, lt=1 << 63)]
_Seconds = Annotated[float, Field(allow_inf_nan=False)]


def _in_bounds(pauses: tuple[Pause, ...]) -> tuple[Pause, ...]:
    for pause in pauses:
        counts = (pause.epoch, pause.bytes, pause.turn, pause.asked or 0)
        numbers = (pause.value, pause.chance, pause.seconds)
        if not all(0 <= count < 1 << 63 for count in counts) or not all(
            map(math.isfinite, numbers)
        ):
            raise ValueError("no search pauses a trial so")
    return pauses


@dataclass(frozen=True)
class _Notes:
    """What is kept of a trial beside Optuna's own; see `Trial`."""

    idle: tuple[str, ...] = ()
    reason: str = ""
    attempts: _Count = 1
    deaths: _Count = 0
    weights: _Count = 0
    worker: str = ""
    taken: str = ""
    seconds: _Seconds | None = None
    waited: _Seconds = 0.0
    engine: str = ""
    why_engine: str = ""
    forecast: Forecast | None = None
    pauses: Annotated[tuple[Pause, ...], AfterValidator(_in_bounds)] = ()
    no_model: str = ""


_NOTES = TypeAdapter(_Notes)
NOTES = frozenset(field.name for field in fields(_Notes))
"""Names that a function's own attributes of a trial give way to."""


@contextmanager
def of_one_piece(study: Path) -> Iterator[None]:
    """Say in a sentence where Optuna cannot make trials of a log that nobody wrote so."""
    try:
        yield
    except (
        LookupError,
        ArithmeticError,
        TypeError,
        ValueError,
        AttributeError,
        RuntimeError,
    ) as error:
        if isinstance(error, InputError):
            raise
        raise RunError(
            f"{study}: its trials cannot be read ({plain(error)}); get a whole copy of the run "
            "folder, or start a new run"
        ) from None
    except (AssertionError, RecursionError, MemoryError) as error:
        raise RunError(f"{study}: its trials cannot be read ({plain(error)})") from None


def open_study(journal: Journal, name: str) -> optuna.Study:
    """The study in a journal that has one."""
    return optuna.load_study(study_name=name, storage=JournalStorage(journal))


def read_trials(study: optuna.Study, curves: dict[int, Curve]) -> tuple[Trial, ...]:
    """Optuna's trials as this package's; those enqueued and not yet asked are left out."""
    return tuple(
        read_trial(trial, curves.get(trial.number, {}))
        for trial in study.get_trials(deepcopy=False)
        if trial.state in STATES
    )


def _notes(attributes: dict[str, Any]) -> _Notes:
    """Those of a trial; a custom space may set attributes of their names as well."""
    try:
        return _NOTES.validate_python(attributes)
    except ValidationError as error:
        others = {detail["loc"][0] for detail in error.errors()}
        return _NOTES.validate_python({n: v for n, v in attributes.items() if n not in others})


def read_trial(trial: FrozenTrial, curve: Curve) -> Trial:
    """One of Optuna's trials as this package's: with the parameters that count.

    The store has a value for each, since TPE learns from whole configurations alone.
    """
    kept = _notes(trial.user_attrs)
    state, value = STATES[trial.state], trial.value if trial.state.is_finished() else None
    if state is State.RUNNING and kept.pauses and not kept.pauses[-1].went_on:
        # Optuna has no such state, and opens no trial again that it was told has ended.
        state, value = State.PAUSED, kept.pauses[-1].value
    if trial.state is TrialState.COMPLETE and (value is None or not math.isfinite(value)):
        raise ValueError(f"trial {trial.number} is complete and its value {value}")
    return Trial(
        number=trial.number,
        state=state,
        params={name: value for name, value in trial.params.items() if name not in kept.idle},
        value=value,
        reason=kept.reason,
        attempts=kept.attempts,
        deaths=kept.deaths,
        weights=kept.weights,
        worker=kept.worker,
        taken=kept.taken,
        curve=curve,
        seconds=kept.seconds,
        waited=kept.waited,
        engine=EngineChoice(kept.engine, kept.why_engine),
        forecast=kept.forecast,
        pauses=kept.pauses,
        no_model=kept.no_model,
        started=trial.datetime_start.timestamp() if trial.datetime_start else None,
        ended=trial.datetime_complete.timestamp() if trial.datetime_complete else None,
    )
