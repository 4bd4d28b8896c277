# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What do the objects look like that ARC makes for runners? Pure. Source: arc.md 1, 2, 6."""

from __future__ import annotations

import base64
import copy
from typing import Any, Dict, List, Mapping, Optional, Sequence

from lab.arc import protocol
from lab.arc.manager import names
from lab.arc.manager.outcome import CONTAINER
from lab.arc.manager.scaling import PATCH_ID
from lab.arc.releases import Release

Item = Dict[str, Any]
GROUP = "actions.github.com"
API = f"{GROUP}/v1alpha1"
VERSION_LABEL = "app.kubernetes.io/version"
PART_OF, COMPONENT = "app.kubernetes.io/part-of", "app.kubernetes.io/component"
SET_NAME, SET_NAMESPACE = f"{GROUP}/scale-set-name", f"{GROUP}/scale-set-namespace"
SET_ID = "runner-scale-set-id"
SPEC_HASH, VALUES_HASH = f"{GROUP}/runner-spec-hash", f"{GROUP}/values-hash"
CHANGE_HASH = f"{GROUP}/change-hash"
GROUP_NAME, SCALE_SET_NAME = f"{GROUP}/runner-group-name", f"{GROUP}/runner-scale-set-name"
SET_FINALIZER = f"autoscalingrunnerset.{GROUP}/finalizer"
LISTENER_FINALIZER = f"autoscalinglistener.{GROUP}/finalizer"
RUNNER_FINALIZER = f"ephemeralrunner.{GROUP}/finalizer"
REGISTRATION_FINALIZER = f"ephemeralrunner.{GROUP}/runner-registration-finalizer"
CLEANUP_FINALIZER = f"{GROUP}/cleanup-protection"
OWN_LABELS = (
    PART_OF,
    COMPONENT,
    VERSION_LABEL,
    SET_NAME,
    SET_NAMESPACE,
    f"{GROUP}/enterprise",
    f"{GROUP}/organization",
    f"{GROUP}/repository",
)
SAID_OUTDATED = "ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE"


def owner(item: Mapping[str, Any], kind: str) -> List[Item]:
    """The ownerReferences of an object that `item` controls."""
    meta = item["metadata"]
    reference = {"apiVersion": API, "kind": kind, "name": meta["name"], "uid": meta["uid"]}
    return [{**reference, "controller": True, "blockOwnerDeletion": True}]


def url_labels(url: str) -> Dict[str, str]:
    """Enterprise, organisation and repository as labels, cut where a label cannot hold them."""
    place = protocol.place_of(url)
    found = {
        f"{GROUP}/{kind}": getattr(place, kind)
        for kind in ("enterprise", "organization", "repository")
    }
    return {k: v if len(v) <= 63 else v[:58] + "-trim" for k, v in found.items() if v}


def child_labels(
    facts: Release, runner_set: Mapping[str, Any], component: str, excluded: Sequence[str] = ()
) -> Dict[str, str]:
    """The labels of what belongs to a set: all of the set's own from 0.9.2 on (arc.md 4)."""
    meta = runner_set["metadata"]
    base: Dict[str, str] = meta.get("labels") or {}
    if not facts.propagates_labels:
        base = {key: value for key, value in base.items() if key in OWN_LABELS}
    labels = {
        **base,
        PART_OF: "gha-runner-scale-set",
        COMPONENT: component,
        VERSION_LABEL: base.get(VERSION_LABEL, ""),
        SET_NAME: meta["name"],
        SET_NAMESPACE: meta["namespace"],
    }
    kept = {k: v for k, v in labels.items() if not k.startswith(tuple(excluded))}
    return {**(kept if excluded else labels), **url_labels(runner_set["spec"]["githubConfigUrl"])}


def with_metadata(item: Item, block: Optional[Mapping[str, Any]]) -> Item:
    """The object with labels and annotations of a 0.14 metadata block; ARC's own win."""
    for part in ("labels", "annotations"):
        more = (block or {}).get(part) or {}
        own = item["metadata"].get(part) or {}
        if more:
            item["metadata"][part] = {**more, **own}
    return item


