# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A drain in slices, by the real module: it ends in time, on one cluster, and loses nothing."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.arc.lifecycle.plugins.plugin_utils import speaking
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules.scripted_cluster import (
    ScriptedCluster,
    take_away,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules.test_arc_scaleset_drain import (
    drain,
    sound,
)

MOST_SLICES = 6


class Sliced(speaking.SpeakingAction):
    """The plugin with the real module. `clusters`: of each slice, the last one of all others."""

    def __init__(self, *clusters, **arguments):
        self._task = SimpleNamespace(args=arguments, check_mode=False, async_val=0)
        self._clusters = list(clusters)
        self.given = []

    def _execute_module(self, **given):
        assert len(self.given) < MOST_SLICES, "it never ends"
        self.given.append(given["module_args"])
        cluster = self._clusters.pop(0) if len(self._clusters) > 1 else self._clusters[0]
        code, result = drain(cluster, **given["module_args"])
        return {**result, "failed": bool(code)}


def spoken(plugin, timeout, heartbeat=30):
    return plugin._speak(plugin._task.args, timeout, heartbeat, {})


def test_report_at_the_deadline_is_the_end():
    with ScriptedCluster(sound(busy=1, idle=0)) as cluster:
        done = spoken(Sliced(cluster, settle="never", on_deadline="report"), timeout=4)
    assert (done["failed"], done["finished"]) == (False, False)
    assert done["holders"] and "memory" not in done


@pytest.mark.parametrize("on_deadline", ["fail", "report"])
def test_heartbeat_shorter_than_a_last_slice_does_not_outlast_the_deadline(on_deadline):
    with ScriptedCluster(sound(busy=1, idle=0)) as cluster:
        plugin = Sliced(cluster, settle="never", on_deadline=on_deadline)
        done = spoken(plugin, timeout=4, heartbeat=4)
    assert done["failed"] is (on_deadline == "fail")


def test_other_cluster_under_the_same_name_is_refused_in_a_later_slice():
    parts = {**sound(), "autoscalingrunnersets": [], "autoscalinglisteners": [],
             "ephemeralrunnersets": [], "ephemeralrunners": []}
    with ScriptedCluster(sound(busy=1, idle=0)) as east, ScriptedCluster(parts) as west:
        west.uid = "another"
        done = spoken(Sliced(east, west, settle="never"), timeout=60, heartbeat=4)
    assert (done["failed"], done["error"]["class"]) == (True, "Refused")
    # What was done before is not forgotten over it.
    assert done["changed"] is True and [one["verb"] for one in done["acts"]] == ["delete"]


class Outage(Sliced):
    """The API server is back as soon as a slice has given up."""

    def _execute_module(self, **given):
        part = super()._execute_module(**given)
        self._clusters[0].is_away = False
        return part


def go_away(cluster, verb, raw):
    take_away(cluster, verb, raw)
    cluster.is_away = True


def test_deletion_is_told_though_the_api_server_went_away_right_after_it():
    with ScriptedCluster(sound(), go_away) as cluster:
        plugin = Outage(cluster, settle="never")
        done = spoken(plugin, timeout=60, heartbeat=7)
    assert len(plugin.given) == 2 and "Trying again" in done["waited"][0]["line"]
    assert (done["failed"], done["finished"], done["changed"]) == (False, True, True)
    assert [one["verb"] for one in done["acts"]] == ["delete"]
