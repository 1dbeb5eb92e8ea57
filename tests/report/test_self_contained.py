"""One file that loads nothing, runs nothing of others, and holds together."""

import base64
import hashlib
import re
from collections import Counter

import pytest

from tests.reading_pages import Element, csv_of, tree_of
from tests.report.runs_to_show import Pages
from tests.report.scenes import SCENES

PLAIN = {
    "html", "head", "meta", "link", "title", "style", "body", "header", "h1", "h2", "p", "main",
    "section", "div", "figure", "figcaption", "svg", "a", "span", "ul", "li", "dl", "dt", "dd",
    "strong", "nav", "code", "pre", "table", "caption", "thead", "tbody", "tr", "th", "td",
    "footer", "script", "img", "canvas", "label", "select", "input", "details", "summary",
    "button",
}  # fmt: skip
"""Elements of the page outside its pictures; none of them loads or sends by itself."""
DRAWN = {
    "g", "path", "text", "tspan", "defs", "use", "clippath", "rect", "image", "line", "circle",
    "title",
}  # fmt: skip
"""Elements of its pictures."""


@pytest.fixture(params=SCENES)
def page(request: pytest.FixtureRequest, pages: Pages) -> Element:
    return tree_of(pages(request.param).read_text(encoding="utf-8"))


def executed(page: Element) -> list[Element]:
    """Scripts that are code and not data."""
    return [s for s in page.all("script") if s.attributes.get("type") != "application/json"]


def sha256(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def policy_of(page: Element) -> dict[str, list[str]]:
    """Directive → sources of the page's one policy."""
    (meta,) = (
        m
        for m in page.all("meta")
        if m.attributes.get("http-equiv", "").lower() == "content-security-policy"
    )
    parts = [part.split() for part in meta.attributes["content"].split(";")]
    return {name: sources for name, *sources in parts}


def test_the_policy_allows_its_own_style_and_script_by_hash_and_nothing_else(page: Element) -> None:
    (style,), (script,) = page.all("style"), executed(page)
    assert policy_of(page) == {
        "default-src": ["'none'"],
        "img-src": ["data:"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
        "style-src": [sha256(style.text)],
        "script-src": [sha256(script.text)],
    }


def test_the_policy_stands_before_all_that_it_governs(page: Element) -> None:
    first = [e.attributes.get("http-equiv") for e in next(page.all("head")).all()][:2]
    assert first == [None, "Content-Security-Policy"]


def test_every_address_is_data_or_a_place_on_the_page(page: Element) -> None:
    addresses = [
        value
        for element in page.all()
        for name, value in element.attributes.items()
        if name.split(":")[-1]
        in ("href", "src", "srcset", "action", "formaction", "data", "poster")
    ]
    assert len(addresses) > 5
    assert [a[:60] for a in addresses if not a.startswith(("data:", "#"))] == []


def test_style_and_script_load_nothing(page: Element) -> None:
    (style,), (script,) = page.all("style"), executed(page)
    assert re.findall(r"url\(|@import|https?:", style.text) == []
    assert re.findall(r"fetch|XMLHttpRequest|import|https?:|innerHTML|eval", script.text) == []


def test_no_attribute_styles_or_runs(page: Element) -> None:
    names = {name for element in page.all() for name in element.attributes}
    assert [name for name in names if name == "style" or name.startswith("on")] == []


def test_only_elements_that_the_page_needs_are_on_it(page: Element) -> None:
    assert {element.tag for element in page.all()} <= PLAIN | DRAWN


def test_ids_are_unique(page: Element) -> None:
    ids = Counter(e.attributes["id"] for e in page.all() if "id" in e.attributes)
    assert [name for name, count in ids.items() if count > 1] == []


def test_every_reference_has_its_target(page: Element) -> None:
    ids = {e.attributes["id"] for e in page.all() if "id" in e.attributes}
    wanted = [
        match
        for element in page.all()
        for name, value in element.attributes.items()
        for match in re.findall(r"^#(.+)$" if name == "href" else r"^url\(#(.+)\)$", value)
    ]
    assert len(wanted) > 5
    assert [name for name in wanted if name not in ids] == []


def test_the_contents_line_leads_to_every_section_in_order(page: Element) -> None:
    (nav,) = page.all("nav")
    sections = [s for s in page.all("section") if "id" in s.attributes]
    assert [(a.attributes["href"], a.text) for a in nav.all("a")] == [
        (f"#{s.attributes['id']}", s.attributes.get("aria-label") or next(s.all("h2")).text)
        for s in sections
    ]


def test_every_figure_says_what_it_shows_and_brings_its_numbers(page: Element) -> None:
    figures = list(page.all("figure"))
    assert figures
    for figure in figures:
        assert figure.of_class("says").text
        (shown,) = (part for part in figure.all() if part.attributes.get("role") == "img")
        assert shown.attributes["aria-label"] == figure.of_class("says").text
        header, *rows = csv_of(next(figure.all("a")))
        assert rows
        assert {len(row) for row in rows} == {len(header)}
