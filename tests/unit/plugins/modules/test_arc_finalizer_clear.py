# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""arc_finalizer_clear through its main(): what it releases, holds, and leaves alone."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import abandoned as a
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules import run_module
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules.scripted_cluster import (
    ScriptedCluster,
    status,
)

ARC = "/apis/actions.github.com/v1alpha1/namespaces"
WEB = {"namespace": "arc-runners", "name": "web"}
# By the age of its job fields the model may call the runner busy or unknown: both hold it.
BUSY = {"busy", "may-be-busy"}
ALL_PARTS = ("ephemeralrunners", "ephemeralrunnersets", "autoscalinglisteners",
             "autoscalingrunnersets", "rolebindings", "roles", "serviceaccounts", "secrets")


def vanish(cluster, _verb, raw):
    """What is deleted and has no finalizer goes, as the API server lets it."""
    meta = raw["metadata"]
    if meta.get("deletionTimestamp") and not meta.get("finalizers"):
        for part in ALL_PARTS:
            if any(one["metadata"]["uid"] == meta["uid"] for one in cluster.parts.get(part, ())):
                cluster.change("DELETED", part, raw)


def clear(cluster, *, check=False, **options):
    asked = {"host": cluster.url, "timeout": 20, "state": "cleared", **options}
    if not {"all", "namespaces", "objects", "scale_sets"} & set(options):
        asked["scale_sets"] = [WEB]
    return run_module.run("arc_finalizer_clear", asked, check=check)


def real(cluster):
    return [(method, name) for method, name, is_dry in cluster.writes if not is_dry]


def left(cluster):
    return {part: len(cluster.parts.get(part, ())) for part in ALL_PARTS
            if cluster.parts.get(part)}


def orphan_of(parts):
    return [f"arc-runners/{parts['ephemeralrunners'][0]['metadata']['name']}"]


def test_a_set_whose_controller_went_first_is_cleared_in_order():
    parts = a.abandoned()
    with ScriptedCluster(parts, vanish) as cluster:
        code, result = clear(cluster, accept_orphans=orphan_of(parts))
        assert left(cluster) == {}, result.get("msg")
        writes = real(cluster)
    assert (code, result["changed"]) == (0, True)
    # The listener goes before all: it would take jobs for a set whose runners go.
    assert writes[0] == ("DELETE", f"arc-systems/{b.listener(b.scale_set())['metadata']['name']}")
    kinds = [one["object"]["kind"] for one in result["cleared"]]
    assert kinds.index("EphemeralRunner") < kinds.index("EphemeralRunnerSet")
    assert kinds.index("EphemeralRunnerSet") < kinds.index("AutoscalingRunnerSet")
    assert kinds.index("AutoscalingRunnerSet") < kinds.index("ServiceAccount")
    assert all(one["evidence"]["uid"] and one["at"] for one in result["cleared"])
    assert result["counts"] == {"release": 0, "hold": 0, "unknown": 0}
    assert any("stays registered at GitHub" in text
               for one in result["cleared"] for text in one["effects"])


def test_each_patch_tests_uid_and_finalizer():
    with ScriptedCluster(a.left_behind(), vanish) as cluster:
        clear(cluster)
        patches = [one for one in cluster.requests if one.method == "PATCH"]
    assert patches
    for one in patches:
        assert [step["op"] for step in one.body] == ["test", "test", "test", "remove"]
        assert one.body[0]["path"] == "/metadata/uid"
        assert one.body[1]["path"] == "/metadata/resourceVersion"
        assert one.body[2]["path"] == one.body[3]["path"]


def test_each_release_is_told_by_an_event_on_the_object():
    with ScriptedCluster(a.left_behind(), vanish) as cluster:
        code, result = clear(cluster)
        events = cluster.events
    assert (code, result["event_problems"]) == (0, [])
    assert len(events) == len(result["cleared"]) > 0
    for event, one in zip(events, result["cleared"]):
        assert event["involvedObject"]["uid"] == one["object"]["uid"]
        assert one["finalizer"] in event["message"]
        assert one["event"] == f"{event['metadata']['namespace']}/{event['metadata']['name']}"


def test_namespace_that_goes_takes_no_event_so_the_namespace_has_it():
    refused = status(403, "Forbidden", "unable to create new content, it is being terminated")
    with ScriptedCluster(a.left_behind(), vanish) as cluster:
        for _number in range(20):
            cluster.fault("POST", "/api/v1/namespaces/arc-runners/events", refused)
        _code, result = clear(cluster)
        events = cluster.events
    assert {one["involvedObject"]["kind"] for one in events} == {"Namespace"}
    assert {one["metadata"]["namespace"] for one in events} == {"default"}
    assert result["cleared"] and not result["event_problems"]


