"""What has to hold of every file that starts a cluster; each rule says what breaks it."""

from pathlib import Path
from typing import Any

from tests.cluster.node import Call, Node, given_to_ray
from tests.cluster.project import ROOT, pinned, version

LOOPBACK = ("127.0.0.1", "localhost")


def ray_up(config: dict[str, Any], folder: Path) -> list[str]:
    """What is wrong with a file for `ray up`; it is performed on a head and on a worker.

    Args:
        config: As it was read.
        folder: An empty one, for the homes of both.

    Raises:
        Exception: Ray itself refuses the file.
    """
    from ray.autoscaler._private.util import prepare_config, validate_config

    prepared = prepare_config(config)
    validate_config(prepared)
    said = []
    for name in ("head", "worker"):
        node = Node(folder / name)
        node.bring(prepared["file_mounts"])
        setup = node.perform(prepared[f"{name}_setup_commands"])
        # Elsewhere, since a start must not hang on what the setup left in ~/.bashrc.
        start = Node(folder / f"{name} anew").perform(prepared[f"{name}_start_ray_commands"])
        wrong = [*_installed(setup), *_started(start), *_locked(node, prepared)]
        if name == "head":
            wrong += _is_a_head(start, prepared)
        said += [f"{name}: {what}" for what in wrong]
    return said


def _installed(setup: list[Call]) -> list[str]:
    said = []
    for words in (call.words for call in setup if call.program == "pip"):
        loose = {f"python-dateutil=={pinned('python-dateutil')}"} if words[-1] == "boto3" else set()
        if _pins(ROOT / "constraints.txt") - loose != _bound(words):
            said.append(f"pip {' '.join(words)}: not by constraints.txt")
    product = any(call.words[-1].endswith("/search") for call in setup if call.program == "pip")
    return said if product else [*said, "the product is not installed"]


def _bound(words: tuple[str, ...]) -> set[str]:
    """The pins that a `pip install` is held to."""
    given = [Path(words[at + 1]) for at, word in enumerate(words) if word == "-c"]
    return {pin for path in given if path.exists() for pin in _pins(path)}


def _pins(path: Path) -> set[str]:
    return {line for line in path.read_text().splitlines() if "==" in line}


def _started(start: list[Call]) -> list[str]:
    said = []
    if [call.words[0] for call in start if call.program == "ray"] != ["stop", "start"]:
        said.append("Ray is not started anew")
    if [call.words for call in start if call.program == "ulimit"] != [("-n", "65536")]:
        said.append("the number of open files is not raised")
    if any(call.auth != "token" for call in start if call.words[0] == "start"):
        said.append("Ray starts without token authentication")
    return said


def _locked(node: Node, config: dict[str, Any]) -> list[str]:
    said = []
    if config["file_mounts"].get("~/.ray/auth_token") != "~/.ray/auth_token":
        said.append("no token is brought")
    if node.token.stat().st_mode & 0o077:
        said.append("others may read the token")
    if node.later("$RAY_AUTH_MODE") != "token":
        said.append("a shell that is opened later does without the token")
    return said


def _is_a_head(start: list[Call], config: dict[str, Any]) -> list[str]:
    options = given_to_ray(next(call for call in start if call.words[0] == "start"))
    resources = config["available_node_types"][config["head_node_type"]]["resources"]
    said = []
    if not options["head"] or not options["autoscaling_config"]:
        said.append("it does not start the workers")
    if options["dashboard_host"] not in LOOPBACK:
        said.append(f"the dashboard listens on {options['dashboard_host']}")
    for kind, given in (("CPU", options["num_cpus"]), ("GPU", options["num_gpus"])):
        if resources.get(kind, given) != 0:
            said.append(f"trials would take its {kind}s")
    return said


def kuberay(documents: list[dict[str, Any]]) -> list[str]:
    """What is wrong with a manifest of one Ray cluster, alone or within a job."""
    (spec,) = [ray_cluster_of(document) for document in documents if "ray.io" in _api(document)]
    groups = [spec["headGroupSpec"], *spec["workerGroupSpecs"]]
    pods = [group["template"] for group in groups]
    said = []
    if spec["rayVersion"] != pinned("ray"):
        said.append(f"Ray {spec['rayVersion']} is not that of constraints.txt")
    if spec.get("authOptions", {}).get("mode") != "token":
        said.append("Ray starts without token authentication")
    if spec["headGroupSpec"]["rayStartParams"].get("num-cpus") != "0":
        said.append("trials would take the head's CPUs")
    for container in (container for pod in pods for container in pod["spec"]["containers"]):
        if container["image"] not in (f"keras-search:{version()}", f"keras-search:{version()}-gpu"):
            said.append(f"{container['image']} is not the image of this version")
    # KubeRay opens the dashboard to all pods where nothing is said.
    listens = spec["headGroupSpec"]["rayStartParams"].get("dashboard-host", "0.0.0.0")  # noqa: S104
    if listens not in LOOPBACK and not all(_fenced(pod, documents) for pod in pods):
        said.append(f"the dashboard listens on {listens}")
    return said


def ray_cluster_of(document: dict[str, Any]) -> dict[str, Any]:
    """The cluster that a RayCluster or a RayJob describes."""
    spec: dict[str, Any] = document["spec"]
    return spec.get("rayClusterSpec", spec)


def _api(document: dict[str, Any]) -> str:
    return str(document["apiVersion"])


def _fenced(pod: dict[str, Any], documents: list[dict[str, Any]]) -> bool:
    """Whether a policy lets nobody but its own pods and KubeRay's operator reach a pod."""
    labels = pod.get("metadata", {}).get("labels", {})
    operator = {"app.kubernetes.io/name": "kuberay-operator"}
    for policy in (each["spec"] for each in documents if each["kind"] == "NetworkPolicy"):
        admitted = [
            source["podSelector"]["matchLabels"]
            for way in policy["ingress"]
            for source in way["from"]
        ]
        if labels and policy["podSelector"] == {"matchLabels": labels}:
            return "Ingress" in policy["policyTypes"] and admitted == [labels, operator]
    return False
