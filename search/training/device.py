"""What a process may use of its machine, set in TensorFlow before its first operation."""

import gc
import logging
import math
import os
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

from search.loading.lazy_imports import loaded
from search.study.garbage import uncollected


def limit_threads(cpus: float) -> None:
    """Let NumPy's linear algebra use as many threads as the worker has CPUs."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(max(1, math.ceil(cpus)))


def prepare(cpus: float, gpus: float) -> None:
    """Size TensorFlow's threads to the worker's CPUs, and let it take a GPU's memory as it needs.

    With more threads than CPUs, the workers of one machine fight for its cores.

    Args:
        cpus: That this process may use; a fraction counts as one.
        gpus: That it may use; with none, TensorFlow sees none.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with uncollected():
        loaded("keras")  # with the settings of the search, whatever this machine's are
        import tensorflow as tf

    tf.get_logger().setLevel(logging.ERROR)
    threads = max(1, math.ceil(cpus))
    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        if gpus == 0:
            tf.config.set_visible_devices([], "GPU")
        for device in tf.config.get_visible_devices("GPU"):
            tf.config.experimental.set_memory_growth(device, True)
    except RuntimeError:
        # TensorFlow has computed in this process already (a notebook, a test): it stays as it is.
        logging.getLogger(__name__).info("TensorFlow was in use before its threads could be set")
    # What is loaded now stays: without this, each `forget` walks all of it, 0.17 s a trial.
    gc.freeze()


def where_built(gpus: float) -> AbstractContextManager[object]:
    """Where a model has to be built to be trained on all GPUs of this process.

    With two or more, each has the whole model and its part of every batch, and their gradients
    are added up: Keras's `fit` does so with models that are built inside.

    Args:
        gpus: That this process may use.
    """
    return _mirrored().scope() if gpus > 1 else nullcontext()


@cache
def _mirrored() -> Any:
    """Over all devices of the kind; CPUs where GPUs were only declared, as in tests."""
    import tensorflow as tf

    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    return tf.distribute.MirroredStrategy([device.name for device in devices])


def forget() -> None:
    """Free what Keras and TensorFlow keep of the models that this process is done with."""
    import keras

    keras.backend.clear_session(free_memory=False)
    gc.collect()
