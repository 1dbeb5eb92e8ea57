"""Jobs, and what workers answer: with `search.jobs.job_source` the seam of search and workers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from search.data.columns import Columns
from search.data.dataset import Array
from search.data.rows_in_file import Features
from search.data.series_rows import Blocks
from search.data.tree import TargetRows
from search.jobs.context import DataSplit
from search.metrics.base import Estimate
from search.study.goal import Goal
from search.study.output_forms import OutputForm
from search.study.outputs import PROBABILITIES
from search.study.parameters import Value
from search.study.trial import UNKNOWN_ENGINE, Curve, EngineChoice, Outcome


@dataclass(frozen=True)
class Configuration:
    """One model to be made.

    Attributes:
        params: All its values by name, searched and fixed.
        seed: Of weights, row order and dropout.
        baseline: Which of the study's baselines builds it; None for the space's own models.
    """

    params: Mapping[str, Value]
    seed: int
    baseline: int | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Checkpoint:
    """Where a long trial stands on its way, for its next attempt to go on from.

    Attributes:
        number: Of the trial.
        epoch: Epochs trained.
        curve: All of them.
        state: Of model and optimizer: name → array.
    """

    number: int
    epoch: int
    curve: Curve
    state: Mapping[str, Array]


@dataclass(frozen=True)
class Limits:
    """What one trial may take; None for no bound.

    Attributes:
        seconds: Of training.
        memory: Bytes of its process.
    """

    seconds: float | None = None
    memory: int | None = None


@dataclass(frozen=True)
class TrialJob:
    """One Optuna trial in an assignment.

    Attributes:
        number: Of the trial.
        configuration: What it trains.
        kept: Where its last attempt stood; None to begin at the beginning.
    """

    number: int
    configuration: Configuration
    kept: Checkpoint | None = None


@dataclass(frozen=True)
class Assignment:
    """One or several trials that a worker trains together, from rung to rung.

    Attributes:
        trial_jobs: The trials.
        rungs: Epochs after which the worker reports; the last ends the trial.
        goal: Whose objective is reported.
        limits: Of each trial.
        pausing: Whether a trial may be paused at a rung, which takes its state.
    """

    trial_jobs: tuple[TrialJob, ...]
    rungs: tuple[int, ...]
    goal: Goal
    limits: Limits = Limits()
    pausing: bool = False

    def __str__(self) -> str:
        return "trial " + ", ".join(str(trial_job.number) for trial_job in self.trial_jobs)


@dataclass(frozen=True)
class Refit:
    """Train a configuration once more, and return its weights at the epoch that counts.

    Attributes:
        name: Of the model.
        configuration: How it is built.
        epochs: That it is trained at most.
        goal: By which its epochs count.
        importance: Whether it is measured how much each column matters to it.
        fold: Its rows; None for those of the search.
        until: The epoch that counts and is its last, whatever is measured; the rows that validate
            are then among those that train, and nothing is recorded of them. None to go by the
            goal.
        among: Of how many rows, or groups of rows, those that validate are drawn anew; 0 where
            they are all.
    """

    name: str
    configuration: Configuration
    epochs: int
    goal: Goal
    importance: bool = field(default=False, compare=False)
    fold: DataSplit | None = None
    until: int | None = None
    among: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return f"{self.name}, seed {self.configuration.seed}"

    def differs_by_seed(self, other: "Refit") -> bool:
        """Whether two jobs differ in the seed alone."""
        seed = other.configuration.seed
        return replace(self, configuration=replace(self.configuration, seed=seed)) == other


@dataclass(frozen=True)
class JointRefit:
    """Several `Refit`s that differ in the seed alone, to be trained together.

    Attributes:
        bare: One a seed, without rows.
        fold: Rows of all; None for those of the search.
    """

    bare: tuple[Refit, ...]
    fold: DataSplit | None = None

    @classmethod
    def of(cls, jobs: Sequence[Refit]) -> "JointRefit":
        """Of fits that differ in the seed alone."""
        return cls(tuple(replace(job, fold=None) for job in jobs), jobs[0].fold)

    @property
    def jobs(self) -> tuple[Refit, ...]:
        """One a seed, with its rows."""
        return tuple(replace(job, fold=self.fold) for job in self.bare)

    def __str__(self) -> str:
        seeds = ", ".join(str(job.configuration.seed) for job in self.bare)
        return f"{self.bare[0].name}, seeds {seeds}"


@dataclass(frozen=True, eq=False)
class SnapshotJob:
    """Train a configuration as a `Refit` did, and record its predictions at some points on its way.

    Attributes:
        name: Of the model.
        configuration: How it is built.
        epochs: That it is trained at most.
        goal: By which its epochs count.
        inputs: Name → points, shape (points, …).
        fold: Its rows; None for those of the search.
        counts: The epoch by which the fit counted, which is recorded too; 0 for the last.
    """

    name: str
    configuration: Configuration
    epochs: int
    goal: Goal
    inputs: Mapping[str, Features]
    fold: DataSplit | None = None
    counts: int = 0

    def __str__(self) -> str:
        return f"recording of {self.name}"


@dataclass(frozen=True)
class RateTest:
    """Train a configuration while its learning rate grows by epoch."""

    name: str
    configuration: Configuration

    def __str__(self) -> str:
        return f"rate curve of {self.name}, seed {self.configuration.seed}"


@dataclass(frozen=True, eq=False)
class MeasureRequest:
    """That a model's own metric or loss shall measure its predictions, and those of others.

    Attributes:
        objective: Such as "val_f2".
        y: Of the rows, as it is trained on.
        others: Name → what another model predicts for the rows, as `Predicted.predictions`; of a
            "custom" task nothing is, and the constant is found by the model's own measure.
        maximize: Whether more of it is better.
        blocks: Which rows depend on each other; None where none do.
        weights: Of places or of several outputs of the rows; None where all count alike.
    """

    objective: str
    y: TargetRows
    others: Mapping[str, Array] = field(default_factory=dict)
    maximize: bool = False
    blocks: Blocks | None = None
    weights: TargetRows = None


@dataclass(frozen=True, eq=False)
class Prediction:
    """Predict rows with a configuration's saved weights.

    Attributes:
        name: Of the model.
        configuration: How it is built.
        weights: As `Refitted.weights`.
        inputs: Name → rows, shape (rows, …).
        export: Whether the model's file is wanted too.
        raw: Columns of which the first rows of the first of `inputs` were made, to see whether the
            file says the same of them; None where no rows were made of columns.
        fold: The rows that it was trained on; None for those of the search.
        asked: What its own metric measures of the first of `inputs`; None where that is not needed.
        changed: Of which of the first of `inputs` each of those called "shuffled" was made; a model
            of a "custom" task measures these, too.
    """

    name: str
    configuration: Configuration
    weights: tuple[Array, ...]
    inputs: Mapping[str, Features]
    export: bool = False
    raw: Columns | None = None
    fold: DataSplit | None = None
    asked: "MeasureRequest | None" = None
    changed: Array | None = None

    def __str__(self) -> str:
        return f"prediction of {self.name}"


@dataclass(frozen=True)
class Sample:
    """Train one configuration to see what a trial is and costs.

    Attributes:
        configuration: How the model is built.
        epochs: Of a trial.
        goal: By which trials are compared.
        enough: Seconds after which no further epoch is begun.
    """

    configuration: Configuration
    epochs: int
    goal: Goal
    enough: float

    def __str__(self) -> str:
        return "a sample"


@dataclass(frozen=True)
class FirstStep:
    """Train and validate one configuration on a few rows, to see whether it can be trained.

    Attributes:
        configuration: How the model is built.
        epochs: Of a trial.
        goal: By which trials are compared.
        limits: Of this step; its time begins when Keras is loaded.
    """

    configuration: Configuration
    epochs: int
    goal: Goal
    limits: Limits

    def __str__(self) -> str:
        return "a first step"


@dataclass(frozen=True)
class WarmUp:
    """Load what jobs will need, before there is a run.

    Attributes:
        keras: Whether Keras is loaded, too.
    """

    keras: bool

    def __str__(self) -> str:
        return "a warm-up"


Job = (
    Assignment
    | Refit
    | JointRefit
    | SnapshotJob
    | RateTest
    | Prediction
    | Sample
    | FirstStep
    | WarmUp
)


# What follows has no repr where it holds more than a few words: Tune writes each result into debug
# messages that nobody reads, four times.
GetState = Callable[[], Mapping[str, Array] | None]
"""Fetches the state of model and optimizer, as in `Checkpoint`; None where it is lost."""


@dataclass(frozen=True, repr=False)
class Rung:
    """How one trial of an assignment stands at a rung.

    Attributes:
        number: Of the trial.
        epoch: Epochs trained.
        value: The objective then.
        curve: All epochs so far.
        weights: How many numbers the model learns.
        seconds: As in `Outcome`, so far.
        engine: As in `Outcome`.
        state: Fetches it while the trial stands there; None where it cannot go on from a state, or
            is not to be paused.
    """

    number: int
    epoch: int
    value: float
    curve: Curve
    weights: int
    seconds: float | None = None
    engine: EngineChoice = UNKNOWN_ENGINE
    state: GetState | None = field(default=None, compare=False)


@dataclass(frozen=True, repr=False)
class AssignmentResult:
    """How the trials of an assignment ended, by number; one that is missing was not trained."""

    outcomes: Mapping[int, Outcome]


@dataclass(frozen=True, eq=False, repr=False)
class Snapshots:
    """What a `SnapshotJob` gives: what a model predicted for some points while it trained.

    Attributes:
        epochs: After which it was asked.
        frames: Name of the points → what it predicted, as `search.training.predict.predictions`,
            float32, shape (epochs, points, outputs).
    """

    epochs: tuple[int, ...]
    frames: Mapping[str, Array]


@dataclass(frozen=True, eq=False, repr=False)
class Refitted:
    """What a `Refit` gives.

    Attributes:
        curve: All epochs.
        weights: Every array of the model, in Keras's order.
        count: How many numbers the model learns.
        predictions: On the validation rows, as `search.training.predict.predictions`.
        seconds: That the training took, with those that were trained together with it.
        importance: How much each column matters, as in `search.jobs.permutation`; empty where
            that was not wanted, or there are too many.
        estimate: Of the objective on the validation rows, where this package does not know it.
        engine: Which trained it.
        learnt: As in `Fit`.
    """

    curve: Curve
    weights: tuple[Array, ...]
    count: int
    predictions: Array
    seconds: float = 0.0
    importance: tuple[float, ...] = ()
    estimate: Estimate | None = None
    engine: EngineChoice = UNKNOWN_ENGINE
    learnt: float | None = None


@dataclass(frozen=True, eq=False, repr=False)
class JointRefitted:
    """What a `JointRefit` gives.

    Attributes:
        results: One a job, in their order: `Refitted` or `Failed`.
    """

    results: "tuple[Result, ...]"


@dataclass(frozen=True, repr=False)
class Rates:
    """What a `RateTest` gives: a value an epoch, None from where training diverged."""

    rates: tuple[float, ...]
    losses: tuple[float | None, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Predicted:
    """What a `Prediction` gives.

    Attributes:
        predictions: By input name, as `search.training.predict.predictions`.
        model: The file, where it was wanted and could be made.
        no_model: Why it could not.
        kind: What the first of `predictions` are, as by `Outputs.kind_read`.
        estimates: Of `asked`: its own by "", and those of the others by name.
        notes: What should be known of how its outputs were read.
        constant: What the best constant says by that measure; None where `others` has none.
        loss_parts: As in `Answer`.
        measures: Of a "custom" task, all that the model measures of the first of the inputs; the
            `predictions` are then the objective of each row, shape (rows, 1), or (rows, 0) where it
            is no mean over rows.
        outputs: Of a "custom" task, how each output is read of which that is known.
        kept: What the page shows of them; see `search.training.held_out_outputs`.
        latency: Of calls of the model in the file; see `search.jobs.latency`.
    """

    predictions: Mapping[str, Array]
    model: bytes = b""
    no_model: str = ""
    kind: str = PROBABILITIES
    estimates: Mapping[str, Estimate] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    constant: Array | None = None
    loss_parts: tuple[float, ...] = ()
    measures: Mapping[str, Estimate] = field(default_factory=dict)
    outputs: tuple[OutputForm, ...] = ()
    kept: Mapping[str, Array] = field(default_factory=dict)
    latency: Mapping[str, Array] = field(default_factory=dict)


@dataclass(frozen=True)
class Sampled:
    """What a `Sample` gives.

    Attributes:
        summary: Of the model, as Keras prints it.
        weights: How many numbers it learns.
        epochs: That were trained.
        seconds: A whole trial; estimated from these epochs where they are fewer.
        curve: Of them.
        engine: Which trained it.
    """

    summary: str
    weights: int
    epochs: int
    seconds: float
    curve: Curve
    engine: EngineChoice = UNKNOWN_ENGINE


@dataclass(frozen=True)
class Stepped:
    """What a `FirstStep` gives where nothing is wrong.

    Attributes:
        engine: Which trained it.
    """

    engine: EngineChoice = UNKNOWN_ENGINE


@dataclass(frozen=True)
class Failed:
    """Why a job other than an assignment came to nothing.

    Attributes:
        reason: In a sentence.
        where: File and line of yours that it is about, such as "space.py, line 8"; may be empty.
        traceback: All of it; empty where it is not wanted.
    """

    reason: str
    where: str = ""
    traceback: str = ""


@dataclass(frozen=True)
class WarmedUp:
    """What a `WarmUp` gives."""


Result = (
    AssignmentResult
    | Refitted
    | JointRefitted
    | Snapshots
    | Rates
    | Predicted
    | Sampled
    | Stepped
    | WarmedUp
    | Failed
)
WorkerMessage = tuple[Rung, ...] | Checkpoint | Result
"""What a worker answers about a job: rungs and checkpoints on the way, a result at its end."""
