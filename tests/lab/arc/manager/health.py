# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is the manager alive? /healthz and /readyz where a flag names an address (0.14.2)."""

from __future__ import annotations

import asyncio
from typing import Optional

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readline()
    writer.write(ANSWER)
    await writer.drain()
    writer.close()


async def serve(address: Optional[str]) -> Optional[asyncio.AbstractServer]:
    """Listen on `host:port`; an empty host means loopback here, never all interfaces."""
    if not address:
        return None
    port = int(address.rpartition(":")[2])
    return await asyncio.start_server(_answer, "127.0.0.1", port)
