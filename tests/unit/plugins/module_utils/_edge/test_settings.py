# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options go before the environment, and an environment that names another cluster is refused."""

from __future__ import annotations

import os

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import settings
from ansible_collections.arc.lifecycle.plugins.module_utils._pure import errors

EXPLICIT = {"kubeconfig": "/k/east", "context": "east"}

TAKEN = {
    "option-alone": ({"host": "https://a"}, {}, {"host": "https://a"}),
    "environment-alone": ({}, {"K8S_AUTH_HOST": "https://a"}, {"host": "https://a"}),
    "option-before-environment": (
        {"host": "https://a"}, {"K8S_AUTH_HOST": "https://b"}, {"host": "https://a"}),
    "kubeconfig-of-awx-with-context-of-the-host": (
        {"context": "east"}, {"K8S_AUTH_KUBECONFIG": "/k/all"},
        {"context": "east", "kubeconfig": "/k/all"}),
    "kubernetes-credential-of-awx": (
        {}, {"K8S_AUTH_HOST": "https://a", "K8S_AUTH_API_KEY": "t", "K8S_AUTH_VERIFY_SSL": "False",
             "K8S_AUTH_SSL_CA_CERT": "/ca"},
        {"host": "https://a", "api_key": "t", "validate_certs": False, "ca_cert": "/ca"}),
    "token-from-environment-for-an-explicit-host": (
        {"host": "https://a"}, {"K8S_AUTH_API_KEY": "t"}, {"host": "https://a", "api_key": "t"}),
    "empty-means-not-given": ({"host": "", "context": None}, {"K8S_AUTH_HOST": ""}, {}),
    "groups-by-comma": (
        {}, {"K8S_AUTH_IMPERSONATE_GROUPS": "a, b,"}, {"impersonate_groups": ["a", "b"]}),
    "texts-of-a-connection-in-a-list": (
        {"host": "https://a", "validate_certs": "no", "ca_cert": "~/ca", "impersonate_groups": "a,b"},
        {}, {"host": "https://a", "validate_certs": False, "ca_cert": os.path.expanduser("~/ca"),
             "impersonate_groups": ["a", "b"]}),
    "off-is-false": ({}, {"K8S_AUTH_VERIFY_SSL": "off"}, {"validate_certs": False}),
    "proxy-headers": (
        {"proxy_headers": {"user_agent": "me", "basic_auth": None, "proxy_basic_auth": None}},
        {"K8S_AUTH_PROXY_HEADERS_BASIC_AUTH": "a:b"},
        {"proxy_headers": {"user_agent": "me", "basic_auth": "a:b"}}),
    "explicit-host-beside-kubeconfig": (
        {**EXPLICIT, "host": "https://a"}, {"K8S_AUTH_HOST": "https://b"},
        {**EXPLICIT, "host": "https://a"}),
    "proxy-does-not-shadow": (
        EXPLICIT, {"K8S_AUTH_PROXY": "http://p"}, {**EXPLICIT, "proxy": "http://p"}),
}


@pytest.mark.parametrize("options, environ, expected", TAKEN.values(), ids=TAKEN.keys())
def test_settings_are_taken(options, environ, expected):
    assert settings.settings_of(options, environ) == expected


SHADOWED = {
    "host-and-token": (EXPLICIT, ["K8S_AUTH_HOST", "K8S_AUTH_API_KEY"]),
    "host-alone": ({"context": "east"}, ["K8S_AUTH_HOST"]),
    "token-alone": ({"kubeconfig": "/k/east"}, ["K8S_AUTH_API_KEY"]),
    "user-and-password": (EXPLICIT, ["K8S_AUTH_USERNAME", "K8S_AUTH_PASSWORD"]),
    "certificate-and-key": (EXPLICIT, ["K8S_AUTH_CERT_FILE", "K8S_AUTH_KEY_FILE"]),
    "certificate-by-its-option-name": (
        EXPLICIT, ["K8S_AUTH_CLIENT_CERT", "K8S_AUTH_CLIENT_KEY"]),
    "context-for-a-kubeconfig-of-the-task": ({"kubeconfig": "/k/east"}, ["K8S_AUTH_CONTEXT"]),
    "kubeconfig-as-a-dictionary": ({"kubeconfig": {"contexts": []}}, ["K8S_AUTH_HOST"]),
}


@pytest.mark.parametrize("options, variables", SHADOWED.values(), ids=SHADOWED.keys())
def test_environment_that_shadows_the_cluster_is_refused(options, variables):
    environ = {variable: "hidden-value" for variable in variables}
    with pytest.raises(errors.BadInput) as caught:
        settings.settings_of(options, environ)
    assert caught.value.details["variables"] == variables
    assert all(variable in str(caught.value) for variable in variables)
    assert "Unset it" in str(caught.value) and "hidden-value" not in str(caught.value)


def test_all_bad_inputs_are_told_together():
    with pytest.raises(errors.BadInput) as caught:
        settings.settings_of(
            {"context": "east", "client_cert": "/c"},
            {"K8S_AUTH_HOST": "https://a", "K8S_AUTH_VERIFY_SSL": "maybe"},
        )
    said = [problem["object"] for problem in caught.value.details["problems"]]
    assert said == [
        "environment variable K8S_AUTH_HOST", "environment variable K8S_AUTH_VERIFY_SSL",
        "option client_cert",
    ]
