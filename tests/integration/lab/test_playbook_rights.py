# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ClusterRoles of docs/rbac are enough for the playbooks they are for, on the lab's RBAC, and a
right that lacks is named before anything is written."""

from __future__ import annotations

import base64
import copy
import sys
from datetime import datetime, timezone
from pathlib import Path

import pytest
import yaml

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import connect, places
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# pylint: disable=wrong-import-position
from rehearsal import TOP, Rehearsal  # noqa: E402

from lab.arc import await_arc  # noqa: E402
from lab.arc.install import ScaleSet  # noqa: E402
from lab.kube import path_of  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.state import LabState  # noqa: E402

pytestmark = [pytest.mark.lab, pytest.mark.long]

CLUSTERS, OLD, NEW = ("blue", "green"), "0.9.3", "0.14.2"
SETS = (ScaleSet("web", min_runners=1), ScaleSet("build", mode="kubernetes"))
# Of arc_finalizer_clear.
MIN_AGE_S = 90
RBAC = "rbac.authorization.k8s.io"
ROLES = places.Resource(RBAC, "v1", "clusterroles", "ClusterRole", is_namespaced=False)
BINDINGS = places.Resource(
    RBAC, "v1", "clusterrolebindings", "ClusterRoleBinding", is_namespaced=False)
ACCOUNTS = places.Resource("", "v1", "serviceaccounts", "ServiceAccount")


def role(name):
    return yaml.safe_load((TOP / "docs" / "rbac" / f"{name}.yml").read_text(encoding="utf-8"))


class Users:
    """ServiceAccounts that a playbook runs as, in both clusters."""

    def __init__(self, run):
        self.run = run
        kubeconfig = yaml.safe_load(run.state.kubeconfig.read_text(encoding="utf-8"))
        contexts = {one["name"]: one["context"]["cluster"] for one in kubeconfig["contexts"]}
        infos = {one["name"]: one["cluster"] for one in kubeconfig["clusters"]}
        self.infos = {name: infos[contexts[name]] for name in CLUSTERS}
        self.clients = {name: connect.connect(
            {"kubeconfig": str(run.state.kubeconfig), "context": name}, environ={})
            for name in CLUSTERS}

    def close(self):
        for client in self.clients.values():
            client.close()

    def play_as(self, wanted, playbook, **variables):
        """Run a playbook as somebody with a role and no other rights."""
        name, limit = wanted["metadata"]["name"], Deadline(30)
        hosts = {}
        for cluster, client in self.clients.items():
            client.apply(ROLES.at(name=name), wanted, limit, force=True)
            client.apply(ACCOUNTS.at("kube-system", name), {
                "apiVersion": "v1", "kind": "ServiceAccount",
                "metadata": {"name": name, "namespace": "kube-system"}}, limit, force=True)
            client.apply(BINDINGS.at(name=name), {
                "apiVersion": f"{RBAC}/v1", "kind": "ClusterRoleBinding", "metadata": {"name": name},
                "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": name},
                "subjects": [{"kind": "ServiceAccount", "namespace": "kube-system", "name": name}],
            }, limit, force=True)  # fmt: skip
            hosts[cluster] = {"arc_preflight_connection": self._connection(cluster, name)}
        self.run.inventory.write_text(yaml.safe_dump({"arc_clusters": {"hosts": hosts, "vars": {
            "ansible_connection": "local",
            "ansible_python_interpreter": "{{ ansible_playbook_python }}"}}}), encoding="utf-8")
        return self.run.play(playbook, **variables)

    def _connection(self, cluster, name):
        token = self.clients[cluster].create(
            places.Place("", "v1", "serviceaccounts", "ServiceAccount", "kube-system", name, "token"),
            {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
             "spec": {"expirationSeconds": 3600}}, Deadline(20))["status"]["token"]
        info = self.infos[cluster]
        path = self.run.folder / f"{cluster}.ca"
        if "certificate-authority-data" in info:
            path.write_bytes(base64.b64decode(info["certificate-authority-data"]))
        else:
            path.write_bytes(Path(info["certificate-authority"]).read_bytes())
        return {"host": info["server"], "api_key": token, "ca_cert": str(path)}


@pytest.fixture
def users(tmp_path):
    lab = Lab(LabState(tmp_path / "lab"))
    lab.up(list(CLUSTERS))
    try:
        run = Rehearsal(lab, tmp_path)
        run.install(OLD, SETS)
        found = Users(run)
        yield found
        found.close()
    finally:
        lab.down()


def without(wanted, verb, resource):
    """The role without one right."""
    cut = copy.deepcopy(wanted)
    for rule in cut["rules"]:
        if resource in rule["resources"] and verb in rule["verbs"]:
            rule["verbs"] = [one for one in rule["verbs"] if one != verb]
    cut["rules"] = [rule for rule in cut["rules"] if rule["verbs"]]
    cut["metadata"] = {"name": f"{wanted['metadata']['name']}-less"}
    return cut


def releases_of(run, cluster):
    return {one["metadata"]["labels"]["app.kubernetes.io/version"] for one in await_arc.items(
        run.state, cluster, path_of(await_arc.ARC, "autoscalingrunnersets"))}


def test_each_role_is_enough_and_what_lacks_is_named_first(users):
    run, status, upgrade = users.run, role("arc_status"), role("arc_upgrade")
    done = users.play_as(status, "status", arc_status_fail_on="blocker")
    assert done.code == 0 and "unread" not in done.text, done.text[-3000:]
    planned = users.play_as(status, "plan", arc_target=NEW)
    assert planned.code == 0 and "right-missing" in planned.text
    blind = users.play_as(without(status, "list", "autoscalinglisteners"), "status")
    assert blind.code != 0 and "list autoscalinglisteners" in blind.text, blind.text[-3000:]

    for verb, resource in (("create", "deployments"), ("patch", "customresourcedefinitions"),
                           ("delete", "autoscalingrunnersets"), ("update", "leases")):
        refused = users.play_as(without(upgrade, verb, resource), "upgrade", arc_target=NEW)
        assert refused.code != 0 and refused.changed == 0, (verb, resource)
        assert f"{verb} {resource}" in refused.text, refused.text[-3000:]
        assert releases_of(run, "blue") == {OLD}
    done = users.play_as(upgrade, "upgrade", arc_target=NEW)
    assert done.code == 0, done.text[-4000:]
    assert releases_of(run, "blue") == releases_of(run, "green") == {NEW}

    drain, one = role("arc_drain"), {"arc_drain_hosts": "blue", "arc_drain_all": True}
    for mode in ("pause", "retire"):
        refused = users.play_as(
            without(drain, {"pause": "patch", "retire": "delete"}[mode], "autoscalingrunnersets"),
            "drain", arc_drain_mode=mode, **one)
        assert refused.code != 0 and refused.changed == 0
        assert "autoscalingrunnersets" in refused.text and "right" in refused.text
        done = users.play_as(drain, "drain", arc_drain_mode=mode, **one)
        assert done.code == 0, (mode, done.text[-3000:])
        refused = users.play_as(without(drain, "delete", "autoscalinglisteners"), "resume", **one)
        assert refused.code != 0 and refused.changed == 0
        assert "delete autoscalinglisteners" in refused.text, refused.text[-3000:]
        done = users.play_as(drain, "resume", **one)
        assert done.code == 0, (mode, done.text[-3000:])

    back = users.play_as(upgrade, "rollback", **run.charts(OLD))
    assert back.code == 0, back.text[-4000:]
    helm = {"arc_uninstall_helm": run.charts(OLD)["arc_remove_helm"]}
    for resource in ("rolebindings", "clusterroles", "customresourcedefinitions"):
        refused = users.play_as(without(upgrade, "delete", resource), "uninstall",
                                arc_uninstall_confirm=True, arc_uninstall_crds=True, **helm)
        assert refused.code != 0 and refused.changed == 0, resource
        assert f"delete {resource}" in refused.text, refused.text[-3000:]
        assert releases_of(run, "blue") == {OLD}
    gone = users.play_as(upgrade, "uninstall", arc_uninstall_confirm=True, arc_uninstall_crds=True,
                         **helm)
    assert gone.code == 0, gone.text[-4000:]


def scaled(users, replicas):
    """The controller of blue has so many pods."""
    client, place = users.clients["blue"], places.DEPLOYMENTS.at("arc-systems", "arc-gha-rs-controller")
    client.merge_patch(place, {"spec": {"replicas": replicas}}, Deadline(20))
    await_arc.until(60, lambda: "" if (
        client.get(place, Deadline(20))["status"].get("replicas", 0) == replicas) else "not yet", "the controller")


def stale_listener(users):
    """A listener that is bound to a runner set that never was; the controller does not mend it."""
    scaled(users, 0)
    state = users.run.state
    (one,) = [each for each in await_arc.items(state, "blue", path_of(await_arc.ARC, "autoscalinglisteners"))
              if each["spec"]["autoscalingRunnerSetName"] == "web"]
    users.clients["blue"].merge_patch(
        places.LISTENERS.at("arc-systems", one["metadata"]["name"]),
        {"spec": {"ephemeralRunnerSetName": "web-dead0"}}, Deadline(20))
    scaled(users, 1)


def vanished_set(users):
    state, place = users.run.state, path_of(await_arc.ARC, "autoscalingrunnersets", "arc-runners", "build")
    await_arc.delete(state, "blue", place)
    await_arc.until(120, lambda: "there" if users.run.lab.cluster("blue").get(place) else "", "the set to go")


def stuck_set(users):
    """Its deletion has to be old enough: what was deleted a moment ago may just be slow."""
    place = path_of(await_arc.ARC, "autoscalingrunnersets", "arc-runners", "web")
    scaled(users, 0)
    await_arc.delete(users.run.state, "blue", place)

    def young():
        since = datetime.fromisoformat(
            users.run.lab.cluster("blue").get(place)["metadata"]["deletionTimestamp"].replace("Z", "+00:00"))
        age_s = (datetime.now(timezone.utc) - since).total_seconds()
        return "" if age_s > MIN_AGE_S else f"{age_s:.0f} s old"

    await_arc.until(MIN_AGE_S + 30, young, "the deletion to be old enough")


@pytest.mark.parametrize("state, options, lacking", [
    pytest.param(stale_listener, {"arc_repair_repairs": ["stale-listener"]},
                 ("delete", "autoscalinglisteners"), id="stale-listener"),
    pytest.param(vanished_set, {"arc_repair_repairs": ["set-vanished"]},
                 ("create", "autoscalingrunnersets"), id="set-vanished"),
    pytest.param(stuck_set, {"arc_repair_clear_finalizers": True},
                 ("patch", "autoscalinglisteners"), id="stuck"),
])
def test_role_of_the_repair_is_enough_and_what_lacks_is_named(users, state, options, lacking):
    repair, asked = role("arc_repair"), {"arc_hosts": "blue", **options}
    state(users)
    seen = users.play_as(repair, "repair", arc_hosts="blue")
    assert (seen.code, seen.changed) == (0, 0), seen.text[-3000:]
    refused = users.play_as(without(repair, *lacking), "repair", **asked)
    assert refused.code != 0 and " ".join(lacking) in refused.text, refused.text[-3000:]
    done = users.play_as(repair, "repair", **asked)
    assert done.code == 0 and done.changed > 0, done.text[-4000:]
    again = users.play_as(repair, "repair", **asked)
    assert (again.code, again.changed) == (0, 0), again.text[-3000:]
