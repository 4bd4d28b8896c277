# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a release would leave at GitHub is deleted there, unless somebody uses it."""

from __future__ import annotations

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import places
from ansible_collections.arc.lifecycle.tests.integration.lab.stuck_lab import (
    CLUSTER,
    NAMESPACE,
    RELEASE,
    SYSTEMS,
    StuckLab,
    limit,
)

pytestmark = [pytest.mark.lab, pytest.mark.long]


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with StuckLab(tmp_path_factory.mktemp("lab"), {CLUSTER: RELEASE}) as running:
        yield running


@pytest.fixture
def lab(shared):
    yield shared
    shared.put_right()
    assert shared.service.ledger()["lost"] == 0


@pytest.fixture
def abandoned(lab):
    """An idle runner and its set, whose controller went for good. The runner's pod has gone too."""
    web = lab.install(CLUSTER, min_runners=1)
    lab.wait_runners(web, 1)
    runner = lab.runner(web)
    lab.scale_controller(CLUSTER, 0)
    lab.delete_set(web)
    remove_pod(lab, runner)
    return web


def remove_pod(lab, name, namespace=NAMESPACE):
    lab.delete(places.PODS, name, namespace)
    lab.eventually(
        lambda: name not in {one["metadata"]["name"] for one in lab.objects(places.PODS)},
        f"pod {name} to go",
    )


def credentials(lab):
    return {"api_url": f"{lab.service.url}/api/v3", "token": f"ghp_lab_{CLUSTER}"}


def results(result):
    return {one["kind"]: one["result"] for one in result["deleted_at_github"]}


def test_runner_and_scale_set_are_deleted_there_too(lab, abandoned):
    # The listener gives its session back when its pod ends.
    (listener,) = [one["metadata"]["name"] for one in lab.objects(places.PODS, abandoned["name"])
                   if one["metadata"]["namespace"] == SYSTEMS]
    remove_pod(lab, listener, SYSTEMS)
    result = lab.clear(github=credentials(lab), delete_at_github=True)
    assert results(result) == {"runner": "deleted", "scale set": "deleted"}
    assert not lab.objects(places.SCALE_SETS)
    assert lab.service.scale_set(abandoned["name"]) is None


def test_scale_set_that_a_listener_serves_is_kept(lab, abandoned):
    result = lab.clear(github=credentials(lab), delete_at_github=True)
    assert results(result) == {"runner": "deleted", "scale set": "kept"}
    (kept,) = [one for one in result["deleted_at_github"] if one["result"] == "kept"]
    assert kept["reason"] == "a listener somewhere holds its message session"
    assert lab.service.scale_set(abandoned["name"]) is not None


def test_nothing_is_deleted_without_being_asked_for(lab, abandoned):
    result = lab.clear(github=credentials(lab))
    assert result["deleted_at_github"] == []
    assert result["cleared_count"] > 0
    assert lab.service.scale_set(abandoned["name"]) is not None


def test_report_deletes_nothing(lab, abandoned):
    result = lab.judge(github=credentials(lab), delete_at_github=True)
    assert result["changed"] is False
    assert any("deleted at GitHub first" in effect
               for one in result["verdicts"] for effect in one["effects"])
    assert lab.client.get(places.SCALE_SETS.at(NAMESPACE, abandoned["name"]), limit())
