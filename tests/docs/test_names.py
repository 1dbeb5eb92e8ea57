"""The reference of Python lists every public name with what its docstring says first."""

import inspect

import search
from tests.functional.command import ROOT

REFERENCE = ROOT / "docs" / "reference" / "python.md"


def lines() -> list[str]:
    """A line for each public name."""
    told = {name: inspect.getdoc(getattr(search, name)) or "" for name in search.__all__}
    return [f"- `search.{name}`: {text.splitlines()[0]}" for name, text in told.items()]


def test_the_reference_lists_every_public_name_as_its_docstring_begins() -> None:
    written = REFERENCE.read_text(encoding="utf-8").splitlines()
    assert [line for line in written if line.startswith("- `search.")] == lines()
