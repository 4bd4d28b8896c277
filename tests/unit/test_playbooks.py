# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks against scripted API servers: does each host's task reach the cluster of that host, and no other?"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

import pytest
import yaml

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import leasing
from ansible_collections.arc.lifecycle.plugins.module_utils._pure import lease, record
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules.scripted_cluster import ScriptedCluster

TOP = Path(__file__).resolve().parents[2]
NAMES = ("east", "west")


class Fleet:
    """Two clusters, of which the first one is the current context of the user's kubeconfig."""

    def __init__(self, folder, clusters):
        self.folder, self.clusters = folder, dict(zip(NAMES, clusters))
        self.kubeconfig = folder / "kubeconfig"
        for name, cluster in self.clusters.items():
            cluster.uid = f"uid-{name}"
        named = {name: {"name": name, "user": {}, "context": {"cluster": name, "user": name},
                        "cluster": {"server": cluster.url}} for name, cluster in self.clusters.items()}
        self.kubeconfig.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": NAMES[0],
            **{part: list(named.values()) for part in ("clusters", "users", "contexts")},
        }), encoding="utf-8")
        hosts = {name: {"kubeconfig": str(self.kubeconfig), "context": name} for name in NAMES}
        (folder / "clusters.yml").write_text(json.dumps({"arc_clusters": {"hosts": hosts, "vars": {
            "ansible_connection": "local", "ansible_python_interpreter": sys.executable}}}), encoding="utf-8")

    def play(self, playbook, *arguments, **variables):
        """Run a playbook; return its exit code and what it said."""
        paths = os.environ.get("ANSIBLE_COLLECTIONS_PATH") or os.environ["PYTHONPATH"].split(os.pathsep)[0]
        done = subprocess.run(
            [Path(sys.executable).with_name("ansible-playbook"), "-i", "clusters.yml", playbook,
             *arguments, "-e", json.dumps({"arc_report_file": "", **variables})],
            cwd=self.folder, env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": paths, "KUBECONFIG": str(self.kubeconfig)},
            capture_output=True, text=True, timeout=120, check=False)
        return done.returncode, done.stdout + done.stderr

    def asked(self):
        """Return the clusters that got a request."""
        return {name for name, cluster in self.clusters.items() if cluster.requests}


@pytest.fixture
def fleet(tmp_path):
    with ScriptedCluster(builders.sound()) as east, ScriptedCluster(builders.sound()) as west:
        yield Fleet(tmp_path, (east, west))


@pytest.mark.parametrize("playbook", ["drain", "resume"])
def test_a_cluster_that_is_none_of_arc_hosts_is_reached_all_the_same(fleet, playbook):
    _code, said = fleet.play(f"arc.lifecycle.{playbook}", arc_hosts="east", arc_drain_hosts="west", arc_drain_names="nobody",
                             arc_drain_allow_none=True, arc_drain_peers_required=False)
    assert fleet.asked() == {"west"}, said


@pytest.mark.parametrize("playbook, task", [("repair", "Mend what is named"), ("uninstall", "See what is there")])
def test_a_run_that_begins_in_the_middle_reaches_no_cluster(fleet, playbook, task):
    code, said = fleet.play(f"arc.lifecycle.{playbook}", "--start-at-task", task)
    assert (code, fleet.asked()) == (2, set()), said
    assert "begin at the first task" in said


def test_a_second_upgrade_in_one_run_is_of_its_own_clusters_only(fleet):
    """A run cannot take a host out of a group that it made, and what a task told stays a fact of its host."""
    look, work = yaml.safe_load((TOP / "playbooks" / "upgrade.yml").read_text(encoding="utf-8"))[:2]
    planned = "{{ {'digest': inventory_hostname, 'clusters': [{'is_anything_to_do': true, 'cluster': {'name': inventory_hostname}}]} }}"
    look["tasks"] = [{"ansible.builtin.set_fact": {"arc_preflight_plan": planned}}] + [
        task for task in look["tasks"] if {"ansible.builtin.set_fact", "ansible.builtin.add_host"} & set(task)]
    work["tasks"] = [
        {"ansible.builtin.debug": {"msg": "works on {{ inventory_hostname }}, {{ done | from_yaml }}"},
         "vars": {"done": "[{{ arc_cycle_phases | length }}, {{ arc_remove_result | length }}, {{ arc_record_lease | length }}]"}},
        {"ansible.builtin.set_fact": {"arc_cycle_phases": "{{ arc_cycle_phases + [1] }}", "arc_record_lease": {"holder": "me"}}},
        {"ansible.builtin.command": "true", "register": "arc_remove_result"}]
    for play in (look, work):
        play.pop("module_defaults")
    del look["roles"]
    twice = [{"import_playbook": "upgrade.yml", "vars": {"arc_hosts": hosts}} for hosts in (["east"], "west", "east")]
    for name, plays in (("upgrade.yml", [look, work]), ("twice.yml", twice)):
        (fleet.folder / name).write_text(json.dumps(plays), encoding="utf-8")
    code, said = fleet.play("twice.yml")
    done = re.findall(r"works on (\w+), \[(.*?)\]", said)
    assert (code, done) == (0, [("east", "0, 0, 0"), ("west", "0, 0, 0"), ("east", "0, 0, 0")]), said


