"""A new run: from a space to its page."""

import json
from pathlib import Path

from search.app.demands import NOTHING, Demands
from search.app.options import Options
from search.app.paths import RUNS
from search.app.resolved import ResolvedStudy
from search.app.session import DONE, Order, Watching, begin
from search.loading.space_file import Space
from search.store.folder import Folder, free_name
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
    resolved = ResolvedStudy.of(space, study)
    demands.check(resolved.study.goal, study.mute)
    taken = Taken()
    if options.continue_from is not None:
        taken = take(options.continue_from, resolved.study, space.source, resolved.summary())
    name = free_name(RUNS, Path(space.source.name).stem) if options.name is None else options.name
    folder = Folder.named(RUNS, name)
    order = Order(
        resolved,
        resources,
        options.address,
        watching,
        taken,
        command=command,
        unauthenticated=options.unauthenticated,
    )
    code = begin(order, folder)
    if code == DONE and demands != NOTHING:
        demands.judge(json.loads(folder.report.read_bytes()))
    return code
