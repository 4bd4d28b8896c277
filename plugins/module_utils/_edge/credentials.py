# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How settings become a configuration of the kubernetes package, or an error one can act upon.

The package drops the reason why a credential plugin failed and goes on without credentials, and
names neither the contexts there are nor the line of broken YAML; so both are looked at here.
"""

from __future__ import annotations

import logging
import os
import threading
import traceback
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple
from urllib.parse import quote

from .._pure.errors import BadInput

# Told to the user by connect.require_library(); modules must be importable without the package.
LIBRARY_ERROR: Optional[str] = None
try:
    import yaml
    from kubernetes.client.configuration import Configuration
    from kubernetes.config import incluster_config, kube_config
    from kubernetes.config.config_exception import ConfigException
    from urllib3.util import make_headers
except ImportError:
    LIBRARY_ERROR = traceback.format_exc()
    yaml = Configuration = incluster_config = kube_config = make_headers = None
    ConfigException = Exception

# A credential plugin may ask a cloud; the package itself would wait for ever.
PLUGIN_LIMIT_S = 60.0
_MAX_CAUSE = 300


def configuration_of(settings: Mapping[str, Any], environ: Mapping[str, str]) -> Any:
    """Return a new Configuration. Reads files and runs the kubeconfig's credential plugin.

    Order: host; kubeconfig or context; the pod's service account; the file
    named by KUBECONFIG, else ~/.kube/config. Options then replace what the file says.
    Raises BadInput.
    """
    configuration = Configuration()
    if is_of_a_file(settings, environ):
        _from_kubeconfig(configuration, settings, environ)
    elif not _is_complete(settings):
        _from_pod(configuration)
    _replace(configuration, settings)
    return configuration


def impersonation_of(
    settings: Mapping[str, Any], environ: Mapping[str, str]
) -> Tuple[Tuple[str, str], ...]:
    """Return the headers that make requests in another's name: of the options, else of the file.

    The package leaves out what a kubeconfig's user says (`as`, `as-groups`, `as-uid`,
    `as-user-extra`), and would act as the one who impersonates. Raises BadInput.
    """
    user, groups = settings.get("impersonate_user"), settings.get("impersonate_groups") or ()
    uid, extra = "", {}
    if not user and not groups and is_of_a_file(settings, environ):
        _context, said = _checked(settings.get("kubeconfig"), settings.get("context"), environ)
        user, groups, uid = said.get("as"), said.get("as-groups") or (), said.get("as-uid")
        extra = said.get("as-user-extra") or {}
    headers = [("Impersonate-User", str(user))] if user else []
    headers += [("Impersonate-Group", str(group)) for group in groups]
    headers += [("Impersonate-Uid", str(uid))] if uid else []
    headers += [
        (f"Impersonate-Extra-{quote(str(key), safe='')}", str(value))
        for key, values in extra.items() for value in values
    ]
    return tuple(headers)


def contexts_of(kubeconfig: Any, environ: Mapping[str, str]) -> List[str]:
    """Return the names of the contexts of a kubeconfig (path, paths or dict), sorted."""
    document = _document(kubeconfig, environ)
    return sorted(_names(document, "contexts"))


def is_of_a_file(settings: Mapping[str, Any], environ: Mapping[str, str]) -> bool:
    """Tell whether a kubeconfig has to do with the connection: a given one, or the user's own."""
    if _is_complete(settings):
        return False
    return bool(settings.get("kubeconfig") or settings.get("context")) or not _is_in_pod(environ)


def _is_complete(settings: Mapping[str, Any]) -> bool:
    """Tell whether host and credentials leave nothing to a kubeconfig.

    A host alone never gets the credentials of a kubeconfig that nobody named.
    """
    if not settings.get("host"):
        return False
    if not settings.get("kubeconfig") and not settings.get("context"):
        return True
    return bool(
        settings.get("api_key") or settings.get("username") or settings.get("client_cert")
    )