def test_an_upgrade_forgets_all_that_its_report_is_made_of():
    tasks = yaml.safe_load((TOP / "playbooks" / "upgrade.yml").read_text(encoding="utf-8"))[0]["tasks"]
    (forgotten,) = [task["ansible.builtin.set_fact"] for task in tasks if task["name"].startswith("Forget")]
    report, cycle = ((TOP / "roles" / name / "vars" / "main.yml").read_text(encoding="utf-8") for name in ("arc_report", "arc_cycle"))
    made_of = set(re.findall(r"host\.(arc_\w+)", report)) | set(re.findall(r"(arc_\w+)\.(?:releases|crds|repaired)", cycle))
    # A host that failed is in no later play; whether it is a rollback is told to the run.
    assert made_of - {"arc_failure", "arc_cycle_restore"} <= set(forgotten) and len(made_of) > 10


def test_an_upgrade_writes_only_to_the_cluster_that_was_planned(fleet):
    """A kubeconfig may be written anew while the clusters before this one are upgraded."""
    work = yaml.safe_load((TOP / "playbooks" / "upgrade.yml").read_text(encoding="utf-8"))[1]
    tasks = [{"arc.lifecycle.arc_info": {}}]
    play = {"hosts": "east", "gather_facts": False, "module_defaults": work["module_defaults"], "tasks": tasks, "vars": {
        "arc_preflight_cluster": {"cluster": {"uid": "uid-planned"}},
        "__arc_preflight_connection": {"kubeconfig": "{{ kubeconfig }}", "context": "{{ context }}"}}}
    (fleet.folder / "play.yml").write_text(json.dumps([play]), encoding="utf-8")
    code, said = fleet.play("play.yml")
    assert code == 2 and "meant is the cluster with the UID uid-planned" in said, said


WRITING = {
    "drain": {"arc_drain_all": True, "arc_drain_may_be_down": ["*"]},
    "resume": {"arc_drain_all": True},
    "repair": {"arc_repair_repairs": ["stale-listener"]},
}


def lease_of(holder):
    return {
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {"name": lease.NAME, "namespace": "arc-systems", "resourceVersion": "1", "uid": "of-the-lease"},
        "spec": lease.spec_of(None, str(holder), datetime.now(timezone.utc)),
    }


@pytest.mark.parametrize("playbook", WRITING)
def test_whoever_writes_keeps_off_a_cluster_at_which_another_run_is_at_work(fleet, playbook):
    east = fleet.clusters["east"]
    east.parts["leases"] = [lease_of(lease.Holder("ops", "here", os.getpid(), leasing.boot_mark()))]
    code, said = fleet.play(f"arc.lifecycle.{playbook}", arc_hosts="east", **WRITING[playbook])
    assert (code, east.writes) == (2, []), said
    assert f"ops on here (process {os.getpid()}) works on this cluster" in " ".join(said.split()), said


@pytest.mark.parametrize("playbook, options", [
    ("drain", {"arc_drain_mode": "wait_only", "arc_drain_names": "nobody", "arc_drain_allow_none": True}), ("repair", {})])
def test_whoever_only_looks_takes_no_lease(fleet, playbook, options):
    east = fleet.clusters["east"]
    code, said = fleet.play(f"arc.lifecycle.{playbook}", arc_hosts="east", **options)
    assert code == 0 and east.writes == [] and f"leases/{lease.NAME}" not in str(east.requests), said


