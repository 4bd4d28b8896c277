# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conformance with arc.md 8 B: what ARC's controller asks."""

from __future__ import annotations

import base64
import json

import pytest

from lab.tests.service_bench import Running, ask, runner, service, until

__all__ = ["service"]
STATISTICS = {
    "totalAvailableJobs",
    "totalAcquiredJobs",
    "totalAssignedJobs",
    "totalRunningJobs",
    "totalRegisteredRunners",
    "totalBusyRunners",
    "totalIdleRunners",
}


@pytest.mark.parametrize("slash", ["", "/"])
def test_8b_runner_groups(service: Running, slash: str) -> None:
    arc = service.arc()
    found = arc.call("GET", f"runtime/runnergroups{slash}?groupName=green")
    expected = {"id": 3, "name": "green", "size": 0, "isDefaultGroup": False}
    assert found.status == 200 and found.body == {"count": 1, "value": [expected]}
    assert arc.call("GET", "runtime/runnergroups/?groupName=no").body == {"count": 0, "value": []}


def test_8b_groups_on_request(service: Running) -> None:
    service.admin.settings(groups=["Default", "blue", "green", "group-1"])
    found = service.arc().call("GET", "runtime/runnergroups/?groupName=group-1")
    assert found.body["value"][0]["id"] == 4


def test_8b_scale_set_is_made_found_changed_deleted(service: Running) -> None:
    arc = service.arc()
    assert arc.sets("GET", "?runnerGroupId=2&name=web").body == {"count": 0, "value": []}
    number = arc.make_set("web", 2)
    found = arc.sets("GET", "?runnerGroupId=2&name=web")
    assert found.status == 200 and found.body["count"] == 1
    item = found.body["value"][0]
    assert (item["id"], item["name"], item["runnerGroupId"]) == (number, "web", 2)
    assert item["runnerGroupName"] == "blue"
    assert item["labels"] == [{"id": 1, "name": "web", "type": "System"}]
    assert item["runnerSetting"] == {"ephemeral": True, "disableUpdate": True}
    assert item["runnerJitConfigUrl"].startswith(f"{service.url}/_services/acme/_apis/")
    assert set(item["statistics"]) == STATISTICS
    assert arc.sets("GET", "?runnerGroupId=3&name=web").body["count"] == 0
    changed = arc.sets("PATCH", f"/{number}", {"runnerGroupId": 3})
    assert changed.status == 200 and changed.body["runnerGroupName"] == "green"
    assert arc.sets("GET", f"/{number}").body["name"] == "web"
    assert arc.sets("DELETE", f"/{number}").status == 204
    gone = arc.sets("GET", f"/{number}")
    assert gone.status == 404 and "RunnerScaleSetNotFoundException" in gone.body["typeName"]


def test_8b_create_body_of_0_14_without_ephemeral(service: Running) -> None:
    body = {"name": "web", "runnerGroupId": 1, "RunnerSetting": {"disableUpdate": True}}
    made = service.arc().sets("POST", "", body)
    assert made.status == 200 and made.body["runnerSetting"] == {"disableUpdate": True}
    assert made.body["labels"][0]["name"] == "web"


def test_8b_ids_are_never_given_twice(service: Running) -> None:
    arc = service.arc()
    first = arc.make_set()
    arc.sets("DELETE", f"/{first}")
    assert arc.make_set() > first


def test_8b_same_group_and_name_is_one_scale_set(service: Running) -> None:
    arc = service.arc()
    arc.make_set("web", 2)
    again = arc.sets("POST", "", {"name": "web", "runnerGroupId": 2})
    assert again.status == 409 and "RunnerScaleSetExistsException" in again.body["typeName"]
    assert arc.make_set("web", 3)


def test_8b_another_scope_sees_nothing_of_it(service: Running) -> None:
    number = service.arc().make_set()
    other = service.arc(scope="other")
    assert other.sets("GET", f"/{number}").status == 404
    assert other.sets("DELETE", f"/{number}").status == 404
    assert other.sets("GET", "?runnerGroupId=2&name=web").body["count"] == 0


@pytest.mark.parametrize("status", [404, 204, 410])
def test_8b_deleting_a_gone_scale_set_is_a_setting(service: Running, status: int) -> None:
    service.admin.settings(delete_gone_scale_set_status=status)
    assert service.arc().sets("DELETE", "/77").status == status


def test_8b_jit_config_and_name_conflict(service: Running) -> None:
    arc = service.arc("green")
    number = arc.make_set()
    first, second = arc.jit(number, "web-a"), arc.jit(number, "web-b")
    assert first["runner"] == {
        "id": first["runner"]["id"],
        "name": "web-a",
        "runnerScaleSetId": number,
    }
    assert second["runner"]["id"] > first["runner"]["id"]
    config = json.loads(base64.b64decode(first["encodedJITConfig"]))
    assert {"url", "runner_id", "runner_name", "scale_set_id", "token", "cluster", "online_s"} == (
        set(config)
    )
    assert config["cluster"] == "green" and config["url"] == service.url
    again = arc.sets("POST", f"/{number}/generatejitconfig", {"name": "web-a"})
    assert again.status == 409 and "AgentExistsException" in again.body["typeName"]
    found = arc.agents("GET", "?agentName=web-a")
    assert found.body == {"count": 1, "value": [first["runner"]]}


