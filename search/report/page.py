"""One self-contained file: the template filled, under a policy that allows it nothing else."""

import base64
import glob
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from search.report.content import Page, page_of
from search.report.definitions import Definitions, place_of, unbroken
from search.report.material import Material
from search.report.search_section import Searched
from search.store.run import StoredRun, shown
from search.study.errors import InputError
from search.study.garbage import uncollected
from search.study.whole_file import write_whole

Work = Callable[[], Searched]
Aside = Callable[[Work], Work]
"""Begins a work; what it returns gives what came of it."""
HEAD = 1 << 16
"""Characters of a page in which the place of its search stands."""
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""What HTML has no place for, and a terminal obeys."""


def write_page(
    run: StoredRun, path: Path, *, reload: int = 0, aside: Aside | None = None
) -> Material:
    """Write a run's page, whole or not at all.

    Args:
        run: Also one that is still running.
        path: Of the page.
        reload: Seconds after which a browser loads the page anew; 0 for never.
        aside: Begins what is told of the trials alone, for that to be made beside the rest.

    Returns:
        What it was made from.

    Raises:
        InputError: The place cannot be written.
    """
    with shown(run.folder.path), uncollected():
        made = Material.of(run)
        if aside is not None:
            made = replace(made, searched=aside(partial(Searched.of, made)))
        text = rendered(page_of(made), reload)
    write_text(text, path)
    return made


def write_text(text: str, path: Path) -> None:
    """Write a page, whole or not at all.

    Raises:
        InputError: The place cannot be written.
    """
    # A surrogate without its other half has no UTF-8.
    content = CONTROLS.sub("\ufffd", text).encode("utf-8", "backslashreplace")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for left in path.parent.glob(f"{glob.escape(f'.{path.name}-')}*"):
            left.unlink()  # by a kill while the page was written
        write_whole(path, content, 0o644)
    except OSError as error:
        raise InputError(path, f"the page cannot be written ({error.strerror})") from None


def is_of(path: Path, source: str) -> bool:
    """Whether a file is the page of a search that was made elsewhere, in this place."""
    try:
        with path.open(encoding="utf-8", errors="replace") as page:
            return f'<meta name="source" content="{escape(source)}">' in page.read(HEAD)
    except OSError:
        return False


def render(run: StoredRun) -> str:
    """A run's page as text; see `write_page`."""
    with shown(run.folder.path):
        return rendered(page_of(Material.of(run)))


def rendered(page: Page, reload: int = 0) -> str:
    """A page as text."""
    environment = Environment(
        loader=PackageLoader("search.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    definitions = Definitions()
    environment.filters |= {"defined": definitions, "place_of": place_of, "unbroken": unbroken}
    style, script = _asset("page.css"), _asset("page.js")
    if page.playground and page.playground.data:
        script += _asset("playground.js")
    policy = (
        "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"style-src '{_hash(style)}'; script-src '{_hash(script)}'"
    )
    return environment.get_template("page.html.j2").render(
        page=page, policy=policy, style=style, script=script, reload=reload, definitions=definitions
    )


def _asset(name: str) -> Markup:
    """A file of this package, put into the page as it is."""
    return Markup(files("search.report").joinpath("templates", name).read_text("utf-8"))  # noqa: S704


def _hash(text: str) -> str:
    """How the policy names an inline style or script that it allows."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
