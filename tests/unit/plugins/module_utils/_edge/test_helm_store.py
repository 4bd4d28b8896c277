# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Helm's Secrets are read as Helm writes them, and nothing secret of them leaves."""

from __future__ import annotations

import base64
import gzip
import json

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import helm_store
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.plugins.module_utils._pure import errors
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._edge.api_server import (
    Reply,
    status,
)

LISTS = "/api/v1/(namespaces/[^/]+/)?secrets"


def release(name="web", chart="gha-runner-scale-set", revision=1, namespace="ci", **info):
    return {
        "name": name, "namespace": namespace, "version": revision,
        "chart": {"metadata": {"name": chart, "version": "0.9.3", "appVersion": "0.9.3"}},
        "info": {"status": "deployed", "last_deployed": "2026-05-01T10:00:00Z", **info},
        "config": {"githubConfigSecret": {"github_token": "ghp_secret"}, "maxRunners": 5},
        "manifest": "kind: Secret # ghp_secret",
    }


def secret(document, pack=True):
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    packed = base64.b64encode(gzip.compress(raw) if pack else raw)
    return {"metadata": {"name": "s", "namespace": "ci"},
            "data": {"release": base64.b64encode(packed).decode()}}


def stored(name, revision, namespace="ci", status="x"):
    return {"metadata": {
        "name": f"sh.helm.release.v1.{name}.v{revision}", "namespace": namespace,
        "labels": {"owner": "helm", "name": name, "version": str(revision), "status": status},
    }}


def serve(server, *releases, listed=None):
    items = [stored(one["name"], one["version"], one["namespace"], one["info"]["status"])
             for one in releases]
    body = {"kind": "PartialObjectMetadataList", "metadata": {}, "items": listed or items}
    for one in releases:
        path = (f"/api/v1/namespaces/{one['namespace']}/secrets/"
                f"sh.helm.release.v1.{one['name']}.v{one['version']}")
        server.answer("GET", path.replace(".", r"\."), Reply(body=secret(one)))
    server.answer("GET", LISTS, Reply(body=body))


def test_newest_revision_of_each_arc_release_is_told_without_values(server):
    serve(
        server, release(revision=9), release(revision=10, status="failed"),
        release("nginx", "nginx"),
        release("arc", "gha-runner-scale-set-controller", namespace="arc-systems"),
    )
    found = helm_store.read_releases(server.client(), Deadline(5))
    assert [(one["namespace"], one["name"], one["revision"], one["status"]) for one in found] == [
        ("arc-systems", "arc", 1, "deployed"), ("ci", "web", 10, "failed"),
    ]
    assert found[1] == {
        "name": "web", "namespace": "ci", "chart": "gha-runner-scale-set", "revision": 10,
        "chart_version": "0.9.3", "app_version": "0.9.3", "status": "failed",
        "updated": "2026-05-01T10:00:00Z",
        "value_paths": ["githubConfigSecret.github_token", "maxRunners"],
        "min_runners": None, "max_runners": 5, "set_name": "", "once_deployed": True,
    }
    assert "ghp_secret" not in json.dumps(found)


@pytest.mark.parametrize("before, worked", [("deployed", True), ("superseded", True), ("failed", False)])
def test_release_whose_upgrade_failed_was_deployed_once_or_never(server, before, worked):
    serve(server, release(revision=1, status=before), release(revision=2, status="failed"))
    (found,) = helm_store.read_releases(server.client(), Deadline(5))
    assert (found["status"], found["once_deployed"]) == ("failed", worked)


@pytest.mark.parametrize("given, read", [
    (3, 3), (0, 0), (3.0, 3), ("3", 3), (None, None), ("many", None),
])
def test_limits_are_numbers_in_whatever_form_the_values_have_them(given, read):
    stored_release = {**release(), "config": {"minRunners": given}}
    assert helm_store.describe(stored_release)["min_runners"] == read


def test_only_the_newest_revision_is_fetched_and_lists_carry_no_data(server):
    serve(server, release(revision=1), release(revision=2))
    helm_store.read_releases(server.client(), Deadline(5), "ci")
    assert "as=PartialObjectMetadataList" in server.requests[0].header("accept")[0]
    assert [one.path.rsplit(".", 1)[-1] for one in server.requests[1:]] == ["v2"]


def test_release_replaced_meanwhile_is_read_again(server):
    gone = [stored("web", 1)]
    body = {"kind": "SecretList", "metadata": {}, "items": gone}
    again = {**body, "items": [stored("web", 2)]}
    serve(server, release(revision=2))
    server.answer("GET", "/api/v1/namespaces/ci/secrets/.*v1", status(
        404, "NotFound", "not found", details={"name": "x"}))
    server.answer("GET", LISTS, Reply(body=body), Reply(body=again))
    assert helm_store.read_releases(server.client(), Deadline(5))[0]["revision"] == 2


def test_values_are_read_on_demand(server):
    serve(server, release())
    values = helm_store.read_values(server.client(), Deadline(5), "ci", "web", 1)
    assert values["maxRunners"] == 5


DAMAGED = {
    "no-data": {"metadata": {}},
    "no-base64": {"data": {"release": "%%%"}},
    "cut-off": {"data": {"release": base64.b64encode(
        base64.b64encode(gzip.compress(b"{}" * 999)[:-9])).decode()}},
    "no-json": secret(b"hello"),
    "no-object": secret([1, 2]),
}


@pytest.mark.parametrize("damaged", DAMAGED.values(), ids=DAMAGED.keys())
def test_damaged_release_is_an_error_and_not_an_absence(damaged):
    with pytest.raises(errors.ReadFailed, match="Helm stored in it"):
        helm_store.unpack(damaged)


def test_release_that_was_not_packed_is_read():
    assert helm_store.unpack(secret(release(), pack=False))["name"] == "web"


def test_release_that_unpacks_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(helm_store, "_MAX_UNPACKED", 1000)
    with pytest.raises(errors.ReadFailed):
        helm_store.unpack(secret({"name": "x" * 5000}))


def test_name_of_a_set_that_is_not_named_after_its_release_is_told():
    named = {**release(), "config": {"runnerScaleSetName": "gpu_large"}}
    assert [helm_store.describe(one)["set_name"] for one in (named, release())] == ["gpu_large", ""]
