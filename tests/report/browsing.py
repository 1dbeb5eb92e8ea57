"""A page in a real browser: what it asks for, complains of, and looks like."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
OPTIONS: dict[str, Any] = {
    "executable_path": CHROMIUM,
    "args": [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
    ],
}
"""How a browser is launched; Playwright is not asked to download one of its own."""

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}

NOTE_VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});
"""


def need_chromium() -> None:
    """Skip without a browser; in CI, where one is promised, fail."""
    if CHROMIUM is None:
        say = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        say("no Chromium was found; get one with `apt-get install chromium`")


@dataclass(frozen=True)
class Seen:
    """What a page did beside showing itself."""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Take note from now on."""
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self.complaints.append(message.text))

        def dismiss(dialog: Any) -> None:
            self.dialogs.append(dialog.message)
            dialog.dismiss()

        page.on("dialog", dismiss)


UNFOLD = "for (const fold of document.querySelectorAll('.fold')) fold.open = true"


@contextmanager
def opened(
    browser: Browser, file: Path, *, unfold: bool = True, **options: Any
) -> Iterator[tuple[Page, Seen]]:
    """A page in a fresh context without a network, loaded, with what it did while it loaded.

    Args:
        browser: Where it is opened.
        file: Of the page.
        unfold: Whether all its sections are opened.
        options: Of the context.
    """
    with browser.new_context(**{"viewport": DESK, "offline": True, **options}) as context:
        context.add_init_script(NOTE_VIOLATIONS)
        page, seen = context.new_page(), Seen()
        seen.watch(page)
        page.goto(file.as_uri(), wait_until="load")
        if unfold:
            page.evaluate(UNFOLD)
        yield page, seen


def width_beyond(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    beyond: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return beyond
