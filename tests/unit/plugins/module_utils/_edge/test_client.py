# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes out: paths, queries, bodies and headers as the API wants them."""

from __future__ import annotations

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import answers, places
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.client import Query
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.plugins.module_utils._pure import errors
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._edge.api_server import (
    Reply,
    listing,
    status,
)

COLLECTION = places.RUNNERS.at("ci")
RUNNER = places.RUNNERS.at("ci", "one")
PATH = "/apis/actions.github.com/v1alpha1/namespaces/ci/ephemeralrunners"
DONE = Reply(body={"kind": "EphemeralRunner", "metadata": {"name": "one"}})
MANAGER = {"fieldManager": "arc.lifecycle"}

WRITES = {
    "create": (
        lambda c, d, dry: c.create(COLLECTION, {"a": 1}, d, dry_run=dry),
        "POST", PATH, {}, "application/json"),
    "replace": (
        lambda c, d, dry: c.replace(RUNNER, {"a": 1}, d, dry_run=dry),
        "PUT", f"{PATH}/one", {}, "application/json"),
    "apply": (
        lambda c, d, dry: c.apply(RUNNER, {"a": 1}, d, dry_run=dry),
        "PATCH", f"{PATH}/one", {"force": "false"}, "application/apply-patch+yaml"),
    "apply-by-force": (
        lambda c, d, dry: c.apply(RUNNER, {"a": 1}, d, force=True, dry_run=dry),
        "PATCH", f"{PATH}/one", {"force": "true"}, "application/apply-patch+yaml"),
    "merge-patch-of-status": (
        lambda c, d, dry: c.merge_patch(
            places.RUNNERS.at("ci", "one", "status"), {"a": 1}, d, dry_run=dry),
        "PATCH", f"{PATH}/one/status", {}, "application/merge-patch+json"),
}


@pytest.mark.parametrize("dry_run", [False, True], ids=["real", "dry-run"])
@pytest.mark.parametrize(
    "act, method, path, query, content_type", WRITES.values(), ids=WRITES.keys())
def test_write_is_sent_as_the_api_wants_it(
    server, act, method, path, query, content_type, dry_run
):
    server.answer(method, path, DONE)
    act(server.client(), Deadline(5), dry_run)
    seen = server.requests[0]
    expected = {**MANAGER, **query, **({"dryRun": "All"} if dry_run else {})}
    assert (seen.query, seen.body) == (expected, {"a": 1})
    assert seen.header("content-type") == [content_type]


def test_json_patch_is_sent_as_a_list(server):
    server.answer("PATCH", f"{PATH}/one", DONE)
    steps = [{"op": "test", "path": "/metadata/uid", "value": "u"}]
    server.client().json_patch(RUNNER, steps, Deadline(5), dry_run=True)
    seen = server.requests[0]
    assert (seen.body, seen.query) == (steps, {**MANAGER, "dryRun": "All"})
    assert seen.header("content-type") == ["application/json-patch+json"]


DELETES = {
    "bare": ({}, {"preconditions": {}}),
    "preconditions": (
        {"uid": "u", "resource_version": "7"},
        {"preconditions": {"uid": "u", "resourceVersion": "7"}}),
    "grace-of-zero": ({"grace_period_s": 0}, {"preconditions": {}, "gracePeriodSeconds": 0}),
    "propagation": (
        {"propagation": "Foreground"},
        {"preconditions": {}, "propagationPolicy": "Foreground"}),
    "dry-run-in-the-body-where-the-server-looks": (
        {"dry_run": True}, {"preconditions": {}, "dryRun": ["All"]}),
}


@pytest.mark.parametrize("options, expected", DELETES.values(), ids=DELETES.keys())
def test_delete_carries_its_options_in_the_body(server, options, expected):
    server.answer("DELETE", f"{PATH}/one", Reply(body={"kind": "Status"}))
    assert server.client().delete(RUNNER, Deadline(5), **options) is True
    assert server.requests[0].query == {}
    assert server.requests[0].body == {
        "kind": "DeleteOptions", "apiVersion": "v1", **expected}


