# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Charts of a target rendered by real Helm with the values that a cluster has, judged before an
upgrade would write anything."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from ansible_collections.arc.lifecycle.tests.unit.plugins.modules import run_module

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# pylint: disable=wrong-import-position
from rehearsal import Rehearsal  # noqa: E402

from lab import toolchain  # noqa: E402
from lab.arc import charts, install  # noqa: E402
from lab.arc.helm import environment as helm_environment  # noqa: E402
from lab.arc.helm import helm  # noqa: E402
from lab.arc.install import ScaleSet  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.state import LabState  # noqa: E402

pytestmark = pytest.mark.lab

OLD, NEW, RUNNERS = "0.9.3", "0.14.2", "arc-runners"
SECRET = "thisValueIsNobodysBusiness"
TWICE = {"spec": {"containers": [{
    "name": "runner", "image": "runner", "command": ["run"],
    "env": [{"name": "MODE", "value": SECRET}, {"name": "MODE", "value": "b"}]}]}}


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    running = Lab(LabState(tmp_path_factory.mktemp("lab")))
    running.up(["blue"])
    try:
        install.install_controller(running.state, "blue", OLD)
        install.install_scale_set(running.state, "blue", OLD, ScaleSet("sound"))
        chart = str(charts.chart(running.state, OLD, "scale-set"))
        values = install.values_of(running.state, "blue", ScaleSet("twice"))
        helm(running.state, "blue", "install", "twice", chart, "--namespace", RUNNERS,
             values={**values, "template": TWICE})
        yield running
    finally:
        running.down()


def check(lab, release=NEW, **options):
    asked = {
        "kubeconfig": str(lab.state.kubeconfig), "context": "blue", "timeout": 120,
        "release": release, "helm": toolchain.helm(), "validate": "always",
        "controller_chart": str(charts.chart(lab.state, release, "controller")),
        "scale_set_chart": str(charts.chart(lab.state, release, "scale-set")), **options,
    }  # fmt: skip
    code, result = run_module.run("arc_chart_check", asked, environ=helm_environment(lab.state))
    assert SECRET not in json.dumps(result)
    return code, result


def test_set_whose_children_the_target_would_refuse_is_named_beforehand(lab):
    code, result = check(lab)
    assert code == 1 and result["error"]["class"] == "ChartsDoNotFit", result
    (one,) = result["findings"]
    assert (one["id"], one["severity"], one["object"]) == (
        "rendered-refused", "blocker", f"Helm release {RUNNERS}/twice")
    assert "env[1]" in one["reason"] and "every child" in one["reason"]
    assert result["releases"] == [f"{RUNNERS}/sound", f"{RUNNERS}/twice", "arc-systems/arc"]
    assert result["judged_by"]["built_in_kinds"].startswith("Kubernetes 1.")
    code, result = check(lab, acknowledge=["rendered-refused"])
    assert (code, result["findings"][0]["severity"]) == (0, "warning")
    # Under the CRDs of then the list may repeat a name.
    assert check(lab, OLD)[1]["findings"] == []


@pytest.mark.parametrize(("key", "values", "id", "said"), [
    (f"{RUNNERS}/sound", {"githubConfigUrl": ""}, "chart-refuses", "githubConfigUrl is required"),
    ("arc-systems/arc", {"replicaCount": "two"}, "rendered-refused",
     "Deployment arc-gha-rs-controller: .spec.replicas: breaks type"),
    (f"{RUNNERS}/sound", {"template": {"spec": {
        "containers": [{"name": "runner", "image": "runner", "command": ["run"]}],
        "terminationGracePeriodSeconds": SECRET}}}, "rendered-refused",
     ".spec.template.spec.terminationGracePeriodSeconds is string, must be integer"),
], ids=["chart-refuses", "built-in-kind", "wrong-type"])
def test_values_that_do_not_fit_are_told_by_release_and_path(lab, key, values, id, said):
    code, result = check(lab, fail=False, values={key: values})
    found = {one["object"]: one for one in result["findings"]}[f"Helm release {key}"]
    assert (code, found["id"]) == (0, id) and said in found["reason"], result["findings"]


def test_plan_tells_what_the_charts_make_of_the_values(lab, tmp_path):
    run = Rehearsal(lab, tmp_path)
    asked = {**run.charts(NEW), "arc_target": NEW, "arc_preflight_acknowledge": ["name-in-one-cluster"]}
    told = run.play("plan", **asked)
    assert (told.code, told.changed) == (0, 0), told.text[-4000:]
    assert f"blocker rendered-refused: Helm release {RUNNERS}/twice: " in told.text, told.text[-4000:]
    assert SECRET not in told.text
    told = run.play("plan", **{**asked, "arc_charts_controller": "oci://127.0.0.1:9/none"})
    assert (told.code, told.changed) == (0, 0), told.text[-4000:]
    assert "the chart cannot be had" in told.text and "Digest of the plan" in told.text, told.text[-4000:]
