"""The winner as it is served, asked by the form's own runtime and beside `search predict`."""

import csv
import io
import re
import runpy
import shutil
from datetime import date
from pathlib import Path

import keras
import numpy as np
import onnxruntime
import pandas as pd
import pytest
import tensorflow as tf

from search import Split, table
from search.app.served import export_as
from search.report.material import Material
from search.report.sections import sections
from search.store.model_file import signed
from search.store.opening import in_units
from search.store.run import load_run
from search.study.errors import InputError
from search.study.signature import Signature
from search.training.export import keras_bytes, of_raw_columns
from tests.functional.command import ROOT, within

pytestmark = pytest.mark.keras
BESIDE = {"README.md", "client.py", "form.json"}
ROWS = pd.DataFrame(
    {
        "Größe in m²": [85.5, None, 120.0, 1e6],
        "town": ["Ulm", "Bonn", "", "Nowhere"],
        "built on": ["2001-02-03", "2011-12-13", "", "1999-01-01"],
    }
)


@pytest.fixture
def homes(tmp_path: Path) -> Path:
    """A model file of a table with numbers, texts and dates; its weights are by chance."""
    draw = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "Größe in m²": draw.uniform(20, 200, 120),
            "town": draw.choice(["Ulm", "Bonn", ""], 120),
            "built on": pd.date_range("2001-01-01", periods=120).strftime("%Y-%m-%d"),
            "price": draw.uniform(1, 9, 120),
        }
    )
    frame.to_csv(tmp_path / "homes.csv", index=False)
    data = table(str(tmp_path / "homes.csv"), target="price").load()
    parts = Split().parts(data)
    keras.utils.set_random_seed(0)
    inner = keras.Sequential([keras.Input(parts.train.x.shape[1:]), keras.layers.Dense(1)])
    inner.compile("sgd", "mse")
    model = of_raw_columns(inner, parts.preparation)
    path = tmp_path / "homes.keras"
    path.write_bytes(signed(keras_bytes(model), Signature.of(data, parts)))
    ROWS.to_csv(tmp_path / "rows.csv", index=False)
    return path


def test_tensorflows_loader_says_of_raw_columns_what_predict_says(homes: Path) -> None:
    folder = homes.parent / "out"
    exported = within(homes.parent, "export", "homes.keras", "--to", "serving", "--out", "out")
    assert exported.code == 0, exported.err
    assert "outputs equal Keras's within" in exported.err
    serve = tf.saved_model.load(str(folder / "saved_model" / "1")).signatures["serving_default"]
    days = [
        (date.fromisoformat(day) - date(1970, 1, 1)).days if day else np.nan
        for day in ROWS["built on"]
    ]
    found = serve(
        Gr__e_in_m_=tf.constant(ROWS["Größe in m²"].to_numpy()[:, None]),
        town=tf.constant(ROWS["town"].to_numpy(dtype=object)[:, None]),
        built_on=tf.constant(np.array(days)[:, None]),
    )
    said = within(homes.parent, "predict", "homes.keras", "rows.csv")
    told = [float(line["price"]) for line in csv.DictReader(io.StringIO(said.out))]
    assert found["predictions"].numpy()[:, 0] == pytest.approx(told, rel=1e-5)
    assert (
        "| `Gr__e_in_m_` | Größe in m² | float64 | (rows, 1) |"
        in (folder / "README.md").read_text()
    )


@pytest.mark.parametrize("form", ["onnx", "litert"])
def test_texts_have_only_a_saved_model_and_nothing_is_left(form: str, homes: Path) -> None:
    with pytest.raises(InputError, match="'town' is of texts, and the layer TextVectorization"):
        export_as(homes, form, homes.parent / "out")
    assert not (homes.parent / "out").exists()


