"""The page's lines of Python say of new rows what `search predict` says, run as they stand."""

import csv
import json
import runpy
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from search import Budget, Choice, DenseSpace, Int, Run, Study, arrays, pictures, table
from search import Finals as Settings
from search.data.text_forms import Form
from search.data.tree import TEXT, Leaf
from search.report import use
from search.report.sections import sections
from search.store.run import load_run
from search.study.outputs import Outputs
from search.study.signature import Signature
from tests.playing import Played, play

pytestmark = pytest.mark.keras

QUICK: dict[str, Any] = {
    "budget": Budget(trials=1, epochs=3),
    "finals": Settings(top=1, seeds=1),
}
SPACE = DenseSpace(layers=1, units=Int(4, 8), activation=Choice("relu", "tanh"))
GENERATOR = np.random.default_rng(0)


def rows_of_homes() -> pd.DataFrame:
    """Of each kind a column, with gaps."""
    size = GENERATOR.normal(80, 20, 120).round(1)
    frame = pd.DataFrame(
        {
            "size": size,
            "zip": GENERATOR.choice(["01067", "89073", "10115"], 120),
            "build/year": pd.date_range("1990-01-05", periods=120, freq="37D").strftime("%Y-%m-%d"),
            "garden": GENERATOR.choice([True, False], 120),
            "price": (size * 3 + GENERATOR.normal(0, 5, 120)).round(2),
            "rent": (size / 9 + GENERATOR.normal(0, 0.1, 120)).round(2),
        }
    )
    frame.loc[[3, 50], "size"] = np.nan
    frame.loc[7, "zip"] = None
    return frame


def of_three_logits(width: int) -> Any:
    import keras

    layers = [keras.Input((4,)), keras.layers.Dense(width, "relu"), keras.layers.Dense(3)]
    model = keras.Sequential(layers)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def of_arrays(home: Path) -> Played:
    x = GENERATOR.normal(size=(150, 4)).astype(np.float32)
    y = np.digitize(x[:, 0], [-0.4, 0.4])
    np.save(home / "x.npy", GENERATOR.normal(size=(9, 4)))
    space = {"width": Int(4, 8)}
    study = Study(
        data=arrays(x, y), model=of_three_logits, space=space, objective="val_loss", **QUICK
    )
    return play(study, home / "runs")


def of_table(home: Path) -> Played:
    frame = rows_of_homes()
    frame.head(20).to_csv(home / "rows.csv", index=False)
    study = Study(data=table(frame, target=["price", "rent"]), space=SPACE, **QUICK)
    return play(study, home / "runs")


def of_european_table(home: Path) -> Played:
    """Separated by semicolons, with decimal commas, a title line and an older encoding."""
    frame = rows_of_homes()
    frame["zip"] = frame["zip"].map({"01067": "Köln", "89073": "Münster", "10115": "Ulm"})
    swap = str.maketrans(",.", ".,")
    sizes = (frame["size"] * 100).map("{:,.1f}".format)  # such as 11.160,0
    frame["size"] = sizes.str.translate(swap).where(frame["size"].notna())
    for rows, name in ((frame, "all.csv"), (frame.head(20), "rows.csv")):
        plain = rows.to_csv(index=False, sep=";", decimal=",", float_format="%.1f")
        (home / name).write_bytes(f"Häuser;;;;;\n{plain}".encode("cp1252"))
    study = Study(data=table(str(home / "all.csv"), target=["price", "rent"]), space=SPACE, **QUICK)
    return play(study, home / "runs")


def of_pictures(home: Path) -> Played:
    for name, bright in (("dark", 60), ("light", 190)):
        (home / "all" / name).mkdir(parents=True)
        for i in range(20):
            x = GENERATOR.integers(bright - 50, bright + 50, (10, 12, 3)).astype(np.uint8)
            Image.fromarray(x).save(home / "all" / name / f"{i}.png")
    Image.fromarray(GENERATOR.integers(0, 255, (17, 11, 3)).astype(np.uint8)).save(
        home / "picture.png"
    )
    study = Study(data=pictures(home / "all", size=(6, 8)), space=SPACE, **QUICK)
    return play(study, home / "runs")


