# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""arc_crd and arc_crd_check on a real API server, over CRDs that a real Helm has installed."""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import answers, connect, places
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.transport import Request
from ansible_collections.arc.lifecycle.plugins.module_utils._pure import crd_set
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules import run_module

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# pylint: disable=wrong-import-position
from lab.arc import crds as lab_crds  # noqa: E402
from lab.arc import install  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.state import LabState  # noqa: E402

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(
        lab_crds.published_folder("0.14.2") is None,
        reason="ARC's published CRDs are neither in ARC_CRDS_DIR nor in ../shared/crds",
    ),
]

OLD, NEW = "0.9.3", "0.14.2"
RUNNERS = "ephemeralrunners.actions.github.com"
SETS = "autoscalingrunnersets.actions.github.com"


class CrdLab:
    """One cluster, with CRDs to change."""

    def __init__(self, state):
        self.state = state
        self.client = connect.connect(
            {"kubeconfig": str(state.kubeconfig), "context": "east"}, environ={})

    def run(self, module, **options):
        modes = {name: options.pop(name, False) for name in ("check", "diff")}
        asked = {"kubeconfig": str(self.state.kubeconfig), "context": "east",
                 "backup_namespace": "default", "timeout": 120, **options}
        if module != "arc_crd":
            del asked["backup_namespace"]
        return run_module.run(module, asked, **modes)

    def put(self, release, **options):
        folder = str(lab_crds.published_folder(release))
        code, result = self.run("arc_crd", src=folder, **options)
        assert code == 0, result.get("msg")
        return result

    def crd(self, name):
        return self.client.get(places.CRDS.at(name=name), Deadline(20))

    def state_of(self):
        names = [one["metadata"]["name"] for one in lab_crds.crds(OLD)]
        return crd_set.recognise([self.crd(name) for name in names])

    def write_as(self, manager, method, body):
        """Write a CRD as another manager does."""
        place = places.CRDS.at(name=body["metadata"]["name"])
        if method == "POST":
            place = places.CRDS.at()
        request = Request(method, place.path, (("fieldManager", manager),),
                          json.dumps(body).encode(), "application/json")
        # pylint: disable=protected-access
        return self.client._ask(request, place, "replace", Deadline(20), is_write=True)

    def kept_of(self, resource, body):
        """What the API server would store of an object."""
        place = resource.at("default")
        kind = {"apiVersion": "actions.github.com/v1alpha1", "kind": resource.kind}
        meta = {"metadata": {"name": "probe", "namespace": "default"}}
        return self.client.create(place, {**kind, **meta, **body}, Deadline(20), dry_run=True)


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    running = Lab(LabState(tmp_path_factory.mktemp("lab")))
    running.up(["east"])
    try:
        install.install_controller(running.state, "east", OLD)
        found = CrdLab(running.state)
        yield found
        found.client.close()
    finally:
        running.down()


@pytest.fixture(scope="module")
def gap(lab):
    """The same without a controller: CRDs may change."""
    install.uninstall_controller(lab.state, "east")
    code, result = lab.run("arc_controller_wait", namespace=install.SYSTEMS, state="absent",
                           timeout=60)
    assert code == 0, result.get("msg")
    return lab


def test_nothing_changes_under_a_running_controller(lab):
    before = lab.crd(RUNNERS)["metadata"]["resourceVersion"]
    folder = str(lab_crds.published_folder(NEW))
    for check in (True, False):
        code, result = lab.run("arc_crd", src=folder, check=check)
        assert code == 1 and result["error"]["class"] == "Refused", result
        assert result["error"]["details"]["holders"][0].startswith("Deployment arc-systems/")
    assert lab.crd(RUNNERS)["metadata"]["resourceVersion"] == before
    assert lab.put(OLD)["changed"] is False


