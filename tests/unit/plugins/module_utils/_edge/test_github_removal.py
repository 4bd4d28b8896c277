# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a release leaves at GitHub is deleted there, or kept where somebody uses it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import github_removal
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.plugins.module_utils._pure import errors
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.objects import (
    Ref,
    Runner,
    ScaleSet,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._edge.api_server import (
    Reply,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._edge.github_server import (
    RUNNERS,
    TOKEN,
    refused,
)

REGISTRATION = "/api/v3/orgs/acme/actions/runners/registration-token"
AS_RUNNER = "/api/v3/actions/runner-registration"
SETS = "/tenant/_apis/runtime/runnerscalesets/7"
SESSIONS = f"{SETS}/sessions"


def removal(server, limit_s=20.0):
    options = {"token": TOKEN, "api_url": f"{server.url}/api/v3"}
    return github_removal.Removal(options, Deadline(limit_s))


def runner(server):
    return Runner(ref=Ref("EphemeralRunner", "arc-runners", "web-a", "u"),
                  owner_uid="o", scale_set_name="web", config_url=f"{server.url}/acme", runner_id=12)


def scale_set(server):
    return ScaleSet(
        ref=Ref("AutoscalingRunnerSet", "arc-runners", "web", "u"), release="0.14.2", name="web",
        group="Default", config_url=f"{server.url}/acme", scale_set_id=7)


def open_door(server, registered=0, session=Reply):
    """GitHub lets us in, and the scale set has so many runners."""
    server.answer("POST", REGISTRATION, Reply(201, {"token": "reg"}))
    server.answer("POST", AS_RUNNER, Reply(
        200, {"url": f"{server.url}/tenant/", "token": "admin"}))
    server.answer("POST", SESSIONS, session(200, {
        "sessionId": "s-1", "statistics": {"totalRegisteredRunners": registered}}))
    server.answer("DELETE", f"{SESSIONS}/s-1", Reply(204, {}))
    server.answer("DELETE", SETS, Reply(204, {}))


@pytest.mark.parametrize("status, result", [(204, "deleted"), (404, "gone")])
def test_runner_is_deleted_by_its_id(server, status, result):
    server.answer("DELETE", f"{RUNNERS}/12", Reply(status, {}))
    assert removal(server).runner(runner(server)) == {
        "kind": "runner", "name": "web-a", "id": 12, "result": result}
    (asked,) = server.requests
    assert asked.header("Authorization") == [f"Bearer {TOKEN}"]


def test_runner_with_a_job_is_judged_anew(server):
    server.answer("DELETE", f"{RUNNERS}/12", refused(422, "Runner is currently running a job"))
    with pytest.raises(errors.Conflict, match="a job runs on it"):
        removal(server).runner(runner(server))


@pytest.mark.parametrize("status", [401, 403])
def test_refusal_says_what_to_do_and_no_secret(server, status):
    server.answer("DELETE", f"{RUNNERS}/12", refused(status, "Bad credentials"))
    with pytest.raises(errors.WriteFailed) as caught:
        removal(server).runner(runner(server))
    assert "right to administer runners" in str(caught.value)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("url", ["https://github.com/acme", "https://other.example.com/acme"])
def test_nothing_is_deleted_by_its_number_at_another_github(server, url):
    open_door(server)
    server.answer("DELETE", f"{RUNNERS}/12", Reply(204, {}))
    ours = removal(server)
    for delete, what in ((ours.runner, runner(server)), (ours.scale_set, scale_set(server))):
        with pytest.raises(errors.BadInput, match="not of the GitHub"):
            delete(replace(what, config_url=url))
    assert server.requests == []


def test_scale_set_that_nobody_uses_is_deleted(server):
    open_door(server)
    assert removal(server).scale_set(scale_set(server)) == {
        "kind": "scale set", "name": "web", "id": 7, "result": "deleted"}
    told = [(one.method, one.path) for one in server.requests]
    assert told == [("POST", REGISTRATION), ("POST", AS_RUNNER), ("POST", SESSIONS),
                    ("DELETE", f"{SESSIONS}/s-1"), ("DELETE", SETS)]
    assert server.requests[1].header("Authorization") == ["RemoteAuth reg"]
    assert server.requests[1].body == {
        "url": f"{server.url}/acme", "runner_event": "register"}
    assert {one.header("Authorization")[0] for one in server.requests[2:]} == {"Bearer admin"}


def test_login_is_made_once(server):
    open_door(server)
    ours = removal(server)
    ours.scale_set(scale_set(server))
    ours.scale_set(scale_set(server))
    assert len(server.of("POST", REGISTRATION)) == 1


def test_scale_set_with_runners_is_kept(server):
    open_door(server, registered=2)
    done = removal(server).scale_set(scale_set(server))
    assert (done["result"], done["reason"]) == ("kept", "2 runners are registered with it")
    assert server.of("DELETE", SETS) == []
    assert len(server.of("DELETE", f"{SESSIONS}/s-1")) == 1


def test_scale_set_that_another_listener_has_is_kept(server):
    open_door(server, session=lambda _status, body: Reply(409, body))
    done = removal(server).scale_set(scale_set(server))
    assert done["result"] == "kept" and "message session" in done["reason"]
    assert server.of("DELETE", SETS) == []


def test_scale_set_that_is_not_there_is_gone(server):
    open_door(server, session=lambda _status, body: Reply(404, body))
    assert removal(server).scale_set(scale_set(server))["result"] == "gone"


def test_login_that_is_refused_is_told(server):
    server.answer("POST", REGISTRATION, refused(403, "Resource not accessible"))
    with pytest.raises(errors.WriteFailed, match="no token to manage runners"):
        removal(server).scale_set(scale_set(server))
