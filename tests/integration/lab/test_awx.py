# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/awx.yml with the real modules of awx.awx, against as much of AWX's API as they speak to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

# pylint: disable=wrong-import-position
from awx_service import Awx  # noqa: E402

pytestmark = [pytest.mark.lab, pytest.mark.long]
TOP = Path(__file__).resolve().parents[3]
PLAYBOOKS = {f"playbooks/{path.name}" for path in (TOP / "playbooks").glob("*.yml")}
SECRETS = ["apiVersion: v1 # of-east", "apiVersion: v1 # of-west"]
GIVEN = {
    "arc_awx_image": "registry.example.com/arc-lifecycle:1.0.0",
    "arc_awx_clusters": [
        {"name": "east"}, {"name": "west", "context": "admin@west", "kubeconfig": 2},
    ],
    "arc_awx_kubeconfigs": SECRETS,
    "arc_awx_notifications": [{
        "name": "chat", "type": "webhook", "when": ["error", "approvals"],
        "configuration": {"url": "http://127.0.0.1/", "headers": {}, "http_method": "POST"},
    }],
}


def _set_up(awx, folder):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ANSIBLE_", "CONTROLLER_"))}
    paths = os.environ.get("ANSIBLE_COLLECTIONS_PATH", str(TOP / "build" / "tree"))
    variables = folder / "awx.json"
    variables.write_text(json.dumps(GIVEN), encoding="utf-8")
    return subprocess.run(
        [str(Path(sys.executable).with_name("ansible-playbook")), "arc.lifecycle.awx", "-vv",
         "--extra-vars", f"@{variables}"],
        env={**kept, "ANSIBLE_COLLECTIONS_PATH": paths, "ANSIBLE_HOME": str(folder / "ansible"),
             "CONTROLLER_HOST": awx.url, "CONTROLLER_OAUTH_TOKEN": "a-token"},
        cwd=folder, capture_output=True, text=True, check=False,
    )


@pytest.fixture(scope="module", name="done")
def _done(tmp_path_factory):
    """AWX after the playbook ran twice, with what the runs said and wrote."""
    folder = tmp_path_factory.mktemp("awx")
    with Awx(PLAYBOOKS) as awx:
        first = _set_up(awx, folder)
        assert first.returncode == 0, first.stdout[-4000:]
        awx.writes.clear()
        yield SimpleNamespace(awx=awx, first=first, second=_set_up(awx, folder))


def test_second_run_writes_the_credential_only(done):
    assert done.second.returncode == 0, done.second.stdout[-4000:]
    kinds = [write.split("/")[3] for write in done.awx.writes]
    assert kinds == ["projects", "credentials"]  # the project is fetched


def test_each_playbook_has_a_template_that_no_slice_and_no_cache_breaks(done):
    templates = done.awx.objects["job_templates"].values()
    assert {one["playbook"] for one in templates} == PLAYBOOKS - {"playbooks/awx.yml"}
    for one in templates:
        assert (one["job_slice_count"], one["timeout"]) == (1, 0)
        assert not any(one[key] for key in (
            "allow_simultaneous", "use_fact_cache", "ask_job_slice_count_on_launch", "ask_limit_on_launch"))
        assert one["survey_enabled"] and one["diff_mode"]
        assert done.awx.related_names("job_templates", one["name"], "credentials") == ["ARC kubeconfigs"]


def test_surveys_have_the_clusters_of_the_inventory(done):
    asked = {one["variable"]: one for one in done.awx.survey("job_templates", "ARC upgrade")}
    assert asked["arc_hosts"]["choices"] == ["arc_clusters", "east", "west"]
    assert asked["arc_preflight_suspended"]["choices"] == ["east", "west"]
    assert asked["arc_drain_timeout"]["default"] == 21600


def test_each_cluster_finds_its_kubeconfig_when_a_job_runs(done):
    told = {name: json.loads(done.awx.named("hosts", name)["variables"]) for name in ("east", "west")}
    assert told["east"] == {
        "context": "east", "kubeconfig": "{{ lookup('ansible.builtin.env', 'ARC_KUBECONFIG_1') }}"}
    assert told["west"] == {
        "context": "admin@west", "kubeconfig": "{{ lookup('ansible.builtin.env', 'ARC_KUBECONFIG_2') }}"}
    injectors = done.awx.named("credential_types", "ARC kubeconfigs")["injectors"]
    fields = done.awx.named("credential_types", "ARC kubeconfigs")["inputs"]["fields"]
    for number, field in enumerate(fields, 1):
        assert field["secret"]
        assert injectors["env"][f"ARC_KUBECONFIG_{number}"] == f"{{{{ tower.filename.{field['id']} }}}}"
        assert field["id"] in injectors["file"][f"template.{field['id']}"]
    group = json.loads(done.awx.named("groups", "arc_clusters")["variables"])
    assert group["ansible_python_interpreter"] == "{{ ansible_playbook_python }}"


def test_kubeconfigs_go_to_awx_and_nowhere_else(done):
    (kept,) = done.awx.secrets.values()
    assert kept == {"kubeconfig_1": SECRETS[0], "kubeconfig_2": SECRETS[1]}
    for said in (done.first, done.second):
        assert not any(secret in said.stdout + said.stderr for secret in [*SECRETS, "a-token"])


def test_workflow_is_plan_approval_upgrade_status(done):
    def after(step, relation):
        return done.awx.related_names("workflow_job_template_nodes", step, relation)

    assert after("plan", "success_nodes") == ["approval"]
    assert after("approval", "success_nodes") == ["upgrade"]
    assert after("upgrade", "always_nodes") == ["status"]
    assert after("plan", "always_nodes") == after("approval", "always_nodes") == []
    assert after("status", "success_nodes") == after("status", "always_nodes") == []
    assert done.awx.names("workflow_approval_templates") == ["ARC approval"]
    told = done.awx.related_names("workflow_job_templates", "ARC planned upgrade", "notification_templates_approvals")
    assert told == ["ARC chat"]
