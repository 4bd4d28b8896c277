# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every way in which a connection can be described wrongly has its own message."""

from __future__ import annotations

import json
import os
import stat

import pytest
import yaml

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import connect, credentials
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.plugins.module_utils._pure import errors
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._edge.api_server import (
    Reply,
    status,
)

UID = {"metadata": {"name": "kube-system", "uid": "u-1"}}
KUBE_SYSTEM = "/api/v1/namespaces/kube-system"


def kubeconfig(server="http://127.0.0.1:1", user=None, **changes):
    """A kubeconfig with the contexts east and west of one cluster and user."""
    contexts = [
        {"name": name, "context": {"cluster": "one", "user": "admin"}} for name in ("east", "west")
    ]
    document = {
        "apiVersion": "v1", "kind": "Config", "current-context": "east", "contexts": contexts,
        "clusters": [{"name": "one", "cluster": {"server": server}}],
        "users": [{"name": "admin", "user": user or {"token": "s3cret"}}],
    }
    return {**document, **changes}


@pytest.fixture
def written(tmp_path):
    def write(document):
        path = tmp_path / "config"
        path.write_text(document if isinstance(document, str) else yaml.safe_dump(document))
        return str(path)

    return write


def plugin(tmp_path, script):
    """A credential plugin that runs a shell script."""
    path = tmp_path / "log-in"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    api_version = "client.authentication.k8s.io/v1"
    return {"exec": {"apiVersion": api_version, "command": str(path), "interactiveMode": "Never"}}


BAD = {
    "broken-yaml": ("contexts: [\n  - token: s3cret: {", {}, "it is no YAML in line 2"),
    "no-kubeconfig": ("- a\n- b\n", {}, "it holds no kubeconfig"),
    "unknown-context": (
        kubeconfig(), {"context": "north"}, "option context north.*contexts there: east, west"),
    "no-current-context": (
        kubeconfig(**{"current-context": ""}), {}, "current-context .* is not set.*east, west"),
    "context-without-its-cluster": (
        kubeconfig(clusters=[]), {}, "its cluster one is not in the file"),
    "context-without-its-user": (kubeconfig(users=[]), {}, "its user admin is not in the file"),
    "certificate-file-missing": (
        kubeconfig("https://127.0.0.1:1", {"client-certificate": "/no/such.pem"}), {},
        "context east of the kubeconfig: File does not exist: /no/such.pem"),
    "ca-option-missing": (
        kubeconfig(), {"ca_cert": "/no/ca.pem"}, "option ca_cert: there is no file /no/ca.pem"),
}


@pytest.mark.parametrize("document, options, expected", BAD.values(), ids=BAD.keys())
def test_bad_kubeconfig_is_named_with_the_remedy(written, document, options, expected):
    with pytest.raises(errors.BadInput, match=expected) as caught:
        connect.connect({"kubeconfig": written(document), **options}, environ={})
    assert caught.value.next_step and "s3cret" not in str(caught.value)


def test_missing_kubeconfig_is_named(tmp_path):
    path = str(tmp_path / "nowhere")
    with pytest.raises(errors.BadInput, match=f"kubeconfig {path}: there is no such file"):
        connect.connect({"kubeconfig": path}, environ={})


def test_nothing_given_outside_a_pod_takes_the_default_file(written):
    client = connect.connect({}, environ={"KUBECONFIG": written(kubeconfig())})
    assert client.server == "http://127.0.0.1:1"


def test_several_files_are_merged(tmp_path, written):
    second = kubeconfig("http://127.0.0.1:2")
    second["contexts"][0]["name"] = "north"
    other = tmp_path / "other"
    other.write_text(yaml.safe_dump(second))
    paths = os.pathsep.join([written(kubeconfig()), str(other)])
    assert credentials.contexts_of(paths, {}) == ["east", "north", "west"]
    assert connect.connect({"kubeconfig": paths, "context": "north"}, environ={}).cluster == "north"


