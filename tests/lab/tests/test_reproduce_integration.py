# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does what real releases of ARC do happen in the lab too? `observed.md` is the measure.

Scenarios of one cluster are played two at a time, each in its cluster and organisation; those
that need both clusters, or change the Actions service, come alone after them. Tolerances are wide
enough for a machine of two cores that does other things besides.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import pytest

from lab.errors import LabError
from lab.kube import path_of
from lab.lab import Lab
from lab.reproduce import cleaning
from lab.reproduce.eyes import Eyes
from lab.reproduce.scenario import Scenario, perform, scenarios
from lab.reproduce.stage import Stage
from lab.service_client import Service
from lab.state import LabState

pytestmark = pytest.mark.lab
CLUSTERS = ("blue", "green")
SCOPES = {"blue": "acme", "green": "other"}
LIMIT_S = 900.0
ALWAYS = ("3562",)
Result = Dict[str, Any]


class Playing:
    """Plays scenarios in the background; `result` waits for one."""

    def __init__(self, state: LabState, names: List[str]) -> None:
        self._state = state
        self._known = scenarios()
        self._futures: Dict[str, "Future[Result]"] = {name: Future() for name in names}
        together = [name for name in names if not is_alone(self._known[name])]
        # The longest goes first, so that the two ends meet.
        self._open = sorted(together, key=lambda name: name != "kubernetes-uninstall")
        self._alone = [name for name in names if name not in together]
        self._thread = threading.Thread(target=self._play_all)
        self._thread.start()

    def result(self, name: str) -> Result:
        return self._futures[name].result(LIMIT_S)

    def join(self) -> None:
        self._thread.join(LIMIT_S)

    def stop(self) -> None:
        """Begin nothing more; wait for what is on."""
        self._open.clear()
        self._alone.clear()
        self.join()

    def _play_all(self) -> None:
        lanes = [
            threading.Thread(target=self._lane, args=(self._open, (cluster,)))
            for cluster in CLUSTERS
        ]
        for lane in lanes:
            lane.start()
        for lane in lanes:
            lane.join()
        self._lane(self._alone, CLUSTERS)

    def _lane(self, names: List[str], clusters: Tuple[str, ...]) -> None:
        while True:
            try:
                name = names.pop(0)
            except IndexError:
                return
            try:
                found = perform(
                    self._known[name], self._state, clusters, scope=SCOPES[clusters[0]]
                )
                self._futures[name].set_result(found)
            except BaseException as error:  # pylint: disable=broad-except
                self._futures[name].set_exception(error)


def is_alone(scenario: Scenario) -> bool:
    return scenario.alone or scenario.clusters > 1


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabState]:
    lab = Lab(LabState(tmp_path_factory.mktemp("reproduce") / "lab"))
    lab.up(list(CLUSTERS))
    try:
        yield lab.state
    finally:
        lab.down()


@pytest.fixture(scope="module")
def playing(state: LabState, request: pytest.FixtureRequest) -> Iterator[Playing]:
    """What the selected tests of this file ask for, and nothing else."""
    began = time.monotonic()
    here = [item for item in request.session.items if item.path == Path(__file__)]
    marks = [item.get_closest_marker("lab") for item in here]
    names = list(dict.fromkeys(mark.kwargs["play"] for mark in marks if mark and mark.kwargs))
    made = Playing(state, names)
    yield made
    made.stop()
    print(f"\n{len(names)} scenarios in {time.monotonic() - began:.0f} s", flush=True)


@pytest.fixture
def result(playing: Playing, request: pytest.FixtureRequest) -> Result:
    """Of the scenario that the test names; it was as expected."""
    found = playing.result(request.node.get_closest_marker("lab").kwargs["play"])
    print(f"{found['scenario']}: {found['took_s']} s; {found['timeline']}")
    assert found["differences"] == [] and found["as_expected"]
    return found


def after(result: Result, part: str) -> float:
    """When the first entry of the timeline with this text was seen."""
    return next(entry["after_s"] for entry in result["timeline"] if part in entry["what"])


