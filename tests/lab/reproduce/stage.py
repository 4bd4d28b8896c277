# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What does a scenario play on? Clusters with ARC, and the Actions service."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional

from lab.arc import await_arc, crds, install
from lab.arc.helm import helm
from lab.arc.install import RUNNERS, SYSTEMS, ScaleSet
from lab.errors import LabError
from lab.kube import path_of
from lab.reproduce.clock import LIMIT_S, Clock, Say
from lab.reproduce.eyes import Eyes
from lab.reproduce.history import DELETING, GONE, Change
from lab.service_client import Service
from lab.state import LabState

Item = Dict[str, Any]
GROUPS = ("blue", "green")
RBAC = "rbac.authorization.k8s.io/v1"
# What the chart of a scale set makes beside the AutoscalingRunnerSet.
HELPERS = {
    "ServiceAccount": ("v1", "serviceaccounts"),
    "Secret": ("v1", "secrets"),
    "Role": (RBAC, "roles"),
    "RoleBinding": (RBAC, "rolebindings"),
}
HELM_RELEASE = "meta.helm.sh/release-name"
PLURALS = {kind: plural for plural, kind in await_arc.KINDS.items()}
CRDS = ("apiextensions.k8s.io/v1", "customresourcedefinitions")
UNFINISHED = ("queued", "assigned", "running")


