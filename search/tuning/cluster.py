"""The machines: a Ray cluster of one's own, or one that runs already."""

import logging
import math
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from search.study.errors import InputError, RunError
from search.tuning.door import knocked, no_cluster
from search.tuning.guardian import guarded


@dataclass(frozen=True)
class Resources:
    """What a person asks of the machines.

    Args:
        cpus: CPUs a trial.
        gpus: GPUs a trial; may be a fraction.
        most: Trials at once at most; None for as many as fit.

    Raises:
        InputError: A number that no trial can run with.
    """

    cpus: float = 1
    gpus: float = 0
    most: int | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.cpus) and self.cpus > 0):
            raise InputError(f"--cpus-per-trial {self.cpus:g}: give a number above 0")
        if not (math.isfinite(self.gpus) and self.gpus >= 0):
            raise InputError(f"--gpus-per-trial {self.gpus:g}: give a number of 0 or more")
        if self.most is not None and self.most < 1:
            raise InputError(f"--max-concurrent {self.most}: give a whole number of 1 or more")


@dataclass(frozen=True)
class Cluster:
    """A cluster that this process is connected to.

    Attributes:
        nodes: Resources of each living node, such as {"CPU": 8.0, "GPU": 1.0}.
        dashboard: Address of the Ray dashboard, such as "127.0.0.1:8265"; empty where none runs.
        place: For messages: "this machine" or "the cluster".
        scratch: A folder for what is of no use after the session.
    """

    nodes: tuple[dict[str, float], ...]
    dashboard: str
    place: str
    scratch: Path

    def total(self, kind: str) -> float:
        """CPUs or GPUs of all nodes together."""
        return sum(node.get(kind, 0.0) for node in self.nodes)

    def workers(self, resources: Resources) -> int:
        """How many workers fit.

        Raises:
            InputError: Not even one does; Ray would wait for ever.
        """
        fits = sum(_fits(node, resources) for node in self.nodes)
        if fits == 0:
            lacking = [
                f"{option} {wanted:g}: {self.place} has {self.total(kind):g} {kind}s"
                + (f" on {len(self.nodes)} nodes" if len(self.nodes) > 1 else "")
                for option, wanted, kind in (
                    ("--gpus-per-trial", resources.gpus, "GPU"),
                    ("--cpus-per-trial", resources.cpus, "CPU"),
                )
                if all(node.get(kind, 0.0) < wanted for node in self.nodes)
            ]
            what = lacking[0] if lacking else f"no node of {self.place} has both CPUs and GPUs free"
            raise InputError(f"{what}; ask for less, or join a larger cluster by --address")
        return min(fits, resources.most or fits)


def _fits(node: dict[str, float], resources: Resources) -> int:
    by_cpu = node.get("CPU", 0.0) / resources.cpus
    by_gpu = node.get("GPU", 0.0) / resources.gpus if resources.gpus else math.inf
    return math.floor(min(by_cpu, by_gpu) + 1e-9)


@contextmanager
def connected(address: str | None) -> Iterator[Cluster]:
    """Join the cluster at `address`, or start one on this machine; left or ended on exit.

    Raises:
        InputError: No cluster answers at `address`.
        RunError: Ray does not start here.
    """
    _quieten()
    if address is None:
        # On Linux, too, this has Ray bind to loopback alone. Its `_node_ip_address` does not: told
        # 127.0.0.1, it takes the machine's address.
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    else:
        address = knocked(address)
    import ray

    with guarded() as scratch:
        try:
            dashboard = _start(address)
            yield Cluster(
                tuple(node["Resources"] for node in ray.nodes() if node["Alive"]),
                dashboard,
                "the cluster" if address else "this machine",
                scratch,
            )
        finally:
            ray.shutdown()


def _start(address: str | None) -> str:
    """Connect; returns the dashboard's address."""
    import ray

    # "local" and not None: Ray would otherwise join whatever cluster runs on this machine.
    where: dict[str, Any] = {"address": address or "local"}
    if address is None:
        where |= {"include_dashboard": True, "dashboard_host": "127.0.0.1"}
    try:
        with _signals_kept():
            context = ray.init(**where, logging_level=logging.ERROR, namespace="keras-search")
    except ConnectionError as error:
        raise no_cluster(address, str(error).strip().split("\n")[0]) from None
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


def _quieten() -> None:
    """Have tokens asked for, and switch off what nobody reads: loggers, saves of Tune's state."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # else it may speak at the end, past the log
    os.environ.update(
        RAY_AUTH_MODE="token",  # also where a person has switched it off
        TUNE_DISABLE_AUTO_CALLBACK_LOGGERS="1",
        TUNE_DISABLE_SIGINT_HANDLER="1",  # an interrupt is the command's to handle
        TUNE_GLOBAL_CHECKPOINT_S="3600",
        RAY_AIR_NEW_OUTPUT="0",
    )


def _keep_token_private() -> None:
    """Ray writes its token readable by everybody on the machine."""
    token = Path.home() / ".ray" / "auth_token"
    if token.is_file():
        token.chmod(0o600)