def play(name: str) -> Any:
    """The scenario whose result a test looks at. The first that users meet is played in every run
    of the tests, the others take minutes together."""
    mark = pytest.mark.lab(play=name)
    return mark if name in ALWAYS else lambda test: pytest.mark.long(mark(test))


@play("3562")
def test_set_is_gone_and_helm_says_deployed(result: Result) -> None:
    """Observed a1: idle runners at once, the busy one when its job has ended, then the set."""
    outcome = result["outcome"]
    assert outcome["helm"] == {"arc": "deployed 0.9.1", "web": "deployed 0.9.0"}
    assert outcome["scale sets at GitHub"] == [] and outcome["job"] == "completed"
    assert after(result, "idle runners are gone") < after(result, "the job ends")
    assert after(result, "the job ends") <= after(result, "AutoscalingRunnerSet gone")


@play("3562")
def test_two_controllers_give_the_error_of_3562(result: Result) -> None:
    """Observed a3: in 7 of 8 installs, in the log of the newer manager."""
    both = result["outcome"]["two controllers"]
    assert both["finalizer lines"] >= 2 and both["sets"] == 0
    assert all('not found"' in line for line in both["error"])
    assert len(both["reconciler"]) >= both["finalizer lines"]


@play("controller-first")
def test_without_controller_only_what_helm_marked_is_marked(result: Result) -> None:
    """Observed c: listener, runner set and runners have no deletionTimestamp at all."""
    held = result["outcome"]["held"]
    marked = {kind for kind, found in held.items() if found["deleting"]}
    helpers = {"ServiceAccount", "Secret", "Role", "RoleBinding"}
    assert marked == {"AutoscalingRunnerSet"} | helpers
    assert all(found["finalizers"] for found in held.values())
    assert result["outcome"]["jobs without controller"] == ["assigned", "completed"]


@play("kubernetes-uninstall")
def test_uninstall_fails_the_job_and_deletion_of_the_object_does_not(result: Result) -> None:
    """Observed b: 401 from 64 s on; jobs of less than a minute survive."""
    outcome = result["outcome"]
    jobs = {name: outcome[name]["job"] for name in ("def", "kub", "kdir")}
    assert jobs == {"def": "completed", "kub": "failed", "kdir": "completed"}
    assert "401" in outcome["kub"]["why"] and outcome["kub"]["ended after_s"] > 60
    assert outcome["kdir"]["ended after_s"] > outcome["kub"]["ended after_s"]


@play("newer-crds")
def test_no_runner_starts_under_newer_crds(result: Result) -> None:
    """Observed n1: pods without end, since the failures cannot be written."""
    outcome = result["outcome"]
    assert outcome["pods of one runner"] > 6 and outcome["runner failures"] is None
    assert outcome["helm"] == {"arc": "deployed 0.9.3", "web": "deployed 0.9.3"}


@play("failures-map")
def test_one_undecodable_runner_stops_the_whole_controller(result: Result) -> None:
    """Observed e: no worker of any controller starts until it is cured, then the gate fires."""
    assert result["outcome"]["workers"] == []
    order = ["again and again", "version gate", "taken off", "all four", "Set gone"]
    times = [after(result, part) for part in order]
    assert times == sorted(times)
    assert 0 < after(result, "job ends") < after(result, "taken off")


@play("orphaned-listener")
def test_old_listener_works_beside_a_new_one_that_cannot(result: Result) -> None:
    """Observed i: exactly one of the two is live; deleting the old one lets the new one in."""
    outcome = result["outcome"]
    assert outcome["session is held by the old one"] and outcome["objects kept"]
    assert outcome["cured"]["listeners"] == ["0.13.1"]


@play("dead-runner-set")
def test_dead_listener_shows_nowhere_but_in_its_binding(result: Result) -> None:
    """Observed h: phase Running, Helm deployed, no runner."""
    outcome = result["outcome"]
    assert outcome["phase of the set"] == "Running"
    assert outcome["listener is bound to"] == "a runner set that is no more"
    assert outcome["cured"]["listener is bound to"] == "the live runner set"


