"""The machines: a Ray cluster started here, or one that runs already."""

import logging
import os
import signal
import subprocess
import sysconfig
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Optional

from search.cluster.authentication import knocked, no_cluster
from search.cluster.environment import check_limits, for_ray, looked_at
from search.cluster.nodes import Node, Nodes, Say, living
from search.cluster.orphan_cleanup import OrphanCleanup, guarded
from search.cluster.ray_compat import few_processes
from search.cluster.resources import Resources
from search.cluster.watchdog import watchdog
from search.study.errors import ArgumentError, RunError, first_line
from search.study.garbage import uncollected
from search.study.package import PACKAGE


@dataclass(frozen=True)
class Cluster:
    """A cluster that this process is connected to.

    Attributes:
        dashboard: Address of the Ray dashboard, such as "127.0.0.1:8265"; empty where none runs.
        joined: Whether it ran before, and so may change.
        scratch: A folder for what is of no use after the session.
        last_words: Takes what shall be said where Ray ends this process; empty for nothing.
        authenticated: Whether it asks for a token.
        since: The time, such as "10:31", since when it was kept for this session; empty where it
            was started for it.
    """

    dashboard: str
    joined: bool
    scratch: Path
    last_words: Callable[[str], object]
    authenticated: bool = True
    since: str = ""

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Those that live just now."""
        return living()

    def total(self, kind: str) -> float:
        """CPUs or GPUs of all nodes together."""
        return sum(node.total.get(kind, 0.0) for node in self.nodes)

    def watched(self, resources: Resources, say: Say) -> Nodes:
        """Its nodes, at least one of which has room for a worker: where none has, wait for one.

        Args:
            resources: Of a worker.
            say: Called with what you should know.

        Raises:
            InputError: This machine, which stays as it is, could not hold even one.
        """
        nodes = Nodes(resources, joined=self.joined, say=say)
        if not self.joined:
            self._check_fits(resources)
        nodes.wait()
        return nodes

    def _check_fits(self, resources: Resources) -> None:
        (node,) = self.nodes
        if resources.fit(node.total):
            return
        name, wanted, kind = next(
            asked
            for asked in (
                ("gpus_per_trial", resources.gpus, "GPU"),
                ("cpus_per_trial", resources.cpus, "CPU"),
            )
            if node.total.get(asked[2], 0.0) < asked[1]
        )
        raise ArgumentError(
            name,
            f"{wanted:g}",
            f"this machine has {node.total.get(kind, 0.0):g} {kind}s",
            "ask for less, or join a larger cluster by its address",
        )


@dataclass(frozen=True)
class IfItDies:
    """What is done where the cluster dies that this process is connected to.

    Attributes:
        lost: Called in another thread with what has died.
        errors: File descriptor of where the last words go, if even that comes too late.
    """

    lost: Callable[[str], object] = lambda _: None
    errors: int = subprocess.DEVNULL


@dataclass(frozen=True)
class Ahead:
    """A cluster that this process has started before it knew what for.

    Attributes:
        cluster: This process is connected to it.
        end: Called where it is not what is needed.
        environ: That its processes have.
        since: As of `Cluster`.
        begun: The one of this process, until it is used; None where it has none.
    """

    cluster: Cluster
    end: Callable[[], object]
    environ: Mapping[str, str]
    since: str
    begun: ClassVar[Optional["Ahead"]] = None


@contextmanager
def connected(
    address: str | None,
    metadata: Mapping[str, str] | None = None,
    if_it_dies: IfItDies = IfItDies(),
    *,
    unauthenticated: bool = False,
    usual: bool = False,
) -> Iterator[Cluster]:
    """Join the cluster at `address`, or start one on this machine; left or ended on exit.

    Args:
        address: "auto" or HOST:PORT; None for a cluster started here.
        metadata: What the dashboard tells of this process beside its job.
        if_it_dies: What is done where the cluster dies meanwhile.
        unauthenticated: Whether the cluster may be one that lets anybody in.
        usual: Whether one will do that was started ahead, and its workers.

    Raises:
        InputError: No cluster answers at `address`, or this machine gives Ray too little.
        RunError: Ray does not start here.
    """
    ahead, Ahead.begun = Ahead.begun, None
    address, asks = prepared(address, unauthenticated=unauthenticated)
    with uncollected():
        import ray

    if ahead is not None:
        # A file that has set a variable meanwhile has set it for workers, too.
        if usual and os.environ == ahead.environ:
            with _gone_on(ahead, if_it_dies) as cluster:
                yield cluster
            return
        ahead.end()
        ray.shutdown()
    with guarded(if_it_dies.errors) as cleanup:
        try:
            dashboard = _start(address, metadata or {})
            joined = address is not None
            with watchdog(if_it_dies.lost):
                yield Cluster(dashboard, joined, cleanup.scratch, cleanup.last_words, asks)
        finally:
            ray.shutdown()


@contextmanager
def _gone_on(ahead: Ahead, if_it_dies: IfItDies) -> Iterator[Cluster]:
    words = OrphanCleanup(ahead.cluster.scratch, if_it_dies.errors)  # that it has cannot say them
    try:
        with watchdog(if_it_dies.lost):
            yield replace(ahead.cluster, last_words=words.last_words, since=ahead.since)
    finally:
        words.last_words("")


def prepared(address: str | None, *, unauthenticated: bool = False) -> tuple[str | None, bool]:
    """Set what Ray heeds as it is loaded; also where a file that is read loads it before.

    Args:
        address: As of `connected`.
        unauthenticated: As of `connected`.

    Returns:
        The address as HOST:PORT, and whether that cluster asks for a token.

    Raises:
        InputError: As of `connected`.
    """
    quieten()
    asks = True
    if address is None:
        check_limits()
        # On Linux, too, this has Ray bind to loopback alone. Its `_node_ip_address` does not: told
        # 127.0.0.1, it takes the machine's address.
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    else:
        address, asks = knocked(address, unauthenticated=unauthenticated)
        os.environ["RAY_AUTH_MODE"] = "token" if asks else "disabled"
    for name, value in for_ray(os.environ, address).items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    return address, asks


def _start(address: str | None, metadata: Mapping[str, str]) -> str:
    """Connect; returns the dashboard's address."""
    import ray
    from ray.job_config import JobConfig

    # "local" and not None: Ray would otherwise join whatever cluster runs on this machine.
    where: dict[str, Any] = {
        "address": address or "local",
        "job_config": JobConfig(metadata=dict(metadata), _py_driver_sys_path=_Ours()),
    }
    if address is None:
        where |= {"include_dashboard": looked_at(os.environ), "dashboard_host": "127.0.0.1"}
    try:
        with _signals_kept(), few_processes(dashboard=looked_at(os.environ)):
            context = ray.init(**where, logging_level=logging.ERROR, namespace="keras-search")
    except ConnectionError as error:
        raise no_cluster(address, first_line(error)) from None
    except Exception as error:
        said = [line for line in str(error).splitlines() if line.strip()]
        raise RunError(f"Ray did not start: {(said or [type(error).__name__])[0]}") from error
    _keep_token_private()
    return context.dashboard_url or ""


