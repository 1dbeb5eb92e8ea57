"""Every kind of picture file: its values as in the file, and a note on what became of it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from search import InputError, pictures
from search.data.new_rows import rows_from
from search.study.signature import Signature

GROWS = np.linspace(0, 1, 48).reshape(6, 8)


def folder(home: Path, picture: Image.Image, ending: str, **how: Any) -> Path:
    """Of two classes of two pictures that are alike."""
    for name in ("a/1", "a/2", "b/1", "b/2"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        picture.save(home / f"{name}.{ending}", **how)
    return home


@pytest.mark.parametrize(
    ("values", "ending"),
    [
        (GROWS.astype(np.float32), "tif"),
        (np.round(GROWS * 65_535).astype(np.uint16), "tif"),
        (np.round(GROWS * 65_535).astype(np.uint16), "png"),
        (np.round(GROWS * 65_535).astype(np.int32), "tif"),
    ],
)
def test_more_than_eight_bits_are_read_in_full(tmp_path: Path, values: Any, ending: str) -> None:
    home = folder(tmp_path / "p", Image.fromarray(values), ending)
    data = pictures(home, size=(6, 8)).load()
    np.testing.assert_allclose(data.x[0, :, :, 0], GROWS, atol=1e-5)
    assert data.given.notes == ()
    signature = Signature("binary", ("a", "b"), shape=(6, 8, 1), pictures=True)
    np.testing.assert_array_equal(rows_from(signature, [home]).rows, data.x)


def test_twelve_of_sixteen_bits_keep_their_precision_and_are_told(tmp_path: Path) -> None:
    values = np.round(GROWS * 4_095).astype(np.uint16)
    home = folder(tmp_path / "p", Image.fromarray(values), "tif")
    data = pictures(home, size=(6, 8)).load()
    np.testing.assert_allclose(data.x[0, :, :, 0] * 65_535, values, atol=0.01)
    (note,) = data.given.notes
    assert "use only 6.2 % of the range of 16 bits (at most 4,095 of 65,535)" in note
    assert "keras.layers.Rescaling(16)" in note


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (GROWS * 4_095, "a/1.tif: its floats of 32 bits go from 0 to 4095, and those from 0"),
        (GROWS * 2 - 1, "go from -1 to 1"),
        (np.where(GROWS > 0.5, np.nan, 0), "go from nan to nan"),
    ],
)
def test_floats_without_a_known_white_are_refused(tmp_path: Path, values: Any, said: str) -> None:
    home = folder(tmp_path / "p", Image.fromarray(values.astype(np.float32)), "tif")
    with pytest.raises(InputError, match=said):
        pictures(home).load()


def test_pictures_are_turned_as_their_exif_data_say(tmp_path: Path) -> None:
    picture = Image.fromarray((GROWS * 255).astype(np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    home = folder(tmp_path / "p", picture, "png", exif=exif)
    x = pictures(home, size=(8, 6)).load().x
    turned = np.rot90((GROWS * 255).astype(np.uint8), -1)
    np.testing.assert_allclose(x[0, :, :, 0] * 255, turned, atol=1e-4)


def test_what_is_left_out_or_changed_is_told(tmp_path: Path) -> None:
    home = tmp_path / "p"
    for name in ("a", "b"):
        for number in range(2):
            (home / name / "inner").mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (8, 8)).save(home / name / f"{number}.png")
    grey = Image.new("L", (8, 8))
    grey.save(home / "loose.png")
    grey.save(home / "a" / "no_ending", format="png")
    (home / "a" / "phone.HEIC").write_bytes(b"anything")
    (home / "a" / "notes.txt").write_text("no picture")
    grey.save(
        home / "a" / "inner" / "stack.gif", save_all=True, append_images=[Image.new("L", (8, 8), 9)]
    )
    Image.new("RGBA", (16, 8), (1, 2, 3, 4)).save(home / "b" / "clear.png")
    Image.new("RGBA", (8, 8), (1, 2, 3, 255)).save(home / "b" / "opaque.png")
    left_out, changed = pictures(home, size=(8, 8)).load().given.notes
    assert "2 pictures of other endings are left out (" in left_out
    assert ".heic 1" in left_out
    assert "no ending 1" in left_out
    assert "1 beside the folders of classes are left out" in left_out
    assert "1 in folders inside a class's folder are of that class" in left_out
    assert changed == (
        "pictures: 1 of several frames or pages, of which the first alone is read; 1 squashed to "
        "8×8, since their sides are in another ratio; 1 taken without their transparency"
    )


def test_broken_pictures_are_left_out_on_request(tmp_path: Path) -> None:
    home = folder(tmp_path / "p", Image.new("RGB", (8, 8), "red"), "png")
    (home / "a" / "0.png").write_bytes(b"")
    data = pictures(home, size=(8, 8), broken="skip").load()
    assert data.y.tolist() == [0, 0, 1, 1]
    np.testing.assert_array_equal(data.x[:, 0, 0], [[1, 0, 0]] * 4)
    (note,) = data.given.notes
    assert note.startswith("pictures: left out, since incomplete pictures: ")
    assert note.endswith("0.png (1 file)")
    (home / "b" / "1.png").write_bytes(b"")
    with pytest.raises(InputError, match="b: it has one picture, and each part needs one"):
        pictures(home, broken="skip").load()
