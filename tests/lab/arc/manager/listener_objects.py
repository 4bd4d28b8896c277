# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What do a listener and its objects look like? Pure. Source: arc.md 1 (AL), 6, 9."""

from __future__ import annotations

import copy
from typing import Any, Dict, List, Mapping, Optional

from lab.arc.manager import names
from lab.arc.manager.options import Options
from lab.arc.manager.runner_objects import (
    API,
    GROUP,
    SET_ID,
    SET_NAME,
    SET_NAMESPACE,
    SPEC_HASH,
    VALUES_HASH,
    child_labels,
    owner,
    with_metadata,
)
from lab.arc.releases import Release

Item = Dict[str, Any]
UNLIMITED = 2**31 - 1
CONTAINER = "listener"
GRACE_S = 60
LISTENER_NAME, LISTENER_NAMESPACE = f"{GROUP}/listener-name", f"{GROUP}/listener-namespace"
ROLE_RULES = "role-policy-rules-hash"
METADATA_BLOCKS = {
    "serviceAccountMetadata": "listenerServiceAccountMetadata",
    "roleMetadata": "listenerRoleMetadata",
    "roleBindingMetadata": "listenerRoleBindingMetadata",
    "configSecretMetadata": "listenerConfigSecretMetadata",
}


def listener_object(options: Options, parent: Mapping[str, Any], runners: str) -> Item:
    """The AutoscalingListener of a set, bound to the EphemeralRunnerSet named `runners`. It lives
    in another namespace than the set and so has no owner."""
    facts, meta, spec = options.facts, parent["metadata"], parent["spec"]
    known = meta.get("annotations") or {}
    content: Item = {
        "githubConfigUrl": spec["githubConfigUrl"],
        "githubConfigSecret": spec["githubConfigSecret"],
        "runnerScaleSetId": int(known[SET_ID]),
        "autoscalingRunnerSetNamespace": meta["namespace"],
        "autoscalingRunnerSetName": meta["name"],
        "ephemeralRunnerSetName": runners,
        "image": options.image,
    }
    content.update(_limits(spec))
    if options.pull_secrets:
        content["imagePullSecrets"] = [{"name": name} for name in options.pull_secrets]
    copies = _copies(facts)
    content.update({to: copy.deepcopy(spec[of]) for to, of in copies.items() if spec.get(of)})
    item = {
        "apiVersion": API,
        "kind": "AutoscalingListener",
        "metadata": {
            "name": names.listener_name(facts, parent),
            "namespace": options.namespace,
            "labels": child_labels(
                facts, parent, "runner-scale-set-listener", options.excluded_prefixes
            ),
            "annotations": {
                SPEC_HASH: names.listener_hash(spec),
                VALUES_HASH: known.get(VALUES_HASH, ""),
            },
        },
        "spec": content,
    }
    block = spec.get("autoscalingListener") if facts.metadata_blocks else None
    return with_metadata(item, block)


def _limits(spec: Mapping[str, Any]) -> Dict[str, int]:
    """Absent means no minimum and no maximum; a zero is left out (observed d)."""
    maximum = spec.get("maxRunners")
    limits = {
        "minRunners": spec.get("minRunners", 0),
        "maxRunners": UNLIMITED if maximum is None else maximum,
    }
    return {name: value for name, value in limits.items() if value}


def _copies(facts: Release) -> Dict[str, str]:
    """Blocks of the listener's spec, and those of the set's that they are copies of."""
    copies = {
        "proxy": "proxy",
        "githubServerTLS": "githubServerTLS",
        "template": "listenerTemplate",
    }
    if facts.metrics_block:
        copies["metrics"] = "listenerMetrics"
    if facts.vault_block:
        copies["vaultConfig"] = "vaultConfig"
    if facts.metadata_blocks:
        copies.update(METADATA_BLOCKS)
    return copies


def _meta(listener: Item, namespace: str, name: str, **more: str) -> Item:
    labels = {
        **(listener["metadata"].get("labels") or {}),
        SET_NAMESPACE: listener["spec"]["autoscalingRunnerSetNamespace"],
        SET_NAME: listener["spec"]["autoscalingRunnerSetName"],
        **more,
    }
    return {"name": name, "namespace": namespace, "labels": labels}


def service_account(listener: Item) -> Item:
    meta = listener["metadata"]
    item = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {
            **_meta(listener, meta["namespace"], meta["name"]),
            "ownerReferences": owner(listener, "AutoscalingListener"),
        },
    }
    return with_metadata(item, listener["spec"].get("serviceAccountMetadata"))


