"""Whatever is cut off or changed: a sentence, or what the run once was; nothing else."""

import random
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest

from benchmarks.fail_points import SHORT
from benchmarks.killing.checks import of_the_end
from benchmarks.killing.journeys import RUN, comparable, of_the_finals
from search import InputError, RunError, SearchError
from search.commands.command_line import run as command
from search.store.folder import Folder
from search.store.recorder import Recorder
from search.store.run import load_run
from tests.forms import long_but
from tests.store.damaging import POSITIONS, Left, content, cut, left_by

FINALS = ("winner.keras", "grid.npz", "held_out.npz", "points.npz")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Left:
    """A run that ended by itself."""
    return left_by(tmp_path_factory.mktemp("left") / "finished")


@pytest.fixture(scope="module")
def expected(finished: Left) -> str:
    """What every run ends with."""
    return repr(comparable(load_run(finished.folder)))


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Left:
    """A run that was killed while it kept a long trial's state: nearly all is in SQLite's log."""
    return left_by(tmp_path_factory.mktemp("left") / "killed", "half of write .part-2-3.npz")


@pytest.fixture(scope="module")
def half_copied(tmp_path_factory: pytest.TempPathFactory) -> Left:
    """A run that was killed while SQLite copied its log into the study, page by page."""
    return left_by(tmp_path_factory.mktemp("left") / "half", "last pwrite64 study.db")


