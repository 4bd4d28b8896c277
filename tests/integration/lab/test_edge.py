# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The edge against a real API server of the lab: what its answers mean is not guessed."""

from __future__ import annotations

import copy
import secrets
import sys
import threading
import time
from pathlib import Path

import pytest
import yaml

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import (
    answers,
    connect,
    places,
    reader,
)
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.client import Query
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.watch import ChangeKind
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.watch_many import watch_many
from ansible_collections.arc.lifecycle.plugins.module_utils._pure import errors, reads

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# pylint: disable=wrong-import-position
from lab.lab import Lab  # noqa: E402
from lab.state import LabState  # noqa: E402

pytestmark = pytest.mark.lab

MAPS = places.CONFIG_MAPS


@pytest.fixture(scope="module")
def kubeconfig(tmp_path_factory):
    lab = Lab(LabState(tmp_path_factory.mktemp("lab")))
    lab.up(["east"])
    try:
        yield str(lab.state.kubeconfig)
    finally:
        lab.down()


@pytest.fixture
def client(kubeconfig):
    return connect.connect({"kubeconfig": kubeconfig, "context": "east"}, environ={})


@pytest.fixture
def as_nobody(kubeconfig):
    options = {"kubeconfig": kubeconfig, "context": "east", "impersonate_user": "nobody",
               "impersonate_groups": ["system:authenticated"]}
    return connect.connect(options, environ={})


@pytest.fixture
def deadline():
    return Deadline(30)


@pytest.fixture
def namespace(client, deadline):
    name = f"t-{secrets.token_hex(3)}"
    client.create(places.NAMESPACES.at(), {"metadata": {"name": name}}, deadline)
    yield name
    client.delete(places.NAMESPACES.at(name=name), Deadline(10))


