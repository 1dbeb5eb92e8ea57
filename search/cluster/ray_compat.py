"""All that this package uses of Ray without a promise of Ray's: nothing else may.

`tests/cluster/test_ray_compat.py` fails where a new version changes one of them.
"""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any


def own_node() -> Any:
    """The node that this process started or joined: its processes, sockets and addresses."""
    from ray._private import worker

    return worker._global_node


@contextmanager
def few_processes(*, dashboard: bool) -> Iterator[None]:
    """A cluster that starts within has no autoscaler, which has nothing to do on one machine.

    Nor does this process import all that the dashboard takes, before anything is started, to see
    whether it is there: `ray[default]` is required.

    Args:
        dashboard: Whether it has one; told to have none, Ray starts its process all the same.
    """
    from ray._private import node, utils

    kind: Any = node.Node
    kept = kind.start_monitor, kind.start_api_server
    looking = utils.get_dashboard_dependency_error
    utils.get_dashboard_dependency_error = lambda: None
    kind.start_monitor = _start_nothing
    if not dashboard:
        kind.start_api_server = _start_nothing
    try:
        yield
    finally:
        kind.start_monitor, kind.start_api_server = kept
        utils.get_dashboard_dependency_error = looking


def _start_nothing(node: Any, **options: Any) -> None:
    """In the place of a process of Ray's."""


def free_resources() -> Mapping[str, Mapping[str, float]]:
    """Node → resource → how much of it is free."""
    from ray._private.state import state

    found: Mapping[str, Mapping[str, float]] = state.available_resources_per_node()
    return found


def node_of(actor: Any) -> str:
    """Where an actor was, by Ray's own books."""
    from ray._private.state import state

    return str(state.actor_table(actor._actor_id.hex())["Address"]["NodeID"])


def address_here() -> str:
    """Where the cluster of this machine is.

    Raises:
        ConnectionError: There is none.
    """
    from ray._private.services import canonicalize_bootstrap_address_or_die

    return str(canonicalize_bootstrap_address_or_die("auto"))


def token() -> str:
    """The token by which this machine speaks to clusters; empty where there is none.

    Raises:
        ray.exceptions.AuthenticationError: RAY_AUTH_TOKEN_PATH names no file.
    """
    from ray._raylet import AuthenticationTokenLoader  # type: ignore[attr-defined]

    loader = AuthenticationTokenLoader.instance()
    if not loader.has_token(ignore_auth_mode=True):
        return ""
    return str(loader.get_raw_token(ignore_auth_mode=True)).removeprefix("Bearer ")


def quiet_job_client() -> None:
    """Keep the job client from logging what it does."""
    from ray.dashboard.modules import dashboard_sdk
    from ray.dashboard.modules.job import sdk

    for logger in (
        sdk.logger,
        dashboard_sdk.logger,
        logging.getLogger("ray._private.runtime_env.packaging"),
    ):
        logger.setLevel(logging.WARNING)


def set_job_message(name: str, message: str) -> None:
    """Put a sentence beside a running job: Ray has no other way to write one.

    Args:
        name: The job's submission id.
        message: The sentence.
    """
    from ray.experimental.internal_kv import _internal_kv_get, _internal_kv_put

    key = f"_ray_internal_job_info_{name}".encode()
    kept = _internal_kv_get(key, namespace=b"job")
    record = json.loads(kept) if kept else {}
    if record.get("status") == "RUNNING":
        changed = json.dumps({**record, "message": message}).encode()
        _internal_kv_put(key, changed, overwrite=True, namespace=b"job")


def controller_of(wrapper: Any) -> Any:
    """Tune's controller: a scheduler is given a wrapper, which cannot end one actor."""
    return wrapper._tune_controller


def live_actors(controller: Any) -> Any:
    """Tune's workers that have started."""
    return controller._actor_manager.live_actors


def actor_of(controller: Any, trial: Any) -> Any:
    """The worker of a trial, started or not; None where it has none."""
    return controller._trial_to_actor.get(trial)


@contextmanager
def without_reuse(controller: Any) -> Iterator[None]:
    """A trial that is stopped within takes its worker with it."""
    controller._reuse_actors = False
    try:
        yield
    finally:
        controller._reuse_actors = True
