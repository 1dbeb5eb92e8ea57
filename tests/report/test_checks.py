"""Each check has a code: on the page, in the reference, and for those who do not want it."""

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from search.app.pages import report
from search.report.content import page_of
from search.report.material import Material
from search.store.run import StoredRun, load_run
from search.study.checks import CHECKS, SEVERITIES, Found, begun
from search.study.errors import ArgumentError, InputError
from tests.reading_pages import tree_of
from tests.report.runs_to_show import Pages, Runs, write
from tests.report.scenes import binary
from tests.runs import small_study

SOURCES = Path(__file__).parents[2] / "search"


def test_every_check_is_run_somewhere_and_every_code_is_one() -> None:
    used = {
        code
        for file in SOURCES.rglob("*.py")
        if file.name != "checks.py"
        for code in re.findall(r'"(S\d{3})"', file.read_text())
    }
    assert used == set(CHECKS)


@pytest.fixture(scope="module")
def shown(runs: Runs) -> tuple[StoredRun, list[Found]]:
    """A run, and what its page found."""
    run = load_run(runs("binary"))
    return run, [*page_of(Material.of(run)).alerts]


def test_what_is_found_stands_on_the_page_by_its_code_and_why_it_matters(
    shown: tuple[StoredRun, list[Found]], pages: Pages
) -> None:
    _, found = shown
    page = tree_of(pages("binary").read_text(encoding="utf-8"))
    assert found
    ranks = [SEVERITIES.index(one.check.severity) for one in found]
    assert all(grave <= slight for grave, slight in pairwise(ranks))
    items = [item.text for part in page.all("ul") for item in part.all("li")]
    for one in found:
        (item,) = (item for item in items if one.text in item)
        assert item.startswith(f"{one.code} {one.check.severity} ")
        assert one.check.detects in item
        assert one.check.matters in item


def test_a_muted_check_is_left_out_and_the_page_says_so(
    shown: tuple[StoredRun, list[Found]], tmp_path: Path
) -> None:
    scene, first = binary(), shown[1][0]
    study = replace(scene.study, mute=[first.code])
    page = page_of(Material.of(load_run(write(replace(scene, study=study), tmp_path))))
    assert first.code not in {one.code for one in page.alerts}
    assert re.fullmatch(rf"Muted by mute=….*: {first.code} \([1-9]\)\.", page.muted)


def test_a_page_that_is_written_again_leaves_out_what_is_muted_then(
    shown: tuple[StoredRun, list[Found]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path, first = shown[0].folder.path, shown[1][0]
    text = report(path, [first.code]).read_text(encoding="utf-8")
    assert first.text not in text
    assert f"{first.code} (1)." in text
    with pytest.raises(ArgumentError, match=r"^mute=S999: there is no such check; give S001 to"):
        report(path, ["S999"])


@pytest.mark.parametrize("mute", ["S012", ["S012", "S999"], [7]])
def test_what_is_no_code_is_refused(mute: object) -> None:
    with pytest.raises(
        InputError, match=r"^mute(=.*: give a list of codes|\[\d\]=.*; give S001 to S\d+)$"
    ):
        small_study(mute=mute)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("y['kind'] holds texts", "y['kind'] holds texts"),
        ("y holds texts", "y holds texts"),
        ("column 'a': left out", "Column 'a': left out"),
        ("near-copies of rows", "Near-copies of rows"),
        ("a row", "A row"),
        ("pictures: one is broken", "Pictures: one is broken"),
        ("user_id is of no use", "user_id is of no use"),
    ],
)
def test_a_name_keeps_its_letters_where_a_sentence_begins(text: str, sentence: str) -> None:
    assert begun(text) == sentence
