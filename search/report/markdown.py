"""The page's verdict, checks and tables as GitHub's Markdown, for pull requests and the like."""

import re
from collections.abc import Iterable, Sequence

from search.report import tables
from search.report.content import facts_line, found_in, muted_line, reproduce_command, verdict_of
from search.report.function_verdict import left_by_function
from search.report.material import Material
from search.report.section import Section
from search.report.tables import HtmlTable
from search.report.use import use
from search.store.manifest import DataSummary
from search.study.answer import Answer
from search.study.plain_text import one_line

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;"}
_ALWAYS = re.compile(r"[\\`*~$\[\]]")
_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
"""At the edge of a word; one within a word is plain text."""
_LINKS = re.compile(r"(?<=[@#])(?=\w)|(?<=://)|(?<=www)(?=\.)", re.IGNORECASE)
"""Where a zero-width space keeps text from calling a user, or from becoming a link."""
_BEGINS = re.compile(r"^(\d{1,9}(?=[.)](?:\s|$))|(?=(?:[-+]|#{1,6})(?:\s|$)|--|=))")
"""Where a line would begin a list, a heading or a rule."""


def markdown(made: Material) -> str:
    """What a run's page says first, its tables, and how to load the winner."""
    answer, manifest = made.answer, made.manifest
    lines = [
        f"# {escaped(manifest.title)}",
        f"Run {code_span(made.run.name)}: {escaped(facts_line(made))}",
        "## Verdict",
        listed(map(escaped, verdict_of(made))),
        "## Checks",
        *_checks(made),
        *(_answered(made, answer) if answer else _boxes(left_by_function(made))),
        *(() if manifest.plan.is_of_function else _data(manifest.data)),
        "## Reproduce",
        fenced([line for line in (manifest.command, reproduce_command(made)) if line]),
    ]
    return "\n\n".join(line for line in lines if line) + "\n"


def _data(data: DataSummary) -> tuple[str, str]:
    return "## Data", f"{escaped(data.description)}, SHA-256 {code_span(data.hash)}"


def _checks(made: Material) -> list[str]:
    found, mute = found_in(made), made.manifest.plan.mute
    told = [
        f"**{one.code} {one.check.severity}**: {escaped(one.sentence)}"
        for one in found
        if one.code not in mute
    ]
    return [listed(told) if told else "No check found anything.", escaped(muted_line(mute, found))]


def _answered(made: Material, answer: Answer) -> list[str]:
    manifest = made.manifest
    strips = tables.strips(made.explored.space, answer.winner.params)
    rows = [(one.name, one.value, one.range) for one in strips]
    shown = [
        HtmlTable("Hyperparameters of the winner", ("hyperparameter", "value", "searched"), rows),
        tables.finalists(answer, manifest),
        tables.reference_models(manifest, answer),
        *([tables.baselines(manifest, answer)] if answer.baselines else ()),
    ]
    told = [part for table in shown for part in _headed(table)]
    told += _boxes(use(made.run, answer))
    if answer.no_model:
        told += ["## Use this model", escaped(f"There is no model file: {answer.no_model}")]
    return told


def _boxes(sections: Iterable[Section]) -> list[str]:
    """How a model is loaded, and what else is kept."""
    told = []
    for section in sections:
        told += [f"## {section.title}", escaped(section.finding), *map(escaped, section.text)]
        told.append(fenced(section.code.splitlines(), "python"))
        told += [part for table in section.tables for part in _headed(table)]
    return told


def _headed(table: HtmlTable) -> list[str]:
    return [f"## {escaped(table.caption)}", in_markdown(table)]


def in_markdown(table: HtmlTable) -> str:
    """A table, numbers to the right."""
    rules = ["---:" if at in table.numeric else "---" for at in range(len(table.header))]
    rows = [map(escaped, table.header), rules, *(map(escaped, row) for row in table.rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def escaped(text: str) -> str:
    """Any text as plain text of one line, also where a line begins; nobody is notified by it."""
    text = _LINKS.sub("\u200b", one_line(text).strip())
    text = _UNDERSCORE.sub(r"\\_", _ALWAYS.sub(r"\\\g<0>", text))
    for character, entity in _ENTITIES.items():
        text = text.replace(character, entity)
    return _BEGINS.sub(r"\1\\", text)


def code_span(text: str) -> str:
    """A text as code within a line."""
    text = one_line(text)
    ticks = "`" * (_longest_ticks(text) + 1)
    pad = " " if text[:1] == "`" or text[-1:] == "`" else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def fenced(lines: Sequence[str], language: str = "") -> str:
    """Lines of code."""
    lines = [one_line(line) for line in lines]
    fence = "`" * max(3, 1 + max(map(_longest_ticks, lines), default=0))
    return "\n".join([f"{fence}{language}", *lines, fence])


def _longest_ticks(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


def listed(items: Iterable[str]) -> str:
    """As a list with dots."""
    return "\n".join(f"- {item}" for item in items)
