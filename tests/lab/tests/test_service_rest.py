# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The public REST API as users and our own tool ask it: runners, groups, runs."""

from __future__ import annotations

import re

import pytest

from lab.tests.service_bench import Running, ask, runner, service, until
from lab.tests.test_service_log_in import app_jwt, app_key, ask_installation

__all__ = ["service"]
RUNNERS = "/orgs/acme/actions/runners"


def test_runner_goes_from_offline_over_busy_to_gone(service: Running) -> None:
    arc = service.arc()
    number = arc.make_set()
    made = arc.jit(number, "web-a")
    one = f"{RUNNERS}/{made['runner']['id']}"
    found = service.rest("GET", RUNNERS).body
    assert found["total_count"] == 1
    item = found["runners"][0]
    assert (item["name"], item["status"], item["busy"]) == ("web-a", "offline", False)
    assert item["runner_group_id"] == 2 and [x["name"] for x in item["labels"]] == ["web"]
    service.admin.queue("web", duration_s=2)
    arc.serve(number, jobs=1)
    with runner(made["encodedJITConfig"]):
        busy = until(
            lambda: next((r for r in [service.rest("GET", one).body] if r["busy"]), None), "busy"
        )
        assert busy["status"] == "online"
        refused = service.rest("DELETE", one)
        assert refused.status == 422 and "still running a job" in refused.body["message"]
        service.admin.wait(lambda ledger: ledger["completed"] == 1)
    assert service.rest("GET", one).status == 404
    assert service.rest("DELETE", one).status == 404


def test_idle_runner_is_deleted(service: Running) -> None:
    arc = service.arc()
    made = arc.jit(arc.make_set(), "web-a")["runner"]
    assert service.rest("DELETE", f"{RUNNERS}/{made['id']}").status == 204
    assert service.rest("GET", RUNNERS).body["total_count"] == 0


def test_runners_are_paged(service: Running) -> None:
    arc = service.arc()
    number = arc.make_set()
    for n in range(7):
        arc.jit(number, f"web-{n}")
    seen, path = [], f"{RUNNERS}?per_page=3"
    for _number in range(3):
        answer = service.rest("GET", path)
        assert answer.body["total_count"] == 7
        seen += [item["name"] for item in answer.body["runners"]]
        links = re.findall(r'<([^>]+)>; rel="(\w+)"', answer.headers.get("link", ""))
        following = [url for url, name in links if name == "next"]
        if following:
            path = following[0].partition("/api/v3")[2]
    assert seen == [f"web-{n}" for n in range(7)] and not following
    assert service.rest("GET", f"{RUNNERS}?name=web-4").body["total_count"] == 1


def test_runners_of_a_repository_are_its_own(service: Running) -> None:
    organisation, repository = service.arc(), service.arc(scope="acme/app")
    organisation.jit(organisation.make_set("a", 1), "of-org")
    repository.jit(repository.make_set("b", 1), "of-repo")
    for path, name in ((RUNNERS, "of-org"), ("/repos/acme/app/actions/runners", "of-repo")):
        assert [r["name"] for r in service.rest("GET", path).body["runners"]] == [name]
    assert service.rest("GET", "/repos/acme/web/actions/runners").body["total_count"] == 0


def test_runners_of_an_enterprise_are_listed_for_users_and_not_for_apps(service: Running) -> None:
    arc = service.arc(scope="enterprises/lab")
    made = arc.jit(arc.make_set("web", 1), "of-enterprise")["runner"]
    path = "/enterprises/lab/actions/runners"
    found = service.rest("GET", f"{path}?name=of-enterprise").body
    assert [(r["id"], r["busy"]) for r in found["runners"]] == [(made["id"], False)]
    assert service.rest("GET", "/enterprises/none/actions/runners").status == 404
    app = ask_installation(service, 2000, app_jwt(app_key(service))).body["token"]
    assert ask("GET", f"{service.url}/api/v3{path}", f"Bearer {app}").status == 403
    assert ask("GET", f"{service.url}/api/v3{RUNNERS}", f"Bearer {app}").status == 200