@pytest.fixture(autouse=True)
def working(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


Damage = Callable[[Path], Iterator[str]]


def flipped(file: Path) -> Iterator[str]:
    """Change one byte, and then another one instead."""
    whole = file.read_bytes()
    chance = random.Random(7)  # noqa: S311 - places, no secrets
    for _ in range(POSITIONS):
        place = chance.randrange(len(whole))
        damaged = bytearray(whole)
        damaged[place] ^= chance.randrange(1, 256)
        file.write_bytes(damaged)
        yield f"byte {place} of {len(whole)} changed"


def damaged(
    left: Left, name: str, how: Damage, root: Path, every: int
) -> Iterator[tuple[str, Path]]:
    """A fresh copy for one of so many damages to a file: whoever reads a study may fix it."""
    aside = root / "aside"
    aside.write_bytes((left.folder / name).read_bytes())
    for what in islice(how(aside), 0, None, every):
        copy = left.copied(root)
        (copy / name).unlink()
        if aside.exists():
            (copy / name).write_bytes(aside.read_bytes())
        yield what, copy


STUDIES = [
    ("finished", "study.db", cut),
    ("finished", "study.db", flipped),
    ("killed", "study.db", cut),
    ("killed", "study.db-wal", cut),
    ("killed", "study.db-wal", flipped),
    ("killed", "study.db-shm", cut),
    ("half_copied", "study.db", cut),
    ("half_copied", "study.db", flipped),
    ("half_copied", "study.db-wal", cut),
]
EVERY = pytest.mark.parametrize(
    "every", [pytest.param(8, id="some"), pytest.param(1, id="all", marks=pytest.mark.long)]
)


@pytest.mark.parametrize(
    ("which", "name", "how", "every"),
    [
        *[(*STUDIES[place], 8) for place in (0, 4, 7)],
        *[pytest.param(*case, 1, marks=pytest.mark.long) for case in STUDIES],
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_damaged_study_is_told_or_reads_as_it_once_was(  # noqa: PLR0913, PLR0917 - by name
    which: str,
    name: str,
    how: Damage,
    every: int,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    expected: str,
) -> None:
    left: Left = request.getfixturevalue(which)
    once = ("", *left.history)
    for place, (what, folder) in enumerate(damaged(left, name, how, tmp_path, every)):
        code = command(["status", str(RUN)])
        told = capsys.readouterr().err
        if code:
            assert told.startswith(f"search: {RUN / 'study.db'}: "), what
            assert told.count("\n") == 1, what
            with pytest.raises(SearchError, match=r"study\.db: "):
                Recorder(Folder(folder))
            with pytest.raises(InputError, match="a run of this name exists"):
                Folder.named(folder.parent, folder.name).make()
        else:
            now = content(folder / "study.db")
            assert now in once, f"{what}: another content than it ever had"
            of_it = load_run(folder)
            assert [t.number for t in of_it.trials()] == list(range(len(of_it.trials()))), what
            if how is flipped and name == "study.db":
                assert now == once[-1], what
            if place % 8 == 0:
                SHORT.session(lambda _: None)
                assert repr(comparable(load_run(folder))) == expected, what


def test_another_value_of_a_trial_is_not_believed(
    finished: Left, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = finished.copied(tmp_path)
    best = load_run(folder).best()
    assert best is not None
    told = f'"values":[{best.value}'.encode()
    study = (folder / "study.db").read_bytes()
    assert study.count(told) == 1
    (folder / "study.db").write_bytes(
        study.replace(told, told[:-1] + b"%d" % ((told[-1] + 1) % 10))
    )
    assert command(["status", str(RUN)]) == 1
    assert "study.db: the study is damaged (a row is not what was" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name", long_but(["winner.keras", "points.npz"], {name: name for name in FINALS})
)
@EVERY
def test_a_damaged_file_of_the_finals_is_told_and_made_again(  # noqa: PLR0913, PLR0917 - fixtures
    name: str,
    every: int,
    finished: Left,
    expected: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for place, (what, folder) in enumerate(
        damaged(finished, f"finals/{name}", cut, tmp_path, every)
    ):
        run = load_run(folder)
        file = folder / "finals" / name
        assert run.damaged() == [file], what
        if name != "winner.keras":
            with pytest.raises(RunError, match=rf"{name}: .*`search resume .*` makes it again"):
                run.arrays(file.stem)
        assert command(["status", str(RUN)]) == 0, what
        assert "3 of 3 trials finished" in capsys.readouterr().out
        if place % 32 == 0 or not file.exists():
            assert command(["report", str(RUN)]) == 1, what
            told = capsys.readouterr().err
            assert told.startswith(f"search: {RUN / 'finals' / name}: "), what
            assert f"`search resume {RUN}` makes it again" in told
            SHORT.session(lambda _: None)
            again = load_run(folder)
            assert again.damaged() == [], what
            assert repr(comparable(again)) == expected
            assert [*of_the_end(again, SHORT.trials), *of_the_finals(again)] == []


@EVERY
def test_a_damaged_state_of_a_long_trial_is_not_used(
    every: int, killed: Left, expected: str, tmp_path: Path
) -> None:
    (state,) = (killed.folder / "states").glob("2-*.npz")
    for place, (what, folder) in enumerate(
        damaged(killed, f"states/{state.name}", cut, tmp_path, every)
    ):
        assert len(load_run(folder).trials()) == 3, what
        if place % 4 == 0:
            SHORT.session(lambda _: None)
            assert repr(comparable(load_run(folder))) == expected, what


@EVERY
def test_a_damaged_source_is_told_and_not_executed(
    every: int, finished: Left, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for place, (what, folder) in enumerate(
        damaged(finished, "space/small.py", cut, tmp_path, every)
    ):
        assert command(["status", str(RUN)]) == 0, what
        with pytest.raises(RunError, match=r"small\.py: "):
            load_run(folder).space()
        capsys.readouterr()
        if place % 16:
            continue
        for arguments in (["report", str(RUN)], ["resume", str(RUN), "--trials", "+1"]):
            assert command(arguments) == 1, what
            told = capsys.readouterr().err
            assert told.startswith(f"search: {RUN / 'space' / 'small.py'}: "), what
            assert "bring it back, or start a new run" in told
        assert load_run(folder).state == "finished"


@pytest.mark.parametrize("name", ["lock", "log"])
def test_a_run_without_its_lock_or_log_is_the_same(
    name: str, finished: Left, expected: str, tmp_path: Path
) -> None:
    folder = finished.copied(tmp_path)
    (folder / name).unlink(missing_ok=True)
    assert command(["logs", str(RUN)]) == 0
    assert command(["status", str(RUN)]) == 0
    SHORT.session(lambda _: None)
    assert repr(comparable(load_run(folder))) == expected
