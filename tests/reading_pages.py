"""What a page says, by a real parser."""

from html.parser import HTMLParser
from pathlib import Path


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.parts.append(data.strip())


def text_in(html: str) -> str:
    """The text of a page, without style and script."""
    parser = _Text()
    parser.feed(html)
    return "\n".join(parser.parts)


def text_of(page: Path) -> str:
    """The text of a page's file."""
    return text_in(page.read_text(encoding="utf-8"))
