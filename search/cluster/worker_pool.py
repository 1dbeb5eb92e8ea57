"""The workers on a cluster that changes: how many there are, and whose fault it is if one dies."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from search.cluster.nodes import Nodes, Say
from search.cluster.ray_compat import node_of
from search.jobs.job_source import JobSource
from search.jobs.messages import Job

STARTS = 10
"""Workers that may end one after the other before they have begun, until jobs are held to have
failed by it: where a node is broken in ways of its own, others may do."""


@dataclass(frozen=True)
class Standing:
    """How the workers stand.

    Attributes:
        workers: How many there are, or may be at once.
        live: Those that live.
        busy: Those that have a job.
    """

    workers: int
    live: int = 0
    busy: int = 0


@dataclass(frozen=True)
class Lost:
    """A job whose worker is gone, while nobody knows yet whether its node is, too."""

    job: Job
    reason: str
    sign: Any


class WorkerPool:
    """Keeps a work told of the cluster.

    Args:
        work: Whose jobs are performed.
        nodes: Of the cluster.
        say: Told when nobody can work, and when somebody can again.
        on_look: Called with each look at the cluster.
    """

    def __init__(
        self, work: JobSource, nodes: Nodes, say: Say, on_look: Callable[[Standing], None]
    ) -> None:
        self._work = work
        self.nodes = nodes
        self._say = say
        self._on_look = on_look
        self._lost: list[Lost] = []
        self._unbegun = 0
        self._idle = 0
        self._live = self._busy = 0
        self._waiting = False
        self.standing = Standing(nodes.workers(0))

    @property
    def where(self) -> list[dict[str, str]] | None:
        """Ray's words for where a worker may not go; None where it may go anywhere."""
        return self.nodes.where if self.nodes.joined else None

    @property
    def has_room(self) -> bool:
        """Whether one more worker would fit, as at the last look."""
        return self.nodes.room(self.standing.live) > 0

    def count(self, live: int, busy: int) -> None:
        """Take note of the workers.

        Args:
            live: Those that have their place on a node.
            busy: Those of them that have a job.
        """
        self._live, self._busy = live, busy

    def tick(self) -> None:
        """Look around; asked in each round of Tune's."""
        if self._work.stopped():
            return  # what ended the search may have ended its cluster, too
        self._settle()
        if not self.nodes.look():
            return
        self.standing = Standing(self.nodes.workers(self._live), self._live, self._busy)
        self._work.staffed(self.standing.workers, self._spare)
        self._on_look(self.standing)
        self._tell_waiting()

    @property
    def _spare(self) -> int:
        """One job more waits for room, by which a cluster grows that grows by demand."""
        most, workers = self.nodes.resources.most, self.standing.workers
        return int(self.nodes.joined and (most is None or workers < most))

    def began(self) -> None:
        """A worker has said something."""
        self._unbegun = 0

    def lost(self, job: Job, reason: str, worker: Any) -> None:
        """A worker is gone with its job.

        Args:
            job: That it had.
            reason: Why, as far as its process is concerned.
            worker: Handle of its actor; None where it had not begun.
        """
        if not self.nodes.joined:
            self._work.lost(job, reason)
            return
        if worker is None:
            self._unbegun += 1
            if self._unbegun < STARTS:
                self._work.returned(job)
            else:
                self._work.lost(job, reason)
            return
        self._lost.append(Lost(job, reason, self.nodes.is_alive(node_of(worker))))

    def _settle(self) -> None:
        """A job whose node answers was lost by its worker; one whose node does not, by its node."""
        if not self._lost:
            return
        import ray
        from ray.exceptions import RayError

        told, _ = ray.wait(
            [lost.sign for lost in self._lost], num_returns=len(self._lost), timeout=0
        )
        settled = [lost for lost in self._lost if lost.sign in told]
        self._lost = [lost for lost in self._lost if lost.sign not in told]
        for lost in settled:
            try:
                ray.get(lost.sign)
            except RayError:
                self._work.returned(lost.job)
            else:
                self._work.lost(lost.job, lost.reason)

    def _tell_waiting(self) -> None:
        """Say once that nobody works since there is no room, and once that somebody does again."""
        nobody = self.nodes.joined and not self.standing.workers and not self._work.over()
        self._idle = self._idle + 1 if nobody else 0
        if self._idle == 2 and not self._waiting:  # not where one worker follows another
            self._waiting = True
            self._say(self.nodes.nowhere)
        elif self._waiting and self.standing.live:
            self._waiting = False
            self._say("the search goes on")
