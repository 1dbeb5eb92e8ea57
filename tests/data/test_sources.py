"""Archives, pictures, Fashion-MNIST, scikit-learn's sets, functions: sound rows or a sentence."""

import gzip
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from search import (
    Dataset,
    InputError,
    Split,
    arrays,
    circles,
    fashion_mnist,
    npz,
    pictures,
    sklearn_data,
)
from search.data.fashion import FILES, NAMES
from search.data.function import Called
from search.data.paths import relative_to
from search.loading.space_file import SpaceSource, read
from tests.benchmarks.test_jobs import write_idx
from tests.fashion import need_fashion_mnist

X, Y = np.arange(40.0).reshape(20, 2), np.array(["no", "yes"] * 10)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def paint(file: Path, colour: Any, mode: str = "RGB", size: tuple[int, int] = (9, 6)) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(file)


def fashion(folder: Path, ending: str = ".gz") -> dict[str, np.ndarray]:
    draw = np.random.default_rng(0)
    made = {}
    for name, count in zip(FILES, (40, 40, 20, 20), strict=True):
        pixels = draw.integers(0, 256, (count, 28, 28), np.uint8)
        made[name] = pixels if "images" in name else np.arange(count, dtype=np.uint8) % 10
        write_idx(folder / f"{name}.gz", made[name])
        if not ending:
            (folder / name).write_bytes(gzip.decompress((folder / f"{name}.gz").read_bytes()))
            (folder / f"{name}.gz").unlink()
    return made


def test_an_archive(here: Path) -> None:
    np.savez("a.npz", x=X, y=Y, other=np.array([1]))
    data = npz("a.npz").load()
    np.testing.assert_array_equal(data.x, X)
    assert data.class_names == ("no", "yes")
    np.savez_compressed("b.npz", features=X, targets=X[:, 0] / 3)
    assert npz("b.npz", x="features", y="targets").load().task == "regression"


def test_rows_that_validate_or_are_held_out_may_be_given_as_they_are(here: Path) -> None:
    own = {"validation": (X[:3] + 9, Y[:3]), "held_out": (X[:2] - 9, Y[:2])}
    data = arrays(X, Y, weights=np.arange(20), **own).load()
    parts = Split().parts(data)
    np.testing.assert_array_equal(parts.train.x, X)
    np.testing.assert_array_equal(parts.validation.x, X[:3] + 9)
    np.testing.assert_array_equal(parts.held_out.x, X[:2] - 9)
    np.testing.assert_array_equal(parts.train.weights, np.arange(20))
    one = Split().parts(arrays(X, Y, held_out=own["held_out"]).load())
    assert [len(part) for part in (one.train, one.validation, one.held_out)] == [16, 4, 2]
    named = {name: (f"x_{name}", f"y_{name}") for name in own}
    more = {key: v for name in own for key, v in zip(named[name], own[name], strict=True)}
    np.savez("a.npz", x=X, y=Y, w=np.arange(20), **more)
    assert npz("a.npz", weights="w", **named).load().hash == data.hash