def config_map(name="one", **data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def test_identity_is_the_uid_of_kube_system(client, deadline):
    found = connect.identity(client, deadline)
    assert (found.name, len(found.uid), found.server) == ("east", 36, client.server)
    assert found.kubernetes.startswith("1.")


def test_certificate_of_another_authority_is_bad_input(kubeconfig, deadline):
    document = yaml.safe_load(Path(kubeconfig).read_text(encoding="utf-8"))
    for cluster in document["clusters"]:
        del cluster["cluster"]["certificate-authority-data"]
    client = connect.connect({"kubeconfig": document, "context": "east"}, environ={})
    with pytest.raises(errors.BadInput, match="TLS with .* failed.*ca_cert"):
        connect.identity(client, deadline)


def test_wrong_token_is_told(kubeconfig, deadline):
    document = yaml.safe_load(Path(kubeconfig).read_text(encoding="utf-8"))
    for user in document["users"]:
        user["user"] = {"token": "wrong"}
    client = connect.connect({"kubeconfig": document, "context": "east"}, environ={})
    with pytest.raises(errors.ReadFailed, match="refuses the credentials"):
        connect.identity(client, deadline)


def test_list_in_pages_is_whole(client, deadline, namespace):
    for number in range(7):
        client.create(MAPS.at(namespace), config_map(f"m{number}", a="x"), deadline)
    query = Query(fields="metadata.name!=kube-root-ca.crt", page_size=3)
    pages = list(client.pages(MAPS.at(namespace), deadline, query))
    assert [len(page.items) for page in pages] == [3, 3, 1]
    assert [page.is_first for page in pages] == [True, False, False]
    bare = client.list(MAPS.at(namespace), deadline, Query(page_size=3, metadata_only=True)).items
    assert {"m0", "m6"} <= {one["metadata"]["name"] for one in bare}
    assert not any("data" in one for one in bare)


def test_empty_list_missing_kind_missing_object_and_forbidden_differ(
    client, as_nobody, deadline, namespace
):
    assert client.read_list(MAPS.at(namespace), deadline, Query(labels="a=b")) == reads.Known()
    empty = Query(labels="a=b", metadata_only=True)
    assert client.read_list(MAPS.at(namespace), deadline, empty) == reads.Known()
    for resource in (places.RUNNERS, places.Resource("apps", "v1", "nothings", "Nothing"),
                     places.Resource("", "v1", "nothings", "Nothing")):
        assert isinstance(client.read_list(resource.at(), deadline), reads.KindAbsent)
        with pytest.raises(answers.KindNotServed):
            client.get(resource.at(namespace, "one"), deadline)
        with pytest.raises(answers.KindNotServed):
            client.json_patch(resource.at(namespace, "one"), [{"op": "test", "path": "/a",
                                                               "value": 1}], deadline)
    assert client.read_object(MAPS.at(namespace, "one"), deadline) == reads.Known()
    with pytest.raises(answers.ObjectNotFound):
        client.get(MAPS.at(namespace, "one"), deadline)
    unread = as_nobody.read_list(MAPS.at(namespace), deadline)
    assert unread.missing_right == f"list configmaps in namespace {namespace} as nobody"


@pytest.mark.parametrize("act, verb", [
    (lambda c, ns, d: c.create(MAPS.at(ns), config_map(), d), "create"),
    (lambda c, ns, d: c.apply(MAPS.at(ns, "one"), config_map(), d), "patch"),
    (lambda c, ns, d: c.delete(MAPS.at(ns, "one"), d), "delete"),
], ids=["create", "apply", "delete"])
def test_forbidden_write_names_the_missing_right(as_nobody, deadline, namespace, act, verb):
    with pytest.raises(errors.WriteFailed) as caught:
        act(as_nobody, namespace, deadline)
    assert caught.value.details["missing_right"] == {
        "verb": verb, "group": "", "resource": "configmaps", "namespace": namespace,
        "user": "nobody",
    }


def test_missing_right_on_the_whole_cluster_names_the_group(as_nobody, deadline):
    with pytest.raises(errors.ReadFailed) as caught:
        as_nobody.list(places.DEPLOYMENTS.at(), deadline)
    assert caught.value.details["missing_right_words"] == (
        "list deployments.apps in all namespaces as nobody")


def test_dry_run_predicts_and_changes_nothing(client, deadline, namespace):
    place, collection = MAPS.at(namespace, "one"), MAPS.at(namespace)
    assert client.create(collection, config_map(a="1"), deadline, dry_run=True)["data"]
    assert client.apply(place, config_map(a="1"), deadline, dry_run=True)["data"] == {"a": "1"}
    assert client.read_object(place, deadline) == reads.Known()
    before = client.create(collection, config_map(a="1"), deadline)
    changed = copy.deepcopy(before)
    changed["data"] = {"a": "2"}
    step = [{"op": "replace", "path": "/data/a", "value": "2"}]
    for predicted in (
        client.merge_patch(place, {"data": {"a": "2"}}, deadline, dry_run=True),
        client.json_patch(place, step, deadline, dry_run=True),
        client.replace(place, changed, deadline, dry_run=True),
    ):
        assert predicted["data"] == {"a": "2"}
    assert client.delete(place, deadline, dry_run=True) is True
    assert client.get(place, deadline) == before


def test_create_twice_is_a_conflict(client, deadline, namespace):
    client.create(MAPS.at(namespace), config_map(), deadline)
    with pytest.raises(errors.Conflict) as caught:
        client.create(MAPS.at(namespace), config_map(), deadline)
    assert caught.value.details["reason"] == "AlreadyExists"


def test_apply_over_another_manager_names_it_and_force_takes_over(client, deadline, namespace):
    place = MAPS.at(namespace, "one")
    client.create(MAPS.at(namespace), config_map(a="1"), deadline)
    with pytest.MonkeyPatch.context() as patch:
        module = sys.modules[type(client).__module__]
        patch.setattr(module, "FIELD_MANAGER", "somebody")
        client.apply(place, config_map(a="2"), deadline, force=True)
    with pytest.raises(errors.Conflict) as caught:
        client.apply(place, config_map(a="3"), deadline)
    assert caught.value.details["conflicts"] == [{"manager": "somebody", "field": ".data.a"}]
    assert client.apply(place, config_map(a="3"), deadline, force=True)["data"] == {"a": "3"}


@pytest.mark.parametrize("steps", [
    [{"op": "test", "path": "/data/a", "value": "9"}, {"op": "remove", "path": "/data/a"}],
    [{"op": "remove", "path": "/data/absent"}],
    [{"op": "test", "path": "/data/absent", "value": "1"}],
], ids=["other-value", "nothing-to-remove", "nothing-to-test"])
def test_json_patch_that_does_not_fit_is_a_conflict(client, deadline, namespace, steps):
    client.create(MAPS.at(namespace), config_map(a="1"), deadline)
    with pytest.raises(errors.Conflict):
        client.json_patch(MAPS.at(namespace, "one"), steps, deadline)
    assert client.get(MAPS.at(namespace, "one"), deadline)["data"] == {"a": "1"}


def test_patch_to_an_invalid_object_is_no_conflict(client, deadline, namespace):
    client.create(MAPS.at(namespace), config_map(a="1"), deadline)
    with pytest.raises(errors.WriteFailed, match="422"):
        client.json_patch(MAPS.at(namespace, "one"), [
            {"op": "add", "path": "/data/not a key", "value": "x"}], deadline)


def test_secret_in_a_refused_write_is_not_told(client, deadline, namespace):
    body = {"metadata": {"name": "one"}, "stringData": {"not a key": "s3cret"}}
    with pytest.raises(errors.WriteFailed) as caught:
        client.create(places.SECRETS.at(namespace), body, deadline)
    assert "not a key" not in str(caught.value) and "s3cret" not in str(caught.value.as_dict())


def test_preconditions_hold(client, deadline, namespace):
    place = MAPS.at(namespace, "one")
    first = client.create(MAPS.at(namespace), config_map(a="1"), deadline)["metadata"]
    client.merge_patch(place, {"data": {"a": "2"}}, deadline)
    with pytest.raises(errors.Conflict):
        client.delete(place, deadline, uid="0c0ffee0-0000-0000-0000-000000000000")
    with pytest.raises(errors.Conflict):
        client.delete(place, deadline, resource_version=first["resourceVersion"])
    stale = {"metadata": {"resourceVersion": first["resourceVersion"]}, "data": {"a": "3"}}
    with pytest.raises(errors.Conflict):
        client.merge_patch(place, stale, deadline)
    assert client.delete(place, deadline, uid=first["uid"], propagation="Background") is True
    assert client.delete(place, deadline, uid=first["uid"]) is False
    with pytest.raises(errors.Conflict, match="not there any more"):
        client.merge_patch(place, {"data": {"a": "3"}}, deadline)


def test_change_is_seen_within_a_second(client, deadline, namespace):
    watched = watch_many(client, [MAPS.at(namespace), places.SECRETS.at(namespace)],
                         deadline, heartbeat_s=5)
    written, seen, relisted = [], {}, []

    def write():
        written.append(time.monotonic())
        client.create(MAPS.at(namespace), config_map("late"), deadline)
        client.delete(MAPS.at(namespace, "late"), deadline)

    for change in watched:
        if change.kind is ChangeKind.RELISTED:
            relisted.append(change.place)
            if len(relisted) == 2:
                threading.Timer(0.3, write).start()
        elif change.object["metadata"]["name"] == "late":
            seen[change.kind] = time.monotonic() - written[0]
        if ChangeKind.DELETED in seen:
            break
    watched.close()
    assert list(seen) == [ChangeKind.ADDED, ChangeKind.DELETED]
    assert max(seen.values()) < 1.0


def test_snapshot_of_a_cluster_without_arc_has_no_gaps(client, deadline):
    snapshot = reader.read_snapshot(client, deadline)
    assert not [part for part in reads.PARTS if isinstance(snapshot.reads[part], reads.Unread)]
    assert isinstance(snapshot.reads["ephemeralrunners"], reads.KindAbsent)


def test_snapshot_without_rights_is_all_gaps(as_nobody, client, deadline):
    snapshot = reader.read_snapshot(
        as_nobody, deadline, cluster=connect.identity(client, deadline)
    )
    known = {part for part, answer in snapshot.reads.items() if isinstance(answer, reads.Known)}
    assert known == set()
    assert snapshot.reads["helm"].missing_right == "list secrets in all namespaces as nobody"
