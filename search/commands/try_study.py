"""`search try FILE`: one configuration in this process, so that print and a debugger work."""

import sys

from search.app.options import Asked, Options
from search.commands.options import Data, File, taking


@taking("epochs", "seed")
def try_study(
    file: File,
    options: Options,
    asked: Asked,
    data: Data = None,
) -> int:
    """Train one configuration of FILE here, without Ray; nothing is saved."""
    from search import State
    from search.app.spaces import executed

    found = executed(file, data, asked, options)
    from search.app import try_study as app
    from search.display.lines import line_of

    trial = app.try_study(found, options)
    sys.stdout.write(line_of(trial) + "\n")
    return 1 if trial.state is State.FAIL else 0
