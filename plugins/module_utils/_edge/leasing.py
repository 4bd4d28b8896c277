# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a run gets the Lease of a cluster, keeps it, and gives it back."""

from __future__ import annotations

import os
import time
from typing import Any, Dict, Mapping, Optional

from .._pure import lease
from .._pure.errors import Conflict, Refused, WriteFailed
from . import places
from .answers import ObjectNotFound
from .client import Client
from .deadline import Deadline

_BOOT = "/proc/sys/kernel/random/boot_id"
_PID_NAMESPACE = "/proc/self/ns/pid"
_LOOK_EVERY_S = 1.0
_AGAIN_S = 0.2


def boot_mark() -> str:
    """Return the id of this machine's boot with that of the PID namespace, "" without either.

    Containers of one machine share the boot, and do not see each other's processes.
    """
    try:
        with open(_BOOT, encoding="ascii") as file:
            return f"{file.read().strip()}:{os.stat(_PID_NAMESPACE).st_ino}"
    except OSError:
        return ""


def take(client: Client, deadline: Deadline, namespace: str, holder: str, dry_run: bool) -> None:
    """Get the Lease; waits for a holder that may be dead. Raises Refused for one at work."""
    begun, first = time.monotonic(), None
    while True:
        there = _read(client, deadline, namespace)
        spec = None if there is None else there.get("spec") or {}
        mark = None if there is None else there["metadata"].get("resourceVersion")
        first = mark if first is None else first
        verdict = lease.may_take(
            spec, holder, boot_mark(), _is_alive, client.now(), time.monotonic() - begun, mark != first
        )
        if verdict == lease.TAKE:
            if _is_written(client, deadline, namespace, there, holder, dry_run):
                return
            continue
        if verdict == lease.REFUSE or deadline.is_over():
            raise _held(client, namespace, spec or {})
        deadline.pause(_LOOK_EVERY_S)


def keep(client: Client, deadline: Deadline, namespace: str, holder: str) -> None:
    """Renew the Lease if it is time. Raises Refused if another run has taken it over."""
    while True:
        there = _read(client, deadline, namespace)
        spec = {} if there is None else there.get("spec") or {}
        if there is not None and spec.get("holderIdentity") not in ("", None, holder):
            raise _held(client, namespace, spec)
        if there is not None and spec.get("holderIdentity") == holder:
            if not lease.is_due(spec, client.now()):
                return
        if _is_written(client, deadline, namespace, there, holder, False):
            return


def give_back(client: Client, deadline: Deadline, namespace: str, holder: str) -> None:
    """Let others have the Lease, if it is still held."""
    while True:
        there = _read(client, deadline, namespace)
        if there is None or (there.get("spec") or {}).get("holderIdentity") != holder:
            return
        if _is_written(client, deadline, namespace, there, "", False):
            return


def _is_written(
    client: Client, deadline: Deadline, namespace: str, there: Optional[Dict[str, Any]],
    holder: str, dry_run: bool,
) -> bool:
    """Write; False, after a pause, where somebody else was faster. Raises Conflict at the end.

    Raises WriteFailed where there is no such namespace: nobody was faster then.
    """
    try:
        _write(client, deadline, namespace, there, holder, dry_run)
        return True
    except Conflict as error:
        if there is None and error.details.get("reason") == "NotFound":
            raise WriteFailed(
                cluster=client.cluster, object=f"Lease {namespace}/{lease.NAME}",
                cause=f"there is no namespace {namespace}",
                next_step="Create it, or name the one of the controller", details=error.details,
            ) from error
        if deadline.is_over():
            raise
    deadline.pause(_AGAIN_S)
    return False


def _read(client: Client, deadline: Deadline, namespace: str) -> Optional[Dict[str, Any]]:
    try:
        return client.get(places.LEASES.at(namespace, lease.NAME), deadline)
    except ObjectNotFound:
        return None


def _write(
    client: Client, deadline: Deadline, namespace: str, there: Optional[Mapping[str, Any]],
    holder: str, dry_run: bool,
) -> None:
    spec = lease.spec_of(None if there is None else there.get("spec"), holder, client.now())
    if there is None:
        body = {
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": {"name": lease.NAME, "namespace": namespace}, "spec": spec,
        }  # fmt: skip
        client.create(places.LEASES.at(namespace), body, deadline, dry_run=dry_run)
        return
    body = {**there, "spec": {**(there.get("spec") or {}), **spec}}
    client.replace(places.LEASES.at(namespace, lease.NAME), body, deadline, dry_run=dry_run)


def _held(client: Client, namespace: str, spec: Mapping[str, Any]) -> Refused:
    holder = str(spec.get("holderIdentity") or "")
    run = lease.read_holder(holder)
    who = holder if run is None else f"{run.user} on {run.host} (process {run.process})"
    return Refused(
        cluster=client.cluster,
        object=f"Lease {namespace}/{lease.NAME}",
        cause=f"{who} works on this cluster, seen last at {spec.get('renewTime')}",
        next_step="Wait until that run has ended; if it is dead, run again"
        f" {spec.get('leaseDurationSeconds', lease.DURATION_S)} s after that time",
        details={"holder": holder},
    )


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        # It is there, and belongs to somebody else.
        return True
    return True
