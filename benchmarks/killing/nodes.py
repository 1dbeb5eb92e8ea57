"""A Ray cluster of several nodes on this machine, each of which can be killed as a whole."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import closing, suppress
from pathlib import Path

import psutil

from benchmarks.killing.processes import MARK, marked

RAY = [sys.executable, "-m", "ray.scripts.scripts"]
STARTS = 120.0
"""Seconds that a node may take to start."""
SOON = {
    "RAY_metrics_report_interval_ms": "1000",
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_timeout_ms": "2000",
    "RAY_health_check_failure_threshold": "10",
}
"""So that a lost node, whose machine refuses connections, is known as lost in five seconds, and one
that does not come to answer for twenty is not; and that metrics are there soon."""

BY_DEMAND = {
    "RAY_FAKE_CLUSTER": "1",
    "RAY_enable_autoscaler_v2": "0",
    "AUTOSCALER_UPDATE_INTERVAL_S": "1",
}

BELOW_THOSE_OF_CONNECTIONS = range(20_000, 32_000)
"""Ports: the system gives connections those from 32,768 on, and Ray its workers those below."""


class Nodes:
    """Starts nodes, the first as the head, which has no CPUs for trials; and ends them.

    Args:
        token: Whether the cluster asks for one.
        dashboard: Whether it has one.
        grows: Nodes of one CPU that Ray's autoscaler may start and end by demand.

    Attributes:
        folder: Ray's, with a short path; the token is in it.
        address: Of the head, such as "192.0.2.2:6379".
        dashboard: Address of the dashboard, where one is wanted.
        metrics: Address of the head's agent, for its `/metrics`.
    """

    def __init__(self, *, token: bool = True, dashboard: bool = False, grows: int = 0) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="nodes-"))
        self._token = self.folder / "token"
        self._token.touch(mode=0o600)
        self._token.write_text(secrets.token_hex(32))
        self._mode = "token" if token else "disabled"
        self._nodes: dict[str, subprocess.Popen[bytes]] = {}
        port, board, metrics = free_port(), free_port(), free_port()
        host = _own_address()
        self.address, self.dashboard = f"{host}:{port}", f"127.0.0.1:{board}"
        self.metrics = f"{host}:{metrics}"
        growing = [f"--autoscaling-config={self._growing(grows)}"] if grows else []
        # Ray's client server is not wanted, but has no switch.
        self._start(
            "--head",
            f"--port={port}",
            f"--include-dashboard={dashboard}",
            f"--dashboard-port={board}",
            f"--metrics-export-port={metrics}",
            f"--ray-client-server-port={free_port()}",
            "--num-cpus=0",
            *growing,
            **(BY_DEMAND if growing else {}),
        )

    @property
    def environment(self) -> dict[str, str]:
        """What a client needs to be let in, beside the address."""
        interval = "RAY_metrics_report_interval_ms"
        return {"RAY_AUTH_TOKEN_PATH": str(self._token), interval: SOON[interval]}

    def add(self, cpus: float = 1, *options: str, **variables: str) -> str:
        """Start a worker node; returns its name."""
        return self._start(
            f"--address={self.address}", f"--num-cpus={cpus:g}", *options, **variables
        )

    def kill(self, name: str) -> None:
        """End all processes of a node at once, as a machine that loses its power."""
        process = self._nodes.pop(name)
        for each in marked(name):
            with suppress(psutil.NoSuchProcess):  # it has ended meanwhile
                each.kill()
        process.wait()

    def close(self) -> None:
        """End all."""
        for name in reversed(list(self._nodes)):
            self.kill(name)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _growing(self, most: int) -> Path:
        """Settings of the autoscaler, whose nodes are processes of this machine."""
        head = "ray.head.default"  # as Ray's provider calls it
        nothing = (
            "setup_commands initialization_commands head_setup_commands worker_setup_commands "
            "head_start_ray_commands worker_start_ray_commands cluster_synced_files "
            "rsync_exclude rsync_filter"
        )
        settings = {
            "cluster_name": "grows",
            "max_workers": most,
            "idle_timeout_minutes": 0.1,
            "provider": {
                "type": "fake_multinode",
                "gcs_address": self.address,
                "use_node_id_as_ip": True,
                "disable_node_updaters": True,
                "disable_launch_config_check": True,
            },
            "available_node_types": {
                head: {"resources": {"CPU": 0}, "node_config": {}, "max_workers": 0},
                "cpu": {"resources": {"CPU": 1}, "node_config": {}, "max_workers": most},
            },
            "head_node_type": head,
            "auth": {},
            "docker": {},
            "file_mounts": {},
            "file_mounts_sync_continuously": False,
            **{name: [] for name in nothing.split()},
        }
        file = self.folder / "autoscaling.json"
        file.write_text(json.dumps(settings))
        return file

    def _start(self, *options: str, **variables: str) -> str:
        name = uuid.uuid4().hex
        environment = {
            **os.environ,
            **self.environment,
            **SOON,
            "RAY_AUTH_MODE": self._mode,
            "RAY_TMPDIR": str(self.folder),
            MARK: name,
            **variables,
        }
        log = self.folder / f"{name}.log"
        command = [
            *RAY,
            "start",
            "--block",
            "--disable-usage-stats",
            f"--dashboard-agent-listen-port={free_port()}",
            "--min-worker-port=0",
            "--max-worker-port=0",
            "--object-store-memory=200000000",
            *options,
        ]
        if "--head" in options:
            command.append(f"--temp-dir={self.folder}")
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._nodes[name] = process
        deadline = time.monotonic() + STARTS
        while b"Ray runtime started" not in log.read_bytes():
            if process.poll() is not None or time.monotonic() > deadline:
                said = log.read_text(errors="replace")
                self.close()
                raise RuntimeError(f"a node did not start: {said[-2000:]}")
            time.sleep(0.1)
        return name


def free_port() -> int:
    """One that nobody listens at just now, nor is given to a connection before somebody does."""
    while True:
        port = secrets.choice(BELOW_THOSE_OF_CONNECTIONS)
        with closing(socket.socket()) as here, suppress(OSError):
            here.bind(("", port))
            return port


def _own_address() -> str:
    """As Ray finds it: of the way out, without a packet sent."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as here:
        try:
            here.connect(("198.51.100.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(here.getsockname()[0])
