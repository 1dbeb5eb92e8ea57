"""A Ray cluster elsewhere, through its dashboard: jobs are handed in, followed, and ended."""

import asyncio
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from search.cluster.ray_compat import quiet_job_client
from search.cluster.tunnel import tunnel
from search.study.errors import ArgumentError, InputError, RunError, first_line

if TYPE_CHECKING:
    from ray.job_submission import JobSubmissionClient

PATIENCE = 60.0
"""Seconds for a job whose log has ended to be told so."""
_STARTED = "Running entrypoint for job"
"""Begins the last line of Ray's own in a job's log."""


@dataclass(frozen=True)
class RemoteJob:
    """What shall be done on the head.

    Attributes:
        name: Letters, digits, ".", "_" and "-"; no other job of the cluster has it.
        command: For a shell.
        notes: Shown with it in the Ray dashboard.
    """

    name: str
    command: str
    notes: Mapping[str, str] = field(default_factory=dict)


_Given = tuple[str, str]
"""The argument that names a cluster, and its value."""


@dataclass(frozen=True)
class RemoteEnd:
    """How a job ended.

    Attributes:
        code: Its exit code; 130 where it was stopped, 1 where it has none of its own.
        stopped: Whether you stopped it.
        why: In Ray's words.
    """

    code: int
    stopped: bool
    why: str


class RemoteJobs:
    """The jobs of one cluster.

    Args:
        client: Connected.
        argument: The argument that named it, "cluster" or "address".
        value: As it was given.
    """

    def __init__(self, client: "JobSubmissionClient", argument: str, value: str) -> None:
        self._client = client
        self.argument, self.value = argument, value

    def submit(self, job: RemoteJob, folder: Path | None = None) -> None:
        """Hand a job in.

        Args:
            job: What shall be done.
            folder: Whose content the command finds in its working directory; None for nothing.

        Raises:
            InputError: There is one of its name.
            RunError: The cluster does not take it.
        """
        along = {"working_dir": str(folder)} if folder else {}
        # A search that is stopped ends in order within 9 s; Ray would kill it after 3.
        environment = {**along, "env_vars": {"RAY_JOB_STOP_WAIT_TIME_S": "30"}}
        try:
            self._client.submit_job(
                entrypoint=job.command,
                submission_id=job.name,
                runtime_env=environment,
                metadata=dict(job.notes),
            )
        except RuntimeError as error:
            if "already exists" in str(error):
                problem = "the cluster has a job of this name"
                raise ArgumentError("name", job.name, problem, "give another") from None
            raise RunError(f"{self.value}: the job was not taken ({_first(error)})") from None

    def follow(self, name: str, say: Callable[[str], object]) -> RemoteEnd:
        """Have each line of a job's log, from its first on, until it ends.

        Args:
            name: Of the job.
            say: Called with each line, which ends in a newline.

        Raises:
            InputError: There is no such job.
            RunError: The connection broke.
        """
        self._known(name)
        try:
            asyncio.run(self._tail(name, _Lines(say)))
            return self._ended(name)
        except (OSError, RuntimeError, _of_aiohttp()) as error:
            raise RunError(
                f"{self.value}: the connection broke ({_first(error)}); the job goes on there"
            ) from None

    def stop(self, name: str) -> bool:
        """Ask a job to end in order; returns whether it was under way.

        Raises:
            InputError: There is no such job.
        """
        self._known(name)
        return self._client.stop_job(name)

    def forget(self, name: str) -> None:
        """Take a job that has ended from the dashboard's list."""
        self._client.delete_job(name)

    def _known(self, name: str) -> None:
        jobs = [job.submission_id for job in self._client.list_jobs() if job.submission_id]
        if name not in jobs:
            known = f"it has {', '.join(sorted(jobs))}" if jobs else "it has none"
            raise InputError(name, "the cluster has no job of this name", known)

    async def _tail(self, name: str, lines: "_Lines") -> None:
        async for text in self._client.tail_job_logs(name):
            lines.take(text)

    def _ended(self, name: str) -> RemoteEnd:
        latest = time.monotonic() + PATIENCE
        while not (info := self._client.get_job_info(name)).status.is_terminal():
            if time.monotonic() > latest:
                raise RunError(f"{self.value}: the log ended while the job goes on")
            time.sleep(0.5)
        stopped, code = str(info.status) == "STOPPED", info.driver_exit_code
        if str(info.status) == "SUCCEEDED":
            return RemoteEnd(0, stopped, info.message or "")
        # Below 0 where a signal ended it; none where it did not start.
        return RemoteEnd(130 if stopped else max(code or 1, 1), stopped, info.message or "")


