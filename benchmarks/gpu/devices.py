"""Which GPUs there are, and the environment in which some of them are used."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass

from benchmarks.performing import environment

DECLARED = 2
"""GPUs that Ray is told of where there are none."""
LOOK = """
import json
import tensorflow as tf

gpus = tf.config.list_physical_devices("GPU")
details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
print(json.dumps([each.get("device_name", "a GPU without a name") for each in details]))
"""


@dataclass(frozen=True)
class Devices:
    """GPUs, or CPU devices in their place.

    Attributes:
        names: Of the GPUs, as TensorFlow sees them.
        declared: Instead: how many Ray is told of, while TensorFlow computes on the CPU.
    """

    names: tuple[str, ...] = ()
    declared: int = 0

    @property
    def kind(self) -> str:
        """Of the device that computes, in TensorFlow's words."""
        return "GPU" if self.names else "CPU"

    @property
    def count(self) -> int:
        """That Ray may give away."""
        return len(self.names) or self.declared

    def variables(self, count: int) -> dict[str, str]:
        """An environment for a command that shall see so many of them, the first."""
        quiet = {**environment(), "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}  # as nvidia-smi counts
        del quiet["CUDA_VISIBLE_DEVICES"]
        if self.names:
            return {**quiet, "CUDA_VISIBLE_DEVICES": ",".join(_visible(len(self.names))[:count])}
        return {**quiet, "RAY_OVERRIDE_RESOURCES": json.dumps({"GPU": count})}

    def __str__(self) -> str:
        if self.names:
            return f"{self.count} × {', '.join(dict.fromkeys(self.names))}"
        return f"none; Ray is told of {self.count}, and TensorFlow computes on the CPU"


def _visible(count: int) -> list[str]:
    """Their numbers: all, or those that the user's own environment leaves."""
    said = os.environ.get("CUDA_VISIBLE_DEVICES")
    return said.split(",") if said else [str(number) for number in range(count)]


def found() -> Devices:
    """The GPUs that TensorFlow sees; asked in a process of its own, which then lets go of them.

    Raises:
        subprocess.CalledProcessError: TensorFlow cannot be loaded.
    """
    looked = subprocess.run(
        [sys.executable, "-c", LOOK],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        check=True,
    )
    return Devices(tuple(json.loads(looked.stdout.splitlines()[-1])))


def listed() -> str:
    """GPUs that the driver's own tool lists, whether or not TensorFlow can use them."""
    try:
        said = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return said.stdout.strip().replace("\n", "; ")