def test_lease_is_given_back_by_a_run_that_failed_too(fleet):
    east = fleet.clusters["east"]
    east.parts["leases"] = [lease_of("")]
    code, said = fleet.play("arc.lifecycle.drain", arc_hosts="east", arc_drain_names="nobody", arc_drain_may_be_down=["*"])
    assert code == 2 and east.writes == [("PUT", f"arc-systems/{lease.NAME}", False)] * 2, said
    assert not east.parts["leases"][0]["spec"]["holderIdentity"]


@pytest.mark.parametrize("group, may_be_down, code", [("west", [], 0), ("Default", [], 2), ("Default", ["web"], 0)])
def test_listener_of_an_older_rule_goes_only_where_a_drain_would_begin(fleet, group, may_be_down, code):
    """A set of the same runner group is no peer, so nobody serves the name then."""
    (look,) = [task for task in yaml.safe_load((TOP / "roles" / "arc_cycle" / "tasks" / "full.yml").read_text(encoding="utf-8"))
               if task["name"].startswith("See that the peers serve")]
    east, west = fleet.clusters["east"], fleet.clusters["west"]
    for cluster, name in ((east, "Default"), (west, group)):
        cluster.parts.update(builders.sound(group=name))
    reach = {name: {"kubeconfig": str(fleet.kubeconfig), "context": name} for name in NAMES}
    play = {"hosts": "east", "gather_facts": False, "module_defaults": {"group/arc.lifecycle.arc": reach["east"]},
            "tasks": [look], "vars": {
                "arc_cycle_plan": {"orphaned_listeners": ["arc-systems/old"]},
                "__arc_cycle_work": {"drain": [{"namespace": "arc-runners", "name": "web"}]},
                "__arc_cycle_peers": [{"name": "west", "connection": reach["west"]}], "__arc_cycle_may_be_down": may_be_down,
                "__arc_cycle_gitops_rests": False}}
    (fleet.folder / "play.yml").write_text(json.dumps([play]), encoding="utf-8")
    found, said = fleet.play("play.yml")
    assert found == code and all(is_dry for _verb, _name, is_dry in east.writes + west.writes), said
    assert ("runner group of its own" in " ".join(said.split())) is (code == 2), said


def test_whoever_wants_no_lease_notes_and_closes_all_the_same(fleet):
    play = {"hosts": "east", "gather_facts": False, "module_defaults": {
        "group/arc.lifecycle.arc": {"kubeconfig": "{{ kubeconfig }}", "context": "{{ context }}"}},
        "vars": {"arc_record_lease": {}}, "tasks": [
            {"ansible.builtin.import_role": {"name": "arc.lifecycle.arc_record", "tasks_from": name}}
            for name in ("note", "close", "release")]}
    (fleet.folder / "play.yml").write_text(json.dumps([play]), encoding="utf-8")
    code, said = fleet.play("play.yml")
    assert code == 0, said


def test_nothing_is_installed_into_a_cluster_whose_upgrade_has_not_ended(fleet):
    east = fleet.clusters["east"]
    unfinished = record.secret_of("arc-systems", [], {
        "state": "open", "from-release": "0.9.3", "to-release": "0.14.2", "started": "2026-01-01T00:00:00Z", "kind": "upgrade"})
    east.parts.update(secrets=[unfinished], deployments=[], autoscalingrunnersets=[])
    play = {"hosts": "east", "gather_facts": False, "module_defaults": {
        "group/arc.lifecycle.arc": {"kubeconfig": "{{ kubeconfig }}", "context": "{{ context }}"}},
        "tasks": [{"ansible.builtin.import_role": {"name": "arc.lifecycle.arc_setup"}}]}
    (fleet.folder / "play.yml").write_text(json.dumps([play]), encoding="utf-8")
    code, said = fleet.play("play.yml", arc_target="0.14.2", arc_setup_charts={})
    assert (code, east.writes) == (2, []), said
    assert "the run to 0.14.2 that began at 2026-01-01T00:00:00Z has not ended" in " ".join(said.split()), said


def test_drift_that_an_earlier_job_of_a_workflow_found_is_none_of_a_later_one(fleet):
    """AWX hands what a job gave to its workflow to those after it as extra variables."""
    before = [{"id": "release-drift", "clusters": ["east"], "object": "controllers", "reason": "was so"}]
    code, said = fleet.play("arc.lifecycle.status", arc_status_fail_on_drift=True, arc_status_drift=before)
    assert code == 0 and "was so" not in said, said


