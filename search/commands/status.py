"""`search status RUN`: where a run stands, also while another process runs it."""

import json
import sys

from search.commands.naming import Named
from search.commands.options import AsJson


def status(run: Named, as_json: AsJson = False) -> None:
    """Tell where a run stands."""
    from search.app import status as app

    found = app.status(run)
    if as_json:
        lines = [json.dumps(found.facts)]
    else:
        from search.display.status import sentences

        lines = sentences(found.run, found.facts)
    sys.stdout.write("\n".join(lines) + "\n")
