# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mirror shows after any changes what a fresh look would show, and asks for nothing meanwhile."""

from __future__ import annotations

import contextlib
import copy
import random
from types import SimpleNamespace

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import (
    connect,
    lookout,
    reader,
    rounds,
)
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.plugins.module_utils._pure import model
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules.scripted_cluster import (
    ScriptedCluster,
    status,
)

NAMESPACE = "arc-runners"
KINDS = ("ephemeralrunners", "pods", "ephemeralrunnersets", "autoscalinglisteners",
         "autoscalingrunnersets", "deployments")


@contextlib.contextmanager
def watched(parts, cluster_type=ScriptedCluster):
    """A cluster, a task on it, the first look, and a mirror whose watches have begun."""
    with cluster_type(parts) as cluster:
        client = connect.connect({"host": cluster.url}, environ={})
        deadline = Deadline(60)

        def look(asked):
            snapshot = reader.read_snapshot(client, deadline, asked)
            return snapshot, model.read_cluster(snapshot)

        task = SimpleNamespace(client=client, deadline=deadline, look=look)
        base = rounds.look(task)
        mirror = lookout.Mirror(task, base, (NAMESPACE,), deadline)
        with contextlib.closing(mirror):
            assert mirror.wait(5) and mirror.is_whole
            yield cluster, task, base, mirror
        client.close()


def sound():
    parts = b.sound(names=("web", "api"), busy=2, idle=1)
    parts["secrets"] = [b.helper("Secret", "web-gha-rs-github-secret", protected=False)]
    return parts


def quiet(mirror):
    """Take in what the watches still have to tell."""
    while mirror.wait(0.5):
        pass


def comparable(view):
    """What a view says, in an order of its own."""
    cluster = view.cluster
    return {
        "sets": sorted((repr(_ordered(one)) for one in cluster.scale_sets)),
        "controllers": sorted(map(repr, cluster.controllers)),
        "orphans": sorted(map(repr, (
            *cluster.orphan_listeners, *cluster.orphan_runner_sets, *cluster.orphan_runners,
        ))),
        "strays": sorted(map(repr, cluster.stray_controller_pods)),
    }


def _ordered(scale_set):
    return {
        **vars(scale_set),
        "runners": sorted(map(repr, scale_set.runners)),
        "listeners": sorted(map(repr, scale_set.listeners)),
        "runner_sets": sorted(map(repr, scale_set.runner_sets)),
    }


def test_mirror_shows_at_once_what_the_look_showed():
    with watched(sound()) as (_cluster, _task, base, mirror):
        assert comparable(mirror.view(base, b.NOW)) == comparable(base)


@pytest.mark.parametrize("seed", range(6))
def test_mirror_shows_what_a_fresh_look_would(seed):
    chance = random.Random(seed)
    with watched(sound()) as (cluster, task, base, mirror):
        for _change in range(25):
            part = chance.choice(KINDS)
            there = cluster.parts.get(part) or []
            if not there:
                continue
            raw = copy.deepcopy(chance.choice(there))
            kind = chance.choice(["MODIFIED", "DELETED", "ADDED"])
            if kind == "ADDED":
                raw["metadata"]["name"] += f"-{chance.randrange(10**6)}"
                raw["metadata"]["uid"] += f"-{chance.randrange(10**6)}"
            elif kind == "MODIFIED":
                raw["metadata"]["deletionTimestamp"] = b.ago(0)
            cluster.change(kind, part, raw)
        quiet(mirror)
        assert comparable(mirror.view(base, b.NOW)) == comparable(rounds.look(task))


def test_mirror_costs_no_request_once_it_has_begun():
    with watched(sound()) as (cluster, _task, base, mirror):
        before = len(cluster.requests)
        for number in range(10):
            raw = copy.deepcopy(cluster.parts["ephemeralrunners"][0])
            raw["metadata"]["annotations"] = {"n": str(number)}
            cluster.change("MODIFIED", "ephemeralrunners", raw)
            mirror.wait(2)
            mirror.view(base, b.NOW)
        assert len(cluster.requests) == before


def test_pod_of_somebody_else_is_left_out_and_one_of_a_listener_without_labels_is_not():
    parts = sound()
    bare = next(one for one in parts["pods"] if "listener" in one["metadata"]["name"])
    bare["metadata"]["labels"] = {}
    foreign = copy.deepcopy(bare)
    foreign["metadata"].update(name="database-0", uid="uid-database", namespace=NAMESPACE)
    parts["pods"].append(foreign)
    with watched(parts) as (cluster, task, base, mirror):
        cluster.change("MODIFIED", "pods", foreign)
        cluster.change("MODIFIED", "pods", bare)
        quiet(mirror)
        seen = {one["metadata"]["name"] for one in mirror.view(base, b.NOW).snapshot.read("pods")}
        asked = {one["metadata"]["name"] for one in rounds.look(task).snapshot.read("pods")}
    assert bare["metadata"]["name"] in seen and "database-0" not in seen
    assert seen == asked


def test_objects_of_namespaces_that_are_not_watched_stay_as_they_were_seen():
    parts = sound()
    other = copy.deepcopy(parts["autoscalingrunnersets"][0])
    other["metadata"].update(namespace="elsewhere", uid="uid-elsewhere")
    parts["autoscalingrunnersets"].append(other)
    with watched(parts) as (_cluster, _task, base, mirror):
        found = mirror.view(base, b.NOW).cluster.scale_sets
    assert "elsewhere" in {one.ref.namespace for one in found}


class Forgetful(ScriptedCluster):
    """Its first watch of runners is too old at once, and meanwhile a runner went untold."""

    gone = ""

    def _collection(self, seen, part, namespace):
        if part == "ephemeralrunners" and "watch" in seen.query and not self.gone:
            self.gone = self.parts[part].pop(0)["metadata"]["name"]
            return status(410, "Expired", "too old resource version")
        return super()._collection(seen, part, namespace)


def test_watch_that_missed_something_lists_again_and_forgets_what_went():
    with watched(sound(), cluster_type=Forgetful) as (cluster, task, base, mirror):
        assert cluster.gone in {
            one["metadata"]["name"] for one in base.snapshot.read("ephemeralrunners")
        }
        quiet(mirror)
        assert comparable(mirror.view(base, b.NOW)) == comparable(rounds.look(task))