def runner_set_object(facts: Release, parent: Mapping[str, Any], excluded: Sequence[str]) -> Item:
    """The EphemeralRunnerSet of an AutoscalingRunnerSet; a zero `replicas` is left out."""
    meta, spec = parent["metadata"], parent["spec"]
    known = meta.get("annotations") or {}
    annotations = {
        GROUP_NAME: known.get(GROUP_NAME, ""),
        SCALE_SET_NAME: known.get(SCALE_SET_NAME, ""),
        SPEC_HASH: names.runner_set_hash(spec),
        VALUES_HASH: known.get(VALUES_HASH, ""),
    }
    runner = {
        **copy.deepcopy(spec.get("template") or {}),
        "githubConfigUrl": spec["githubConfigUrl"],
        "githubConfigSecret": spec["githubConfigSecret"],
        "runnerScaleSetId": int(known[SET_ID]),
    }
    blocks = ["proxy", "githubServerTLS"] + (["vaultConfig"] if facts.vault_block else [])
    runner.update({name: copy.deepcopy(spec[name]) for name in blocks if spec.get(name)})
    content: Item = {"patchID": 0, "ephemeralRunnerSpec": runner}
    if facts.metadata_blocks and spec.get("ephemeralRunnerMetadata"):
        content["ephemeralRunnerMetadata"] = spec["ephemeralRunnerMetadata"]
    item = {
        "apiVersion": API,
        "kind": "EphemeralRunnerSet",
        "metadata": {
            "generateName": f"{meta['name']}-",
            "namespace": meta["namespace"],
            "labels": child_labels(facts, parent, "runner-set", excluded),
            "annotations": annotations,
            "ownerReferences": owner(parent, "AutoscalingRunnerSet"),
        },
        "spec": content,
    }
    block = spec.get("ephemeralRunnerSetMetadata") if facts.metadata_blocks else None
    return with_metadata(item, block)


def runner_object(facts: Release, runners: Mapping[str, Any]) -> Item:
    """A new EphemeralRunner of an EphemeralRunnerSet."""
    meta, spec = runners["metadata"], runners["spec"]
    item: Item = {
        "apiVersion": API,
        "kind": "EphemeralRunner",
        "metadata": {
            "generateName": f"{meta['name']}-runner-",
            "namespace": meta["namespace"],
            "labels": {**(meta.get("labels") or {}), COMPONENT: "runner"},
            "annotations": {
                **(meta.get("annotations") or {}),
                PATCH_ID: str(spec.get("patchID", 0)),
            },
            "ownerReferences": owner(runners, "EphemeralRunnerSet"),
        },
        "spec": copy.deepcopy(spec["ephemeralRunnerSpec"]),
    }
    if facts.runner_finalizers == "at-creation":
        item["metadata"]["finalizers"] = [RUNNER_FINALIZER, REGISTRATION_FINALIZER]
    return with_metadata(item, spec.get("ephemeralRunnerMetadata"))


def jit_secret(runner: Mapping[str, Any], content: Mapping[str, str]) -> Item:
    """The Secret from which the pod takes its JIT configuration."""
    data = {k: base64.b64encode(v.encode()).decode() for k, v in content.items()}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": runner["metadata"]["name"],
            "namespace": runner["metadata"]["namespace"],
            "ownerReferences": owner(runner, "EphemeralRunner"),
        },
        "data": data,
    }


def runner_pod(facts: Release, runner: Mapping[str, Any]) -> Item:
    """The pod of a runner; its name is the runner's."""
    meta, spec = runner["metadata"], copy.deepcopy(runner["spec"])
    template = spec.get("metadata") or {}
    pod_spec = spec.get("spec") or {}
    env: List[Item] = [
        {
            "name": "ACTIONS_RUNNER_INPUT_JITCONFIG",
            "valueFrom": {"secretKeyRef": {"name": meta["name"], "key": "jitToken"}},
        },
        {
            "name": "GITHUB_ACTIONS_RUNNER_EXTRA_USER_AGENT",
            "value": f"actions-runner-controller/{facts.name}",
        },
    ]
    if facts.outdated:
        env.append({"name": SAID_OUTDATED, "value": "1"})
    for container in pod_spec.get("containers") or []:
        if container["name"] == CONTAINER:
            container["env"] = (container.get("env") or []) + env
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": meta["name"],
            "namespace": meta["namespace"],
            "labels": {
                **(meta.get("labels") or {}),
                **(template.get("labels") or {}),
                "actions-ephemeral-runner": "True",
                "pod-template-hash": names.hash_of(spec),
            },
            "annotations": {
                **(meta.get("annotations") or {}),
                **(template.get("annotations") or {}),
            },
            "ownerReferences": owner(runner, "EphemeralRunner"),
        },
        "spec": {"restartPolicy": "Never", **pod_spec},
    }
