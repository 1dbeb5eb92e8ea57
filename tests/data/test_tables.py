"""Tables as they are: encodings, separators, kinds of columns, gaps, and rows in several files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from search import Split, table
from search.data.column_types import columns_of, read_column

DATES = pd.date_range("2024-03-01", periods=40, freq="D")

MESSY = """\
 id ;größe; preis;verkauft am;frisch;Sorte;leer;fest;güte
A-01;1,5;10;01.02.2023;true;Äpfel;;1;gut
A-02;2,25;?;13.02.2023;false;Birnen;;1;gut
A-03;;12;14.02.2023;true;"Birnen; reif";;1;schlecht
A-04;0,5;11;15.02.2023;;Äpfel ;;1;schlecht
"""


def messy(copies: int = 6) -> str:
    head, *rows = MESSY.splitlines(keepends=True)
    return head + "".join(row.replace("A-", f"A{i}") for i in range(copies) for row in rows)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_messy_table_is_read_whatever_wrote_it(
    encoding: str, newline: str, tmp_path: Path
) -> None:
    file = tmp_path / "obst.csv"
    file.write_bytes(messy().replace("\n", newline).encode(encoding))
    data = table(file, target="güte").load()
    columns = data.columns
    assert columns is not None
    assert columns.kinds == {
        "größe": "number",
        "preis": "category",  # a quarter of it is no number
        "verkauft am": "date",
        "frisch": "boolean",
        "Sorte": "category",
    }
    np.testing.assert_array_equal(columns["größe"][:4], [1.5, 2.25, np.nan, 0.5])
    np.testing.assert_array_equal(columns["frisch"][:4], [1, 0, 1, np.nan])
    assert columns["Sorte"][:4].tolist() == ["Äpfel", "Birnen", "Birnen; reif", "Äpfel"]
    assert str(columns["verkauft am"][1]) == "2023-02-13T00:00:00"
    assert columns.left_out == {
        "id": "an identifier or free text: nearly every row has another value",
        "leer": "no value in it",
        "fest": "1 in every row",
    }
    assert data.class_names == ("gut", "schlecht")
    assert any("decimal commas" in note for note in data.given.notes)
    assert any("Windows-1252" in note for note in data.given.notes) == (encoding == "cp1252")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_every_separator_is_found(separator: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": ["x,y", "p;q", "r|s", "t"] * 5, "n": range(20), "y": [0, 1] * 10})
    frame["n"] = frame["n"] % 5 + 0.5
    frame.to_csv(tmp_path / "a.csv", sep=separator, index=False)
    columns = table(tmp_path / "a.csv", target="y").load().columns
    assert columns is not None
    assert columns["a"].tolist() == frame["a"].tolist()
    assert columns["n"].tolist() == frame["n"].tolist()


def test_an_index_that_pandas_wrote_is_left_out(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [0.5, 1.5] * 10, "y": [0, 1, 1, 0] * 5})
    frame.to_csv(tmp_path / "a.csv")
    columns = table(tmp_path / "a.csv", target="y").load().columns
    assert columns is not None
    assert columns.names == ("a",)
    assert columns.left_out["unnamed"] == "a running number"


def test_csv_parquet_and_frame_are_the_same_data(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "n": [0.1, 2.5, None, 4.0] * 5,
            "b": [True, False] * 10,
            "t": ["u", None, "v", "u"] * 5,
            "d": DATES[:20],
            "y": ["p", "q"] * 10,
        }
    )
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_parquet(tmp_path / "a.parquet")
    sources: list[Any] = [frame, tmp_path / "a.csv", tmp_path / "a.parquet"]
    frame.set_axis([0, 1] * 10).to_parquet(tmp_path / "b.parquet")  # as `pd.concat` leaves it
    sources.append(tmp_path / "b.parquet")
    assert len({table(source, target="y").load().hash for source in sources}) == 1
    frame.loc[3, "t"] = "other"
    assert table(frame, target="y").load().hash != table(sources[1], target="y").load().hash


# Cells → kind and what stands in the rows.
KINDS: dict[str, tuple[list[Any], str, list[Any]]] = {
    "whole numbers": ([3, 1, 2], "number", [3, 1, 2]),
    "numbers as text": (["3", " 1.5 ", "1e3"], "number", [3, 1.5, 1000]),
    "mixed types": ([3, "1.5", 2.0], "number", [3, 1.5, 2]),
    "booleans": ([True, False, True], "boolean", [1, 0, 1]),
    "booleans with gaps": ([True, None, False], "boolean", [1, np.nan, 0]),
    "booleans as text": (["True", "FALSE", ""], "boolean", [1, 0, np.nan]),
    "texts with blanks": (["a ", " a", "  "], "category", ["a", "a", None]),
    "ranges that look like dates": (["10-14", "15-19"], "category", ["10-14", "15-19"]),
    "days": (["2024-01-31", None, "1969-12-31"], "date", ["2024-01-31", "NaT", "1969-12-31"]),
    "moments with zones": (
        ["2024-01-31T01:00:00+01:00", "2024-01-31T00:00:00Z", None],
        "date",
        ["2024-01-31", "2024-01-31", "NaT"],
    ),
    "American days": (["1/31/2024", "2/1/2024", None], "date", ["2024-01-31", "2024-02-01", "NaT"]),
    "no days": (["2024-01-31", "2024-01-32"], "category", ["2024-01-31", "2024-01-32"]),
    "numbers beyond 64 bits": ([10**30, 1, 2], "number", [1e30, 1, 2]),
}


@pytest.mark.parametrize(("cells", "kind", "values"), KINDS.values(), ids=KINDS)
def test_the_kind_of_a_column(cells: list[Any], kind: str, values: list[Any]) -> None:
    read = read_column(pd.Series(cells, dtype="object"))
    assert read.kind == kind
    wanted = np.array(values, "datetime64[s]") if kind == "date" else np.array(values, object)
    if kind in {"number", "boolean"}:
        wanted = wanted.astype(float)
    np.testing.assert_array_equal(read.values, wanted)


DTYPES: dict[str, tuple[Any, str]] = {
    "Int64": (pd.array([1, None, 3], dtype="Int64"), "number"),
    "boolean": (pd.array([True, None, False], dtype="boolean"), "boolean"),
    "string": (pd.array(["a", None, "b"], dtype="string"), "category"),
    "categories of numbers": (pd.Categorical([1, None, 2]), "category"),
    "with a zone": (pd.DatetimeIndex(["2024-01-01", None, "2024-01-03"], tz="Asia/Tokyo"), "date"),
    "durations": (pd.to_timedelta([1, None, 3], unit="s"), "number"),
    "periods": (pd.PeriodIndex(["2024-01", "2024-02", "2024-03"], freq="M"), "date"),
}


@pytest.mark.parametrize(("values", "kind"), DTYPES.values(), ids=DTYPES)
def test_pandas_own_types(values: Any, kind: str) -> None:
    read = read_column(pd.Series(values))
    assert read.kind == kind
    np.testing.assert_array_equal(read.missing, pd.isna(pd.Series(values)))


def test_a_few_texts_among_numbers_are_missing_and_told() -> None:
    columns, notes = columns_of(pd.DataFrame({"a": [*range(30), 7, "?"]}))
    assert np.isnan(columns["a"][-1])
    assert notes == ("column 'a': '?' among numbers: taken for missing",)


def test_a_day_that_may_be_a_month_is_told() -> None:
    _, notes = columns_of(pd.DataFrame({"a": ["1/2/2024", "3/4/2024"] * 4}))
    assert notes == ("column 'a': read as day/month/year, though month/day/year would do too",)


def test_few_rows_without_a_target_are_dropped_and_told() -> None:
    frame = pd.DataFrame({"a": np.arange(40) % 7, "y": [None, *["p", "q", "q"] * 13]})
    data = table(frame, target="y").load()
    assert len(data.y) == 39
    assert data.columns is not None
    assert data.columns["a"].tolist() == frame["a"][1:].tolist()
    assert data.given.notes == ("1 row without a target dropped",)


TASKS: dict[str, tuple[Callable[[], dict[str, Any]], Any, str, tuple[str, ...]]] = {
    "text": (lambda: {"y": ["p", "q"] * 20}, "y", "binary", ("p", "q")),
    "booleans": (lambda: {"y": [True, False] * 20}, "y", "binary", ("False", "True")),
    "booleans with a gap": (
        lambda: {"y": [True, False] * 19 + [None, True]},
        "y",
        "binary",
        ("False", "True"),
    ),
    "whole numbers": (lambda: {"y": [1, 2, 5, 5] * 10}, "y", "multiclass", ("1", "2", "5")),
    "fractions": (lambda: {"y": np.linspace(0, 1, 40)}, "y", "regression", ("y",)),
    "two numbers": (
        lambda: {"y": np.linspace(0, 1, 40), "z": np.linspace(2, 1, 40)},
        ["y", "z"],
        "regression",
        ("y", "z"),
    ),
    "labels": (
        lambda: {"y": [0, 1] * 20, "z": [True, False, False, True] * 10},
        ["y", "z"],
        "multilabel",
        ("y", "z"),
    ),
    "one-hot": (
        lambda: {"y": [0, 1] * 20, "z": [True, False] * 20},
        ["y", "z"],
        "binary",
        ("y", "z"),
    ),
}


@pytest.mark.parametrize(("columns", "target", "task", "names"), TASKS.values(), ids=TASKS)
def test_the_task_is_read_from_the_target(
    columns: Callable[[], dict[str, Any]], target: Any, task: str, names: tuple[str, ...]
) -> None:
    data = table(pd.DataFrame({"a": np.arange(40) % 7, **columns()}), target=target).load()
    assert (data.task, data.names) == (task, names)
    assert Split().parts(data).shape(data).features == (1,)


def test_groups_stay_whole_and_classes_in_proportion() -> None:
    draw = np.random.default_rng(0)
    frame = pd.DataFrame({"who": draw.integers(0, 60, 600)})
    frame["copy"] = frame["who"]  # as a feature, it tells which groups a part has
    frame["y"] = np.where(draw.random(600) < 0.3, "ill", "well")
    data = table(frame, target="y", group="who").load()
    parts = Split().parts(data)
    train, *others = (set(p.x[:, 0]) for p in (parts.train, parts.validation, parts.held_out))
    assert len(train) + len(others[0]) + len(others[1]) == frame["who"].nunique()
    for part in (parts.train, parts.validation, parts.held_out):
        assert abs(part.y.mean() - data.y.mean()) < 0.08
    assert abs(len(parts.held_out) - 120) < 40
    assert abs(len(parts.validation) - 120) < 40
    assert parts.feature_names(data) == ("copy",)
    assert parts.preparation is not None
    assert dict(parts.preparation.left_out)["who"] == "said to be group="


@pytest.mark.parametrize("shuffle", [True, False])
def test_the_oldest_rows_train_and_the_newest_are_held_out(shuffle: bool) -> None:
    draw = np.random.default_rng(0)
    days = draw.permutation(np.repeat(DATES, 5))
    frame = pd.DataFrame({"when": days, "day": days.astype("datetime64[D]").astype(float)})
    frame["y"] = draw.normal(size=200)
    data = table(frame, target="y", time="when").load()
    parts = Split(shuffle=shuffle).parts(data)
    assert parts.train.x.max() < parts.validation.x.min()
    assert parts.validation.x.max() < parts.held_out.x.min()
    assert [len(p) for p in (parts.train, parts.validation, parts.held_out)] == [120, 40, 40]


def test_rows_of_one_moment_are_in_one_part() -> None:
    frame = pd.DataFrame({"year": [2020] * 45 + [2021] * 30 + [2022] * 25})
    frame["a"] = frame["year"] * 1.0
    frame["y"] = np.arange(100) * 0.5
    parts = Split().parts(table(frame, target="y", time="year").load())
    assert [len(p) for p in (parts.train, parts.validation, parts.held_out)] == [45, 30, 25]


def test_files_of_their_own_are_the_parts(tmp_path: Path) -> None:
    def part(start: int, rows: int) -> pd.DataFrame:
        numbers = np.arange(start, start + rows)
        return pd.DataFrame({"a": numbers * 1.5, "y": np.array(["p", "q"])[numbers % 2]})

    part(0, 100).to_csv(tmp_path / "train.csv", index=False)
    part(200, 10).to_csv(tmp_path / "test.csv", index=False)
    data = table(tmp_path / "train.csv", target="y", held_out=tmp_path / "test.csv").load()
    parts = Split().parts(data)
    assert [len(p) for p in (parts.train, parts.validation, parts.held_out)] == [80, 20, 10]
    assert parts.held_out.x.min() > max(parts.train.x.max(), parts.validation.x.max())
    both = table(part(0, 100), "y", validation=part(300, 7), held_out=tmp_path / "test.csv").load()
    parts = Split().parts(both)
    assert [len(p) for p in (parts.train, parts.validation, parts.held_out)] == [100, 7, 10]


def test_nothing_is_read_before_load(tmp_path: Path) -> None:
    data = table(tmp_path / "later.csv", target="y")
    (tmp_path / "later.csv").write_text("a,y\n" + "1.5,p\n2.5,q\n" * 10)
    assert len(data.load().y) == 20


def test_a_column_of_weights_goes_with_the_rows_that_train_and_is_no_feature() -> None:
    frame = pd.DataFrame({"a": np.arange(40.0) + 0.5, "w": np.arange(40) / 10, "y": [0, 1] * 20})
    frame.loc[4, "y"] = None
    data = table(frame, target="y", weight="w").load()
    parts = Split().parts(data)
    assert data.feature_names == ("a",)
    assert parts.preparation is not None
    assert dict(parts.preparation.left_out)["w"] == "said to be weight="
    assert parts.train.weights is not None
    order = np.argsort(parts.train.x[:, 0])
    own = parts.preparation.apply(data.columns.take(np.arange(39)))[:, 0] if data.columns else []
    places = np.searchsorted(own, parts.train.x[order, 0])
    kept = frame["w"].drop(4).to_numpy(np.float32)
    np.testing.assert_array_equal(parts.train.weights[order], kept[places])
    assert parts.validation.weights is None is parts.held_out.weights
    changed = table(frame.assign(w=1.0), target="y", weight="w").load()
    assert changed.hash != data.hash