def test_8b_jit_config_for_no_scale_set(service: Running) -> None:
    answer = service.arc().sets("POST", "/9/generatejitconfig", {"name": "x"})
    assert answer.status == 404 and "RunnerScaleSetNotFoundException" in answer.body["typeName"]


def test_8b_agents(service: Running) -> None:
    arc = service.arc()
    made = arc.jit(arc.make_set(), "web-a")["runner"]
    assert arc.agents("GET", f"/{made['id']}").body == made
    assert arc.agents("DELETE", f"/{made['id']}").status == 204
    gone = arc.agents("GET", f"/{made['id']}")
    assert gone.status == 404 and "AgentNotFoundException" in gone.body["typeName"]
    assert arc.agents("GET", "?agentName=web-a").body == {"count": 0, "value": []}
    # From 0.11.0 on ARC removes every finished runner, which GitHub has removed by itself.
    assert arc.agents("DELETE", f"/{made['id']}").status == 204
    assert arc.agents("DELETE", "/0").status == 204


def test_8b_busy_runner_and_its_scale_set_cannot_be_deleted(service: Running) -> None:
    arc = service.arc()
    number = arc.make_set()
    service.admin.queue("web", duration_s=2)
    arc.serve(number, jobs=1)
    made = arc.jit(number, "web-a")
    with runner(made["encodedJITConfig"]) as process:
        service.admin.wait(lambda ledger: ledger["running"] == 1)
        refused = arc.agents("DELETE", f"/{made['runner']['id']}")
        assert refused.status == 400
        assert refused.headers["content-type"].startswith("application/json")
        assert "JobStillRunningException" in refused.body["typeName"] and refused.body["message"]
        refused = arc.sets("DELETE", f"/{number}")
        assert refused.status == 400
        assert "RunnerScaleSetHasRunningJobsException" in refused.body["typeName"]
        assert process.wait(10) == 0
    assert arc.agents("GET", f"/{made['runner']['id']}").status == 404
    assert arc.sets("DELETE", f"/{number}").status == 204


def test_8b_deleting_a_set_frees_its_jobs_and_ends_its_runners(service: Running) -> None:
    arc = service.arc()
    number = arc.make_set()
    jobs = service.admin.queue("web", 2, duration_s=1)
    service.admin.settings(job_start_delay_s=60)
    listener = arc.serve(number, jobs=2)
    with runner(arc.jit(number, "web-a")["encodedJITConfig"]) as process:
        until(lambda: service.admin.scale_sets()[0]["runners"][0]["online"], "runner online")
        assert arc.sets("DELETE", f"/{number}").status == 204
        out, _errors = process.communicate(timeout=10)
        assert process.returncode == 1 and "Registration was not found" in out
    ledger = service.admin.ledger()
    assert ledger["queued"] == 2 and [job["id"] for job in ledger["jobs"]] == jobs
    assert listener.poll().status == 404
    refused = arc.sets("POST", f"/{number}/sessions", {"ownerName": "x"})
    assert refused.status == 404 and "RunnerScaleSetNotFoundException" in refused.body["typeName"]


@pytest.mark.parametrize("auth", ["", "Bearer ghp_lab_blue", "Bearer a.b.c"])
def test_8b_needs_the_admin_token(service: Running, auth: str) -> None:
    url = f"{service.arc().base}/_apis/runtime/runnerscalesets?runnerGroupId=1&name=x"
    answer = ask("GET", url, auth)
    assert answer.status == 401 and answer.body["typeName"]


def test_8b_expired_admin_token_is_refused(service: Running) -> None:
    service.admin.settings(token_life_s=0)
    assert service.arc().sets("GET", "?runnerGroupId=1&name=x").status == 401


@pytest.mark.parametrize(
    "body", ["{", "[1]", '{"runnerGroupId": 1}', '{"name": "a", "runnerGroupId": 99}']
)
def test_8b_bad_bodies_are_refused(service: Running, body: str) -> None:
    answer = service.arc().sets("POST", "", body)
    assert answer.status == 400 and answer.body["message"]


def test_8b_repository_and_enterprise_scopes(service: Running) -> None:
    for scope in ("acme/app", "enterprises/lab"):
        arc = service.arc(scope=scope)
        number = arc.make_set("web", 1)
        assert arc.base.endswith(f"/_services/{scope}")
        assert arc.sets("GET", f"/{number}").body["name"] == "web"
