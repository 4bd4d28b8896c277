# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection's drain learns of runners from a service that knows their jobs."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Tuple

import pytest
from ansible_collections.arc.lifecycle.plugins.module_utils._edge import github
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline

from lab.tests.service_bench import Running, runner, service, until

__all__ = ["service"]
TOKEN = "ghp_lab_blue"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def look(
    service: Running,
    *names: str,
    scope: str = "acme",
    options: Optional[Dict[str, Any]] = None,
) -> Tuple[Mapping[str, str], List[str]]:
    """Verdicts and problems, of a process that remembers nothing."""
    access = {"api_url": f"{service.url}/api/v3", **(options or {"token": TOKEN})}
    found = github.Evidence(access, Deadline(40))
    return found.of([(name, f"{service.url}/{scope}") for name in names]), found.problems()


def asked(service: Running) -> List[str]:
    """The paths of the REST API that were asked for runners."""
    paths = [one["path"] for one in service.admin.requests()]
    return [path for path in paths if path.endswith("/actions/runners")]


def app(service: Running, installation: int = 2000) -> Dict[str, Any]:
    pem = (service.folder / "service" / "app-key.pem").read_text(encoding="utf-8")
    return {"app_id": 1000, "installation_id": installation, "private_key": pem}


@pytest.mark.parametrize("with_app", [False, True], ids=["token", "app"])
def test_runner_is_idle_then_busy_then_gone(service: Running, with_app: bool) -> None:
    options = app(service) if with_app else None
    arc = service.arc()
    number = arc.make_set()
    made = arc.jit(number, "web-a")
    assert look(service, "web-a", options=options) == ({"web-a": "idle"}, [])
    service.admin.queue("web", duration_s=2)
    listener = arc.serve(number, jobs=1)
    with runner(made["encodedJITConfig"]):
        service.admin.wait(lambda ledger: ledger["running"] == 1)
        # What makes a runner unknown to the cluster: nobody is left to write its job down.
        listener.close()
        assert look(service, "web-a", options=options) == ({"web-a": "busy"}, [])
        service.admin.wait(lambda ledger: ledger["completed"] == 1)
    gone = ({"web-a": "gone"}, [])
    assert until(lambda: look(service, "web-a", options=options) == gone, "gone")


@pytest.mark.parametrize("scope", ["acme", "acme/app", "enterprises/lab"])
def test_runner_is_found_at_the_place_of_its_scale_set_only(service: Running, scope: str) -> None:
    arc = service.arc(scope=scope)
    arc.jit(arc.make_set("web", 1), "web-a")
    for place in ("acme", "acme/app", "enterprises/lab"):
        wanted = "idle" if place == scope else "gone"
        assert look(service, "web-a", scope=place) == ({"web-a": wanted}, [])


def test_many_runners_on_several_pages(service: Running) -> None:
    arc = service.arc()
    number = arc.make_set()
    for n in range(104):
        arc.jit(number, f"web-{n:03}")
    names = ["web-000", "web-099", "web-100", "web-103", "absent"]
    verdicts, problems = look(service, *names)
    assert verdicts == {**dict.fromkeys(names, "idle"), "absent": "gone"} and problems == []
    # Two pages, and one question for the runner that was on neither.
    assert len(asked(service)) == 3


@pytest.mark.parametrize("scope, options, words", [
    ("acme", {"token": "ghp_wrong"}, "401"),
    ("none", {"token": TOKEN}, "404 to both"),
    ("acme/none", {"token": TOKEN}, "Administration (read)"),
    ("enterprises/none", {"token": TOKEN}, "manage_runners:enterprise"),
], ids=["wrong-token", "no-organization", "no-repository", "no-enterprise"])
def test_refusal_is_no_absence(
    service: Running, scope: str, options: Dict[str, Any], words: str
) -> None:
    verdicts, problems = look(service, "web-a", scope=scope, options=options)
    assert verdicts == {} and words in problems[0] and options["token"] not in problems[0]


def test_app_that_is_refused_is_no_absence(service: Running) -> None:
    verdicts, problems = look(service, "web-a", options=app(service, 2002))
    assert verdicts == {} and "no such installation" in problems[0]
    verdicts, problems = look(service, "web-a", options={**app(service), "app_id": 7})
    assert verdicts == {} and "signature" in problems[0]
    verdicts, problems = look(service, "web-a", scope="enterprises/lab", options=app(service))
    assert verdicts == {} and "takes no App" in problems[0]


def test_fault_that_passes_is_survived(service: Running) -> None:
    arc = service.arc()
    arc.jit(arc.make_set(), "web-a")
    service.admin.fault({"status": 502}, path="/actions/runners$", times=2)
    assert look(service, "web-a") == ({"web-a": "idle"}, [])
    service.admin.fault({"status": 401}, path="/actions/runners$", times=1)
    assert look(service, "web-a", options=app(service)) == ({"web-a": "idle"}, [])


def test_limit_is_no_absence(service: Running) -> None:
    body = {"message": "You have exceeded a secondary rate limit."}
    service.admin.fault({"status": 403, "body": body}, path="/actions/runners$")
    verdicts, problems = look(service, "web-a")
    assert verdicts == {} and "rate limit" in problems[0]
    assert len(asked(service)) == 1
