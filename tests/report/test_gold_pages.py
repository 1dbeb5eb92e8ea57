"""The page of each kind of task is the one that was looked at and committed."""

from difflib import unified_diff

import pytest

from tests.gold_pages import PAGES, SHOWN, gold_form
from tests.report.runs_to_show import Pages


@pytest.mark.parametrize("task", SHOWN)
def test_a_page_says_what_it_said(task: str, pages: Pages) -> None:
    kept = (PAGES / f"{task}.txt").read_text(encoding="utf-8")
    found = gold_form(pages(SHOWN[task]).read_text(encoding="utf-8"))
    changes = unified_diff(kept.splitlines(), found.splitlines(), "kept", "found", lineterm="", n=1)
    told = "\n".join(changes)
    assert not told, f"after a look, keep it by `python -m tests.gold_pages`\n{told}"


def test_a_changed_word_number_or_caption_is_told_with_its_place(pages: Pages) -> None:
    html = pages("binary").read_text(encoding="utf-8")
    for before, after in (
        ("Value of each trial", "Values"),
        ("10,pruned,0.55,0.9", "10,pruned,0.65,0.9"),
        ("(1,234 parameters): held-out", "(1,235 parameters): held-out"),
    ):
        assert before in html
        lines = gold_form(html).splitlines(), gold_form(html.replace(before, after)).splitlines()
        assert [line for line in unified_diff(*lines, n=0) if line[0] in "+-"][2:]