MADE = {
    "arrays": (of_arrays, "x.npy"),
    "table": (of_table, "rows.csv"),
    "european": (of_european_table, "rows.csv"),
    "pictures": (of_pictures, "picture.png"),
}
RUN_ALL = """
import json, os, pathlib
found = {}
for home in pathlib.Path.cwd().iterdir():
    os.chdir(home)
    names = {}
    exec((home / "lines.py").read_text(), names)
    found[home.name] = names["predictions"].tolist()
pathlib.Path(home.parent.parent / "found.json").write_text(json.dumps(found))
"""


def in_memory(rows: Path) -> list[Any]:
    """The same rows as a script has them; of pictures there are none."""
    as_texts = partial(pd.read_csv, dtype={"zip": str})
    if rows.parent.name == "european":
        as_texts = partial(
            pd.read_csv, sep=";", decimal=",", thousands=".", encoding="cp1252", skiprows=1
        )
    read = {".npy": np.load, ".csv": as_texts}.get(rows.suffix)
    return [] if read is None else [read(rows)]


@pytest.mark.filterwarnings(
    "ignore:columns that", "ignore:pictures: ", "ignore:file ", "ignore:column "
)
@pytest.mark.parametrize(
    "kinds",
    [("table",), pytest.param(("arrays", "european", "pictures"), marks=pytest.mark.long)],
    ids=" and ".join,
)
def test_the_lines_say_what_predict_says(kinds: tuple[str, ...], tmp_path: Path) -> None:
    from search.commands.predict import predict
    from search.report.material import Material

    expected = {}
    for name in kinds:
        make, rows = MADE[name]
        home = tmp_path / "homes" / name
        home.mkdir(parents=True)
        run = load_run(make(home).path)
        (section,) = [s for s in sections(Material.of(run)) if s.name == "use"]
        (home / "lines.py").write_text(section.code)
        assert "search predict small " in section.text[-1]
        taken = {key: float(value) for key, value in run.arrays("latency").items()}
        assert taken["one"] > 0
        assert taken["many"] > 0
        assert 1 < taken["rows"] <= 1000
        size = run.folder.model.stat().st_size
        assert f"The file has {size / 1024:.2f}".rstrip("0").rstrip(".") in section.text[0]
        assert f" for {taken['rows']:.0f} rows: medians" in section.text[0]
        predict(run.folder.path, [home / rows], out=home / "said.csv")
        with (home / "said.csv").open() as file:
            lines = list(csv.reader(file))[1:]
        expected[name] = [[float(cell) for cell in line if _is_number(cell)] for line in lines]
        for given in (home / rows, *in_memory(home / rows)):
            frame = Run(run.folder.path).predict(given)
            numbers = frame.select_dtypes("number").to_numpy()
            assert numbers.tolist() == [line[-numbers.shape[1] :] for line in expected[name]]
    subprocess.run(
        [sys.executable, "-c", RUN_ALL],
        cwd=tmp_path / "homes",
        check=True,
        capture_output=True,
        timeout=300,
    )
    found = json.loads((tmp_path / "found.json").read_text())
    for name in kinds:
        says = expected[name]
        if name == "pictures":
            found[name] = [[1 - row[0], row[0]] for row in found[name]]
        if name == "arrays":
            says = np.array(says)[:, -3:]  # the predicted class is a number too
        np.testing.assert_allclose(found[name], says, rtol=1e-4, atol=1e-5)


def _is_number(cell: str) -> bool:
    return cell.replace(".", "", 1).replace("-", "").replace("e", "").isdigit()


