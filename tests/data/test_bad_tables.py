"""What is wrong with a table is one sentence with file, line or column, value and fix."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from search import Dataset, InputError, Split, table
from search.data.dataset import Given

LETTERS = "abcdefghijklmnopqrst"


def rows(count: int = 20, **other: list[Any]) -> pd.DataFrame:
    """A small sound table: a number, a text and a target of two classes."""
    sound = {
        "size": [i % 7 + 0.5 for i in range(count)],
        "colour": ["red", "blue"] * (count // 2),
        "y": ["no", "no", "yes", "yes"] * (count // 4),
    }
    return pd.DataFrame({**sound, **other})


def csv(**other: list[Any]) -> bytes:
    return rows(**other).to_csv(index=False).encode()


HEAD = b"size,colour,y\n"
ROWS = b"".join(
    b"%d.5,%s,%s\n" % (i, [b"red", b"blue"][i % 2], [b"no", b"yes"][i % 2]) for i in range(10)
)

# What stands in a.csv → the whole sentence.
FILES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "a.csv: the file is empty; give a header line and rows"),
    "blank lines": (b"\n\n \n", "a.csv: the file is empty; give a header line and rows"),
    "header only": (HEAD, "a.csv: it has a header and no rows; give some"),
    "header only, no newline": (HEAD[:-1], "a.csv: it has a header and no rows; give some"),
    "header missing": (
        ROWS,
        "a.csv: there is no column 'y' for target=, and its first line (0.5, red, no, …) holds no "
        "names; put a header above it",
    ),
    "name doubled": (
        b"size,size,y\n" + ROWS,
        "a.csv, line 1: two columns are named 'size'; rename one",
    ),
    "name doubled but for a space": (
        b"size, size ,y\n" + ROWS,
        "a.csv, line 1: two columns are named 'size'; rename one",
    ),
    "name missing": (
        b"size,,y\n" + ROWS,
        "a.csv, line 1: column 2 has no name; name it, or drop the separator at the end of each "
        "line",
    ),
    "values without a name at the ends": (
        b"size,colour,y,\n" + ROWS.replace(b"\n", b",3\n"),
        "a.csv, line 1: column 4 has no name; name it, or drop the separator at the end of each "
        "line",
    ),
    "long row": (
        HEAD + ROWS + b"1,red,no,4\n",
        "a.csv, line 12: it has 4 cells and the header 3; fix that line, or put cells with ',' "
        "in quotes",
    ),
    "short row": (
        HEAD + ROWS + b"1,red\n",
        "a.csv, line 12: it has 2 cells and the header 3; fix that line, or put cells with ',' "
        "in quotes",
    ),
    "all rows longer than the header": (
        b"colour,y\n" + ROWS,
        "a.csv, line 2: it has 3 cells and the header 2; fix that line, or put cells with ',' in "
        "quotes",
    ),
    "ragged with semicolons": (
        (HEAD + ROWS).replace(b",", b";") + b"1;red\n",
        "a.csv, line 12: it has 2 cells and the header 3; fix that line, or put cells with ';' in "
        "quotes",
    ),
    "ragged after a cell of two lines": (
        HEAD + b'1,"re\nd",no\n' + ROWS + b"1,red\n",
        "a.csv, line 14: it has 2 cells and the header 3; fix that line, or put cells with ',' "
        "in quotes",
    ),
    "quote left open": (
        HEAD + ROWS + b'1,"red,no\n1,red,no\n',
        "a.csv, line 12: the quotes do not match (unexpected end of data); close them, and double "
        "a quote inside a cell",
    ),
    "quote inside a cell": (
        HEAD + ROWS + b'1,"re"d",no\n',
        "a.csv, line 12: the quotes do not match (',' expected after '\"'); close them, and double "
        "a quote inside a cell",
    ),
    "NUL byte": (
        HEAD + ROWS + b"1,r\0d,no\n",
        "a.csv, line 12: there is a NUL byte, so it is damaged or no text; export it again as "
        "UTF-8",
    ),
    "UTF-16 without a mark": (
        (HEAD + ROWS).decode().encode("utf-16-le"),
        "a.csv: this seems to be UTF-16 without its mark; save it as UTF-8",
    ),
    "UTF-32 without a mark": (
        (HEAD + ROWS).decode().encode("utf-32-be"),
        "a.csv: this seems to be UTF-32 without its mark; save it as UTF-8",
    ),
    "a cut UTF-16": (
        (HEAD + ROWS).decode().encode("utf-16")[:-1],
        "a.csv: byte 268 is no UTF-16, as its mark says; save the file as UTF-8",
    ),
    "an old Excel file": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        "a.csv: this is not text but an Excel file of the old kind (.xls); save it as CSV or .xlsx "
        "there",
    ),
    "a web page": (
        b"\n<!DOCTYPE html><table><tr><td>size</td></tr></table>",
        "a.csv: this is not a table of text but a web page; save it as CSV",
    ),
    "values for a header, two of them alike": (
        b"0,red,0\n" + ROWS,
        "a.csv, line 1: two columns are named '0'; the first line holds values; put a line with "
        "the names of the columns above it",
    ),
    "values for a header, one of them missing": (
        b"5 kg,,no\n" + ROWS,
        "a.csv, line 1: the first line holds values; put a line with the names of the columns "
        "above it",
    ),
    "values for a header, and no rows": (
        b"0.5,red,no\n",
        "a.csv: it has a header and no rows; the first line holds values; put a line with the "
        "names of the columns above it",
    ),
    "neither encoding": (
        HEAD + b"1,r\x81d,no\n" + ROWS,
        "a.csv: byte 17 is neither UTF-8 nor Windows-1252; save the file as UTF-8",
    ),
    "Excel": (
        b"PK\x03\x04" + ROWS,
        "a.csv: this is not text but a zip or Excel file; save it as CSV",
    ),
    "gzip": (b"\x1f\x8b\x08" + ROWS, "a.csv: this is not text but compressed; unpack it first"),
    "Parquet": (
        b"PAR1" + ROWS,
        "a.csv: this is not text but Parquet; end its name in .parquet",
    ),
    "PDF": (b"%PDF-1.4" + ROWS, "a.csv: this is not text but a PDF; save the table as CSV"),
    "one column": (
        b"y\n" + b"no\nyes\n" * 9,
        "a.csv: it has one column, 'y'; separate a target and features by one of , ; | or tabs",
    ),
    "target absent": (
        b"size,colour,y1\n" + ROWS,
        "a.csv: there is no column 'y' for target=; did you mean 'y1'?",
    ),
    "target absent, nothing near": (
        b"size,colour,result\n" + ROWS,
        "a.csv: there is no column 'y' for target=; known are colour, result, size",
    ),
    "target absent among many": (
        b",".join(b"col%02d" % i for i in range(30)) + b"\n" + b",".join([b"1"] * 30) + b"\n",
        "a.csv: there is no column 'y' for target=; its first columns are "
        + ", ".join(f"col{i:02}" for i in range(12)),
    ),
    "target constant": (
        csv(y=["no"] * 20),
        "a.csv, column 'y': it is no in every row; there is nothing to predict",
    ),
    "target a constant number": (
        csv(y=[3] * 20),
        "a.csv, column 'y': it is 3 in every row; there is nothing to predict",
    ),
    "target all missing": (
        csv(y=[None] * 20),
        "a.csv, column 'y': no row has a value; there is nothing to predict",
    ),
    "target often missing": (
        csv(y=["no", None, "yes", "yes"] * 5),
        "a.csv, line 3, column 'y': no value, as in 5 of 20 rows; fill or drop them (up to 5 % are "
        "dropped with a note)",
    ),
    "target a date": (
        csv(y=["2024-01-01", "2024-01-02"] * 10),
        "a.csv, column 'y': it holds dates; to predict one, give the days as a number",
    ),
    "target infinite": (
        csv(y=[*range(19), float("inf")]),
        "a.csv, line 21, column 'y': inf is not a number that can be learnt from; "
        "fix it or leave the cell empty",
    ),
    "target too large": (
        csv(y=[*range(19), 1e39]),
        "a.csv, line 21, column 'y': 1e+39 is not a number that can be learnt from; fix it or "
        "leave the cell empty",
    ),
    "a class of one row": (
        csv(y=["no", "yes"] * 9 + ["no", "maybe"]),
        "a.csv, column 'y': class 'maybe' has one row, line 21, and each part needs one; drop the "
        "row or give more",
    ),
    "a class misspelt": (
        csv(y=["setosa", "virginica"] * 9 + ["setosa", "sertosa"]),
        "a.csv, column 'y': class 'sertosa' has one row, line 21, and each part needs one; did you "
        "mean 'setosa'?",
    ),
    "a number of one row": (
        csv(y=[1, 2] * 9 + [1, 7]),
        "a.csv, column 'y': class '7' has one row, line 21, and each part needs one; drop the row "
        'or give more, or say task="regression"',
    ),
    "target an identifier": (
        csv(y=list(LETTERS)),
        "a.csv, column 'y': 20 classes in 20 rows; give a column that rows share",
    ),
    "target of different whole numbers": (
        csv(y=list(range(20))),
        "a.csv, column 'y': 20 classes in 20 rows; give a column that rows share, or say "
        'task="regression"',
    ),
    "feature infinite": (
        csv(size=[1.5, 2.5] * 9 + [1, float("-inf")]),
        "a.csv, line 21, column 'size': -inf is not a number that can be learnt from; "
        "fix it or leave the cell empty",
    ),
    "feature infinite behind a cell of two lines": (
        HEAD + b'1,"re\nd",no\n' + ROWS + b"inf,red,no\n",
        "a.csv, line 14, column 'size': inf is not a number that can be learnt from; "
        "fix it or leave the cell empty",
    ),
    "feature infinite behind rows without a target": (
        HEAD + b"1,red,\n" + ROWS + b"inf,red,no\n",
        "a.csv, line 13, column 'size': inf is not a number that can be learnt from; "
        "fix it or leave the cell empty",
    ),
    "no column to learn from": (
        csv(size=[1] * 20, colour=list(LETTERS)),
        "a.csv: no column is left to learn from ('size': 1 in every row; 'colour': an identifier "
        "or free text: nearly every row has another value); give features beside the target, or "
        "keep it as text by texts=[…]",
    ),
    "no values but the target's": (
        csv(size=[None] * 20, colour=[None] * 20),
        "a.csv: no column is left to learn from ('size': no value in it; 'colour': no value in "
        "it); give features beside the target",
    ),
}


@pytest.mark.parametrize(("content", "sentence"), FILES.values(), ids=FILES)
def test_a_bad_file(
    content: bytes, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_bytes(content)
    data = table("a.csv", target="y")
    with pytest.raises(InputError) as caught:
        data.load()
    assert str(caught.value) == sentence


# What is called, beside a sound a.csv → the whole sentence.
CALLS: dict[str, tuple[Callable[[], Any], str]] = {
    "no such file": (
        lambda: table("b.csv", target="y").load(),
        "b.csv: there is no such file; did you mean a.csv or a.sav?",
    ),
    "no such file, nothing near": (
        lambda: table("zz.data", target="y").load(),
        "zz.data: there is no such file; give the path of a file that is there",
    ),
    "no such folder": (
        lambda: table("data/a.csv", target="y").load(),
        "data/a.csv: there is no such file; give a path that is relative to the space file, or "
        "to files from /",
    ),
    "a folder": (
        lambda: table("folder.csv", target="y").load(),
        "folder.csv: this is a folder; give the path of a file",
    ),
    "another kind of file": (
        lambda: table("a.xlsx", target="y").load(),
        "a.xlsx: this is not a complete Excel file; save it again, or save it as CSV",
    ),
    "an unknown kind of file": (
        lambda: table("a.sav", target="y").load(),
        "a.sav: a table is a CSV, Parquet or Excel file; save it as CSV, with one of the endings "
        ".csv, .tsv, .txt, .data",
    ),
    "no Parquet": (
        lambda: table("a.parquet", target="y").load(),
        "a.parquet: this is not a complete Parquet file; write it again, or save it as CSV",
    ),
    "no path": (
        lambda: table(7, target="y"),  # type: ignore[arg-type]
        "table(7): give the path of a file, such as table('data/…')",
    ),
    "an empty path": (
        lambda: table("", target="y"),
        "table(''): give the path of a file, such as table('data/…')",
    ),
    "a path with a NUL": (
        lambda: table("a\0.csv", target="y"),
        "table('a\\x00.csv'): a path has no NUL in it; write it anew",
    ),
    "an unknown task": (
        lambda: table("a.csv", target="y", task="regresion"),
        "task='regresion': there is no such task; did you mean 'regression'?",
    ),
    "no target": (
        lambda: table("a.csv", target=()),
        "table(target=()): name the column that is to be predicted",
    ),
    "a target without a name": (
        lambda: table("a.csv", target=" "),
        "table(target=…): ' ' is not a name; give text or a number",
    ),
    "a target that is a function": (
        lambda: table("a.csv", target=rows),  # type: ignore[arg-type]
        "table(target=…): give a list of names, in their order",
    ),
    "targets in no order": (
        lambda: table("a.csv", target={"y"}),  # type: ignore[arg-type]
        "table(target=…): give a list of names, in their order",
    ),
    "a target twice": (
        lambda: table("a.csv", target=["y", "y"]),
        "table(target=…): 2 are named 'y'; give each a different name",
    ),
    "a target dropped": (
        lambda: table("a.csv", target="y", drop="y"),
        "table(drop='y'): it is target= too; drop one",
    ),
    "a target for a group": (
        lambda: table("a.csv", target="y", group="y"),
        "table(group='y'): it is target= too; drop one",
    ),
    "group and time": (
        lambda: table("a.csv", target="y", group="colour", time="size"),
        "table(group='colour', time='size'): the rows are cut by one of them; drop the other",
    ),
    "drop absent": (
        lambda: table("a.csv", target="y", drop=["color"]).load(),
        "a.csv: there is no column 'color' for drop=; did you mean 'colour'?",
    ),
    "group absent": (
        lambda: table("a.csv", target="y", group="sise").load(),
        "a.csv: there is no column 'sise' for group=; did you mean 'size'?",
    ),
    "group with a gap": (
        lambda: table(rows(g=["a", "b", None, "c"] * 5), target="y", group="g").load(),
        "the frame, row 2 (from 0), column 'g': no value, and each row needs one to be in a part; "
        "fill it or drop the row",
    ),
    "a weight that is the target": (
        lambda: table("a.csv", target="y", weight="y"),
        "table(weight='y'): it is target= too; drop one",
    ),
    "no column of weights": (
        lambda: table("a.csv", target="y", weight="sise").load(),
        "a.csv: there is no column 'sise' for weight=; did you mean 'size'?",
    ),
    "weights of words": (
        lambda: table("a.csv", target="y", weight="colour").load(),
        "a.csv, column 'colour': it holds no numbers, which weight= needs; fix it",
    ),
    "a weight missing": (
        lambda: table(rows(w=[1, 2, None, 3] * 5), target="y", weight="w").load(),
        "the frame, row 2 (from 0), column 'w': no value, and each row needs a weight; fill it "
        "or drop the row",
    ),
    "a negative weight": (
        lambda: table(rows(w=[1, 2.5, 2, -3] * 5), target="y", weight="w").load(),
        "the frame, row 3 (from 0), column 'w': a weight of -3.0; give finite numbers of 0 or more",
    ),
    "time absent": (
        lambda: table("a.csv", target="y", time="Siz").load(),
        "a.csv: there is no column 'Siz' for time=; did you mean 'size'?",
    ),
    "time of text": (
        lambda: table("a.csv", target="y", time="colour").load(),
        "a.csv, column 'colour': it holds no dates or numbers that say when a row was; write them "
        "as 2026-12-31, or name another column",
    ),
    "time with a gap": (
        lambda: table(rows(t=[1, 2, 3, None] * 5), target="y", time="t").load(),
        "the frame, row 3 (from 0), column 't': no value, and each row needs one to be in a part; "
        "fill it or drop the row",
    ),
    "nothing beside the target": (
        lambda: table("a.csv", target="y", drop=["size", "colour"]).load(),
        "a.csv: no column is left to learn from (none); give features beside the target",
    ),
    "regression on text": (
        lambda: table("a.csv", target="y", task="regression").load(),
        "a.csv, column 'y': not all values are numbers (could not convert string to float: 'no'), "
        'which regression needs; clean them, or say task="multiclass"',
    ),
    "binary of three": (
        lambda: table(rows(y=list("abcd") * 5), target="y", task="binary").load(),
        "the frame, column 'y': it has 4 classes, and task=\"binary\" has two; say "
        'task="multiclass"',
    ),
    "multilabel of one": (
        lambda: table("a.csv", target="y", task="multilabel").load(),
        "a.csv, column 'y': its shape is (20,); several labels a row need (rows, labels) of 0 and "
        "1",
    ),
    "classes of fractions": (
        lambda: table("a.csv", target="size", task="multiclass").load(),
        "a.csv, column 'size': 0.5 is not a class; give whole numbers or strings, or say "
        'task="regression"',
    ),
    "several targets of text": (
        lambda: table("a.csv", target=["size", "y"]).load(),
        "a.csv, column 'y': 'no' is text; several targets are numbers, or 0 and 1 for labels",
    ),
    "one of several targets constant": (
        lambda: table(rows(z=[0] * 20), target=["size", "z"]).load(),
        "the frame, column 'z': it is 0 in every row; there is nothing to predict",
    ),
    "one of several targets often missing": (
        lambda: table(rows(z=[None, 1.5] * 10), target=["size", "z"]).load(),
        "the frame, row 0 (from 0), columns 'size', 'z': no value, as in 10 of 20 rows; fill or "
        "drop them (up to 5 % are dropped with a note)",
    ),
    "target of lists": (
        lambda: table(rows(y=[[1], [2]] * 10), target="y").load(),
        "the frame, column 'y': its cells hold lists or other objects; a target is numbers or "
        "classes",
    ),
    "an empty frame": (
        lambda: table(rows().iloc[:0], target="y").load(),
        "the frame: it has no rows; give some",
    ),
    "a frame with a name twice": (
        lambda: table(pd.concat([rows(), rows()[["size"]]], axis=1), target="y").load(),
        "the frame: two columns are named 'size'; rename one",
    ),
    "a frame with names of two levels": (
        lambda: table(pd.concat({"a": rows()}, axis=1), target="y").load(),
        "the frame: its columns have names of several levels; join them to one",
    ),
    "a held-out file that lacks a column": (
        lambda: table("a.csv", target="y", held_out=rows().drop(columns="y")).load(),
        "the frame: it has no column 'y', which a.csv has; known are colour, size",
    ),
    "a held-out file that is not there": (
        lambda: table("a.csv", target="y", held_out="b.csv").load(),
        "b.csv: there is no such file; did you mean a.csv or a.sav?",
    ),
    "a fault in the held-out rows": (
        lambda: table("a.csv", target="y", held_out=rows(size=[*range(19), np.inf])).load(),
        "the frame, row 19 (from 0), column 'size': inf is not a number that can be learnt from; "
        "fix it or leave the cell empty",
    ),
    "two groups": (
        lambda: Split().parts(table("a.csv", target="y", group="colour").load()),
        "group: the rows are of 2 groups, too few for 3 parts; give another column, or drop group=",
    ),
    "groups in order": (
        lambda: Split(shuffle=False).parts(table("a.csv", target="y", group="size").load()),
        "Split(shuffle=False): groups are drawn, not cut in order; drop shuffle or group",
    ),
    "two moments": (
        lambda: Split().parts(table(rows(t=[1, 2] * 10), target="y", time="t").load()),
        "time: the rows are of 2 moments, too few for 3 parts; give another column, or drop time=",
    ),
    "a class that comes later": (
        lambda: Split().parts(
            table(rows(t=list(range(20)), y=["a"] * 14 + ["b"] * 6), target="y", time="t").load()
        ),
        "split: no row of class 'b' is among the 12 rows that train; the oldest rows train and the "
        "newest are held out, so give rows of more moments or other fractions",
    ),
    "a class of two rows": (
        lambda: Split().parts(table(rows(y=["a"] * 18 + ["b"] * 2), target="y").load()),
        "split: class 'b' has 2 rows and the smallest part 4; every part needs a row of each of 2 "
        "classes, so give more rows or larger fractions",
    ),
    "a class in the held-out rows alone": (
        lambda: Split().parts(
            table("a.csv", target="y", held_out=rows(4, y=["no", "new", "new", "no"])).load()
        ),
        "split: no row of class 'new' is among the 16 rows that train; give more rows or larger "
        "fractions",
    ),
    "a share of none": (
        lambda: Split(held_out=0),
        "Split(held_out=0): give a fraction above 0 and below 1",
    ),
    "a share of all": (
        lambda: Split(validation=1.0),
        "Split(validation=1.0): give a fraction above 0 and below 1",
    ),
    "a share that is no number": (
        lambda: Split(validation="20%"),  # type: ignore[arg-type]
        "Split(validation='20%'): give a fraction above 0 and below 1",
    ),
    "shares of all": (
        lambda: Split(validation=0.5, held_out=0.5),
        "Split(validation=0.5, held_out=0.5): together they leave no rows to train on; keep their "
        "sum below 1",
    ),
    "a part without rows": (
        lambda: Split(held_out=0.01).parts(table("a.csv", target="y").load()),
        "split: 20 rows with validation=0.2 and held_out=0.01 leave the held-out part empty; give "
        "more rows or another fraction",
    ),
}


@pytest.mark.parametrize(("call", "sentence"), CALLS.values(), ids=CALLS)
def test_a_bad_call(
    call: Callable[[], Any], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows().to_csv("a.csv", index=False)
    Path("folder.csv").mkdir()
    for name in ("a.xlsx", "a.sav", "a.parquet"):
        Path(name).write_bytes(b"1,2,3,4,5,6,7,8,9")
    with pytest.raises(InputError) as caught:
        call()
    assert str(caught.value) == sentence


def test_each_sentence_has_a_mend() -> None:
    for _, sentence in [*FILES.values(), *CALLS.values()]:
        assert re.search(r"[;:,] \S", sentence), sentence


def test_what_a_source_says_is_of_each_row() -> None:
    with pytest.raises(InputError) as caught:
        Dataset(np.ones((4, 1)), np.array([0, 1, 0, 1]), ("a", "b"), given=Given(np.arange(3)))
    assert str(caught.value) == "given.groups: its shape is (3,) for 4 rows; give one value a row"
    with pytest.raises(InputError, match="group and time: the rows are cut by one of them; drop"):
        Given(groups=np.arange(3), times=np.arange(3))


BITS = [
    b",",
    b";",
    b'"',
    b"\n",
    b"\r",
    b"\0",
    b"inf",
    b"1e400",
    b"\xff",
    b"\t",
    b"0000-00-00",
    b"true",
]


@pytest.mark.parametrize("seed", range(60))
def test_a_spoilt_table_is_rows_or_a_sentence(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    draw = np.random.default_rng(seed)
    content = bytearray(csv(when=[f"2024-01-{i + 1:02}" for i in range(20)]))
    for at in draw.integers(0, len(content), draw.integers(1, 4)).tolist():
        content[at : at + draw.integers(0, 9)] = BITS[draw.integers(len(BITS))]
    Path("a.csv").write_bytes(bytes(content))
    try:
        parts = Split().parts(table("a.csv", target="y").load())
        assert np.isfinite(parts.held_out.x).all()
    except InputError as error:
        assert "\n" not in str(error)  # noqa: PT017 - whatever the fault, it is one sentence


def test_parquet_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.parquet").write_bytes(b"PAR1")

    def missing(*_: object) -> None:
        raise ImportError

    monkeypatch.setattr(pd, "read_parquet", missing)
    with pytest.raises(
        InputError, match=r"a\.parquet: Parquet files are read by pyarrow, which is"
    ):
        table("a.parquet", target="y").load()
