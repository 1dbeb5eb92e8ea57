"""What `search predict` makes of a model's outputs."""

import csv
import io
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from search.app.out_file import check_out
from search.app.predict import Predictions, _lines, facts
from search.data.tree import Tree
from search.study.csv_cells import cell
from search.study.errors import InputError
from search.study.outputs import SCORES, Outputs
from search.study.signature import Signature
from search.study.whole_file import write_whole


def test_a_row_without_a_number_is_of_no_class() -> None:
    told = facts(Signature("binary", ("no", "yes")), np.array([[0.25, 0.75], [np.nan, np.nan]]))
    assert told == [
        {"predicted": "yes", "probability of no": 0.25, "probability of yes": 0.75},
        {"predicted": None, "probability of no": None, "probability of yes": None},
    ]
    assert json.loads(json.dumps(told, allow_nan=False)) == told


def test_scores_are_called_so_whatever_they_are() -> None:
    signature = Signature("binary", ("no", "yes"), outputs=Outputs(SCORES))
    (told,) = facts(signature, np.array([[0.1, 0.9]]))
    assert told == {"predicted": "yes", "score of no": 0.1, "score of yes": 0.9}


def test_several_outputs_have_their_own_names_and_those_of_classes() -> None:
    price, kind = np.array([[1.5], [2.5]]), np.array([[0.25, 0.75], [np.nan, 0.5]])
    found = Tree({(0,): price, (1,): kind, (2,): np.array([[0.125], [0.875]])})
    called = {"arr_0": "price", "arr_1": "kind", "arr_2": "sold"}
    classes = {"arr_1": ("low", "high"), "arr_2": ("no", "yes")}
    signature = Signature("custom", ("y",), called=called, classes=classes)
    first, second = _lines(found, signature)
    assert first == {
        "price": 1.5,
        "kind: predicted": "high",
        "kind: probability of low": 0.25,
        "kind: probability of high": 0.75,
        "sold: predicted": "no",
        "sold: probability of no": 0.875,
        "sold: probability of yes": 0.125,
    }
    assert (second["kind: predicted"], second["sold: predicted"]) == (None, "yes")
    content = Predictions("custom", (), (), arrays=found, called=called).in_numpy(".npz")
    assert set(np.load(io.BytesIO(content))) == {"price", "kind", "sold"}
    (row,) = _lines(Tree({(): kind[:1]}), replace(signature, classes={"x": ("low", "high")}))
    assert [*row] == ["predicted", "probability of low", "probability of high"]


def test_outputs_of_one_name_are_told_apart() -> None:
    signature = Signature("regression", ("price", "price", "price (2)"))
    (told,) = facts(signature, np.array([[1.0, 2.0, 3.0]]))
    assert told == {"price": 1.0, "price (2)": 2.0, "price (2) (2)": 3.0}
    (told,) = facts(Signature("multilabel", ("a", "a")), np.array([[0.25, 0.5]]))
    assert list(told.values()) == [0.25, 0.5]


@pytest.mark.parametrize(
    "name", ["=1+1", "=cmd|' /C calc'!A0", "@SUM(1)", "-2+3+cmd|x!A0", "+A1=2", "\t=1"]
)
def test_a_cell_that_a_spreadsheet_executes_is_a_text(name: str) -> None:
    told = facts(Signature("binary", (name, "no")), np.array([[0.75, 0.25]]))
    header, row = csv.reader(io.StringIO(Predictions("binary", told, ()).csv(), newline=""))
    assert (row[0], header[1]) == (f"'{name}", f"probability of {name}")
    assert told[0]["predicted"] == name  # as JSON has it


@pytest.mark.parametrize("name", ["+", "-", "-1", "+1.5e3", "@home", "a=b", "no", "", "-unknown-"])
def test_a_name_is_a_name(name: str) -> None:
    assert cell(name) == name
    assert cell(-1.5) == -1.5
    assert cell(None) is None


def test_a_terminal_obeys_no_cell() -> None:
    told = facts(Signature("binary", ("\x1b[2J\r\x07", "two\nlines")), np.array([[0.75, 0.25]]))
    text = Predictions("binary", told, ()).csv()
    assert not {"\x1b", "\x07"} & set(text)
    header, row = csv.reader(io.StringIO(text, newline=""))
    assert (header[2], row[0]) == ("probability of two\nlines", "\\x1b[2J\\r\\x07")


def test_what_is_written_keeps_its_rights_and_its_place(tmp_path: Path) -> None:
    kept, link = tmp_path / "kept.csv", tmp_path / "link.csv"
    kept.write_text("as it was")
    kept.chmod(0o640)
    link.symlink_to(kept)
    write_whole(link, b"new")
    assert (kept.read_bytes(), kept.stat().st_mode & 0o777) == (b"new", 0o640)
    assert link.is_symlink()
    assert {path.name for path in tmp_path.iterdir()} == {"kept.csv", "link.csv"}


def test_a_pipe_is_written_and_not_replaced() -> None:
    reading, writing = os.pipe()
    write_whole(Path(f"/dev/fd/{writing}"), b"told")
    os.close(writing)
    with os.fdopen(reading, "rb") as end:
        assert end.read() == b"told"


@pytest.mark.parametrize("name", ["rows.csv", "space.py", "runs/a/study.db", "runs/a/log"])
def test_output_goes_over_nothing_that_would_be_lost(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("runs/a").mkdir(parents=True)
    for there in ("rows.csv", "space.py", "runs/a/study.db", "runs/a/log"):
        Path(there).write_text("kept")
    with pytest.raises(InputError, match="and would be lost; give another file"):
        check_out(Path(name), [Path("rows.csv"), Path("runs/a")])
    Path("out.csv").write_text("an earlier one")
    check_out(Path("out.csv"), [Path("rows.csv"), Path("runs/a")])
