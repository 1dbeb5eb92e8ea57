"""The nodes of a cluster as they come and go: which may work, and for how many workers is room?"""

import math
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from platform import python_version
from typing import Any

from search.cluster.ray_compat import free_resources
from search.cluster.resources import Resources
from search.study.errors import InputError, first_line

LOOK = 1.0
"""Seconds between two looks at the cluster; a look takes 2 ms."""
PACKAGES = ("keras-search", "tensorflow", "keras", "ray", "numpy")
"""That have to be the same everywhere: what one node says, another has to mean."""
ANSWERS = 20.0
"""Seconds in which the nodes that are there at the start may say what they have."""
SELF = "ray.io/node-id"
"""The label by which Ray tells nodes apart."""

Say = Callable[[str], object]


@dataclass(frozen=True)
class Node:
    """A living node.

    Attributes:
        identity: Ray's.
        name: As text: its address.
        total: Resource → how much of it the node has.
        free: Resource → how much of it is free.
    """

    identity: str
    name: str
    total: Mapping[str, float]
    free: Mapping[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        parts = [f"{self.total[kind]:g} {kind}s" for kind in ("CPU", "GPU") if kind in self.total]
        return f"node {self.name} ({', '.join(parts) or 'no CPUs'})"


def living() -> tuple[Node, ...]:
    """The nodes of the cluster that this process is connected to."""
    import ray

    free = free_resources()
    return tuple(
        Node(i, node["NodeManagerAddress"], node["Resources"], free.get(i, {}))
        for node in ray.nodes()
        if node["Alive"]
        for i in [node["NodeID"]]
    )


def here() -> dict[str, str]:
    """The versions that this process works with."""
    return _versions()(PACKAGES)


class Nodes:
    """Watches a cluster that others may use, too.

    Args:
        resources: Of a worker.
        joined: Whether the cluster ran before; one of our own has one node that stays as it is.
        say: Called with what you should know, once.
        clock: Seconds.
    """

    def __init__(
        self,
        resources: Resources,
        *,
        joined: bool,
        say: Say = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.joined = joined
        self.resources = resources
        self._say = say
        self._clock = clock
        self._versions = here()
        self._looked = -math.inf
        self._nodes: dict[str, Node] = {}
        self._asked: dict[str, Any] = {}
        self._known: dict[str, bool] = {}
        self._met = False

    def tell(self, say: Say) -> None:
        """From now on somebody else is told."""
        self._say = say

    def look(self) -> bool:
        """See who is there, once a second at most; returns whether it was time."""
        if self._clock() - self._looked < LOOK:
            return False
        from ray.exceptions import RayError

        self._looked = self._clock()
        before = {node.identity: node for node in self.usable}
        try:
            self._nodes = {node.identity: node for node in living()}
        except RayError:
            return False  # a head that is too busy to answer, or gone: then all else ends, too
        if self.joined:
            self._judge()
            self._tell_changes(before)
        return True

    @property
    def usable(self) -> list[Node]:
        """Those that could hold a worker, and have the versions that it needs."""
        return [
            node
            for node in self._nodes.values()
            if self.resources.fit(node.total)
            and (not self.joined or self._known.get(node.identity, False))
        ]

    @property
    def refused(self) -> list[str]:
        """Identities of living nodes that must not be used."""
        return sorted(i for i, good in self._known.items() if not good and i in self._nodes)

    def room(self, live: int) -> int:
        """How many more workers fit just now.

        Args:
            live: Workers that live; all of them count against the most you allow.
        """
        free = sum(self.resources.fit(node.free) for node in self.usable)
        return free if self.resources.most is None else min(free, self.resources.most - live)

    def workers(self, live: int) -> int:
        """How many workers there are or may be.

        Args:
            live: Workers that live.
        """
        if not self.joined:
            whole = sum(self.resources.fit(node.total) for node in self.usable)
            return min(whole, self.resources.most or whole)
        return live + self.room(live)

    @property
    def where(self) -> list[dict[str, str]] | None:
        """Ray's words for where a worker may not go; None where it may go anywhere."""
        refused = self.refused
        return [{SELF: f"!in({','.join(refused)})"}] if refused else None

    def wait(self) -> None:
        """Wait until a worker fits, and say so; a cluster started here has room from the start.

        Raises:
            InputError: Every node that could hold one is refused.
        """
        self.look()
        began, said = self._clock(), False
        with closing(Wish(self._clock)) as wish:
            while self.joined and (not self.room(0) or self._is_to_hear(began)):
                time.sleep(LOOK / 10)
                if not self.look() or self.room(0) or self._asked:
                    continue
                self._check_versions()
                wish.renew(self.resources.bundle, self.where)
                if not said:
                    self._say(self.nowhere)
                    said = True

    def _is_to_hear(self, began: float) -> bool:
        """Whether nodes that were there at the start may still say what they have."""
        return bool(self._asked) and self._clock() - began < ANSWERS

    @property
    def nowhere(self) -> str:
        """A sentence: no worker fits."""
        return (
            f"waiting: no node of the cluster has room for a trial ({self.resources}); the search "
            "goes on as soon as one has"
        )

    def is_alive(self, identity: str) -> Any:
        """Ask a node for a sign of life; the answer, or the node's loss, comes by reference."""
        return _on(identity, _alive())

    def _check_versions(self) -> None:
        able = [node for node in self._nodes.values() if self.resources.fit(node.total)]
        if able and not self.usable:
            names = ", ".join(node.name for node in able)
            raise InputError(
                f"nodes {names}",
                "every node that has room for a trial is refused, as said above",
                "install there what is installed here",
            )

    def _judge(self) -> None:
        """Ask nodes for their versions, once, and hear those that have answered."""
        import ray
        from ray.exceptions import RayError

        for node in self._nodes.values():
            new = node.identity not in self._known and node.identity not in self._asked
            if new and self.resources.fit(node.total):
                self._asked[node.identity] = _on(node.identity, _versions(), PACKAGES)
        for identity in [i for i in self._asked if i not in self._nodes]:
            del self._asked[identity]
        if not self._asked:
            return
        told, _ = ray.wait(list(self._asked.values()), num_returns=len(self._asked), timeout=0)
        for identity in [i for i, asked in self._asked.items() if asked in told]:
            asked = self._asked.pop(identity)
            try:
                self._heard(self._nodes[identity], ray.get(asked))
            except RayError as error:
                # Lost meanwhile, it is asked no more; alive, it cannot even say what it has.
                self._known[identity] = False
                self._say(f"{self._nodes[identity]} is not used: {first_line(error)}")

    def _heard(self, node: Node, versions: Mapping[str, str]) -> None:
        differ = [
            f"{package} {versions.get(package) or 'is missing'} (here {own})"
            for package, own in self._versions.items()
            if versions.get(package) != own
        ]
        self._known[node.identity] = not differ
        if differ:
            self._say(f"{node} is not used: {', '.join(differ)}; install there what is here")

    def _tell_changes(self, before: Mapping[str, Node]) -> None:
        now = {node.identity: node for node in self.usable}
        if self._met:
            for node in (node for i, node in now.items() if i not in before):
                self._say(f"{node} has joined")
            for node in (node for i, node in before.items() if i not in now):
                self._say(f"{node} is lost; its trials run again elsewhere")
        self._met = self._met or bool(now)


class Wish:
    """A place for a worker that is asked for, so that a cluster grows that grows by demand."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._group: Any = None
        self._rests_until = -math.inf

    def renew(self, bundle: Mapping[str, float], where: list[dict[str, str]] | None) -> None:
        """Ask, where that is not asked; granted, it is taken back, since it fills the room."""
        from ray.util import placement_group

        if self._group is None and self._clock() > self._rests_until:
            self._group = placement_group([dict(bundle)], bundle_label_selector=where)
        elif self._group is not None and self._group.wait(0):
            self.close()
            self._rests_until = self._clock() + 10 * LOOK

    def close(self) -> None:
        """Take it back."""
        from ray.util import remove_placement_group

        if self._group is not None:
            remove_placement_group(self._group)
            self._group = None


def _on(identity: str, function: Callable[..., Any], *arguments: Any) -> Any:
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    there = NodeAffinitySchedulingStrategy(identity, soft=False)
    task: Any = ray.remote(num_cpus=0, max_retries=0)(function)
    return task.options(scheduling_strategy=there).remote(*arguments)


def _versions() -> Callable[[tuple[str, ...]], dict[str, str]]:
    """A function that Ray sends as it is, since this package may be missing on a node."""

    def versions(packages: tuple[str, ...]) -> dict[str, str]:
        found = {"python": python_version()}
        for package in packages:
            try:
                found[package] = version(package)
            except PackageNotFoundError:
                found[package] = ""
        return found

    return versions


def _alive() -> Callable[[], bool]:
    def alive() -> bool:
        return True

    return alive