class _Ours(list[str]):
    """Where workers look for modules before Python's own: nowhere, where the product is installed.

    Ray adds the working directory, in which a `random.py` or `search.py` of the user's would take
    the place of Python's or of this package. A clone that is not installed has to be found.
    """

    def __init__(self) -> None:
        root = PACKAGE.parent
        installed = {Path(sysconfig.get_path(kind)) for kind in ("purelib", "platlib")}
        super().__init__([] if root in installed else [str(root)])

    def extend(self, folders: Iterable[str]) -> None:
        """Leave out what Ray adds."""


@contextmanager
def _signals_kept() -> Iterator[None]:
    """As it starts, Ray takes SIGTERM for itself: the process would end by a code of Ray's."""
    handler = signal.getsignal(signal.SIGTERM)
    try:
        yield
    except SystemExit:
        raise KeyboardInterrupt from None
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, handler)


def quieten() -> None:
    """Have tokens asked for, and switch off what nobody reads: loggers, saves of Tune's state."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.update(
        RAY_AUTH_MODE="token",  # also where you switched it off
        TUNE_DISABLE_AUTO_CALLBACK_LOGGERS="1",
        TUNE_DISABLE_SIGINT_HANDLER="1",  # an interrupt is the command's to handle
        TUNE_GLOBAL_CHECKPOINT_S="3600",
        RAY_CHDIR_TO_TRIAL_DIR="0",  # what callbacks write by a relative path lands where you are
        RAY_AIR_NEW_OUTPUT="0",
        RAY_DEDUP_LOGS="0",  # the log has every line; `search logs` folds them
        RAY_COLOR_PREFIX="0",
    )


def _keep_token_private() -> None:
    """Ray writes its token readable by everybody on the machine."""
    with suppress(OSError, RuntimeError):  # read-only, or no home at all: then it is not there
        token = Path.home() / ".ray" / "auth_token"
        if token.is_file():
            token.chmod(0o600)
