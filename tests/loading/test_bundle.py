"""What goes along to another machine: modules and data that a space names, and nothing else."""

from pathlib import Path

import pytest

from search.loading import bundle as belongings
from search.loading.bundle import Belongings, size
from search.loading.space_file import read
from search.study.errors import InputError

SPACE = """
from mine.layers import LABELS
ROWS = "rows.csv"
OTHERS = f"pictures/{1}", "pictures", "relu", "", "a\\nb"
"""


@pytest.fixture
def space(tmp_path: Path) -> Path:
    folder = tmp_path / "spaces"
    for name, text in {
        "a.py": SPACE,
        "mine/layers.py": "LABELS = 'labels.txt'",
        "rows.csv": "a,b\n1,2\n",
        "labels.txt": "one",
        "pictures/cats/1.png": "…",
        "pictures/__pycache__/x.pyc": "",
        "other.csv": "not named",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder / "a.py"


def test_modules_and_named_files_go_along_as_they_lie(space: Path, tmp_path: Path) -> None:
    found = Belongings(read(space))
    assert set(found.files) == {
        "a.py",
        "mine/layers.py",
        "rows.csv",
        "labels.txt",
        "pictures/cats/1.png",
    }
    found.copy(tmp_path / "there")
    there = tmp_path / "there"
    copied = {path.relative_to(there).as_posix() for path in there.rglob("*") if path.is_file()}
    assert copied == set(found.files)
    for name in copied:
        assert (there / name).read_bytes() == (space.parent / name).read_bytes()
    assert found.bytes == sum(path.stat().st_size for path in there.rglob("*") if path.is_file())
    assert str(found).endswith(f"and 2 more ({size(found.bytes)})")


def test_what_lies_outside_the_folder_is_refused(space: Path) -> None:
    (space.parent.parent / "far.csv").write_text("1")
    space.write_text("ROWS = '../far.csv'")
    with pytest.raises(InputError, match=r"'\.\./far\.csv' lies outside the folder of the space"):
        Belongings(read(space))


def test_what_is_too_large_is_refused_by_its_name(
    space: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (space.parent / "rows.csv").write_bytes(b"1" * 3000)
    monkeypatch.setattr(belongings, "MOST", 2000)
    with pytest.raises(
        InputError, match=r"rows\.csv: 3 kB of the 3 kB that a\.py names; at most 2"
    ):
        Belongings(read(space))


def test_a_full_path_has_to_lie_there_already(space: Path) -> None:
    space.write_text(f"ROWS = {str(space.parent / 'rows.csv')!r}")
    assert Belongings(read(space)).files == ("a.py",)


def test_sizes_are_for_people() -> None:
    assert [size(count) for count in (312, 23_400, 1_240_000)] == ["312 bytes", "23 kB", "1.2 MB"]
