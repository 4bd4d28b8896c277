# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What do ARC's four CRDs say, release by release? Our own, where the published ones are absent.

Pure. Source: `arc.md` 1 and 7. Descriptions are left out; the fields of pods come from the API
server (pod_schema.py), so that only the fields of ARC itself follow the release.
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Tuple

from lab.arc.pod_schema import PodSchemas, Schema, embedded_metadata, text, texts

GROUP = "actions.github.com"
GENERATOR = "controller-gen.kubebuilder.io/version"


class CrdFacts(NamedTuple):
    """What the CRDs of the releases from `since` on say. Defaults are those of 0.9.0."""

    since: str
    generator: str = "v0.14.0"
    # 0.11.0: typed lists, default names, three required fields of a runner, metrics.
    typed: bool = False
    runner_required: Tuple[str, ...] = ()
    metrics: bool = False
    # 0.12.0: key vaults; times instead of booleans.
    vault: bool = False
    failure: Tuple[Tuple[str, str], ...] = (("type", "boolean"),)
    # 0.13.0: job ids; the JIT configuration has left the status.
    job_id: bool = False
    jit_config: bool = True
    preserve_line: bool = True
    # 0.14.0: phases, metadata for children, more labels of a scale set.
    phases: bool = False


def _table() -> Tuple[CrdFacts, ...]:
    rows: List[CrdFacts] = [CrdFacts("0.9.0")]

    def add(since: str, **changes: Any) -> None:
        rows.append(rows[-1]._replace(since=since, **changes))

    required = ("githubConfigSecret", "githubConfigUrl", "runnerScaleSetId")
    add("0.11.0", generator="v0.17.2", typed=True, runner_required=required, metrics=True)
    add("0.12.0", vault=True, failure=(("type", "string"), ("format", "date-time")))
    add("0.13.0", generator="v0.19.0", job_id=True, jit_config=False, preserve_line=False)
    add("0.14.0", generator="v0.20.1", phases=True)
    return tuple(rows)


CRD_FACTS = _table()
AL_METADATA = ("serviceAccount", "role", "roleBinding", "configSecret")
ARS_METADATA = (
    "listenerServiceAccount",
    "listenerRole",
    "listenerRoleBinding",
    "listenerConfigSecret",
    "ephemeralRunnerSet",
    "ephemeralRunner",
    "ephemeralRunnerConfigSecret",
)
# kind, plural, and printer columns as "name | path | type". `.status.state` and the columns
# Finished and Deleting read fields that do not exist; so do the published ones (`arc.md` 1).
KINDS = {
    "AutoscalingListener": (
        "GitHub Configure URL | .spec.githubConfigUrl | string",
        "AutoscalingRunnerSet Namespace | .spec.autoscalingRunnerSetNamespace | string",
        "AutoscalingRunnerSet Name | .spec.autoscalingRunnerSetName | string",
    ),
    "AutoscalingRunnerSet": (
        "Minimum Runners | .spec.minRunners | integer",
        "Maximum Runners | .spec.maxRunners | integer",
        "Current Runners | .status.currentRunners | integer",
        "State | .status.state | string",
        "Pending Runners | .status.pendingEphemeralRunners | integer",
        "Running Runners | .status.runningEphemeralRunners | integer",
        "Finished Runners | .status.finishedEphemeralRunners | integer",
        "Deleting Runners | .status.deletingEphemeralRunners | integer",
    ),
    "EphemeralRunnerSet": (
        "DesiredReplicas | .spec.replicas | integer",
        "CurrentReplicas | .status.currentReplicas | integer",
        "Pending Runners | .status.pendingEphemeralRunners | integer",
        "Running Runners | .status.runningEphemeralRunners | integer",
        "Finished Runners | .status.finishedEphemeralRunners | integer",
        "Deleting Runners | .status.deletingEphemeralRunners | integer",
    ),
    "EphemeralRunner": (
        "GitHub Config URL | .spec.githubConfigUrl | string",
        "RunnerId | .status.runnerId | number",
        "Status | .status.phase | string",
        "JobRepository | .status.jobRepositoryName | string",
        "JobWorkflowRef | .status.jobWorkflowRef | string",
        "WorkflowRunId | .status.workflowRunId | number",
        "JobDisplayName | .status.jobDisplayName | string",
        "JobId | .status.jobId | string",
        "Message | .status.message | string",
        "Age | .metadata.creationTimestamp | date",
    ),
}


