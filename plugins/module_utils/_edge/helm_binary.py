# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The helm program: run against the cluster of the task, and no other.

kubernetes.core's own module starts helm five times for a release, one release after another, and
writes values and kubeconfig into files. Here helm is started once for a release, values go
through its standard input, and tokens through its environment.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from types import TracebackType
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Type

from .._pure.errors import BadInput
from . import credentials, settings
from .deadline import Deadline

# Each of these would send helm to another cluster or namespace than the task's.
_STRAYS = ("HELM_KUBE", "HELM_NAMESPACE", "HELM_DEBUG")
# How long Helm may take to write down that it was stopped.
_LAST_WORDS_S = 5.0
_NOT_ASCII = re.compile(r"[^\x00-\x7e]")
_OF_A_FILE = ("kubeconfig", "context")
_DRIVERS = ("", "secret", "secrets")
_VARIABLES = {
    "context": "HELM_KUBECONTEXT",
    "host": "HELM_KUBEAPISERVER",
    "api_key": "HELM_KUBETOKEN",
    "ca_cert": "HELM_KUBECAFILE",
    "impersonate_user": "HELM_KUBEASUSER",
    "proxy": "HTTPS_PROXY",
    "no_proxy": "NO_PROXY",
}


class Said(NamedTuple):
    """How a run of helm ended. `code`: None if it was ended for want of time."""

    code: Optional[int]
    out: str
    err: str


class Helm:
    """helm with the connection of a task; as a context manager it leaves no file behind.

    `options`: a module's parameters. Raises BadInput where helm is not there, the options
    contradict the environment, or releases are not kept in Secrets.
    """

    def __init__(
        self, binary: str, options: Mapping[str, Any], environ: Optional[Mapping[str, str]] = None
    ) -> None:
        given = dict(os.environ if environ is None else environ)
        path = shutil.which(os.path.expanduser(binary), path=given.get("PATH"))
        if path is None:
            raise BadInput(
                cluster="", object=f"option helm {binary}",
                cause="there is no such program on the host that runs the module",
                next_step="Install Helm 3 there, or give its path",
            )
        self._path = path
        self._file = ""
        driver = given.get("HELM_DRIVER", "")
        if driver not in _DRIVERS:
            raise BadInput(
                cluster="", object=f"environment variable HELM_DRIVER: {driver}",
                cause="helm would not look where releases are read here, which is in Secrets; what"
                      " is there would count as gone",
                next_step="Unset it for this play",
            )
        chosen = settings.settings_of(options, given)
        if not credentials.is_of_a_file(chosen, given):
            chosen = {key: value for key, value in chosen.items() if key not in _OF_A_FILE}
            # Helm would still take the cluster or the certificate of KUBECONFIG and ~/.kube/config;
            # with an empty one it goes to the host alone, or the pod's own cluster, as the task does.
            given["KUBECONFIG"] = os.devnull
        self._environ = _environment(chosen, given)
        document = _kubeconfig(chosen)
        if document is not None:
            self._file = _private_file(json.dumps(document))
            self._environ["KUBECONFIG"] = self._file

    def __enter__(self) -> Helm:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        if self._file:
            os.unlink(self._file)

    def run(self, arguments: Sequence[str], deadline: Deadline, values: Any = None) -> Said:
        """Run helm; `values` are given to it as `--values -`. Safe to call from threads."""
        command: List[str] = [self._path, *arguments]
        text = None
        if values is not None:
            command += ["--values", "-"]
            text = _yaml(values)
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=self._environ, text=True,
        ) as process:
            try:
                out, err = process.communicate(text or "", max(0.1, deadline.remaining_s()))
                return Said(process.returncode, out, err)
            except subprocess.TimeoutExpired:
                _end(process)
                return Said(None, "", "")
            except BaseException:
                process.kill()
                raise


def _end(process: "subprocess.Popen[str]") -> None:
    """Let Helm write down that it was stopped, so that its release is not held as under way."""
    process.terminate()
    try:
        process.communicate(timeout=_LAST_WORDS_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def _yaml(values: Any) -> str:
    """Return values as JSON that is YAML too: helm's parser takes no pairs of surrogates."""
    text = json.dumps(values, ensure_ascii=False)
    return _NOT_ASCII.sub(lambda found: f"\\U{ord(found[0]):08x}", text)


def _environment(chosen: Mapping[str, Any], given: Mapping[str, str]) -> Dict[str, str]:
    kept = {key: value for key, value in given.items() if not key.startswith(_STRAYS)}
    for option, variable in _VARIABLES.items():
        if chosen.get(option):
            kept[variable] = str(chosen[option])
    if chosen.get("impersonate_groups"):
        kept["HELM_KUBEASGROUPS"] = ",".join(chosen["impersonate_groups"])
    if chosen.get("validate_certs") is False:
        kept["HELM_KUBEINSECURE_SKIP_TLS_VERIFY"] = "true"
    if isinstance(chosen.get("kubeconfig"), str):
        kept["KUBECONFIG"] = os.pathsep.join(
            os.path.expanduser(one) for one in chosen["kubeconfig"].split(os.pathsep)
        )
    return kept


def _kubeconfig(chosen: Mapping[str, Any]) -> Optional[Dict[str, Any]]:
    """Return a kubeconfig for what helm takes from no variable: a dictionary, or a certificate."""
    kubeconfig = chosen.get("kubeconfig")
    if isinstance(kubeconfig, Mapping):
        return dict(kubeconfig)
    user = {
        key: chosen[option]
        for key, option in (
            ("client-certificate", "client_cert"), ("client-key", "client_key"),
            ("username", "username"), ("password", "password"),
        )
        if chosen.get(option)
    }  # fmt: skip
    if not user or not chosen.get("host"):
        return None
    return {
        "apiVersion": "v1", "kind": "Config", "current-context": "task",
        "clusters": [{"name": "task", "cluster": {"server": chosen["host"]}}],
        "users": [{"name": "task", "user": user}],
        "contexts": [{"name": "task", "context": {"cluster": "task", "user": "task"}}],
    }


def _private_file(text: str) -> str:
    handle, path = tempfile.mkstemp(prefix="arc-kubeconfig-")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
    return path
