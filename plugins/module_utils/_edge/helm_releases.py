# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many Helm releases in one task, side by side: what differs is done, what fails is told whole."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence

from .._pure import helm_work, record
from .._pure.errors import BadInput, DeadlineReached, LifecycleError, Refused, WriteFailed
from .._pure.helm_work import Chart, Wanted
from .._pure.objects import Cluster
from .._pure.releases import CONTROLLER_CHARTS, SCALE_SET_CHARTS
from .._pure.rights import Right, of_uninstall
from . import access, helm_store, manifests, record_store, rights
from .helm_binary import Helm, Said
from .task import Result, Task

try:
    import yaml
except ImportError:
    yaml = None  # told before anything is read: connecting needs it too

_CHARTS = {record.CONTROLLER: CONTROLLER_CHARTS, record.SCALE_SET: SCALE_SET_CHARTS}
# Which controller serves which namespace, and the record; no runner, no pod and no CRD.
PARTS = ("records", "helm", "deployments")
# How often it is asked whether the Lease is to be renewed.
_LEASE_LOOK_S = 5.0


def present(task: Task) -> Result:
    """Bring releases to the chart and the values of the options; those that fit are left alone.

    Raises BadInput or Refused before anything is written, and WriteFailed or DeadlineReached
    with all that failed together; what was done stands in `task.partial`.
    """
    wanted = helm_work.wanted_of(task.options["releases"])
    with Helm(task.options["helm"], task.options) as helm:
        chart = _chart(task, helm)
        wanted = _with_values(task, wanted)
        stored = _stored(task, wanted)
        acts = {
            one.key: helm_work.act_for_present(one, chart, stored[one.key]) for one in wanted
        }
        _refuse_unfinished(task, wanted, acts)
        diff = _diff(wanted, acts, stored, chart)

        def install(one: Wanted) -> Said:
            arguments = [
                "upgrade", "--install", one.name, task.options["chart"], "--namespace",
                one.namespace, "--create-namespace", "--skip-crds", "--reset-values",
            ]  # fmt: skip
            if task.options["chart_version"]:
                arguments += ["--version", task.options["chart_version"]]
            return helm.run(arguments, task.deadline, dict(one.values))

        return {**_side_by_side(task, wanted, acts, install, str(chart)), "diff": diff}


def absent(task: Task) -> Result:
    """Uninstall releases; those that are not there are left alone. Raises as `present`.

    A right that is missing is told before anything is taken away.
    """
    wanted = helm_work.wanted_of(task.options["releases"])
    if not wanted:
        # Sets that Helm did not make need no Helm to go.
        return {"changed": False, "releases": [], "diff": {"before": "", "after": ""}}
    with Helm(task.options["helm"], task.options) as helm:
        stored = _stored(task, wanted)
        acts = {
            key: helm_work.UNINSTALL if there else helm_work.NONE for key, there in stored.items()
        }
        _require_rights(task, wanted, stored)

        def uninstall(one: Wanted) -> Said:
            said = helm.run(["uninstall", one.name, "--namespace", one.namespace], task.deadline)
            is_gone = said.code and "release: not found" in said.err
            return Said(0, said.out, "") if is_gone else said

        gone = [one.key for one in wanted if acts[one.key] == helm_work.UNINSTALL]
        diff = {"before": "".join(f"{key}\n" for key in gone), "after": ""}
        return {**_side_by_side(task, wanted, acts, uninstall, ""), "diff": diff}


def _stored(task: Task, wanted: Sequence[Wanted]) -> Dict[str, Optional[Dict[str, Any]]]:
    """Return `namespace/name` -> what Helm keeps of it, in the order of `wanted`."""
    by_namespace = {
        namespace: helm_store.stored_in(
            task.client, task.deadline, namespace,
            [one.name for one in wanted if one.namespace == namespace])
        for namespace in {one.namespace for one in wanted}
    }
    return {one.key: by_namespace[one.namespace][one.name] for one in wanted}