def test_lists_of_names_are_taken_as_texts_with_commas_too(fleet):
    """`-e` and surveys give texts, in which a part of a name is no name."""
    roles = TOP / "roles"
    status = yaml.safe_load((roles / "arc_status" / "tasks" / "main.yml").read_text(encoding="utf-8"))[-1]
    shown = ["arc_gitops_suspended", "__arc_cycle_may_be_down", "__arc_verify_canaries"]
    sets = [{"namespace": "a", "name": name, "peers": [{"cluster": "west", "serves": True}]} for name in ("web", "web-2")]
    finding = {"id": "zombie-runners", "severity": "warning"}
    play = {
        "hosts": "east", "gather_facts": False,
        "vars_files": [str(roles / name) for name in (
            "arc_gitops/defaults/main.yml", "arc_cycle/vars/main.yml", "arc_verify/vars/main.yml")],
        "vars": {"arc_cycle_plan": {"scale_sets": sets}, "arc_verify_scale_sets": sets, "__arc_status_drift": [],
                 "arc_status_clusters": [{"name": "east", "error": "", "findings": [finding]}]},
        "tasks": [{"ansible.builtin.debug": {"msg": f"<{{{{ [{', '.join(shown)}] | to_json }}}}>"}}, status],
    }
    (fleet.folder / "play.yml").write_text(json.dumps([play]), encoding="utf-8")
    code, said = fleet.play(
        "play.yml", arc_preflight_suspended="east-2, west", arc_cycle_may_be_down="web-2, api", arc_verify_canaries="web-2",
        arc_status_ignore="other,zombie-runners-2", arc_status_fail_on="warning")
    found = re.search("<(.*)>", said)
    assert found, said
    assert json.loads(found[1].replace('\\"', '"')) == [False, ["web-2", "api"], [{"namespace": "a", "name": "web-2"}]]
    assert code == 2 and "1 findings of severity blocker or warning (zombie-runners)" in said, said


def test_peers_that_fell_out_stop_a_run_that_says_nothing_of_it(fleet):
    """An optional answer of a survey that nobody gave is an empty text."""
    work = yaml.safe_load((TOP / "playbooks" / "upgrade.yml").read_text(encoding="utf-8"))[1]
    stop = [task for task in work["tasks"] if "arc_cycle_peers_ill" in str(task.get("ansible.builtin.assert"))]
    play = {"hosts": "arc_clusters", "serial": 1, "gather_facts": False, "tasks": stop}
    (fleet.folder / "play.yml").write_text(json.dumps([play]), encoding="utf-8")
    code, said = fleet.play("play.yml", arc_on_peer_loss="", arc_cycle_peers_ill=["west: it does not serve"])
    assert len(stop) == 1 and code == 2 and "Stopped after east" in said, said


@pytest.mark.parametrize("playbook", ["drain", "install", "uninstall", "upgrade"])
def test_a_batch_that_fails_is_the_last_whatever_strategy_a_configuration_prefers(fleet, playbook, monkeypatch):
    """A strategy such as free takes no notice of max_fail_percentage, and runs once what is to run for each host."""
    monkeypatch.setenv("ANSIBLE_STRATEGY", "free")
    plays = yaml.safe_load((TOP / "playbooks" / f"{playbook}.yml").read_text(encoding="utf-8"))
    (work,) = [play for play in plays if "serial" in play]
    del work["module_defaults"]
    work["hosts"], work["tasks"] = "east,west,north,south", [
        {"ansible.builtin.debug": {"msg": "works on {{ inventory_hostname }}"}},
        {"ansible.builtin.fail": {}, "when": "inventory_hostname == 'east'"}]
    (fleet.folder / "play.yml").write_text(json.dumps([work]), encoding="utf-8")
    code, said = fleet.play("play.yml", "-i", "north,south,", arc_serial=2)
    assert (code, sorted(re.findall(r"works on (\w+)", said))) == (2, ["east", "west"]), said


def test_an_empty_number_of_clusters_at_a_time_is_none_given(fleet):
    """Ansible itself ends with an exception there."""
    (work,) = [play for play in yaml.safe_load((TOP / "playbooks" / "install.yml").read_text(encoding="utf-8")) if "serial" in play]
    del work["module_defaults"]
    work["tasks"] = [{"ansible.builtin.debug": {"msg": "works on {{ ansible_play_batch }}"}}]
    (fleet.folder / "play.yml").write_text(json.dumps([work]), encoding="utf-8")
    code, said = fleet.play("play.yml", arc_serial="")
    assert (code, re.findall(r"works on \['(\w+)'\]", said)) == (0, ["east", "west"]), said
