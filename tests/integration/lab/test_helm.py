# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many releases by real Helm in one task: what differs is done, what fails tells no secret."""

from __future__ import annotations

import base64
import gzip
import json
import sys
from pathlib import Path

import pytest
import yaml

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import (
    connect,
    helm_store,
    places,
)
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules import run_module

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# pylint: disable=wrong-import-position
from lab import toolchain  # noqa: E402
from lab.arc import charts, install  # noqa: E402
from lab.arc.helm import environment as helm_environment  # noqa: E402
from lab.arc.helm import helm  # noqa: E402
from lab.arc.install import ScaleSet  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.state import LabState  # noqa: E402

pytestmark = pytest.mark.lab

RELEASE, RUNNERS = "0.14.2", "arc-runners"
NAMES = ("one", "two", "three", "four", "five")
SECRET = "ghp_thisIsNoRealToken0123456789"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    running = Lab(LabState(tmp_path_factory.mktemp("lab")))
    running.up(["east"])
    try:
        yield running
    finally:
        running.down()


def run(lab, environ=None, check=False, **options):
    asked = {
        "kubeconfig": str(lab.state.kubeconfig), "context": "east", "timeout": 120,
        "helm": toolchain.helm(), **options,
    }  # fmt: skip
    return run_module.run(
        "arc_helm", asked, check=check, diff=True,
        environ={**helm_environment(lab.state), **(environ or {})})


def sets(lab, **changes):
    chart = charts.chart(lab.state, RELEASE, "scale-set")
    values = {
        f"{RUNNERS}/{name}": {
            **install.values_of(lab.state, "east", ScaleSet(name, max_runners=3)), **changes}
        for name in NAMES
    }
    return {
        "kind": "scale-set", "chart": str(chart), "values": values, "controller_account": True,
        "releases": [{"namespace": RUNNERS, "helm": name} for name in NAMES],
    }


def actions(result):
    return [one["action"] for one in result["releases"]]


def listed(lab):
    return sorted(helm(lab.state, "east", "list", "--namespace", RUNNERS, "--short").split())


def interrupt(lab, name):
    """Leave a release as a helm does that is killed in the middle."""
    client = connect.connect(
        {"kubeconfig": str(lab.state.kubeconfig), "context": "east"}, environ={})
    place = places.SECRETS.at(RUNNERS, f"sh.helm.release.v1.{name}.v1")
    try:
        secret = client.get(place, Deadline(20))
        release = helm_store.unpack(secret)
        release["info"]["status"] = "pending-install"
        packed = base64.b64encode(gzip.compress(json.dumps(release).encode()))
        client.json_patch(place, [
            {"op": "replace", "path": "/data/release", "value": base64.b64encode(packed).decode()},
            {"op": "replace", "path": "/metadata/labels/status", "value": "pending-install"},
        ], Deadline(20))
    finally:
        client.close()


def test_from_nothing_to_five_sets_to_nothing(lab):
    controller = {
        "kind": "controller", "releases": [{"namespace": install.SYSTEMS, "helm": "arc"}],
        "chart": str(charts.chart(lab.state, RELEASE, "controller")),
    }  # fmt: skip
    install.install_controller(lab.state, "east", RELEASE)
    code, result = run(lab, **sets(lab), check=True)
    assert (code, result["changed"], actions(result)) == (0, True, ["installed"] * 5), result
    assert listed(lab) == []

    code, result = run(lab, **sets(lab))
    assert (code, actions(result)) == (0, ["installed"] * 5), result
    assert listed(lab) == sorted(NAMES)
    code, result = run(lab, **sets(lab))
    assert (code, result["changed"], actions(result)) == (0, False, ["unchanged"] * 5)

    changed = sets(lab, maxRunners=7)
    code, result = run(lab, **{**changed, "releases": changed["releases"][:1]})
    assert (code, actions(result)) == (0, ["upgraded"]), result
    assert "    values ~ maxRunners\n" in result["diff"]["after"]

    everything = [*sets(lab)["releases"], {"namespace": RUNNERS, "helm": "never"}]
    code, result = run(lab, state="absent", releases=everything)
    assert (code, actions(result)) == (0, ["uninstalled"] * 5 + ["unchanged"]), result
    assert listed(lab) == []
    code, result = run(lab, state="absent", releases=controller["releases"], check=True)
    assert (code, actions(result)) == (0, ["uninstalled"])


def test_failure_of_one_lets_the_others_end_and_tells_no_value(lab):
    install.install_controller(lab.state, "east", RELEASE)
    asked = sets(lab)
    bad = asked["values"][f"{RUNNERS}/two"]
    bad["githubConfigSecret"] = {"github_token": SECRET}
    # The API server refuses it, and quotes the value.
    bad["template"] = {"spec": {"restartPolicy": "Never", "containers": SECRET}}
    code, result = run(lab, **asked)
    assert code == 1 and result["error"]["class"] == "WriteFailed", result
    assert actions(result) == ["installed", "failed", "installed", "installed", "installed"]
    assert f"{RUNNERS}/two" in result["msg"] and "1 of 5 failed" in result["msg"]
    assert SECRET not in json.dumps(result)
    assert listed(lab) == sorted(set(NAMES) - {"two"})
    code, result = run(lab, state="absent", releases=asked["releases"])
    assert code == 0 and listed(lab) == []


