# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which names and hashes does ARC give to what it makes? Pure. Source: arc.md 1 and 5."""

from __future__ import annotations

import json
from typing import Any, Dict, Mapping

from lab.arc.releases import Release

# Kubernetes' alphabet of generated names: no vowels, no digits that look like letters.
SAFE = "bcdfghjklmnpqrstvwxz2456789"
RUNNER_SET_FIELDS = (
    "githubConfigUrl",
    "githubConfigSecret",
    "runnerGroup",
    "runnerScaleSetName",
    "proxy",
    "githubServerTLS",
    "template",
)


def fnv_1a(text: str) -> str:
    """ARC's hash of a text: 32-bit FNV-1a in decimal, written in Kubernetes' safe alphabet."""
    number = 0x811C9DC5
    for byte in text.encode():
        number = ((number ^ byte) * 0x01000193) & 0xFFFFFFFF
    return "".join(SAFE[ord(digit) % len(SAFE)] for digit in str(number))


def hash_of(content: Any) -> str:
    """The hash of any JSON value; equal values give equal hashes whatever the order of keys."""
    return fnv_1a(json.dumps(content, sort_keys=True, separators=(",", ":")))


def listener_name(facts: Release, runner_set: Mapping[str, Any]) -> str:
    """The name of the AutoscalingListener of an AutoscalingRunnerSet."""
    meta, spec = runner_set["metadata"], runner_set["spec"]
    text = meta["namespace"]
    if facts.listener_name_by == "set":
        text = f"{text}@{spec.get('runnerGroup', '')}@{spec['githubConfigUrl']}"
    return f"{meta['name']}-{fnv_1a(text)[:8]}-listener"


def runner_set_hash(spec: Mapping[str, Any]) -> str:
    """RunnerSetSpecHash: what makes a new EphemeralRunnerSet necessary."""
    return hash_of({name: spec.get(name) for name in RUNNER_SET_FIELDS})


def listener_hash(spec: Mapping[str, Any]) -> str:
    """ListenerSpecHash: the whole spec, so that limits alone rebuild the listener."""
    return hash_of(spec)


def change_hash(runner_set: Mapping[str, Any]) -> str:
    """What lets an Outdated set start again (0.14): a change of spec or labels."""
    labels: Dict[str, str] = runner_set["metadata"].get("labels") or {}
    return hash_of([runner_set["spec"], labels])