def plural(kind: str) -> str:
    return kind.lower() + "s"


def build(facts: CrdFacts, openapi: Mapping[str, Any]) -> List[Dict[str, Any]]:
    """The four CRDs, ready to be created."""
    pods = PodSchemas(openapi, facts.typed)
    parts = {
        "AutoscalingListener": (_listener_spec(facts, pods), _object({})),
        "AutoscalingRunnerSet": (_scale_set_spec(facts, pods), _scale_set_status(facts)),
        "EphemeralRunnerSet": (_runner_set_spec(facts, pods), _runner_set_status(facts)),
        "EphemeralRunner": (_runner_spec(facts, pods), _runner_status(facts)),
    }
    return [_crd(facts, kind, *parts[kind]) for kind in KINDS]


def _crd(facts: CrdFacts, kind: str, spec: Schema, status: Schema) -> Dict[str, Any]:
    top = {"apiVersion": text(), "kind": text(), "metadata": {"type": "object"}}
    version = {
        "name": "v1alpha1",
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": _columns(facts, kind),
        "schema": {"openAPIV3Schema": _object({**top, "spec": spec, "status": status})},
    }
    names = {"kind": kind, "listKind": f"{kind}List", "plural": plural(kind)}
    names["singular"] = kind.lower()
    body = {"group": GROUP, "names": names, "scope": "Namespaced", "versions": [version]}
    if facts.preserve_line:
        body["preserveUnknownFields"] = False
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{plural(kind)}.{GROUP}",
            "annotations": {GENERATOR: facts.generator},
        },
        "spec": body,
    }


def _columns(facts: CrdFacts, kind: str) -> List[Dict[str, str]]:
    rows = [row.split(" | ") for row in KINDS[kind]]
    columns = [{"name": name, "jsonPath": path, "type": kind_} for name, path, kind_ in rows]
    return [c for c in columns if c["name"] != "JobId" or facts.job_id]


def _object(properties: Mapping[str, Schema], required: Tuple[str, ...] = ()) -> Schema:
    done: Schema = {"type": "object"}
    if properties:
        done["properties"] = dict(properties)
    if required:
        done["required"] = list(required)
    return done


