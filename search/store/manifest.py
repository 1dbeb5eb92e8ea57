"""What a run is made of: all that is known before its first trial, and how it ended."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from search.data.tree import ONE_TEXT
from search.study.answer import Measured
from search.study.checks import PROBLEM, Found
from search.study.function_study import FUNCTION
from search.study.goal import Goal
from search.study.parameters import Choice, Int, Parameter, Value


@dataclass(frozen=True)
class Searched:
    """A parameter in the manifest.

    Attributes:
        kind: "int", "float" or "choice".
        low: Smallest value of a range.
        high: Largest value of a range.
        log: Whether the range is drawn by ratio.
        options: Of a choice.
        step: Between neighbours; the whole number 1 for floats without steps.
    """

    kind: str
    low: int | float | None = None
    high: int | float | None = None
    log: bool = False
    options: tuple[Value, ...] = ()
    step: int | float = 1

    @classmethod
    def of(cls, parameter: Parameter) -> "Searched":
        """The same parameter as plain values."""
        if isinstance(parameter, Choice):
            return cls("choice", options=parameter.options)
        kind = type(parameter).__name__.lower()
        step = parameter.step if isinstance(parameter, Int) else 1
        return cls(kind, parameter.low, parameter.high, parameter.log, step=step)

    def told(self, text: Callable[[Any], str] = str) -> str:
        """The values that it may take, such as "4…16, step 4" or "0.001…0.1, log scale".

        Args:
            text: Of one value.
        """
        if self.kind == "choice":
            return ", ".join(map(text, self.options))
        steps = self.step > 1 or isinstance(self.step, float)
        step = f", step {text(self.step)}" if steps else ""
        scale = ", log scale" if self.log else ""
        return f"{text(self.low)}…{text(self.high)}{step}{scale}"


PARTS = {"train": "training", "validation": "validation", "held_out": "held-out"}
"""The parts of the rows → their names in text."""


@dataclass(frozen=True)
class DataSummary:
    """The rows, counted.

    Attributes:
        description: Such as "circles, 1,000 rows".
        task: "binary", "multiclass", "multilabel" or "regression".
        features: Names of the columns.
        classes: Names of the classes by code, or of the labels.
        rows: Part ("train", "validation", "held_out") → rows of each class; one count of all rows
            where they have no class.
        hash: SHA-256 of all values.
        split: How the rows were cut.
        targets: Names of the numbers that are predicted.
        positives: Part → rows with each label; empty where there are no labels.
        columns: Each raw column and what became of it, in pairs; empty where rows came as features.
        notes: What to know about how the rows were read.
        warnings: Those of the notes that checks have found, by check.
        first: A header and the first rows that train, as texts; empty where a row is no line.
        hash_of_rows: The same as `hash` without the weights of rows; "" where they have none.
        sampled: Whether the training rows that are counted are only the first of a stream.
        inputs: Of a model of several inputs, or of texts, each as text; else empty.
        standardised: Whether models see targets standardised by the training rows.
        one_hot: Whether classes were given as a column each.
    """

    description: str
    task: str
    features: tuple[str, ...]
    classes: tuple[str, ...]
    rows: Mapping[str, tuple[int, ...]]
    hash: str
    split: str = ""
    targets: tuple[str, ...] = ()
    positives: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    columns: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[Found, ...] = ()
    first: tuple[tuple[str, ...], ...] = ()
    hash_of_rows: str = ""
    sampled: bool = False
    inputs: tuple[str, ...] = ()
    standardised: bool = False
    one_hot: bool = False

    @property
    def flattering(self) -> tuple[Found, ...]:
        """Those of the warnings that make every score flattering, such as a leak."""
        return tuple(one for one in self.warnings if one.check.severity == PROBLEM)

    @property
    def takes(self) -> str:
        """What a model is given of each row, in a few words."""
        if self.inputs == (ONE_TEXT,):
            return "one text a row"
        if self.inputs:
            return "; ".join(self.inputs)
        return f"{len(self.features)} feature{'s' * (len(self.features) != 1)}"

    @property
    def same_rows(self) -> str:
        """What two runs on the same rows share, however their rows are weighed in training."""
        return self.hash_of_rows or self.hash


@dataclass(frozen=True)
class Plan:
    """What is searched, and how.

    Attributes:
        parameters: Name → range; empty for a conditional space.
        fixed: Name → value that is fixed.
        space: "dense", "pictures", "declared", "conditional" or "function".
        trials: Budget.
        epochs: Budget of one trial.
        rungs: Epochs after which a trial is compared with others; the last is `epochs`.
        objective: Such as "val_accuracy".
        direction: "maximize" or "minimize".
        sampler: Such as "tpe".
        pruner: Such as "median".
        finals: Configurations and seeds of the finals, at most.
        baselines: Names.
        engine: That trains the trials: "numpy", "in-graph" or "fit".
        why_engine: In a few words.
        together: Trials trained together in one assignment.
        seconds: Budget of the whole search; None for no bound.
        patience: Epochs without progress that end a trial, as in `Goal`; None for none.
        splits: Fresh splits of the finals; 1 for the search's own.
        refit: Whether the winner is trained once more on training and validation rows together.
        no_refit: Why not, where that lies in the rows or in callbacks; else empty.
        share: Of the search's budget, that the finals take at most.
        mute: Codes of checks that the page leaves out.
        resume_paused: Whether trials that forecasts give up are paused, and may go on.
    """

    parameters: Mapping[str, Searched]
    fixed: Mapping[str, Value]
    space: str
    trials: int
    epochs: int
    rungs: tuple[int, ...]
    objective: str
    direction: str
    sampler: str
    pruner: str
    finals: tuple[int, int]
    baselines: tuple[str, ...] = ()
    engine: str = ""
    why_engine: str = ""
    together: int = 1
    seconds: float | None = None
    patience: int | None = None
    splits: int = 1
    refit: bool = False
    no_refit: str = ""
    share: float = 1 / 3
    mute: tuple[str, ...] = ()
    resume_paused: bool = False

    @property
    def stops_by(self) -> str:
        """The pruner, and whether it pauses."""
        return f"{self.pruner}, resume_paused" if self.resume_paused else self.pruner

    @property
    def is_of_function(self) -> bool:
        """Whether a function of the user's was searched: no finals, no rows, no models."""
        return self.space == FUNCTION

    @property
    def goal(self) -> Goal:
        """What trials are compared by."""
        return Goal(self.objective, self.direction, self.patience)


