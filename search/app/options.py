"""What may be said of a search beside its study."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from search.cluster.resources import Resources
    from search.study.study import Study


@dataclass(frozen=True)
class Options:
    """What may be said of a run beside its study; as the arguments of `search.run`."""

    name: str | None = None
    trials: int | None = None
    epochs: int | None = None
    seed: int | None = None
    engine: str | None = None
    continue_from: Path | None = None
    address: str | None = None
    cpus_per_trial: float = 1.0
    gpus_per_trial: float = 0.0
    max_concurrent: int | None = None
    unauthenticated: bool = False
    keep: float | None = None

    @property
    def resources(self) -> "Resources":
        """Of each trial.

        Raises:
            InputError: A number that no trial can run with.
        """
        from search.cluster.resources import Resources

        return Resources(self.cpus_per_trial, self.gpus_per_trial, self.max_concurrent)

    def over(self, study: "Study") -> "Study":
        """A study with what is said here instead.

        Raises:
            InputError: A value that none can have.
        """
        from search.loading.space_file import override

        return override(study, self.trials, self.epochs, self.seed, self.engine)


@dataclass(frozen=True)
class Asked:
    """What is said of a function beside its file.

    Attributes:
        direction: "minimize" or "maximize"; None for what the file says, or Optuna's default.
        space: Where the `param_space` of a trainable of Ray Tune's is, such as file.py:param_space;
            None for an objective of Optuna's.
        metric: Which of a trainable's metrics counts; None for what the file says.
    """

    direction: str | None = None
    space: Path | None = None
    metric: str | None = None
