"""Page, help texts and docs use the field's words: private ones that were replaced stay out."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import typer

from search.commands.command_line import app
from tests.gold_pages import PAGES

ROOT = Path(__file__).parents[2]
GUIDES = [ROOT / "README.md", ROOT / "docs" / "index.md", *(ROOT / "docs" / "guides").glob("*.md")]
PRIVATE = {
    r"by ratio": "log scale",
    r"yardsticks?": "reference models",
    r"rows called so|is called “": "predicted “…”",
    r"(its|the) shares?|share from|share of the true": "probability",
    r"mend(s|ed|ing)?": "fix",
    r"of (one|your|its)'?s? own (metric|loss|model|class)|of one's own": "custom",
    r"a person": "you",
    r"was look \d+|looks at held-out": "held-out evaluation",
    r"go(es)? on with|is finished is kept|and kept": "continue; saved",
    r"last fit": "refit",
    r"trained again": "retrained",
    r"trials a job|epochs a trial|CPUs a trial": "per",
    r"the deeper the shade|the surer": "a stronger shade",
    r"what (comes (in|out)|became of)": "input, output, preprocessing",
    r"drawn whole|whole line": "solid",
}
"""Private words → what the field says."""


def help_texts(command: click.Command) -> Iterator[str]:
    yield command.help or ""
    yield from (getattr(option, "help", None) or "" for option in command.params)
    for below in getattr(command, "commands", {}).values():
        yield from help_texts(below)


TEXTS = {
    **{page.name: page.read_text("utf-8") for page in sorted(PAGES.glob("*.txt"))},
    **{guide.name: guide.read_text("utf-8") for guide in sorted(GUIDES)},
    "--help": "\n".join(help_texts(typer.main.get_command(app))),
}


@pytest.mark.parametrize("name", TEXTS)
def test_no_private_word_comes_back(name: str) -> None:
    assert len(TEXTS[name]) > 100
    found = {
        match[0]: word
        for private, word in PRIVATE.items()
        for match in re.finditer(rf"(?i)\b(?:{private})", TEXTS[name])
    }
    assert found == {}, "write instead"
