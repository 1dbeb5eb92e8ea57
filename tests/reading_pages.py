"""What a page says, by a real parser."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree as ET

VOID = ("br", "hr", "img", "input", "link", "meta")


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._silent = 0
        self._open: list[bool] = []  # spans, and whether each only keeps its text on one line
        self._goes_on = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("script", "style")
        whole = ("class", "whole") in attrs
        if tag == "span":
            self._open.append(whole)
        self._goes_on &= whole

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style")
        self._goes_on &= tag == "span" and self._open.pop()

    def handle_data(self, data: str) -> None:
        data = data.replace("\xa0", " ")
        if self._silent or not (self._goes_on or data.strip()):
            return
        if self._goes_on:
            self.parts[-1] += data
        else:
            self.parts.append(data)
        self._goes_on = True


def text_in(html: str) -> str:
    """The text of a page, without style and script."""
    parser = _Text()
    parser.feed(html)
    return "\n".join(part.strip() for part in parser.parts)


def text_of(page: Path) -> str:
    """The text of a page's file."""
    return text_in(page.read_text(encoding="utf-8"))


@dataclass
class Element:
    """An element of a page, with what is in it."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    content: list["Element | str"] = field(default_factory=list, repr=False)

    @property
    def text(self) -> str:
        """All text in it."""
        parts = (part if isinstance(part, str) else part.text for part in self.content)
        return "".join(parts).replace("\xa0", " ")  # a space that no line breaks at

    def all(self, tag: str = "") -> Iterator["Element"]:
        """Every element in it, of one tag where that is given."""
        for part in self.content:
            if isinstance(part, Element):
                if tag in ("", part.tag):
                    yield part
                yield from part.all(tag)

    def of_id(self, name: str) -> "Element":
        """The one element of an id."""
        (found,) = (element for element in self.all() if element.attributes.get("id") == name)
        return found

    def of_class(self, name: str) -> "Element":
        """The one element of a class."""
        (found,) = (e for e in self.all() if name in e.attributes.get("class", "").split())
        return found


class _Tree(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("page")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].content.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        self.open[-1].content.append(data)


@lru_cache(maxsize=16)  # many tests ask one page, and none changes it
def tree_of(html: str) -> Element:
    """A page's elements, each closed where it should be."""
    parser = _Tree()
    parser.feed(html)
    parser.close()
    (root,) = parser.open
    return root


def rows_of(page: Element, caption: str) -> list[list[str]]:
    """The text of a table's cells, its header first."""
    (table,) = (
        table
        for table in page.all("table")
        if next(table.all("caption")).text.strip().startswith(caption)
    )
    return [
        [" ".join(cell.text.split()) for cell in row.all() if cell.tag in ("td", "th")]
        for row in table.all("tr")
    ]


def csv_of(link: Element) -> list[list[str]]:
    """The rows of the file that a link downloads."""
    kind, _, content = link.attributes["href"].partition(",")
    assert kind == "data:text/csv;charset=utf-8"
    return list(csv.reader(StringIO(unquote(content, errors="strict"))))


def xml_of(picture: str) -> ET.Element:
    """A picture by a strict parser."""
    return ET.fromstring(picture)  # noqa: S314 - made by this package a moment ago
