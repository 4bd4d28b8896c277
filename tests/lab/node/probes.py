# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is a container ready, by its readiness probe?"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from pathlib import Path
from typing import Any, AsyncIterator, Callable, Mapping, Optional, Sequence

import aiohttp

from lab.node.launch import launcher

PortOf = Callable[[Any], int]
PidOf = Callable[[], Optional[int]]


async def _http(part: Mapping[str, Any], port: int, limit_s: float) -> bool:
    scheme, path = part.get("scheme", "HTTP").lower(), part.get("path", "/")
    headers = {h["name"]: h["value"] for h in part.get("httpHeaders") or []}
    timeout = aiohttp.ClientTimeout(total=limit_s)
    async with aiohttp.ClientSession(timeout=timeout, headers=headers) as session:
        async with session.get(f"{scheme}://127.0.0.1:{port}{path}", ssl=False) as response:
            return 200 <= response.status < 400


async def _tcp(port: int, limit_s: float) -> bool:
    _reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port), limit_s)
    writer.close()
    return True


async def _command(command: Sequence[str], pid: Optional[int], limit_s: float) -> bool:
    """Run it with the file tree and environment of the container."""
    if pid is None:
        return False
    pairs = Path(f"/proc/{pid}/environ").read_bytes().decode("utf-8", "replace").split("\0")
    env = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    spec = {"argv": list(command), "env": env, "cwd": "/", "overlay": None}
    with tempfile.TemporaryDirectory() as folder:
        spec_file = Path(folder) / "spec.json"
        if os.geteuid() == 0:
            spec["join"] = pid
        spec_file.write_text(json.dumps(spec), encoding="utf-8")
        quiet = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(
            *launcher(spec_file), stdin=quiet, stdout=quiet, stderr=quiet
        )
        try:
            return await asyncio.wait_for(process.wait(), limit_s) == 0
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def passes(probe: Mapping[str, Any], port_of: PortOf, pid_of: PidOf) -> bool:
    """One attempt; no answer in time is a failure."""
    limit_s = float(probe.get("timeoutSeconds") or 1)
    try:
        if "httpGet" in probe:
            return await _http(probe["httpGet"], port_of(probe["httpGet"]["port"]), limit_s)
        if "tcpSocket" in probe:
            return await _tcp(port_of(probe["tcpSocket"]["port"]), limit_s)
        if "exec" in probe:
            return await _command(probe["exec"]["command"], pid_of(), limit_s)
    except (OSError, aiohttp.ClientError, asyncio.TimeoutError, ValueError):
        return False
    return True


async def readiness(
    probe: Mapping[str, Any], port_of: PortOf, pid_of: PidOf
) -> AsyncIterator[bool]:
    """Each change of readiness, for ever (the caller ends it with the container).

    `port_of`: port number or name -> port of this machine; `pid_of`: the program's pid.
    """
    needed = {True: probe.get("successThreshold") or 1, False: probe.get("failureThreshold") or 3}
    period_s = float(probe.get("periodSeconds") or 10)
    known, outcome, count = False, False, 0
    await asyncio.sleep(float(probe.get("initialDelaySeconds") or 0))
    while True:
        now = await passes(probe, port_of, pid_of)
        outcome, count = now, count + 1 if now == outcome else 1
        if now != known and count >= needed[now]:
            known = now
            yield now
        # Until it is ready it is asked each second: nobody should wait for a long period to end.
        await asyncio.sleep(period_s if known else min(period_s, 1.0))
