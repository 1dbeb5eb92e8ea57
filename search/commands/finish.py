"""`search finish RUN`: stop searching and run the finals."""

import sys

from search.app.options import Options
from search.commands.naming import Named
from search.commands.options import CLUSTER, taking
from search.commands.resume import ChangedData
from search.commands.run_study import Track, watching


@taking(*CLUSTER)
def finish(
    run: Named, options: Options, changed_data: ChangedData = False, track: Track = None
) -> int | None:
    """Start no more trials of a run, and run its finals on the finished ones.

    A run that another process drives is asked to: its running trials end at their next rung, or at
    their end, and its finals follow there.
    """
    from search.app import resume as app

    extension = app.Extension(
        changed_data=changed_data,
        address=options.address,
        unauthenticated=options.unauthenticated,
    )
    code = app.finish(run, extension, watching(track=track))
    if code is None:
        sys.stdout.write(
            f"{run} starts no more trials once one is complete; then its finals run: see "
            f"`search status {run}`\n"
        )
    return code
