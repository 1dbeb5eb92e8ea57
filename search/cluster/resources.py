"""What you ask of the machines for a trial."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from search.study.errors import ArgumentError


@dataclass(frozen=True)
class Resources:
    """What you ask of the machines.

    Args:
        cpus: CPUs a trial.
        gpus: GPUs a trial; a whole number, or a fraction of one.
        most: Trials at once at most; None for as many as fit.

    Raises:
        ArgumentError: A number that no trial can run with.
    """

    cpus: float = 1
    gpus: float = 0
    most: int | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.cpus) and self.cpus > 0):
            raise ArgumentError("cpus_per_trial", f"{self.cpus:g}", fix="give a number above 0")
        if not (math.isfinite(self.gpus) and self.gpus >= 0):
            raise ArgumentError(
                "gpus_per_trial", f"{self.gpus:g}", fix="give a number of 0 or more"
            )
        if self.gpus > 1 and self.gpus != int(self.gpus):
            raise ArgumentError(
                "gpus_per_trial",
                f"{self.gpus:g}",
                fix="give a whole number, or a fraction of one GPU",
            )
        if self.most is not None and self.most < 1:
            raise ArgumentError("max_concurrent", self.most, fix="give a whole number of 1 or more")

    def __str__(self) -> str:
        """As text: 1 CPU and 0.5 GPU."""
        parts = [f"{self.cpus:g} CPU{'s' if self.cpus > 1 else ''}"]
        parts += [f"{self.gpus:g} GPU{'s' if self.gpus > 1 else ''}"] if self.gpus else []
        return " and ".join(parts)

    @property
    def bundle(self) -> dict[str, float]:
        """As Ray names them."""
        return {"CPU": self.cpus, "GPU": self.gpus} if self.gpus else {"CPU": self.cpus}

    def fit(self, room: Mapping[str, float]) -> int:
        """How many trials fit.

        Args:
            room: Resource → how much of it there is, by Ray's names.
        """
        by_cpu = room.get("CPU", 0.0) / self.cpus
        by_gpu = math.inf
        if self.gpus:
            gpus = room.get("GPU", 0.0)
            # Fractions share one GPU; what is left of two is not one whole.
            by_gpu = gpus / self.gpus if self.gpus >= 1 else gpus * math.floor(1 / self.gpus + 1e-9)
        return math.floor(min(by_cpu, by_gpu) + 1e-9)
