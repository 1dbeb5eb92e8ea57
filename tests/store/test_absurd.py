"""A run that is sealed and says what no search says: a sentence, or what it says, soon."""

import json
import shutil
import time
from pathlib import Path

import pytest

from benchmarks.killing.journeys import GOLD
from search import SearchError
from search.commands.command_line import run as command
from search.store.run import load_run
from tests.forms import long_but
from tests.store.absurd import ABSURD, READABLE
from tests.store.test_strangers import LONG, asked, looked


@pytest.fixture
def strange(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return Path(shutil.copytree(GOLD / "run", tmp_path / "runs" / "strange"))


def told(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit code and output of a command that ended soon, without what a terminal obeys."""
    begun = time.monotonic()
    code = command(arguments)
    out, err = capsys.readouterr()
    assert time.monotonic() - begun < LONG
    assert not {"\x1b", "\x07", "\0"} & set(out + err)
    if code:
        assert code == 1
        assert err.startswith("search: ")
        assert err.count("\n") == 1
        problem = json.loads(out)["error"]["problem"] if "--json" in arguments else out
        assert problem in err
    else:
        assert err == ""
    return code, out


def read(path: Path) -> None:
    run = load_run(path)
    run.judged(run.trials())


@pytest.mark.parametrize("kind", ABSURD)
def test_what_a_run_says_is_shown_or_refused(
    kind: str, strange: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ABSURD[kind](strange)
    before = looked(strange)
    code, out = told(["status", str(strange)], capsys)
    assert told(["status", str(strange), "--json"], capsys)[0] == code
    if code:
        with pytest.raises(SearchError):
            read(strange)
    else:
        assert len(out) < 1_100_000  # a reason may have a megabyte
        assert len(load_run(strange).frame()) >= 8
        assert asked(strange, "/api/studies/0") == "200 OK"
    assert looked(strange) == before


@pytest.mark.parametrize("kind", long_but(READABLE[:3], {kind: kind for kind in READABLE}))
def test_a_page_of_it_is_made_or_refused(
    kind: str, strange: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ABSURD[kind](strange)
    sound = shutil.copytree(GOLD / "run", strange.parent / "sound")
    before = looked(strange)
    code, _ = told(["report", str(strange)], capsys)
    assert code or "gotcha\x07" not in Path("reports/strange.html").read_text(encoding="utf-8")
    told(["compare", str(sound), str(strange)], capsys)
    left = {path.name for path in Path.cwd().rglob("*")} - {"reports"}
    assert left <= {"strange.html", "comparison.html"}
    assert looked(strange) == before


def test_the_sound_one_is_shown(strange: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = told(["status", str(strange), "--json"], capsys)
    assert (code, json.loads(out)["winner"]["number"]) == (0, 2)