def test_kubeconfig_as_a_dictionary(server):
    server.answer("GET", KUBE_SYSTEM, Reply(body=UID))
    server.answer("GET", "/version", Reply(body={"gitVersion": "v1.36.3"}))
    client = connect.connect({"kubeconfig": kubeconfig(server.url), "context": "west"}, environ={})
    found = connect.identity(client, Deadline(5))
    assert found.as_dict() == {
        "name": "west", "uid": "u-1", "server": server.url, "kubernetes": "1.36.3",
    }
    assert server.requests[0].header("authorization") == ["Bearer s3cret"]


def test_host_alone_gets_no_credentials_of_a_file(server, written):
    server.answer("GET", KUBE_SYSTEM, Reply(body=UID))
    environ = {"KUBECONFIG": written(kubeconfig())}
    connect.identity(connect.connect({"host": server.url}, environ=environ), Deadline(5))
    assert server.requests[0].header("authorization") == []


def test_nothing_given_in_a_pod_takes_its_service_account(tmp_path, monkeypatch):
    for name in ("SERVICE_TOKEN_FILENAME", "SERVICE_CERT_FILENAME"):
        (tmp_path / name).write_text("s3cret")
        monkeypatch.setattr(credentials.incluster_config, name, str(tmp_path / name))
    for name, value in {"KUBERNETES_SERVICE_HOST": "10.0.0.1",
                        "KUBERNETES_SERVICE_PORT": "443"}.items():
        monkeypatch.setenv(name, value)
    configuration = credentials.configuration_of({}, os.environ)
    assert configuration.host == "https://10.0.0.1:443"
    assert configuration.auth_settings()["BearerToken"]["value"] == "bearer s3cret"
    (tmp_path / "SERVICE_CERT_FILENAME").unlink()
    with pytest.raises(errors.BadInput, match="the pod's service account"):
        credentials.configuration_of({}, os.environ)


def test_options_replace_what_the_file_says(server, written):
    server.answer("GET", KUBE_SYSTEM, Reply(body=UID))
    options = {
        "kubeconfig": written(kubeconfig()), "host": server.url + "/", "api_key": "mine",
        "impersonate_user": "ann", "impersonate_groups": ["a", "b"],
    }
    connect.identity(connect.connect(options, "blue", environ={}), Deadline(5))
    seen = server.requests[0]
    assert seen.header("authorization") == ["Bearer mine"]
    assert (seen.header("impersonate-user"), seen.header("impersonate-group")) == (
        ["ann"], ["a", "b"])


AS_OPS = {"token": "s3cret", "as": "ops", "as-groups": ["a", "b"], "as-uid": "7",
          "as-user-extra": {"example.com/why": ["night", "watch"]}}


@pytest.mark.parametrize("options, user, groups, extra", [
    ({}, ["ops"], ["a", "b"], ["night", "watch"]),
    ({"impersonate_user": "ann"}, ["ann"], [], []),
])
def test_requests_are_made_in_the_name_that_the_kubeconfig_says(
    server, written, options, user, groups, extra
):
    """The package leaves it out, and would act as the one who impersonates."""
    server.answer("GET", KUBE_SYSTEM, Reply(body=UID))
    path = written(kubeconfig(server.url, AS_OPS))
    connect.identity(connect.connect({"kubeconfig": path, **options}, environ={}), Deadline(5))
    seen = server.requests[0]
    assert seen.header("authorization") == ["Bearer s3cret"]
    assert seen.header("impersonate-user") == user
    assert seen.header("impersonate-group") == groups
    assert seen.header("impersonate-uid") == (["7"] if groups else [])
    assert seen.header("impersonate-extra-example.com%2Fwhy") == extra


PLUGINS = {
    "fails": ("echo expired session >&2; exit 1", "credential plugin .*log-in.* Run it by hand"),
    "prints-nonsense": ("echo hello", "credential plugin .*log-in"),
    "gives-nothing": (
        """echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","""
        """"status":{}}'""", "missing token"),
}


