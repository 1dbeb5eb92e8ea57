"""The machines: a Ray cluster of one's own, or one that runs already."""

import logging
import os
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from search.study.errors import InputError, RunError, first_line
from search.tuning.door import knocked, no_cluster
from search.tuning.guardian import guarded
from search.tuning.nodes import Node, Nodes, Say, living
from search.tuning.resources import Resources


@dataclass(frozen=True)
class Cluster:
    """A cluster that this process is connected to.

    Attributes:
        dashboard: Address of the Ray dashboard, such as "127.0.0.1:8265"; empty where none runs.
        joined: Whether it ran before, and so may change.
        scratch: A folder for what is of no use after the session.
    """

    dashboard: str
    joined: bool
    scratch: Path

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
            say: Told what a person should know.

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
        option, wanted, kind = next(
            asked
            for asked in (
                ("--gpus-per-trial", resources.gpus, "GPU"),
                ("--cpus-per-trial", resources.cpus, "CPU"),
            )
            if node.total.get(asked[2], 0.0) < asked[1]
        )
        raise InputError(
            f"{option} {wanted:g}: this machine has {node.total.get(kind, 0.0):g} {kind}s; ask for "
            "less, or join a larger cluster by --address"
        )


@contextmanager
def connected(address: str | None, metadata: Mapping[str, str] | None = None) -> Iterator[Cluster]:
    """Join the cluster at `address`, or start one on this machine; left or ended on exit.

    Args:
        address: "auto" or HOST:PORT; None for a cluster of one's own.
        metadata: What the dashboard tells of this process beside its job.

    Raises:
        InputError: No cluster answers at `address`.
        RunError: Ray does not start here.
    """
    quieten()
    if address is None:
        # On Linux, too, this has Ray bind to loopback alone. Its `_node_ip_address` does not: told
        # 127.0.0.1, it takes the machine's address.
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    else:
        address = knocked(address)
    import ray

    with guarded() as scratch:
        try:
            dashboard = _start(address, metadata or {})
            yield Cluster(dashboard, address is not None, scratch)
        finally:
            ray.shutdown()


def _start(address: str | None, metadata: Mapping[str, str]) -> str:
    """Connect; returns the dashboard's address."""
    import ray
    from ray.job_config import JobConfig

    # "local" and not None: Ray would otherwise join whatever cluster runs on this machine.
    where: dict[str, Any] = {
        "address": address or "local",
        "job_config": JobConfig(metadata=dict(metadata)),
    }
    if address is None:
        where |= {"include_dashboard": True, "dashboard_host": "127.0.0.1"}
    try:
        with _signals_kept():
            context = ray.init(**where, logging_level=logging.ERROR, namespace="keras-search")
    except ConnectionError as error:
        raise no_cluster(address, first_line(error)) from None
    except Exception as error:
        said = [line for line in str(error).splitlines() if line.strip()]
        raise RunError(f"Ray did not start: {(said or [type(error).__name__])[0]}") from error
    _keep_token_private()
    return context.dashboard_url or ""


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
        RAY_AUTH_MODE="token",  # also where a person has switched it off
        TUNE_DISABLE_AUTO_CALLBACK_LOGGERS="1",
        TUNE_DISABLE_SIGINT_HANDLER="1",  # an interrupt is the command's to handle
        TUNE_GLOBAL_CHECKPOINT_S="3600",
        RAY_AIR_NEW_OUTPUT="0",
        RAY_DEDUP_LOGS="0",  # the log has every line; `search logs` folds them
        RAY_COLOR_PREFIX="0",
    )


def _keep_token_private() -> None:
    """Ray writes its token readable by everybody on the machine."""
    token = Path.home() / ".ray" / "auth_token"
    if token.is_file():
        token.chmod(0o600)