def test_rows_of_a_group_stay_in_one_part(here: Path) -> None:
    whose = np.array([f"patient {row // 5}" for row in range(200)])
    x, y = np.random.default_rng(0).normal(size=(200, 8, 1)), np.arange(200) % 2
    np.save(here / "whose.npy", whose)
    for groups in (whose, list(whose), "whose.npy", np.arange(200) // 5):
        parts = Split().parts(arrays(x, y, groups=groups).load())
        of = [set(whose[numbers]) for numbers in parts.numbers]
        assert sum(map(len, of)) == len(set.union(*of)) == 40
        assert all(of)


def test_the_rows_of_an_archive_may_have_weights(here: Path) -> None:
    weights = np.arange(20)
    np.savez("a.npz", x=X, y=Y, w=weights)
    data = npz("a.npz", weights="w").load()
    np.testing.assert_array_equal(data.given.weights, weights)
    assert data.hash == arrays(X, Y, weights=weights).load().hash != npz("a.npz").load().hash


@pytest.mark.parametrize(("mode", "channels"), [("RGB", 3), ("L", 1)])
def test_a_folder_of_pictures(here: Path, mode: str, channels: int) -> None:
    for name, colour in (("dark", 0), ("light", 255)):
        for number in range(3):
            paint(
                here / "p" / name / f"{number}.png",
                (colour,) * channels if channels > 1 else colour,
                mode,
            )
    (here / "p" / ".hidden").mkdir()
    (here / "p" / "dark" / "notes.txt").write_text("no picture")
    data = pictures("p", size=(4, 8)).load()
    assert data.x.shape == (6, 4, 8, channels)
    assert data.class_names == ("dark", "light")
    assert data.y.tolist() == [0, 0, 0, 1, 1, 1]
    assert data.x.dtype == np.float32
    assert set(data.x[:3].ravel()) == {0.0}
    assert set(data.x[3:].ravel()) == {1.0}


def test_grey_and_coloured_pictures_together_have_three_channels(here: Path) -> None:
    paint(here / "p" / "a" / "1.png", 102, "L")
    paint(here / "p" / "a" / "2.jpg", (255, 0, 0))
    paint(here / "p" / "b" / "sub" / "1.png", (0, 0, 255, 0), "RGBA")
    paint(here / "p" / "b" / "2.png", 102 * 257, "I;16")
    x = pictures("p").load().x
    assert x.shape == (4, 32, 32, 3)
    np.testing.assert_allclose(x[0], 0.4)
    np.testing.assert_allclose(x[2], 0.4, atol=1e-6)  # b/2.png: sixteen bits a pixel


@pytest.mark.parametrize("ending", [".gz", ""])
def test_fashion_mnist_holds_its_own_test_pictures_out(here: Path, ending: str) -> None:
    made = fashion(here, ending)
    data = fashion_mnist(here).load()
    assert data.class_names == NAMES
    parts = Split(validation=0.25).parts(data)
    assert parts.shape(data).features == (28, 28, 1)
    assert [len(p) for p in (parts.train, parts.validation, parts.held_out)] == [30, 10, 20]
    np.testing.assert_allclose(parts.held_out.x[..., 0] * 255, made[FILES[2]], rtol=1e-5)


def test_fashion_mnist_is_found_where_debian_puts_it() -> None:
    need_fashion_mnist()
    data = fashion_mnist().load()
    assert (data.x.shape, data.x.min(), data.x.max()) == ((70_000, 28, 28, 1), 0, 1)
    assert np.bincount(data.y).tolist() == [7_000] * 10
    assert data.given.part is not None
    assert np.bincount(data.given.part).tolist() == [60_000, 0, 10_000]


def test_fashion_mnist_is_found_in_keras_cache(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = here / ".keras" / "datasets" / "fashion-mnist"
    cache.mkdir(parents=True)
    fashion(cache)
    monkeypatch.setattr(
        "search.data.fashion.FOLDERS", (Path("none"), Path("~/.keras/datasets/fashion-mnist"))
    )
    monkeypatch.setenv("HOME", str(here))
    assert len(fashion_mnist().load().y) == 60


@pytest.mark.parametrize(
    ("name", "task", "features", "names"),
    [
        ("iris", "multiclass", (4,), ("setosa", "versicolor", "virginica")),
        ("wine", "multiclass", (13,), ("class_0", "class_1", "class_2")),
        ("breast_cancer", "binary", (30,), ("malignant", "benign")),
        ("digits", "multiclass", (8, 8, 1), tuple("0123456789")),
        ("diabetes", "regression", (10,), ("progression",)),
        ("linnerud", "regression", (3,), ("Weight", "Waist", "Pulse")),
    ],
)
def test_the_sets_of_scikit_learn(
    name: str, task: str, features: tuple[int, ...], names: tuple[str, ...]
) -> None:
    data = sklearn_data(name).load()
    parts = Split().parts(data)
    assert (data.task, data.names, parts.shape(data).features) == (task, names, features)
    if name == "digits":
        assert (data.x.min(), data.x.max()) == (0, 1)
    else:
        np.testing.assert_allclose(parts.train.x.mean(axis=0), 0, atol=1e-5)
        np.testing.assert_allclose(parts.train.x.std(axis=0), 1, atol=1e-5)


def test_a_function_gives_a_dataset_or_a_source() -> None:
    def mine() -> Dataset:
        return arrays(X, Y).load()

    assert len(Called(mine).load().y) == 20
    assert len(Called(circles).load().y) == 1000
    assert str(Called(mine)) == "rows of mine()"


SPACE = """
from search import Choice, DenseSpace, Int, Study, {what}

study = Study(data={data}, space=DenseSpace(layers=Int(1, 2)))
"""


def space_file(folder: Path, data: str, what: str = "npz") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "space.py").write_text(SPACE.format(data=data, what=what))
    return folder / "space.py"


def test_paths_begin_at_the_space_file(here: Path) -> None:
    file = space_file(here / "spaces", 'npz("../data/a.npz")')
    (here / "data").mkdir()
    np.savez(here / "data" / "a.npz", x=X, y=Y)
    assert len(read(Path("spaces/space.py")).execute().study.data.load().y) == 20
    assert len(read(file).execute().study.data.load().y) == 20


def test_paths_of_a_copy_begin_where_the_original_lay(here: Path) -> None:
    space_file(here / "spaces", 'npz("a.npz")')
    np.savez(here / "spaces" / "a.npz", x=X, y=Y)
    text = (here / "spaces" / "space.py").read_text()
    copy = SpaceSource("space.py", "runs/x/space/space.py", {"space.py": text}, "spaces/space.py")
    assert len(copy.execute().study.data.load().y) == 20


def test_paths_in_a_function_begin_there_too(here: Path) -> None:
    np.savez(here / "a.npz", x=X, y=Y)
    with relative_to(here):
        called = Called(lambda: npz("a.npz"))
    with relative_to(here / "elsewhere"):
        assert len(called.load().y) == 20


def returns_nothing() -> None:
    pass


def fails() -> None:
    raise ZeroDivisionError("division by zero")


def archive(**values: Any) -> Callable[[], Dataset]:
    def load() -> Dataset:
        np.savez("a.npz", **values)
        return npz("a.npz").load()

    return load


def damaged_archive() -> Dataset:
    np.savez("a.npz", x=X, y=Y)
    content = bytearray(Path("a.npz").read_bytes())
    content[200] ^= 255
    Path("a.npz").write_bytes(content)
    return npz("a.npz").load()


def damaged_fashion(name: str, change: Callable[[bytes], bytes]) -> Callable[[], Dataset]:
    def load() -> Dataset:
        fashion(Path())
        file = Path(f"{name}.gz")
        file.write_bytes(gzip.compress(change(gzip.decompress(file.read_bytes()))))
        return fashion_mnist(".").load()

    return load


# What is called in a folder with p/a/1.png, p/a/2.png and text.npz → the whole sentence.
BAD: dict[str, tuple[Callable[[], Any], str]] = {
    "no archive there": (
        lambda: npz("text.npy").load(),
        "text.npy: there is no such file; did you mean text.npz?",
    ),
    "no archive": (
        lambda: npz("text.npz").load(),
        "text.npz: this is not a complete NumPy archive; write it by numpy.savez(file, x=…, y=…)",
    ),
    "one array": (
        lambda: (np.save("x.npy", X), npz("x.npy").load()),
        "x.npy: this is not a complete NumPy archive; write it by numpy.savez(file, x=…, y=…)",
    ),
    "an empty archive": (
        lambda: (Path("x.npz").write_bytes(b""), npz("x.npz").load()),
        "x.npz: this is not a complete NumPy archive; write it by numpy.savez(file, x=…, y=…)",
    ),
    "a damaged archive": (
        damaged_archive,
        "a.npz, array 'x': it is damaged; write the archive again",
    ),
    "no such array": (
        archive(x=X, yy=Y),
        "a.npz: there is no array 'y' for y=; did you mean 'yy'?",
    ),
    "objects in an archive": (
        archive(x=X, y=np.array([{}] * 20)),
        "a.npz, array 'y': it holds Python objects, which are not read; save numbers or text",
    ),
    "other lengths": (
        archive(x=X[:10], y=Y),
        "a.npz: x and y: x has 10 rows and y has 20; give one target for each row",
    ),
    "one class": (
        archive(x=X, y=np.zeros(20, int)),
        "a.npz: y: all rows are of one class (0); two or more are needed",
    ),
    "flat features": (
        archive(x=X[:, 0], y=Y),
        "a.npz: x: its shape is (20,); give rows × features, such as x.reshape(-1, 1)",
    ),
    "infinite features": (
        archive(x=np.full((20, 2), np.inf), y=Y),
        "a.npz: x: row 0, column 0 (from 0) is inf; fill or drop such rows first",
    ),
    "no pair": (
        lambda: arrays(X, Y, validation=X),
        "validation: give features and targets, such as validation=(x, y)",
    ),
    "other features of held-out rows": (
        lambda: arrays(X, Y, held_out=(X[:, :1], Y)).load(),
        "held_out: its x is of shape (20, 1), and x of shape (20, 2); give rows of the same kind",
    ),
    "held-out ids that floats would merge": (
        lambda: arrays({"a": X}, Y, held_out=({"a": np.full((20, 2), 2**24)}, Y)).load(),
        "held_out: its x is a (rows, 2) of int64, and x a (rows, 2) of float32; give rows of the "
        "same kind",
    ),
    "too few targets of held-out rows": (
        lambda: arrays(X, Y, held_out=(X, Y[:3])).load(),
        "held_out: its x has 20 rows and its y 3; give rows with one target each",
    ),
    "a gap in rows that validate": (
        lambda: arrays(X, Y, validation=(np.full((20, 2), np.nan), Y)).load(),
        "validation: x: row 0, column 0 (from 0) is nan; fill or drop such rows first",
    ),
    "words in rows that validate": (
        lambda: arrays(X, Y, validation=([["a", "b"]], Y[:1])).load(),
        "validation: its x is (rows, 2) of string, and x of shape (20, 2); give rows of the same "
        "kind",
    ),
    "a class that never trains": (
        lambda: Split().parts(arrays(X, Y, held_out=(X[:1], ["perhaps"])).load()),
        "split: no row of class 'perhaps' is among the 16 rows that train; give more rows or "
        "larger fractions",
    ),
    "one name for two arrays": (
        lambda: npz("text.npz", held_out="x_test"),
        "held_out='x_test': name two arrays of the archive, such as "
        'held_out=("x_test", "y_test")',
    ),
    "no such array of held-out rows": (
        lambda: (np.savez("a.npz", x=X, y=Y), npz("a.npz", held_out=("x", "yt")).load()),
        "a.npz: there is no array 'yt' for held_out=; did you mean 'y'?",
    ),
    "no such weights": (
        lambda: (np.savez("a.npz", x=X, y=Y), npz("a.npz", weights="yy").load()),
        "a.npz: there is no array 'yy' for weights=; did you mean 'y'?",
    ),
    "negative weights in an archive": (
        lambda: (np.savez("a.npz", x=X, y=Y, w=-np.ones(20)), npz("a.npz", weights="w").load()),
        "a.npz: weights: row 0 (from 0): a weight of -1.0; give finite numbers of 0 or more",
    ),
    "other lengths of weights": (
        lambda: arrays(X, Y, weights=np.ones(19)).load(),
        "weights: its shape is (19,) for 20 rows; give one number a row",
    ),
    "weights of words": (
        lambda: arrays(X, Y, weights=["much"] * 20).load(),
        "weights: not all values are numbers (could not convert string to float: 'much')",
    ),
    "a weight that is too large": (
        lambda: arrays(X, Y, weights=[*[1.0] * 19, 1e39]).load(),
        "weights: row 19 (from 0): a weight of 1e+39; give finite numbers of 0 or more",
    ),
    "weights of 0 alone": (
        lambda: Split().parts(arrays(X, Y, weights=np.zeros(20)).load()),
        "weights: those of all 12 rows that train are 0; give some of them more",
    ),
    "an unknown task": (
        lambda: npz("text.npz", task="multi_class"),
        "task='multi_class': there is no such task; did you mean 'multiclass'?",
    ),
    "an unknown set": (
        lambda: sklearn_data("irises"),
        "sklearn_data('irises'): there is no such data set; did you mean 'iris'?",
    ),
    "no folder of pictures": (
        lambda: pictures("q").load(),
        "q: there is no such folder; give the path of a folder that is there",
    ),
    "a file for a folder": (
        lambda: pictures("text.npz").load(),
        "text.npz: this is a file; give the path of a folder",
    ),
    "no folders of classes": (
        lambda: pictures("p/a").load(),
        "p/a: it has 0 folders; give one for each class, two or more, with pictures in it",
    ),
    "one class of pictures": (
        lambda: pictures("p").load(),
        "p: it has 1 folder; give one for each class, two or more, with pictures in it",
    ),
    "a class without pictures": (
        lambda: (Path("p/b").mkdir(), pictures("p").load()),
        "p/b: there is no picture in it (.png, .jpg, .jpeg, .bmp …); add some or remove the folder",
    ),
    "a class of one picture": (
        lambda: (paint(Path("p/b/1.png"), 0), pictures("p").load()),
        "p/b: it has one picture, and each part needs one; add some or remove the folder",
    ),
    "a broken picture": (
        lambda: (
            [paint(Path(f"p/b/{n}.png"), 0, size=(99, 99)) for n in range(3)],
            Path("p/b/1.png").write_bytes(Path("p/b/1.png").read_bytes()[:60]),
            pictures("p").load(),
        ),
        "p/b/1.png: this is not a complete picture; write it again or take it away, or "
        'leave it out by pictures(folder, broken="skip")',
    ),
    "several broken pictures": (
        lambda: (
            [paint(Path(f"p/b/{n}.png"), 0) for n in range(6)],
            [Path(f"p/b/{n}.png").write_bytes(b"") for n in range(1, 6)],
            pictures("p").load(),
        ),
        "incomplete pictures: p/b/1.png, p/b/2.png, p/b/3.png, p/b/4.png, p/b/5.png (5 files); "
        'write them again or take them away, or leave them out by pictures(folder, broken="skip")',
    ),
    "another way out": (
        lambda: pictures("p", broken="drop"),
        'pictures(broken=\'drop\'): give "refuse" or "skip"',
    ),
    "no picture but its name": (
        lambda: (
            [paint(Path(f"p/b/{n}.png"), 0) for n in range(3)],
            Path("p/b/1.png").write_text("hello"),
            pictures("p").load(),
        ),
        "p/b/1.png: this is not a complete picture; write it again or take it away, or "
        'leave it out by pictures(folder, broken="skip")',
    ),
    "a size of one": (
        lambda: pictures("p", size=32),  # type: ignore[arg-type]
        "pictures(size=32): give height and width, such as (32, 32)",
    ),
    "a size of nothing": (
        lambda: pictures("p", size=(0, 32)),
        "pictures(size=(0, 32)): give height and width, such as (32, 32)",
    ),
    "a size of three": (
        lambda: pictures("p", size=(8, 8, 3)),  # type: ignore[arg-type]
        "pictures(size=(8, 8, 3)): give height and width, such as (32, 32)",
    ),
    "no Fashion-MNIST": (
        lambda: fashion_mnist().load(),
        "fashion_mnist(): its files are not on this machine; apt-get install "
        "dataset-fashion-mnist, or give path= of a folder with the four IDX files",
    ),
    "a folder without it": (
        lambda: fashion_mnist("p").load(),
        "p: there is no train-images-idx3-ubyte.gz; put it there",
    ),
    "a folder without a file of it": (
        lambda: (fashion(Path()), Path(f"{FILES[2]}.gz").unlink(), fashion_mnist(".").load()),
        ".: there is no t10k-images-idx3-ubyte.gz; put it there",
    ),
    "a file of it cut short": (
        damaged_fashion(FILES[0], lambda content: content[:100]),
        "train-images-idx3-ubyte.gz: this is not a complete IDX file of bytes; fetch it again",
    ),
    "a file of it that is another": (
        damaged_fashion(FILES[0], lambda content: b"<html>" + content),
        "train-images-idx3-ubyte.gz: this is not a complete IDX file of bytes; fetch it again",
    ),
    "a file of it that is no gzip": (
        lambda: (
            fashion(Path()),
            Path(f"{FILES[0]}.gz").write_bytes(b"hello"),
            fashion_mnist(".").load(),
        ),
        "train-images-idx3-ubyte.gz: this is not a complete IDX file of bytes; fetch it again",
    ),
    "labels of another set": (
        damaged_fashion(FILES[1], lambda content: content[:-1] + b"\x0b"),
        "fashion_mnist: label 11 is none of the ten classes; fetch the files again",
    ),
    "a function that returns nothing": (
        Called(returns_nothing).load,
        "data=returns_nothing: it returned a NoneType; return arrays(x, y) or "
        "another source of rows",
    ),
    "a function that fails": (
        Called(fails).load,
        f"data=fails, line {fails.__code__.co_firstlineno + 1}: it failed (ZeroDivisionError: "
        "division by zero); fix it",
    ),
    "groups of fewer rows": (
        lambda: arrays(X, Y, groups=np.arange(5)).load(),
        "groups: its shape is (5,) for 20 rows; give one a row, such as the number of its patient",
    ),
    "a row without a group": (
        lambda: arrays(X, Y, groups=[*range(19), np.nan]).load(),
        "groups: row 19 (from 0): it has none; give every row one",
    ),
    "groups beside rows that are held out": (
        lambda: arrays(X, Y, groups=np.arange(20), held_out=(X, Y)).load(),
        "groups: validation= or held_out= says already which rows are apart; leave one of the two "
        "out",
    ),
    "a function that names no set": (
        lambda: Called(lambda: sklearn_data("moons")).load(),
        "sklearn_data('moons'): there is no such data set; known are breast_cancer, diabetes, "
        "digits, iris, linnerud, wine",
    ),
}


@pytest.mark.parametrize(("call", "sentence"), BAD.values(), ids=BAD)
def test_bad_sources(
    call: Callable[[], Any], sentence: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.data.fashion.FOLDERS", (here / "none",))
    paint(here / "p" / "a" / "1.png", 0)
    paint(here / "p" / "a" / "2.png", 0)
    (here / "text.npz").write_text("hello")
    with pytest.raises(InputError) as caught:
        call()
    assert str(caught.value) == sentence


def test_pictures_without_pillow(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("p/a/1.png", "p/a/2.png", "p/b/1.png", "p/b/2.png"):
        paint(here / name, 0)
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(InputError, match="read by Pillow, which is not installed; pip install"):
        pictures("p").load()


def test_pictures_that_memory_has_no_room_for_are_refused_before_one_is_read(here: Path) -> None:
    for name in ("cat", "dog"):
        for number in range(2):
            paint(here / "pets" / name / f"{number}.png", "red")
    with pytest.raises(InputError, match=r"pets: 4 pictures of 999999×999999 take [\d,]+\.\d GB"):
        pictures("pets", size=(999_999, 999_999)).load()
