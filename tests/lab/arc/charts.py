# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Helm charts stand for a release of ARC?

A published chart, where the lab was given releases; else one of our own, put together from
`chart_templates/` and the table below, which says how the charts of the releases differ. Our
templates read the table's row as `include "release.facts"`.
"""

from __future__ import annotations

import copy
import fcntl
import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any, Dict, List, NamedTuple

import yaml

from lab.arc import crds
from lab.errors import LabError
from lab.state import LabState

TEMPLATES = Path(__file__).parent / "chart_templates"
NAMES = {"controller": "gha-runner-scale-set-controller", "scale-set": "gha-runner-scale-set"}


class ChartFacts(NamedTuple):
    """What the charts of one release do. Defaults are those of 0.9.0. Source: `arc.md` 6, and the
    published values where it is silent."""

    release: str
    # Controller: pod spreading, flags and objects the release knows.
    topology_spread: bool = False
    label_prefixes: bool = False
    client_limits: bool = False
    # 0.10.0 has the value, but its template reads another key; 0.10.1 passes the flag.
    concurrency_flag: bool = False
    leader_events: bool = False
    pull_secrets_one_each: bool = False
    # Probes, profiling and the work queue's limiter.
    probes: bool = False
    # Both charts.
    namespace_override: bool = False
    # Scale set: labels, annotations and resourceMeta; before them only the annotations of the
    # ServiceAccount of kubernetes mode.
    object_metadata: bool = False
    kube_mode_account_annotations: bool = True
    filters_reserved: bool = False
    listener_metrics: bool = False
    key_vault: bool = False
    # Docker in Docker as a native sidecar, and whether its files are copied verbosely.
    dind_sidecar: bool = False
    dind_copy_verbose: bool = True
    # "_" of a scale set's name becomes "-" in the names of objects.
    dashes: bool = False
    # Mode kubernetes-novolume; its left-over ServiceAccount (`arc.md` 2).
    novolume: bool = False
    novolume_leaves_account: bool = False
    additional_role_rules: bool = False
    scale_set_labels: bool = False
    child_metadata: bool = False
    # Defaults in values.yaml beyond those of 0.9.0.
    concurrency_value: bool = False


def _table() -> Dict[str, ChartFacts]:
    rows: List[ChartFacts] = [ChartFacts("0.9.0")]

    def add(release: str, **changes: bool) -> None:
        rows.append(rows[-1]._replace(release=release, **changes))

    add("0.9.1", topology_spread=True)
    add("0.9.2")
    add("0.9.3", label_prefixes=True)
    add("0.10.0", client_limits=True, concurrency_value=True)
    add("0.10.1", concurrency_flag=True)
    add(
        "0.11.0",
        leader_events=True,
        namespace_override=True,
        object_metadata=True,
        kube_mode_account_annotations=False,
        listener_metrics=True,
        dind_copy_verbose=False,
    )
    add("0.12.0", key_vault=True, dind_sidecar=True)
    add("0.12.1")
    add(
        "0.13.0",
        pull_secrets_one_each=True,
        filters_reserved=True,
        dashes=True,
        novolume=True,
        novolume_leaves_account=True,
    )
    add("0.13.1", additional_role_rules=True)
    add("0.14.0", scale_set_labels=True, child_metadata=True)
    add("0.14.1")
    add("0.14.2", probes=True, novolume_leaves_account=False)
    return {row.release: row for row in rows}


CHARTS = _table()

CONTROLLER_VALUES: Dict[str, Any] = {
    "labels": {},
    "replicaCount": 1,
    "image": {
        "repository": "ghcr.io/actions/gha-runner-scale-set-controller",
        "pullPolicy": "IfNotPresent",
        "tag": "",
    },
    "imagePullSecrets": [],
    "nameOverride": "",
    "fullnameOverride": "",
    "env": None,
    "serviceAccount": {"create": True, "annotations": {}, "name": ""},
    "podAnnotations": {},
    "podLabels": {},
    "podSecurityContext": {},
    "securityContext": {},
    "resources": {},
    "nodeSelector": {},
    "tolerations": [],
    "affinity": {},
    "volumes": [],
    "volumeMounts": [],
    "priorityClassName": "",
    "flags": {"logLevel": "debug", "logFormat": "text", "updateStrategy": "immediate"},
}
RUNNER = {
    "name": "runner",
    "image": "ghcr.io/actions/actions-runner:latest",
    "command": ["/home/runner/run.sh"],
}
SCALE_SET_VALUES: Dict[str, Any] = {
    "githubConfigUrl": "",
    "githubConfigSecret": {"github_token": ""},
    "template": {"spec": {"containers": [RUNNER]}},
}


def facts(release: str) -> ChartFacts:
    """The row of a release. Raises LabError for one the lab does not know."""
    if release not in CHARTS:
        raise LabError(
            f"The lab has no chart of ARC release {release!r}.",
            f"It knows: {', '.join(CHARTS)}.",
        )
    return CHARTS[release]


def default_values(release: str, which: str) -> Dict[str, Any]:
    """The content of the chart's values.yaml; a new copy."""
    row = facts(release)
    if which == "controller":
        values = copy.deepcopy(CONTROLLER_VALUES)
        if row.topology_spread:
            values["topologySpreadConstraints"] = []
        if row.concurrency_value:
            values["flags"]["runnerMaxConcurrentReconciles"] = 2
        if row.probes:
            values["pprof"] = {}
    else:
        values = copy.deepcopy(SCALE_SET_VALUES)
        if row.scale_set_labels:
            values["scaleSetLabels"] = []
    if row.namespace_override:
        values["namespaceOverride"] = ""
    return values


