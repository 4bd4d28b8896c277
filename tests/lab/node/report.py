# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How does a pod's status get to the API server, and never to another pod of the same name?"""

from __future__ import annotations

import asyncio
from typing import Any, Callable, Dict, Mapping, Optional

import aiohttp

from lab.kube import ApiError, Kube

STRATEGIC_PATCH = "application/strategic-merge-patch+json"
PAUSES_S = (0.1, 0.5, 2.0, 5.0)
NO_ANSWER = (OSError, aiohttp.ClientError, asyncio.TimeoutError)


def _ready(status: Mapping[str, Any]) -> Optional[str]:
    conditions = status.get("conditions") or []
    return next((c["status"] for c in conditions if c["type"] == "Ready"), None)


class Reporter:
    """Writes the status of one pod whenever it changed. `compose` gives it as it is now."""

    def __init__(
        self, kube: Kube, path: str, uid: str, compose: Callable[[], Dict[str, Any]]
    ) -> None:
        self._kube = kube
        self._path = path
        self._uid = uid
        self._compose = compose
        self._event = asyncio.Event()
        self._sending = asyncio.Lock()
        self._sent: Optional[Dict[str, Any]] = None
        # Set where nothing is to be written any more, as for a pod that is gone.
        self.is_closed = False

    def changed(self) -> None:
        self._event.set()

    def compare(self, status: Mapping[str, Any]) -> None:
        """Write again where the API server's word differs from ours: a node that was away for a
        while finds its pods marked as not ready."""
        if self._sent is None or self._event.is_set():
            return
        if (_ready(status), status.get("phase")) != (_ready(self._sent), self._sent["phase"]):
            self._sent = None
            self.changed()

    async def run(self) -> None:
        """For ever; changes that come while a write is under way are written together."""
        while not self.is_closed:
            await self._event.wait()
            await self.send()

    async def send(self) -> None:
        """Until the server has it, or has the pod no more."""
        async with self._sending:
            tries = 0
            while not self.is_closed:
                self._event.clear()
                status = self._compose()
                if status == self._sent or await self._write(status):
                    return
                await asyncio.sleep(PAUSES_S[min(tries, len(PAUSES_S) - 1)])
                tries += 1

    async def _write(self, status: Dict[str, Any]) -> bool:
        """One attempt; False to try again."""
        # The server refuses the patch as a conflict where the name has passed to another pod.
        body = {"metadata": {"uid": self._uid}, "status": status}
        try:
            await self._kube.request(
                "PATCH", f"{self._path}/status", body, content_type=STRATEGIC_PATCH
            )
            self._sent = status
            return True
        except ApiError as error:
            if error.status == 404:
                self.is_closed = True
            elif error.status == 409:
                await self._look()
            elif error.status == 422:
                print(f"status refused: {error}", flush=True)
                self._sent = status
            return self.is_closed or error.status == 422
        except NO_ANSWER:
            return False

    async def _look(self) -> None:
        try:
            pod = await self._kube.get_or_none(self._path)
            self.is_closed = pod is None or pod["metadata"]["uid"] != self._uid
        except (ApiError, *NO_ANSWER):
            pass
