"""`table(inputs=…)` and `table(texts=…)`: what a model gets of a table's columns."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from search import InputError, Split, table
from search.data.columns import Columns
from search.data.leaks import leaks
from search.data.new_rows import new_rows
from search.data.tree import Tree
from search.study.signature import Signature

ROWS = 120


def frame(**more: Any) -> pd.DataFrame:
    draw = np.random.default_rng(0)
    columns = {
        "size": draw.normal(size=ROWS), "rooms": draw.integers(1, 6, ROWS),
        "town": draw.choice(["Ulm", "Bonn"], ROWS), "built": ["2020-01-02", "2021-03-04"] * 60,
        "comment": [f"nice  home {number}\nwith a view" for number in range(ROWS)],
        "note": ["", "to let"] * 60, "sold": draw.choice(["yes", "no"], ROWS),
    }  # fmt: skip
    return pd.DataFrame({**columns, **more})


def parts_of(**given: Any) -> Any:
    return Split().parts(table(frame(), target="sold", **given).load())


def test_named_inputs_have_their_columns_prepared_as_without_names() -> None:
    plain = parts_of(drop=["comment", "note"])
    own = parts_of(inputs={"wide": ["town", "built"], "deep": ["size", "rooms"]})
    x, whole = own.train.x, plain.train.x
    assert isinstance(x, Tree)
    names = plain.preparation.names
    for name, columns in {"wide": ("town", "built"), "deep": ("size", "rooms")}.items():
        places = [names.index(f) for f in names if f.startswith(columns)]
        np.testing.assert_array_equal(np.sort(x.leaves[name,]), np.sort(whole[:, places]))
    told = dict(own.preparation.told)
    assert told["comment"] == told["note"] == "left out (in no input)"
    assert own.feature_names(own.source) == own.preparation.names


def test_a_text_stays_as_it_is_beside_all_other_columns() -> None:
    own = parts_of(texts=["comment"], drop="note")
    leaves = own.train.x.leaves
    assert list(leaves) == [("features",), ("comment",)]
    assert set(leaves["comment",]) <= set(frame()["comment"])
    assert [leaf.dtype for leaf in own.shape(own.source).inputs] == ["float32", "string"]
    alone = parts_of(texts=["comment", "note"], drop=["size", "rooms", "town", "built"])
    assert list(alone.train.x.leaves) == [("comment",), ("note",)]
    assert "empty in" in dict(alone.preparation.told)["note"]


def test_a_column_that_gives_the_answer_away_is_told_beside_texts() -> None:
    rows = frame()
    rows["size"] = np.where(rows["sold"] == "yes", 1.0, -1.0) + rows["size"] / 100
    for given in ({"texts": "comment"}, {"inputs": {"a": ["size"], "b": ["rooms"]}}):
        data = table(rows, target="sold", **given).load()
        (told,) = (found.text for found in leaks(data, Split().parts(data)))
        assert "column 'size' may give the answer away" in told


def test_a_csv_keeps_texts_that_look_like_numbers_and_misses_none(tmp_path: Path) -> None:
    rows = frame(comment=["12", "", "NA", "a b"] * 30)
    file = tmp_path / "homes.csv"
    rows.to_csv(file, index=False)
    own = Split().parts(table(file, target="sold", texts="comment", drop="note").load())
    assert set(own.train.x.leaves["comment",]) == {"12", "", "a b"}  # as pandas reads NA
    signature = Signature.of(own.source, own)
    assert signature.table["comment"] == "text"
    found, _ = new_rows(signature, file)
    assert isinstance(found, Columns)
    np.testing.assert_array_equal(found["comment"], rows["comment"].replace("NA", ""))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"texts": ["coment"]}, "no column 'coment' for texts=…; did you mean 'comment'"),
        ({"inputs": {"a": ["sise"]}}, "no column 'sise' for inputs={'a': …}; did you mean 'size'"),
        ({"texts": ["note", "note"]}, "table.texts=….: column 'note' is there twice; name it once"),
        ({"inputs": {"a": ["size"], "b": ["size"]}}, "column 'size' is in inputs={'a': …} too"),
        (
            {"inputs": {"a": ["note"]}, "texts": "note"},
            "column 'note' is in texts=… too; leave it out here: a text has",
        ),
        ({"inputs": {"a": []}}, "table.inputs={'a': …}.: it has no columns"),
        ({"inputs": {}}, "give columns by names of inputs"),
        ({"inputs": ["size"]}, "give columns by names of inputs"),
        ({"inputs": {"note": ["size"]}, "texts": "note"}, "a text column has this name"),
        ({"texts": "sold"}, "column 'sold' is target= too"),
        ({"texts": "note", "drop": "note"}, "column 'note' is drop= too"),
        ({"texts": "size"}, "frame, column 'size': it holds numbers, and texts= needs texts"),
        ({"texts": "built"}, "it holds dates, and texts= needs texts"),
        ({"texts": 3}, "give a list of names of columns"),
    ],
)
def test_what_names_no_sound_input_is_one_sentence(given: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        table(frame(), target="sold", **given).load()


@pytest.mark.parametrize(
    ("comment", "says"),
    [
        ([" ", None] * 60, "column 'comment': no row has a word in it; leave it out of texts="),
        (["!!", "", " . "] * 40, "column 'comment': no row has a word in it"),
        (["a b", 3.5] * 60, "row 1.*column 'comment': 3.5 is no text; write it as one"),
        (["a b", float("nan")] * 60, ""),
        ([["a"], ["b"]] * 60, r"row 0.*\['a'\].* is no text"),
    ],
)
def test_a_column_of_other_values_is_one_sentence(comment: list[Any], says: str) -> None:
    rows = frame()
    rows["comment"] = pd.Series(comment, dtype="object")
    if not says:
        data = table(rows, target="sold", texts="comment").load()
        assert data.columns is not None
        assert set(data.columns["comment"]) == {"a b", ""}
        return
    with pytest.raises(InputError, match=says):
        table(rows, target="sold", texts="comment").load()


def test_an_input_of_which_nothing_is_left_says_why() -> None:
    rows = frame(same=[1] * ROWS)
    with pytest.raises(InputError, match=r"no column is left of inputs={'a': …} \('same': 1 in ev"):
        table(rows, target="sold", inputs={"a": ["same"], "b": ["size"]}).load()
    named_so = rows.rename(columns={"comment": "features"})
    with pytest.raises(InputError, match="the input of all other columns has this name"):
        table(named_so, target="sold", texts="features").load()