def _is_in_pod(environ: Mapping[str, str]) -> bool:
    if LIBRARY_ERROR is not None or not environ.get("KUBERNETES_SERVICE_HOST"):
        return False
    return os.path.isfile(incluster_config.SERVICE_TOKEN_FILENAME)


def _from_pod(configuration: Any) -> None:
    try:
        incluster_config.load_incluster_config(client_configuration=configuration)
    except (ConfigException, OSError) as error:
        raise BadInput(
            cluster="",
            object="the pod's service account",
            cause=_short(error),
            next_step="Mount the service account token, or give kubeconfig or host",
        ) from error


def _from_kubeconfig(
    configuration: Any, settings: Mapping[str, Any], environ: Mapping[str, str]
) -> None:
    kubeconfig = settings.get("kubeconfig")
    context, user = _checked(kubeconfig, settings.get("context"), environ)
    limits = {
        "context": context,
        "client_configuration": configuration,
        "persist_config": bool(settings.get("persist_config")),
    }
    command = str((user.get("exec") or {}).get("command", ""))
    if isinstance(kubeconfig, dict):
        def load() -> None:
            kube_config.load_kube_config_from_dict(kubeconfig, **limits)
    else:
        def load() -> None:
            paths = os.pathsep.join(_paths(kubeconfig, environ))
            kube_config.load_kube_config(paths, **limits)
    said = _load(load, command, context)
    if command and not _has_credentials(configuration):
        raise _plugin_failed(command, context, said)


