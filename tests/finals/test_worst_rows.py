"""Of the held-out rows, the worst predicted ones are kept with what is in them, and no others."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from search import Split, arrays, pictures, table
from search.data.dataset import Array
from search.data.split import Parts
from search.finals.worst_rows import (
    FEATURES,
    LETTERS,
    OF_CLASS,
    SIDE,
    hardest_of_classes,
    values_of,
    worst,
)


def parts_of(x: Array) -> Parts:
    return Split().parts(arrays(x, np.arange(len(x)) % 2).load())


def test_classes_are_ordered_by_the_share_of_the_true_one() -> None:
    shares = np.array([[0.9, 0.1], [0.4, 0.6], [0.001, 0.999], [0.2, 0.8]])
    assert worst(shares, np.array([0, 0, 0, 1]), "binary").tolist() == [2, 1, 3, 0]


def test_labels_are_ordered_by_the_loss_of_all_of_them() -> None:
    shares = np.array([[0.9, 0.9], [0.1, 0.9], [0.1, 0.1]])
    assert worst(shares, np.ones((3, 2), int), "multilabel").tolist() == [2, 1, 0]


def test_numbers_are_ordered_whatever_the_unit_of_a_target() -> None:
    y = np.array([[0.0, 0.0], [1.0, 1000.0], [2.0, 2000.0], [3.0, 3000.0]])
    missed = np.array([[0.0, 600.0], [1.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    assert worst(y + missed, y, "regression")[:2].tolist() == [1, 0]


def test_a_row_without_a_finite_prediction_is_the_worst() -> None:
    shares = np.array([[0.1, 0.9], [np.nan, np.nan], [0.9, 0.1]])
    assert worst(shares, np.zeros(3, int), "binary").tolist() == [1, 0, 2]


def test_of_many_rows_twenty_are_kept() -> None:
    assert len(worst(np.full((500, 2), 0.5), np.zeros(500, int), "binary")) == 20


def test_of_many_features_the_first_are_kept() -> None:
    parts = parts_of(np.random.default_rng(0).normal(size=(100, 30)))
    kept = values_of(parts, np.array([7, 3]))
    np.testing.assert_array_equal(kept["x"], parts.held_out.x[[7, 3], :FEATURES])
    assert kept["row"].tolist() == [7, 3]


@pytest.mark.parametrize("channels", [(), (1,), (3,)])
def test_a_large_picture_is_kept_thinned(channels: tuple[int, ...]) -> None:
    parts = parts_of(np.random.default_rng(0).random((20, 200, 50, *channels)))
    kept = values_of(parts, np.array([2]))["x"]
    assert kept.shape == (1, 50, 50, *channels)
    np.testing.assert_array_equal(kept[0], parts.held_out.x[2, ::4])
    assert max(kept.shape[1:3]) <= SIDE


def test_pictures_are_found_by_their_file(tmp_path: Path) -> None:
    from PIL import Image

    for place in range(20):
        file = tmp_path / "ab"[place % 2] / "in" / f"{place}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (8, 8), 10 * place).save(file)
    parts = Split().parts(pictures(tmp_path, size=(8, 8)).load())
    kept = values_of(parts, np.array([2, 0]))
    shades = [round(float(x[0, 0, 0]) * 255 / 10) for x in parts.held_out.x[[2, 0]]]
    assert kept["file_name"].tolist() == [f"{'ab'[place % 2]}/in/{place}.png" for place in shades]
    assert "number" not in kept


@pytest.mark.parametrize("own", [False, True])
def test_rows_of_a_table_are_found_by_their_place_in_their_own_file(*, own: bool) -> None:
    frame = pd.DataFrame({"size": np.arange(40.0), "y": ["a", "b"] * 20})
    frame.loc[3, "y"] = None  # left out, with a note
    other = frame.iloc[20:].reset_index(drop=True)
    data = table(frame[:20] if own else frame, target="y", held_out=other if own else None)
    parts = Split().parts(data.load())
    kept = values_of(parts, np.array([3, 0]))
    sizes = [float(size) for (size,) in kept["cells"]]
    assert kept["own_number" if own else "number"].tolist() == [size - 20 * own for size in sizes]


def test_rows_of_arrays_that_are_held_out_are_found_in_them() -> None:
    x, y = np.arange(40.0)[:, None], np.arange(40) % 2
    parts = Split().parts(arrays(x[:30], y[:30], held_out=(x[30:], y[30:])).load())
    kept = values_of(parts, np.array([3, 0]))
    assert kept["own_number"].tolist() == (kept["x"][:, 0] - 30).tolist()


def test_what_is_no_picture_is_kept_as_features() -> None:
    kept = values_of(parts_of(np.zeros((20, 8, 8, 5))), np.array([0]))
    assert kept["x"].shape == (1, FEATURES)


def test_of_a_table_the_cells_are_kept_as_texts() -> None:
    frame = pd.DataFrame(
        {
            "size": [1.5, np.nan] * 50,
            "kind": ["x" * 999, None] * 50,
            "there": [True, False] * 50,
            "when": pd.to_datetime(["2024-02-03 00:00", "2024-02-03 04:05"] * 50),
            "y": ["a", "b"] * 50,
        }
    )
    parts = Split(shuffle=False).parts(table(frame, target="y").load())
    kept = values_of(parts, np.array([0, 1]))
    assert kept["columns"].tolist() == ["size", "kind", "there", "when"]
    assert kept["cells"].tolist() == [
        ["1.5", "x" * (LETTERS - 1) + "…", "true", "2024-02-03"],
        ["", "", "false", "2024-02-03 04:05:00"],
    ]
    assert {array.dtype.kind for array in kept.values()} == {"i", "U"}  # nothing to unpickle


def test_the_hardest_pictures_of_each_class() -> None:
    draw = np.random.default_rng(0)
    y, said = np.arange(60) % 3, draw.dirichlet(np.ones(3), 60)
    found = hardest_of_classes(said, y, draw.random((60, 8, 8)), "multiclass")
    assert y[found].tolist() == sorted(y[found].tolist())
    for code in range(3):
        own = np.flatnonzero(y == code)
        expected = own[np.argsort(said[own, code])][:OF_CLASS]
        assert found[y[found] == code].tolist() == expected.tolist()
    assert not len(hardest_of_classes(said, y, draw.random((60, 4)), "multiclass"))
    assert not len(hardest_of_classes(said, y, draw.random((60, 8, 8)), "regression"))
