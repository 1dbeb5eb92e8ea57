"""`search status RUN`: progress or result of a run, also while another process runs it."""

import json
import sys

from search.commands.naming import Named
from search.commands.options import AsJson


def status(run: Named, as_json: AsJson = False) -> None:
    """Show the progress of a run, or its winner."""
    from search.app import status as app

    found = app.status(run)
    if as_json:
        lines = [json.dumps(found.facts)]
    else:
        from search.display.status import sentences

        lines = sentences(found.run, found.facts)
    sys.stdout.write("\n".join(lines) + "\n")
