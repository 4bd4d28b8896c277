# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks of examples/ on two clusters under load, judged by the ledger."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# pylint: disable=wrong-import-position
from rehearsal import TOP, Rehearsal  # noqa: E402

from lab import kube  # noqa: E402
from lab.arc import await_arc, install  # noqa: E402
from lab.arc.install import ScaleSet  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.state import LabState  # noqa: E402

pytestmark = [pytest.mark.lab, pytest.mark.long]
SETS = (ScaleSet("web", min_runners=1, max_runners=4),)
CLEAN = {"lost": 0, "stranded": 0, "failed": 0}
# What is done to a node here: its label tells that it was done.
NODE_TASKS = [{
    "name": "Mark the node",
    "kubernetes.core.k8s": {
        "kubeconfig": "{{ kubeconfig }}", "context": "{{ context }}", "state": "patched",
        "kind": "Node", "name": "{{ node_name }}",
        "definition": {"metadata": {"labels": {"example.com/upgraded": "{{ nodes_mark }}"}}},
    },
}]


@pytest.fixture(name="run")
def _run(tmp_path):
    lab = Lab(LabState(tmp_path / "lab"))
    lab.up(["blue", "green"])
    try:
        (tmp_path / "node_tasks.yml").write_text(yaml.safe_dump(NODE_TASKS), encoding="utf-8")
        yield Rehearsal(lab, tmp_path)
    finally:
        lab.down()


def _play(run, example, lab_charts=True, **variables):
    """Run an example as a user does; gives what it printed. `lab_charts`: in the place of those it names."""
    given = {"nodes_tasks": str(run.folder / "node_tasks.yml"), **variables}
    if lab_charts and "arc_target" in given:
        given = {**run.charts(given["arc_target"]), **given}
    command = [
        str(Path(sys.executable).with_name("ansible-playbook")), "--inventory", str(run.inventory),
        str(TOP / "examples" / f"{example}.yml"), "--extra-vars", json.dumps(given),
    ]
    done = subprocess.run(
        command, env=run.environment(), cwd=run.folder, capture_output=True, text=True,
        timeout=600, check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-1000:]
    return done.stdout


def _nodes(run, cluster):
    return await_arc.items(run.state, cluster, "/api/v1/nodes")


def _are_marked(run, mark):
    return all(
        node["metadata"]["labels"].get("example.com/upgraded") == mark
        and not node["spec"].get("unschedulable")
        for cluster in ("blue", "green") for node in _nodes(run, cluster)
    )


def _release(run, cluster):
    (raw,) = await_arc.items(run.state, cluster, kube.path_of(await_arc.ARC, "autoscalingrunnersets"))
    return raw["metadata"]["labels"]["app.kubernetes.io/version"]


def test_nodes_and_releases_are_upgraded_without_losing_a_job(run):
    run.install("0.13.1", SETS)
    run.load(SETS, every_s=3, durations_s=(2, 8))
    _play(run, "nodes", nodes_mark="one")
    assert _are_marked(run, "one")
    _play(run, "nodes_and_arc", nodes_mark="two", arc_target="0.14.0")
    assert _are_marked(run, "two")
    assert {_release(run, one) for one in ("blue", "green")} == {"0.14.0"}
    _play(run, "waves", arc_target="0.14.1", arc_status_fail_on="blocker")
    charts = run.charts("0.14.2")
    folder = run.folder / "charts" / "0.14.2"
    folder.mkdir(parents=True)
    (folder / "gha-runner-scale-set-controller").symlink_to(charts.pop("arc_charts_controller"))
    (folder / "gha-runner-scale-set").symlink_to(charts.pop("arc_charts_scale_set"))
    _play(run, "air_gapped", lab_charts=False, arc_target="0.14.2", charts_folder=str(folder.parent), **charts)
    assert {_release(run, one) for one in ("blue", "green")} == {"0.14.2"}
    ledger = run.end_load()
    assert {key: ledger[key] for key in CLEAN} == CLEAN


def test_a_github_app_installs_and_the_only_cluster_is_upgraded(run):
    secret = install.credentials(run.state, "blue", app=True)
    helm = run.charts("0.14.2")["arc_charts_helm"]
    said = _play(
        run, "github_app", arc_target="0.13.1", arc_hosts="blue", arc_setup_helm=helm,
        github_url=f"{run.state.service_url()}/acme", **secret,
    )
    assert secret["github_app_private_key"].splitlines()[1] not in said
    jobs = run.service.queue("web", 2, duration_s=2)
    run.service.wait(
        lambda ledger: {one["state"] for one in ledger["jobs"] if one["id"] in jobs} == {"completed"},
        what="the jobs to end",
    )
    _play(run, "single_cluster", arc_target="0.14.2", arc_hosts="blue")
    assert _release(run, "blue") == "0.14.2"
