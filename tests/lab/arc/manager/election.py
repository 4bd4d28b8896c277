# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of several managers works? A Lease, as client-go's leader election has it."""

from __future__ import annotations

import asyncio
import os
import uuid
from datetime import datetime, timezone
from typing import Any, Awaitable, Callable, Dict

import aiohttp

from lab.arc.log import Log
from lab.kube import ApiError, Kube, path_of

API = "coordination.k8s.io/v1"
LEASE_S, RENEW_S, RETRY_S = 15, 10.0, 2.0
TIME = "%Y-%m-%dT%H:%M:%S.%fZ"


async def lead(
    kube: Kube, namespace: str, name: str, work: Callable[[], Awaitable[None]], log: Log
) -> None:
    """Wait for the lease, then work while renewing it; returns when it is lost."""
    identity = f"{os.environ.get('HOSTNAME', 'manager')}_{uuid.uuid4()}"
    log.info(f"attempting to acquire leader lease {namespace}/{name}...")
    while not await _hold(kube, namespace, name, identity):
        await asyncio.sleep(RETRY_S)
    log.info(f"successfully acquired lease {namespace}/{name}")
    working = asyncio.ensure_future(work())
    try:
        renewed = asyncio.get_running_loop().time()
        while asyncio.get_running_loop().time() - renewed < RENEW_S:
            done, _pending = await asyncio.wait({working}, timeout=RETRY_S)
            if done:
                return
            if await _hold(kube, namespace, name, identity):
                renewed = asyncio.get_running_loop().time()
    finally:
        working.cancel()


async def _hold(kube: Kube, namespace: str, name: str, identity: str) -> bool:
    """Take or renew the lease; False where another has it or the server does not answer."""
    path = path_of(API, "leases", namespace, name)
    now = datetime.now(timezone.utc)
    spec: Dict[str, Any] = {
        "holderIdentity": identity,
        "leaseDurationSeconds": LEASE_S,
        "renewTime": now.strftime(TIME),
    }
    try:
        lease = await kube.get_or_none(path)
        if lease is None:
            meta = {"name": name, "namespace": namespace}
            body = {"apiVersion": API, "kind": "Lease", "metadata": meta, "spec": spec}
            await kube.create(path_of(API, "leases", namespace), body)
            return True
        known = lease.get("spec") or {}
        if known.get("holderIdentity") not in (identity, "", None) and not _lapsed(known, now):
            return False
        await kube.replace(path, {**lease, "spec": {**known, **spec}})
    except (ApiError, aiohttp.ClientError, asyncio.TimeoutError, OSError):
        return False
    return True


def _lapsed(spec: Dict[str, Any], now: datetime) -> bool:
    if not spec.get("renewTime"):
        return True
    renewed = datetime.strptime(spec["renewTime"], TIME).replace(tzinfo=timezone.utc)
    return (now - renewed).total_seconds() > spec.get("leaseDurationSeconds", LEASE_S)
