"""The exported file says what the page says, fed by plain pandas and Keras as the README says."""

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.functional.command import ONE_WORKER, search

pytestmark = pytest.mark.ray

SPACE = """
from search import Budget, DenseSpace, Finals, Float, Study, table

study = Study(
    data=table("rows.csv", target="answer", held_out="held out.csv"),
    space=DenseSpace(layers=1, units=8, learning_rate=Float(1e-2, 1e-1, log=True)),
    budget=Budget(trials=2, epochs=6),
    finals=Finals(top=1, seeds=1),
)
"""
NUMBERS = [
    "a/b",
    "a∕b",
    "Größe (m²)",
    "x.y.z",
    "_hidden",
    "7",
    "concatenate_1",
    "loss",
    "🙂",
    "A/B",
]
TEXTS = ["name", "training", "self", "name ", "Town/City", "sequential", "prepared_features", "été"]
DATES = ["when/at"]
BOOLEANS = ["is mobile"]


def awkward(rows: int) -> pd.DataFrame:
    """Twenty columns whose names or values are awkward, with gaps."""
    draw = np.random.default_rng(5)
    frame = pd.DataFrame(draw.normal(size=(rows, len(NUMBERS))).round(4), columns=NUMBERS)
    frame["x.y.z"] = 1_700_000_000 + draw.integers(0, 900, rows)
    towns = ["New  York", " New York", "York", "Ulm ", "été", "Yes", "yes", "NO", "[UNK]"]
    for place, name in enumerate(TEXTS):
        frame[name.strip() + "*" * (name != name.strip())] = draw.choice(towns[place % 3 :], rows)
    frame["self"] = draw.choice(["yes", "No ", "YES", " no", "Y"], rows)
    frame["when/at"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(
        draw.integers(0, 500, rows), unit="D"
    )
    frame["is mobile"] = draw.random(rows) < 0.5
    gaps = draw.random(frame.shape) < 0.05
    gaps[:, list(frame.columns).index("is mobile")] = False
    frame = frame.mask(gaps)
    score = (
        frame["a/b"].fillna(0)
        + frame["self"].astype(str).str.strip().str.lower().isin(["yes", "y"])
        - (frame["name"].astype(str).str.strip() == "New York")
    )
    frame["answer"] = np.where(score + draw.normal(0, 0.3, rows) > 0.2, "in", "out")
    return frame


def fed(frame: pd.DataFrame, model: object) -> dict[str, object]:
    """As the README says, by the types of the model's own inputs."""
    import tensorflow as tf

    raw = {}
    for name, tensor in model.input.items():  # type: ignore[attr-defined]
        column = frame[name]
        if tensor.dtype == "string":
            values = column.fillna("").astype(str).to_numpy(str)
        elif name in DATES:
            days = pd.to_datetime(column) - pd.Timestamp("1970-01-01")
            values = (days / pd.Timedelta(days=1)).to_numpy("float64")
        else:
            values = column.astype("float64").to_numpy()
        raw[name] = tf.constant(values[:, None])
    return raw


@pytest.mark.long  # in short by test_take_away, with fewer columns
@pytest.mark.filterwarnings("ignore:When providing `inputs` as a dict")  # of names with a slash
def test_a_file_fed_by_hand_says_what_page_and_predict_say(tmp_path: Path) -> None:
    import keras

    from search.store.run import load_run

    frame = awkward(400)
    frame[:300].to_csv(tmp_path / "rows.csv", index=False)
    frame[300:].to_csv(tmp_path / "held out.csv", index=False)
    (tmp_path / "space.py").write_text(SPACE)
    ended = search(tmp_path, "run", "space.py", "--name", "one", *ONE_WORKER)
    assert ended.code == 0, ended.err
    assert "columns  20 used: a/b, a∕b" in ended.out
    run = load_run(tmp_path / "runs" / "one")
    answer = run.answer()
    assert answer is not None

    model = keras.saving.load_model(run.folder.model)
    raw = pd.read_csv(tmp_path / "held out.csv", keep_default_na=True)
    predicted = np.asarray(model(fed(raw, model)), dtype=float)[:, 0]
    accuracy = np.mean((predicted > 0.5) == (raw["answer"] == "out"))
    assert answer.headline.measure == "accuracy"
    assert accuracy == pytest.approx(answer.headline.value)

    told = search(tmp_path, "predict", "runs/one", "held out.csv")
    assert told.code == 0, told.err
    rows = list(csv.DictReader(io.StringIO(told.out)))
    shares = [float(list(row.values())[-1]) for row in rows]
    np.testing.assert_allclose(shares, predicted, atol=1e-6)

    odd = raw.head(3).copy()
    odd[["self", "Town/City", "a/b"]] = ["perhaps", "Paris", np.nan]
    odd.to_csv(tmp_path / "odd.csv", index=False)
    told = search(tmp_path, "predict", "runs/one/finals/winner.keras", "odd.csv")
    shares = [float(list(row.values())[-1]) for row in csv.DictReader(io.StringIO(told.out))]
    np.testing.assert_allclose(shares, np.asarray(model(fed(odd, model)))[:, 0], atol=1e-6)
