"""`search report RUN`: write the page again, from the run's folder."""

import sys

from search.commands.naming import Named


def report(run: Named) -> None:
    """Write the page of a run again; no code of the run is executed."""
    from search.app.pages import check_model
    from search.app.pages import report as written

    sys.stdout.write(f"page  {written(run)}\n")
    check_model(run)
