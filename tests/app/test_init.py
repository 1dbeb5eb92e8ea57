"""`search init`: the space file that it writes runs as it is."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import search
from search.app.init import RowsAsked, init
from search.app.options import Options
from search.app.spaces import executed
from search.app.try_study import try_study
from search.commands.command_line import run as command
from search.study.errors import InputError

ROWS = 120
WORDS = ("good", "bad", "film", "plot", "great", "dull")
BUILD = """
import keras


def build(hp):
    layers = [keras.Input((3,)), keras.layers.Dense(hp.Int("units", 2, 4), "relu")]
    model = keras.Sequential([*layers, keras.layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model
"""


def draw() -> np.random.Generator:
    return np.random.default_rng(0)


def texts() -> list[str]:
    return [" ".join(draw().permutation(WORDS)[:4]) + f" {row}" for row in range(ROWS)]


def of_columns(folder: Path) -> RowsAsked:
    frame = pd.DataFrame({"size": draw().normal(size=ROWS), "town": list("ABC") * 40})
    frame["number"], frame["said"] = range(ROWS), texts()
    frame["sold by"] = np.where(frame["size"] > 0, "yes", "no")
    frame.to_csv(folder / "Homes 2024.csv", index=False)
    return RowsAsked(folder / "Homes 2024.csv", "sold by")


def of_texts(folder: Path) -> RowsAsked:
    labels = draw().choice(["up", "down"], ROWS)
    frame = pd.DataFrame({"id": range(ROWS), "said": texts(), "vote": labels})
    frame.to_csv(folder / "votes.csv", index=False)
    return RowsAsked(folder / "votes.csv", "vote")


def of_series(folder: Path) -> RowsAsked:
    hours = pd.date_range("2024-01-01", periods=400, freq="h")
    load = np.sin(np.arange(400) / 4) + draw().normal(0, 0.1, 400)
    pd.DataFrame({"hour": hours, "load": load}).to_csv(folder / "load.csv", index=False)
    return RowsAsked(folder / "load.csv", "load", time="hour", horizon=6)


def of_arrays(folder: Path) -> RowsAsked:
    x = draw().normal(size=(ROWS, 3)).astype("float32")
    np.savez(folder / "rows.npz", x=x, y=x.sum(axis=1))
    return RowsAsked(folder / "rows.npz")


def of_small_pictures(folder: Path) -> RowsAsked:
    np.savez(folder / "digits.npz", x=draw().random((ROWS, 8, 8)), y=np.arange(ROWS) % 3)
    return RowsAsked(folder / "digits.npz")


def of_a_folder(folder: Path) -> RowsAsked:
    from PIL import Image

    for name, level in (("dark", 40), ("light", 200)):
        (folder / "shots" / name).mkdir(parents=True)
        for number in range(30):
            pixels = draw().integers(level - 40, level + 40, (16, 16), dtype="uint8")
            pixels[0, 0] = number
            Image.fromarray(pixels).save(folder / "shots" / name / f"{number}.png")
    return RowsAsked(folder / "shots")


def of_kerastuner(folder: Path) -> RowsAsked:
    (folder / "tuned.py").write_text(BUILD)
    x = draw().normal(size=(ROWS, 3)).astype("float32")
    np.savez(folder / "rows.npz", x=x, y=(x[:, 0] > 0).astype(int))
    return RowsAsked(folder / "tuned.py:build", data=folder / "rows.npz")


KINDS: dict[str, tuple[Callable[[Path], RowsAsked], str]] = {
    "columns": (of_columns, 'table("Homes 2024.csv", target="sold by")'),
    "texts": (of_texts, 'table("votes.csv", target="vote", texts=["said"], drop=["id"])'),
    "series": (of_series, 'series("load.csv", target="load", time="hour", window=Int(12, 48), '),
    "arrays": (of_arrays, 'npz("rows.npz")'),
    "small pictures": (of_small_pictures, "space=PictureSpace("),
    "a folder": (of_a_folder, 'pictures("shots")'),
    "kerastuner": (of_kerastuner, "model=kerastuner(build)"),
}


@pytest.fixture(params=KINDS)
def written(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    monkeypatch.chdir(tmp_path)
    make, expected = KINDS[request.param]
    file = init(make(tmp_path)).file
    assert expected in file.read_text()
    return file


@pytest.mark.keras
def test_a_configuration_of_what_is_written_is_trained(written: Path) -> None:
    assert written.resolve().parent == Path.cwd()
    assert try_study(executed(written), Options(epochs=1)).state is search.State.COMPLETE


@pytest.mark.long
@pytest.mark.ray
@pytest.mark.keras
def test_what_is_written_runs(written: Path) -> None:
    run = search.run(written, trials=2, epochs=2, progress=False)
    assert run.state == "finished"


def test_columns_are_told_and_a_file_is_not_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = of_columns(tmp_path)
    assert command(["init", str(asked.rows)]) == 2
    assert "--target: which column is to be predicted; give one: size" in capsys.readouterr().err
    assert command(["init", str(asked.rows), "--target", "sold by"]) == 0
    told = capsys.readouterr()
    assert told.out == "homes_2024.py\n"
    assert "columns: size (number), town (category)" in told.err
    assert "left out: number (a running number)" in told.err
    assert "said holds texts" in told.err
    before = Path("homes_2024.py").read_text()
    assert command(["init", str(asked.rows), "--target", "town"]) == 2
    assert "--out homes_2024.py: it is there already" in capsys.readouterr().err
    assert Path("homes_2024.py").read_text() == before
    assert command(["init", str(asked.rows), "--target", "town", "--out", "b/c.py"]) == 2
    assert "there is no such folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["init"], "which rows are to be searched; name their file or folder"),
        (["init", "no.csv"], "no.csv: there is no such file; give a table"),
        (["init", "votes.csv", "--target", "votes"], "did you mean 'vote'?"),
        (["init", "votes.csv", "--target", "vote", "--out", "a.txt"], "a space file ends in .py"),
        (["init", "votes.csv", "--target", "vote", "--horizon", "3"], "votes.csv"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    words: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    of_texts(tmp_path)
    assert command(words) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["votes.csv"]


def test_what_no_ready_space_searches_is_told_and_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    np.savez(tmp_path / "masks.npz", x=draw().random((60, 8, 8)), y=np.zeros((60, 8, 8), "uint8"))
    assert command(["init", "masks.npz"]) == 2
    assert "the targets are y (rows, 8, 8) of uint8, and a PictureSpace" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["masks.npz"]


def test_a_file_of_kerastuner_stays_beside_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "theirs").mkdir()
    asked = of_kerastuner(tmp_path / "theirs")
    monkeypatch.chdir(tmp_path)
    assert init(asked).file.parent == asked.rows.parent
    with pytest.raises(InputError, match=r"imports from tuned.py; write it beside that"):
        init(asked, Path("study.py"))