def test_delete_of_an_unserved_kind_is_not_taken_for_gone(server):
    with pytest.raises(answers.KindNotServed):
        server.client().delete(RUNNER, Deadline(5))


def test_selectors_go_with_every_page(server):
    server.answer("GET", PATH, listing("a", token="t"), listing("b"))
    query = Query(labels="x in (a,b)", fields="metadata.name=a", page_size=1)
    server.client().list(COLLECTION, Deadline(5), query)
    first, second = (one.query for one in server.requests)
    assert first == {"labelSelector": "x in (a,b)", "fieldSelector": "metadata.name=a",
                     "limit": "1"}
    assert second == {**first, "continue": "t"}


def test_pages_are_dropped_as_they_are_kept(server):
    server.answer("GET", PATH, listing("a", token="t"), listing("b"))
    found = server.client().list(COLLECTION, Deadline(5), keep=lambda raw: raw["metadata"]["name"])
    assert found.items == ("a", "b")


def test_document_that_is_no_list_never_reads_as_empty(server):
    server.answer("GET", PATH, Reply(body={"kind": "Pod"}))
    with pytest.raises(errors.ReadFailed, match="no list"):
        server.client().list(COLLECTION, Deadline(5))


def test_empty_metadata_list_has_no_items_at_all(server):
    server.answer("GET", PATH, Reply(body={
        "kind": "PartialObjectMetadataList", "metadata": {}, "items": None}))
    assert server.client().list(COLLECTION, Deadline(5), Query(metadata_only=True)).items == ()


RIGHTS = {
    "namespaced": (
        'pods is forbidden: User "ann" cannot list resource "pods" in API group "" in the '
        'namespace "ci"',
        "list pods in namespace ci as ann"),
    "cluster-wide-in-a-group": (
        'x is forbidden: User "system:serviceaccount:a:b" cannot watch resource '
        '"ephemeralrunners" in API group "actions.github.com" at the cluster scope',
        "watch ephemeralrunners.actions.github.com in all namespaces as system:serviceaccount:a:b"),
    "subresource": (
        'x "y" is forbidden: User "ann" cannot patch resource "ephemeralrunners/status" in API '
        'group "actions.github.com" in the namespace "ci": RBAC: role.rbac "z" not found',
        "patch ephemeralrunners/status.actions.github.com in namespace ci as ann"),
    "without-words": (
        "", "get ephemeralrunners.actions.github.com in namespace ci"),
}


@pytest.mark.parametrize("message, words", RIGHTS.values(), ids=RIGHTS.keys())
def test_missing_right_is_read_from_the_answer(server, message, words):
    server.answer("GET", f"{PATH}/one", status(403, "Forbidden", message))
    with pytest.raises(errors.ReadFailed, match="is missing") as caught:
        server.client().get(RUNNER, Deadline(5))
    assert caught.value.details["missing_right_words"] == words


def test_403_of_an_admission_plugin_is_no_missing_right(server):
    message = "namespace ci is being terminated: no new objects"
    server.answer("POST", PATH, status(403, "Forbidden", message))
    with pytest.raises(errors.WriteFailed, match="being terminated") as caught:
        server.client().create(COLLECTION, {}, Deadline(5))
    assert "missing_right" not in caught.value.details


def test_long_message_is_cut_and_an_unknown_body_is_not_shown(server):
    server.answer("GET", f"{PATH}/one", status(400, "BadRequest", "y" * 9999))
    server.answer("GET", f"{PATH}/two", Reply(400, {"token": "s3cret"}))
    with pytest.raises(errors.ReadFailed) as caught:
        server.client().get(RUNNER, Deadline(5))
    assert len(str(caught.value)) < 700
    with pytest.raises(errors.ReadFailed) as caught:
        server.client().get(places.RUNNERS.at("ci", "two"), Deadline(5))
    assert "s3cret" not in str(caught.value.as_dict())


def test_token_is_in_no_error(server):
    server.answer("GET", f"{PATH}/one", status(401, "Unauthorized"))
    with pytest.raises(errors.ReadFailed) as caught:
        server.client(lambda: server.configuration("s3cret")).get(RUNNER, Deadline(5))
    assert "s3cret" not in str(caught.value.as_dict())


