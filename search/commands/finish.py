"""`search finish RUN`: enough was searched; judge what is there."""

import sys
from contextlib import closing

from search.commands.naming import Named
from search.commands.resume import ChangedData, continued
from search.commands.run_study import Address


def finish(run: Named, changed_data: ChangedData = False, address: Address = None) -> int | None:
    """Begin no more trials of a run, and judge those that ended.

    A run that another process drives is asked to: its running trials end at their next rung, or at
    their end, and its finals follow there.
    """
    from search.store.recorder import Recorder
    from search.store.run import load_run
    from search.study.errors import InputError
    from search.study.trial import State

    opened = load_run(run)
    state, manifest = opened.state, opened.manifest
    if state == "finished" and not opened.damaged():
        raise InputError(
            f"{run}: the run is finished; `search status {run}` names its winner, and `search "
            f"resume {run} --trials +50` extends it"
        )
    if state == "running":
        opened.folder.ask_to_finish()
        sys.stdout.write(
            f"{run} begins no more trials once one is complete; its finals follow, as `search "
            f"status {run}` will tell\n"
        )
        return None
    if not any(trial.state is State.COMPLETE for trial in opened.trials()):
        raise InputError(
            f"{run}: no trial is complete, so there is nothing to judge; go on with `search resume "
            f"{run}`"
        )
    with closing(Recorder(opened.folder)) as recorder:
        return continued(
            opened, recorder, manifest.plan, address, changed_data=changed_data, finish=True
        )
