"""New rows are read as what the model was trained on, whatever their few values look like."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from search import InputError
from search.data.columns import Columns
from search.data.new_rows import new_rows, rows_from
from search.data.tree import TEXT, Leaf, Tree
from search.study.signature import Signature, Values

HOMES = Signature(
    "regression",
    ("price",),
    {"size": "number", "zip": "category", "garden": "boolean", "built": "date"},
)
POINTS = Signature("binary", ("outer", "inner"), shape=(2,), features=("x1", "x2"))


def read(tmp_path: Path, text: str) -> tuple[Columns, tuple[str, ...]]:
    (tmp_path / "rows.csv").write_text(text)
    columns, notes = new_rows(HOMES, tmp_path / "rows.csv")
    assert isinstance(columns, Columns)
    return columns, notes


def test_each_column_is_of_the_kind_that_it_was(tmp_path: Path) -> None:
    columns, notes = read(
        tmp_path, "built,zip,garden,size,price\n2020-01-02,01067,0,70,9\n,,,,\n2021-01-02,7,1,,\n"
    )
    assert columns.kinds == HOMES.columns
    assert columns["zip"][[0, 2]].tolist() == ["01067", "7"]
    np.testing.assert_array_equal(columns["garden"], [0, np.nan, 1])
    np.testing.assert_array_equal(columns["size"], [70, np.nan, np.nan])
    assert np.isnat(columns["built"]).tolist() == [False, True, False]
    empty, ignored = notes
    assert empty.endswith("rows.csv: 1 empty row between others, without any value")
    assert ignored == "columns that the model does not take are ignored: price"


def test_columns_without_a_value_are_all_missing(tmp_path: Path) -> None:
    columns, _ = read(tmp_path, "size,zip,garden,built,a\n,,,,1\n,,,,2\n")
    assert all(columns.missing(name).all() for name in columns.names)


def test_parquet_brings_its_own_types(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"size": [1.5], "zip": [7], "garden": [True], "built": [pd.Timestamp("2020-01-02")]}
    )
    frame.to_parquet(tmp_path / "rows.parquet")
    columns, notes = new_rows(HOMES, tmp_path / "rows.parquet")
    assert isinstance(columns, Columns)
    assert columns["zip"].tolist() == ["7"]
    assert (columns["size"].tolist(), columns["garden"].tolist(), notes) == ([1.5], [1.0], ())


TEXTS = Signature("binary", ("no", "yes"), inputs=(Leaf((), (), TEXT),))
ONE_NUMBER = Signature("binary", ("no", "yes"), shape=(1,), features=("x",))


def test_a_csv_of_one_column(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text('text\nuser when and system\n"down, now"\n\nlate\n\n\n')
    rows, _ = new_rows(TEXTS, path)
    assert isinstance(rows, Tree)
    assert rows.leaves[()].tolist() == ["user when and system", "down, now", "", "late"]
    path.write_text("\nx\n1.5\n2\n")
    np.testing.assert_array_equal(new_rows(ONE_NUMBER, path)[0], [[1.5], [2]])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x\n1\n\n3\n", "line 3, column 'x': no value, and this model needs one"),
        ("y\n1\n", "there is no column 'x', which the model takes"),
        ("x\n1,2\n", "line 2: it has 2 cells and the header 1"),
        ("x\n\n", "no row has a value"),
    ],
)  # fmt: skip
def test_faults_in_a_csv_of_one_column(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "rows.csv").write_text(text)
    with pytest.raises(InputError, match=says):
        new_rows(ONE_NUMBER, tmp_path / "rows.csv")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("size,zip,garden\n1,2,0\n", ("rows.csv", "no column 'built'", "known are")),
        ("Size,zip,garden,built\n1,2,0,\n", ("no column 'size'", "did you mean 'Size'?")),
        ("Size,ZIP,garden,built\n1,2,0,\n",
         ("missing: size, zip; write 'Size' as 'size', 'ZIP' as 'zip' (they differ in upper",)),
        ("Size,garden,built\n1,0,\n",
         ("write 'Size' as 'size' (they differ in upper and lower case alone), and add the",)),
        ("Size,zip,garden,built\n1,2,0,\n", ("They differ in upper and lower case alone",)),
        ("size,zip,garden,built\n1,2,0,\nbig,2,0,\n", ("line 3, column 'size'", "'big' is not a")),
        ("size,zip,garden,built\n1,2,0.5,\n", ("line 2, column 'garden'", "not a boolean")),
        ("size,zip,garden,built\n1,2,0,1\n", ("line 2, column 'built'", "not a date")),
        ("size,zip,garden,built\n1e99,2,0,\n", ("line 2, column 'size'", "1e+99")),
        ("size,zip,garden,built\n1,2\n", ("line 2", "it has 2 cells and the header 4")),
        ("size,zip,garden,built\n", ("a header and no rows",)),
        ("", ("the file is empty",)),
    ],
)  # fmt: skip
def test_rows_that_do_not_fit(tmp_path: Path, text: str, says: tuple[str, ...]) -> None:
    with pytest.raises(InputError) as error:
        read(tmp_path, text)
    assert all(part in str(error.value) for part in says), error.value


def test_flat_arrays_come_from_a_table_too(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("name,x2,x1\na,2,1\nb,4,3\n")
    x, notes = new_rows(POINTS, tmp_path / "rows.csv")
    assert isinstance(x, np.ndarray)
    assert (x.tolist(), x.dtype) == ([[1, 2], [3, 4]], np.float32)
    assert notes == ("columns that the model does not take are ignored: name",)
    (tmp_path / "gap.csv").write_text("x2,x1\n2,1\n,3\n")
    with pytest.raises(InputError, match="line 3, column 'x2': no value"):
        new_rows(POINTS, tmp_path / "gap.csv")


@pytest.mark.parametrize("name", ["x", "rows"])
def test_arrays_come_from_numpy_files(tmp_path: Path, name: str) -> None:
    np.save(tmp_path / "rows.npy", np.ones((3, 2)))
    np.savez(tmp_path / "rows.npz", **{name: np.ones((3, 2))})
    for file in ("rows.npy", "rows.npz"):
        x, notes = new_rows(POINTS, tmp_path / file)
        assert isinstance(x, np.ndarray)
        assert (x.shape, x.dtype, notes) == ((3, 2), np.float32, ())


def test_all_missing_columns_are_named_at_once() -> None:
    frame = pd.DataFrame({"size": [1.0]})
    lacking = [name for name in HOMES.table if name != "size"]
    assert len(lacking) > 1
    with pytest.raises(InputError, match=f"are missing: {', '.join(lacking)}"):
        rows_from(HOMES, frame)
    with pytest.raises(InputError, match=r"its columns are numbered, and the model takes x1, x2"):
        rows_from(POINTS, pd.DataFrame(np.zeros((3, 2))))


GREY = Signature(
    "binary", ("cat", "dog"), shape=(4, 6, 1), pictures=True, values=Values(0.0, 1.0, whole=False)
)
COLOUR = replace(GREY, shape=(4, 6, 3))


def picture(path: Path, mode: str = "L", size: tuple[int, int] = (12, 8)) -> Path:
    """Of a brightness that grows to the right."""
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    grows = np.tile(np.linspace(0, 255, size[0]).astype(np.uint8), (size[1], 1))
    Image.fromarray(grows).convert(mode).save(path)
    return path


def test_pictures_are_read_as_those_that_trained(tmp_path: Path) -> None:
    from search import pictures

    one = picture(tmp_path / "all" / "cat" / "1.png")
    picture(tmp_path / "all" / "cat" / "2.png", size=(9, 9))
    picture(tmp_path / "all" / "dog" / "1.jpg")
    picture(tmp_path / "all" / "dog" / "2.bmp")
    trained = pictures(tmp_path / "all", size=(4, 6)).load()
    assert trained.pictures
    whole = rows_from(GREY, [tmp_path / "all"])
    assert [Path(file).name for file in whole.files] == ["1.png", "2.png", "1.jpg", "2.bmp"]
    np.testing.assert_array_equal(whole.rows, trained.x)
    np.testing.assert_array_equal(rows_from(GREY, [one]).rows, trained.x[:1])
    both = rows_from(GREY, [tmp_path / "all" / "dog", one])
    np.testing.assert_array_equal(both.rows, trained.x[[2, 3, 0]])
    in_colour = rows_from(COLOUR, [one]).rows
    assert isinstance(in_colour, np.ndarray)
    np.testing.assert_array_equal(in_colour, np.repeat(trained.x[:1], 3, axis=3))
    written_in_colour = picture(tmp_path / "rgb.png", mode="RGB")
    np.testing.assert_array_equal(rows_from(GREY, [written_in_colour]).rows, trained.x[:1])


def test_pictures_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    from PIL import Image

    red = tmp_path / "red.png"
    Image.new("RGB", (5, 5), "red").save(red)
    with pytest.raises(InputError, match=r"red\.png: it is in colour, and the model was trained"):
        rows_from(GREY, [red])
    broken = tmp_path / "broken.png"
    broken.write_bytes(red.read_bytes()[:40])
    with pytest.raises(InputError, match=r"broken\.png: this is not a complete picture") as refused:
        rows_from(COLOUR, [broken])
    assert str(refused.value).endswith(
        "; write it again or take it away, or leave it out by skip_broken=True"
    )
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="empty: there is no picture in it"):
        rows_from(GREY, [tmp_path / "empty"])
    (tmp_path / "rows.csv").write_text("a\n1\n")
    with pytest.raises(InputError, match=r"rows\.csv: this is not a picture by its name"):
        rows_from(GREY, [tmp_path / "rows.csv"])
    with pytest.raises(InputError, match="was not trained on files of pictures; give arrays"):
        rows_from(POINTS, [red])
    with pytest.raises(InputError, match="give the columns size"):
        rows_from(HOMES, [red])
    with pytest.raises(InputError, match="one file of rows is read at a time"):
        rows_from(POINTS, [tmp_path / "rows.csv", tmp_path / "rows.csv"])


def test_broken_pictures_are_left_out_on_request(tmp_path: Path) -> None:
    from PIL import Image

    files = [tmp_path / f"{name}.png" for name in "abc"]
    for file, colour in zip(files, ["red", "blue", "lime"], strict=True):
        Image.new("RGB", COLOUR.shape[1::-1], colour).save(file)
    files[0].write_bytes(files[0].read_bytes()[:40])
    new = rows_from(COLOUR, [tmp_path], skip_broken=True)
    assert (new.files, new.skipped) == ((str(files[1]), str(files[2])), (str(files[0]),))
    assert isinstance(new.rows, np.ndarray)
    np.testing.assert_array_equal(new.rows[:, 0, 0], [[0, 0, 1], [0, 1, 0]])
    (note,) = new.notes
    assert note.startswith("pictures: left out, since incomplete pictures: ")
    assert note.endswith("a.png (1 file)")
    with pytest.raises(InputError, match=r"none of these is a complete picture: .*a\.png"):
        rows_from(COLOUR, files[:1], skip_broken=True)
    (tmp_path / "rows.csv").write_text("a\n1\n")
    with pytest.raises(InputError, match=r"skip_broken: it is for pictures, and .*rows\.csv"):
        rows_from(POINTS, [tmp_path / "rows.csv"], skip_broken=True)


def test_pictures_of_another_exposure_than_trained_are_refused(tmp_path: Path) -> None:
    twelve_bits = replace(GREY, values=Values(0.014, 0.041, whole=False))
    with pytest.raises(InputError, match="go from 0 to 1, where 1 is white, and the model was"):
        rows_from(twelve_bits, [picture(tmp_path / "1.png", size=(6, 4))])


WHOLE = np.arange(24, dtype=np.uint8).reshape(1, 4, 6, 1) * 10
UNLIKE: dict[str, tuple[Any, Signature, str]] = {
    "0 to 255": (WHOLE, GREY, "go from 0 to 230, and the model was trained on 0 to 1; divide"),
    "0 to 255 as floats": (WHOLE.astype(np.float32), GREY, "divide them by 255"),
    "centred": (
        WHOLE, replace(GREY, values=Values(-1.0, 1.0, whole=False)), "then bring them to −1…1",
    ),
    "0 to 1": (
        WHOLE / 255, replace(GREY, values=Values(0.0, 255.0, whole=True)), "multiply them by 255",
    ),
    "sixteen bits": (WHOLE.astype(np.uint16) * 257, GREY, "divide them by 65535"),
    "sixteen bits for 0 to 255": (
        WHOLE.astype(np.uint16) * 257, replace(GREY, values=Values(0.0, 255.0, whole=True)),
        "divide them by 257",
    ),
    "resized, not divided": (WHOLE * 0.99, GREY, "bring them to the same scale"),
    "centred for 0 to 1": (WHOLE / 115 - 1, GREY, r"give \(x \+ 1\) / 2, if they are of −1…1"),
    "divided twice": (WHOLE / 255 / 255, GREY, "bring them to the same scale"),
    "not standardised": (
        WHOLE * 3, replace(GREY, values=Values(-3.1, 4.2, whole=False)), "go from 0 to 254",
    ),
    "one row": (WHOLE[0] / 255, GREY, r"its shape is \(4, 6, 1\).*give x\[None\]"),
    "no channel": (WHOLE[..., 0] / 255, GREY, r"give x\[\.\.\., None\]"),
    "channels first": (
        np.zeros((2, 3, 4, 6)), COLOUR, r"channels come first, give x\.transpose\(0, 2, 3, 1\)",
    ),
    "grey for colour": (WHOLE / 255, COLOUR, "it has 1 channels in place of 3"),
    "flat": (np.zeros((2, 24)), GREY, r"give x\.reshape\(-1, 4, 6, 1\)"),
    "texts": (np.array(["a"]), GREY, "its values are of type <U1; give numbers"),
    "a gap": (np.full((1, 4, 6, 1), np.nan), GREY, r"place \(0, 0, 0\) in it .from 0. is nan"),
    "columns": (np.zeros((2, 3)), POINTS, r"its shape is \(2, 3\); the model takes \(rows, 2\)"),
}  # fmt: skip


@pytest.mark.parametrize("ending", [".npy", ".npz"])
@pytest.mark.parametrize(("x", "signature", "said"), UNLIKE.values(), ids=UNLIKE)
def test_arrays_that_do_not_fit_are_refused(
    tmp_path: Path, x: Any, signature: Signature, said: str, ending: str
) -> None:
    path = tmp_path / f"x{ending}"
    if ending == ".npy":
        np.save(path, x)
    else:
        np.savez(path, x=x)
    with pytest.raises(InputError, match=said):
        rows_from(signature, [path])


def test_arrays_in_range_are_taken(tmp_path: Path) -> None:
    for values, x in (
        (Values(0.0, 1.0, whole=False), WHOLE / 255),
        (Values(0.0, 255.0, whole=True), WHOLE),
        (Values(-3.1, 4.2, whole=False), WHOLE / 5.0),
        (Values(0.0, 1.0, whole=False), np.zeros((1, 4, 6, 1))),
        (Values(0.0, 1.0, whole=False), WHOLE / 240 - 0.03),
        (None, WHOLE),
    ):
        np.save(tmp_path / "x.npy", x)
        rows = rows_from(replace(GREY, values=values), [tmp_path / "x.npy"]).rows
        np.testing.assert_allclose(rows, x, rtol=1e-6)