@pytest.mark.long
def test_up_and_back_twice_with_helm_as_the_owner(gap):
    live = gap.crd(RUNNERS)
    assert [one["manager"] for one in live["metadata"]["managedFields"]][0] == "helm"
    predicted = gap.put(NEW, check=True)
    assert gap.state_of().fits(OLD) and predicted["changed"] is True
    up = gap.put(NEW, diff=True)
    assert {one["action"] for one in up["crds"]} == {"replaced"} and len(up["diff"]) == 4
    # The API server said by its refusals that it goes by the new schemas.
    assert {one["probed"] for one in up["crds"]} == {True}
    assert {one["probed"] for one in predicted["crds"]} == {False}
    assert [one["action"] for one in up["crds"]] == [one["action"] for one in predicted["crds"]]
    assert gap.state_of().fits(NEW) and NEW in up["after"]["releases"]
    # The old schema knew it, the new one does not: it is served, not just stored.
    runner = {"spec": {"githubConfigUrl": "u", "githubConfigSecret": "s", "runnerScaleSetId": 1}}
    labelled = {"spec": {"runnerScaleSetLabels": ["x"], "template": {"spec": {"containers": []}}}}
    assert gap.kept_of(places.SCALE_SETS, labelled)["spec"]["runnerScaleSetLabels"] == ["x"]
    assert gap.put(NEW)["changed"] is False
    back = gap.put(OLD)
    assert back["changed"] is True and gap.state_of().fits(OLD)
    assert "runnerScaleSetLabels" not in gap.kept_of(places.SCALE_SETS, labelled)["spec"]
    assert gap.kept_of(places.RUNNERS, runner)["spec"]["runnerScaleSetId"] == 1
    assert gap.put(OLD)["changed"] is False


def test_backup_is_put_back_byte_for_byte(gap, tmp_path):
    gap.put(OLD)
    before = {name: gap.crd(name)["spec"] for name in (RUNNERS, SETS)}
    up = gap.put(NEW, backup_path=str(tmp_path))
    code, result = gap.run("arc_crd", backups=[one["backup"] for one in up["crds"]])
    assert (code, result["changed"]) == (0, True), result.get("msg")
    assert {name: gap.crd(name)["spec"] for name in before} == before
    gap.put(NEW)
    code, result = gap.run("arc_crd", src=str(Path(up["crds"][0]["backup_file"]).parent))
    assert (code, result["changed"]) == (0, True), result.get("msg")
    assert {name: gap.crd(name)["spec"] for name in before} == before


def test_what_helm_owns_beside_the_versions_goes_too(gap):
    gap.put(OLD)
    marked = gap.crd(RUNNERS)
    marked["spec"]["names"]["shortNames"] = ["er"]
    marked["metadata"].setdefault("labels", {})["team"] = "ci"
    gap.write_as("helm", "PUT", marked)
    assert gap.put(NEW)["crds"][2]["replaced_wholly"] is True
    live = gap.crd(RUNNERS)
    assert "shortNames" not in live["spec"]["names"] and gap.state_of().fits(NEW)
    assert live["metadata"]["labels"]["team"] == "ci"
    assert gap.put(NEW)["changed"] is False


