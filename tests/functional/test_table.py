"""A table as it is, from its file to a model that takes its columns."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.functional.command import ONE_WORKER, search

# In short by test_take_away, and by tests/training/test_table_inputs.py.
pytestmark = [pytest.mark.ray, pytest.mark.long]

SPACE = """
from search import Budget, DenseSpace, Finals, Float, Study, table

study = Study(
    data=table("rows.csv", target={target!r}),
    space=DenseSpace(layers=1, units=8, learning_rate=Float(1e-3, 1e-1, log=True)),
    budget=Budget(trials=2, epochs=5),
    finals=Finals(top=1, seeds=1),
)
"""


def frame_of(rows: int) -> pd.DataFrame:
    """Numbers with gaps, texts, booleans, dates, a constant, and targets that hang on them."""
    draw = np.random.default_rng(7)
    size = draw.normal(50, 10, rows)
    town = draw.choice(["Ulm", "Bonn", "Kiel"], rows)
    member = draw.random(rows) < 0.5
    price = 3 * size + 40 * (town == "Ulm") - 20 * member + draw.normal(0, 1, rows)
    return pd.DataFrame(
        {
            "size (m²)": np.where(draw.random(rows) < 0.1, np.nan, size),
            "town": town,
            "member": member,
            "when": pd.Timestamp("2026-01-01") + pd.to_timedelta(draw.integers(0, 300, rows), "D"),
            "land": "DE",
            "price": price,
            "dear": np.where(price > np.median(price), "yes", "no"),
        }
    )


@pytest.mark.parametrize(
    ("target", "other"),
    [("dear", "price"), ("price", "dear")],
)
def test_a_table_ends_in_a_model_of_its_raw_columns(
    tmp_path: Path, target: str, other: str
) -> None:
    from search.data.column_types import columns_of
    from search.store.run import load_run
    from search.study.outputs import SURE
    from search.training.export import load
    from search.training.predict import raw_inputs

    frame = frame_of(300).drop(columns=other)
    frame.to_csv(tmp_path / "rows.csv", index=False)
    (tmp_path / "space.py").write_text(SPACE.format(target=target))
    ended = search(tmp_path, "run", "space.py", "--name", "one", *ONE_WORKER)
    assert ended.code == 0, ended.err

    run = load_run(tmp_path / "runs" / "one")
    became = dict(run.manifest.data.columns)
    assert "left out (DE in every row)" in became["land"]
    page = (tmp_path / "reports" / "one.html").read_text()
    assert all(text in page for text in ("Preprocessing of each column", *became))

    # The rows that were held out, found again by their targets.
    kept = run.arrays("held_out")
    if target == "price":
        values = frame["price"].to_numpy(np.float32)
        places = [int(np.abs(values - y).argmin()) for y in kept["y"][:, 0]]
        said, atol = kept["predictions"], 0.05
    else:
        from search.loading.space_file import read

        space = read(tmp_path / "space.py").execute()
        parts = space.study.split.parts(space.study.data.load())
        said, atol = kept["probabilities"], 1e-4
        assert parts.raw is not None
        places = []
        columns = parts.raw
    if places:
        columns = columns_of(frame.drop(columns=target))[0].take(np.array(places))
    model = load(run.folder.model)
    raw = raw_inputs(columns)
    predicted = SURE.read(np.asarray(model(raw), float), run.manifest.data.task)
    np.testing.assert_allclose(predicted, said, atol=atol)