def role(listener: Item) -> Item:
    """In the runners' namespace: only patching, and only the set it is bound to."""
    rules = [
        {
            "apiGroups": [GROUP],
            "resources": ["ephemeralrunnersets"],
            "resourceNames": [listener["spec"]["ephemeralRunnerSetName"]],
            "verbs": ["patch"],
        },
        {
            "apiGroups": [GROUP],
            "resources": ["ephemeralrunners", "ephemeralrunners/status"],
            "verbs": ["patch"],
        },
    ]
    more = {**_listener_labels(listener), ROLE_RULES: names.hash_of(rules)}
    meta = listener["metadata"]
    namespace = listener["spec"]["autoscalingRunnerSetNamespace"]
    item = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": _meta(listener, namespace, meta["name"], **more),
        "rules": rules,
    }
    return with_metadata(item, listener["spec"].get("roleMetadata"))


def role_binding(listener: Item) -> Item:
    meta = listener["metadata"]
    reference = {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "Role",
        "name": meta["name"],
    }
    subject = {"kind": "ServiceAccount", "namespace": meta["namespace"], "name": meta["name"]}
    more = {
        **_listener_labels(listener),
        "role-binding-role-ref-hash": names.hash_of(reference),
        "role-binding-subject-hash": names.hash_of([subject]),
    }
    namespace = listener["spec"]["autoscalingRunnerSetNamespace"]
    item = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": _meta(listener, namespace, meta["name"], **more),
        "roleRef": reference,
        "subjects": [subject],
    }
    return with_metadata(item, listener["spec"].get("roleBindingMetadata"))


def _listener_labels(listener: Item) -> Dict[str, str]:
    meta = listener["metadata"]
    return {LISTENER_NAMESPACE: meta["namespace"], LISTENER_NAME: meta["name"]}


def mirror_secret(listener: Item, secret: Item) -> Item:
    """A copy of the GitHub secret beside the listener (up to 0.11.0)."""
    meta, data = listener["metadata"], secret.get("data") or {}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            **_meta(
                listener,
                meta["namespace"],
                meta["name"],
                **{"secret-data-hash": names.hash_of(data)},
            ),
            "ownerReferences": owner(listener, "AutoscalingListener"),
        },
        "data": data,
    }


def listener_pod(options: Options, listener: Item, proxy_env: Optional[List[Item]] = None) -> Item:
    """The listener's pod: one attempt, nobody restarts it but the controller."""
    meta, spec = listener["metadata"], listener["spec"]
    container: Item = {
        "name": CONTAINER,
        "image": spec["image"],
        "command": [options.entrypoint],
        "env": [{"name": "LISTENER_CONFIG_PATH", "value": "/etc/gha-listener/config.json"}]
        + (proxy_env or []),
        "volumeMounts": [
            {"name": "listener-config", "mountPath": "/etc/gha-listener", "readOnly": True}
        ],
    }
    pod: Item = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": meta["name"],
            "namespace": meta["namespace"],
            "labels": dict(meta.get("labels") or {}),
            "ownerReferences": owner(listener, "AutoscalingListener"),
        },
        "spec": {
            "serviceAccountName": meta["name"],
            "containers": [container],
            "volumes": [
                {"name": "listener-config", "secret": {"secretName": f"{meta['name']}-config"}}
            ],
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": GRACE_S,
        },
    }
    if spec.get("imagePullSecrets"):
        pod["spec"]["imagePullSecrets"] = spec["imagePullSecrets"]
    return _with_template(pod, copy.deepcopy(spec.get("template") or {}))


def _with_template(pod: Item, template: Item) -> Item:
    """listenerTemplate: other containers are added, ours is amended, the rest of the pod's spec
    is the template's except for what ties the pod to its account."""
    if not template:
        return pod
    with_metadata(pod, template.get("metadata"))
    given = dict(template.get("spec") or {})
    ours = pod["spec"]["containers"][0]
    for container in given.pop("containers", []):
        if container["name"] != CONTAINER:
            pod["spec"]["containers"].append(container)
            continue
        for name in ("env", "volumeMounts", "args", "ports", "envFrom"):
            if container.get(name):
                container[name] = (ours.get(name) or []) + container[name]
        ours.update(container)
    pod["spec"]["volumes"] += given.pop("volumes", [])
    for name in ("serviceAccountName", "serviceAccount", "automountServiceAccountToken"):
        given.pop(name, None)
    pod["spec"].update(given)
    return pod