def test_kubectl_replace_is_taken_over_and_an_edit_by_hand_is_asked_about(gap):
    gap.put(OLD)
    for crd in lab_crds.crds("0.12.1"):
        version = gap.crd(crd["metadata"]["name"])["metadata"]["resourceVersion"]
        body = copy.deepcopy(crd)
        body["metadata"]["resourceVersion"] = version
        gap.write_as("kubectl-replace", "PUT", body)
    assert gap.put(OLD)["changed"] is True and gap.state_of().fits(OLD)
    edited = gap.crd(RUNNERS)
    schema = edited["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    schema["properties"]["spec"]["properties"]["mine"] = {"type": "string"}
    gap.write_as("kubectl-edit", "PUT", edited)
    code, result = gap.run("arc_crd", src=str(lab_crds.published_folder(OLD)))
    assert code == 1 and result["error"]["details"]["owners"] == ["kubectl-edit"], result
    assert gap.put(OLD, force=True)["changed"] is True and gap.state_of().fits(OLD)


def test_objects_that_live_decide_the_verdict(gap):
    gap.put(OLD)
    folder = str(lab_crds.published_folder(NEW))
    code, result = gap.run("arc_crd_check", src=folder)
    assert (code, result["verdict"]) == (0, "safe_for_these_objects"), result
    assert result["direction"] == "behind" and OLD in result["installed"]["releases"]
    spec = {"githubConfigUrl": "u", "githubConfigSecret": "s", "runnerScaleSetId": 1}
    place, deadline = places.RUNNERS.at("default"), Deadline(20)
    made = gap.client.create(place, {
        "apiVersion": "actions.github.com/v1alpha1", "kind": "EphemeralRunner",
        "metadata": {"name": "poisoned"}, "spec": spec}, deadline)
    one = places.RUNNERS.at("default", "poisoned", "status")
    gap.client.merge_patch(one, {"status": {"failures": {"x": True}}}, deadline)
    try:
        code, result = gap.run("arc_crd_check", src=folder, fail_on="breaks_objects")
        assert code == 1 and result["error"]["class"] == "CrdsDoNotFit"
        assert result["verdict"] == "breaks_objects" and result["objects_checked"] == 1
        (trap,) = result["traps"]
        assert trap["stops_controller"] and trap["object"]["name"] == "poisoned"
        assert result["objects"][0]["violations"][0]["path"].startswith(".status.failures")
        # A runner is left: no gap.
        code, result = gap.run("arc_crd", src=folder)
        assert code == 1 and result["error"]["details"]["holders"] == [
            "EphemeralRunner default/poisoned"]
        # The server agrees: under the new CRD no write to the object passes.
        gap.put(NEW, force_under_controller=True)
        with pytest.raises(answers.WriteFailed, match="failures"):
            gap.client.merge_patch(one, {"status": {"failures": {"y": True}}}, deadline)
    finally:
        gap.client.delete(places.RUNNERS.at("default", "poisoned"), deadline,
                          uid=made["metadata"]["uid"])
    code, result = gap.run("arc_crd_check", src=folder)
    assert (code, result["verdict"]) == (0, "identical")
    code, result = gap.run("arc_crd_check", release=NEW)
    assert (code, result["verdict"], result["judged_by"]) == (0, "identical", "digests")


def test_crd_that_is_stuck_in_deletion_is_explained(gap):
    gap.put(OLD)
    deadline = Deadline(30)
    held = gap.client.create(places.RUNNERS.at("default"), {
        "apiVersion": "actions.github.com/v1alpha1", "kind": "EphemeralRunner",
        "metadata": {"name": "held", "finalizers": ["example.com/held"]},
        "spec": {"githubConfigUrl": "u", "githubConfigSecret": "s", "runnerScaleSetId": 1}},
        deadline)
    gap.client.delete(places.CRDS.at(name=RUNNERS), deadline)
    try:
        code, result = gap.run("arc_crd", src=str(lab_crds.published_folder(NEW)))
        assert code == 1 and "last object of its kind" in result["msg"], result
        assert "EphemeralRunner default/held with example.com/held" in result["msg"]
        assert result["error"]["details"]["holders"] == [
            {"namespace": "default", "name": "held", "finalizers": ["example.com/held"]}]
    finally:
        gap.client.merge_patch(places.RUNNERS.at("default", "held"),
                               {"metadata": {"finalizers": None}}, deadline)
    del held
    while not deadline.is_over():
        try:
            gap.crd(RUNNERS)
        except answers.ObjectNotFound:
            break
        deadline.pause(0.2)
    result = gap.put(OLD)
    assert [one["action"] for one in result["crds"]].count("created") == 1
    assert gap.state_of().fits(OLD)


def test_crds_go_when_nobody_uses_them(gap):
    gap.put(NEW)
    place, deadline = places.SCALE_SETS.at("default"), Deadline(20)
    gap.client.create(place, {
        "apiVersion": "actions.github.com/v1alpha1", "kind": "AutoscalingRunnerSet",
        "metadata": {"name": "left"}, "spec": {}}, deadline)
    code, result = gap.run("arc_crd", state="absent")
    assert code == 1 and "AutoscalingRunnerSet default/left" in result["msg"]
    gap.client.delete(places.SCALE_SETS.at("default", "left"), deadline)
    code, result = gap.run("arc_crd", state="absent")
    assert (code, result["changed"], len(result["crds"])) == (0, True, 4), result
    code, result = gap.run("arc_crd_check", src=str(lab_crds.published_folder(NEW)))
    assert (code, result["installed"]["verdict"]) == (0, "absent")
    gap.put(NEW)