def published(state: LabState, release: str, which: str) -> Path:
    """Where the published chart of the release would be; a path that need not exist."""
    releases = state.read().get("releases_dir") if state.exists() else None
    return Path(releases or os.devnull) / release / "charts" / NAMES[which]


def chart(state: LabState, release: str, which: str) -> Path:
    """A folder for Helm. `which`: "controller" or "scale-set". Made once, then taken as it is;
    made anew when our templates, tables or CRDs have changed."""
    given = published(state, release, which)
    if (given / "Chart.yaml").exists():
        return given
    facts(release)
    target = state.charts / release / NAMES[which]
    files = render(release, which)
    if which == "controller":
        files.update(crds.files(release, lambda: crds.openapi_of(state)))
    _write(target, files)
    return target


def render(release: str, which: str) -> Dict[str, bytes]:
    """The files of our chart by path inside it, without CRDs."""
    about = {
        "apiVersion": "v2",
        "name": NAMES[which],
        "description": f"The lab's stand-in for the {which} chart of ARC {release}",
        "type": "application",
        "version": release,
        "appVersion": release,
    }
    row = json.dumps(facts(release)._asdict(), sort_keys=True)
    files = {
        "Chart.yaml": _yaml(about),
        "values.yaml": _yaml(default_values(release, which)),
        "templates/_release.tpl": f'{{{{- define "release.facts" }}}}{row}{{{{ end }}}}\n'.encode(),
    }
    for path in sorted((TEMPLATES / which).iterdir()):
        # A template is no YAML: here its name says so.
        name = path.name[:-len(".tpl")] if path.name.endswith(".yaml.tpl") else path.name
        files[f"templates/{name}"] = path.read_bytes()
    return files


def _yaml(content: Dict[str, Any]) -> bytes:
    return yaml.safe_dump(content, sort_keys=False).encode()


def _digest(files: Dict[str, bytes]) -> str:
    total = hashlib.sha256()
    for name in sorted(files):
        total.update(name.encode() + b"\0" + hashlib.sha256(files[name]).digest())
    return total.hexdigest()


def _write(target: Path, files: Dict[str, bytes]) -> None:
    """Replace the chart's folder as a whole, unless it has this very content already."""
    mark = target.with_name(f".{target.name}.digest")
    digest = _digest(files)
    target.parent.mkdir(parents=True, exist_ok=True)
    with open(target.with_name(".lock"), "w", encoding="ascii") as lock:
        # Two installs side by side ask for the same chart.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if target.exists() and mark.exists() and mark.read_text(encoding="ascii") == digest:
            return
        mark.unlink(missing_ok=True)
        shutil.rmtree(target, ignore_errors=True)
        for name, content in files.items():
            path = target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        mark.write_text(digest, encoding="ascii")
