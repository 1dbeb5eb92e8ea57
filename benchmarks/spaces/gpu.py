"""Small networks that note where they are built: what `benchmarks/gpu` judges.

Told by the environment: the folder of the notes, how many workers wait for each other, the units.
"""

import json
import os
import subprocess
import time
from pathlib import Path

import keras
import psutil
import ray
import tensorflow as tf

from search import Budget, Choice, Int, Study, circles
from search.loading.space_check import configurations

PATIENCE = 120.0
"""Seconds that a worker waits for the others, which load TensorFlow meanwhile."""


def build(units, policy):
    """A dense network by a dtype policy, which is set as a user would."""
    before = keras.config.dtype_policy().name
    keras.config.set_dtype_policy(policy)
    hidden = [keras.layers.Dense(units, "relu") for _ in range(2)]
    output = keras.layers.Dense(1, "sigmoid", dtype="float32")
    model = keras.Sequential([keras.Input((2,)), *hidden, output])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    if units not in {tried["units"] for tried in configurations(study)}:  # before the first trial
        note(model, mixed=policy == "mixed_float16", before=before)
        wait_for_others()
    return model


def note(model, **more):
    """Append what this process sees now, to a file of its own."""
    devices = tf.config.get_visible_devices("GPU")
    growing = [bool(tf.config.experimental.get_memory_growth(device)) for device in devices]
    known = tf.config.experimental.get_memory_info("GPU:0") if devices else {}
    used, total = memory_of_gpu() if devices else (None, None)
    seen = {
        "pid": os.getpid(),
        "time": time.time(),
        "visible": os.environ.get("CUDA_VISIBLE_DEVICES", ""),
        "given": given(),
        "growing": growing,
        "device": str(model.weights[0].value.device),
        "compute": model.layers[0].compute_dtype,
        "host": psutil.Process().memory_info().rss,
        "allocated": known.get("current"),
        "used": used,
        "total": total,
        **more,
    }
    with (notes() / f"{os.getpid()}.jsonl").open("a") as file:
        file.write(json.dumps(seen) + "\n")


def notes():
    """The folder."""
    return Path(os.environ["GPU_NOTES"])


def given():
    """Numbers of the GPUs that Ray gave this worker; none where it is no worker of Ray's."""
    if not ray.is_initialized():
        return []
    return ray.get_runtime_context().get_accelerator_ids().get("GPU", [])


def memory_of_gpu():
    """Bytes used, by whomever, and there, by the driver's own tool; None where it does not tell."""
    command = [
        "nvidia-smi",
        "--query-gpu=memory.used,memory.total",
        "--format=csv,noheader,nounits",
    ]
    try:
        said = subprocess.run(
            [*command, "-i", os.environ["CUDA_VISIBLE_DEVICES"]],
            capture_output=True,
            text=True,
            check=True,
            timeout=20,
        )
        used, total = (int(mebibytes) * 2**20 for mebibytes in said.stdout.split(","))
    except (OSError, KeyError, ValueError, subprocess.SubprocessError):
        return None, None
    return used, total


def wait_for_others():
    """Until so many workers have noted something: then they have run beside each other."""
    until = time.monotonic() + PATIENCE
    wanted = int(os.environ["GPU_TOGETHER"])
    while len(list(notes().iterdir())) < wanted and time.monotonic() < until:
        time.sleep(0.1)


least, most = map(int, os.environ["GPU_UNITS"].split("-"))
study = Study(
    data=circles(samples=200),
    model=build,
    space={"units": Int(least, most), "policy": Choice("float32", "mixed_float16")},
    budget=Budget(trials=200, epochs=2),
)
