"""The job of a study of a function, and what a worker answers: whole trials as Optuna has them."""

from collections.abc import Sequence
from dataclasses import dataclass

from optuna.trial import FrozenTrial

from search.jobs.messages import Assignment, AssignmentResult, Rung
from search.study.function_study import Left


@dataclass(frozen=True, eq=False)
class FunctionJob(Assignment):
    """Call the function with one trial, which suggests where the function runs.

    Attributes:
        history: The trials before it and after it, as the store has them, each a pickled
            `FrozenTrial`: a worker reads only those that it has not read.
        state: What the sampler knows beside these, pickled; None at the beginning.
        reseed: Whether that was handed out already, so that it would draw the same numbers again.
    """

    history: Sequence[bytes] = ()
    state: bytes | None = None
    reseed: bool = False

    @property
    def number(self) -> int:
        """Of the trial."""
        return self.trial_jobs[0].number


@dataclass(frozen=True, eq=False)
class FunctionRung(Rung):
    """A trial on its way.

    Attributes:
        told: What it has asked for and reported.
    """

    told: FrozenTrial | None = None


@dataclass(frozen=True, eq=False)
class FunctionResult(AssignmentResult):
    """How the trial ended.

    Attributes:
        told: What it asked for, reported and noted.
        state: As in `FunctionJob`, for the next trial; None where it is not known.
        mistake: Whether any other trial would fail the same way, since it is in the function.
        stop: Whether the function or the sampler wants no more trials.
        left: What the trial left, where it is among the best that its worker knows; else None.
    """

    told: FrozenTrial | None = None
    state: bytes | None = None
    mistake: bool = False
    stop: bool = False
    left: Left | None = None
