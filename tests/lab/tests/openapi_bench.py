# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small OpenAPI document, worded as an API server words its own: references in allOf, zero values
as defaults, patch markers. For tests of what is made from it."""

from __future__ import annotations

from typing import Any, Dict

from lab.arc.pod_schema import CORE

REF = "#/components/schemas/"
PODS: Dict[str, Any] = {
    f"{CORE}PodTemplateSpec": {
        "type": "object",
        "properties": {
            "metadata": {
                "default": {},
                "allOf": [{"$ref": f"{REF}io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}],
            },
            "spec": {"allOf": [{"$ref": f"{REF}{CORE}PodSpec"}], "description": "what it does"},
        },
    },
    f"{CORE}PodSpec": {
        "type": "object",
        "required": ["containers"],
        "properties": {
            "containers": {
                "type": "array",
                "items": {"default": {}, "allOf": [{"$ref": f"{REF}{CORE}Container"}]},
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
                "x-kubernetes-patch-strategy": "merge",
            },
            "imagePullSecrets": {
                "type": "array",
                "items": {"allOf": [{"$ref": f"{REF}{CORE}LocalObjectReference"}]},
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
            },
            "restartPolicy": {"type": "string", "enum": ["Always", "Never"]},
        },
    },
    f"{CORE}Container": {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string", "default": ""},
            "ports": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["containerPort"],
                    "properties": {
                        "containerPort": {"type": "integer", "default": 0},
                        "protocol": {"type": "string", "default": "TCP"},
                    },
                },
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["containerPort", "protocol"],
            },
            "limits": {
                "type": "object",
                "additionalProperties": {
                    "allOf": [{"$ref": f"{REF}io.k8s.apimachinery.pkg.api.resource.Quantity"}]
                },
            },
            "port": {"allOf": [{"$ref": f"{REF}io.k8s.apimachinery.pkg.util.intstr.IntOrString"}]},
        },
    },
    f"{CORE}LocalObjectReference": {
        "type": "object",
        "properties": {"name": {"type": "string", "default": ""}},
        "x-kubernetes-map-type": "atomic",
    },
}
OPENAPI = {"components": {"schemas": PODS}}
