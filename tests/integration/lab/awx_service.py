# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""As much of AWX's API as the modules of awx.awx speak to: objects, what belongs to them, surveys, approvals.

It knows no rule of AWX but two that a setup stumbles over: a job template needs a playbook that
the project has, and what is secret is never shown again.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Dict, List, Optional, Set, Tuple
from urllib.parse import parse_qsl, urlsplit

_PATH = re.compile(r"/api/v2/(\w+)/(?:(\d+)/)?(?:(\w+)/)?$")
_UNIFIED = ("job_templates", "workflow_job_templates", "projects")
SECRET = "$encrypted$"


class Awx:
    """Use as a context manager. `objects`: those that are there, by kind and id."""

    def __init__(self, playbooks: Set[str], port: int = 0) -> None:
        self.playbooks, self._port = playbooks, port
        self.objects: Dict[str, Dict[int, Dict[str, Any]]] = {}
        self.related: Dict[Tuple[str, int, str], List[int]] = {}
        self.surveys: Dict[Tuple[str, int], Dict[str, Any]] = {}
        self.secrets: Dict[int, Dict[str, str]] = {}
        self.writes: List[str] = []
        self._lock = threading.Lock()
        self._last = 0
        self.create("organizations", {"name": "Default"})

    def __enter__(self) -> Awx:
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), _handler(self))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def named(self, kind: str, name: str) -> Dict[str, Any]:
        """Return the object of that name, or identifier."""
        found = self.objects.get(kind, {}).values()
        return next(one for one in found if name in (one.get("name"), one.get("identifier")))

    def names(self, kind: str) -> List[str]:
        return sorted(one.get("name") or one["identifier"] for one in self.objects.get(kind, {}).values())

    def related_names(self, kind: str, name: str, relation: str) -> List[str]:
        """Return the names, or identifiers, of what belongs to an object."""
        wanted = self.related.get((kind, self.named(kind, name)["id"], relation), [])
        everything = {i: one for objects in self.objects.values() for i, one in objects.items()}
        return sorted(everything[i].get("name") or everything[i]["identifier"] for i in wanted)

    def survey(self, kind: str, name: str) -> List[Dict[str, Any]]:
        return self.surveys[kind, self.named(kind, name)["id"]]["spec"]

    def create(self, kind: str, given: Dict[str, Any]) -> Dict[str, Any]:
        self._last += 1
        url = f"/api/v2/{kind}/{self._last}/"
        related = {"survey_spec": f"{url}survey_spec/", "update": f"{url}update/"}
        made = {"id": self._last, "type": kind[:-1], "url": url, "related": related}
        if kind == "projects":
            made.update(scm_revision="", summary_fields={})
        self.objects.setdefault(kind, {})[self._last] = made
        self._put(made, given)
        return made

    def _put(self, one: Dict[str, Any], given: Dict[str, Any]) -> None:
        if one["type"] == "credential" and "inputs" in given:
            self.secrets[one["id"]] = given["inputs"]
            given = {**given, "inputs": {key: SECRET for key in given["inputs"]}}
        one.update(given)

    def answer(self, method: str, path: str, body: Dict[str, Any]) -> Tuple[int, Any]:
        """Return status and JSON of the answer to a request."""
        parts = urlsplit(path)
        match = _PATH.match(parts.path)
        if not match:
            return 404, {"detail": f"{parts.path} is not served"}
        kind, number, rest = match.groups()
        with self._lock:
            if method != "GET":
                self.writes.append(f"{method} {parts.path}")
            if number is None:
                return self._list(kind, dict(parse_qsl(parts.query))) if method == "GET" else self._new(kind, body)
            one = self.objects.get(kind, {}).get(int(number))
            if one is None:
                return 404, {"detail": "Not found."}
            return self._one(method, kind, one, body) if rest is None else self._rest(method, kind, one, rest, body)

    def _new(self, kind: str, body: Dict[str, Any]) -> Tuple[int, Any]:
        refused = self._refused(kind, body)
        return (400, refused) if refused else (201, self.create(kind, body))

    def _refused(self, kind: str, body: Dict[str, Any]) -> Optional[Dict[str, Any]]:
        if kind == "job_templates" and body.get("playbook", "") not in {"", *self.playbooks}:
            return {"playbook": ["Playbook not found for project."]}
        return None

    def _list(self, kind: str, query: Dict[str, str]) -> Tuple[int, Any]:
        kinds = _UNIFIED if kind == "unified_job_templates" else (kind,)
        found = [
            one for name in kinds for one in self.objects.get(name, {}).values()
            if all(str(one.get(key)) == value for key, value in query.items())
        ]
        return 200, {"count": len(found), "next": None, "results": found}

    def _one(self, method: str, kind: str, one: Dict[str, Any], body: Dict[str, Any]) -> Tuple[int, Any]:
        if method == "GET":
            return 200, one
        refused = self._refused(kind, body)
        if not refused:
            self._put(one, body)
        return (400, refused) if refused else (200, one)

    def _rest(
        self, method: str, kind: str, one: Dict[str, Any], rest: str, body: Dict[str, Any]
    ) -> Tuple[int, Any]:
        key = (kind, one["id"], rest)
        if rest == "survey_spec":
            if method == "POST":
                self.surveys[kind, one["id"]] = body
            return 200, self.surveys.get((kind, one["id"]), {})
        if rest == "create_approval_template":
            made = self.create("workflow_approval_templates", body)
            one["unified_job_template"] = made["id"]
            one["related"]["unified_job_template"] = made["url"]
            return 201, made
        if rest == "update":
            return (200, {"can_update": True}) if method == "GET" else (202, self._updated(one))
        if method == "GET":
            everything = {i: found for objects in self.objects.values() for i, found in objects.items()}
            found = [everything[i] for i in self.related.get(key, [])]
            return 200, {"count": len(found), "next": None, "results": found}
        wanted = self.related.setdefault(key, [])
        if body.get("disassociate"):
            wanted.remove(body["id"])
        else:
            wanted.append(body["id"])
        return 204, None

    def _updated(self, project: Dict[str, Any]) -> Dict[str, Any]:
        project["scm_revision"] = "0f"
        done = {"status": "successful", "failed": False, "finished": "now", "scm_revision": "0f"}
        return self.create("project_updates", {"name": project["name"], **done})


def _handler(awx: Awx) -> type:
    class Handler(BaseHTTPRequestHandler):
        """One request; all of them are alike to `Awx.answer`."""

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            status, found = awx.answer(self.command, self.path, body)
            text = b"" if found is None else json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = do_DELETE = _serve

        def log_message(self, *_args: Any) -> None:  # pylint: disable=arguments-differ
            """Say nothing."""

    return Handler


def main() -> None:
    """Serve on a port, with the playbooks of this collection, until a signal. Writes its process id to a file."""
    top = Path(__file__).resolve().parents[3]
    with Awx({f"playbooks/{path.name}" for path in (top / "playbooks").glob("*.yml")}, int(sys.argv[1])):
        Path(sys.argv[2]).write_text(str(os.getpid()), encoding="utf-8")
        signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    main()
