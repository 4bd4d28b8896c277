# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""arc_plan and arc_record through their main(): what is refused, and what is never told."""

from __future__ import annotations

import pytest

from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._edge import api_server
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules import run_module

Reply = api_server.Reply


def answers(server, uid):
    server.answer("GET", "/api/v1/namespaces/kube-system",
                  Reply(body={"metadata": {"name": "kube-system", "uid": uid}}))
    server.answer("GET", "/version", Reply(body={"gitVersion": "v1.33.1"}))
    server.answer("GET", "/apis/apiextensions.*", api_server.status(404, "NotFound", "no"))
    server.answer("GET", "/apis?/.*", Reply(body={"kind": "AnyList", "items": []}))


@pytest.fixture
def pair():
    with api_server.ApiServer() as east, api_server.ApiServer() as west:
        answers(east, "uid-east")
        answers(west, "uid-west")
        yield east, west


def clusters(*servers):
    names = ("east", "west")
    return [{"name": name, "connection": {"host": one.url}} for name, one in zip(names, servers)]


def plan(**options):
    return run_module.run("arc_plan", {"target": "0.14.2", **options})


def test_clusters_without_arc_block_the_plan_and_nothing_is_written(pair):
    code, result = plan(clusters=clusters(*pair))
    assert (code, result["changed"], result["is_blocked"]) == (0, False, True)
    assert [one["id"] for one in result["findings"] if one["severity"] == "blocker"] == [
        "nothing-installed"] * 2
    assert result["order"] == ["east", "west"] and len(result["blockers"]) == 2
    # The name of a cluster is told once.
    assert result["blockers"][0].startswith("nothing-installed: cluster east: ")
    assert any(one.startswith("blocker nothing-installed: cluster east: ") for one in result["lines"])
    assert {one.method for server in pair for one in server.requests} == {"GET"}


def test_two_hosts_that_are_one_cluster_are_found_by_its_uid(pair):
    answers(pair[1], "uid-east")
    pair[1].answer("GET", "/api/v1/namespaces/kube-system", Reply(
        body={"metadata": {"name": "kube-system", "uid": "uid-east"}}), first=True)
    code, result = plan(clusters=clusters(*pair))
    assert code == 0
    assert any(line.startswith("two-hosts-one-cluster") for line in result["blockers"])


def test_the_same_clusters_give_the_same_digest_and_another_target_another(pair):
    digests = [plan(clusters=clusters(*pair), target=target)[1]["digest"]
               for target in ("0.14.2", "0.14.2", "0.9.3")]
    assert digests[0] == digests[1] != digests[2]


def test_problems_of_all_clusters_are_told_together(pair):
    given = clusters(*pair)
    for one in given:
        one["connection"] = {"kubeconfig": f"/no/such/{one['name']}"}
    code, result = plan(clusters=given)
    assert code == 1
    assert "/no/such/east" in result["msg"] and "/no/such/west" in result["msg"]


def test_the_same_slip_in_two_connections_is_told_with_the_name_of_each(pair):
    given = [{"name": name, "connection": {"kubeconfig": "/no/such"}} for name in ("east", "west")]
    _code, result = plan(clusters=given)
    told = result["error"]["details"]["problems"]
    assert [one["cluster"] for one in told] == ["east", "west"]
    assert "in cluster east: " in result["msg"] and "in cluster west: " in result["msg"]


BAD = {
    "no-clusters": ({"clusters": []}, "it is empty"),
    "unknown-connection-option": (
        {"clusters": [{"name": "a", "connection": {"server": "x"}}]}, "server"),
    "the-same-name-twice": (
        {"clusters": [{"name": "a", "connection": {}}, {"name": "a", "connection": {}}]},
        "more than once"),
    "no-time": ({"clusters": [{"name": "a", "connection": {}}], "timeout": 0}, "option timeout"),
}


@pytest.mark.parametrize("options, named", BAD.values(), ids=BAD.keys())
def test_bad_options_are_named(options, named):
    code, result = plan(**options)
    assert code == 1 and named in result["msg"]
    assert result["error"]["class"] == "BadInput"


def test_token_of_a_connection_is_never_told(pair):
    given = clusters(*pair)
    given[0]["connection"]["api_key"] = "very-secret"
    code, result = plan(clusters=given)
    assert code == 0 and "very-secret" not in str(result)


def test_record_needs_to_know_where_it_goes(pair):
    code, result = run_module.run(
        "arc_record", {"host": pair[0].url, "state": "open", "to_release": "0.14.2"})
    assert code == 1 and "option namespace" in result["msg"]


def test_record_that_cannot_be_read_stops_the_run(pair):
    meta = {"name": "arc-lifecycle-record", "namespace": "arc-systems", "annotations": {
        "arc.lifecycle/state": "open"}, "labels": {"arc.lifecycle/record": "upgrade"}}
    pair[0].answer("GET", "/api/v1/namespaces/arc-systems/secrets/.*", Reply(
        body={"metadata": meta, "data": {"releases.json": "bm8ganNvbg=="}}), first=True)
    code, result = run_module.run("arc_record", {
        "host": pair[0].url, "state": "read", "namespace": "arc-systems"})
    assert code == 1 and result["error"]["class"] == "ReadFailed"
    assert "what a run remembered" in result["msg"]
