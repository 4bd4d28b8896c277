# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What does Helm make of the lab's charts? Rendered by real Helm, read as objects."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import yaml

from lab import toolchain
from lab.arc import charts

BASE: Dict[str, Any] = {
    "githubConfigUrl": "http://127.0.0.1:1/acme/",
    "githubConfigSecret": "arc-github",
    "controllerServiceAccount": {"name": "arc-gha-rs-controller", "namespace": "arc-systems"},
}
CLAIM = {"storageClassName": "lab", "accessModes": ["ReadWriteOnce"]}
MODES: Dict[str, Dict[str, Any]] = {
    "default": {},
    "dind": {"containerMode": {"type": "dind"}},
    "kubernetes": {
        "containerMode": {"type": "kubernetes", "kubernetesModeWorkVolumeClaim": CLAIM}
    },
    "kubernetes-novolume": {"containerMode": {"type": "kubernetes-novolume"}},
}
NAMESPACES = {"controller": "arc-systems", "scale-set": "arc-runners"}
NAMES = {"controller": "arc", "scale-set": "web"}
Objects = Dict[str, Dict[str, Any]]


EVERY = list(charts.CHARTS)
SET = "AutoscalingRunnerSet web"


class Refused(Exception):
    """Helm would not render; the text is Helm's."""


class ChartBench:
    """The charts of all releases below one folder, and Helm."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._helm = toolchain.helm()
        self._charts: Dict[Tuple[str, str], Path] = {}
        self._rendered: Dict[Tuple[str, str, str, str], Objects] = {}

    def chart(self, release: str, which: str) -> Path:
        if (release, which) not in self._charts:
            self._charts[release, which] = self._write(release, which)
        return self._charts[release, which]

    def _write(self, release: str, which: str) -> Path:
        target = self._folder / release / which
        for name, content in charts.render(release, which).items():
            path = target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return target

    def render(
        self,
        release: str,
        which: str,
        values: Optional[Dict[str, Any]] = None,
        name: Optional[str] = None,
    ) -> Objects:
        """Objects by "Kind name". Raises Refused."""
        wanted = (release, which, json.dumps(values or {}), name or NAMES[which])
        if wanted not in self._rendered:
            self._rendered[wanted] = self._objects(*wanted)
        return self._rendered[wanted]

    def set(self, release: str, name: str = "web", **values: Any) -> Objects:
        """A scale set with values over BASE."""
        return self.render(release, "scale-set", {**BASE, **values}, name)

    def mode(self, release: str, mode: str) -> Objects:
        return self.set(release, **MODES[mode])

    def _objects(self, release: str, which: str, values: str, name: str) -> Objects:
        command = [self._helm, "template", name, str(self.chart(release, which))]
        command += ["--namespace", NAMESPACES[which], "--kube-version", "1.36.0", "--values", "-"]
        done = subprocess.run(
            command, input=values, capture_output=True, text=True, timeout=60, check=False
        )
        if done.returncode:
            raise Refused(done.stderr)
        return _parsed(done.stdout)


def _parsed(text: str) -> Objects:
    found = {}
    for item in yaml.load_all(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        if item:
            key = f"{item['kind']} {item['metadata']['name']}"
            assert key not in found, f"{key} is rendered twice"
            found[key] = item
    return found


def at_least(release: str, since: str) -> bool:
    return EVERY.index(release) >= EVERY.index(since)


def annotations(objects: Objects, key: str) -> Dict[str, str]:
    return objects[key]["metadata"].get("annotations", {})


def pod_spec(objects: Objects, name: str = "web") -> Dict[str, Any]:
    """The runner pod's spec of the scale set `name`."""
    return objects[f"AutoscalingRunnerSet {name}"]["spec"]["template"]["spec"]


def container(objects: Objects, name: str = "runner") -> Dict[str, Any]:
    return next(c for c in pod_spec(objects)["containers"] if c["name"] == name)


def arguments(objects: Objects) -> List[str]:
    """The manager's."""
    deployment = objects["Deployment arc-gha-rs-controller"]
    return deployment["spec"]["template"]["spec"]["containers"][0]["args"]