@dataclass(frozen=True)
class Machine:
    """Where it ran.

    Attributes:
        workers: Trials at once, at its start.
        cpus: CPUs a trial.
        gpus: GPUs a trial.
        description: Such as "Linux x86_64, 2 CPUs, 0 GPUs, 1 node".
        cpu: What the driver's CPU calls itself; empty where it is unknown.
        most: Trials at once at most, as asked for; None for as many as fit.
    """

    workers: int
    cpus: float
    gpus: float
    description: str
    cpu: str = ""
    most: int | None = None


@dataclass(frozen=True)
class Look:
    """One opening of the held-out rows, written down before it is taken.

    Attributes:
        when: ISO time.
        trials: How many trials were finished then.
        by: The command that took it where that was no search; empty for the finals.
        winner: Number of the trial that won these finals; None where they did not end.
        found: The winner's score by them.
        run: Whose finals they were, where another run goes on from that.
    """

    when: str
    trials: int
    by: str = ""
    winner: int | None = None
    found: Measured | None = None
    run: str = ""

    def __str__(self) -> str:
        return f"{self.when} after {self.trials} trials" + (f", by {self.by}" if self.by else "")


@dataclass(frozen=True)
class WarmStart:
    """From whose trials a run started.

    Attributes:
        run: The old run's folder, as you gave it.
        trials: That it had.
        taken: Those of them that are this run's first.
        left_out: Why the others are not → how many.
    """

    run: str
    trials: int
    taken: int
    left_out: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        verb = "was" if self.taken == 1 else "were"
        parts = [f"{self.taken} of {self.trials} trials of {self.run} {verb} taken"]
        return "; ".join([*parts, *(f"{n} not: {why}" for why, n in self.left_out.items())])


@dataclass(frozen=True)
class Manifest:
    """What a run is made of.

    Attributes:
        name: Of the run, and of its folder.
        title: First line of the space file's docstring, or its file name.
        created: ISO time with offset.
        command: That was typed.
        seed: Of the search.
        space_file: Its name; the source lies in the folder `space/`.
        files: Source file below `space/` → SHA-256.
        versions: Package → version.
        data: The rows, counted.
        plan: What is searched, and how.
        machine: Where.
        looks: At the held-out rows; those of the run that it continues from come first.
        space_origin: Where the space file lay, or the file for which it was made; an absolute path,
            since one resumes from anywhere. Of a search that was made elsewhere, where that lies.
        data_changed: Whether a session went on with other rows than those of the start.
        cut_short: Why the search ended before its trials were used up; empty where it did not.
        seconds: Phase ("search", "finals") → wall time, added up over all sessions.
        ended: "finished", "interrupted" or "failed"; empty before the first end.
        warm_start: From whose trials it started; None where it began with none.
    """

    name: str
    title: str
    created: str
    command: str
    seed: int
    space_file: str
    versions: Mapping[str, str]
    data: DataSummary
    plan: Plan
    machine: Machine
    files: Mapping[str, str] = field(default_factory=dict)
    looks: tuple[Look, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    ended: str = ""
    cut_short: str = ""
    space_origin: str = ""
    data_changed: bool = False
    warm_start: WarmStart | None = None

    @property
    def made_elsewhere(self) -> bool:
        """Whether no search of this package made it, so only its trials are known."""
        return not self.space_file