@play("eventual-deadlock")
def test_listener_never_comes_back_under_eventual(result: Result) -> None:
    """Observed l: neither the old limits nor a restart bring it back."""
    assert result["outcome"]["jobs"] == ["queued", "queued"]
    for told in ("no listener comes back", "max back to 5", "controller restarted"):
        assert after(result, told) < after(result, "both jobs run")


@play("outdated-deadlock")
def test_outdated_set_stays_parked_when_the_cause_is_gone(result: Result) -> None:
    """Observed m: the running job is not harmed, and the scale set goes only after it."""
    outcome = result["outcome"]
    assert outcome["job"] == "completed" and outcome["left"] == ["AutoscalingRunnerSet"]
    assert after(result, "running job ends") <= after(result, "scale set goes at GitHub")


@play("stranded")
def test_settling_strands_nobody_and_deleting_at_once_does(result: Result) -> None:
    """Observed j3 and r: left behind until the last running job ends."""
    at_once, settled = result["outcome"]["at-once"], result["outcome"]["settled"]
    assert at_once["stranded"] >= 1 and settled["stranded"] == 0
    assert at_once["back in the queue after_s"] > 30
    assert at_once["long jobs"] == settled["long jobs"] == ["completed", "completed"]


@play("same-group")
def test_removal_in_one_cluster_hangs_on_the_other_and_kills_it(result: Result) -> None:
    """Observed j2, and the cure of q2."""
    outcome = result["outcome"]
    assert outcome["runners of green"] == 0 and outcome["scale sets at GitHub"] == []
    order = ["blue's own job ends", "green's job ends", "blue: AutoscalingRunnerSet gone"]
    times = [after(result, part) for part in [*order, "green's set hangs", "green's set is gone"]]
    assert times == sorted(times)


def test_what_is_not_seen_in_time_is_a_difference_and_what_was_made_goes(
    playing: Playing, state: LabState
) -> None:
    """Every scenario can fail: the limit of a wait is told, and the lab is cleared all the same."""
    playing.join()

    def wait_in_vain(stage: Stage, release: str) -> None:
        stage.use_crds("blue", release)
        stage.begin("nothing is done")
        stage.until(lambda: stage.running("blue"), "a runner runs", 0.3)

    vain = Scenario("vain", "", (), ("0.9.3",), wait_in_vain, {"helm": "deployed"})
    found = perform(vain, state, CLUSTERS)
    assert not found["as_expected"] and len(found["differences"]) == 2
    assert found["differences"][0].startswith("a runner runs: not within 0 s")
    assert found["differences"][1] == "helm was never seen, expected deployed"
    assert bare(state, "blue")


def test_clusters_with_arc_in_them_are_refused_and_left_alone(
    playing: Playing, state: LabState
) -> None:
    playing.join()
    eyes = Eyes(state, "blue")
    place = path_of("v1", "namespaces")
    eyes.create(place, {"metadata": {"name": "arc-systems"}})
    try:
        with pytest.raises(LabError, match="ARC is in cluster blue: Namespace arc-systems"):
            perform(scenarios()["dead-runner-set"], state, CLUSTERS)
        assert eyes.get(f"{place}/arc-systems")
    finally:
        cleaning.clear(eyes)
        eyes.close()


def bare(state: LabState, cluster: str) -> bool:
    eyes = Eyes(state, cluster)
    try:
        return cleaning.remains(eyes) == []
    finally:
        eyes.close()


def test_nothing_is_left_in_clusters_and_at_the_service(
    playing: Playing, state: LabState
) -> None:
    """CRDs, namespaces, cluster roles, scale sets, settings: as in a new lab."""
    playing.join()
    assert [bare(state, cluster) for cluster in CLUSTERS] == [True, True]
    service = Service(state.service_url())
    assert service.scale_sets() == []
    assert (service.settings()["runner_exit"], service.settings()["runner_online_s"]) == (0, 0.0)


def test_every_scenario_has_its_test(request: pytest.FixtureRequest) -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in scenarios() if f'@play("{name}")' not in text] == []
