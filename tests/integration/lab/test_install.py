# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ARC comes into empty clusters, takes jobs, and goes again. The ledger is the judge."""

from __future__ import annotations

import base64
import sys
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# pylint: disable=wrong-import-position
from rehearsal import Rehearsal  # noqa: E402

from lab.arc import await_arc, install  # noqa: E402
from lab.arc.install import ScaleSet  # noqa: E402
from lab.kube import path_of  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.state import LabState  # noqa: E402

pytestmark = [pytest.mark.lab, pytest.mark.long]

WEB = ScaleSet("web", inline=True, min_runners=1)


@pytest.fixture
def run(tmp_path):
    """Two clusters without ARC."""
    lab = Lab(LabState(tmp_path / "lab"))
    lab.up(["blue", "green"])
    try:
        yield Rehearsal(lab, tmp_path)
    finally:
        lab.down()


def test_install_takes_jobs_is_idempotent_and_goes_without_a_trace(run):
    values = install.values_of(run.state, "blue", WEB)
    given = {
        "arc_hosts": "blue", "arc_target": "0.14.2",
        "arc_setup_helm": run.charts("0.14.2")["arc_charts_helm"],
        "arc_setup_scale_sets": [
            {"helm": "web", "namespace": "arc-runners", "values": values}],
    }
    first = run.play("install", **given)
    assert first.code == 0, first.text[-4000:]
    assert str(values["githubConfigSecret"]["github_token"]) not in first.text
    jobs = run.service.queue("web", 2, scope="acme", duration_s=2)
    run.service.wait(lambda ledger: {
        one["state"] for one in ledger["jobs"] if one["id"] in jobs} == {"completed"},
        what="the jobs to end")
    second = run.play("install", **given)
    assert (second.code, second.changed) == (0, 0), second.text[-4000:]
    other = run.play("install", **{**given, "arc_target": "0.13.1"})
    assert other.code != 0 and "use arc.lifecycle.upgrade" in other.text
    assert other.changed == 0
    asked = {"arc_hosts": "blue", "arc_uninstall_confirm": True, "arc_uninstall_crds": True,
             "arc_uninstall_helm": given["arc_setup_helm"]}
    gone = run.play("uninstall", **asked)
    assert gone.code == 0, gone.text[-4000:]
    crds = path_of("apiextensions.k8s.io/v1", "customresourcedefinitions")
    assert [one["metadata"]["name"] for one in await_arc.items(run.state, "blue", crds)
            if one["spec"]["group"] == "actions.github.com"] == []
    again = run.play("uninstall", **asked)
    assert (again.code, again.changed) == (0, 0), again.text[-4000:]


def test_a_cluster_is_reached_by_address_and_client_certificate(run, tmp_path):
    config = yaml.safe_load(run.state.cluster("blue").kubeconfig.read_text(encoding="utf-8"))
    user, cluster = config["users"][0]["user"], config["clusters"][0]["cluster"]
    reached = {"host": cluster["server"]}
    for option, data in (("client_cert", user["client-certificate-data"]),
                         ("client_key", user["client-key-data"]),
                         ("ca_cert", cluster["certificate-authority-data"])):
        path = tmp_path / f"{option}.pem"
        path.write_bytes(base64.b64decode(data))
        reached[option] = str(path)
    given = {
        "arc_hosts": "blue", "arc_preflight_connection": reached,
        "kubeconfig": str(tmp_path / "none"), "arc_preflight_acknowledge": ["name-in-one-cluster"],
        "arc_setup_helm": run.charts("0.14.2")["arc_charts_helm"],
        "arc_setup_scale_sets": [{
            "helm": "web", "namespace": "arc-runners", "values": install.values_of(run.state, "blue", WEB)}],
    }
    installed = run.play("install", arc_target="0.14.1", **given)
    assert installed.code == 0, installed.text[-4000:]
    upgraded = run.play("upgrade", arc_target="0.14.2", **given)
    assert upgraded.code == 0, upgraded.text[-4000:]
    told = run.play("status", **{**given, "arc_preflight_connection": {
        **reached, "impersonate_user": "nobody-here"}})
    assert told.code != 0 and "as nobody-here is missing" in told.text, told.text[-4000:]
