"""`search finish RUN`: enough was searched; judge what is there."""

import sys

from search.commands.naming import Named
from search.commands.resume import ChangedData
from search.commands.run_study import Address, watching


def finish(run: Named, changed_data: ChangedData = False, address: Address = None) -> int | None:
    """Begin no more trials of a run, and judge those that ended.

    A run that another process drives is asked to: its running trials end at their next rung, or at
    their end, and its finals follow there.
    """
    from search.app import resume as app

    extension = app.Extension(changed_data=changed_data, address=address)
    code = app.finish(run, extension, watching())
    if code is None:
        sys.stdout.write(
            f"{run} begins no more trials once one is complete; its finals follow, as `search "
            f"status {run}` will tell\n"
        )
    return code
