"""What copies a run to a place that another tool reads, and which such tools there are."""

from abc import ABC, abstractmethod
from collections.abc import Set
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from search.store.run import StoredRun
from search.study.answer import Answer
from search.study.errors import ArgumentError
from search.study.trial import Trial

KINDS = {"jsonl": "", "tensorboard": "tensorboardX", "mlflow": "mlflow", "wandb": "wandb"}
"""Tool → the package that is needed for it; "" for none."""
_CLASSES = {
    "jsonl": "JsonlCopy",
    "tensorboard": "TensorBoardCopy",
    "mlflow": "MlflowCopy",
    "wandb": "WandbCopy",
}


class RunCopy(ABC):
    """One copy of one run. Whatever it raises is said, and it is made anew and tried again.

    Attributes:
        where: The copy lies, for the user.
    """

    where: str

    @abstractmethod
    def known(self) -> Set[int]:
        """Numbers of the trials that it has already, whoever brought them there."""

    @abstractmethod
    def add(self, trial: Trial) -> None:
        """Copy a trial that is finished."""

    @abstractmethod
    def conclude(self, run: StoredRun, page: Path | None) -> None:
        """Copy what the finals found, if they did; this may be done again after a resume.

        Args:
            run: Whose session has ended.
            page: Where there is one.
        """


def held_out_of(answer: Answer) -> dict[str, float | None]:
    """The winner's held-out score and the ends of its interval, by the names that copies have."""
    judged = answer.headline.judged
    name, within = f"held-out {judged.measure}", judged.interval
    ends = {} if within is None else {f"{name} low": within.low, f"{name} high": within.high}
    return {name: judged.value, **ends}


def check_kind(kind: str) -> None:
    """Refuse a tool that is not known or not installed.

    Raises:
        ArgumentError: It is so.
    """
    if kind not in KINDS:
        raise ArgumentError("track", kind, "there is no such tracker", f"give {', '.join(KINDS)}")
    package = KINDS[kind]
    if package and find_spec(package) is None:
        raise ArgumentError(
            "track",
            kind,
            f"{package} is not installed",
            f"install it by `pip install 'keras-search[{kind}]'`",
        )


def tracker_of(kind: str, run: StoredRun) -> RunCopy:
    """A copy of a run, begun or gone on with.

    Raises:
        Exception: Whatever the tool raises, such as of a server that is away.
    """
    module = import_module(f"search.trackers.{kind}_copy")
    made: RunCopy = getattr(module, _CLASSES[kind])(run)
    return made
