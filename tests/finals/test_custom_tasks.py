"""Searches whose targets are neither classes nor labels nor numbers, to the winner's own file."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from search import Budget, Finals, Int, Study, arrays
from search.report.content import page_of
from search.store.run import load_run
from search.training.model_outputs import as_losses_take
from search.training.target_forms import given_as
from tests.playing import play
from tests.training.custom_jobs import jobs

pytestmark = pytest.mark.keras
NO_CONSTANT = {"vae"}
"""Of which there is no model that gives the same for each row."""
DRAWN = {"vae": 0.2}
"""Models that draw random numbers as they are measured, and how much of a loss that changes."""


@pytest.mark.parametrize("name", jobs())
def test_the_held_out_figure_is_what_keras_measures_of_the_file(name: str, tmp_path: Path) -> None:
    import keras

    job = jobs()[name]
    study = Study(
        data=arrays(job.x, job.y, task=job.task),
        model=job.build,
        space={"units": Int(4, 8)},
        budget=Budget(trials=2, epochs=2),
        finals=Finals(top=2, seeds=1),
        pruner="none",
    )
    played = play(study, tmp_path)
    answer, rows = played.answer, played.parts.held_out
    told = answer.headline.judged
    assert not answer.no_model, answer.no_model
    model = keras.saving.load_model(played.path / "finals" / "winner.keras")
    y = given_as(as_losses_take(model, rows.y))
    x: Any = rows.x if isinstance(rows.x, np.ndarray) else rows.x.nested
    measured = model.evaluate(x, y, batch_size=1024, verbose=0, return_dict=True)
    assert told.value == pytest.approx(measured["loss"], rel=DRAWN.get(name, 1e-5))
    of_all = {of.measure: of.value for of in answer.measures}
    if name not in DRAWN:
        assert of_all == pytest.approx(measured, rel=1e-5)
    assert told.interval is not None
    assert told.interval.low < told.value < told.interval.high
    assert [y.name for y in answer.yardsticks] == [] if name in NO_CONSTANT else ["constant"]
    assert all(y.against is not None for y in answer.yardsticks)
    assert all(finalist.tied is not None for finalist in answer.finalists)
    page = page_of(load_run(played.path))
    assert told.measure in page.verdict[0]
