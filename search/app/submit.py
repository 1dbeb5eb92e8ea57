"""A search on a cluster elsewhere: handed in, followed, ended, and brought home."""

import secrets
import shlex
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from search.app.function_file import NOTHING
from search.app.options import Asked, Options
from search.app.paths import RUNS, page_of
from search.app.spaces import source_of
from search.cluster.remote_jobs import RemoteEnd, RemoteJob, RemoteJobs, jobs_of, ready_for_jobs
from search.loading.bundle import Belongings
from search.report.page import write_page
from search.store.folder import Folder, free_name
from search.store.transfer import Arrival
from search.store.transfer import hand_over as handed_over
from search.study.errors import RunError

__all__ = ["RemoteJobs", "Submission", "fetch", "hand_over", "jobs_of", "why"]
HOME = "~/search"
"""Where the head has the product, in its `runs/` the run folders, in `submitted/` the spaces."""
_READINGS = 3
"""Of the log that brings a run: where Ray's dashboard loses its own agent, it ends a log early and
tells nobody."""


@dataclass(frozen=True)
class Submission:
    """What a cluster shall do, and what goes along."""

    job: RemoteJob
    belongings: Belongings

    @classmethod
    def of(
        cls,
        file: Path,
        options: Options,
        words: Sequence[str],
        data: Path | None = None,
        asked: Asked = NOTHING,
    ) -> "Submission":
        """A search of a space file, or of the one made for a file written for others, checked.

        Args:
            file: As of `source_of`.
            options: What is said of the search.
            words: The same as on a command line, but for the name.
            data: As of `source_of`.
            asked: As of `source_of`.

        Raises:
            InputError: A value is wrong, the name is no file name, or what goes along is too much.
        """
        _ = options.resources  # refused here, if they are to be
        ready_for_jobs()  # a file may load Ray
        space = source_of(file, data, asked, None).execute()
        options.over(space.study)
        name = options.name or free_name(RUNS, space.source.stem)
        name = Folder.named(RUNS, name).name
        notes = {"run": name, "space": f"{space.source.name}: {space.title}"}
        job = RemoteJob(name, entrypoint(name, space.source.name, words), notes)
        return cls(job, Belongings(space.source))

    def send(self, jobs: RemoteJobs) -> None:
        """Hand it in."""
        with tempfile.TemporaryDirectory() as folder:
            self.belongings.copy(Path(folder) / "space")
            jobs.submit(self.job, Path(folder))


def entrypoint(name: str, file: str, words: Sequence[str]) -> str:
    """What the head's shell does: the space gets a place that stays, and is searched from there."""
    place = f"submitted/{name}"
    run = ["search", "run", f"{place}/{file}", "--name", name, "--address", "auto", *words]
    return (
        f"mkdir -p {HOME}/submitted && mkdir {HOME}/{place} && cp -R space/. {HOME}/{place} && "
        f"cd {HOME} && exec {shlex.join(run)}"
    )


def why(name: str, ended: RemoteEnd) -> str:
    """How a search ended that is not done."""
    if ended.stopped:
        return f"{name} was stopped"
    if ended.code == 127:
        return f"{name} did not start: `search` is not installed on the head; install it there"
    return f"{name} ended with exit code {ended.code}"


@dataclass(frozen=True)
class Fetched:
    """A run that was brought home.

    Attributes:
        folder: Where it lies.
        page: That was made of it.
        goes_on: Whether it was still under way.
    """

    folder: Path
    page: Path
    goes_on: bool


def fetch(name: str, cluster: Path | None, address: str | None, to: Path = RUNS) -> Fetched:
    """Bring a run folder home, also while the run goes on, and write its page.

    Args:
        name: Of the run on the cluster.
        cluster: The file of a cluster that `ray up` started.
        address: Instead: of its Ray dashboard.
        to: Where run folders lie here.

    Raises:
        InputError: There is none, or one of this name is here already.
        RunError: The cluster could not hand it over.
    """
    Arrival(to, name)  # before anything is asked of the cluster
    with jobs_of(cluster, address) as jobs:
        # Names are used once: the same run may be fetched by several users.
        command = f"cd {HOME} && exec search hand-over {name}"
        job = RemoteJob(f"fetch-{name}-{secrets.token_hex(4)}", command)
        jobs.submit(job)
        for _ in range(_READINGS):
            arrival = Arrival(to, name)
            ended = jobs.follow(job.name, arrival.take)
            if arrival.whole or ended.code != 0:
                break
        jobs.forget(job.name)
    if ended.code != 0:
        raise RunError(f"{name}: the cluster could not send it ({arrival.remark or ended.why})")
    brought = arrival.unpack()
    page = page_of(brought.name)
    write_page(brought, page)
    return Fetched(brought.folder.path, page, arrival.runs[name] == "running")


def hand_over(name: str, say: Callable[[str], object]) -> None:
    """Write a run as lines, for `fetch` on another machine."""
    handed_over(RUNS, name, say)