def test_events_that_are_forbidden_undo_no_release():
    refused = status(403, "Forbidden", "no")
    with ScriptedCluster(a.left_behind(), vanish) as cluster:
        for _number in range(40):
            cluster.fault("POST", "/api/v1/namespaces/[^/]+/events", refused)
        code, result = clear(cluster)
        assert left(cluster) == {}
    assert (code, {one["event"] for one in result["cleared"]}) == (0, {""})
    assert "events in namespace" in result["event_problems"][0]


def test_default_only_reports():
    with ScriptedCluster(a.abandoned(), vanish) as cluster:
        asked = {"host": cluster.url, "all": True}
        code, result = run_module.run("arc_finalizer_clear", asked)
        assert cluster.writes == []
    assert (code, result["changed"], result["state"]) == (0, False, "reported")
    assert result["counts"]["release"] >= 1
    assert any("Bring a controller" in one["remedy"] for one in result["verdicts"])


def test_check_mode_predicts_and_writes_nothing():
    with ScriptedCluster(a.left_behind(), vanish) as cluster:
        before = left(cluster)
        code, result = clear(cluster, check=True)
        assert real(cluster) == [] and left(cluster) == before
        assert {is_dry for _method, _name, is_dry in cluster.writes} == {True}
    assert (code, result["changed"]) == (0, True) and result["cleared"]


def test_a_controller_at_work_holds_everything():
    # The objects of `builders` are old; nobody shall count as unable for that.
    with ScriptedCluster(a.with_controller(a.abandoned()), vanish) as cluster:
        code, result = clear(cluster, unable_after=10 ** 9)
        assert real(cluster) == []
    assert (code, result["changed"]) == (0, False)
    assert result["counts"]["release"] == result["counts"]["unknown"] == 0
    assert "controller-at-work" in {one["code"] for one in result["verdicts"]}


def test_a_busy_runner_holds_itself_and_all_above_it():
    parts = a.abandoned(busy=1, idle=0, pods=True)
    with ScriptedCluster(parts, vanish) as cluster:
        code, result = clear(cluster, accept_orphans=orphan_of(parts))
        names = {name for _method, name in real(cluster)}
        assert len(cluster.parts["ephemeralrunners"]) == 1
        assert len(cluster.parts["autoscalingrunnersets"]) == 1
    assert code == 0 and BUSY & {one["code"] for one in result["verdicts"]}
    assert not any("runner" in name.partition("/")[2] for name in names)


def test_what_github_says_decides_over_a_living_idle_runner():
    parts = a.abandoned(pods=True)
    name = parts["ephemeralrunners"][0]["metadata"]["name"]
    with ScriptedCluster(copy.deepcopy(parts), vanish) as cluster:
        _code, result = clear(cluster)
        assert result["unknown"] and len(cluster.parts["ephemeralrunners"]) == 1
        _code, result = clear(cluster, github_states={name: "busy"})
        assert len(cluster.parts["ephemeralrunners"]) == 1
        code, result = clear(cluster, github_states={name: "idle"})
        assert not cluster.parts["ephemeralrunners"], result
    assert code == 0 and result["changed"]


def test_nothing_to_do():
    with ScriptedCluster(b.sound(), vanish) as cluster:
        code, result = clear(cluster, all=True)
        assert cluster.writes == []
    assert (code, result["changed"], result["verdicts"]) == (0, False, [])


def test_foreign_finalizers_and_other_sets_are_left_alone():
    parts = a.left_behind()
    parts["secrets"][0]["metadata"]["finalizers"].insert(0, "example.com/mine")
    with ScriptedCluster(parts, vanish) as cluster:
        _code, result = clear(cluster, scale_sets=[{"namespace": "arc-runners", "name": "other"}])
        assert result["verdicts"] == [] and cluster.writes == []
        _code, result = clear(cluster, state="reported")
        assert "example.com/mine" in result["held"][0]
        code, result = clear(cluster)
        (secret,) = cluster.parts["secrets"]
        assert secret["metadata"]["finalizers"] == ["example.com/mine"]
    assert code == 0 and result["changed"]


