"""`search reproduce RUN`: retrain the winner, and compare each figure."""

import json
import sys

from search.commands.naming import Named
from search.commands.options import AsJson

AGREES, DIFFERS = 0, 1


def reproduce(run: Named, as_json: AsJson = False) -> int:
    """Retrain the winner of RUN, from the run's own copy of its space, and compare.

    Exit code: 0 all figures agree, 1 some do not, 2 it cannot be tried.
    """
    from search.app import reproduce as app
    from search.display.reproduced import sentences

    told = app.reproduce(run)
    lines = [json.dumps(told)] if as_json else sentences(told)
    sys.stdout.write("\n".join(lines) + "\n")
    return AGREES if told["agrees"] else DIFFERS
