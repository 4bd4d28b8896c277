# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which options every module takes to reach a cluster and to limit its waits.

Twins of doc_fragments/auth.py and wait.py. The connection options are those of kubernetes.core
(`AUTH_ARG_SPEC` in its module_utils/args_common.py), so one `module_defaults` serves both; they
are written down here because a spec of another collection may change under us. A test compares.
"""

from __future__ import annotations

import re
from typing import Any, Dict, Mapping, Set

AUTH_OPTIONS: Dict[str, Dict[str, Any]] = {
    # Its path belongs into errors; what is secret in a dictionary is hidden by secrets_of().
    "kubeconfig": {"type": "raw", "no_log": False},
    "context": {"type": "str"},
    "host": {"type": "str"},
    "api_key": {"type": "str", "no_log": True},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "validate_certs": {"type": "bool", "aliases": ["verify_ssl"]},
    "ca_cert": {"type": "path", "aliases": ["ssl_ca_cert"]},
    "client_cert": {"type": "path", "aliases": ["cert_file"]},
    "client_key": {"type": "path", "aliases": ["key_file"]},
    "proxy": {"type": "str"},
    "no_proxy": {"type": "str"},
    "proxy_headers": {
        "type": "dict",
        "options": {
            "proxy_basic_auth": {"type": "str", "no_log": True},
            "basic_auth": {"type": "str", "no_log": True},
            "user_agent": {"type": "str"},
        },
    },
    "persist_config": {"type": "bool"},
    "impersonate_user": {"type": "str"},
    "impersonate_groups": {"type": "list", "elements": "str"},
}

WAIT_OPTIONS: Dict[str, Dict[str, Any]] = {
    "timeout": {"type": "int", "default": 600},
    "connect_timeout": {"type": "int", "default": 5},
    "request_timeout": {"type": "int", "default": 30},
    "cluster_uid": {"type": "str"},
    "lease": {
        "type": "dict",
        "options": {
            "namespace": {"type": "str", "required": True},
            "holder": {"type": "str", "required": True},
        },
    },
}

# Of modules that wait: their action plugin calls them in slices, to speak between these.
SPEAK_OPTIONS: Dict[str, Dict[str, Any]] = {
    "heartbeat": {"type": "int", "default": 30},
    "slice": {"type": "int", "default": 0},
    "memory": {"type": "dict", "default": {}},
    "starter": {"type": "int", "default": 0},
}

# What AWX, kubernetes.core and people call the options in the environment. kubernetes.core
# looks for K8S_AUTH_<OPTION> and then for K8S_AUTH_<NAME IN THE PYTHON CLIENT>.
ENVIRONMENT: Dict[str, tuple] = {
    "kubeconfig": ("K8S_AUTH_KUBECONFIG",),
    "context": ("K8S_AUTH_CONTEXT",),
    "host": ("K8S_AUTH_HOST",),
    "api_key": ("K8S_AUTH_API_KEY",),
    "username": ("K8S_AUTH_USERNAME",),
    "password": ("K8S_AUTH_PASSWORD",),
    "validate_certs": ("K8S_AUTH_VALIDATE_CERTS", "K8S_AUTH_VERIFY_SSL"),
    "ca_cert": ("K8S_AUTH_CA_CERT", "K8S_AUTH_SSL_CA_CERT"),
    "client_cert": ("K8S_AUTH_CLIENT_CERT", "K8S_AUTH_CERT_FILE"),
    "client_key": ("K8S_AUTH_CLIENT_KEY", "K8S_AUTH_KEY_FILE"),
    "proxy": ("K8S_AUTH_PROXY",),
    "no_proxy": ("K8S_AUTH_NO_PROXY",),
    "persist_config": ("K8S_AUTH_PERSIST_CONFIG",),
    "impersonate_user": ("K8S_AUTH_IMPERSONATE_USER",),
    "impersonate_groups": ("K8S_AUTH_IMPERSONATE_GROUPS",),
}
PROXY_HEADER_VARIABLE = "K8S_AUTH_PROXY_HEADERS_"

# Of a kubeconfig's user; hiding these would only garble messages.
_PUBLIC_KEYS = ("name", "username", "client-certificate", "client-certificate-data",
                "client-key", "tokenFile", "command", "args", "apiVersion", "interactiveMode",
                "installHint", "as", "as-groups")

# Of a credential plugin's variables most are no secrets: a profile "prod" or a flag "1" that is
# hidden would be blotted out of every name and number of a result, and later tasks go by these.
_SECRET_VARIABLE = re.compile(r"secret|token|passw|passphrase|credential|key|auth|jwt", re.I)
_LONGEST_PLAIN = 15
_SECRET_FLAG = re.compile(r"--?[\w-]*(secret|token|password|passphrase|key)", re.I)
_LOGIN = re.compile(r"://([^/?#\s@]+)@")

# Each of these in the environment sends an explicitly named cluster's tasks elsewhere, or
# somebody else's credentials to it. Measured with kubernetes.core 6.2.0.
SHADOWING = ("host", "api_key", "username", "password", "client_cert", "client_key")


def secrets_of(kubeconfig: Any) -> Set[str]:
    """Return every text in the users of a kubeconfig given as a dictionary that may be secret."""
    if not isinstance(kubeconfig, Mapping):
        return set()
    users = kubeconfig.get("users")
    return _texts(users) if isinstance(users, list) else set()


def logins_of(value: Any) -> Set[str]:
    """Return every password or token in a URL of options: of a chart, a proxy, a server.

    A short login without a password, as in `ssh://git@host`, is a name.
    """
    if isinstance(value, Mapping):
        return set().union(*map(logins_of, value.values()), set())
    if isinstance(value, list):
        return set().union(*map(logins_of, value), set())
    found = set()
    for login in _LOGIN.findall(value) if isinstance(value, str) else ():
        name, _colon, password = login.partition(":")
        found.add(password or (name if len(name) > _LONGEST_PLAIN else ""))
    return found - {""}


def _texts(value: Any) -> Set[str]:
    if isinstance(value, Mapping):
        if _is_plain_variable(value):
            return set()
        found = set().union(*(_texts(v) for k, v in value.items() if k not in _PUBLIC_KEYS), set())
        return found | _secret_arguments(value.get("args"))
    if isinstance(value, list):
        return set().union(*map(_texts, value), set())
    return {value} if isinstance(value, str) and value else set()


def _secret_arguments(arguments: Any) -> Set[str]:
    """Return what follows options such as `--oidc-client-secret`, in the same argument or next."""
    found, is_awaited = set(), False
    for one in map(str, arguments if isinstance(arguments, list) else ()):
        flag, _equals, given = one.partition("=")
        if is_awaited and not one.startswith("-"):
            found.add(one)
        is_secret = _SECRET_FLAG.fullmatch(flag) is not None
        if is_secret:
            found.add(given)
        is_awaited = is_secret and not given
    return found - {""}


def _is_plain_variable(entry: Mapping[str, Any]) -> bool:
    """Tell whether it is a variable of a plugin's `env`, and neither its name nor its length says
    that it may be secret."""
    if set(entry) != {"name", "value"}:
        return False
    is_short = len(str(entry["value"])) <= _LONGEST_PLAIN
    return is_short and _SECRET_VARIABLE.search(str(entry["name"])) is None