class Stage(Clock):
    """`outcome`: the facts of the play so far; `scope`: the organisation it plays in, so that two
    may be on at once, each in clusters of its own. Waits raise LabError at their limit."""

    def __init__(
        self,
        state: LabState,
        clusters: List[str],
        say: Say = lambda _: None,
        scope: str = "acme",
    ) -> None:
        super().__init__(say)
        self.state = state
        self.clusters = clusters
        self.scope = scope
        self.service = Service(state.service_url())
        self.outcome: Dict[str, Any] = {}
        self.jobs_made: List[int] = []
        self.settings_before: Dict[str, Any] = {}
        self.sets_before = {int(item["id"]) for item in self.service.scale_sets()}
        self._eyes = {name: Eyes(state, name) for name in clusters}

    def close(self) -> None:
        for eyes in self._eyes.values():
            eyes.close()

    def on(self, cluster: str) -> Eyes:
        return self._eyes[cluster]

    # Changes ------------------------------------------------------------------------------------

    def change(
        self,
        cluster: str,
        kind: str,
        what: str,
        name: Optional[str] = None,
        limit_s: float = LIMIT_S,
    ) -> Change:
        """Wait for the first change of that kind since the act, which the timeline then shows."""
        since, owner = self.zero or 0.0, f" {name}" if name else ""
        found = self.until(
            lambda: self.on(cluster).history.find(kind, what, since, name),
            f"{cluster}: {kind}{owner} {what}",
            limit_s,
            at=lambda changes: float(changes[0].at),
        )
        return found[0]

    def order(self, cluster: str, kinds: Any = tuple(PLURALS)) -> List[str]:
        """What was marked and what went since the act, "Kind deleting" and "Kind gone"; of each
        kind the first that was marked and the last that went."""
        first_last: Dict[str, Change] = {}
        for change in list(self.on(cluster).history.changes):
            told = f"{change.kind} {change.what}"
            if change.kind not in kinds or change.at < (self.zero or 0.0):
                continue
            if change.what == GONE or (change.what == DELETING and told not in first_last):
                first_last[told] = change
        return [told for told, _change in sorted(first_last.items(), key=lambda e: e[1].at)]

    # ARC ----------------------------------------------------------------------------------------

    def controller(
        self,
        cluster: str,
        release: str,
        name: str = install.CONTROLLER,
        strategy: str = "immediate",
        stale_listener: int = 0,
        wait: bool = True,
    ) -> None:
        """`helm upgrade --install`; a scenario leaves nothing to chance: `stale_listener` 1 binds
        every new listener to a dead runner set (from 0.14.0 on), 0 none."""
        values = {
            "flags": {"updateStrategy": strategy},
            "env": [{"name": "LAB_ARC_STALE_LISTENER", "value": str(stale_listener)}],
        }
        install.install_controller(
            self.state, cluster, release, name=name, values=values, wait=wait
        )
        self.on(cluster).watch()

    def scale_set(
        self,
        cluster: str,
        release: str,
        name: str,
        wait: bool = True,
        controller: str = install.CONTROLLER,
        **more: Any,
    ) -> None:
        """`helm upgrade --install`; `more`: fields of ScaleSet. `wait`: until it listens and its
        idle runners have registered."""
        group = more.pop("group", GROUPS[self.clusters.index(cluster)])
        wanted = ScaleSet(name, group=group, scope=self.scope, **more)
        install.install_scale_set(
            self.state, cluster, release, wanted, wait, controller=controller
        )
        if wait:
            idle = wanted.min_runners or 0
            await_arc.until(
                await_arc.LIMIT_S,
                lambda: "" if len(self.running(cluster, name)) >= idle else "runners are missing",
                f"{idle} runners of {name} in cluster {cluster}",
            )

    def uninstall(self, cluster: str, name: str, namespace: str = RUNNERS) -> None:
        helm(self.state, cluster, "uninstall", name, "--namespace", namespace)

    def use_crds(self, cluster: str, release: str) -> None:
        """`kubectl replace` of ARC's CRDs, or `kubectl create` where there are none."""
        eyes = self.on(cluster)
        for wanted in crds.crds(release):
            name = wanted["metadata"]["name"]
            known = eyes.get(path_of(*CRDS, name=name))
            if known is None:
                eyes.create(path_of(*CRDS), wanted)
                continue
            version = {"resourceVersion": known["metadata"]["resourceVersion"]}
            body = {**wanted, "metadata": {**wanted["metadata"], **version}}
            eyes.replace(path_of(*CRDS, name=name), body)

    # Looking ------------------------------------------------------------------------------------

    def path(self, kind: str, name: Optional[str] = None, part: Optional[str] = None) -> str:
        """Of one of ARC's objects; listeners live beside the controller."""
        namespace = SYSTEMS if kind == "AutoscalingListener" else RUNNERS
        return path_of(await_arc.ARC, PLURALS[kind], namespace, name, part)

    def arc(self, cluster: str, kind: str, name: Optional[str] = None) -> List[Item]:
        """ARC's objects; `name`: of the scale set."""
        found = self.on(cluster).items(self.path(kind))
        return [item for item in found if name in (None, scale_set_of(kind, item))]

    def one(self, cluster: str, kind: str, name: Optional[str] = None) -> Item:
        """Raises LabError unless there is exactly one."""
        found = self.arc(cluster, kind, name)
        if len(found) != 1:
            raise LabError(f"Cluster {cluster} has {len(found)} objects {kind}, expected one.")
        return found[0]

    def running(self, cluster: str, name: Optional[str] = None) -> List[Item]:
        """EphemeralRunners in phase Running."""
        runners = self.arc(cluster, "EphemeralRunner", name)
        return [item for item in runners if (item.get("status") or {}).get("phase") == "Running"]

    def held(self, cluster: str) -> Dict[str, Any]:
        """Per kind, of ARC's objects and of what the charts of scale sets made:
        `{"count", "deleting": whether all are, "finalizers": of any}`."""
        found = {kind: self.arc(cluster, kind) for kind in PLURALS}
        for kind, where in HELPERS.items():
            items = self.on(cluster).items(path_of(*where, namespace=RUNNERS))
            found[kind] = [item for item in items if HELM_RELEASE in annotations(item)]
        return {
            kind: {
                "count": len(items),
                "deleting": all("deletionTimestamp" in item["metadata"] for item in items),
                "finalizers": sorted(
                    {name for item in items for name in item["metadata"].get("finalizers") or []}
                ),
            }
            for kind, items in found.items()
            if items
        }

    def helm_list(self, cluster: str) -> Dict[str, str]:
        """What Helm says, by release: "deployed 0.9.1"."""
        text = helm(self.state, cluster, "list", "--all-namespaces", "--output", "json")
        return {r["name"]: f"{r['status']} {r['app_version']}" for r in json.loads(text)}

    def pods(self, cluster: str, namespace: str, selector: Optional[str] = None) -> List[Item]:
        return self.on(cluster).items(path_of("v1", "pods", namespace), labelSelector=selector)

    def managers(self, cluster: str, release: Optional[str] = None) -> List[Item]:
        """The controller's pods, of one release or of all."""
        pods = self.pods(cluster, SYSTEMS, "app.kubernetes.io/part-of=gha-rs-controller")
        tag = f":{release}" if release else ""
        return [pod for pod in pods if pod["spec"]["containers"][0]["image"].endswith(tag)]

    def manager_log(self, cluster: str, part: str, release: Optional[str] = None) -> List[str]:
        """The manager's lines that have `part` in them."""
        lines: List[str] = []
        for pod in self.managers(cluster, release):
            lines += self.on(cluster).log(SYSTEMS, pod["metadata"]["name"])
        return [line for line in lines if part in line]

    def restart_controller(self, cluster: str) -> None:
        """As `kubectl rollout restart` ends: another pod of the same."""
        for pod in self.managers(cluster):
            name = pod["metadata"]["name"]
            self.on(cluster).delete(path_of("v1", "pods", SYSTEMS, name))
            await_arc.until(
                await_arc.LIMIT_S,
                lambda path=path_of("v1", "pods", SYSTEMS, name): (
                    "its pod is there" if self.on(cluster).get(path) else ""
                ),
                f"End of the controller's pod {name}",
            )
        await_arc.controller_ready(
            self.state, cluster, SYSTEMS, install.controller_account()
        )

    # GitHub -------------------------------------------------------------------------------------

    def settings(self, **changes: Any) -> None:
        """Of the Actions service; put back at the end."""
        now = self.service.settings()
        for name in changes:
            self.settings_before.setdefault(name, now[name])
        self.service.settings(**changes)

    def queue(self, name: str, count: int, duration_s: float) -> List[int]:
        jobs = self.service.queue(name, count, duration_s=duration_s, scope=self.scope)
        self.jobs_made += jobs
        return jobs

    def jobs(self, numbers: List[int]) -> List[Item]:
        return [self.service.job(number) for number in numbers]

    def states(self, numbers: List[int]) -> List[str]:
        return [job["state"] for job in self.jobs(numbers)]

    def until_jobs(
        self, numbers: List[int], state: str, what: str, limit_s: float = LIMIT_S
    ) -> List[Item]:
        """Wait until all of them are in that state."""
        moment = {"assigned": "assigned_at", "running": "started_at"}.get(state, "finished_at")
        self.until(
            lambda: self.states(numbers) == [state] * len(numbers),
            what,
            limit_s,
            at=lambda _: max(float(job[moment]) for job in self.jobs(numbers)),
        )
        return self.jobs(numbers)

    def session(self, name: str, cluster: str) -> Optional[Item]:
        """The message session that this cluster's listener holds for the set."""
        for item in self._sets_at_github(name):
            if item["session_cluster"] == cluster:
                return dict(item["session"])
        return None

    def scale_sets_at_github(self, name: str) -> List[int]:
        return [int(item["id"]) for item in self._sets_at_github(name)]

    def _sets_at_github(self, name: str) -> List[Item]:
        place = (name, self.scope)
        return [s for s in self.service.scale_sets() if (s["name"], s["scope"]) == place]

    def asked(self, method: str, part: str, since: float, cluster: str) -> List[Item]:
        """Requests of a cluster at GitHub, oldest first."""
        return [
            entry
            for entry in self.service.requests(since)
            if entry["method"] == method and part in entry["path"]
            and entry.get("cluster") == cluster
        ]


def scale_set_of(kind: str, item: Item) -> str:
    """The scale set to which one of ARC's objects belongs."""
    if kind == "AutoscalingRunnerSet":
        return str(item["metadata"]["name"])
    if kind == "AutoscalingListener":
        return str(item["spec"]["autoscalingRunnerSetName"])
    return str((item["metadata"].get("labels") or {}).get(await_arc.SET_LABEL))


def annotations(item: Item) -> Item:
    return item["metadata"].get("annotations") or {}
