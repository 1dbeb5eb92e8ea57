"""The manifests for Kubernetes: KubeRay knows their fields, and nobody gets in."""

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.cluster.kuberay_fields import DOCUMENT
from tests.cluster.node import Call, given_to_ray
from tests.cluster.project import ROOT
from tests.cluster.rules import kuberay, ray_cluster_of

STAYS, JOB = "cluster/kuberay.yaml", "cluster/kuberay-job.yaml"


def read(text: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(text))


def changed(name: str, old: str, new: str) -> list[dict[str, Any]]:
    text = (ROOT / name).read_text()
    assert old in text
    return read(text.replace(old, new))


def groups(name: str) -> list[dict[str, Any]]:
    spec = ray_cluster_of(read((ROOT / name).read_text())[-1])
    return [spec["headGroupSpec"], *spec["workerGroupSpecs"]]


@pytest.mark.parametrize("name", [STAYS, JOB])
def test_every_field_is_known_and_every_rule_holds(name: str) -> None:
    documents = read((ROOT / name).read_text())
    for document in documents:
        jsonschema.validate(document, DOCUMENT)
    assert kuberay(documents) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("minReplicas", "minimum"),
        ("authOptions", "authentication"),
        ("mode: token", "mode: none"),
        ('num-cpus: "0"', "num-cpus: 0"),
    ],
)
@pytest.mark.parametrize("name", [STAYS, JOB])
def test_a_field_that_kuberay_does_not_know_is_refused(name: str, old: str, new: str) -> None:
    *_, cluster = changed(name, old, new)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(cluster, DOCUMENT)


LOOSENED = [
    (STAYS, "mode: token", "mode: disabled", "Ray starts without token authentication"),
    (JOB, "mode: token", "mode: disabled", "Ray starts without token authentication"),
    (STAYS, "      dashboard-host: 127.0.0.1\n", "", "the dashboard listens on 0.0.0.0"),
    (STAYS, "host: 127.0.0.1", "host: 0.0.0.0", "the dashboard listens on 0.0.0.0"),
    (JOB, "name: kuberay-operator", "name: anybody", "the dashboard listens on 0.0.0.0"),
    (JOB, "podSelector:\n    match", "podSelector:\n    no", "the dashboard listens on 0.0.0.0"),
    (JOB, "\n          labels: {app: keras-search-job}", " {}", "the dashboard listens on 0.0.0.0"),
    (STAYS, 'num-cpus: "0"', 'num-cpus: "4"', "trials would take the head's CPUs"),
    (JOB, "rayVersion: 2.60.0", "rayVersion: 2.54.0", "not that of constraints.txt"),
    (STAYS, "search:0.1.0-gpu", "search:latest", "not the image of this version"),
]


@pytest.mark.parametrize(("name", "old", "new", "said"), LOOSENED)
def test_a_manifest_that_was_loosened_is_refused(name: str, old: str, new: str, said: str) -> None:
    complaints = kuberay(changed(name, old, new))
    assert complaints
    assert all(said in complaint for complaint in complaints)


@pytest.mark.parametrize("name", [STAYS, JOB])
def test_ray_itself_knows_what_its_head_is_started_with(name: str) -> None:
    given = groups(name)[0]["rayStartParams"]
    words = [f"--{key}" if value == "true" else f"--{key}={value}" for key, value in given.items()]
    options = given_to_ray(Call("ray", "token", ("start", "--head", *words)))
    assert (options["num_cpus"], options["disable_usage_stats"]) == (0, True)
    assert options["dashboard_host"] == given["dashboard-host"]


@pytest.mark.parametrize("name", [STAYS, JOB])
def test_pods_are_the_image_s_user_and_ask_for_what_they_may_have(name: str) -> None:
    (uid,) = re.findall(r"--uid (\d+)", (ROOT / "cluster" / "Dockerfile").read_text())
    for group in groups(name):
        pod = group["template"]["spec"]
        assert pod["securityContext"]["runAsUser"] == int(uid)
        (container,) = pod["containers"]
        assert container["resources"]["requests"] == container["resources"]["limits"]
        least, now, most = (group.get(f"{w}eplicas", 1) for w in ("minR", "r", "maxR"))
        assert least <= now <= most


@pytest.mark.parametrize("name", [STAYS, JOB])
def test_what_a_search_leaves_outlives_the_head(name: str) -> None:
    claim, *_ = read((ROOT / name).read_text())
    pod = groups(name)[0]["template"]["spec"]
    (volume,) = pod["volumes"]
    assert claim["kind"] == "PersistentVolumeClaim"
    assert volume["persistentVolumeClaim"] == {"claimName": claim["metadata"]["name"]}
    kept = {mount["mountPath"]: mount["name"] for mount in pod["containers"][0]["volumeMounts"]}
    workdir = "/home/ray/search"
    assert f"WORKDIR {workdir}\n" in (ROOT / "cluster" / "Dockerfile").read_text()
    assert kept == dict.fromkeys((f"{workdir}/runs", f"{workdir}/reports"), volume["name"])


def test_the_job_is_a_search_of_a_space_that_the_image_has() -> None:
    entrypoint = read((ROOT / JOB).read_text())[-1]["spec"]["entrypoint"]
    began, space = re.fullmatch(r"cd (\S+) && search run (\S+) --address auto", entrypoint).groups()  # type: ignore[union-attr]
    assert Path(began) == Path("/home/ray/search")
    assert (ROOT / space).is_file()