@pytest.mark.parametrize("place, path, words", [
    (places.NAMESPACES.at(name="kube-system"), "/api/v1/namespaces/kube-system",
     "Namespace kube-system"),
    (places.PODS.at(), "/api/v1/pods", "pods in all namespaces"),
    (places.RUNNERS.at("ci", "a b"), f"{PATH}/a%20b", "EphemeralRunner ci/a b"),
    (places.DEPLOYMENTS.at("ci", "one", "scale"),
     "/apis/apps/v1/namespaces/ci/deployments/one/scale", "Deployment ci/one"),
])
def test_place_knows_its_path_and_its_words(place, path, words):
    assert (place.path, place.words) == (path, words)


@pytest.mark.parametrize("resource, namespace", [(places.PODS, ""), (places.CRDS, "ci")])
def test_object_in_the_wrong_scope_is_refused(resource, namespace):
    with pytest.raises(ValueError, match="namespace"):
        resource.at(namespace, "one")


def test_resource_of_a_kind():
    assert places.of_kind("EphemeralRunner") is places.RUNNERS
    with pytest.raises(KeyError, match="Runnner"):
        places.of_kind("Runnner")


def refused(*causes, code=409, reason="Conflict", **details):
    return status(code, reason, "as the server words it", details={"causes": causes, **details})


FIELD = {"reason": "FieldManagerConflict", "field": ".spec.replicas",
         "message": 'conflict with "helm" using apps/v1 at 2026-05-01T10:00:00Z'}
OTHER = {"reason": "FieldManagerConflict", "field": ".data.a", "message": "conflicts"}

CONFLICTS = {
    "changed": (refused(), "it changed or exists already", []),
    "apply": (refused(FIELD), "fields belong to helm: .spec.replicas",
              [{"manager": "helm", "field": ".spec.replicas"}]),
    "apply-without-a-name": (refused(OTHER), "fields belong to another manager: .data.a",
                             [{"manager": "", "field": ".data.a"}]),
    "test-of-a-json-patch": (
        status(422, "Invalid", "the server rejected our request due to an error in our request",
               details={}), "it changed", []),
    "object-gone": (
        status(404, "NotFound", "not found", details={"name": "one"}), "not there any more", []),
}


@pytest.mark.parametrize("reply, words, conflicts", CONFLICTS.values(), ids=CONFLICTS.keys())
def test_conflict_says_with_whom(server, reply, words, conflicts):
    server.answer("PATCH", f"{PATH}/one", reply)
    with pytest.raises(errors.Conflict, match=words) as caught:
        server.client().json_patch(RUNNER, [], Deadline(5))
    assert caught.value.details.get("conflicts", []) == conflicts
    assert len(server.requests) == 1


def test_invalid_object_is_no_conflict(server):
    invalid = {"reason": "FieldValueInvalid", "field": "spec.a", "message": "must be set"}
    server.answer("PATCH", f"{PATH}/one", refused(invalid, code=422, reason="Invalid"))
    with pytest.raises(errors.WriteFailed, match="422"):
        server.client().json_patch(RUNNER, [], Deadline(5))


def test_what_a_policy_denies_is_no_conflict_and_told_in_its_words(server):
    denial = "ValidatingAdmissionPolicy 'p' with binding 'p' denied request: not on a Friday"
    server.answer("PATCH", f"{PATH}/one", status(
        422, "Invalid", f'ephemeralrunners "one" is forbidden: {denial}',
        details={"name": "one", "kind": "ephemeralrunners", "causes": [{"message": denial}]}))
    with pytest.raises(errors.WriteFailed, match="denied request: not on a Friday"):
        server.client().json_patch(RUNNER, [], Deadline(5))
    assert len(server.requests) == 1


def test_message_about_a_secret_is_left_out(server):
    server.answer("POST", "/api/v1/namespaces/ci/secrets", status(422, "Invalid", "s3cret"))
    with pytest.raises(errors.WriteFailed, match="422 to create: Invalid") as caught:
        server.client().create(places.SECRETS.at("ci"), {}, Deadline(5))
    assert "s3cret" not in str(caught.value.as_dict())
