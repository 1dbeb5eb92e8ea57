"""`search report RUN`: make the page again, from the folder alone."""

import sys

from search.commands.naming import Named


def report(run: Named) -> None:
    """Write the page of a run again; nothing of the run is executed."""
    from search.app.paths import page_of
    from search.report.page import write_page
    from search.store.run import load_run

    opened = load_run(run)
    path = page_of(opened.name)
    write_page(opened, path)
    sys.stdout.write(f"page  {path}\n")
    opened.model()  # the one kept file that no page is made from: it may be damaged, too
