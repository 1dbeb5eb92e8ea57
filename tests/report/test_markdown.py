"""The page in Markdown, read back by a parser of it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

import search
from search.report import tables
from search.report.content import page_of
from search.report.markdown import code_span, escaped, fenced, markdown
from search.report.material import Material
from search.report.report_data import report_data
from search.report.use import use
from search.store.run import load_run
from search.study.plain_text import one_line
from tests.forms import long_but
from tests.functional.command import within
from tests.report.runs_to_show import Runs
from tests.report.scenes import IMAGE, SCRIPT, TEMPLATE

GOLD = Path(__file__).parents[1] / "gold" / "run"
PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
HARMLESS = {"text", "strong_open", "strong_close", "code_inline"}
HOSTILE = [
    SCRIPT, IMAGE, TEMPLATE, "a|b", r"a\|b", "`a`", "``", "*a* **b** _c_ __d__ a_b_c ~~e~~",
    "[a](http://x)", "![a](b)", "<!-- a", "&amp; &copy;", "# a", "1. a", "12) a", "- a", "+ a",
    "---", "===", "> a", "    a", "\\", "a\\", "@me #12 a@b.c", "https://a.b www.a.b",
    "a\nb\r\n\n# c", "|---|", "$x$", "\u202ea",
]  # fmt: skip


def text_of(token: Token) -> str:
    """What a reader sees, without what keeps it from being a link."""
    return "".join(each.content for each in token.children or ()).replace("\u200b", "")


def rows_in(text: str) -> Iterator[list[str]]:
    """The cells of each row of all tables."""
    row: list[str] = []
    cell = False
    for token in PARSER.parse(text):
        cell = token.type in {"td_open", "th_open"} or (cell and token.type == "inline")
        if token.type == "inline" and cell:
            row.append(text_of(token))
        elif token.type == "tr_close":
            yield row
            row = []


def items_in(text: str) -> list[str]:
    return [
        text_of(token)
        for before, token in zip([None, *PARSER.parse(text)], PARSER.parse(text), strict=False)
        if token.type == "inline" and before and before.type == "paragraph_open" and before.hidden
    ]


NAMES = ("binary", "numbers", "against_baselines", "hostile")


@pytest.mark.parametrize(
    "name", long_but(["against_baselines", "hostile"], {name: name for name in NAMES})
)
def test_it_says_what_the_page_says(name: str, runs: Runs) -> None:
    run = load_run(runs(name))
    made = Material.of(run)
    page, answer, text = page_of(made), made.answer, markdown(made)
    assert answer is not None
    told = [*page.verdict]
    told += [f"{f.code} {f.check.severity}: {f.sentence}" for f in [*page.warnings, *page.alerts]]
    assert items_in(text) == [one_line(item).strip() for item in told]
    shown = [tables.finalists(answer, run.manifest), tables.reference_models(run.manifest, answer)]
    shown += [tables.baselines(run.manifest, answer)] if answer.baselines else []
    strips = [[one.name, one.value, one.range] for one in page.strips]
    cells = [["hyperparameter", "value", "searched"], *strips]
    cells += [list(row) for table in shown for row in (table.header, *table.rows)]
    assert list(rows_in(text)) == [[one_line(cell).strip() for cell in row] for row in cells]


def test_nothing_in_it_is_markup(runs: Runs) -> None:
    text = markdown(Material.of(load_run(runs("hostile"))))
    tokens = PARSER.parse(text)
    inner = {child.type for token in tokens for child in token.children or ()}
    assert inner <= HARMLESS
    assert not {"html_block", "hr", "blockquote_open"} & {token.type for token in tokens}
    assert "<" not in text


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("form", ["{}", "- {}", "| a |\n| --- |\n| {} |", "# {}"])
def test_any_text_is_read_back_as_itself(text: str, form: str) -> None:
    tokens = PARSER.parse(form.format(escaped(text)))
    inline = [token for token in tokens if token.type == "inline"][-1]
    assert text_of(inline) == one_line(text).strip()
    assert {child.type for child in inline.children or ()} <= {"text", "text_special"}
    kinds = {token.type for token in tokens}
    assert not kinds & {"html_block", "hr", "blockquote_open", "code_block", "fence"}
    assert sum(token.type.endswith("list_open") for token in tokens) == form.startswith("-")


@pytest.mark.parametrize("text", HOSTILE)
def test_code_is_read_back_as_itself(text: str) -> None:
    (inline,) = [token for token in PARSER.parse(f"a {code_span(text)} b") if token.children]
    (code,) = [child for child in inline.children or () if child.type == "code_inline"]
    assert code.content.strip() == one_line(text).strip()
    (block,) = PARSER.parse(fenced([text, "```"], "python"))
    assert block.content == f"{one_line(text)}\n```\n"


def test_nobody_is_called_and_nothing_linked() -> None:
    text = escaped("@me #12 https://a.b www.a.b")
    assert not {"@me", "#12", "://a", "www."} & {text[i : i + n] for n in (3, 4) for i in range(99)}


def test_how_to_load_the_winner_is_code() -> None:
    run = load_run(GOLD)
    made = Material.of(run)
    assert made.answer is not None
    (section,) = use(run, made.answer)
    (code,) = [token for token in PARSER.parse(markdown(made)) if token.info == "python"]
    assert code.content == section.code + "\n"


def test_python_gives_the_same_as_the_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run, made = search.load_run(GOLD), Material.of(load_run(GOLD))
    assert run.markdown() == within(tmp_path, "report", str(GOLD), "--markdown").out
    assert run.report() == json.loads(within(tmp_path, "report", str(GOLD), "--json").out)
    assert run.report() == report_data(made)
    assert list(tmp_path.iterdir()) == []