@pytest.mark.parametrize("form", ["serving", "onnx", "litert"])
def test_clients_run_and_say_what_predict_says(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "runs" / "gold"
    shutil.copytree(ROOT / "tests" / "gold" / "run", run)
    monkeypatch.chdir(tmp_path)
    exported = within(tmp_path, "export", "gold", "--to", form)
    assert exported.code == 0, exported.err
    folder = tmp_path / "exports" / f"gold-{form}"
    rows = np.random.default_rng(1).normal(size=(50, 2)).astype("float32")
    np.save("rows.npy", rows)
    said = within(tmp_path, "predict", "gold", "rows.npy")
    told = [float([*line.values()][-1]) for line in csv.DictReader(io.StringIO(said.out))]
    if form == "serving":
        served = tf.saved_model.load(str(folder / "saved_model" / "1"))
        found = served.signatures["serving_default"](rows=tf.constant(rows))["predictions"].numpy()
    elif form == "litert":
        from ai_edge_litert.interpreter import Interpreter

        call = Interpreter(str(folder / "model.tflite")).get_signature_runner()
        found = call(rows=rows)["predictions"]
    else:
        session = onnxruntime.InferenceSession(str(folder / "model.onnx"))
        (found,) = session.run(None, {session.get_inputs()[0].name: rows})
    assert found[:, -1] == pytest.approx(told, abs=1e-6)
    assert "`search report runs/gold` has size and time on the page" in exported.err
    (section,) = [one for one in sections(Material.of(load_run(run))) if one.name == "use"]
    (line,) = section.tables[0].rows
    size = sum(
        of.stat().st_size for of in folder.rglob("*") if of.is_file() and of.name not in BESIDE
    )
    assert line[:3] == (form, f"exports/gold-{form}", in_units(size))
    assert f"; {float(line[3].removesuffix(' ms')):.2g} ms a call of one row" in exported.err
    monkeypatch.chdir(folder)
    capsys.readouterr()
    runpy.run_path("client.py")
    assert "[[" in capsys.readouterr().out


@pytest.mark.parametrize("form", ["serving", "onnx", "litert"])
def test_names_that_become_equal_in_ascii_are_told_apart(form: str, tmp_path: Path) -> None:
    taken = ["面積", "階数", "Größe", "Gräße", "Gr__e", "Gr__e_2", "self"]
    inputs = {name: keras.Input((1,), name=name) for name in taken}
    both = keras.layers.Concatenate()([*inputs.values()])
    given = {"価格": keras.layers.Dense(1)(both), "賃料": keras.layers.Dense(1)(both)}
    path = tmp_path / "homes.keras"
    columns = dict.fromkeys(taken, "number")
    signature = Signature("regression", ("a", "b"), columns)
    path.write_bytes(signed(keras_bytes(keras.Model(inputs, given)), signature))
    export_as(path, form, tmp_path / "out")
    readme = (tmp_path / "out" / "README.md").read_text()
    names = re.findall(r"^\| `(\w+)` \| (\S+) \|", readme, re.MULTILINE)
    assert sorted(column for _, column in names) == sorted(taken)
    assert len({name for name, _ in names}) == len(taken)
    assert "self" not in {name for name, _ in names}


def test_what_a_converter_cannot_do_is_told_without_the_code_around_it(tmp_path: Path) -> None:
    inputs = {name: keras.Input((1,), name=name, dtype="float64") for name in "ab"}
    both = keras.layers.Concatenate(dtype="float64")([*inputs.values()])
    path = tmp_path / "homes.keras"
    signature = Signature("regression", ("price",), dict.fromkeys("ab", "number"))
    model = keras.Model(inputs, keras.layers.Dense(1)(both))
    path.write_bytes(signed(keras_bytes(model), signature))
    says = r"LiteRT says: 'tf\.\w+' op is neither a custom op nor a flex op; give another form"
    with pytest.raises(InputError, match=says):
        export_as(path, "litert", tmp_path / "out")


def test_a_client_of_large_inputs_is_short_and_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    layers = [keras.Input((16, 16, 3)), keras.layers.Flatten(), keras.layers.Dense(1)]
    path, out = tmp_path / "pictures.keras", tmp_path / "out"
    signature = Signature("regression", ("price",), shape=(16, 16, 3))
    path.write_bytes(signed(keras_bytes(keras.Sequential(layers)), signature))
    export_as(path, "serving", out)
    assert max(map(len, (out / "client.py").read_text().splitlines())) < 100
    monkeypatch.chdir(out)
    runpy.run_path("client.py")
    assert "[[" in capsys.readouterr().out


@pytest.mark.parametrize("middle", ["Flatten", "LSTM"])
def test_windows_that_a_layer_standardises_can_be_had_as_onnx(middle: str, tmp_path: Path) -> None:
    mean, variance = np.array([1.0, 2.0, 3.0]), np.array([4.0, 9.0, 16.0])
    standardised = keras.layers.Normalization(mean=mean, variance=variance)
    inner = keras.layers.Flatten() if middle == "Flatten" else keras.layers.LSTM(5)
    last = keras.layers.Dense(4)
    model = keras.Sequential([keras.Input((24, 3)), standardised, inner, last])
    path = tmp_path / "windows.keras"
    signature = Signature("regression", tuple("abcd"), shape=(24, 3))
    path.write_bytes(signed(keras_bytes(model), signature))
    exported = export_as(path, "onnx", tmp_path / "out")
    (told,) = exported.notes
    assert re.search(r"within \S+ on 32 made-up rows; [\d.]+ MB; \S+ ms a call of one row", told)
    assert f"{told}." in (tmp_path / "out" / "README.md").read_text()
    session = onnxruntime.InferenceSession(str(tmp_path / "out" / "model.onnx"))
    rows = np.random.default_rng(1).normal(size=(5, 24, 3)).astype("float32")
    (found,) = session.run(["predictions"], {"rows": rows})
    assert found == pytest.approx(model.predict(rows, verbose=0), abs=1e-4)


def test_a_form_that_is_none_and_one_that_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="give serving, onnx, litert; a folder"):
        export_as(tmp_path, "pickle")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install 'keras-search\\[onnx\\]'"):
        export_as(tmp_path, "onnx")
