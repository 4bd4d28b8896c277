# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How do commands and tests talk to the Actions service? Its admin API, synchronous, stdlib."""

from __future__ import annotations

import http.client
import json
import time
from typing import Any, Callable, Dict, List, Optional
from urllib.parse import urlencode, urlsplit

from lab.errors import LabError

TIMEOUT_S = 30.0
LOOK_S = 0.1
Ledger = Dict[str, Any]


class Service:
    """A client of the admin API. Every method raises LabError: the service does not answer, or
    it refuses and says why."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._host = urlsplit(self.url).netloc

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        connection = http.client.HTTPConnection(self._host, timeout=TIMEOUT_S)
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, path, content, {"Content-Type": "application/json"})
            response = connection.getresponse()
            text, status = response.read().decode(), response.status
        except (OSError, http.client.HTTPException) as error:
            raise LabError(
                f"The Actions service at {self.url} does not answer: {error}.",
                "Heal it with: python -m lab up",
            ) from error
        finally:
            connection.close()
        answer = json.loads(text) if text else {}
        if status >= 400:
            raise LabError(f"The Actions service refuses {method} {path}: {answer.get('error')}")
        return answer

    def is_up(self) -> bool:
        try:
            return bool(self._ask("GET", "/lab/health")["ok"])
        except LabError:
            return False

    def settings(self, **changes: Any) -> Dict[str, Any]:
        """All settings, after `changes` if there are any."""
        if changes:
            return dict(self._ask("PATCH", "/lab/settings", changes))
        return dict(self._ask("GET", "/lab/settings"))

    # Jobs ---------------------------------------------------------------------------------------

    def queue(self, scale_set: str, count: int = 1, **order: Any) -> List[int]:
        """Ids of the jobs. `order`: scope, repository, duration_s or durations_s [a, b], seed,
        result, rate_per_s."""
        body = {"scale_set": scale_set, "count": count, **order}
        return list(self._ask("POST", "/lab/jobs", body)["jobs"])

    def stream(self, scale_set: str, every_s: float, **order: Any) -> int:
        """Jobs at a steady rate until `stop_stream` of the id this gives."""
        body = {"scale_set": scale_set, "every_s": every_s, **order}
        return int(self._ask("POST", "/lab/streams", body)["id"])

    def streams(self) -> List[Dict[str, Any]]:
        return list(self._ask("GET", "/lab/streams")["streams"])

    def stop_stream(self, number: int) -> None:
        self._ask("DELETE", f"/lab/streams/{number}")

    def job(self, number: int) -> Dict[str, Any]:
        return dict(self._ask("GET", f"/lab/jobs/{number}"))

    def cancel(self, number: int, force: bool = False) -> Dict[str, Any]:
        more = "?force=true" if force else ""
        return dict(self._ask("POST", f"/lab/jobs/{number}/cancel{more}"))

    def ledger(self, jobs: bool = True) -> Ledger:
        """Counts by state and `stranded`; with `jobs` each of them under that key."""
        return dict(self._ask("GET", "/lab/ledger" + ("" if jobs else "?jobs=false")))

    def wait(
        self,
        is_true: Callable[[Ledger], Any],
        timeout_s: float = 60.0,
        what: str = "the ledger to be as wanted",
        jobs: bool = True,
    ) -> Ledger:
        """The first ledger for which `is_true`. Raises LabError with the last counts."""
        deadline = time.monotonic() + timeout_s
        while True:
            ledger = self.ledger(jobs)
            if is_true(ledger):
                return ledger
            if time.monotonic() > deadline:
                counts = {key: value for key, value in ledger.items() if key != "jobs"}
                raise LabError(f"Waited {timeout_s:g} s for {what}; the ledger says {counts}.")
            time.sleep(LOOK_S)

    # What it sees -------------------------------------------------------------------------------

    def scale_sets(self) -> List[Dict[str, Any]]:
        return list(self._ask("GET", "/lab/scale-sets")["scale_sets"])

    def scale_set(self, name: str, cluster: Optional[str] = None) -> Optional[Dict[str, Any]]:
        """The first of that name (made by that cluster); None: there is none."""
        for item in self.scale_sets():
            if item["name"] == name and cluster in (None, item["cluster"]):
                return item
        return None

    def coverage(self, since: float = 0.0) -> List[Dict[str, Any]]:
        """Per scope and name: the times without a live session in any cluster."""
        return list(self._ask("GET", f"/lab/coverage?{urlencode({'since': since})}")["coverage"])

    def requests(self, since: float = 0.0) -> List[Dict[str, Any]]:
        """The last requests of ARC and REST users, oldest first."""
        return list(self._ask("GET", f"/lab/requests?{urlencode({'since': since})}")["requests"])

    def facts(self) -> Dict[str, Any]:
        """What the node agents last reported, by cluster."""
        return dict(self._ask("GET", "/lab/clusters")["clusters"])

    def put_facts(self, cluster: str, **facts: Any) -> None:
        self._ask("PUT", f"/lab/clusters/{cluster}/facts", facts)

    # Faults -------------------------------------------------------------------------------------

    def fault(
        self,
        action: Dict[str, Any],
        method: Optional[str] = None,
        path: Optional[str] = None,
        cluster: Optional[str] = None,
        times: Optional[int] = None,
    ) -> int:
        """Order a fault; gives its id. `path`: regular expression searched in the path."""
        match = {"method": method, "path": path, "cluster": cluster}
        body = {"match": match, "action": action, "times": times}
        return int(self._ask("POST", "/lab/faults", body)["id"])

    def faults(self) -> List[Dict[str, Any]]:
        return list(self._ask("GET", "/lab/faults")["faults"])

    def remove_fault(self, number: int) -> None:
        self._ask("DELETE", f"/lab/faults/{number}")

    def clear_faults(self) -> None:
        self._ask("DELETE", "/lab/faults")
