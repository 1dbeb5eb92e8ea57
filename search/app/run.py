"""A new run: from a space to its page."""

import json
import sys

from search.app.demands import NOTHING, Demands
from search.app.kept import keep
from search.app.options import Options
from search.app.paths import RUNS
from search.app.resolved import resolved
from search.app.session import DONE, Order, Watching, begin
from search.display.lines import plain_lines
from search.loading.space_file import Space
from search.store.folder import Folder, free_name
from search.study.errors import ArgumentError
from search.study.function_study import FunctionStudy
from search.tuning.warm_start import Taken, take


def run(
    space: Space,
    options: Options,
    watching: Watching,
    command: str,
    demands: Demands = NOTHING,
) -> int:
    """Search what a space says, judge the best, and write the page.

    Args:
        space: As it was executed.
        options: Over what its study says.
        watching: Who is told how it goes.
        command: By which it was asked for; the page shows it.
        demands: What the finished run has to reach.

    Returns:
        The exit code: 0 done, 1 unfinished, 130 interrupted.

    Raises:
        InputError: Something given is wrong; nothing was begun.
        RunError: The search cannot go on.
        UnmetError: It is finished, and not as was demanded.
    """
    study, resources = options.over(space.study), options.resources
    ready = resolved(space, study)
    if isinstance(ready.study, FunctionStudy):
        _check_function(options, demands)
    demands.check(ready.study.goal, study.mute)
    taken = Taken()
    if options.continue_from is not None:
        taken = take(options.continue_from, ready.study, space.source, ready.summary())
    name = free_name(RUNS, space.source.stem) if options.name is None else options.name
    folder = Folder.named(RUNS, name)
    order = Order(
        ready,
        resources,
        options.address,
        watching,
        taken,
        command=command,
        unauthenticated=options.unauthenticated,
    )
    code = begin(order, folder)
    if code == DONE and options.keep is not None and (said := keep(options.keep)):
        plain_lines(sys.stdout)(said)
    if code == DONE and demands != NOTHING:
        demands.judge(json.loads(folder.report.read_bytes()))
    return code


def _check_function(options: Options, demands: Demands) -> None:
    """Refuse what the search of a function cannot do.

    Raises:
        ArgumentError: It was asked for.
    """
    if demands.score is not None:
        why = "a function has no held-out rows, so there is no score"
        raise ArgumentError("fail_under", demands.score, why, "leave it out")
    if options.continue_from is not None:
        why = "whether a function still means the same by its values is not known"
        fix = "leave it out, or go on with the run itself by `search resume RUN --trials +N`"
        raise ArgumentError("continue_from", options.continue_from, why, fix)
