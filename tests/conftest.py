"""Order of the files: first those of quick tests alone, so that a red one fails soon.

Then those that take longest, so that no process is left with one.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from unittest.mock import patch

import pytest

QUICK = (
    "store/test_strangers.py",
    "store/test_damage.py",
    "store/test_absurd.py",
)
LONGEST = (
    "functional/test_spaces.py",
    "functional/test_keras_jobs.py",
    "functional/test_signals.py",
    "functional/test_python.py",
    "functional/test_ray_dies.py",
    "functional/test_take_away.py",
    "functional/test_faults.py",
    "functional/test_cluster_nodes.py",
    "functional/test_main_job.py",
    "commands/test_submit.py",
    "functional/test_terminal.py",
    "report/test_browser.py",
    "functional/test_cluster_door.py",
    "functional/test_limits.py",
    "functional/test_streams.py",
)
"""By seconds, the longest first, among quick tests and among others; then comes what else starts
Ray, then all others."""
REAL = ("ray", "browser", "keras")


OF_TENSORFLOW = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
BESIDE_OTHERS = "PYTEST_XDIST_WORKER" in os.environ


def pytest_configure() -> None:
    """Files that compute as they are collected begin TensorFlow; the commands of tests do not."""
    if BESIDE_OTHERS:
        os.environ.update(dict.fromkeys(OF_TENSORFLOW, "1"))


def pytest_collection_finish() -> None:
    """Let a process that tests beside others use one thread, as a worker of a search does.

    Linear algebra on as many threads as cores waits for cores that others have: simulations of a
    second took 25. All that has threads was loaded by now, for files were collected.
    """
    if not BESIDE_OTHERS:
        return
    for name in OF_TENSORFLOW:
        del os.environ[name]
    if "numpy" in sys.modules:
        from search.training.device import limit_threads

        limit_threads(1)
    if "tensorflow" in sys.modules:
        import tensorflow as tf

        with suppress(RuntimeError):  # it has begun, and has read the variables
            tf.config.threading.set_intra_op_parallelism_threads(1)
            tf.config.threading.set_inter_op_parallelism_threads(1)


@pytest.fixture(autouse=True, scope="module")
def _environment_as_it_begins() -> Iterator[None]:
    """What a command sets in this process for its own Ray is not for another file's.

    A head that a later test started would listen at loopback alone, where nobody looks for it.
    """
    with patch.dict(os.environ):
        yield


@pytest.fixture(autouse=True)
def _keras_as_it_begins() -> Iterator[None]:
    """What a test's `build` sets for all of Keras is not the next one's."""
    yield
    if "keras" in sys.modules:
        from search.training.keras_settings import KerasSettings

        KerasSettings("float32", "float32", "channels_last", 1e-7).set()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file together, and sort the files."""
    tests = Path(__file__).parent
    names = {item.path: item.path.relative_to(tests).as_posix() for item in items}
    with_ray = {item.path for item in items if item.get_closest_marker("ray")}
    real = {item.path for item in items if any(map(item.get_closest_marker, REAL))}

    def place(item: pytest.Item) -> tuple[int, int]:
        name = names[item.path]
        if item.path not in real or name in QUICK:
            return 0, QUICK.index(name) if name in QUICK else len(QUICK)
        if name in LONGEST:
            return 1, LONGEST.index(name)
        return 2, item.path not in with_ray

    items.sort(key=place)
