"""Learning curves on disk: one compressed file for each data set, small enough to be committed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent / "made"
MEASURES = ("objective", "val_loss", "loss")


@dataclass(frozen=True, eq=False)
class Curves:
    """All trainings of a data set.

    Attributes:
        objective: Such as "val_accuracy".
        direction: "maximize" or "minimize".
        values: Measure → its value after each epoch, float16, shape (trainings, epochs); NaN from
            where a training ended that diverged. Those of `MEASURES`, each once.
        held_out: The objective on held-out rows after the last epoch, shape (trainings,).
        seconds: That all epochs took, shape (trainings,).
        params: Of each training.
    """

    objective: str
    direction: str
    values: Mapping[str, Any]
    held_out: Any
    seconds: Any
    params: Sequence[Mapping[str, Any]]

    @property
    def curves(self) -> Any:
        """The objective as float64, the larger the better, shape (trainings, epochs)."""
        sign = 1.0 if self.direction == "maximize" else -1.0
        return sign * self.values["objective"].astype(float)

    def save(self, file: Path) -> None:
        """Write it whole or not at all."""
        file.parent.mkdir(parents=True, exist_ok=True)
        told = {
            "objective": self.objective,
            "direction": self.direction,
            "params": list(self.params),
        }
        partial = file.with_suffix(".partial.npz")
        np.savez_compressed(
            partial,
            told=np.array(json.dumps(told)),
            held_out=np.asarray(self.held_out, np.float32),
            seconds=np.asarray(self.seconds, np.float16),
            **{name: _small(values) for name, values in self.values.items()},
        )
        partial.replace(file)

    @classmethod
    def load(cls, file: Path) -> "Curves":
        """Read what `save` wrote."""
        with np.load(file) as kept:
            told = json.loads(str(kept["told"]))
            values = {name: kept[name] for name in MEASURES}
            return cls(
                **{**told, "values": values}, held_out=kept["held_out"], seconds=kept["seconds"]
            )


def _small(values: Any) -> Any:
    most = float(np.finfo(np.float16).max)
    return np.clip(np.asarray(values, float), -most, most).astype(np.float16)


def file_of(name: str, folder: Path = FOLDER) -> Path:
    """Where a data set's curves are."""
    return folder / f"{name.replace(', ', '_').replace(' ', '_')}.npz"
