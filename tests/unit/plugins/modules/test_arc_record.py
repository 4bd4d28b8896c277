# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the record of an earlier run leaves to the next one, and what it must not."""

from __future__ import annotations

import base64
import json

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import lease, record
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules import run_module
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules.crd_server import CrdServer
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules.scripted_cluster import ScriptedCluster, status

OLD, MIDDLE, NEW = "0.9.3", "0.13.0", "0.14.2"
BACKUP = "arc-systems/arc-lifecycle-ephemeralrunners-0123456789"
THEN, NOW = {"maxRunners": 5}, {"maxRunners": 9}


def entry(release, values):
    return {
        "kind": "scale-set", "namespace": "arc-runners", "helm": "web", "name": "web",
        "chart": "gha-runner-scale-set", "chart_version": release, "revision": 1, "from": release,
        "values": values,
    }


def secret(entries, previous, **notes):
    noted = {"kind": "upgrade", "state": "closed", "from-release": OLD, "to-release": NEW,
             "started": "2026-01-01T00:00:00Z", "crd-backups": json.dumps([BACKUP]), **notes}
    raw = record.secret_of("arc-systems", entries, noted, previous)
    raw["metadata"]["uid"] = f"uid-{record.SECRET_NAME}"
    texts = raw.pop("stringData")
    raw["data"] = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
    return {"secrets": [raw]}


def act(server, state, **options):
    code, result = run_module.run("arc_record", {
        "host": server.url, "timeout": 20, "namespace": "arc-systems", "state": state, **options})
    assert code == 0, result.get("msg")
    return result["record"]


def data(server, key):
    (one,) = server.parts["secrets"]
    return json.loads(base64.b64decode(one["data"][key]))


def ended():
    """The record of an upgrade that ended well."""
    return secret([], [entry(OLD, THEN)])


def proof():
    """The record of a run under way that only proves what that upgrade brought."""
    return secret([entry(NEW, NOW)], [entry(OLD, THEN)], state="open")


def failed():
    """The record of an upgrade that did not end."""
    return secret([entry(OLD, THEN)], [], state="open")


def test_run_that_only_proves_leaves_the_way_back():
    with CrdServer([], ended()) as server:
        opened = act(server, "open", to_release=NEW)
        again = act(server, "open", to_release=NEW)
        act(server, "noted", phases=[{"phase": "proof", "at": 1.0}])
        closed = act(server, "closed")
        previous = data(server, "previous.json")
    for told in (opened, again, closed):
        assert (told["back_to"], told["crd_backups"]) == (OLD, [BACKUP])
    assert [one["values"] for one in previous] == [THEN]


def test_upgrade_to_the_next_release_begins_a_new_record():
    with CrdServer([], proof()) as server:
        opened = act(server, "open", to_release="0.14.3")
    assert opened["from_release"] == NEW and opened["back_to"] == NEW


def test_rollback_from_a_run_that_only_proved_gives_the_values_of_then():
    with CrdServer([], proof()) as server:
        assert act(server, "read")["back_to"] == OLD
        opened = act(server, "open", to_release=OLD, restore=True)
        (kept,) = data(server, "releases.json")
    assert opened["crd_backups"] == [BACKUP] and kept["values"] == THEN


@pytest.mark.parametrize("parts", [ended, failed])
@pytest.mark.parametrize("target, kept", [(OLD, [BACKUP]), (MIDDLE, [])])
def test_rollback_takes_the_kept_crds_only_to_the_release_they_are_of(parts, target, kept):
    with CrdServer([], parts()) as server:
        opened = act(server, "open", to_release=target, restore=True)
        again = act(server, "open", to_release=target, restore=True)
    assert opened["crd_backups"] == again["crd_backups"] == kept
    assert opened["back_to"] == target


def test_upgrade_that_goes_on_to_another_target_keeps_the_crds_of_its_start():
    with CrdServer([], failed()) as server:
        opened = act(server, "open", to_release=MIDDLE)
        (kept,) = data(server, "releases.json")
    assert (opened["crd_backups"], opened["back_to"], kept["values"]) == ([BACKUP], OLD, THEN)


def test_result_tells_which_kind_of_run_it_was():
    with CrdServer([], ended()) as server:
        assert act(server, "read")["kind"] == "upgrade"
        assert act(server, "open", to_release=OLD, restore=True)["kind"] == "rollback"
    with CrdServer([], {"secrets": []}) as server:
        assert act(server, "read")["kind"] == ""


def lease_at(server):
    return {"host": server.url, "timeout": 5, "holder": "ops@here 1 -", "state": "leased"}


def test_lease_lies_beside_the_controller_and_no_record_is_read():
    free = {"kind": "Lease", "metadata": {"name": lease.NAME, "namespace": "arc-systems", "uid": "u"},
            "spec": {"holderIdentity": ""}}
    with ScriptedCluster({**builders.sound(), "leases": [free]}) as server:
        code, taken = run_module.run("arc_record", lease_at(server))
        held = server.parts["leases"][0]["spec"]["holderIdentity"]
        back, given = run_module.run("arc_record", {
            "host": server.url, "timeout": 5, "state": "released", "lease": taken["lease"]})
        left = server.parts["leases"][0]["spec"]["holderIdentity"]
        names = [one.path for one in server.requests if one.path.endswith(record.SECRET_NAME)]
    assert (code, back, taken["changed"], given["changed"]) == (0, 0, False, False)
    assert taken["lease"] == {"namespace": "arc-systems", "holder": held} and (held, left) == ("ops@here 1 -", "")
    assert names == [] and "record" not in taken


def test_no_lease_is_taken_where_nobody_is_to_be_kept_off():
    with ScriptedCluster({**builders.sound(), "deployments": []}) as server:
        code, taken = run_module.run("arc_record", lease_at(server))
        code_after, _given = run_module.run("arc_record", {"host": server.url, "timeout": 5, "state": "released"})
    assert (code, code_after, server.writes) == (0, 0, []) and "lease" not in taken


@pytest.mark.parametrize("lacking", ["deployments", "secrets"])
def test_whose_cluster_it_is_cannot_be_told_without_reading(lacking):
    denied = status(403, "Forbidden", f'{lacking} is forbidden: User "eve" cannot list resource "{lacking}" '
                                      'in API group "" at the cluster scope')
    with ScriptedCluster({**builders.sound(), "deployments": []}) as server:
        server.fault("GET", f".*/{lacking}", *[denied] * 9)
        code, result = run_module.run("arc_record", lease_at(server))
    assert code == 1 and f"list {lacking}" in result["msg"], result["msg"]
    assert result["error"]["cluster"], result["error"]
