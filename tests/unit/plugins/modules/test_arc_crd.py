# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""arc_crd through its main(): what it writes, in which order, and before what it stops."""

from __future__ import annotations

import base64
import json
import random

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import crd_packing
from ansible_collections.arc.lifecycle.plugins.module_utils._pure import record
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules import run_module
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules.crd_server import (
    CRD_PATH,
    CRDS,
    MAPS,
    CrdServer,
    crd,
    stored,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules.scripted_cluster import status

RUNNERS = "ephemeralrunners.actions.github.com"
NEW = [crd("ephemeralrunners", "a", "b"), crd("ephemeralrunnersets", "c")]


def old():
    return [stored(crd("ephemeralrunners", "a", "gone")), stored(crd("ephemeralrunnersets", "c"))]


def put(server, *, check=False, diff=False, **options):
    asked = {"host": server.url, "timeout": 20, **options}
    if not {"src", "crds", "definition", "backups"} & set(asked):
        asked["crds"] = NEW
    return run_module.run("arc_crd", asked, check=check, diff=diff)


def actions(result):
    return {one["name"].partition(".")[0]: one["action"] for one in result["crds"]}


def test_crds_that_are_not_there_are_created_and_waited_for():
    with CrdServer() as server:
        code, result = put(server)
        assert [one.method for one in server.real_writes()] == ["PATCH", "PATCH"]
        openapi = [one for one in server.requests if one.path.startswith("/openapi")]
    assert (code, result["changed"]) == (0, True), result.get("msg")
    assert actions(result) == {"ephemeralrunners": "created", "ephemeralrunnersets": "created"}
    assert openapi, "nobody asked whether the schema is shown"


def test_api_server_that_is_behind_another_is_waited_for():
    with CrdServer(behind=(2, 3)) as server:
        code, result = put(server)
        asked = [one for one in server.requests if one.path.startswith("/openapi")]
    assert (code, result["changed"]) == (0, True), result.get("msg")
    # One that shows it, two of one that is behind, then three in a row.
    assert len(asked) == 6


@pytest.mark.parametrize("late, probed", [(0, True), (2, True), (None, False)],
                         ids=["at-once", "late", "older-kubernetes"])
def test_new_schema_has_to_be_the_one_that_creations_are_judged_by(late, probed):
    with CrdServer(old(), judging_late=late) as server:
        code, result = put(server)
        asked = [one for one in server.requests if one.query.get("fieldValidation")]
        assert not [one for one in asked if one.query.get("dryRun") != "All"]
    assert code == 0, result.get("msg")
    assert {one["name"].partition(".")[0]: one["probed"] for one in result["crds"]} == {
        "ephemeralrunners": probed, "ephemeralrunnersets": False}
    assert len(asked) == 3 + (late or 0)


def test_second_run_writes_nothing():
    with CrdServer() as server:
        put(server)
        before = len(server.real_writes())
        code, result = put(server)
        assert len(server.real_writes()) == before
    assert (code, result["changed"]) == (0, False)
    assert set(actions(result).values()) == {"unchanged"}


def test_only_what_differs_is_replaced_and_the_backup_comes_first():
    with CrdServer(old()) as server:
        code, result = put(server)
        writes = server.real_writes()
        (kept,) = server.parts[MAPS]
        live = server.live("ephemeralrunners")
    assert (code, result["changed"]) == (0, True), result.get("msg")
    assert actions(result) == {"ephemeralrunners": "replaced", "ephemeralrunnersets": "unchanged"}
    assert [one.method for one in writes] == ["POST", "PATCH"]
    assert writes[1].query["force"] == "true" and writes[1].query["fieldManager"] == "arc.lifecycle"
    assert writes[1].body["metadata"]["resourceVersion"] == "7"
    assert crd_packing.unpack(kept)["spec"] == crd("ephemeralrunners", "a", "gone")["spec"]
    assert result["crds"][0]["backup"] == f"arc-systems/{kept['metadata']['name']}"
    assert live["spec"] == NEW[0]["spec"]


def test_backup_on_the_cluster_is_put_back():
    with CrdServer(old()) as server:
        _code, first = put(server)
        code, result = put(server, backups=[first["crds"][0]["backup"]])
        live = server.live("ephemeralrunners")
    assert (code, result["changed"]) == (0, True), result.get("msg")
    assert live["spec"] == crd("ephemeralrunners", "a", "gone")["spec"]


def test_backup_in_files_is_put_back(tmp_path):
    with CrdServer(old()) as server:
        _code, first = put(server, backup_namespace="", backup_path=str(tmp_path))
        assert not server.parts.get(MAPS)
        (folder,) = tmp_path.iterdir()
        code, result = put(server, src=str(folder), backup=False)
        live = server.live("ephemeralrunners")
    assert first["crds"][0]["backup_file"] == str(folder / f"{RUNNERS}.json")
    assert (code, result["changed"]) == (0, True), result.get("msg")
    assert live["spec"] == crd("ephemeralrunners", "a", "gone")["spec"]


def test_check_mode_asks_the_server_and_writes_nothing():
    with CrdServer(old()) as server:
        code, result = put(server, check=True, diff=True)
        assert server.real_writes() == []
        assert [one for one in server.requests if one.method == "PATCH" and one.query["dryRun"]]
        assert server.live("ephemeralrunners")["spec"] != NEW[0]["spec"]
    assert (code, result["changed"]) == (0, True)
    (diff,) = result["diff"]
    assert "field-removed v1alpha1.spec.gone" in diff["after"]["paths"]
    assert diff["after"]["changes"]["field-removed"] == 1


def test_what_an_apply_would_leave_is_replaced_wholly():
    live = stored(crd("ephemeralrunners", "a", "b", shortNames=["er"]), labels={"team": "ci"})
    with CrdServer([live]) as server:
        code, result = put(server, crds=NEW[:1])
        writes = server.real_writes()
        after = server.live("ephemeralrunners")
    assert code == 0 and result["crds"][0]["replaced_wholly"], result.get("msg")
    assert [one.method for one in writes] == ["POST", "PUT"]
    assert writes[1].body["metadata"]["resourceVersion"] == "7"
    assert "shortNames" not in after["spec"]["names"]
    assert after["metadata"]["labels"] == {"team": "ci"}


@pytest.mark.parametrize("parts, holder", [
    ({"deployments": [b.controller()]}, "Deployment arc-systems/arc-gha-rs-controller"),
    ({"pods": [b.controller_pod(b.controller())]}, "Pod arc-systems/arc-gha-rs-controller-abcde"),
    ({"ephemeralrunners": [b.runner(b.runner_set(b.scale_set()), name="web-1")]},
     "EphemeralRunner arc-runners/web-1"),
])
def test_refuses_outside_the_gap(parts, holder):
    with CrdServer(old(), parts) as server:
        code, result = put(server)
        assert server.real_writes() == []
        assert code == 1 and result["error"]["class"] == "Refused", result
        assert holder in result["error"]["details"]["holders"]
        code, result = put(server, check=True)
        assert code == 1 and "force_under_controller" in result["msg"]
        code, result = put(server, force_under_controller=True)
    assert (code, result["changed"]) == (0, True), result.get("msg")


def test_nothing_to_do_is_fine_under_a_controller():
    lives = [stored(one) for one in NEW]
    with CrdServer(lives, {"deployments": [b.controller()]}) as server:
        code, result = put(server)
    assert (code, result["changed"]) == (0, False), result.get("msg")


def test_runners_that_cannot_be_read_are_not_none():
    denied = status(
        403, "Forbidden", 'ephemeralrunners.actions.github.com is forbidden: User "eve" cannot '
        'list resource "ephemeralrunners" in API group "actions.github.com" at the cluster scope')
    with CrdServer(old()) as server:
        server.fault("GET", "/apis/actions.github.com/v1alpha1/ephemeralrunners", denied)
        code, result = put(server)
        assert server.real_writes() == []
    assert code == 1 and result["error"]["class"] == "ReadFailed"
    assert "list ephemeralrunners.actions.github.com" in result["msg"]


def test_another_manager_is_named_and_taken_over_on_request_only():
    live = stored(crd("ephemeralrunners", "a"), manager="kubectl-edit")
    with CrdServer([live]) as server:
        code, result = put(server)
        assert server.real_writes() == []
        assert code == 1 and result["error"]["details"] == {"owners": ["kubectl-edit"]}
        code, result = put(server, force=True)
    assert (code, result["changed"]) == (0, True), result.get("msg")


def test_crd_in_deletion_is_refused():
    going = stored(crd("ephemeralrunners", "a"), deletionTimestamp="2026-01-31T12:00:00Z")
    with CrdServer([going]) as server:
        code, result = put(server)
        assert server.real_writes() == []
    assert code == 1 and "last object of its kind" in result["msg"]


def test_crd_that_changes_meanwhile_stops_the_task_with_what_was_done():
    with CrdServer([stored(crd("ephemeralrunners", "x")), stored(crd("ephemeralrunnersets", "x"))
                    ]) as server:
        conflict = status(409, "Conflict", "the object has been modified")
        dry = f"{CRD_PATH}/ephemeralrunnersets.actions.github.com"
        server.fault("PATCH", dry, _Passing(server), conflict)
        code, result = put(server)
    assert code == 1 and result["error"]["class"] == "Conflict", result
    assert result["changed"] is True
    assert actions(result) == {"ephemeralrunners": "replaced"}


class _Passing:
    """Stands for one answer of the server's own: the dry run, before the write that conflicts."""

    def __init__(self, server):
        body = stored(NEW[1], "arc.lifecycle")
        self.status, self.body, self.headers = 200, body, ()
        self.cut_after = self.events = None
        self.hangs = self.closes = False
        self.then = "ends"
        del server


def test_missing_right_to_write_stops_before_the_first_write():
    denied = status(
        403, "Forbidden", f'{CRDS}.apiextensions.k8s.io "{RUNNERS}" is forbidden: User "eve" '
        f'cannot patch resource "{CRDS}" in API group "apiextensions.k8s.io" at the cluster scope')
    with CrdServer(old()) as server:
        server.fault("PATCH", f"{CRD_PATH}/{RUNNERS}", denied)
        code, result = put(server)
        assert server.real_writes() == [] or [one.path for one in server.real_writes()] == [
            f"{CRD_PATH}/{RUNNERS}"]
    assert code == 1 and result["error"]["class"] == "WriteFailed"
    assert "patch customresourcedefinitions" in result["msg"] and result["changed"] is False


def test_schema_that_is_never_shown_is_a_deadline_with_its_holder():
    with CrdServer(old(), shows=False) as server:
        code, result = put(server, timeout=4)
    assert code == 1 and result["error"]["class"] == "DeadlineReached"
    (holder,) = result["error"]["details"]["remaining"]
    assert holder["name"] == RUNNERS and "v1alpha1" in holder["reason"]
    assert result["changed"] is True


def test_backup_without_place_or_namespace_stops_before_the_first_write():
    with CrdServer(old()) as server:
        code, result = put(server, backup_namespace="")
        assert code == 1 and "backup_path" in result["msg"]
        code, result = put(server, backup_namespace="nowhere")
        assert code == 1 and result["error"]["class"] == "BadInput" and "nowhere" in result["msg"]
        assert server.real_writes() == []


def test_backup_that_has_no_room_stops_before_the_first_write():
    live = old()[0]
    noise = base64.b64encode(random.Random(1).randbytes(1_500_000)).decode()
    schema = live["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    schema["properties"]["spec"]["description"] = noise
    with CrdServer([live]) as server:
        code, result = put(server)
        assert server.real_writes() == []
    assert code == 1 and result["error"]["class"] == "Refused" and "backup_path" in result["msg"]


def test_backup_that_is_there_already_is_not_stored_twice():
    with CrdServer(old()) as server:
        _code, first = put(server)
        put(server, backups=[first["crds"][0]["backup"]])
        kept = len(server.parts[MAPS])
        code, again = put(server)
        assert len(server.parts[MAPS]) == kept
    assert code == 0 and again["crds"][0]["backup"] == first["crds"][0]["backup"]


OTHER = json.dumps({**crd("widgets"), "metadata": {"name": "widgets.example.com"},
                    "spec": {**crd("widgets")["spec"], "group": "example.com"}})


@pytest.mark.parametrize("text, code", [
    ("a: [b", "unreadable-yaml"),
    ("2026-01-31: x", "unreadable-yaml"),
    ("kind: Pod\napiVersion: v1", "no-crd"),
    ("- 1", "no-crd"),
    ("---\n---\n", "nothing-there"),
    (OTHER, "other-group"),
    ('{"kind": "CustomResourceDefinition", "apiVersion": "apiextensions.k8s.io/v1"}', "incomplete"),
    ("---\n" + "---\n".join([json.dumps(NEW[0]) + "\n"] * 2), "twice"),
])
def test_what_is_no_crd_of_arc_is_an_error_of_its_own(text, code):
    with CrdServer() as server:
        exit_code, result = put(server, definition=text)
        assert server.real_writes() == []
    assert exit_code == 1 and result["error"]["class"] == "UnusableCrds", result
    assert result["error"]["details"] == {"code": code}
    assert result["error"]["next_step"] and "option definition" in result["msg"]


def test_sources_on_disk_that_cannot_be_used(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with CrdServer() as server:
        for name, code in (("absent", "missing"), ("empty", "empty-folder"),
                           ("binary.yaml", "unreadable")):
            _code, result = put(server, src=str(tmp_path / name))
            assert result["error"]["details"] == {"code": code}, name
        _code, result = put(server, backups=["arc-systems/none"])
        assert result["error"]["details"] == {"code": "missing"}
        code, result = run_module.run("arc_crd", {"host": server.url})
        assert code == 1 and "any of the following are missing" in result["msg"]
        code, result = put(server, src="x", definition="y")
        assert code == 1 and "mutually exclusive" in result["msg"]


def test_source_is_asked_for_to_be_present_only():
    with CrdServer() as server:
        code, result = run_module.run("arc_crd", {"host": server.url})
        assert code == 1 and "src" in result["msg"]


def requiring(name):
    found = crd("ephemeralrunners", "a", name)
    schema = found["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    schema["properties"]["spec"]["required"] = [name]
    return found


def runner(**spec):
    return {"metadata": {"name": "one", "namespace": "arc-runners", "uid": "uid-one"}, "spec": spec}


def test_fail_on_stops_before_the_first_write_and_names_the_object():
    parts = {"ephemeralrunners": [runner(a="x")]}
    with CrdServer([stored(crd("ephemeralrunners", "a"))], parts) as server:
        code, result = put(server, crds=[requiring("b")], fail_on="breaks_objects",
                           force_under_controller=True)
        assert server.real_writes() == []
        assert [one for one in server.requests if one.method == "POST"] == []
    assert (code, result["error"]["class"], result["changed"]) == (1, "CrdsDoNotFit", False)
    assert result["check"]["verdict"] == "breaks_objects"
    assert result["check"]["objects"][0]["name"] == "one"


def test_fail_on_lets_through_what_every_object_survives():
    parts = {"ephemeralrunners": [runner(a="x", b="y")]}
    with CrdServer([stored(crd("ephemeralrunners", "a"))], parts) as server:
        code, result = put(server, crds=[requiring("b")], fail_on="breaks_objects",
                           force_under_controller=True)
    assert (code, actions(result)) == (0, {"ephemeralrunners": "replaced"}), result.get("msg")
    assert result["check"]["objects_checked"] == 1


def the_record(state="open"):
    raw = record.secret_of("arc-systems", [], {"state": state})
    raw["metadata"]["uid"] = f"uid-{record.SECRET_NAME}"
    texts = raw.pop("stringData")
    raw["data"] = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
    return {"secrets": [raw]}


@pytest.mark.parametrize("backups", [True, False])
def test_open_record_is_told_of_backups_before_the_first_crd_changes(backups):
    phase = {"phase": "CRDs", "at": 1.0}
    with CrdServer(old(), the_record()) as server:
        code, result = put(server, note={"phases": [phase], "backups": backups})
        writes = server.real_writes()
    assert code == 0, result.get("msg")
    (number,) = [at for at, one in enumerate(writes) if "/secrets/" in one.path]
    assert [one.path for one in writes[:number]] == ["/api/v1/namespaces/arc-systems/configmaps"]
    assert writes[number + 1].path.startswith(CRD_PATH)
    kept = [one["backup"] for one in result["crds"] if one["backup"]]
    told = writes[number].body["metadata"]["annotations"].get("arc.lifecycle/crd-backups", "[]")
    assert kept and json.loads(told) == (kept if backups else [])
    assert json.loads(writes[number].body["stringData"]["journal.json"]) == [phase]


def test_way_back_of_a_run_that_changed_its_target_has_each_crd_once():
    """It failed after its CRDs, and went on to a later release with others."""
    with CrdServer(old(), the_record()) as server:
        for fields in (("a", "b"), ("a", "b", "c")):
            crds = [crd("ephemeralrunners", *fields)]
            assert put(server, crds=crds, note={"phases": [], "backups": True})[0] == 0
        told = server.parts["secrets"][0]["metadata"]["annotations"]["arc.lifecycle/crd-backups"]
        code, result = put(server, backups=json.loads(told), backup=False)
        live = server.live("ephemeralrunners")
    assert code == 0, result.get("msg")
    assert live["spec"] == crd("ephemeralrunners", "a", "gone")["spec"]


@pytest.mark.parametrize("parts", [{"secrets": []}, the_record("closed")])
def test_nothing_is_told_where_no_record_is_open(parts):
    with CrdServer(old(), parts) as server:
        code, result = put(server, note={"phases": []})
        assert [one for one in server.real_writes() if "/secrets" in one.path] == []
    assert (code, result["changed"]) == (0, True), result.get("msg")


def test_record_that_cannot_be_read_stops_before_the_first_crd_changes():
    with CrdServer(old(), the_record()) as server:
        server.fault("GET", "/api/v1/secrets", *[status(403, "Forbidden", "no")] * 9)
        code, result = put(server, note={"phases": []})
        assert [one for one in server.real_writes() if one.path.startswith(CRD_PATH)] == []
    assert (code, result["error"]["class"]) == (1, "ReadFailed")
    assert "no CRD was changed" in result["msg"]