def test_a_lost_race_is_judged_anew():
    parts = a.left_behind()
    lost = status(422, "Invalid", "the server rejected our request", details={})
    with ScriptedCluster(parts, vanish) as cluster:
        cluster.fault("PATCH", ".*/serviceaccounts/.*", lost)
        code, result = clear(cluster)
        assert left(cluster) == {}
    assert code == 0 and len(result["lost_races"]) == 1


def test_an_object_that_changed_since_it_was_judged_is_not_touched():
    parts = a.abandoned()
    job = copy.deepcopy(parts["ephemeralrunners"][0])
    job["status"].update(b.job_fields(), phase="Running", ready=True)
    name = job["metadata"]["name"]

    def start_job(cluster, verb, raw):
        """A job starts between the look and the write."""
        vanish(cluster, verb, raw)
        if raw["metadata"]["name"].endswith("-listener") and verb == "DELETE":
            cluster.change("MODIFIED", "ephemeralrunners", job)

    with ScriptedCluster(parts, start_job) as cluster:
        code, result = clear(cluster, accept_orphans=[f"arc-runners/{name}"])
        (kept,) = cluster.parts["ephemeralrunners"]
        assert kept["metadata"]["finalizers"] and "deletionTimestamp" not in kept["metadata"]
    assert code == 0 and "changed since it was judged" in result["lost_races"][0]
    assert BUSY & {one["code"] for one in result["verdicts"]}


def test_a_controller_that_comes_back_stops_the_batch():
    parts = a.abandoned()

    def come_back(cluster, verb, raw):
        vanish(cluster, verb, raw)
        if not cluster.parts["deployments"]:
            deployment = b.controller()
            cluster.change("ADDED", "pods", b.controller_pod(deployment))
            cluster.change("ADDED", "deployments", deployment)

    with ScriptedCluster(parts, come_back) as cluster:
        code, result = clear(cluster, accept_orphans=orphan_of(parts))
        assert len(cluster.parts["autoscalingrunnersets"]) == 1
    assert code == 0 and result["counts"]["release"] == 0
    assert "controller-at-work" in {one["code"] for one in result["verdicts"]}


@pytest.mark.parametrize("path", [".*/ephemeralrunners", "/apis/coordination.k8s.io/.*/leases"])
def test_what_cannot_be_read_is_never_released(path):
    denied = status(403, "Forbidden", 'x is forbidden: User "eve" cannot list resource "x" in API '
                    'group "" at the cluster scope')
    with ScriptedCluster(a.abandoned(), vanish) as cluster:
        cluster.fault("GET", path, *[denied] * 20)
        code, result = clear(cluster)
        assert real(cluster) == []
        said = str(result)
    assert result["changed"] is False and "list x" in said
    assert (code == 1 and result["error"]["class"] == "ReadFailed") or (
        result["counts"]["release"] == 0 and result["counts"]["unknown"] > 0)


def test_missing_right_to_patch_is_named_before_the_first_write():
    with ScriptedCluster(a.left_behind(), vanish, denied=(("patch", "secrets"),)) as cluster:
        code, result = clear(cluster)
        assert real(cluster) == []
    assert code == 1 and result["error"]["class"] == "WriteFailed"
    assert "patch secrets" in result["msg"] and result["changed"] is False


@pytest.mark.parametrize("options, told", [
    ({"all": False}, "exactly one of"),
    ({"all": True, "namespaces": ["x"]}, "exclude each other"),
    ({"github_states": {"web-1": "asleep"}, "all": True}, "asleep"),
    ({"timeout": 0, "all": True}, "no time limit"),
    ({"state": "gone", "all": True}, "must be one of"),
    ({"objects": [{"kind": "Namespace", "namespace": "x", "name": "y"}]}, "must be one of"),
])
def test_bad_input(options, told):
    with ScriptedCluster(a.abandoned(), vanish) as cluster:
        code, result = clear(cluster, **options)
        assert cluster.writes == []
    assert code == 1 and told in result["msg"]


def test_races_that_are_always_lost_end_with_what_could_not_be_done():
    lost = status(422, "Invalid", "the server rejected our request", details={})
    with ScriptedCluster(a.left_behind(), vanish) as cluster:
        cluster.fault("PATCH", ".*", *[lost] * 50)
        code, result = clear(cluster)
    assert code == 1 and result["error"]["class"] == "Conflict", result
    assert result["changed"] is False and len(result["lost_races"]) == 5
    assert result["error"]["details"]["remaining"]
