"""The files for `ray up`: Ray takes them, nobody gets in, and the pinned versions are installed."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from ray.autoscaler._private.util import prepare_config

from tests.cluster.project import ROOT
from tests.cluster.rules import ray_up

AWS, OWN = "cluster.yaml", "cluster/on-premise.yaml"


def read(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / name).read_text()))


def with_options(name: str) -> dict[str, Any]:
    """With all taken in that stands behind a `#` without a blank after it."""
    return dict(yaml.safe_load(re.sub(r"(?m)^( *)#(?=\S)", r"\1", (ROOT / name).read_text())))


@pytest.mark.parametrize("reading", [read, with_options])
@pytest.mark.parametrize("name", [AWS, OWN])
def test_ray_takes_the_file_and_every_rule_holds(name: str, reading: Any, tmp_path: Path) -> None:
    assert ray_up(reading(name), tmp_path) == []


LOOSENED = {
    "Ray starts without token": ("export RAY_AUTH_MODE=token; ", ""),
    "a shell that is opened later": ("export RAY_AUTH_MODE=token PATH", "export PATH"),
    "no token is brought": ("    ~/.ray/auth_token: ~/.ray/auth_token\n", ""),
    "others may read the token": ("chmod 600", "chmod 644"),
    "the dashboard listens on 0.0.0.0": ("--dashboard-host=127.0.0.1", "--dashboard-host=0.0.0.0"),
    "not by constraints.txt": ("-c ~/search/constraints.txt ~/search", "~/search"),
    "the product is not installed": ("constraints.txt ~/search", "constraints.txt ray"),
    "open files": ("ulimit -n 65536; ", ""),
    "it does not start the workers": (" --autoscaling-config=~/ray_bootstrap_config.yaml", ""),
}


@pytest.mark.parametrize("said", LOOSENED)
@pytest.mark.parametrize("name", [AWS, OWN])
def test_a_file_that_was_loosened_is_refused(name: str, said: str, tmp_path: Path) -> None:
    text, (old, new) = (ROOT / name).read_text(), LOOSENED[said]
    assert old in text
    complaints = ray_up(yaml.safe_load(text.replace(old, new)), tmp_path)
    assert complaints
    assert all(said in complaint for complaint in complaints)


@pytest.mark.parametrize(
    ("name", "old"), [(AWS, "{CPU: 0, GPU: 0}"), (OWN, "--num-cpus=0 --num-gpus=0")]
)
def test_a_head_that_would_take_trials_is_refused(name: str, old: str, tmp_path: Path) -> None:
    text = (ROOT / name).read_text()
    assert old in text
    busy = yaml.safe_load(text.replace(old, "{}" if name == AWS else ""))
    wanted = [f"head: trials would take its {kind}s" for kind in ("CPU", "GPU")]
    assert ray_up(busy, tmp_path) == wanted


def test_boto3_that_is_held_to_less_than_all_other_constraints_is_refused(tmp_path: Path) -> None:
    text = (ROOT / AWS).read_text()
    old = "grep -v '^python-dateutil=='"
    assert old in text
    (said,) = ray_up(yaml.safe_load(text.replace(old, "grep -v '^p'")), tmp_path)
    assert said.endswith("boto3: not by constraints.txt")


def test_a_word_that_ray_does_not_know_is_refused(tmp_path: Path) -> None:
    from jsonschema import ValidationError

    with pytest.raises(ValidationError, match="workers_max"):
        ray_up({**read(AWS), "workers_max": 3}, tmp_path)


def test_workers_come_and_go_and_spot_machines_are_an_option() -> None:
    def bought(config: dict[str, Any]) -> dict[str, Any]:
        types = config["available_node_types"].items()
        return {name: kind["node_config"].get("InstanceMarketOptions") for name, kind in types}

    types = prepare_config(read(AWS))["available_node_types"]
    bounds = {name: (kind["min_workers"], kind["max_workers"]) for name, kind in types.items()}
    assert bounds == {"head": (0, 0), "cpu": (0, 10), "gpu": (0, 4)}
    spot = {"MarketType": "spot"}
    assert bought(read(AWS)) == {"head": None, "cpu": None, "gpu": None}
    assert bought(with_options(AWS)) == {"head": None, "cpu": spot, "gpu": spot}


def test_every_host_of_a_list_becomes_a_worker() -> None:
    config = prepare_config(read(OWN))
    (kind,) = config["available_node_types"].values()
    assert kind["min_workers"] == kind["max_workers"] == len(config["provider"]["worker_ips"]) == 2


@pytest.mark.parametrize("name", [AWS, OWN])
def test_what_is_brought_to_a_node_is_enough_to_install_the_product(
    name: str, tmp_path: Path
) -> None:
    checkout = tmp_path / "search"
    for remote, local in read(name)["file_mounts"].items():
        if remote.startswith("~/search/"):
            here, there = ROOT / local, checkout / remote.removeprefix("~/search/")
            there.parent.mkdir(exist_ok=True)
            (shutil.copytree if here.is_dir() else shutil.copy)(here, there)
    assert (checkout / "spaces" / "binary.py").is_file()
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path)]
    subprocess.run([*build, str(checkout)], check=True, capture_output=True, timeout=300)
    (wheel,) = tmp_path.glob("keras_search-*.whl")
    brought = {path for path in zipfile.ZipFile(wheel).namelist() if path.startswith("search/")}
    assert brought == {
        str(path.relative_to(ROOT))
        for path in (ROOT / "search").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
