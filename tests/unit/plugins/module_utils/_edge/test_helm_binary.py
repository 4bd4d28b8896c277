# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How helm is started: with the task's connection alone, and no secret where others can read it.

The program that is started tells what it was given, as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
import yaml

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import credentials
from ansible_collections.arc.lifecycle.plugins.module_utils._edge import helm_binary
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.helm_binary import Helm
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.options import AUTH_OPTIONS
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.errors import BadInput

TELLS = """#!{python}
import json, os, sys, time
if "sleep" in sys.argv:
    time.sleep(60)
path = os.environ.get("KUBECONFIG", "")
there = os.path.isfile(path)
print(json.dumps({{
    "arguments": sys.argv[1:], "environ": dict(os.environ), "stdin": sys.stdin.read(),
    "mode": oct(os.stat(path).st_mode & 0o777) if there else "",
    "kubeconfig": json.load(open(path)) if there and "arc-kubeconfig" in path else None,
}}))
sys.exit(3 if "fail" in sys.argv else 0)
"""


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "helm"
    path.write_text(TELLS.format(python=sys.executable), encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def told(program, arguments=("list",), values=None, environ=None, **options):
    given = {**dict.fromkeys(AUTH_OPTIONS), **options}
    with Helm(program, given, {"PATH": os.environ["PATH"], **(environ or {})}) as helm:
        said = helm.run(list(arguments), Deadline(20), values)
    return json.loads(said.out)


def test_values_go_through_standard_input_only(program):
    one = told(program, ["upgrade", "web"], {"token": "ghp_secret"}, context="east")
    assert one["arguments"] == ["upgrade", "web", "--values", "-"]
    assert json.loads(one["stdin"]) == {"token": "ghp_secret"}
    assert "ghp_secret" not in json.dumps([one["arguments"], one["environ"]])


def test_values_are_yaml_whatever_characters_they_have(program):
    values = {"say": "ready \U0001f680, caf\u00e9 \x7f \u2028 \\ud83d \\ \"q\"\n"}
    text = told(program, ["upgrade", "web"], values, context="east")["stdin"]
    # The parser of helm takes no escape of a half of a character, and folds odd ends of lines.
    assert text.isascii() and "\\ud83d\\ude80" not in text
    assert yaml.safe_load(text) == values


@pytest.mark.parametrize(("options", "variables"), [
    ({"kubeconfig": "~/a:~/b", "context": "east"},
     {"KUBECONFIG": f"{Path.home()}/a:{Path.home()}/b", "HELM_KUBECONTEXT": "east"}),
    ({"host": "https://east:6443", "api_key": "secret", "ca_cert": "/ca", "validate_certs": False},
     {"HELM_KUBEAPISERVER": "https://east:6443", "HELM_KUBETOKEN": "secret",
      "HELM_KUBECAFILE": "/ca", "HELM_KUBEINSECURE_SKIP_TLS_VERIFY": "true"}),
    ({"context": "east", "impersonate_user": "ops", "impersonate_groups": ["a", "b"]},
     {"HELM_KUBEASUSER": "ops", "HELM_KUBEASGROUPS": "a,b"}),
    ({"context": "east", "proxy": "http://proxy:3128", "no_proxy": "east"},
     {"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "east"}),
], ids=["files", "host-and-token", "impersonation", "proxy"])
def test_each_option_has_its_variable_and_is_no_argument(program, options, variables):
    one = told(program, **options)
    assert {key: one["environ"].get(key) for key in variables} == variables
    assert one["arguments"] == ["list"]


def test_variables_that_lead_helm_astray_are_not_passed_on(program):
    astray = {"HELM_KUBECONTEXT": "west", "HELM_KUBEAPISERVER": "https://west", "HELM_KUBETOKEN": "x",
              "HELM_NAMESPACE": "elsewhere", "HELM_DEBUG": "true", "HELM_CACHE_HOME": "/cache"}
    one = told(program, environ=astray, kubeconfig="/kubeconfig", context="east")
    assert {key: value for key, value in one["environ"].items() if key.startswith("HELM_")} == {
        "HELM_KUBECONTEXT": "east", "HELM_CACHE_HOME": "/cache"}


IN_A_POD = {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}


@pytest.mark.parametrize(("options", "environ", "kubeconfig"), [
    ({}, IN_A_POD, os.devnull),
    ({"host": "https://east:6443", "api_key": "secret"}, {}, os.devnull),
    ({"kubeconfig": "/given", "context": "east", "host": "https://west:6443", "api_key": "secret"},
     {}, os.devnull),
    ({}, {}, "/ambient"),
    ({"context": "east"}, IN_A_POD, "/ambient"),
    ({"kubeconfig": "/given"}, IN_A_POD, "/given"),
], ids=["pod", "host", "host-beside-file", "own-file", "context-in-pod", "file-in-pod"])
def test_helm_takes_the_users_own_kubeconfig_only_where_the_task_does(
    program, monkeypatch, tmp_path, options, environ, kubeconfig
):
    token = tmp_path / "token"
    token.write_text("of the pod", encoding="utf-8")
    monkeypatch.setattr(credentials.incluster_config, "SERVICE_TOKEN_FILENAME", str(token))
    one = told(program, environ={"KUBECONFIG": "/ambient", **environ}, **options)
    assert one["environ"]["KUBECONFIG"] == kubeconfig
    assert ("HELM_KUBECONTEXT" in one["environ"]) is (
        "context" in options and kubeconfig != os.devnull)


@pytest.mark.parametrize("options", [
    {"kubeconfig": {"users": [{"name": "me", "user": {"token": "secret"}}]}},
    {"host": "https://east:6443", "client_cert": "/cert", "client_key": "/key"},
    {"host": "https://east:6443", "username": "ops", "password": "secret"},
], ids=["dictionary", "certificate", "password"])
def test_what_has_no_variable_is_a_private_file_that_goes(program, options):
    one = told(program, **options)
    assert one["mode"] == "0o600" and one["kubeconfig"]["users"]
    assert not Path(one["environ"]["KUBECONFIG"]).exists()
    assert "secret" not in json.dumps([one["arguments"], one["environ"]])


def test_file_goes_also_when_the_work_fails(program):
    given = {**dict.fromkeys(AUTH_OPTIONS), "kubeconfig": {"users": []}}
    with pytest.raises(RuntimeError):
        with Helm(program, given, {"PATH": os.environ["PATH"]}) as helm:
            path = Path(json.loads(helm.run(["list"], Deadline(20)).out)["environ"]["KUBECONFIG"])
            raise RuntimeError
    assert not path.exists()


def test_failure_and_lack_of_time_are_told_apart(program):
    given = {**dict.fromkeys(AUTH_OPTIONS), "context": "east"}
    with Helm(program, given, {"PATH": os.environ["PATH"]}) as helm:
        assert helm.run(["fail"], Deadline(20)).code == 3
        assert helm.run(["sleep"], Deadline(0.3)).code is None


@pytest.mark.parametrize("on_term, is_written", [
    ('echo stopped > "$0.said"; exit 1', True),
    # What does not listen is killed.
    ("", False),
], ids=["listens", "deaf"])
def test_helm_may_write_down_that_it_was_stopped(tmp_path, monkeypatch, on_term, is_written):
    monkeypatch.setattr(helm_binary, "_LAST_WORDS_S", 1.0)
    path = tmp_path / "helm"
    path.write_text(f"#!/bin/sh\ntrap '{on_term}' TERM\ntouch \"$0.begun\"\n"
                    "while :; do sleep 0.05; done\n", encoding="utf-8")
    path.chmod(0o755)
    given = {**dict.fromkeys(AUTH_OPTIONS), "context": "east"}
    with Helm(str(path), given, {"PATH": os.environ["PATH"]}) as helm:
        assert helm.run(["upgrade"], Deadline(2)).code is None
    assert (tmp_path / "helm.begun").exists()
    assert (tmp_path / "helm.said").exists() is is_written


def test_program_that_is_not_there_is_bad_input():
    with pytest.raises(BadInput, match="there is no such program"):
        Helm("no-such-helm", dict.fromkeys(AUTH_OPTIONS), {"PATH": "/nowhere"})


def test_cluster_named_twice_is_bad_input(program):
    shadowing = {"PATH": os.environ["PATH"], "K8S_AUTH_HOST": "https://west"}
    with pytest.raises(BadInput, match="K8S_AUTH_HOST"):
        Helm(program, {**dict.fromkeys(AUTH_OPTIONS), "context": "east"}, shadowing)


@pytest.mark.parametrize("driver", ["configmap", "sql", "memory"])
def test_releases_that_are_not_in_secrets_are_bad_input_and_never_gone(program, driver):
    with pytest.raises(BadInput, match=f"HELM_DRIVER: {driver}"):
        told(program, environ={"HELM_DRIVER": driver})


@pytest.mark.parametrize("driver", ["", "secret", "secrets"])
def test_driver_of_secrets_is_no_harm(program, driver):
    assert told(program, environ={"HELM_DRIVER": driver})["environ"]["HELM_DRIVER"] == driver