def test_release_in_which_helm_was_interrupted_is_refused_before_anything_is_written(lab):
    install.install_controller(lab.state, "east", RELEASE)
    asked = sets(lab)
    one = {**asked, "releases": asked["releases"][:1]}
    assert run(lab, **one)[0] == 0
    interrupt(lab, "one")
    code, result = run(lab, **asked)
    assert code == 1 and result["error"]["class"] == "Refused" and "interrupted" in result["msg"]
    assert listed(lab) == []
    code, result = run(lab, state="absent", releases=asked["releases"])
    assert (code, actions(result)[0]) == (0, "uninstalled"), result


HELD = places.SERVICE_ACCOUNTS.at(RUNNERS, "held")
HOLD = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {
    "name": "held", "finalizers": ["example.com/hold"], "labels": {
        "actions.github.com/scale-set-name": "one", "actions.github.com/scale-set-namespace": RUNNERS}}}


def test_what_a_set_leaves_is_waited_for_in_the_same_task_and_in_slices(lab):
    install.install_controller(lab.state, "east", RELEASE)
    asked = sets(lab)
    one = {**asked, "releases": asked["releases"][:1]}
    assert run(lab, **one)[0] == 0
    client = connect.connect(
        {"kubeconfig": str(lab.state.kubeconfig), "context": "east"}, environ={})
    client.create(places.SERVICE_ACCOUNTS.at(RUNNERS), HOLD, Deadline(10))
    client.delete(HELD, Deadline(10))
    gone = {"state": "absent", "kind": "scale-set", "releases": one["releases"],
            "wait_for": [{"namespace": RUNNERS, "name": "one", "helm": "one"}]}
    code, said = run(lab, **gone, check=True)
    assert (code, actions(said), "finished" in said) == (0, ["uninstalled"], False), said
    code, said = run(lab, **gone, slice=2)
    assert (code, said["finished"], actions(said), said["changed"]) == (
        0, False, ["uninstalled"], True), said
    assert any("held" in why for why in said["not_yet_because"]), said
    code, late = run(lab, **gone, timeout=3)
    assert code == 1 and late["error"]["class"] == "DeadlineReached", late
    assert (late["changed"], late["finished"], actions(late)) == (False, False, ["unchanged"])
    client.merge_patch(HELD, {"metadata": {"finalizers": None}}, Deadline(10))
    client.close()
    code, last = run(lab, **gone, slice=20, memory=said["memory"])
    assert (code, last["finished"], last["not_yet_because"]) == (0, True, []), last
    # What Helm did in an earlier slice is done, and told, once.
    assert (actions(last), last["changed"]) == (["uninstalled"], True)


def test_controllers_are_waited_for_in_the_same_task(lab):
    install.install_controller(lab.state, "east", RELEASE)
    release = {"kind": "controller", "releases": [{"namespace": install.SYSTEMS, "helm": "arc"}],
               "wait_for": [{"namespace": install.SYSTEMS}]}
    there = {"chart": str(charts.chart(lab.state, RELEASE, "controller")), **release,
             "values": {f"{install.SYSTEMS}/arc": {"replicaCount": 1}}}
    code, said = run(lab, state="absent", **release)
    assert (code, said["finished"], actions(said)) == (0, True, ["uninstalled"]), said
    code, said = run(lab, **there, for_release="0.13.0", timeout=20)
    assert code == 1 and f"is of release {RELEASE}, not 0.13.0" in said["msg"], said
    assert (said["changed"], said["finished"], actions(said)) == (True, False, ["installed"])
    code, said = run(lab, **there, for_release=RELEASE)
    assert (code, said["finished"], said["changed"]) == (0, True, False), said


@pytest.mark.parametrize(("change", "said"), [
    ({"wait_for": [{"namespace": RUNNERS, "name": "one"}]}, "is not for this module to see"),
    ({"wait_for": [{"namespace": RUNNERS}], "state": "absent"}, "a scale set has no name"),
    ({"helm": "/nowhere/helm"}, "there is no such program"),
    ({"chart": "/nowhere/chart"}, "Helm cannot have it"),
    ({"kind": "controller"}, "wanted is gha-runner-scale-set-controller"),
    ({"releases": [{"namespace": RUNNERS, "helm": "one"}] * 2}, "is there twice"),
    ({"from_record": True}, "does not have its values"),
    ({"timeout": 0}, "is no time limit"),
], ids=["no-proof", "no-name", "no-helm", "no-chart", "other-kind", "twice", "no-record", "no-time"])
def test_bad_input_is_told_before_anything_is_written(lab, change, said):
    install.install_controller(lab.state, "east", RELEASE)
    code, result = run(lab, **{**sets(lab), **change})
    assert code == 1 and said in result["msg"], result
    assert listed(lab) == []


def test_variables_of_helm_lead_no_task_to_another_cluster(lab):
    astray = {"HELM_KUBEAPISERVER": "https://127.0.0.1:1", "HELM_NAMESPACE": "elsewhere"}
    install.install_controller(lab.state, "east", RELEASE)
    asked = sets(lab)
    one = {**asked, "releases": asked["releases"][:1]}
    code, result = run(lab, astray, **one)
    assert (code, actions(result)) == (0, ["installed"]), result
    code, result = run(lab, astray, state="absent", releases=one["releases"])
    assert (code, actions(result), listed(lab)) == (0, ["uninstalled"], [])


def test_dictionary_as_kubeconfig_leaves_no_file_behind(lab, tmp_path):
    document = yaml.safe_load(lab.state.kubeconfig.read_text(encoding="utf-8"))
    code, result = run(lab, {"TMPDIR": str(tmp_path)}, kubeconfig=document, state="absent",
                       releases=[{"namespace": RUNNERS, "helm": "one"}])
    assert (code, list(tmp_path.iterdir())) == (0, []), result