class _Lines:
    """Makes lines of a log's pieces, and leaves out what Ray says before the job's own first."""

    def __init__(self, say: Callable[[str], object]) -> None:
        self._say = say
        self._begun = False
        self._rest = ""

    def take(self, text: str) -> None:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            if self._begun:
                self._say(f"{line}\n")
            self._begun = self._begun or line.startswith(_STARTED)


@contextmanager
def jobs_of(cluster: Path | None, address: str | None) -> Iterator[RemoteJobs]:
    """The jobs of the cluster that a file started, or whose dashboard is at an address.

    Raises:
        InputError: Neither or both are given, nobody answers there, or the token is not its own.
    """
    if (cluster is None) == (address is None):
        raise InputError(
            "which cluster",
            fix="give cluster='cluster.yaml' of one that `ray up` started, or "
            "address='http://127.0.0.1:8265' of a Ray dashboard, one of them",
            names=("cluster", "address"),
        )
    if cluster is None:
        given: _Given = ("address", str(address))
        yield RemoteJobs(_client(str(address), given), *given)
        return
    given = ("cluster", str(cluster))
    if not cluster.is_file():
        raise ArgumentError(*given, "there is no such file", "give that of `ray up`")
    with tunnel(cluster) as near:
        yield RemoteJobs(_client(near, given), *given)


def ready_for_jobs() -> None:
    """Set what Ray heeds as it is loaded, before it is."""
    os.environ["RAY_AUTH_MODE"] = "token"
    for name in ("RAY_ADDRESS", "RAY_API_SERVER_ADDRESS"):  # Ray would follow these instead
        os.environ.pop(name, None)


def _client(address: str, given: _Given) -> "JobSubmissionClient":
    _check(address, given)
    ready_for_jobs()
    from ray.exceptions import AuthenticationError
    from ray.job_submission import JobSubmissionClient

    quiet_job_client()
    try:
        return JobSubmissionClient(address)
    except AuthenticationError as error:
        wrong = "Forbidden" in str(error)
        why = "the one here is not its own" if wrong else "there is none here"
        raise ArgumentError(
            *given,
            f"the cluster wants its token, and {why}",
            "put that of the cluster into ~/.ray/auth_token, or name its file by "
            "RAY_AUTH_TOKEN_PATH",
        ) from None
    except (OSError, RuntimeError) as error:
        raise ArgumentError(*given, f"no Ray dashboard answers there ({_first(error)})") from None


def _check(address: str, given: _Given) -> None:
    """Knock without a token: a dashboard that opens then would take jobs from anybody.

    Raises:
        InputError: Nobody answers, or anybody may come in.
    """
    if not address.startswith(("http://", "https://")):
        raise ArgumentError(
            *given, fix="give the dashboard's address, such as http://127.0.0.1:8265"
        )
    try:
        urllib.request.urlopen(f"{address.rstrip('/')}/api/jobs/", timeout=10).close()  # noqa: S310
    except urllib.error.HTTPError as error:
        if error.code in (401, 403):
            return
        raise ArgumentError(
            *given, f"what answers there is not a Ray dashboard ({error.code} {error.reason})"
        ) from None
    except (OSError, ValueError) as error:
        raise ArgumentError(
            *given,
            f"no Ray dashboard answers there ({getattr(error, 'reason', error)})",
            "start a cluster as in cluster/README.md, or correct the address",
        ) from None
    raise ArgumentError(
        *given,
        "this cluster runs the code of anyone who reaches it",
        "start it with RAY_AUTH_MODE=token and a token, as in cluster/README.md",
    )


def _of_aiohttp() -> type[Exception]:
    import aiohttp

    return aiohttp.ClientError


def _first(error: Exception) -> str:
    return first_line(error) or type(error).__name__
