# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One look at a cluster: each part is known, absent or unread, and stays small."""

from __future__ import annotations

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import reader
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.plugins.module_utils._pure import errors, model, reads
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._edge.api_server import (
    Reply,
    status,
)

ME = reads.ClusterId("east", "u-1")
ARC = "/apis/actions.github.com/v1alpha1"


def item(name, namespace="ci", labels=None, **parts):
    meta = {"name": name, "namespace": namespace, "uid": f"uid-{name}", "labels": labels or {},
            "managedFields": [{"manager": "x" * 50}]}
    return {"metadata": meta, "spec": {}, "status": {}, **parts}


def page(*items):
    return Reply(body={"kind": "List", "metadata": {"resourceVersion": "5"}, "items": list(items)})


@pytest.fixture
def cluster(server):
    """Every list empty and every kind served, unless a test says otherwise."""
    server.answer("GET", f"{ARC}/[a-z]+", page())
    server.answer("GET", "/apis/apps/v1/deployments", page())
    server.answer("GET", "/apis/rbac.authorization.k8s.io/v1/[a-z]+", page())
    server.answer("GET", "/api/v1/(pods|secrets|serviceaccounts)", page())
    server.answer("GET", "/apis/apiextensions.k8s.io/.*", status(
        404, "NotFound", "not found", details={"name": "x"}))
    return server


def answer_first(server, method, path, *replies):
    """Let a path answer otherwise than the patterns that are there already."""
    rest = {key: one for key, one in server._replies.items() if key != (method, path)}
    server._replies.clear()
    server.answer(method, path, *replies)
    server._replies.update(rest)


def look(server, *parts, namespaces=None):
    return reader.read_snapshot(
        server.client(), Deadline(10), parts or None, namespaces, cluster=ME
    )


def test_empty_cluster_is_known_to_be_empty(cluster):
    snapshot = look(cluster)
    assert set(snapshot.reads) == set(reads.PARTS)
    assert all(answer == reads.Known() for answer in snapshot.reads.values())
    assert snapshot.at.tzinfo is not None


def test_cluster_without_crds_has_absent_kinds(cluster):
    answer_first(cluster, "GET", f"{ARC}/[a-z]+", Reply(404, "404 page not found"))
    snapshot = look(cluster)
    assert snapshot.reads["ephemeralrunners"] == reads.KindAbsent(
        "ephemeralrunners.actions.github.com")
    assert model.read_cluster(snapshot).unread == ()
    assert snapshot.reads["pods"] == reads.Known()


FORBIDDEN = status(
    403, "Forbidden",
    'ephemeralrunners.actions.github.com is forbidden: User "ann" cannot list resource '
    '"ephemeralrunners" in API group "actions.github.com" at the cluster scope')


def test_forbidden_part_is_unread_with_the_missing_right(cluster):
    answer_first(cluster, "GET", f"{ARC}/ephemeralrunners", FORBIDDEN)
    unread = look(cluster).reads["ephemeralrunners"]
    assert isinstance(unread, reads.Unread)
    assert (unread.part, unread.missing_right) == (
        "ephemeralrunners",
        "list ephemeralrunners.actions.github.com in all namespaces as ann",
    )


@pytest.mark.parametrize("path", [f"{ARC}/autoscalinglisteners", "/apis/apps/v1/deployments"])
def test_pods_are_unread_if_what_they_belong_to_is(cluster, path):
    answer_first(cluster, "GET", path, status(403, "Forbidden", "cannot"))
    assert isinstance(look(cluster, "pods").reads["pods"], reads.Unread)


def test_leases_are_unread_if_the_controllers_are(cluster):
    answer_first(cluster, "GET", "/apis/apps/v1/deployments", status(403, "Forbidden", "cannot"))
    assert isinstance(look(cluster, "leases").reads["leases"], reads.Unread)


def test_pods_are_found_by_label_by_listener_name_and_by_selector(cluster):
    by_label = {
        "actions-ephemeral-runner": item("runner"), "runner-pod": item("job", labels={
            "runner-pod": "runner"}),
        "pod-template=x": item("manager", "arc"),
    }
    answer_first(cluster, "GET", f"{ARC}/autoscalinglisteners", page(item("unlabelled", "arc")))
    answer_first(cluster, "GET", "/apis/apps/v1/deployments", page(item(
        "controller", "arc", spec={"selector": {"matchLabels": {"pod-template": "x"}}})))
    answer_first(cluster, "GET", "/api/v1/namespaces/arc/pods/unlabelled",
                 Reply(body=item("unlabelled", "arc")))
    scripted = cluster.reply

    def reply(seen):
        if seen.path.endswith("/pods"):
            found = by_label.get(seen.query.get("labelSelector", ""))
            return page(*([found] if found else []))
        return scripted(seen)

    cluster.reply = reply
    pods = look(cluster, "pods").reads["pods"].items
    assert sorted(pod["metadata"]["name"] for pod in pods) == [
        "job", "manager", "runner", "unlabelled"]


def test_runner_keeps_no_template_and_no_secret(cluster):
    whole = item("r", spec={"spec": {"containers": [{"env": "x" * 999}]}},
                 status={"phase": "Running", "runnerJITConfig": "s3cret", "jobRequestId": 7})
    answer_first(cluster, "GET", f"{ARC}/ephemeralrunners", page(whole))
    runner = look(cluster, "ephemeralrunners").reads["ephemeralrunners"].items[0]
    assert runner["status"] == {"phase": "Running", "jobRequestId": 7}
    assert "x" * 99 not in str(runner) and "managedFields" not in str(runner)


def test_who_has_written_a_crd_is_kept(cluster):
    name = "autoscalinglisteners.actions.github.com"
    answer_first(cluster, "GET", f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}",
                 Reply(body=item(name)))
    (crd,) = look(cluster, "crds").read("crds")
    assert crd["metadata"]["managedFields"] == [{"manager": "x" * 50}]


def test_namespaces_are_read_one_by_one(cluster):
    for namespace in ("a", "b"):
        answer_first(cluster, "GET", f"{ARC}/namespaces/{namespace}/ephemeralrunners",
                     page(item(f"r-{namespace}", namespace)))
    found = look(cluster, "ephemeralrunners", namespaces=["a", "b"])
    assert [one["metadata"]["name"] for one in found.reads["ephemeralrunners"].items] == [
        "r-a", "r-b"]


def test_secrets_are_listed_without_data(cluster):
    look(cluster, "secrets", "records", "roles")
    accepts = {one.header("accept")[0] for one in cluster.requests}
    assert accepts == {"application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"}


def test_part_that_does_not_exist_is_bad_input(cluster):
    with pytest.raises(errors.BadInput, match="part podz"):
        look(cluster, "podz")
    assert cluster.requests == []
