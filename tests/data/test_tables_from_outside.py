"""Tables as offices keep them: dotted thousands, yes in two languages, clocks, postcodes."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from search.data.column_types import read_column
from search.data.known_columns import read_as_trained
from search.data.leaks import leaks
from search.data.new_rows import rows_from
from search.data.split import Split
from search.data.table import table
from search.data.table_reader import of_frame, read_sheet
from search.data.targets import targets_of
from search.data.yes_no import place_of_yes
from search.study.errors import InputError
from search.study.signature import Signature, Values

WHOLE = ["418", "1.816", "814", "4.286", "2.000", "12.345"]


@pytest.mark.parametrize("mark", [".", ",", "'", " ", "\u202f"])
@pytest.mark.parametrize("unit", ["", " €", " kg"])
@pytest.mark.parametrize("hint", [".", ","])
def test_thousands_are_read_as_such(mark: str, unit: str, hint: str) -> None:
    cells = pd.Series([text.replace(".", mark) + unit for text in WHOLE])
    assert read_column(cells, hint).values.tolist() == [418, 1816, 814, 4286, 2000, 12345]


@pytest.mark.parametrize(
    "cells",
    [
        ["418", "1.816", "814", "4.28"],
        ["418", "1.816", "814", "4.2860", "3.333"],
        ["418", "0.816", "814", "4.286", "3.333"],
        ["2938", "1.816", "814", "4.286", "3.333"],
        ["418", "1.816"],
        ["21.189", "1.816", "8.140"],
        ["0", "1.816", "8.143", "7.777"],
    ],
)
def test_what_may_be_decimals_stays(cells: list[str]) -> None:
    assert read_column(pd.Series(cells)).values.tolist() == [float(cell) for cell in cells]


@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_thousands_of_a_file_and_of_a_target(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "a.csv"
    lines = [f"{text}{separator}{place % 3}" for place, text in enumerate(WHOLE * 9)]
    path.write_text("\n".join([f"y{separator}a", *lines]))
    data = table(path, target="y", task="regression").load()
    assert data.y[:4, 0].tolist() == [418, 1816, 814, 4286]
    (note,) = (note for note in data.given.notes if "'y'" in note)
    assert note.endswith("'1.816' is 1816, though 1.816 would do too")


def test_new_rows_have_the_same_thousands() -> None:
    form = read_column(pd.Series(WHOLE)).form
    sheet = of_frame(pd.DataFrame({"a": ["1.816", "2"]}))
    assert read_as_trained(sheet, "a", "number", form).values.tolist() == [1816, 2]


@pytest.mark.parametrize(
    ("names", "yes"),
    [
        (("ja", "nein"), "ja"),
        (("nein", "yes"), "yes"),
        (("no", "sí"), "sí"),
        (("oui", "non"), "oui"),
        (("0", "1"), "1"),
        (("False", "True"), "True"),
        (("FALSCH", "WAHR"), "WAHR"),
        (("negative", "positive"), "positive"),
        (("ano", "ne"), "ano"),
        (("fraud", "no fraud"), "fraud"),
        (("Betrug", "kein Betrug"), "Betrug"),
        (("cat", "dog"), None),
        (("n", "s"), "s"),
    ],
)
def test_yes_is_the_positive_class(names: tuple[str, str], yes: str | None) -> None:
    place = place_of_yes(names)
    assert (None if place is None else names[place]) == yes
    for frequent in (0, 1):
        y = np.array([*names, *[names[frequent]] * 8], dtype=object)
        found = targets_of(y, None)
        assert found.names[1] == (yes or names[1])
        assert [found.names[code] for code in found.y] == y.tolist()


def test_the_positive_class_is_said(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": np.arange(40) % 7 + 0.5, "y": ["good"] * 36 + ["bad"] * 4})
    data = table(frame, "y").load()
    assert data.class_names == ("bad", "good")
    assert any("of class 'good'" in note and "positive='bad'" in note for note in data.given.notes)
    data = table(frame, "y", positive="BAD").load()
    assert data.class_names == ("good", "bad")
    assert data.y.sum() == 4
    assert not any("of class" in note for note in data.given.notes)
    with pytest.raises(
        InputError, match="positive='bat': no class has this name; did you mean 'bad'"
    ):
        table(frame, "y", positive="bat").load()
    with pytest.raises(InputError, match="positive='1': one of two classes is positive"):
        table(frame, "a", positive="1", task="regression").load()


def test_yes_in_several_languages_is_one_value() -> None:
    cells = ["ja", "yes", "Ja", "JA", "nein", "No", "no"] * 6
    data = table(pd.DataFrame({"a": cells, "b": np.arange(42) % 5 + 0.5, "y": cells}), "y").load()
    assert data.y.tolist() == [1, 1, 1, 1, 0, 0, 0] * 6
    preparation = Split().parts(data).preparation
    assert preparation is not None
    assert len([name for name in preparation.names if name.startswith("a = ")]) == 2
    compass = table(pd.DataFrame({"b": np.arange(42) % 5, "y": list("NSOW") * 10 + ["N"] * 2}), "y")
    assert len(compass.load().class_names) == 4


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        (["12 kg", "12000 g", "3 kg"], [12, 12, 3]),
        (["1234,- €", "12,-", "1.234,-- €"], [1234, 12, 1234]),
        (["12:30", "1:15", "00:15:30"], [12.5, 1.25, 0.25 + 30 / 3600]),
    ],
)
def test_units_cents_and_clocks(cells: list[str], wanted: list[float]) -> None:
    read = read_column(pd.Series(cells))
    np.testing.assert_allclose(read.values, wanted)
    again = read_as_trained(of_frame(pd.DataFrame({"a": cells})), "a", "number", read.form)
    np.testing.assert_allclose(again.values, wanted)


def test_codes_keep_their_zeros(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("plz,n,y\n" + "01067,7,a\n80331,12,b\n10115,9,a\n" * 10)
    data = table(path, "y").load()
    assert data.columns is not None
    assert data.columns.kinds == {"plz": "category", "n": "number"}
    assert data.columns["plz"][:3].tolist() == ["01067", "80331", "10115"]
    assert read_column(pd.Series(["007", "12"])).kind == "number"


def test_mostly_numbers_are_said() -> None:
    note = read_column(pd.Series(["12 kg", "5 stone", "x y", "7 kg", "8 kg"])).note
    assert note.startswith("most cells look like numbers, such as '12 kg', but 'x y' does not")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("30. 4. 2022", "2022-04-30"),
        ("29. September 2023", "2023-09-29"),
        ("1. März 2024", "2024-03-01"),
        ("12. Dez. 2023", "2023-12-12"),
        ("3 août 2021", "2021-08-03"),
        ("29 de septiembre de 2023", "2023-09-29"),
        ("5 maggio 2020", "2020-05-05"),
    ],
)
def test_dates_with_blanks_and_month_names(text: str, day: str) -> None:
    read = read_column(pd.Series([text, text]))
    assert read.values.astype("datetime64[D]").astype(str).tolist() == [day, day]


def test_a_cell_that_training_took_for_missing_is_missing_again() -> None:
    cells = pd.Series([*["30.04.2022", "01.05.2022"] * 10, "31.02.2022"])
    read = read_column(cells)
    assert read.missing.sum() == 1
    again = read_as_trained(of_frame(pd.DataFrame({"a": cells})), "a", "date", read.form)
    assert (again.missing == read.missing).all()
    assert "'31.02.2022'" in again.note
    other = pd.DataFrame({"a": [*cells[:20], "12/31/2024"]})
    with pytest.raises(InputError, match=r"'12/31/2024' is not a date written as DD\.MM\.YYYY"):
        read_as_trained(of_frame(other), "a", "date", read.form)


def test_copies_on_validation_rows_count_with_a_last_fit() -> None:
    draw = np.random.default_rng(0)
    frame = pd.DataFrame({"a": draw.normal(size=300), "y": draw.integers(0, 2, 300)})
    data = table(pd.concat([frame, frame], ignore_index=True), "y").load()
    parts = Split().parts(data)
    counts = []
    for refit in (False, True):
        (said,) = (one.text for one in leaks(data, parts, refit=refit) if one.code == "S002")
        counts.append(int(said.split(" of ")[0]))
    values = [rows.x[:, 0].tolist() for rows in (parts.train, parts.validation, parts.held_out)]
    trains, both = set(values[0]), set(values[0] + values[1])
    wanted = [sum(value in of for value in values[2]) for of in (trains, both)]
    assert counts == wanted
    assert counts[1] > counts[0]


def test_rows_without_a_value_keep_their_place_among_new_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a;b;c\n1;x;\n;;\n2;y;\n;;\n;;\n")
    assert len(read_sheet(path).frame) == 2
    signature = Signature("regression", ("y",), {"a": "number", "c": "number"})
    new = rows_from(signature, [path])
    assert len(new.rows) == 3  # those at the end are none
    assert any("1 empty row between others, without any value" in note for note in new.notes)
    assert "column 'c': no value in any row: taken for missing" in new.notes


def test_brighter_than_white_is_another_scale() -> None:
    old = Values(0.0, 1.0, whole=False)
    assert old.unlike(Values(0.0, 1.3, whole=False)) == "bring them to the same scale"
    assert old.unlike(Values(0.0, 1.02, whole=False)) == ""


@pytest.mark.parametrize(
    "codes",
    [["01000", "01009", "08999"], ["001", "042", "059"], ["007", "008", "009"], ["01", "05", "12"]],
    ids=["of one region", "shops", "all of one length without zeros", "months"],
)
def test_codes_with_zeros_in_front_are_texts(tmp_path: Path, codes: list[str]) -> None:
    path = tmp_path / "codes.csv"
    lines = [f"{code},{i % 7},{'ab'[i % 2]}" for i, code in enumerate(codes * 12)]
    path.write_text("\n".join(["code,n,y", *lines]))
    columns = table(path, target="y").load().columns
    assert columns is not None
    assert sorted(set(columns["code"])) == codes
    assert columns["n"].dtype.kind == "f"
