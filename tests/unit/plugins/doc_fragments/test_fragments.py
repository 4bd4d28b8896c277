# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection options are kubernetes.core's, in the spec and in the documentation."""

from __future__ import annotations

import pytest
import yaml

from ansible_collections.arc.lifecycle.plugins.doc_fragments import attributes, auth, github, wait
from ansible_collections.arc.lifecycle.plugins.module_utils._edge import github as github_edge
from ansible_collections.arc.lifecycle.plugins.module_utils._edge import fleet_reading, options


def _documented(fragment):
    return yaml.safe_load(fragment.DOCUMENTATION)["options"]


def _form(spec):
    """The part of an option that decides what a user may write; a type left out is str."""
    form = {
        "type": spec.get("type", "str"),
        "aliases": sorted(spec.get("aliases", ())),
        "elements": spec.get("elements"),
        "default": spec.get("default"),
    }
    nested = spec.get("options") or spec.get("suboptions") or {}
    return {**form, "nested": {name: _form(one) for name, one in nested.items()}}


def _forms(specs):
    return {name: _form(spec) for name, spec in specs.items()}


@pytest.mark.parametrize("ours, text", [
    (options.AUTH_OPTIONS, auth.ModuleDocFragment.DOCUMENTATION),
    (options.WAIT_OPTIONS, wait.ModuleDocFragment.DOCUMENTATION),
    (options.SPEAK_OPTIONS, wait.ModuleDocFragment.SPEAK),
    (github_edge.GITHUB_OPTIONS, github.ModuleDocFragment.DOCUMENTATION),
], ids=["auth", "wait", "speak", "github"])
def test_spec_and_fragment_are_twins(ours, text):
    assert _forms(ours) == _forms(yaml.safe_load(text)["options"])


def test_every_option_is_described_and_its_variables_are_named():
    documented = _documented(auth.ModuleDocFragment)
    for name, variables in options.ENVIRONMENT.items():
        text = " ".join(documented[name]["description"])
        assert any(f"E({variable})" in text for variable in variables), name


def test_shadowing_options_have_variables():
    assert set(options.SHADOWING) <= set(options.ENVIRONMENT)


@pytest.fixture
def upstream():
    try:
        from ansible_collections.kubernetes.core.plugins.doc_fragments import k8s_auth_options
        from ansible_collections.kubernetes.core.plugins.module_utils import args_common
    except ImportError:
        pytest.skip("kubernetes.core is not installed, so there is nothing to compare with")
    return args_common, k8s_auth_options


def test_spec_equals_that_of_kubernetes_core(upstream):
    theirs = upstream[0].AUTH_ARG_SPEC
    assert _forms(options.AUTH_OPTIONS) == _forms(theirs)
    # kubeconfig: its path belongs into errors, and the secrets of a dictionary are hidden singly.
    hidden = {name for name, spec in theirs.items() if spec.get("no_log")} - {"kubeconfig"}
    assert hidden == {name for name, spec in options.AUTH_OPTIONS.items() if spec.get("no_log")}


def test_fragment_equals_that_of_kubernetes_core(upstream):
    theirs = _documented(upstream[1].ModuleDocFragment)
    assert _forms(_documented(auth.ModuleDocFragment)) == _forms(theirs)


@pytest.mark.parametrize("name", ["DOCUMENTATION", "INFO", "GROUP"])
def test_attributes_are_described(name):
    found = yaml.safe_load(getattr(attributes.ModuleDocFragment, name))["attributes"]
    assert found and all(one["description"] for one in found.values())


def test_secrets_of_a_kubeconfig_dictionary_are_known_and_names_are_not():
    user = {"token": "t0", "client-key-data": "k0", "username": "eve", "exec": {
        "command": "aws", "args": ["eks"], "env": [
            {"name": "AWS_SECRET_ACCESS_KEY", "value": "e0"}, {"name": "AWS_PROFILE", "value": "prod"},
            {"name": "FLAG", "value": "1"}, {"name": "OTHER", "value": "e" * 16}]}}
    document = {"contexts": [{"name": "east"}], "users": [{"name": "admin", "user": user}]}
    assert options.secrets_of(document) == {"t0", "k0", "e0", "e" * 16}
    assert options.secrets_of("~/.kube/config") == set()


def test_all_that_an_option_hides_is_hidden_in_a_connection_in_a_list():
    hidden = [name for name, one in options.AUTH_OPTIONS.items() if one.get("no_log")]
    below = options.AUTH_OPTIONS["proxy_headers"]["options"]
    connection = {
        **{name: f"of-{name}" for name in hidden},
        "proxy_headers": {name: f"of-{name}" for name in below},
        "kubeconfig": {"users": [{"name": "me", "user": {"token": "of-kubeconfig"}}]},
    }
    hidden += [name for name, one in below.items() if one.get("no_log")] + ["kubeconfig"]
    found = fleet_reading.hidden_of([{"name": "east", "connection": connection}])
    assert found == {f"of-{name}" for name in hidden}


@pytest.mark.parametrize(("arguments", "secrets"), [
    (["oidc-login", "get-token", "--oidc-client-secret=s3cret"], {"s3cret"}),
    (["get-token", "--client-secret", "s3cret", "--tenant-id", "t"], {"s3cret"}),
    (["eks", "get-token", "--cluster-name", "east", "--token-cache-storage=disk"], set()),
    (["--oidc-use-access-token", "--v=1"], set()),
    (None, set()),
], ids=["one", "two", "none", "switch", "no-arguments"])
def test_secret_among_the_arguments_of_a_credential_plugin_is_known(arguments, secrets):
    user = {"exec": {"command": "kubelogin", "args": arguments}}
    assert options.secrets_of({"users": [{"name": "me", "user": user}]}) == secrets


@pytest.mark.parametrize(("url", "secrets"), [
    ("https://bob:s3cret@charts.example.com/x.tgz", {"s3cret"}),
    ("https://ghp_0123456789abcdef@charts.example.com/x.tgz", {"ghp_0123456789abcdef"}),
    ("git+ssh://git@github.com/acme/charts@arc?ref=main", set()),
    ("oci://ghcr.io/acme/arc@sha256:0123456789abcdef", set()),
    ("https://east:6443/at@home", set()),
], ids=["password", "token", "name", "digest", "path"])
def test_logins_in_urls_are_known_wherever_they_stand(url, secrets):
    assert options.logins_of({"chart": url, "timeout": 5}) == secrets
    assert options.logins_of({"clusters": [{"connection": {"proxy": url}}]}) == secrets
