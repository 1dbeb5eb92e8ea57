"""The gold form of a page of each kind of task: what it says, one thing a line, with a fixed clock.

`python -m tests.gold_pages` writes `tests/gold/pages/` anew; `tests/report/test_gold_pages.py`
makes the pages anew and shows what differs.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from search.app.manifest_builder import manifest_of
from search.store.manifest import Manifest
from tests.reading_pages import Element, csv_of, tree_of
from tests.report.runs_to_show import page_of
from tests.report.scenes import SCENES

PAGES = Path(__file__).parent / "gold" / "pages"
SHOWN = {
    "binary": "binary",
    "multiclass": "multiclass",
    "multilabel": "labels",
    "regression": "numbers",
}
"""Task → its scene."""
BEGUN = datetime(2026, 11, 23, 14, 15, tzinfo=UTC)
SAID, COUNTED = 4, 3
"""Digits of a long fraction in what is said, and in the numbers of a figure."""
MOST_ROWS = 12
"""Rows of a figure's numbers that are kept whole; of more, these evenly, and each column's mean."""


def main() -> int:
    """Write all of them."""
    PAGES.mkdir(exist_ok=True)
    for task, scene in SHOWN.items():
        with TemporaryDirectory() as scratch, fixed_clock():
            html = page_of(SCENES[scene](), Path(scratch))
        (PAGES / f"{task}.txt").write_text(gold_form(html), encoding="utf-8")
    print(f"{len(SHOWN)} pages written; see `git diff {PAGES.relative_to(PAGES.parents[2])}`")
    return 0


def gold_form(html: str) -> str:
    """What a page says, one thing a line."""
    return "\n".join(line.rstrip() for line in _lines(tree_of(html))) + "\n"


def fixed_clock() -> AbstractContextManager[None]:
    """While it lasts, runs are begun at one time, trials take a second each, versions are fixed."""
    ticks = count()

    class Ticking(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return BEGUN + timedelta(seconds=next(ticks))

    def manifest(*of_run: Any) -> Manifest:
        return replace(
            manifest_of(*of_run),
            created=BEGUN.isoformat(),
            versions={"python": "3", "keras": "3"},
            space_origin="spaces/shown.py",
        )

    stack = ExitStack()
    stack.enter_context(patch("optuna.storages.journal._storage.datetime", Ticking))
    stack.enter_context(patch("search.store.recorder._now", BEGUN.isoformat))
    stack.enter_context(patch("tests.report.runs_to_show.manifest_of", manifest))
    return stack


def _lines(element: Element) -> Iterator[str]:
    """What an element says, from top to bottom."""
    for part in element.content:
        if isinstance(part, Element):
            yield from _TOLD.get(part.tag, _lines)(part)


def _heading(part: Element) -> Iterator[str]:
    yield from ("", f"{'#' * int(part.tag[1])} {_text(part)}")


def _plain(part: Element) -> Iterator[str]:
    yield _text(part) + _downloads(part)


def _contents(part: Element) -> Iterator[str]:
    yield f"contents: {', '.join(_text(a) for a in part.all('a'))}"


def _script(part: Element) -> Iterator[str]:
    if part.attributes.get("type") == "application/json":
        yield from _data(json.loads(part.text))


def _text(element: Element) -> str:
    return _rounded(" ".join(element.text.split()), SAID)


def _strips(strips: Element) -> Iterator[str]:
    """Of each a name, a value and its range."""
    for strip in strips.all("div"):
        parts = [part for part in strip.all() if part.tag in ("dt", "strong", "span")]
        yield "  " + " | ".join(_text(part) for part in parts)


def _downloads(element: Element) -> str:
    links = [a.attributes["download"] for a in element.all("a") if "download" in a.attributes]
    return "".join(f" [downloads {name}]" for name in links)


def _figure(figure: Element) -> Iterator[str]:
    svg = next(part for part in figure.all() if part.attributes.get("role") == "img")
    words = dict.fromkeys(text.text.strip() for text in svg.all("text"))
    yield from ("", f"figure {figure.attributes['id']}: {_text(figure.of_class('says'))}")
    if svg.attributes["aria-label"] != figure.of_class("says").text:
        yield f"  alt: {svg.attributes['aria-label']}"
    yield f"  caption: {_text(next(figure.all('figcaption')))}"
    # Which numbers an axis shows hangs on the fonts; what it is called does not.
    yield f"  in it: {', '.join(word for word in words if not _is_number(word))}"
    yield from (f"  {line}" for line in _numbers(csv_of(next(figure.all("a")))))


def _numbers(rows: list[list[str]]) -> Iterator[str]:
    header, *body = rows
    yield f"{len(body)} rows: {' | '.join(header)}"
    kept = body
    if len(body) > MOST_ROWS:
        kept = [body[i * (len(body) - 1) // (MOST_ROWS - 1)] for i in range(MOST_ROWS)]
        yield f"means: {' | '.join(_mean(column) for column in zip(*body, strict=True))}"
    yield from (_rounded(" | ".join(row), COUNTED) for row in kept)


def _mean(column: tuple[str, ...]) -> str:
    known = [float(cell) for cell in column if _is_number(cell)]
    return _rounded(f"{sum(known) / len(known):f}", COUNTED) if known else "–"


def _table(table: Element) -> Iterator[str]:
    yield from ("", f"table: {_text(next(table.all('caption')))}")
    for row in table.all("tr"):
        cells = [cell for cell in row.all() if cell.tag in ("td", "th")]
        yield "  " + " | ".join(_text(cell) for cell in cells)


def _data(found: Any, name: str = "") -> Iterator[str]:
    """What a script is given, by the path to each value; long rows of it by their length."""
    match found:
        case dict():
            for key, value in found.items():
                yield from _data(value, f"{name}.{key}" if name else key)
        case list() if any(isinstance(one, dict) for one in found):
            for place, one in enumerate(found):
                yield from _data(one, f"{name}[{place}]")
        case list() if len(found) > MOST_ROWS or name.endswith("frames"):
            yield f"  {name}: {len(found)} values"
        case str() if len(found) > 400:
            yield f"  {name}: packed"
        case _:
            yield f"  {name}: {_rounded(json.dumps(found, ensure_ascii=False), COUNTED)}"


def _rounded(text: str, digits: int) -> str:
    """Long fractions cut to so many digits, and no hash: CPUs differ in the last digits."""

    def plain(found: re.Match[str]) -> str:
        long = len(found[1]) > digits or found[2]
        return f"{float(found[0]) + 0.0:.{digits}g}" if long else found[0]

    text = re.sub(r"\b[0-9a-f]{64}\b", "(hash)", text)
    return re.sub(r"(?<![\w.])-?\d+\.(\d+)(e[+-]\d+)?(?![\w.]\d)", plain, text)


def _is_number(text: str) -> bool:
    try:
        float(text.replace("−", "-").replace(",", "").rstrip("%"))
    except ValueError:
        return False
    return True


_TOLD: Mapping[str, Callable[[Element], Iterator[str]]] = {
    "title": lambda part: iter([f"title: {_text(part)}"]),
    "h1": _heading,
    "h2": _heading,
    "p": _plain,
    "label": _plain,
    "li": lambda part: iter([f"▲ {_text(part)}"]),
    "nav": _contents,
    "dl": _strips,
    "figure": _figure,
    "table": _table,
    "pre": lambda part: iter(f"    {line}" for line in part.text.splitlines()),
    "canvas": lambda part: iter([f"canvas: {part.attributes['aria-label']}"]),
    "script": _script,
}
"""Tag → how it is told; of all others, what is in them."""

if __name__ == "__main__":
    sys.exit(main())
