"""What people write is read as they meant it: a fuzz of locales, and the habits of programs."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from search import InputError, Split, table
from search.data.column_steps import CategoryStep
from search.data.column_types import columns_of, read_column
from search.data.leaks import leaks
from search.data.new_rows import new_rows, rows_from
from search.data.preparation import Preparation
from search.study.signature import Signature

ROWS = 60
CONVENTIONS = [
    *(("." if mark == "," else ",", mark) for mark in ",."),
    *((mark, blank) for mark in ",." for blank in (" ", "\u00a0", "\u202f", "'", "’", "")),
]
"""Decimal mark and sign between thousands."""
UNITS = ["{} kg", "{}GB", "€ {}", "{} €", "{} EUR", "USD {}", "${}", "{}%", "{} %", "{}°C", "{}"]
NEGATIVES = ["-{}", "−{}", "({})", "- {}", "{}-"]
STRAYS = ["n/a", "unknown", "-", "#DIV/0!", "", "N/A", "k.A."]
DAYS = ["%d.%m.%Y", "%Y-%m-%d", "%m/%d/%Y", "%d/%m/%Y", "%d %b %Y", "%B %d, %Y", "%d-%b-%Y"]
MONTHS = [
    "%b",
    "%B",
    "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "JAN FEB MÄR APR MAI JUN JUL AUG SEP OKT NOV DEZ",
    "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
    "Gennaio Febbraio Marzo Aprile Maggio Giugno Luglio Agosto Settembre Ottobre Novembre Dicembre",
]
"""As Python writes them, and as people of some languages do."""
TIMES = ["", " %H:%M", " %H:%M:%S", " %I:%M %p"]
YES = [("yes", "no"), ("Y", "N"), ("YES", "No"), ("on", "off"), ("ja", "nein"), ("Oui", "non")]


def rendered(value: float, decimals: int, mark: str, thousands: str) -> str:
    text = f"{abs(value):,.{decimals}f}"
    return text.replace(",", "\0").replace(".", mark).replace("\0", thousands)


def noise(draw: np.random.Generator, text: str) -> str:
    return str(draw.choice(["", " ", "  "])) + text + str(draw.choice(["", " "]))


@pytest.mark.parametrize("seed", range(120))
def test_numbers_of_any_convention_are_what_was_written(seed: int) -> None:
    draw = np.random.default_rng(seed)
    mark, thousands = CONVENTIONS[seed % len(CONVENTIONS)]
    unit = UNITS[draw.integers(len(UNITS))]
    decimals = int(draw.integers(1, 3))
    wanted = np.round(draw.normal(size=ROWS) * 10.0 ** draw.integers(0, 7, ROWS), decimals)
    cells, values = [], []
    for value in wanted:
        if draw.random() < 0.1:
            cells.append(str(draw.choice(STRAYS)))
            values.append(math.nan)
            continue
        text = unit.format(rendered(value, decimals, mark, thousands))
        negative = NEGATIVES[draw.integers(len(NEGATIVES))]
        minus = "-{}" if negative == "{}-" and not text[-1].isdigit() else negative
        cells.append(noise(draw, minus.format(text) if value < 0 else text))
        values.append(float(value))
    read = read_column(pd.Series(cells, dtype="object"))
    assert read.kind == "number", cells
    np.testing.assert_allclose(read.values, values, rtol=1e-12)


def dated(moment: pd.Timestamp, form: str, months: str) -> str:
    names = months.split()
    month = moment.strftime(months) if len(names) == 1 else names[moment.month - 1]
    return moment.strftime(form.replace("%b", "§").replace("%B", "§")).replace("§", month)


@pytest.mark.parametrize("seed", range(60))
def test_dates_of_any_format_are_what_was_written(seed: int) -> None:
    draw = np.random.default_rng(seed)
    time = TIMES[draw.integers(len(TIMES))]
    form = DAYS[seed % len(DAYS)] + time
    moments = pd.Timestamp("2001-01-01") + pd.to_timedelta(
        draw.integers(0, 9_000 * 1440, ROWS), unit="min"
    )
    months = MONTHS[seed // len(DAYS) % len(MONTHS)]
    cells = [noise(draw, dated(moment, form, months)) for moment in moments]
    for place in range(0, ROWS, 15):
        cells[place] = str(draw.choice(STRAYS))
    read = read_column(pd.Series(cells, dtype="object"))
    assert read.kind == "date", cells
    wanted = moments if time else moments.normalize()
    there = ~read.missing
    assert there.sum() == ROWS - len(range(0, ROWS, 15))
    np.testing.assert_array_equal(read.values[there], wanted.to_numpy("datetime64[s]")[there])


@pytest.mark.parametrize("words", YES)
def test_yes_and_no_are_one_each_however_they_are_spelled(words: tuple[str, str]) -> None:
    draw = np.random.default_rng(0)
    truth = np.tile([True, False, False, True], 10)
    cells = [words[0] if yes else words[1] for yes in truth]
    cells = [draw.choice([t, t.upper(), t.lower(), t.capitalize(), f" {t} "]) for t in cells]
    columns, _ = columns_of(pd.DataFrame({"a": cells}))
    preparation = Preparation.learnt(columns, np.arange(30))
    assert len(preparation.names) == 2
    features = preparation.apply(columns)
    assert (features[:, 0] == truth).all() or (features[:, 1] == truth).all()
    assert (features.sum(axis=1) == 1).all()
    data = table(pd.DataFrame({"x": np.arange(40) % 7 + 0.5, "y": cells}), target="y").load()
    assert len(data.class_names) == 2
    assert len(set(zip(data.y.tolist(), truth.tolist(), strict=True))) == 2


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        (["A12", "B7", "A3"], "category"),
        (["12 kg", "300 m", "1 t"], "category"),
        (["€ 5", "$ 6", "£ 7"], "category"),
        (["F", "N", "F"], "category"),
        (["12:30", "13:75", "9:00"], "category"),
        (["1-2", "3-4", "5-6"], "category"),
        (["10.0.0.1", "10.0.0.2", "8.8.8.8"], "category"),
        (["1st", "2nd", "3rd"], "category"),
    ],
)
def test_what_is_no_number_stays_text(cells: list[str], says: str) -> None:
    assert read_column(pd.Series(cells * 10, dtype="object")).kind == says


def test_what_can_be_read_in_two_ways_is_said() -> None:
    read = read_column(pd.Series(["1,234", "985", "12,345"]))
    assert read.values.tolist() == [1234, 985, 12345]
    assert read.note == "read as numbers: '1,234' is 1234, though 1.234 would do too"
    assert read_column(pd.Series(["1,234", "985"]), ",").values.tolist() == [1.234, 985]
    assert read_column(pd.Series(["€ 1.234", "€ 985"])).values.tolist() == [1234, 985]
    both = read_column(pd.Series(["31.01.2024", "2024-02-01", "01.03.2024"]))
    assert both.kind == "date"
    assert both.note == "dates in 2 formats (DD.MM.YYYY, YYYY-MM-DD)"


def test_thousands_with_points_are_no_fractions_where_the_file_has_decimal_commas(
    tmp_path: Path,
) -> None:
    head = "price;area;plain;y\n"
    rows = "1.234;15,30;2.5;a\n985;0,5;3.5;b\n12.500;7,25;4.5;a\n"
    (tmp_path / "a.csv").write_text(head + rows * 8)
    columns = table(tmp_path / "a.csv", "y").load().columns
    assert columns is not None
    assert columns["area"][:3].tolist() == [15.3, 0.5, 7.25]
    assert columns["plain"][:3].tolist() == [2.5, 3.5, 4.5]


COMMENTS: dict[str, tuple[str, str]] = {
    "one": ("# made by me\n", "size"),
    "with as many cells as the table": ("#exported; by; me\n", "size"),
    "several and a blank line": ("# a; b\n# c\n\n", "size"),
    "before a header that is one": ("# made by me\n#", "#size"),
    "none, but a header that looks so": ("#", "#size"),
}


@pytest.mark.parametrize(("above", "first"), COMMENTS.values(), ids=COMMENTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-32"])
def test_comments_above_the_header(above: str, first: str, encoding: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(above + CSV + CSV.partition("\n")[2], encoding=encoding)
    columns = table(tmp_path / "a.csv", "y").load().columns
    assert columns is not None
    assert columns.names == (first, "colour")
    assert columns[first].tolist() == [1.5, 2.5, 4.5] * 2


CSV = "size;colour;y\n1,5;red;no\n2,5;blue;yes\n4,5;red;yes\n"
HABITS: dict[str, str] = {
    "Excel's first line": "sep=;\n" + CSV,
    "a title": "Report 2024;;\n;;\n" + CSV,
    "a title of its own": "Report 2024\n\n" + CSV,
    "empty columns at the end": "".join(f"{line};;\n" for line in CSV.splitlines()),
    "empty cells at the end of rows": CSV.replace("\n", ";;\n").replace("y;;\n", "y\n", 1),
    "empty rows": CSV + ";;\n;;\n",
    "an empty row between": CSV.replace("2,5", ";;\n2,5"),
    "a mark": "\ufeff" + CSV,
    "an unnamed column": "".join(
        f"{line};{'Unnamed: 3' if not i else ''}\n" for i, line in enumerate(CSV.splitlines())
    ),
    "errors": CSV + "#DIV/0!;red;no\n",
}


@pytest.mark.parametrize("text", HABITS.values(), ids=HABITS)
def test_habits_of_spreadsheets(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(text + "3,5;blue;no\n")
    data = table(tmp_path / "a.csv", "y").load()
    assert data.columns is not None
    assert data.columns.names == ("size", "colour")
    there = ~data.columns.missing("size")
    assert data.columns["size"][there].tolist() == [1.5, 2.5, 4.5, 3.5]
    (tmp_path / "a.csv").write_text(text + "inf;blue;no\n")
    with pytest.raises(InputError) as caught:  # lines are counted as they stand
        table(tmp_path / "a.csv", "y").load()
    assert f"line {len((text + 'i').splitlines())}, column 'size'" in str(caught.value)


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-16", "utf-8-sig", "mac_roman"])
def test_encodings_of_europe(encoding: str, tmp_path: Path) -> None:
    rows = "Müller,1.5,no\nfrançaise,2.5,yes\nMüller,3.5,no\nétè,4.5,yes\n"
    (tmp_path / "a.csv").write_bytes(("name,x,y\n" + rows * 3).encode(encoding))
    columns = table(tmp_path / "a.csv", "y").load().columns
    assert columns is not None
    assert columns["name"][:4].tolist() == ["Müller", "française", "Müller", "étè"]


def test_excel_files(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    days = pd.date_range("2024-01-01", periods=20)
    frame = pd.DataFrame({"n": np.arange(20) % 7 * 1.5, "d": days, "y": ["a", "b"] * 10})
    frame.loc[3, "n"] = None
    with pd.ExcelWriter(tmp_path / "a.xlsx") as file:
        frame.to_excel(file, index=False, startrow=2)
        file.sheets["Sheet1"].cell(1, 1).value = "Report"
        frame.to_excel(file, sheet_name="Other")
    data = table(tmp_path / "a.xlsx", "y").load()
    assert data.columns is not None
    assert data.columns.kinds == {"n": "number", "d": "date"}
    np.testing.assert_array_equal(data.columns["n"], frame["n"])
    np.testing.assert_array_equal(data.columns["d"], days.to_numpy("datetime64[s]"))
    assert any("its first sheet, Sheet1, was read" in note for note in data.given.notes)


def test_excel_files_without_openpyxl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openpyxl")
    pd.DataFrame({"a": [1], "y": [2]}).to_excel(tmp_path / "a.xlsx", index=False)

    def missing(*_: object, **__: object) -> None:
        raise ImportError

    monkeypatch.setattr(pd, "ExcelFile", missing)
    with pytest.raises(InputError, match=r"pip install 'keras-search\[excel\]'"):
        table(tmp_path / "a.xlsx", "y").load()


def test_excels_serial_numbers_are_dates_where_the_name_says_so() -> None:
    frame = pd.DataFrame({"signup date": [45292, 45293.5, 45300], "price": [45292, 45293, 45300]})
    columns, notes = columns_of(frame)
    assert columns.kinds == {"signup date": "date", "price": "number"}
    assert str(columns["signup date"][1]) == "2024-01-02T12:00:00"
    assert "Excel's serial numbers of dates: 45292 is 2024-01-01" in notes[0]


def known(frame: pd.DataFrame) -> Signature:
    columns, _ = columns_of(frame)
    return Signature("binary", ("no", "yes"), columns.kinds, forms=columns.forms)


NEW: dict[str, tuple[list[str], str, list[Any] | str]] = {
    "thousands of the training rows": (["1.234,5", "2,5"], "1.234", [1234]),
    "another mark that is sure": (["1.234,5", "2,5"], "1.5", [1.5]),
    "without the unit": (["12 kg", "13 kg"], "14", [14]),
    "in the plural": (["12 months", "1 month"], "1 month", [1]),
    "another unit": (["12 kg", "13 kg"], "14 m", "is in 'm', and numbers were in 'kg'"),
    "a unit that was not there": (
        ["12", "13"],
        "14%",
        "is in '%', and numbers were without a unit",
    ),
    "one another unit among many": (
        ["12 kg", "9 kg"],
        "500 m",
        "line 21, column 'a': '500 m' is in 'm'",
    ),
    "singular of a trained plural": (["3 Jahre", "2 Jahre"], "1 Jahr", [1]),
    "milli and mega": (["12 mW", "9 mW"], "14 MW", "is in 'MW'"),
    "percent without its sign": (["83%", "18%"], "83", [83]),
    "a fraction for percent": (
        ["83%", "18%"],
        "0.83",
        "'0.83' has no % and may mean 0.83% or 83%; .* none was 1% or less; write 83% or 0.83%",
    ),
    "a fraction among percent": (["83%", "18%"], "\n50%\n0,2", "line 4, column 'a': '0,2' has"),
    "a fraction where small percentages are usual": (["0.5%", "3%"], "0.4", [0.4]),
    "percent of nothing": (["83%", "18%"], "0", [0]),
    "each mark that is sure": (
        ["1,5 kg", "2 kg"],
        "1.234,5 kg\n2,5 kg\n1,234.5 kg",
        [1234.5, 2.5, 1234.5],
    ),
    "the month before the day": (
        ["31/12/2024", "1/2/2024"],
        "1/2/2024\n12/31/2024",
        "line 3, column 'a': '12/31/2024' is not a date written as DD/MM/YYYY",
    ),
    "another form than ISO": (
        ["2024-12-31", "2024-02-01"],
        "12/31/2024",
        "is not a date written as YYYY-MM-DD, as when the model was trained; write it so$",
    ),
    "dots for slashes": (
        ["31/12/2024", "1/2/2024"],
        "31.12.2024",
        "not a date written as DD/MM/YYYY",
    ),
    "ISO is sure": (["31/12/2024", "1/2/2024"], "2024-02-01", ["2024-02-01"]),
    "a time that was not there": (
        ["31/12/2024", "1/2/2024"],
        "1/2/2024 12:00",
        ["2024-02-01T12:00:00"],
    ),
    "the order of day and month": (["12/31/2024", "1/2/2024"], "3/4/2024", ["2024-03-04"]),
    "another order that is sure": (["12/31/2024", "1/2/2024"], "31/4/2024", "not a date"),
}


@pytest.mark.parametrize(("before", "cell", "wanted"), NEW.values(), ids=NEW)
def test_new_rows_are_read_as_those_before(
    before: list[str], cell: str, wanted: list[Any] | str, tmp_path: Path
) -> None:
    signature = known(pd.DataFrame({"a": before * 30}))
    cells = [*before * 10, cell][-20:] if "line 21" in str(wanted) else cell.strip().split("\n")
    if cell.startswith("\n"):
        cells = ["60%", *cells]
    pd.DataFrame({"a": cells, "other": "x"}).to_csv(tmp_path / "new.csv", index=False)
    if isinstance(wanted, str):
        with pytest.raises(InputError, match=wanted):
            new_rows(signature, tmp_path / "new.csv")
        return
    columns, _ = new_rows(signature, tmp_path / "new.csv")
    kind = {"number": "float64", "date": "datetime64[s]"}[signature.columns["a"]]
    assert not isinstance(columns, np.ndarray)
    np.testing.assert_array_equal(columns["a"], np.array(wanted, kind))


def test_percentages_of_a_sheet_are_fractions(tmp_path: Path) -> None:
    signature = known(pd.DataFrame({"a": ["83%", "18%", "55%"] * 10}))
    pd.DataFrame({"a": [0.83, 0.18]}).to_parquet(tmp_path / "new.parquet")
    with pytest.raises(InputError, match=r"row 0 .from 0., column 'a': '0\.83' has no % and may"):
        new_rows(signature, tmp_path / "new.parquet")
    signature = known(pd.DataFrame({"a": ["0.83%", "0.18%", "55%"] * 10}))
    _, notes = new_rows(signature, tmp_path / "new.parquet")
    assert notes == ("column 'a': '0.83' has no % and may mean 0.83% or 83%; it is read as 0.83%",)


def test_a_fraction_among_percentages_that_train_is_said() -> None:
    _, notes = columns_of(pd.DataFrame({"a": ["83%", "18%", "0.5"] * 10}))
    assert "'0.5' has no % and is read as 0.5%" in notes[0]


@pytest.mark.parametrize(
    "units",
    [
        *(("Jahr", "Jahre"), ("Monat", "Monate"), ("Stunde", "Stunden"), ("day", "days")),
        *(("person", "people"), ("entry", "entries"), ("mes", "meses"), ("ora", "ore")),
        *(("dag", "dagen"), ("Rad", "Räder"), ("lb", "lbs"), ("business day", "business days")),
    ],
)
def test_one_and_several_are_one_unit(units: tuple[str, str]) -> None:
    cells = [f"{n} {units[n > 1]}" for n in (1, 2, 3, 1)]
    read = read_column(pd.Series(cells))
    assert read.values.tolist() == [1, 2, 3, 1]
    assert "missing" not in read.note


@pytest.mark.parametrize(
    "units", [("m", "ms"), ("kW", "kWs"), ("kg", "m"), ("mHz", "MHz"), ("Tag", "Takt")]
)
def test_other_units_are_no_plurals(units: tuple[str, str]) -> None:
    assert read_column(pd.Series([f"{n} {units[n % 2]}" for n in range(10)])).kind == "category"


def test_what_stands_for_nothing_among_numbers_is_a_value_among_texts() -> None:
    columns, notes = columns_of(pd.DataFrame({"a": ["red", "-", "blue"] * 10}))
    assert columns["a"][1] == "-"
    assert notes == (
        "column 'a': '-' is a separate value among texts; leave a cell empty where a value is "
        "missing",
    )


def test_free_text_is_of_no_use() -> None:
    texts = [f"text {n // 3}" for n in range(60)]
    columns, _ = columns_of(pd.DataFrame({"a": texts, "b": range(0, 120, 2)}))
    assert columns.left_out == {"a": "free text: no value is in 5 rows or more"}
    gaps = pd.DataFrame({"a": [*texts[:40], *[None] * 20], "b": range(0, 120, 2)})
    columns, notes = columns_of(gaps)
    assert "free text, of which only is used whether there is one" in notes[0]
    signs = columns_of(gaps.fillna("-"))
    assert "free text, of which only" in signs[1][1]
    assert signs[0].names == ("a", "b")
    (step, _) = Preparation.learnt(columns, np.arange(60)).steps
    assert step.told.startswith("only whether there is a value (33.3 % have none), since none of")


def test_new_texts_and_stray_words_are_said(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"tariff": ["S", "L"] * 30, "town": ["Ulm", "Köln", "Rom"] * 20, "n": range(0, 120, 2)}
    )
    frame.loc[:3, "town"] = "Bonn"
    frame["y"] = ["a", "b", "a"] * 20
    data = table(frame, "y").load()
    signature = Signature.of(data, Split().parts(data))
    cells = {"tariff": "S", "town": [*"ABCD", *["Ulm"] * 16], "n": [*range(19), "viel"]}
    pd.DataFrame(cells, index=range(20)).to_csv(tmp_path / "new.csv", index=False)
    new = rows_from(signature, [tmp_path / "new.csv"])
    assert new.notes == ("column 'n': 'viel' (line 21) among numbers: taken for missing",)
    assert new.outside is not None
    assert new.outside.notes == (
        "column 'town': new to the model or rare in training: 'A', 'B', 'C' and 1 more "
        "(4 of 20 rows)",
        "column 'n': outside the training rows' 6 to 118 in 6 of 20 rows, such as 0",
        "column 'n': no value in 1 of 20 rows, and each training row had one",
    )


def test_notes_come_by_importance() -> None:
    frame = leaky()
    frame["price"] = [f"{2 * n} €" for n in range(300)]
    frame["y"] = ["No", "NO", *frame["y"][2:]]
    frame = pd.concat([frame, frame[:60]])
    data = table(frame, "y").load()
    notes = [found.text for found in leaks(data, Split().parts(data))] + [*data.given.notes]
    starts = ("column 'churn_date' may", "", "60 of 360 rows are", "column 'y'", "column 'price'")
    assert len(notes) == len(starts)
    assert all(note.startswith(start) for note, start in zip(notes, starts, strict=True)), notes
    assert "held-out rows are among" in notes[1]


def test_numbers_that_squares_have_no_room_for() -> None:
    draw = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "tiny": 10.0 ** -draw.uniform(165, 200, 120),
            "small": draw.normal(size=120) * 1e-180,
            "nothing": draw.normal(size=120) * 1e-305,
            "huge": draw.normal(size=120) * 1e300,
            "same": 0.3 + draw.integers(0, 2, 120) * 1e-17,
            "rounded": [0.1 * 3, 0.3] * 60,
        }
    )
    columns, _ = columns_of(frame)
    assert columns.names == ("tiny", "small")
    assert "multiply" in columns.left_out["nothing"]
    assert "divide" in columns.left_out["huge"]
    assert "up to rounding" in columns.left_out["rounded"]
    features = Preparation.learnt(columns, np.arange(120)).apply(columns)
    np.testing.assert_allclose(features.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(features.std(axis=0), 1, atol=1e-5)


def test_whole_numbers_beyond_float64() -> None:
    draw = np.random.default_rng(0)
    seg = draw.integers(0, 5, 600)
    frame = pd.DataFrame(
        {
            "code": 9007199254740993 + seg,
            "hash": [int.from_bytes(draw.bytes(8), "big") for _ in range(600)],
            "cents": (draw.normal(size=600) * 1e3).astype(int) + 2**53,
        }
    )
    columns, notes = columns_of(frame)
    assert columns.kinds == {"code": "category", "cents": "number"}
    assert set(columns["code"]) == {str(9007199254740993 + i) for i in range(5)}
    assert "hash" in columns.left_out
    assert any("rounded to 2" in note for note in notes)


def leaky(rows: int = 300) -> pd.DataFrame:
    draw = np.random.default_rng(0)
    y = draw.choice(["no", "yes"], rows)
    filled = np.where(y == "yes", "2024-01-01", None)
    return pd.DataFrame({"x": draw.normal(size=rows), "churn_date": filled, "y": y})


def warned(**roles: Any) -> tuple[str, ...]:
    data = table(target="y", **roles).load()
    return tuple(found.text for found in leaks(data, Split().parts(data)))


def test_a_column_that_gives_the_answer_away_is_named() -> None:
    (by_missing,) = warned(file=leaky())
    assert "'churn_date' may give the answer away: it has a value only where 'yes'" in by_missing
    frame = leaky()
    frame["code"] = np.where(frame["y"] == "yes", 7.0, 3.0) + frame["x"] * 0.01
    (by_value,) = warned(file=frame, drop="churn_date")
    assert "'code' may give the answer away: alone it gets 100.0 %" in by_value
    assert warned(file=frame, drop=("churn_date", "code")) == ()
    frame["y"] = frame["x"] * 2 + 1
    assert any("'x'" in said and "variance" in said for said in warned(file=frame))
    wide = pd.DataFrame(np.random.default_rng(1).normal(size=(300, 400))).add_prefix("g")
    wide["y"] = np.where(wide["g7"] > 0, "p", "q")
    assert ["'g7'" in said for said in warned(file=wide)] == [True]


@pytest.mark.parametrize("duplicates", ["keep", "group", "drop"])
def test_copies_are_said_and_kept_apart(duplicates: Any) -> None:
    frame = leaky().drop(columns="churn_date")
    frame["id"] = [f"C{i}" for i in range(300)]
    twice = pd.concat([frame, frame], ignore_index=True)
    data = table(twice, "y", duplicates=duplicates).load()
    parts = Split().parts(data)
    assert data.columns is not None
    assert "id" in data.columns.left_out
    assert any(note.startswith("300 of 600 rows are copies") for note in data.given.notes)
    assert len(data.y) == (300 if duplicates == "drop" else 600)
    said = [leak.text for leak in leaks(data, parts) if leak.code == "S002"]
    assert len(said) == (duplicates == "keep")
    assert set(parts.train.x[:, 0]) & set(parts.held_out.x[:, 0]) or duplicates != "keep"
    with pytest.raises(InputError, match="duplicates"):
        table(twice, "y", duplicates="none")  # type: ignore[arg-type]


def test_rows_of_few_values_are_alike_by_themselves() -> None:
    draw = np.random.default_rng(0)
    frame = pd.DataFrame(draw.integers(0, 2, (200, 3)), columns=["a", "b", "y"])
    assert table(frame, "y").load().given.notes == ()


def test_blanks_in_texts_do_not_count() -> None:
    columns, _ = columns_of(pd.DataFrame({"a": [" x  y", "x y ", "x\ty", "z"] * 5}))
    step = Preparation.learnt(columns, np.arange(20)).steps[0]
    assert isinstance(step, CategoryStep)
    assert step.values == ("x y", "z")
