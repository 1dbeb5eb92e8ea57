"""The fields of KubeRay's `ray.io/v1` and of Kubernetes that a manifest may have, as JSON Schema.

By the API reference of KubeRay 1.6 and its Go types (`ray-operator/apis/ray/v1`): names, types, and
which have to be there. Of Kubernetes' own objects only what a manifest here has use for.
"""

from typing import Any


def _record(required: str, **fields: Any) -> dict[str, Any]:
    """An object that has these fields and no others."""
    return {
        "type": "object",
        "required": required.split(),
        "properties": fields,
        "additionalProperties": False,
    }


def _each(kind: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "items": kind}


TEXT, TRUTH, COUNT = {"type": "string"}, {"type": "boolean"}, {"type": "integer", "minimum": 0}
TEXTS = {"type": "object", "additionalProperties": TEXT}
AMOUNTS = _record("", requests=TEXTS, limits=TEXTS)
METADATA = _record("", name=TEXT, labels=TEXTS, annotations=TEXTS)

CONTAINER = _record(
    "name image resources",
    name=TEXT,
    image=TEXT,
    imagePullPolicy={"enum": ["Always", "IfNotPresent", "Never"]},
    resources=AMOUNTS,
    volumeMounts=_each(_record("name mountPath", name=TEXT, mountPath=TEXT, subPath=TEXT)),
)
POD = _record(
    "spec",
    metadata=METADATA,
    spec=_record(
        "containers",
        containers=_each(CONTAINER),
        restartPolicy={"enum": ["Always", "OnFailure", "Never"]},
        securityContext=_record("", runAsNonRoot=TRUTH, runAsUser=COUNT, fsGroup=COUNT),
        nodeSelector=TEXTS,
        volumes=_each(
            _record(
                "name persistentVolumeClaim",
                name=TEXT,
                persistentVolumeClaim=_record("claimName", claimName=TEXT),
            )
        ),
    ),
)
CLUSTER = _record(
    "headGroupSpec rayVersion",
    rayVersion=TEXT,
    authOptions=_record("", mode={"enum": ["disabled", "token"]}, secretName=TEXT),
    enableInTreeAutoscaling=TRUTH,
    autoscalerOptions=_record(
        "",
        version={"enum": ["v1", "v2"]},
        idleTimeoutSeconds=COUNT,
        upscalingMode={"enum": ["Default", "Aggressive", "Conservative"]},
    ),
    headGroupSpec=_record("template", template=POD, rayStartParams=TEXTS, serviceType=TEXT),
    workerGroupSpecs=_each(
        _record(
            "groupName minReplicas maxReplicas template",
            groupName=TEXT,
            replicas=COUNT,
            minReplicas=COUNT,
            maxReplicas=COUNT,
            rayStartParams=TEXTS,
            template=POD,
        )
    ),
)
JOB = _record(
    "entrypoint rayClusterSpec",
    entrypoint=TEXT,
    rayClusterSpec=CLUSTER,
    submissionMode={"enum": ["K8sJobMode", "HTTPMode", "InteractiveMode", "SidecarMode"]},
    shutdownAfterJobFinishes=TRUTH,
    ttlSecondsAfterFinished=COUNT,
    activeDeadlineSeconds=COUNT,
    backoffLimit=COUNT,
)
CLAIM = _record(
    "accessModes resources", accessModes=_each(TEXT), storageClassName=TEXT, resources=AMOUNTS
)
SELECTOR = _record("", matchLabels=TEXTS)
POLICY = _record(
    "podSelector policyTypes ingress",
    podSelector=SELECTOR,
    policyTypes=_each({"enum": ["Ingress", "Egress"]}),
    ingress=_each(
        _record(
            "from",
            **{"from": _each(_record("", podSelector=SELECTOR, namespaceSelector=SELECTOR))},
            ports=_each(_record("port", port=COUNT, protocol={"enum": ["TCP", "UDP"]})),
        )
    ),
)

KINDS = {
    "RayCluster": ("ray.io/v1", CLUSTER),
    "RayJob": ("ray.io/v1", JOB),
    "PersistentVolumeClaim": ("v1", CLAIM),
    "NetworkPolicy": ("networking.k8s.io/v1", POLICY),
}
DOCUMENT = {
    "oneOf": [
        _record(
            "apiVersion kind metadata spec",
            apiVersion={"const": api},
            kind={"const": kind},
            metadata=METADATA,
            spec=spec,
        )
        for kind, (api, spec) in KINDS.items()
    ]
}
