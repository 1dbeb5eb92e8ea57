"""What flatters every score is said beside the verdict: on the page, by status, in the terminal."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from search import table
from search.app.status import facts
from search.display.lines import at_once
from search.display.status import sentences
from search.report.closing import closing_lines
from search.report.content import page_of
from search.report.material import Material
from search.report.page import render
from search.report.tables import columns_of_data
from search.store.run import StoredRun, load_run
from search.study.errors import LONGEST, first_line
from tests.reading_pages import tree_of
from tests.report.runs_to_show import Scene, write
from tests.report.scenes import in_a_table
from tests.runs import small_study


def leaking() -> Scene:
    """A table with a column that is the answer, and each row twice."""
    draw = np.random.default_rng(0)
    age = draw.normal(40, 12, 200)
    bought = np.where(age + 9 * draw.normal(size=200) > 40, "yes", "no")
    frame = pd.DataFrame({"age": age, "paid": (bought == "yes") * 7.0, "bought": bought})
    study = small_study(data=table(pd.concat([frame, frame]), target="bought"))
    return replace(in_a_table(), study=study)


def shown(scene: Scene, root: Path) -> StoredRun:
    return load_run(write(scene, root))


def test_a_leak_and_copies_are_the_first_that_is_said_beside_the_verdict(tmp_path: Path) -> None:
    run = shown(leaking(), tmp_path)
    page = page_of(Material.of(run))
    leak, copies = page.warnings
    assert (leak.code, copies.code) == ("S001", "S002")
    assert "held-out rows are among the training rows as well" in copies.text
    assert "column 'paid' may give the answer away" in leak.text
    first = next(tree_of(render(run)).all("ul"))
    for item, found in zip(first.all("li"), page.warnings, strict=True):
        assert item.text.startswith(f"{found.code} problem {found.text[:1].upper()}")
    answer = run.answer()
    assert answer is not None
    told = {f"Warning: {found.text}." for found in page.warnings}
    assert told <= set(closing_lines(run.manifest, answer))
    assert told <= set(sentences(run, facts(run)))
    assert facts(run)["warnings"] == [found.text for found in page.warnings]


def test_a_sound_table_has_no_warning(tmp_path: Path) -> None:
    run = shown(in_a_table(), tmp_path)
    assert page_of(Material.of(run)).warnings == []
    assert facts(run)["warnings"] == []


def test_columns_are_told_as_the_exported_model_prepares_them(tmp_path: Path) -> None:
    run = shown(in_a_table(), tmp_path)
    answer = run.answer()
    assert answer is not None
    assert columns_of_data(run.manifest, answer).rows == run.manifest.data.columns
    parts = in_a_table().parts
    assert parts.preparation is not None
    told = parts.together().preparation.told  # type: ignore[union-attr]
    assert told != parts.preparation.told
    last = replace(answer, columns=told, refit=replace(answer.chosen, reason=""))
    found = columns_of_data(run.manifest, last)
    assert found.rows == told
    assert "exported model" in found.caption
    assert "training and validation rows together" in found.caption


@pytest.mark.parametrize(
    ("workers", "together", "words"),
    [
        (2, 1, "2 workers, 1 trial each at a time"),
        (1, 1, "1 worker, 1 trial at a time"),
        (2, 8, "2 workers, 8 trials per job"),
    ],
)
def test_how_many_trials_run_at_once_is_plain(workers: int, together: int, words: str) -> None:
    assert at_once(workers, together) == words


def test_a_sentence_of_another_that_goes_on_in_the_next_line_is_told_whole() -> None:
    error = NotImplementedError(
        "\nObject Net was created by passing\nnon-serializable argument values in `__init__()`,\n"
        "and therefore the object must override `get_config()` in order to be serializable. "
        "Please implement `get_config()`.\n\nExample:\n\nclass CustomLayer(keras.layers.Layer):"
    )
    told = first_line(error)
    assert told.startswith("Object Net was created by passing non-serializable argument values")
    assert told.endswith("must override `get_config()` in order to be serializable. Please "
                         "implement `get_config()`.")  # fmt: skip
    long = first_line(ValueError(f"It is wrong. {'x' * LONGEST}"))
    assert long == "It is wrong."