@pytest.mark.parametrize("script, expected", PLUGINS.values(), ids=PLUGINS.keys())
def test_credential_plugin_that_fails_is_named(tmp_path, written, script, expected):
    path = written(kubeconfig(user=plugin(tmp_path, script)))
    with pytest.raises(errors.BadInput, match=expected):
        connect.connect({"kubeconfig": path}, environ={})


def test_credential_plugin_that_hangs_is_not_waited_for(tmp_path, written, monkeypatch):
    monkeypatch.setattr(credentials, "PLUGIN_LIMIT_S", 0.2)
    path = written(kubeconfig(user=plugin(tmp_path, "exec sleep 2")))
    with pytest.raises(errors.BadInput, match="it took longer than 0.2 s"):
        connect.connect({"kubeconfig": path}, environ={})


def test_credential_plugin_is_run_again_after_a_401(tmp_path, server, written):
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
        "status": {"token": "TOKEN"},
    }
    script = (
        f"cd {tmp_path}; echo x >> runs; "
        f"echo '{json.dumps(credential)}' | sed \"s/TOKEN/t$(wc -l < runs | tr -d ' ')/\""
    )
    server.answer("GET", KUBE_SYSTEM, status(401, "Unauthorized"), Reply(body=UID))
    path = written(kubeconfig(server.url, plugin(tmp_path, script)))
    connect.identity(connect.connect({"kubeconfig": path}, environ={}), Deadline(5))
    sent = [one.header("authorization")[0] for one in server.of("GET", KUBE_SYSTEM)]
    assert sent == ["Bearer t1", "Bearer t2"]


@pytest.mark.parametrize("reply, kind, expected", [
    (status(403, "Forbidden", 'namespaces "kube-system" is forbidden: User "ann" cannot get '
            'resource "namespaces" in API group "" in the namespace "kube-system"'),
     errors.ReadFailed, "right to get namespaces .* as ann is missing"),
    (Reply(body="<html>log in</html>"), errors.ReadFailed, "no whole JSON document"),
    (Reply(body={"hello": "world"}), errors.ReadFailed, "not as a Kubernetes API server"),
    (Reply(302, "", headers=(("Location", "/login"),)), errors.ReadFailed, "302"),
], ids=["forbidden", "html", "other-json", "redirect-to-a-login"])
def test_identity_that_cannot_be_read_is_told(server, monkeypatch, reply, kind, expected):
    monkeypatch.setattr(connect, "IDENTITY_LIMIT_S", 0.5)
    server.answer("GET", KUBE_SYSTEM, reply)
    with pytest.raises(kind, match=expected):
        connect.identity(connect.connect({"host": server.url}, environ={}), Deadline(60))


def test_unreachable_server_is_told_long_before_the_deadline(written, monkeypatch):
    monkeypatch.setattr(connect, "IDENTITY_LIMIT_S", 0.5)
    client = connect.connect({"kubeconfig": written(kubeconfig()), "context": "east"}, environ={})
    with pytest.raises(errors.ReadFailed, match="API server http://127.0.0.1:1 in cluster east"):
        connect.identity(client, Deadline(3600))


@pytest.mark.parametrize("host", ["https://", "ftp://x", "not a host"])
def test_host_that_is_no_url_is_bad_input(host):
    with pytest.raises(errors.LifecycleError):
        connect.identity(connect.connect({"host": host}, environ={}), Deadline(0.5))


def test_time_limits_must_be_above_zero():
    with pytest.raises(errors.BadInput, match="connect_timeout.*request_timeout"):
        connect.connect(
            {"host": "https://a", "connect_timeout": 0, "request_timeout": -1}, environ={}
        )


def test_missing_library_is_told_with_the_remedy(monkeypatch):
    monkeypatch.setattr(connect, "LIBRARY_ERROR", "Traceback ...")
    with pytest.raises(errors.BadInput, match="ansible_python_interpreter"):
        connect.connect({}, environ={})
