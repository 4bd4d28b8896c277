# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster in which things get stuck: what is judged of them, and how all is put right again.

A test makes a state by its cause, asks for the verdicts, mends what may be mended, and tells the
row of the table: state, verdicts, evidence, what is left after.
"""

from __future__ import annotations

import contextlib
from typing import Any, Callable, Dict, List, Mapping, Sequence, Tuple

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import places
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.client import Query
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.tests.integration.lab.drain_lab import (
    CONTROLLER,
    NAMESPACE,
    DrainLab,
    LabError,
)

CLUSTER = "green"
RELEASE = "0.14.2"
SYSTEMS, MANAGER = CONTROLLER
OF_SET = Query(labels="actions.github.com/scale-set-name", metadata_only=True)
HELPERS = (places.ROLE_BINDINGS, places.ROLES, places.SERVICE_ACCOUNTS, places.SECRETS)
ARC = (places.SCALE_SETS, places.LISTENERS, places.RUNNER_SETS, places.RUNNERS)


def limit(seconds: float = 30) -> Deadline:
    return Deadline(seconds)


class StuckLab(DrainLab):
    """Use as a context manager."""

    def __enter__(self) -> StuckLab:
        self._installed: List[Dict[str, str]] = []
        # Jobs that a test itself took the pod away from.
        self.given_up = 0
        super().__enter__()
        self.client = self.connect(CLUSTER)
        return self

    def __exit__(self, *error: object) -> None:
        self.client.close()
        super().__exit__(*error)

    def install(self, *args: Any, **limits: Any) -> Dict[str, str]:
        made = super().install(*args, **limits)
        self._installed.append(made)
        return made

    def judge(self, **options: Any) -> Dict[str, Any]:
        """Report on all of the cluster, or what `options` choose."""
        ways = {"all", "objects", "scale_sets", "namespaces"}
        chosen = {} if ways & set(options) else {"all": True}
        code, result = self.run(
            "arc_finalizer_clear", CLUSTER, **{"min_age": 0, "timeout": 60, **chosen, **options}
        )
        assert code == 0, result.get("msg")
        return result

    def clear(self, **options: Any) -> Dict[str, Any]:
        return self.judge(state="cleared", **options)

    def wait_judged(
        self, is_so: Callable[[Dict[str, Any]], Any], what: str, **options: Any
    ) -> Dict[str, Any]:
        """Judge until it is so, at most a minute."""
        until = limit(60)
        while True:
            result = self.judge(**options)
            if is_so(result):
                return result
            assert not until.is_over(), f"not judged so: {what}; {codes(result)}"
            until.pause(0.3)

    def wait_code(self, kind: str, code: str, **options: Any) -> Dict[str, Any]:
        """Judge until an object of a kind has a verdict."""
        return self.wait_judged(
            lambda result: (kind, code) in codes(result), f"{kind} {code}", **options
        )

    def found(self) -> Sequence[Mapping[str, Any]]:
        """What arc_repair finds."""
        code, result = self.run("arc_repair", CLUSTER)
        assert code == 0, result.get("msg")
        return result["found"]

    def wait_found(self, id: str, limit_s: float = 150) -> Mapping[str, Any]:
        until = limit(limit_s)
        while True:
            for one in self.found():
                if one["id"] == id and not one["held"]:
                    return one
            assert not until.is_over(), f"{id} was not found: {self.found()}"
            until.pause(0.5)

    def mend(self, id: str, **options: Any) -> Dict[str, Any]:
        code, result = self.run(
            "arc_repair", CLUSTER, state="repaired", repairs=[id], timeout=60, **options
        )
        assert (code, result["changed"]) == (0, True), result.get("msg")
        return result

    def left(self) -> List[str]:
        """What is there of ARC and of the charts' helpers beside scale sets."""
        found = []
        for resource in (*ARC, *HELPERS):
            query = OF_SET if resource in HELPERS else Query(metadata_only=True)
            for one in self.client.list(resource.at(), limit(), query).items:
                found.append(f"{resource.kind} {one['metadata']['name']}")
        return sorted(found)

    def objects(self, resource: places.Resource, prefix: str = "") -> List[Dict[str, Any]]:
        found = self.client.list(resource.at(), limit()).items
        return [one for one in found if one["metadata"]["name"].startswith(prefix)]

    def runner(self, scale_set: Mapping[str, str]) -> str:
        (one,) = self.objects(places.RUNNERS, scale_set["name"])
        return str(one["metadata"]["name"])

    def wait_runners(self, scale_set: Mapping[str, str], count: int) -> None:
        self.eventually(
            lambda: sum(
                1 for one in self.objects(places.RUNNERS, scale_set["name"])
                if (one.get("status") or {}).get("runnerId") and
                (one.get("status") or {}).get("phase") == "Running"
            ) == count, f"{count} registered runners",
        )

    def wait_marked(self, runner: str) -> None:
        """Until the listener wrote on the runner which job it runs."""
        place = places.RUNNERS.at(NAMESPACE, runner)
        self.eventually(
            lambda: (self.client.get(place, limit()).get("status") or {}).get("jobId"),
            "the runner to be marked busy",
        )

    def wait_job(self, jobs: List[int], state: str = "completed") -> None:
        self.service.wait(
            lambda _ledger: {one["state"] for one in self.jobs(jobs)} == {state},
            what=f"jobs {jobs} to be {state}",
        )

    def delete(self, resource: places.Resource, name: str, namespace: str = NAMESPACE) -> None:
        self.client.delete(resource.at(namespace, name), limit())

    def delete_set(self, scale_set: Mapping[str, str]) -> None:
        self.delete(places.SCALE_SETS, scale_set["name"])

    def strip(self, resource: places.Resource, name: str, namespace: str = NAMESPACE) -> None:
        """What blind scripts do."""
        self.client.merge_patch(
            resource.at(namespace, name), {"metadata": {"finalizers": None}}, limit()
        )

    @staticmethod
    def eventually(is_true: Callable[[], Any], what: str, limit_s: float = 60) -> None:
        until = limit(limit_s)
        while not is_true():
            assert not until.is_over(), f"not in {limit_s} s: {what}"
            until.pause(0.2)

    def put_right(self) -> None:
        """Nothing of a test is left for the next one."""
        self.service.clear_faults()
        self.service.settings(runner_exit=0)
        self.scale_controller(CLUSTER, 1)
        for one in self._installed:
            with contextlib.suppress(LabError):
                # A test may have uninstalled it.
                self.uninstall(CLUSTER, one)
        self._installed.clear()
        until = limit(120)
        while any(map(self.objects, ARC)):
            assert not until.is_over(), f"left: {self.left()}; {self.judge()['verdicts']}"
            gone = {one["metadata"]["name"]: "gone" for one in self.objects(places.RUNNERS)}
            self.clear(github_states=gone)
            self.run("arc_repair", CLUSTER, state="repaired", repairs=["orphaned-listener"])
            until.pause(0.3)


def codes(result: Mapping[str, Any]) -> List[Tuple[str, str]]:
    """Kind and code of each verdict."""
    return [(one["object"]["kind"], one["code"]) for one in result.get("verdicts", ())]


def row(state: str, result: Mapping[str, Any], after: str) -> None:
    """Tell a row of the table of states."""
    told = sorted({f"{one['object']['kind']} {one['decision']} ({one['reason'][:90]})"
                   for one in result["verdicts"]})
    print(f"STATE {state} | {'; '.join(told)} | {after}")


def mended(state: str, repair: Mapping[str, Any], after: str) -> None:
    """Tell a row of the table of states, of one that a repair mends."""
    print(f"STATE {state} | {repair['id']} ({repair['proof']}) | {after}")
