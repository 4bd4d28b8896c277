# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is stranded, what lapses, what a death of a runner means. Pure: time is passed in."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Optional

import pytest

from lab.service.model import ASSIGNED, QUEUED, ScaleSet
from lab.service.store import Store
from lab.tests.test_service_laws import make_hub

FACTS = {"controllers": 1, "deleting": [], "scale_set_ids_deleting": []}


class Bench:
    """A hub with one set and time in hand."""

    def __init__(self, folder: Path) -> None:
        self.now = 1000.0
        self.hub = make_hub(folder)
        body = {"name": "web", "runnerGroupId": 2}
        self.set: ScaleSet = self.hub.registry.make_set("acme", "blue", body, self.now)
        self.session = self.hub.dispatch.open("acme", self.set.id, "listener", "blue", self.now)
        self.hub.dispatch.listen(self.session, 100, self.now)

    def assign(self, count: int = 1) -> None:
        for _number in range(count):
            self.hub.queue(
                self.now, label="web", scope="acme", repository="acme/app", duration_s=1.0
            )
        self.hub.dispatch.acquire(self.session, list(self.session.offers), self.now)

    def pass_time(self, seconds: float) -> None:
        """In looks of a quarter second, as the service has them; listeners and runners live."""
        for _look in range(int(seconds * 4)):
            self.now += 0.25
            for session in self.hub.dispatch.sessions.values():
                session.last_seen = self.now
            for runner in self.hub.registry.runners.values():
                runner.last_seen = self.now
            self.hub.upkeep.tick(self.now)

    def runner(self, name: str = "r") -> int:
        made = self.hub.registry.make_runner("acme", self.set.id, name, "blue", self.now)
        return made.id

    @property
    def stranded(self) -> List[float]:
        return [job.stranded_s for job in self.hub.book.jobs.values() if job.stranded_s]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_stranded_without_a_session_after_ten_seconds(bench: Bench) -> None:
    bench.assign()
    bench.hub.dispatch.close(bench.session, bench.now)
    bench.pass_time(10)
    assert bench.stranded == []
    bench.pass_time(5)
    assert bench.stranded == [pytest.approx(15, abs=0.5)]
    assert bench.hub.book.summary()["stranded"] == 1


@pytest.mark.parametrize(
    "facts",
    [{"controllers": 0}, {"scale_set_ids_deleting": [1]}],
    ids=["no-controller", "set-being-deleted"],
)
def test_stranded_by_what_the_cluster_says(bench: Bench, facts: Dict[str, Any]) -> None:
    bench.hub.upkeep.facts["blue"] = {**FACTS, **facts}
    bench.assign()
    bench.pass_time(12)
    assert len(bench.stranded) == 1


def test_not_stranded_while_listener_and_controller_are_there(bench: Bench) -> None:
    bench.hub.upkeep.facts["blue"] = dict(FACTS)
    bench.assign()
    bench.pass_time(60)
    assert bench.stranded == []


def test_not_stranded_while_a_runner_is_on_its_way(bench: Bench) -> None:
    bench.assign(2)
    bench.runner()
    bench.hub.dispatch.close(bench.session, bench.now)
    bench.pass_time(30)
    assert len(bench.stranded) == 1, "one runner can serve one of the two"


def test_runner_that_fell_silent_is_not_on_its_way(bench: Bench) -> None:
    bench.assign()
    runner = bench.runner()
    bench.hub.settings.change({"job_start_delay_s": 1000})
    bench.hub.work.online(runner, bench.now)
    bench.hub.work.lose(bench.hub.registry.runners[runner], bench.now, "killed")
    bench.hub.dispatch.close(bench.session, bench.now)
    bench.pass_time(12)
    assert len(bench.stranded) == 1


def test_stranded_counts_the_time_in_all_and_stays_when_the_job_runs_later(bench: Bench) -> None:
    bench.assign()
    for _number in range(2):
        bench.hub.dispatch.close(bench.session, bench.now)
        bench.pass_time(6)
        bench.session = bench.hub.dispatch.open("acme", 1, "listener", "blue", bench.now)
        bench.pass_time(6)
    assert bench.stranded == [pytest.approx(12, abs=0.5)]
    runner = bench.runner()
    bench.hub.work.online(runner, bench.now)
    job = bench.hub.work.take_job(runner, bench.now)
    assert job is not None
    bench.hub.work.started(runner, job.id, bench.now)
    bench.hub.work.completed(runner, "succeeded", bench.now)
    summary = bench.hub.book.summary()
    assert (summary["completed"], summary["stranded"]) == (1, 1)
    assert "stranded" in [entry["event"] for entry in job.history]


@pytest.mark.parametrize("lapse, state", [(None, ASSIGNED), (20, QUEUED)])
def test_assignment_lapses_only_where_set(
    bench: Bench, lapse: Optional[float], state: str
) -> None:
    bench.hub.settings.change({"assignment_lapse_s": lapse})
    bench.assign()
    bench.hub.dispatch.close(bench.session, bench.now)
    bench.pass_time(25)
    assert [job.state for job in bench.hub.book.jobs.values()] == [state]


def test_idle_scale_set_goes_after_its_time(bench: Bench) -> None:
    bench.hub.settings.change({"idle_scale_set_ttl_s": 30})
    bench.assign()
    bench.pass_time(60)
    assert bench.hub.registry.sets, "it has a session"
    bench.hub.dispatch.close(bench.session, bench.now)
    bench.pass_time(31)
    assert not bench.hub.registry.sets and bench.hub.book.counts[QUEUED] == 1


def test_runner_that_dies_before_it_started_gives_its_job_back(bench: Bench) -> None:
    bench.assign()
    first, second = bench.runner("a"), bench.runner("b")
    for runner in (first, second):
        bench.hub.work.online(runner, bench.now)
    assert bench.hub.work.take_job(first, bench.now) is not None
    assert bench.hub.work.take_job(second, bench.now) is None
    bench.hub.registry.runners[first].last_seen = bench.now - 60
    bench.hub.upkeep.tick(bench.now)
    assert bench.hub.work.take_job(second, bench.now) is not None
    assert bench.hub.book.counts["lost"] == 0


def test_runner_started_anew_while_busy_has_lost_its_job(bench: Bench) -> None:
    bench.assign()
    runner = bench.runner()
    bench.hub.work.online(runner, bench.now)
    job = bench.hub.work.take_job(runner, bench.now)
    assert job is not None
    bench.hub.work.started(runner, job.id, bench.now)
    bench.hub.work.online(runner, bench.now)
    assert job.state == "lost" and bench.hub.registry.runners[runner].job is None


def test_half_written_last_line_of_the_journal_is_passed_over(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.assign()
    journal = tmp_path / "journal.jsonl"
    text = journal.read_text(encoding="utf-8")
    journal.write_text(text + '["job","1",{"id"', encoding="utf-8")
    assert make_hub(tmp_path).book.counts[ASSIGNED] == 1


def test_journal_is_compacted_while_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.service.store.SLACK", 2000)
    store = Store(tmp_path / "journal.jsonl")
    for value in range(500):
        store.put("job", 1, {"value": value})
    assert (tmp_path / "journal.jsonl").stat().st_size < 4000
    assert Store(tmp_path / "journal.jsonl").load("job") == {"1": {"value": 499}}
