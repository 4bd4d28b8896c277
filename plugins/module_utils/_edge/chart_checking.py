# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The charts of a target are rendered with the values that are stored; nothing is written.

Values come from an open record or from Helm's Secrets, go to helm by its standard input, and what
it renders is judged here and dropped: it holds Secrets.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Iterator, List, Mapping, NamedTuple, Tuple

from .._pure import chart_values, crd_form, crd_objects, helm_work, reads, record, rendered
from .._pure.errors import BadInput, LifecycleError
from .._pure.finding_table import BLOCKER, WARNING, Finding, in_order
from .._pure.objects import Cluster
from .._pure.releases import CONTROLLER_CHART, SCALE_SET_CHART
from . import crd_source, helm_releases, helm_store, manifests, record_store
from .helm_binary import Helm
from .task import Result, Task

try:
    import kubernetes_validate
    from kubernetes_validate.utils import VersionNotSupportedError
except ImportError:
    kubernetes_validate = None
    VersionNotSupportedError = Exception

_KINDS = {SCALE_SET_CHART: record.SCALE_SET, CONTROLLER_CHART: record.CONTROLLER}
_OPTIONS = {record.SCALE_SET: "scale_set_chart", record.CONTROLLER: "controller_chart"}
# The chart only names it; which one serves the set is known when it is installed.
_SOME_ACCOUNT = {"controllerServiceAccount": {"namespace": "arc-systems", "name": "controller"}}


class ChartsDoNotFit(LifecycleError):
    """The check ran, and a release could not be installed as it is."""


class Stored(NamedTuple):
    """The values of one Helm release, as its next installation would have them."""

    kind: str
    namespace: str
    name: str
    values: Mapping[str, Any]

    @property
    def key(self) -> str:
        """Return `namespace/name`."""
        return f"{self.namespace}/{self.name}"


def check(task: Task) -> Result:
    """Return findings about every Helm release of ARC. Raises BadInput, ReadFailed."""
    judge, against = _built_in(task)
    crds = crd_source.crds_of(task, {
        "chart": task.options["controller_chart"], "helm": task.options["helm"],
        "chart_version": task.options["chart_version"],
    }, "controller_")  # fmt: skip
    checkers = {
        one["spec"]["names"]["kind"]: crd_objects.Checker(
            one["spec"]["names"]["kind"], crd_form.stored_schema(one))
        for one in crds
    }
    _snapshot, cluster = task.look(helm_releases.PARTS)
    stored = list(_stored(task, cluster))
    with Helm(task.options["helm"], task.options) as helm, \
            ThreadPoolExecutor(max(1, task.options["parallel"])) as pool:
        parts = list(pool.map(
            lambda one: _findings(task, helm, one, checkers, judge), stored))
    found = in_order(
        _weighed(finding, task.options["acknowledge"]) for part in parts for finding in part)
    return {
        "changed": False,
        "findings": [one.as_dict() for one in found],
        "releases": [one.key for one in stored],
        "judged_by": {"built_in_kinds": against},
    }


def refuse(task: Task, result: Result) -> None:
    """Raise ChartsDoNotFit where a finding forbids the installation."""
    blockers = [one for one in result["findings"] if one["severity"] == BLOCKER]
    if not blockers:
        return
    told = "; ".join(f"{one['object']}: {one['id']}: {one['reason']}" for one in blockers[:5])
    raise ChartsDoNotFit(
        cluster=task.cluster.name, object=f"values of {len(blockers)} objects",
        cause=f"charts of {task.options['release']} cannot install them: {told}",
        next_step="Correct the values, lay others over them (arc_install_values), or acknowledge"
                  " the finding by its id; nothing was changed",
    )


def _weighed(one: Finding, acknowledged: List[str]) -> Finding:
    is_known = one.severity == BLOCKER and one.id in acknowledged
    return replace(one, severity=WARNING) if is_known else one


def _stored(task: Task, cluster: Cluster) -> Iterator[Stored]:
    """Yield what a run would install: what an open record has, else what Helm has."""
    store = record_store.store_of(task.client, task.deadline, cluster, task.options["namespace"])
    entries = {(one["namespace"], one["helm"]): one for one in store.entries()}
    for one in reads.seen(cluster.helm_releases):
        if one.chart in _KINDS and (one.namespace, one.name) not in entries:
            entries[(one.namespace, one.name)] = {
                "kind": _KINDS[one.chart], "namespace": one.namespace, "helm": one.name,
                "chart": one.chart, "from": one.app_version,
                "values": helm_store.read_values(
                    task.client, task.deadline, one.namespace, one.name, one.revision),
            }  # fmt: skip
    for key in sorted(entries):
        entry = entries[key]
        moved = chart_values.moved(
            entry.get("values") or {}, str(entry.get("chart", "")), str(entry.get("from", "")),
            task.options["release"])
        name = "/".join(key)
        account = helm_releases.account_of(cluster, key[0]) or _SOME_ACCOUNT
        given = task.options["values"].get(name) or {}
        yield Stored(entry["kind"], *key, helm_work.overlaid(
            account if entry["kind"] == record.SCALE_SET else {}, moved, given))


def _findings(
    task: Task, helm: Helm, one: Stored, checkers: Mapping[str, crd_objects.Checker], judge: Any
) -> List[Finding]:
    arguments = [
        "template", one.name, task.options[_OPTIONS[one.kind]], "--namespace", one.namespace,
        "--skip-crds",
    ]  # fmt: skip
    if task.cluster.kubernetes:
        arguments += ["--kube-version", task.cluster.kubernetes]
    if task.options["chart_version"]:
        arguments += ["--version", task.options["chart_version"]]
    said = helm.run(arguments, task.deadline, dict(one.values))
    if said.code != 0:
        why = helm_work.blotted(
            said.err, helm_work.secrets_of(one.values, (one.name, one.namespace)))
        return [rendered.refused(one.key, why if said.code else "time is over", task.cluster.name)]
    documents = manifests.documents(said.out)
    return rendered.findings_of(one.key, documents, checkers, judge, task.cluster.name)


def _built_in(task: Task) -> Tuple[Any, str]:
    """Return what judges built-in kinds, and in words against what. Raises BadInput."""
    wanted = task.options["validate"]
    if wanted == "never":
        return (lambda _document: ()), "not judged"
    if kubernetes_validate is None:
        if wanted == "auto":
            return (lambda _document: ()), "not judged: Python package kubernetes-validate lacks"
        raise BadInput(
            cluster=task.cluster.name, object="Python package kubernetes-validate",
            cause="it cannot be imported by the Python that runs this task",
            next_step="Install it there, or set validate to never",
        )
    newest = kubernetes_validate.latest_version()
    present = _two(task.cluster.kubernetes)
    version = newest if not present or present > _two(newest) else task.cluster.kubernetes

    def judge(document: Mapping[str, Any]) -> Iterator[Tuple[str, str]]:
        try:
            kubernetes_validate.validate(dict(document), version, strict=True)
        except kubernetes_validate.ValidationError as error:
            # Its message quotes the value.
            yield "." + ".".join(str(step) for step in error.path), f"breaks {error.validator}"
        except (kubernetes_validate.SchemaNotFoundError, VersionNotSupportedError):
            return

    return judge, f"Kubernetes {'.'.join(version.split('.')[:2])}"


def _two(version: str) -> Tuple[int, ...]:
    parts = version.lstrip("v").split(".")[:2]
    return tuple(int(part) for part in parts) if all(part.isdigit() for part in parts) else ()
