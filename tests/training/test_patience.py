"""With patience, every engine ends a training at the same rule and keeps the epoch that counts."""

from dataclasses import replace

import numpy as np
import pytest

from search import Budget, DenseSpace, Int, Study, moons
from search.jobs.context import DataSplit, WorkerContext
from search.jobs.executor import JobExecutor
from search.jobs.messages import (
    Assignment,
    AssignmentResult,
    Configuration,
    Refit,
    Refitted,
    TrialJob,
)
from search.loading.space_file import SpaceSource
from search.study.trial import Outcome
from tests.forms import long_but

EPOCHS = 60
ENGINES = "numpy", "in-graph", "fit"


@pytest.mark.keras
@pytest.mark.parametrize(
    "engine", long_but(["numpy", "in-graph"], {engine: engine for engine in ENGINES})
)
def test_a_trial_ends_without_progress_and_the_finals_keep_the_epoch_that_counts(
    engine: str,
) -> None:
    study = Study(
        data=moons(samples=120, noise=0.3),
        space=DenseSpace(layers=Int(1, 2)),
        budget=Budget(epochs=EPOCHS, patience=4),
    ).for_task("binary")
    data = study.data.load()
    parts = study.split.parts(data)
    source = SpaceSource("small.py", "small.py", {})
    executor = JobExecutor(WorkerContext(source, DataSplit.of(parts, data), engine), study)
    params = {**study.fixed, "layers": 1, "units": 16, "learning_rate": 0.2}
    configuration, goal = Configuration(params, seed=3), study.goal

    outcome = _outcome(executor, Assignment((TrialJob(0, configuration),), (EPOCHS,), goal))
    accuracies, losses = outcome.curve["val_accuracy"], outcome.curve["val_loss"]
    keys = [(-a, loss, at) for at, (a, loss) in enumerate(zip(accuracies, losses, strict=True))]
    place = min(keys)[2]
    last = max(
        at
        for at in range(len(losses))
        if at == 0 or accuracies[at] > max(accuracies[:at]) or losses[at] < min(losses[:at])
    )
    assert len(losses) == last + 1 + 4 < EPOCHS
    assert (outcome.value, goal.place(outcome.curve)) == (accuracies[place], place)
    assert place < len(losses) - 1

    (again,) = executor.perform(Refit("again", configuration, EPOCHS, goal))
    (short,) = executor.perform(
        Refit("to it", configuration, place + 1, replace(goal, patience=None))
    )
    assert isinstance(again, Refitted)
    assert isinstance(short, Refitted)
    assert again.curve == outcome.curve
    np.testing.assert_array_equal(again.predictions, short.predictions)


def _outcome(executor: JobExecutor, job: Assignment) -> Outcome:
    (said,) = executor.perform(job)
    assert isinstance(said, AssignmentResult)
    return said.outcomes[0]
