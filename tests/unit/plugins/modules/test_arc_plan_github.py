# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""arc_plan asks GitHub whether it takes the credentials of a set, with them, and only where it is told to."""

from __future__ import annotations

import base64

import pytest

from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._edge import api_server
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._edge.github_server import (
    RUNNERS,
    page,
    refused,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules import run_module
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules.scripted_cluster import (
    ScriptedCluster,
)

TOKEN = "ghp_of_the_secret"


@pytest.fixture
def github():
    with api_server.ApiServer() as running:
        running.answer("GET", RUNNERS, page())
        yield running


def asked(github, data, url="", **options):
    """The findings of a plan for a set whose Secret holds `data`, and what the module said."""
    parts = b.sound("0.9.3", url=url or f"{github.url}/acme")
    parts["autoscalingrunnersets"][0]["spec"]["githubConfigSecret"] = "web-secret"
    encoded = {key: base64.b64encode(text.encode()).decode() for key, text in data.items()}
    parts["secrets"] = [{"metadata": b.meta("Secret", b.RUNNERS, "web-secret"), "data": encoded}]
    with ScriptedCluster(parts) as cluster:
        given = {"github_api_url": f"{github.url}/api/v3", "ask_github": True, **options}
        given = {key: value for key, value in given.items() if value is not None}
        _code, result = run_module.run("arc_plan", {
            "target": "0.14.2", "clusters": [{"name": "blue", "connection": {"host": cluster.url}}], **given})
        assert cluster.writes == []
    assert all("arc_preflight_github_api_url" in one["remedy"]
               for one in result["findings"] if one["id"] == "github-unasked")
    found = {one["id"]: one["reason"] for one in result["findings"]}
    return {id: found[id] for id in ("secret-refused", "github-unasked") if id in found}, str(result)


def test_credentials_that_github_takes_are_no_finding(github):
    found, _text = asked(github, {"github_token": f"{TOKEN}\n"})
    (request,) = github.of("GET", RUNNERS)
    assert found == {} and dict(request.headers)["Authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("status", [401, 403, 404])
def test_credentials_that_github_refuses_are_told_without_them(github, status):
    github.answer("GET", RUNNERS, refused(status), first=True)
    found, text = asked(github, {"github_token": TOKEN})
    assert list(found) == ["secret-refused"] and str(status) in found["secret-refused"]
    assert found["secret-refused"].startswith("Secret arc-runners/web-secret: ") and TOKEN not in text


def test_key_that_cannot_sign_is_told_without_it(github):
    found, text = asked(github, {
        "github_app_id": "1", "github_app_installation_id": "2", "github_app_private_key": TOKEN})
    assert list(found) == ["secret-refused"] and "no RSA key" in found["secret-refused"]
    assert TOKEN not in text


def test_server_of_ones_own_that_is_not_named_gets_no_credentials(github):
    found, _text = asked(github, {"github_token": TOKEN}, github_api_url=None)
    assert list(found) == ["github-unasked"] and github.of("GET", RUNNERS) == []


def test_nobody_is_asked_unless_told_so(github):
    found, _text = asked(github, {"github_token": TOKEN}, ask_github=False)
    assert found == {} and github.requests == []