def _array(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _integer(**more: Any) -> Schema:
    return {"type": "integer", **more}


def _limits() -> Dict[str, Schema]:
    return {"minRunners": _integer(minimum=0), "maxRunners": _integer(minimum=0)}


def _named(facts: CrdFacts) -> Schema:
    return {**text(), "default": ""} if facts.typed else text()


def _connection(facts: CrdFacts) -> Dict[str, Schema]:
    """How GitHub is reached: the same in every kind."""
    key = {"key": text(), "name": _named(facts), "optional": {"type": "boolean"}}
    reference = {**_object(key, ("key",)), "x-kubernetes-map-type": "atomic"}
    certificate = _object({"configMapKeyRef": reference})
    fields = {
        "githubConfigUrl": text(),
        "githubConfigSecret": text(),
        "githubServerTLS": _object({"certificateFrom": certificate}),
        "proxy": _proxy(),
    }
    if facts.vault:
        azure = ("certificatePath", "clientId", "tenantId", "url")
        vault = _object({name: text() for name in azure}, azure)
        fields["vaultConfig"] = _object({"type": text(), "proxy": _proxy(), "azureKeyVault": vault})
    return fields


def _proxy() -> Schema:
    one = _object({"url": text(), "credentialSecretRef": text()})
    return _object({"http": one, "https": one, "noProxy": _array(text())})


def _metrics() -> Schema:
    labels = {"labels": _array(text())}
    plain = {"type": "object", "additionalProperties": _object(labels, ("labels",))}
    buckets = {**labels, "buckets": _array({"type": "number"})}
    timed = {"type": "object", "additionalProperties": _object(buckets, ("labels",))}
    return _object({"counters": plain, "gauges": plain, "histograms": timed})


def _metadata_block() -> Schema:
    return _object({"labels": texts(), "annotations": texts()})


def _metadata_blocks(facts: CrdFacts, names: Tuple[str, ...]) -> Dict[str, Schema]:
    return {f"{name}Metadata": _metadata_block() for name in names if facts.phases}


def _counted(facts: CrdFacts, total: str) -> Dict[str, Schema]:
    names = (total, "pendingEphemeralRunners", "runningEphemeralRunners", "failedEphemeralRunners")
    counts = {name: _integer() for name in names}
    return {**counts, "phase": text()} if facts.phases else counts


def _listener_spec(facts: CrdFacts, pods: PodSchemas) -> Schema:
    reference = {**_object({"name": _named(facts)}), "x-kubernetes-map-type": "atomic"}
    fields = {
        **_connection(facts),
        **_limits(),
        "runnerScaleSetId": _integer(),
        "autoscalingRunnerSetNamespace": text(),
        "autoscalingRunnerSetName": text(),
        "ephemeralRunnerSetName": text(),
        "image": text(),
        "imagePullSecrets": _array(reference),
        "template": pods.template(),
        **_metadata_blocks(facts, AL_METADATA),
    }
    if facts.metrics:
        fields["metrics"] = _metrics()
    return _object(fields)


def _scale_set_spec(facts: CrdFacts, pods: PodSchemas) -> Schema:
    fields = {
        **_connection(facts),
        **_limits(),
        "runnerGroup": text(),
        "runnerScaleSetName": text(),
        "template": pods.template(),
        "listenerTemplate": pods.template(),
        **_metadata_blocks(facts, ARS_METADATA),
    }
    if facts.metrics:
        fields["listenerMetrics"] = _metrics()
    if facts.phases:
        fields["runnerScaleSetLabels"] = _array(text())
        fields["autoscalingListener"] = _metadata_block()
    return _object(fields)


def _scale_set_status(facts: CrdFacts) -> Schema:
    counts = _counted(facts, "currentRunners")
    return _object(counts if facts.phases else {**counts, "state": text()})


def _runner_spec(facts: CrdFacts, pods: PodSchemas) -> Schema:
    fields = {
        **_connection(facts),
        "runnerScaleSetId": _integer(),
        "proxySecretRef": text(),
        "metadata": embedded_metadata(),
        "spec": pods.spec(),
        **_metadata_blocks(facts, ("ephemeralRunnerConfigSecret",)),
    }
    return _object(fields, facts.runner_required)


def _runner_set_spec(facts: CrdFacts, pods: PodSchemas) -> Schema:
    fields = {
        "replicas": _integer(),
        "patchID": _integer(),
        "ephemeralRunnerSpec": _runner_spec(facts, pods),
        **_metadata_blocks(facts, ("ephemeralRunner",)),
    }
    return _object(fields, ("patchID",))


def _runner_set_status(facts: CrdFacts) -> Schema:
    return _object(_counted(facts, "currentReplicas"), ("currentReplicas",))


def _runner_status(facts: CrdFacts) -> Schema:
    names = ("jobDisplayName", "jobRepositoryName", "jobWorkflowRef", "message", "phase")
    fields = {name: text() for name in (*names, "reason", "runnerName")}
    long = _integer(format="int64")
    fields.update(jobRequestId=long, workflowRunId=long, runnerId=_integer())
    fields["ready"] = {"type": "boolean"}
    fields["failures"] = {"type": "object", "additionalProperties": dict(facts.failure)}
    if facts.job_id:
        fields["jobId"] = text()
    if facts.jit_config:
        fields["runnerJITConfig"] = text()
    return _object(fields)
