"""`search report RUN`: make the page again, from the folder alone."""

import sys

from search.commands.naming import Named


def report(run: Named) -> None:
    """Write the page of a run again; nothing of the run is executed."""
    from search.app.pages import check_model
    from search.app.pages import report as written

    sys.stdout.write(f"page  {written(run)}\n")
    check_model(run)
