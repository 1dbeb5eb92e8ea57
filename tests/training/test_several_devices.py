"""A trial with several devices says what a trial with one says."""

import json
import subprocess
import sys

import pytest

from tests.functional.command import PATIENCE, ROOT, environment

pytestmark = pytest.mark.keras

# A process of its own: devices are declared before TensorFlow is first used.
SCRIPT = """
import json
import sys
import tensorflow as tf

processor, = tf.config.list_physical_devices("CPU")
one = tf.config.LogicalDeviceConfiguration()
tf.config.set_logical_device_configuration(processor, [one, one])

from search.study.goal import Goal
from search.loading.space_file import SpaceSource
from search.training.device import _mirrored
from search.jobs.context import DataSplit, WorkerContext
from search.jobs.executor import JobExecutor
from search.jobs.messages import Assignment, Configuration, TrialJob
from tests.runs import small_study

study = small_study()
data = study.data.load()
parts = study.split.parts(data)
source = SpaceSource("small.py", "small.py", {})
layers = {"layers": 2, "units": 8, "activation": "relu", "learning_rate": 0.01}
configuration = Configuration({**study.fixed, **layers}, seed=7)
job = Assignment((TrialJob(0, configuration),), (4,), Goal("val_accuracy", "maximize"))
for gpus in (0, 2):
    context = WorkerContext(source, DataSplit.of(parts, data), "fit", gpus=gpus)
    *_, said = JobExecutor(context, study).perform(job)
    outcome = said.outcomes[0]
    print(json.dumps([str(outcome.state), outcome.reason, outcome.value, outcome.curve]))
print(_mirrored().num_replicas_in_sync)
"""


@pytest.mark.long
def test_two_devices_share_each_batch_and_say_the_same() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    alone, shared, devices = [json.loads(line) for line in done.stdout.splitlines()]
    assert devices == 2
    assert alone[:2] == shared[:2] == ["complete", ""]
    assert shared[2] == pytest.approx(alone[2], abs=1e-6)
    assert set(shared[3]) == set(alone[3])
    for name, values in alone[3].items():
        assert len(values) == 4
        assert shared[3][name] == pytest.approx(values, rel=1e-4)
