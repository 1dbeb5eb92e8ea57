"""What a trial is, how it ends, and its curve: the values that all rooms share."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from search.study.parameters import Value

Curve = Mapping[str, Sequence[float]]
"""Name of a measure → its value after each epoch: loss, accuracy, val_loss, val_accuracy."""


def epochs_in(curve: Curve) -> int:
    """How many epochs a curve has."""
    return max(map(len, curve.values()), default=0)


class GrowingCurve(dict[str, list[float]]):
    """A curve under way: each epoch is appended once, whatever came before it."""

    @classmethod
    def of(cls, curve: Curve) -> "GrowingCurve":
        """One that begins with the epochs of another."""
        growing = cls()
        growing.grow(curve)
        return growing

    def grow(self, more: Curve) -> None:
        """Append what was measured since."""
        for name, values in more.items():
            self.setdefault(name, []).extend(values)

    def copied(self) -> Curve:
        """As it is now, by whole epochs: another thread may ask while it grows."""
        values = {name: list(values) for name, values in dict(self).items()}
        epochs = min(map(len, values.values()), default=0)
        return {name: kept[:epochs] for name, kept in values.items()}


class State(StrEnum):
    """The state of a trial.

    RUNNING is under way or, with no driver, waits to be run again. PAUSED was given up by a
    forecast, and its state is kept, from which it may go on.
    """

    RUNNING = "running"
    PAUSED = "paused"
    COMPLETE = "complete"
    PRUNED = "pruned"
    FAIL = "failed"

    @property
    def finished(self) -> bool:
        """Whether the trial counts against the budget."""
        return self not in {State.RUNNING, State.PAUSED}


@dataclass(frozen=True)
class EngineChoice:
    """Which engine a study plans, or which trained a model.

    Attributes:
        name: "numpy", "in-graph", "loop" or "fit"; "in-graph-stacked" of seeds trained together;
            empty where none began, or it was not noted.
        why: In a few words: of a plan, why this one; of a training, why not the planned one, and
            empty where it was.
    """

    name: str = ""
    why: str = ""


UNKNOWN_ENGINE = EngineChoice()


@dataclass(frozen=True)
class Forecast:
    """By what a trial was given up on its way; all values are the objective's.

    Attributes:
        epoch: After which it was made.
        middle: Of the value at the end: as often above as below.
        low: Below which it ends in one case of twenty.
        high: Above which it ends in one case of twenty.
        bar: What it takes to be among the best.
        chance: That it gets there.
        audited: Whether the trial was trained on nevertheless, to see what it reaches.
    """

    epoch: int
    middle: float
    low: float
    high: float
    bar: float
    chance: float
    audited: bool = False


@dataclass(frozen=True)
class Pause:
    """Where a trial was paused.

    Attributes:
        epoch: After which.
        value: The objective then.
        chance: By its forecast then, to be among the best.
        seconds: That its worker had spent on it since it was begun, or had gone on.
        bytes: Of its state in the run folder.
        asked: How many trials had been suggested when it went on from there; None where it has not.
        turn: Which going on of the search that was, from 1.
    """

    epoch: int
    value: float
    chance: float
    seconds: float = 0.0
    bytes: int = 0
    asked: int | None = None
    turn: int = 0

    @property
    def went_on(self) -> bool:
        """Whether the trial went on from there."""
        return self.asked is not None


@dataclass(frozen=True)
class Outcome:
    """How a trial ended.

    Attributes:
        state: COMPLETE, PRUNED or FAIL.
        value: The objective; None where it failed before there was one.
        reason: Why it failed or was pruned; empty where it completed.
        curve: All epochs that were trained.
        weights: How many numbers the model learns; 0 where it was never built.
        seconds: That its worker spent on it, from building the model on; the worker's own start is
            nobody's. None where no worker says so.
        waited: Seconds from then until the worker spoke of it, while it trained those trials that
            it was handed together with this one.
        engine: Which trained it.
    """

    state: State
    value: float | None = None
    reason: str = ""
    curve: Curve = field(default_factory=dict)
    weights: int = 0
    seconds: float | None = field(default=None, compare=False)
    waited: float = field(default=0.0, compare=False)
    engine: EngineChoice = field(default=UNKNOWN_ENGINE, compare=False)


@dataclass(frozen=True)
class Trial:
    """One configuration of the search and what came of it.

    Attributes:
        number: Counted from 0, in the order of asking.
        state: Where it stands.
        params: Parameter → value.
        value: The objective at the last epoch; None where there is none.
        reason: Why it failed or was pruned.
        attempts: How often it was started.
        deaths: How often the worker that it ran on died.
        weights: How many numbers its model learns; 0 where not known.
        worker: Which worker finished it, such as "4711@10.0.0.2"; empty where none did.
        taken: From which trial of another run it was taken, such as "binary-2026… trial 7"; empty
            where this run asked for it.
        curve: Measure → value after each epoch.
        started: Seconds since the epoch, when it was asked.
        ended: The same, when it was told; None while it runs.
        seconds: That its worker spent on its last attempt, from building the model on; None where
            not known. What it had before its last pause is not among it.
        waited: Seconds from then until the worker spoke of it, while it trained those trials that
            it was handed together with this one.
        engine: Which trained it.
        forecast: By which it was given up, or paused last; None where it was not, or by another
            rule.
        pauses: Where it was paused, in turn.
        no_model: Of a function: why what the trial left is not kept; empty where nothing was left,
            it is kept, or others were better.
    """

    number: int
    state: State
    params: Mapping[str, Value]
    value: float | None = None
    reason: str = ""
    attempts: int = 1
    deaths: int = 0
    weights: int = 0
    worker: str = ""
    taken: str = ""
    curve: Curve = field(default_factory=dict)
    started: float | None = None
    ended: float | None = None
    seconds: float | None = None
    waited: float = 0.0
    engine: EngineChoice = UNKNOWN_ENGINE
    forecast: Forecast | None = None
    pauses: tuple[Pause, ...] = ()
    no_model: str = ""

    @property
    def seconds_in_all(self) -> float:
        """That workers spent on it: what it had before its pauses as well."""
        before = sum(pause.seconds for pause in self.pauses if pause.went_on)
        return before + (self.seconds or 0.0)

    @property
    def span(self) -> tuple[float, float] | None:
        """When its worker began and finished it, seconds since the epoch; None where not known."""
        if self.ended is None or self.seconds is None:
            return None
        end = self.ended - self.waited
        return end - self.seconds, end

    @property
    def epochs(self) -> int:
        """Epochs that were trained."""
        return epochs_in(self.curve)


def stands(trial: Trial, run: str) -> str:
    """As a trial stands, where the run's state is `run`: without a driver nothing runs."""
    unfinished = trial.state is State.RUNNING and run != "running"
    return "unfinished" if unfinished else str(trial.state)


def seed_of(*what: object) -> int:
    """A seed (0 … 2³¹-1) that depends on its arguments alone, such as study seed and trial."""
    digest = hashlib.sha256(repr(what).encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1
