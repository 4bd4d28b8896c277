# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How does a scenario, a plain function, see and change one cluster while its objects are watched?

The watch tells to the tenth of a second what was marked and what went, in order; looking every
now and then would miss runners that live for half a second.
"""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any, Awaitable, Dict, List, Optional, Tuple

import aiohttp

from lab.arc import await_arc
from lab.kube import ApiError, Kube, path_of
from lab.reproduce.history import History
from lab.state import LabState

LIMIT_S = 60.0
LOG_LINES = 5000
WATCHED: Dict[str, Tuple[str, str]] = {
    kind: (await_arc.ARC, plural) for plural, kind in await_arc.KINDS.items()
}
WATCHED["Pod"] = ("v1", "pods")


class Eyes:
    """One cluster. Reading raises OSError where it does not answer, ApiError where it refuses."""

    def __init__(self, state: LabState, cluster: str) -> None:
        self.cluster = cluster
        self.history = History()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._watches: List[Any] = []
        self._kube = Kube.from_kubeconfig(state.cluster(cluster).kubeconfig)
        self._run(self._kube.__aenter__())

    def close(self) -> None:
        for watch in self._watches:
            watch.cancel()
        self._run(self._kube.__aexit__())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(LIMIT_S)
        self._loop.close()

    def _run(self, awaitable: Awaitable[Any]) -> Any:
        async def work() -> Any:
            return await asyncio.wait_for(awaitable, LIMIT_S)

        try:
            return asyncio.run_coroutine_threadsafe(work(), self._loop).result()
        except ApiError as error:
            if error.status == 429 or error.status >= 500:
                raise OSError(str(error)) from error
            raise
        except (aiohttp.ClientError, asyncio.TimeoutError) as error:
            raise OSError(f"cluster {self.cluster}: {error}") from error

    # Looking ------------------------------------------------------------------------------------

    def watch(self) -> None:
        """Note every change of ARC's objects and of pods from now on; ARC's CRDs must be there."""
        if not self._watches:
            for kind, (api, plural) in WATCHED.items():
                work = self._follow(kind, path_of(api, plural))
                self._watches.append(asyncio.run_coroutine_threadsafe(work, self._loop))
        await_arc.until(
            LIMIT_S,
            lambda: "" if self.history.is_complete(WATCHED) else "some kind was not listed yet",
            f"Watching ARC's objects in cluster {self.cluster}",
        )

    async def _follow(self, kind: str, path: str) -> None:
        async for event, item in self._kube.follow(path):
            self.history.feed(kind, event, item, time.time())

    def get(self, path: str) -> Optional[Dict[str, Any]]:
        return self._run(self._kube.get_or_none(path))

    def items(self, path: str, **params: Any) -> List[Dict[str, Any]]:
        """[] where the kind does not exist."""
        try:
            return self._run(self._kube.list(path, **params))[0]
        except ApiError as error:
            if error.status == 404:
                return []
            raise

    def log(self, namespace: str, pod: str) -> List[str]:
        """The last lines of a pod's log; [] where it is gone."""
        path = path_of("v1", "pods", namespace, pod, "log")
        try:
            text = self._run(self._kube.get(path, params={"tailLines": LOG_LINES}))
        except ApiError as error:
            if error.status in (400, 404):
                return []
            raise
        return str(text or "").splitlines()

    # Acting -------------------------------------------------------------------------------------

    def create(self, path: str, body: Dict[str, Any]) -> None:
        self._run(self._kube.create(path, body))

    def patch(self, path: str, body: Dict[str, Any]) -> None:
        self._run(self._kube.merge_patch(path, body))

    def replace(self, path: str, body: Dict[str, Any]) -> None:
        self._run(self._kube.replace(path, body))

    def delete(self, path: str, **more: Any) -> None:
        """Nothing happens where it is gone."""
        self._run(self._kube.delete(path, **more))