def test_the_lines_follow_what_outputs_mean() -> None:
    from search.report.use import lines

    of = {
        kind: "\n".join(lines(Signature("binary", ("a", "b"), shape=(2,), outputs=outputs), "m"))
        for kind, outputs in {
            "logits": Outputs("logits", "sigmoid"),
            "probabilities": Outputs(),
            "scores": Outputs("scores"),
        }.items()
    }
    assert of["logits"].endswith(
        "predictions = keras.ops.convert_to_numpy(keras.ops.sigmoid(predictions))"
    )
    assert of["probabilities"] == of["scores"]
    assert of["scores"].endswith("predictions = model.predict(x, verbose=0)")
    dated = Signature(
        "regression", ("y",), {"seen": "date"}, forms={"seen": Form(dates=("%d.%m.%Y",))}
    )
    assert "{'seen': '%d.%m.%Y'}" in "\n".join(lines(dated, "m"))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"inputs": (Leaf((), (), TEXT),)}, "the column text"),
        ({"features": ("x1", "x2")}, "the columns x1, x2"),
        ({"features": tuple(f"x{n}" for n in range(1, 9))}, "the columns x1, x2, …, x8"),
        ({"columns": {"size": "number"}}, ""),  # a table of yours has them
        ({"features": tuple(f"x{n}" for n in range(99))}, ""),  # a file of NumPy's
        ({"shape": (4, 4)}, ""),
    ],
)
def test_columns_that_no_table_of_yours_has_are_told_with_the_command(
    given: dict[str, Any], told: str
) -> None:
    assert use.columns_to_write(Signature("binary", ("a", "b"), **given)) == told


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.00421, "4.2 ms"), (0.2, "200 ms"), (1.26, "1.3 s")]
)
def test_how_long_a_call_takes_has_a_unit_that_fits(seconds: float, told: str) -> None:
    assert use.seconds_text(seconds) == told


SHADES = GENERATOR.integers(0, 255, (17, 11)).astype(np.uint8)
TURNED = Image.Exif()
TURNED[0x0112] = 6
KINDS: dict[str, tuple[Image.Image, dict[str, Any]]] = {
    "grey.png": (Image.fromarray(SHADES), {}),
    "sixteen bits.png": (Image.fromarray(SHADES.astype(np.uint16) * 257), {}),
    "twelve bits.tif": (Image.fromarray(SHADES.astype(np.uint16) * 16), {}),
    "floats.tif": (Image.fromarray(SHADES.astype(np.float32) / 255), {}),
    "two tones.png": (Image.fromarray(SHADES > 99), {}),
    "grey and clear.png": (Image.fromarray(np.stack([SHADES, SHADES], 2), "LA"), {}),
    "grey palette.png": (Image.fromarray(SHADES).convert("P"), {}),
    "palette.gif": (Image.fromarray(np.dstack([SHADES, SHADES.T[:1].mean() + 0 * SHADES, SHADES])
                                    .astype(np.uint8)).quantize(20), {}),
    "clear.png": (Image.fromarray(np.dstack([SHADES, SHADES // 2, SHADES, SHADES])), {}),
    "print.jpg": (Image.fromarray(np.dstack([SHADES] * 3)).convert("CMYK"), {}),
    "turned.jpg": (Image.fromarray(np.dstack([SHADES] * 3)), {"exif": TURNED}),
    "turned sixteen bits.png": (Image.fromarray(SHADES.astype(np.uint16) * 257), {"exif": TURNED}),
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_the_lines_read_every_kind_of_picture_as_training_does(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from search.data.new_rows import rows_from
    from search.report.use import lines

    picture, how = KINDS[name]
    picture.save(tmp_path / name, **how)
    for n in range(4):
        (tmp_path / "all" / str(n % 2)).mkdir(parents=True, exist_ok=True)
        picture.save(tmp_path / "all" / str(n % 2) / f"{n}{Path(name).suffix}", **how)
    trained = pictures(tmp_path / "all", size=(6, 8)).load().x
    (tmp_path / name).rename(tmp_path / "picture.png")  # Pillow goes by what is in it
    monkeypatch.chdir(tmp_path)
    for channels in {trained.shape[-1], 3}:
        signature = Signature("binary", ("a", "b"), shape=(6, 8, channels), pictures=True)
        of_picture = [line for line in lines(signature, "m") if "model" not in line]
        (tmp_path / "lines.py").write_text("\n".join(of_picture))
        names = runpy.run_path("lines.py")
        expected = rows_from(signature, [tmp_path / "picture.png"]).rows
        np.testing.assert_allclose(names["x"], expected, atol=1e-7)
        np.testing.assert_allclose(expected, trained[:1] + np.zeros(channels), atol=1e-7)