def test_name_that_no_runner_has_gives_an_empty_list(service: Running) -> None:
    arc = service.arc()
    arc.jit(arc.make_set(), "web-a")
    found = service.rest("GET", f"{RUNNERS}?name=web")
    assert found.status == 200 and found.body == {"total_count": 0, "runners": []}


def test_runner_groups_and_their_runners(service: Running) -> None:
    arc = service.arc()
    arc.jit(arc.make_set("web", 3), "in-green")
    groups = service.rest("GET", "/orgs/acme/actions/runner-groups").body
    assert [(g["id"], g["name"], g["default"]) for g in groups["runner_groups"]] == [
        (1, "Default", True),
        (2, "blue", False),
        (3, "green", False),
    ]
    for group, count in ((2, 0), (3, 1)):
        path = f"/orgs/acme/actions/runner-groups/{group}/runners"
        assert service.rest("GET", path).body["total_count"] == count
    assert service.rest("GET", "/orgs/acme/actions/runner-groups/9/runners").status == 404


def test_run_of_a_queued_job_is_cancelled(service: Running) -> None:
    job = service.admin.queue("web", duration_s=1)[0]
    runs = service.rest("GET", "/repos/acme/app/actions/runs?status=queued").body
    run = runs["workflow_runs"][0]
    path = f"/repos/acme/app/actions/runs/{run['id']}"
    assert service.rest("GET", path).body["status"] == "queued"
    assert service.rest("POST", f"{path}/cancel").status == 202
    done = service.rest("GET", path).body
    assert (done["status"], done["conclusion"]) == ("completed", "cancelled")
    assert service.rest("POST", f"{path}/cancel").status == 409
    assert service.rest("GET", f"{path}/jobs").body["jobs"][0]["id"] == job
    assert service.admin.ledger(jobs=False)["failed"] == 1
    assert service.rest("GET", path.replace("/app/", "/web/")).status == 404


@pytest.mark.parametrize("act, code", [("cancel", 0), ("force-cancel", 1)])
def test_run_under_way_is_cancelled(service: Running, act: str, code: int) -> None:
    arc = service.arc()
    number = arc.make_set()
    service.admin.queue("web", duration_s=60)
    arc.serve(number, jobs=1)
    with runner(arc.jit(number, "web-a")["encodedJITConfig"]) as process:
        service.admin.wait(lambda ledger: ledger["running"] == 1)
        run = service.rest("GET", "/repos/acme/app/actions/runs").body["workflow_runs"][0]
        assert run["status"] == "in_progress"
        path = f"/repos/acme/app/actions/runs/{run['id']}"
        assert service.rest("POST", f"{path}/{act}").status == 202
        assert process.wait(10) == code
    assert service.rest("GET", path).body["conclusion"] == "cancelled"
    job = service.admin.ledger()["jobs"][0]
    assert (job["state"], job["conclusion"]) == ("failed", "canceled")


@pytest.mark.parametrize(
    "path, status",
    [
        ("/rate_limit", 200),
        ("/user", 200),
        ("/meta", 200),
        ("/orgs/acme", 200),
        ("/repos/acme/app", 200),
        ("/orgs/none/actions/runners", 404),
        ("/nothing/here", 404),
    ],
)
def test_small_calls(service: Running, path: str, status: int) -> None:
    answer = service.rest("GET", path)
    assert answer.status == status and isinstance(answer.body, dict)


@pytest.mark.parametrize("path", ["/rate_limit", "/user", RUNNERS])
def test_wrong_token_is_refused_everywhere(service: Running, path: str) -> None:
    for auth in ("", "Bearer ghp_wrong", "token ghp_lab_mauve"):
        answer = ask("GET", f"{service.url}/api/v3{path}", auth)
        assert answer.status == 401 and answer.body["message"]
    assert ask("GET", f"{service.url}/api/v3{path}", "token ghp_lab_blue").status == 200
