# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Do `queue`, `ledger` and `fault` order what was asked for, at a real Actions service?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, Dict, List, Tuple

import pytest
from lab.tests.service_bench import Running, service

from lab.__main__ import main
from lab.commands import ledger
from lab.state import LabState

__all__ = ["service"]
Said = Tuple[int, str, str]
Cli = Callable[..., Said]


@pytest.fixture
def cli(service: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs a verb on a lab whose service is there: exit code, output, errors."""
    state = LabState(tmp_path / "lab")
    state.claim()
    content = state.describe(["blue", "green"], {})
    content["service"] = {"port": service.port, "url": service.url}
    state.write(content)

    def run(verb: str, *arguments: str) -> Said:
        code = main([verb, "--dir", str(state.folder), *arguments])
        said = capsys.readouterr()
        return code, said.out.strip(), said.err.strip()

    return run


def jobs(service: Running) -> List[Dict[str, Any]]:
    return list(service.admin.ledger()["jobs"])


# queue -------------------------------------------------------------------------------------------


def test_jobs_are_queued_as_ordered_and_their_ids_printed(cli: Cli, service: Running) -> None:
    order = ("--count", "2", "--duration", "3", "--scope", "other", "--repository", "other/x")
    code, told, _problem = cli("queue", "--scale-set", "web", *order)
    made = jobs(service)
    assert (code, told) == (0, " ".join(str(job["id"]) for job in made))
    fields = [(j["scale_set"], j["scope"], j["repository"], j["duration_s"]) for j in made]
    assert fields == [("web", "other", "other/x", 3.0)] * 2


def test_same_seed_gives_the_same_random_durations(cli: Cli, service: Running) -> None:
    for _time in range(2):
        cli("queue", "--scale-set", "web", "--count", "3", "--durations", "1", "9", "--seed", "7")
    spans = [job["duration_s"] for job in jobs(service)]
    assert spans[:3] == spans[3:] and len(set(spans)) == 3
    assert all(1 <= span <= 9 for span in spans)


def test_rate_promises_ids_and_queues_one_after_the_other(cli: Cli, service: Running) -> None:
    code, told, _problem = cli("queue", "--scale-set", "web", "--count", "3", "--rate", "0.01")
    assert code == 0 and len(told.split()) == 3
    assert len(jobs(service)) == 1


def test_stream_goes_on_until_it_is_stopped(cli: Cli, service: Running) -> None:
    _code, told, _problem = cli("queue", "--scale-set", "web", "--every", "0.05")
    number = service.admin.streams()[0]["id"]
    assert told.startswith(f"stream {number};")
    service.admin.wait(lambda found: found["queued"] >= 3, 10)
    assert cli("queue", "--stop", str(number))[:2] == (0, f"stopped {number}")
    assert service.admin.streams() == []
    assert cli("queue", "--stop", "all")[1] == "stopped nothing: no stream was under way"
    code, _told, problem = cli("queue", "--stop", str(number))
    assert code == 2 and f"There is no stream '{number}'." in problem


@pytest.mark.parametrize(
    "arguments, told",
    [
        ([], "--scale-set is missing"),
        (["--scale-set", "web", "--count", "0"], "--count 0 is below 1"),
        (["--scale-set", "web", "--duration", "-1"], "--duration -1.0 is no span"),
        (["--scale-set", "web", "--duration", "nan"], "--duration nan is no span"),
        (["--scale-set", "web", "--durations", "9", "1"], "--durations 9 1 is no range"),
        (["--scale-set", "web", "--seed", "1"], "--seed goes with --durations"),
        (["--scale-set", "web", "--rate", "0"], "--rate 0.0 is no rate"),
        (["--scale-set", "web", "--every", "0"], "--every 0.0 is no pause"),
        (["--scale-set", "web", "--every", "1", "--count", "2"], "neither --count nor --rate"),
        (["--scale-set", "web", "--repository", "x"], "repository is 'x', wanted: owner/name"),
        (["--scale-set", "web", "--stop", "all"], "it queues nothing for --scale-set"),
    ],
)
def test_bad_order_is_told_and_queues_nothing(
    cli: Cli, service: Running, arguments: List[str], told: str
) -> None:
    code, _said, problem = cli("queue", *arguments)
    assert code == 2 and told in problem
    assert jobs(service) == [] and service.admin.streams() == []


# ledger ------------------------------------------------------------------------------------------


def job(**fields: Any) -> Dict[str, Any]:
    """As the ledger has it; waits since 100 s."""
    return {
        "id": 1,
        "scale_set": "web",
        "cluster": None,
        "runner": None,
        "state": "queued",
        "queued_at": 900.0,
        "started_at": None,
        "finished_at": None,
        "stranded_s": 0.0,
        **fields,
    }


def book(*made: Dict[str, Any]) -> Dict[str, Any]:
    counts = {name: sum(1 for j in made if j["state"] == name) for name in ledger.COUNTS}
    counts["stranded"] = sum(1 for j in made if j["stranded_s"])
    return {**counts, "jobs": list(made)}


def test_table_tells_how_long_each_job_waited_ran_and_was_stranded() -> None:
    ran = {"cluster": "blue", "runner": "web-x-runner-1", "started_at": 930.0}
    found = ledger.table(
        book(
            job(),
            job(id=2, state="running", **ran),
            job(id=3, state="completed", **ran, finished_at=940.5, stranded_s=12.3),
        ),
        now=1000.0,
    )
    assert [line.split() for line in found[1:4]] == [
        "1 web - queued 100.0 s - - -".split(),
        "2 web blue running 30.0 s 70.0 s - web-x-runner-1".split(),
        "3 web blue completed 30.0 s 10.5 s 12.3 s web-x-runner-1".split(),
    ]
    told = "1 queued, 0 assigned, 1 running, 1 completed, 0 failed, 0 lost, 1 stranded"
    assert found[4] == told


@pytest.mark.parametrize(
    "fields, waited, code",
    [
        ({"state": "completed"}, False, 0),
        ({"state": "running"}, False, 0),
        ({"state": "running"}, True, 1),
        ({"state": "failed"}, True, 0),
        ({"state": "lost"}, False, 1),
        ({"state": "completed", "stranded_s": 11.0}, False, 1),
    ],
)
def test_exit_code_is_one_for_lost_stranded_or_unfinished(
    fields: Dict[str, Any], waited: bool, code: int
) -> None:
    assert ledger.verdict(book(job(**fields)), waited) == code


def test_json_has_the_counts_and_jobs_and_nothing_else(cli: Cli, service: Running) -> None:
    service.admin.queue("web", 2)
    code, told, _problem = cli("ledger", "--json")
    found = json.loads(told)
    assert code == 0 and set(found) == {*ledger.COUNTS, "jobs"}
    assert [found[name] for name in ledger.COUNTS] == [2, 0, 0, 0, 0, 0, 0]
    assert {"id", "scale_set", "cluster", "runner", "history"} <= set(found["jobs"][0])


def test_empty_ledger_is_one_line(cli: Cli) -> None:
    told = "0 queued, 0 assigned, 0 running, 0 completed, 0 failed, 0 lost, 0 stranded"
    assert cli("ledger")[:2] == (0, told)


def test_wait_gives_up_with_exit_code_1_and_the_ledger_all_the_same(
    cli: Cli, service: Running
) -> None:
    service.admin.queue("web")
    code, told, problem = cli("ledger", "--wait", "0.2")
    assert code == 1 and "1 queued" in told and "Waited 0.2 s for every job to end" in problem
    (number,) = [made["id"] for made in jobs(service)]
    service.admin.cancel(number)
    assert cli("ledger", "--wait", "5")[0] == 0
    assert cli("ledger", "--wait", "-1")[0] == 2


# fault -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments, action",
    [
        (["--status", "500"], {"status": 500}),
        (["--status", "503", "--body", '{"a": 1}'], {"status": 503, "body": {"a": 1}}),
        (["--status", "502", "--body", "<html>"], {"status": 502, "body": "<html>"}),
        (["--delay", "0.5"], {"delay_s": 0.5}),
        (["--hang"], {"hang": True}),
        (["--expired-token"], {"expired_token": True}),
        (["--busy-forever"], {"busy_forever": True}),
    ],
)
def test_fault_is_ordered_listed_and_cleared(
    cli: Cli, service: Running, arguments: List[str], action: Dict[str, Any]
) -> None:
    who = ("--method", "delete", "--path", "agents/", "--cluster", "blue", "--times", "2")
    code, told, _problem = cli("fault", "add", *who, *arguments)
    (made,) = service.admin.faults()
    assert code == 0 and told.startswith(f"fault {made['id']};")
    assert (made["action"], made["left"]) == (action, 2)
    line = cli("fault", "list")[1]
    assert line.startswith(f"{made['id']}  delete agents/ of blue -> {list(action)[0]}")
    assert line.endswith("; 2 left, 0 used")
    assert cli("fault", "clear", str(made["id"]))[1] == f"cleared {made['id']}"
    assert cli("fault", "list")[1] == "no fault is in force"


def test_ordered_fault_meets_the_request(cli: Cli, service: Running) -> None:
    cli("fault", "add", "--path", "/orgs/acme/actions/runners$", "--status", "418", "--times", "1")
    asked = [service.rest("GET", "/orgs/acme/actions/runners").status for _time in range(2)]
    assert asked == [418, 200]
    cli("fault", "add", "--hang")
    assert cli("fault", "clear")[:2] == (0, "cleared all faults")
    assert service.admin.faults() == []


@pytest.mark.parametrize(
    "arguments, told",
    [
        (["add"], "exactly one of --status, --delay"),
        (["add", "--hang", "--status", "500"], "2 were given"),
        (["add", "--hang", "--body", "x"], "--body goes with --status only"),
        (["add", "--status", "99"], "--status 99 is no HTTP status"),
        (["add", "--delay", "0"], "--delay 0 is no span of time"),
        (["add", "--hang", "--times", "0"], "--times 0 is below 1"),
        (["add", "--hang", "--path", "("], "--path '(' is no regular expression"),
        (["add", "--hang", "--cluster", "red"], "The lab has no cluster 'red'."),
        (["list", "3"], "fault list takes no ids"),
        (["clear", "3"], "There is no fault 3."),
    ],
)
def test_bad_fault_is_told_and_changes_nothing(
    cli: Cli, service: Running, arguments: List[str], told: str
) -> None:
    code, _said, problem = cli("fault", *arguments)
    assert code == 2 and told in problem
    assert service.admin.faults() == []


@pytest.mark.parametrize("verb", [["queue", "--scale-set", "web"], ["ledger"], ["fault", "list"]])
def test_service_that_is_away_is_told_with_the_way_to_heal_it(
    verb: List[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = LabState(tmp_path / "lab")
    state.claim()
    content = state.describe(["blue"], {})
    content["service"] = {"port": 9, "url": "http://127.0.0.1:9"}
    state.write(content)
    assert main([verb[0], "--dir", str(state.folder), *verb[1:]]) == 2
    problem = capsys.readouterr().err
    assert "The Actions service at http://127.0.0.1:9 does not answer" in problem
    assert "Heal it with: python -m lab up" in problem
