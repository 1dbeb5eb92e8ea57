"""`search fetch RUN`: a run of a cluster elsewhere, brought home with its page."""

import secrets
import sys
from pathlib import Path
from typing import Annotated

import typer

from search.app.paths import RUNS
from search.commands.submit import HOME, Cluster, Dashboard


def fetch(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Name of a run on the cluster.")],
    cluster: Cluster = None,
    address: Dashboard = None,
    to: Annotated[Path, typer.Option(metavar="FOLDER", help="Where run folders lie here.")] = RUNS,
) -> None:
    """Bring a run folder home, also while the run goes on, and write its page."""
    from search.app.paths import page_of
    from search.cluster.remote_jobs import RemoteJob, jobs_of
    from search.report.page import write_page
    from search.store.transfer import Arrival
    from search.study.errors import RunError

    run = Path(run).name  # as runs/NAME, which it is there
    arrival = Arrival(to, run)
    with jobs_of(cluster, address) as jobs:
        # Names are used once: the same run may be fetched by several people.
        job = RemoteJob(
            f"fetch-{run}-{secrets.token_hex(4)}", f"cd {HOME} && exec search hand-over {run}"
        )
        jobs.submit(job)
        ended = jobs.follow(job.name, arrival.take)
        jobs.forget(job.name)
    if ended.code != 0:
        raise RunError(f"{run}: the cluster could not hand it over ({arrival.remark or ended.why})")
    brought = arrival.unpack()
    if arrival.runs[run] == "running":
        sys.stderr.write(f"search: {run} goes on there; this is how it stood\n")
    page = page_of(brought.name)
    write_page(brought, page)
    sys.stdout.write(f"run   {brought.folder.path}\npage  {page}\n")


def hand_over(run: Annotated[str, typer.Argument(metavar="RUN")]) -> None:
    """Write a run to standard output, for `search fetch` on another machine."""
    from search.store.transfer import hand_over

    hand_over(RUNS, run, sys.stdout.write)
