# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""arc_info through its main(): what it says of a cluster it can see, half see, or not reach."""

from __future__ import annotations

import time

import pytest

from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._edge import api_server
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules import run_module

Reply = api_server.Reply
UID = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def server():
    with api_server.ApiServer() as running:
        running.answer("GET", "/api/v1/namespaces/kube-system",
                       Reply(body={"metadata": {"name": "kube-system", "uid": UID}}))
        running.answer("GET", "/version", Reply(body={"gitVersion": "v1.33.1"}))
        running.answer("GET", "/apis/apiextensions.*", api_server.status(404, "NotFound", "no"))
        running.answer("GET", "/apis?/.*", Reply(body={"kind": "AnyList", "items": []}))
        yield running


def info(server, **options):
    return run_module.run("arc_info", {"host": server.url, **options})


def test_an_empty_cluster_is_told_as_empty(server):
    code, result = info(server)
    assert code == 0
    assert result["cluster"]["uid"] == UID and result["cluster"]["kubernetes"] == "1.33.1"
    assert (result["changed"], result["scale_sets"], result["unread"]) == (False, [], [])
    assert set(result["counts"].values()) == {0}


def test_what_is_forbidden_is_unknown_and_never_zero(server):
    refusal = api_server.status(
        403, "Forbidden",
        'ephemeralrunners.actions.github.com is forbidden: User "eve" cannot list resource '
        '"ephemeralrunners" in API group "actions.github.com" at the cluster scope',
    )
    server.answer("GET", "/apis/actions.github.com/v1alpha1/ephemeralrunners", refusal, first=True)
    code, result = info(server)
    assert code == 0
    assert set(result["counts"].values()) == {None}
    assert [one["part"] for one in result["unread"]] == ["ephemeralrunners"]
    assert "list ephemeralrunners" in result["unread"][0]["missing_right"]
    assert any(one["id"] == "unread" and one["severity"] == "blocker"
               for one in result["findings"])


MARKED = {"metadata": {"name": "web", "namespace": "flux", "labels": {"arc.lifecycle/suspended": "true"}}}
FORBIDDEN = api_server.status(
    403, "Forbidden", 'applications.argoproj.io is forbidden: User "eve" cannot list resource '
    '"applications" in API group "argoproj.io" at the cluster scope')


@pytest.mark.parametrize("resources, held", [
    ([{"name": "rollouts"}], [{"kind": "HelmRelease", "namespace": "flux", "name": "web"}]),
    ([{"name": "applications"}], None),
], ids=["not-there", "not-allowed"])
def test_what_a_run_left_suspended_is_told_as_far_as_it_may_be_read(server, resources, held):
    server.answer("GET", "/apis/helm.toolkit.fluxcd.io/v2/helmreleases",
                  Reply(body={"kind": "HelmReleaseList", "items": [MARKED]}), first=True)
    server.answer("GET", "/apis/argoproj.io/v1alpha1/applications", FORBIDDEN, first=True)
    server.answer("GET", "/apis/argoproj.io/v1alpha1",
                  Reply(body={"kind": "APIResourceList", "resources": resources}), first=True)
    code, result = info(server)
    assert (code, result["gitops_held"]) == (0, held)
    found = [one for one in result["findings"] if one["id"] == "gitops-held"]
    assert len(found) == (1 if held else 0)
    asked = [one for one in server.requests if one.path.endswith("applications")]
    assert [one.query["labelSelector"] for one in asked] == ["arc.lifecycle/suspended"]


def test_owners_that_could_not_be_read_in_one_version_are_not_none_in_an_older_one(server):
    server.answer("GET", "/apis/helm.toolkit.fluxcd.io/v2/helmreleases",
                  api_server.status(400, "BadRequest", "broken"), first=True)
    server.answer("GET", "/apis/helm.toolkit.fluxcd.io/v2beta[12]/helmreleases",
                  Reply(404, "404 page not found"), first=True)
    code, result = info(server)
    assert (code, result["gitops_held"]) == (0, None)


def test_owners_that_do_not_answer_hold_nobody_up(server):
    server.answer("GET", "/apis/argoproj.io/v1alpha1/applications",
                  api_server.status(500, "InternalError", "conversion webhook failed"), first=True)
    begun = time.monotonic()
    code, result = info(server, timeout=100)
    assert (code, result["gitops_held"]) == (0, None)
    assert time.monotonic() - begun < 40


def test_another_cluster_than_the_one_meant_is_refused(server):
    code, result = info(server, cluster_uid="other")
    assert code == 1
    assert result["error"]["class"] == "Refused"
    assert UID in result["msg"] and "other" in result["msg"]
    assert [one.path for one in server.requests if "actions.github.com" in one.path] == []


BAD = {
    "no-such-kubeconfig": ({"kubeconfig": "/no/such/file", "context": "east"}, "/no/such/file"),
    "no-time": ({"host": "http://127.0.0.1:9", "timeout": 0}, "option timeout"),
    "nobody-answers": ({"host": "http://127.0.0.1:9", "timeout": 3}, "http://127.0.0.1:9"),
}


@pytest.mark.parametrize("options, named", BAD.values(), ids=BAD.keys())
def test_what_cannot_work_is_named_with_its_remedy(options, named):
    code, result = run_module.run("arc_info", options)
    assert code == 1 and not result["changed"]
    assert named in result["msg"]
    assert result["error"]["next_step"]


def test_shadowing_environment_is_refused(tmp_path):
    code, result = run_module.run(
        "arc_info", {"kubeconfig": str(tmp_path / "config"), "context": "east"},
        environ={"K8S_AUTH_HOST": "https://other", "K8S_AUTH_API_KEY": "secret-token"},
    )
    assert code == 1
    assert "K8S_AUTH_HOST" in result["msg"] and "secret-token" not in str(result)