def _chart(task: Task, helm: Helm) -> Chart:
    """Return what the chart says of itself. Raises BadInput where it cannot be had."""
    reference, kind = task.options["chart"], task.options["kind"]
    path = os.path.join(os.path.expanduser(reference), "Chart.yaml")
    if os.path.isfile(path):
        with open(path, encoding="utf-8") as stream:
            text = stream.read()
    else:
        version = task.options["chart_version"]
        more = ["--version", version] if version else []
        said = helm.run(["show", "chart", reference, *more], task.deadline)
        if said.code != 0:
            raise BadInput(
                cluster=task.cluster.name, object=f"option chart {reference}",
                cause="Helm cannot have it: " + (helm_work.blotted(said.err, []) or "no answer"),
                next_step="Give a folder, an archive or a reference that Helm can pull",
            )
        text = said.out
    meta = yaml.safe_load(text) or {}
    chart = Chart(
        str(meta.get("name", "")), str(meta.get("version", "")), str(meta.get("appVersion", ""))
    )
    if chart.name not in _CHARTS[kind]:
        raise BadInput(
            cluster=task.cluster.name, object=f"option chart {reference}",
            cause=f"it is {chart.name or 'no chart'}, wanted is {_CHARTS[kind][0]}",
            next_step="Give that chart, or another kind",
        )
    return chart


def _with_values(task: Task, wanted: Sequence[Wanted]) -> List[Wanted]:
    """Return the releases with their values: those of the record, and the given laid over them."""
    options = task.options
    given = options["values"]
    if not options["from_record"] and not options["controller_account"]:
        return [_with(one, helm_work.overlaid({}, given.get(one.key) or {})) for one in wanted]
    _snapshot, cluster = task.look(PARTS)
    remembered = _remembered(task, cluster) if options["from_record"] else {}
    lost = [one.key for one in wanted if options["from_record"] and one.key not in remembered]
    if lost:
        raise Refused(
            cluster=task.cluster.name, object=f"Helm release {', '.join(lost)}",
            cause="the record on the cluster does not have its values",
            next_step="Run arc.lifecycle.upgrade, which begins with the record, or give values",
        )
    return [
        _with(one, helm_work.overlaid(
            account_of(cluster, one.namespace) if options["controller_account"] else {},
            remembered.get(one.key, {}), given.get(one.key) or {}))
        for one in wanted
    ]


def _with(one: Wanted, values: Mapping[str, Any]) -> Wanted:
    return Wanted(one.namespace, one.name, values)


def _remembered(task: Task, cluster: Cluster) -> Dict[str, Any]:
    store = record_store.store_of(task.client, task.deadline, cluster, None)
    fitted = record.fitted(store.entries(), task.options["for_release"])
    return {
        f"{one['namespace']}/{one['helm']}": one["values"]
        for one in fitted if one["kind"] == task.options["kind"] and "values" in one
    }


def account_of(cluster: Cluster, namespace: str) -> Dict[str, Any]:
    """Return the values that name the controller of a scale set, {} where there is not one.

    By itself the chart looks for a controller, and fails where it finds two.
    """
    serving = cluster.controllers_of(namespace)
    if len(serving) != 1 or not serving[0].service_account[1]:
        return {}
    home, name = serving[0].service_account
    return {"controllerServiceAccount": {"namespace": home, "name": name}}


def _refuse_unfinished(task: Task, wanted: Sequence[Wanted], acts: Mapping[str, str]) -> None:
    stuck = [one.key for one in wanted if acts[one.key] == helm_work.REFUSED]
    if stuck:
        raise Refused(
            cluster=task.cluster.name, object=f"Helm release {', '.join(stuck)}",
            cause="Helm was interrupted in it, and refuses to go on",
            next_step="Run arc.lifecycle.upgrade, which uninstalls it first, or helm rollback",
        )


def _require_rights(
    task: Task, wanted: Sequence[Wanted], stored: Mapping[str, Optional[Mapping[str, Any]]]
) -> None:
    needed: Dict[Right, None] = {}
    for one in wanted:
        release = stored[one.key]
        if release:
            documents = manifests.documents(str(release.get("manifest") or ""))
            needed.update(dict.fromkeys(of_uninstall(one.namespace, documents)))
    lacking = access.refused(task.client, list(needed), task.deadline)
    rights.refuse(task.client, [str(one) for one in lacking])


