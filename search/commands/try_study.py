"""`search try FILE`: one configuration in this process, so that print and a debugger work."""

import sys

from search.app.options import Options
from search.commands.options import Data, Direction, File, Metric, ParamSpace, taking


@taking("epochs", "seed")
def try_study(
    file: File,
    options: Options,
    data: Data = None,
    direction: Direction = None,
    space: ParamSpace = None,
    metric: Metric = None,
) -> int:
    """Train one configuration of FILE here, without Ray; nothing is saved."""
    from search import State
    from search.app.spaces import Asked, executed

    found = executed(file, data, Asked(direction, space, metric), options)
    from search.app import try_study as app
    from search.display.lines import line_of

    trial = app.try_study(found, options)
    sys.stdout.write(line_of(trial) + "\n")
    return 1 if trial.state is State.FAIL else 0
