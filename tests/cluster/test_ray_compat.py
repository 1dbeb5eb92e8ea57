"""What is used of Ray without its promise is there; what it does is shown by whole runs."""

import inspect
import os
import subprocess
import sys

import pytest

from search.cluster import ray_compat as compat


def test_tunes_parts_are_there() -> None:
    from ray.tune.execution.tune_controller import TuneController

    made = inspect.getsource(TuneController.__init__)
    for name in ("_actor_manager", "_trial_to_actor", "_reuse_actors"):
        assert f"self.{name}" in made
    from ray.air.execution._internal import RayActorManager

    assert isinstance(RayActorManager.live_actors, property)


def test_where_there_is_no_cluster_there_is_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setattr("ray._private.services.find_gcs_addresses", set)
    monkeypatch.setattr("ray._private.utils.read_ray_address", lambda *_: None)
    with pytest.raises(ConnectionError):
        compat.address_here()


def test_the_token_is_that_of_the_environment() -> None:
    # A process of its own, since Ray keeps the first token that it finds.
    said = subprocess.run(
        [sys.executable, "-c", "from search.cluster import ray_compat; print(ray_compat.token())"],
        env={**os.environ, "RAY_AUTH_TOKEN": "a-token-of-thirty-two-characters"},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    assert said.stdout.strip() == "a-token-of-thirty-two-characters"


def test_the_job_client_is_quiet(caplog: pytest.LogCaptureFixture) -> None:
    from ray.dashboard.modules import dashboard_sdk

    compat.quiet_job_client()
    dashboard_sdk.logger.info("uploading")
    assert not caplog.records


@pytest.mark.parametrize("dashboard", [True, False])
def test_a_node_starts_neither_autoscaler_nor_a_dashboard_nobody_asked_for(dashboard: bool) -> None:
    from ray._private import services, utils
    from ray._private.node import Node

    kept = Node.start_monitor, Node.start_api_server
    looking = utils.get_dashboard_dependency_error
    with compat.few_processes(dashboard=dashboard):
        assert utils.get_dashboard_dependency_error() is None
        assert Node.start_monitor is not kept[0]
        assert (Node.start_api_server is kept[1]) is dashboard
    assert (Node.start_monitor, Node.start_api_server) == kept
    assert utils.get_dashboard_dependency_error is looking
    # Both are called by these names, and what they return is not used.
    called = inspect.getsource(Node.start_head_processes)
    assert "\n            self.start_monitor()" in called
    assert "\n        self.start_api_server(" in called
    asked = "ray._private.utils.get_dashboard_dependency_error() is not None"
    assert asked in inspect.getsource(services.start_raylet)