def _diff(
    wanted: Sequence[Wanted], acts: Mapping[str, str], stored: Mapping[str, Any], chart: Chart
) -> Dict[str, str]:
    before, after = [], []
    for one in wanted:
        if acts[one.key] == helm_work.NONE:
            continue
        old = stored[one.key] or {}
        meta = (old.get("chart") or {}).get("metadata") or {}
        if old:
            before.append(f"{one.key}: {meta.get('name')}-{meta.get('version')}")
        after.append(f"{one.key}: {chart}")
        after += [
            f"    values {line}"
            for line in helm_work.changed_paths(old.get("config") or {}, one.values)
        ]
    return {"before": _lines(before), "after": _lines(after)}


def _lines(lines: Sequence[str]) -> str:
    return "".join(line + "\n" for line in lines)


def _side_by_side(
    task: Task, wanted: Sequence[Wanted], acts: Mapping[str, str],
    act: Callable[[Wanted], Said], chart: str,
) -> Result:
    """Act on all releases that need it, at most `parallel` at a time, and renew the Lease.

    What has not begun when the Lease is lost is left alone.
    """
    told: Dict[str, Dict[str, Any]] = {}
    mutex = threading.Lock()

    def one_of(one: Wanted) -> None:
        begun, entry = time.monotonic(), _entry(one, acts[one.key], chart)
        if acts[one.key] != helm_work.NONE and not task.is_check:
            task.require_starter()
            said = Said(None, "", "") if task.deadline.is_over() else act(one)
            entry["seconds"] = round(time.monotonic() - begun, 1)
            entry["error"] = _error(said, one)
            if entry["error"]:
                entry["action"] = "failed"
        with mutex:
            told[one.key] = entry

    try:
        with ThreadPoolExecutor(max_workers=max(1, task.options["parallel"])) as pool:
            running = {pool.submit(one_of, one) for one in wanted}
            try:
                while running:
                    done, running = wait(running, _LEASE_LOOK_S, FIRST_COMPLETED)
                    for future in done:
                        future.result()
                    task.renew_lease()
            except BaseException:
                for future in running:
                    future.cancel()
                raise
    finally:
        result = _result([told[one.key] for one in wanted if one.key in told])
        task.partial.update(result)
    _tell_failures(task, result["releases"])
    return result


def _result(entries: List[Dict[str, Any]]) -> Result:
    done = [one for one in entries if one["action"] not in ("unchanged", "failed")]
    return {"changed": bool(done), "releases": entries}


def _entry(one: Wanted, act: str, chart: str) -> Dict[str, Any]:
    return {
        "namespace": one.namespace, "name": one.name, "action": helm_work.DONE[act],
        "chart": chart, "seconds": 0.0, "error": "",
    }


def _error(said: Said, one: Wanted) -> str:
    if said.code == 0:
        return ""
    if said.code is None:
        return "time is over"
    secrets = helm_work.secrets_of(one.values, (one.name, one.namespace))
    return helm_work.blotted(said.err or said.out, secrets) or f"helm ended with {said.code}"


def _tell_failures(task: Task, entries: Sequence[Mapping[str, Any]]) -> None:
    failed = [one for one in entries if one["error"]]
    if not failed:
        return
    names = ", ".join(f"{one['namespace']}/{one['name']}" for one in failed)
    is_late = all(one["error"] == "time is over" for one in failed)
    error: Callable[..., LifecycleError] = DeadlineReached if is_late else WriteFailed
    causes = list(dict.fromkeys(one["error"] for one in failed))
    raise error(
        cluster=task.cluster.name,
        object=f"Helm release {names}",
        cause=f"{len(failed)} of {len(entries)} failed: {'; '.join(causes[:3])}",
        next_step="Mend the cause, then run the same command again: what was done is left alone",
        details={"releases": [dict(one) for one in failed]},
    )
