"""From raw texts to the page, and from the winner's file back: what plain Keras says of it."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from search.store.run import load_run
from tests.functional.command import ROOT, search
from tests.reading_pages import text_of

# In short by tests/training/test_text_space.py and test_table_inputs.py.
pytestmark = [pytest.mark.ray, pytest.mark.long]

SPACE = """
from search import Budget, Choice, Finals, Float, Study, TextSpace, table

study = Study(
    data=table("train.csv", target="liked", texts="review", held_out="held_out.csv"),
    space=TextSpace(
        encoder=Choice("tf_idf", "average"), vocabulary=200, ngrams=2, units=8,
        learning_rate=Float(5e-3, 2e-2, log=True),
    ),
    budget=Budget(trials=2, epochs=6),
    finals=Finals(top=2, seeds=1, splits=2),
)
"""
PLAIN = """
import keras, pandas as pd, tensorflow as tf, sys, json
model = keras.saving.load_model("winner.keras", safe_mode=True, compile=False)
rows = pd.read_csv("held_out.csv", dtype=str)
said = model(dict(review=tf.constant(rows[["review"]].fillna("").to_numpy(str)))).numpy()[:, 0]
assert "search" not in sys.modules
print(json.dumps([float(((said > 0.5) == (rows["liked"] == "liked")).mean()), said.tolist()]))
"""


def test_held_out_accuracy_is_what_plain_keras_finds_of_the_winners_file(tmp_path: Path) -> None:
    sys.path.insert(0, str(ROOT / "spaces"))
    try:
        from texts import reviews  # type: ignore[import-not-found]
    finally:
        sys.path.pop(0)
    data = reviews(700).load()
    rows = list(zip(data.x.leaves[()], [data.class_names[code] for code in data.y], strict=True))
    rows[5] = ("", rows[5][1])
    for name, part in {"train": rows[:500], "held_out": rows[500:]}.items():
        with (tmp_path / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("review", "liked"), *part])
    (tmp_path / "space.py").write_text(SPACE)
    ended = search(tmp_path, "run", "space.py", "--name", "first")
    assert (ended.code, ended.err) == (0, "")
    assert "search predict first rows.csv" in ended.out
    stored = load_run(tmp_path / "runs" / "first")
    answer = stored.answer()
    assert answer is not None
    assert [each.name for each in answer.yardsticks] == ["constant", "linear model on TF-IDF"]
    assert stored.manifest.data.inputs == ("review (rows) of string",)
    page = text_of(tmp_path / "reports" / "first.html")
    assert "review (rows) of string, 2 classes" in page
    worst = stored.arrays("worst")
    assert set(worst["cells"][:, 0]) <= {text for text, _ in rows[500:]}
    assert str(worst["cells"][0, 0]) in page

    (tmp_path / "winner.keras").write_bytes((stored.folder.model).read_bytes())
    script = tmp_path / "plain.py"
    script.write_text(PLAIN)
    accuracy, said = json.loads(plainly(script).splitlines()[-1])
    assert accuracy == pytest.approx(answer.headline.judged.value, abs=1e-9)
    predicted = search(tmp_path, "predict", "first", "held_out.csv")
    assert predicted.code == 0, predicted.err
    found = [
        float(row["probability of liked"]) for row in csv.DictReader(io.StringIO(predicted.out))
    ]
    assert found == pytest.approx(said, abs=1e-5)


def plainly(script: Path) -> str:
    """What a script prints that knows nothing of this product."""
    done = subprocess.run(
        [sys.executable, "-I", script.name], cwd=script.parent, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout
