"""What an engine is: what trains one model after the other; needs no TensorFlow.

An engine is one file that implements `Engine`, and one line in `search.training.choice`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Protocol

from search.data.dataset import Array, Shape
from search.data.rows_in_file import Features
from search.data.split import Rows
from search.data.streams import Streams
from search.study.class_weights import CLASS_WEIGHT, NONE
from search.study.study import Fit, MakeCallbacks, Study
from search.study.task import TASKS
from search.study.trial import UNKNOWN_ENGINE, Curve, EngineChoice
from search.training.plan import PLAIN, TrainingPlan
from search.training.rate_schedule import RateSchedule, schedule_of

BATCH = 32
"""Rows a step where the space does not set it, as in Keras."""
ANY_TARGETS = "targets of any shape are trained by Keras's own fit"
CALLBACKS = "callbacks run in Keras's own fit"
ON_DEMAND = "the rows are read a batch at a time"
"""Why only `fit` trains a model, whether that is known of the study or of the model alone."""


@dataclass(frozen=True)
class StudyNeeds:
    """What is known of a study's trainings before a model is built.

    Attributes:
        study: What is searched.
        shape: Of its data.
        gpus: That each trial gets.
        on_demand: Whether the rows are read a batch at a time.
    """

    study: Study
    shape: Shape
    gpus: float = 0
    on_demand: bool = False


@dataclass(frozen=True, eq=False)
class TrainingRows:
    """What models are trained on.

    Attributes:
        train: Rows that train; class weights come on top of their own.
        validation: Rows that are measured after each epoch.
        shape: Of the data.
    """

    train: Rows
    validation: Rows
    shape: Shape


@dataclass(eq=False)
class TrainingRequest:
    """One model that is to be trained.

    Attributes:
        params: All its values by name.
        seed: Of weights, row order and dropout.
        build: Makes the compiled Keras model; called by engines that train one.
        plan: How long it is meant to be, and what is measured.
        custom: Whether a function of yours builds it, and not the fields of a `DenseSpace`.
        callbacks: Makes those that see the training; None for none.
        loop: A function of yours that trains it; None for `model.fit`.
        files: The folder, beside the path that a callback writes to, in which it does so, such as
            "circles/trial-7"; "" where what it writes is of no use.
    """

    params: Mapping[str, Any]
    seed: int
    build: Callable[[], Any]
    plan: TrainingPlan = PLAIN
    custom: bool = False
    callbacks: MakeCallbacks | None = None
    loop: Fit | None = None
    files: str = ""

    @cached_property
    def model(self) -> Any:
        """Of Keras, built when it is first asked for."""
        return self.build()

    @property
    def batch(self) -> int:
        """Rows a step."""
        return int(self.params.get("batch_size", BATCH))

    @property
    def class_weight(self) -> object:
        """As in `Rows.weighted`."""
        return self.params.get(CLASS_WEIGHT, NONE)

    def schedule(self, rows: int) -> RateSchedule | None:
        """Of the learning rate; None where it is left to the model."""
        return None if self.custom else schedule_of(self.params, self.plan.epochs, rows)


class ApartError(Exception):
    """Why trainings cannot be begun together; each can be begun by itself."""


class Training(Protocol):
    """A model that is trained to one epoch after the other.

    Attributes:
        engine: Which one trains it.
        epoch: Epochs that it has behind it.
        model: Of Keras as it stands; None where the engine has none.
        can_go_on: Whether `state` is all that another training needs to go on from here.
    """

    engine: EngineChoice = UNKNOWN_ENGINE
    epoch: int = 0
    model: Any = None
    can_go_on: bool = True

    @property
    def stopped(self) -> bool:
        """Whether a callback or a loop of yours has ended the training."""
        return False

    @property
    def n_parameters(self) -> int:
        """How many numbers the model learns."""
        ...

    def advance(self, to_epoch: int) -> Curve:
        """Train on; stops after the first epoch whose loss is not finite.

        Args:
            to_epoch: Epochs that the model shall have behind it.

        Returns:
            Measure → its value after each newly trained epoch; "val_…" those of validation.
        """
        ...

    def sweep(self, rates: Array) -> Curve:
        """Train a short epoch at each learning rate, without validation.

        Args:
            rates: Shape (epochs,); the model must not have been compiled with a schedule.

        Returns:
            Measure → its value after each epoch; fewer epochs where a loss is not finite.
        """
        ...

    def end(self, curve: Curve) -> Curve:
        """Nothing more is trained, and all was measured: the callbacks are notified.

        Args:
            curve: Of the training.

        Returns:
            It as far as it belongs to the model as it now is: a callback may restore weights.
        """
        return curve

    def mistake(self, *, patient: bool) -> str:
        """What a first step shows to be wrong with how it is trained; "" where nothing is.

        Args:
            patient: Whether trials count by their best epoch.
        """
        del patient
        return ""

    def measure_too(self, request: TrainingRequest, rows: Rows) -> None:
        """Measure the objective of predictions after each epoch, where the model does not.

        Args:
            request: Of this training.
            rows: That validate, with targets as in `Dataset`.
        """
        del request, rows

    def leave(self) -> None:
        """Nothing more is asked of it, whether or not it was trained to its end."""
        return

    def state(self) -> dict[str, Array]:
        """All that training changes, of model and optimizer: name → array."""
        ...

    def restore(self, epoch: int, state: Mapping[str, Array]) -> None:
        """Go on from where a training of such a model stood after `epoch`."""
        ...

    def arrays(self) -> list[Array]:
        """A copy of every array of the model, in the order of `keras.Model.get_weights`."""
        ...

    def load(self, arrays: Sequence[Array]) -> None:
        """Take over the arrays of such a model."""
        ...

    def predictions(self, x: Features) -> Array:
        """Predictions for rows `x`, float64; see `search.training.predict.predictions`."""
        ...

    def kind_of(self, x: Features) -> str:
        """What predictions of rows are; see `search.study.outputs.Outputs.kind_read`."""
        ...


class Engine(Protocol):
    """Trains models on the same rows, one at a time.

    Args:
        rows: Of all its trainings.

    Attributes:
        name: What users call it.
        needs_keras: Whether its trainings do.
        draws_by_numpy: Whether NumPy draws initial weights, row order and dropout, and not Keras.
        stacks: Whether it trains models that differ in their seeds together.
        rows: As given.
    """

    name: ClassVar[str]
    needs_keras: ClassVar[bool] = True
    draws_by_numpy: ClassVar[bool] = False
    stacks: ClassVar[bool] = False
    rows: TrainingRows

    def __init__(self, rows: TrainingRows) -> None:
        self.rows = rows

    @staticmethod
    def suits(needs: StudyNeeds) -> tuple[bool, str]:
        """Whether it may be planned for a study, and why or why not, in a few words."""
        del needs
        return True, "it trains whatever Keras trains"

    def refuses(self, request: TrainingRequest) -> str:
        """Why it cannot train this model as its author means it; "" where it can."""
        del request
        return ""

    def begin(self, request: TrainingRequest) -> Training:
        """Start to train a model that it does not refuse; a training begun before is over."""
        ...

    def begin_together(self, requests: Sequence[TrainingRequest]) -> Sequence[Training]:
        """Start to train models that it does not refuse side by side.

        Args:
            requests: Which differ in their seeds alone; their models have the same layers' names.

        Returns:
            One a request. They are advanced in turn, each to the same epoch; one that is not
            advanced any more is left behind.

        Raises:
            ApartError: They can only be trained one after the other.
        """
        del requests
        raise ApartError(f"the engine {self.name} trains one model at a time")


def only_fit(needs: StudyNeeds) -> str:
    """Why only Keras's own `fit` can train a study's models; "" where that is not so."""
    reasons = {
        ANY_TARGETS: TASKS[needs.shape.task].by_model,
        CALLBACKS: needs.study.callbacks is not None,
        "the training rows come as a stream": isinstance(needs.study.data, Streams),
        ON_DEMAND: needs.on_demand,
        "several GPUs share each batch by Keras's own fit": needs.gpus > 1,
    }
    return next((why for why, holds in reasons.items() if holds), "")
