"""`search check FILE`: how a study is read, and every mistake in it."""

import json
import sys

from search.app.options import Asked, Options
from search.commands.options import (
    CLUSTER,
    MACHINES,
    AsJson,
    Data,
    File,
    taking,
)


@taking(*CLUSTER, *MACHINES)
def check(
    file: File,
    options: Options,
    asked: Asked,
    data: Data = None,
    as_json: AsJson = False,
) -> int:
    """Show how FILE is read, what a search would cost, and every mistake; nothing is saved.

    Trains one configuration, at the middle of the space, in a worker.
    """
    from search.app import check as app
    from search.app.spaces import source_of

    found = app.check(source_of(file, data, asked), options)
    if as_json:
        sys.stdout.write(json.dumps(found.facts) + "\n")
    elif found.problems:
        sys.stderr.writelines(f"search: {problem}\n" for problem in found.problems)
    else:
        sys.stdout.write(f"{found}\n")
    return 2 if found.problems else 0