def _load(load: Callable[[], None], command: str, context: str) -> str:
    """Run `load` within a limit; return what the package wrote to its log meanwhile."""
    failures: List[BaseException] = []
    log = _Lines()

    def run() -> None:
        try:
            load()
        except Exception as error:  # the package lets anything through; told below
            failures.append(error)

    root = logging.getLogger()
    root.addHandler(log)
    try:
        thread = threading.Thread(target=run, name="kubeconfig", daemon=True)
        thread.start()
        thread.join(PLUGIN_LIMIT_S)
    finally:
        root.removeHandler(log)
    if thread.is_alive():
        raise _plugin_failed(command, context, f"it took longer than {PLUGIN_LIMIT_S:g} s")
    if failures:
        raise BadInput(
            cluster="",
            object=f"context {context} of the kubeconfig",
            cause=_short(failures[0]),
            next_step="Correct the kubeconfig",
        ) from failures[0]
    return log.text()


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._lines: List[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(record.getMessage())

    def text(self) -> str:
        return " ".join(" ".join(self._lines).split())[:_MAX_CAUSE]


def _plugin_failed(command: str, context: str, said: str) -> BadInput:
    return BadInput(
        cluster="",
        object=f"credential plugin {command or 'of the kubeconfig'} of context {context}",
        cause=said or "it gave no credentials",
        next_step="Run it by hand as the user of this play, log in again, or give api_key",
    )


def _has_credentials(configuration: Any) -> bool:
    tokens = [one.get("value") for one in configuration.auth_settings().values()]
    return any(tokens) or bool(configuration.cert_file)


def _checked(
    kubeconfig: Any, context: Optional[str], environ: Mapping[str, str]
) -> Tuple[str, Dict[str, Any]]:
    """Return the context's name and its user entry, after everything it names was found."""
    document = _document(kubeconfig, environ)
    contexts = _names(document, "contexts")
    where = _where(kubeconfig, environ)
    known = ", ".join(sorted(contexts)) or "none"
    name = context or str(document.get("current-context") or "")
    if not name or name not in contexts:
        raise BadInput(
            cluster="",
            object=f"option context {name}" if context else f"current-context of {where}",
            cause=f"there is no context {name} in {where}" if name else "it is not set",
            next_step=f"Name one of the contexts there: {known}",
            details={"contexts": sorted(contexts)},
        )
    chosen = contexts[name].get("context") or {}
    users = _names(document, "users")
    for kind, entries in (("cluster", _names(document, "clusters")), ("user", users)):
        if chosen.get(kind) and chosen[kind] not in entries:
            raise BadInput(
                cluster="",
                object=f"context {name} of {where}",
                cause=f"its {kind} {chosen[kind]} is not in the file",
                next_step=f"Add the {kind}, or name one of the contexts there: {known}",
            )
    return name, (users.get(chosen.get("user", "")) or {}).get("user") or {}


def _document(kubeconfig: Any, environ: Mapping[str, str]) -> Dict[str, Any]:
    """Return the kubeconfig as the package would merge it: of each name the first entry."""
    if isinstance(kubeconfig, dict):
        return kubeconfig
    paths = _paths(kubeconfig, environ)
    there = [path for path in paths if os.path.isfile(path)]
    if not there:
        raise BadInput(
            cluster="",
            object=_where(kubeconfig, environ),
            cause="there is no such file",
            next_step="Give a kubeconfig that exists, or host with api_key"
                      if kubeconfig else "Give kubeconfig, or host with api_key",
        )
    merged: Dict[str, Any] = {}
    for path in there:
        for key, value in _parsed(path).items():
            if isinstance(value, list):
                merged[key] = (merged.get(key) or []) + value
            elif not merged.get(key):
                merged[key] = value
    return merged


def _parsed(path: str) -> Dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as stream:
            document = yaml.safe_load(stream)
    except (OSError, UnicodeDecodeError) as error:
        raise _broken_file(path, f"it cannot be read: {_short(error)}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" in line {mark.line + 1}" if mark else ""
        # The YAML library's text quotes the line, which may hold a token.
        raise _broken_file(path, f"it is no YAML{line}") from None
    if not isinstance(document, dict):
        raise _broken_file(path, "it holds no kubeconfig")
    return document


def _broken_file(path: str, cause: str) -> BadInput:
    return BadInput(
        cluster="",
        object=f"kubeconfig {path}",
        cause=cause,
        next_step="Correct the file, or name another one",
    )


def _paths(kubeconfig: Any, environ: Mapping[str, str]) -> List[str]:
    text = kubeconfig or environ.get("KUBECONFIG") or os.path.join("~", ".kube", "config")
    return [os.path.expanduser(one) for one in str(text).split(os.pathsep) if one]


def _where(kubeconfig: Any, environ: Mapping[str, str]) -> str:
    if isinstance(kubeconfig, dict):
        return "the kubeconfig given as a dictionary"
    return "kubeconfig " + os.pathsep.join(_paths(kubeconfig, environ))


def _names(document: Mapping[str, Any], section: str) -> Dict[str, Any]:
    entries = document.get(section) or ()
    found: Dict[str, Any] = {}
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and entry.get("name"):
            found.setdefault(str(entry["name"]), entry)
    return found


def _replace(configuration: Any, settings: Mapping[str, Any]) -> None:
    for name in ("ca_cert", "client_cert", "client_key"):
        path = settings.get(name)
        if path and not os.path.isfile(path):
            raise BadInput(
                cluster="",
                object=f"option {name}",
                cause=f"there is no file {path}",
                next_step="Give the path of a file in PEM form",
            )
    plain = {
        "validate_certs": "verify_ssl", "ca_cert": "ssl_ca_cert", "client_cert": "cert_file",
        "client_key": "key_file", "proxy": "proxy", "no_proxy": "no_proxy",
        "username": "username", "password": "password",
    }
    for name, attribute in plain.items():
        if settings.get(name) is not None:
            setattr(configuration, attribute, settings[name])
    if settings.get("host"):
        configuration.host = str(settings["host"]).rstrip("/")
    if settings.get("api_key"):
        configuration.refresh_api_key_hook = None
        configuration.api_key = {"authorization": f"Bearer {settings['api_key']}"}
    if settings.get("proxy_headers"):
        configuration.proxy_headers = make_headers(**settings["proxy_headers"])


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:_MAX_CAUSE] or type(error).__name__
