# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A set that Helm calls deployed and that is not there: when it may be made again, and how."""

from __future__ import annotations

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    reads,
    repairs,
    vanished_sets,
)
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.vanished_sets import Stored
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure.drain_looks import (
    view_of,
)

NAMESPACE = "arc-runners"


def manifests(release, name="gone", **meta):
    body = {
        "apiVersion": "actions.github.com/v1alpha1", "kind": "AutoscalingRunnerSet",
        "metadata": {"name": name, "labels": {"app.kubernetes.io/version": release}, **meta},
        "spec": {"maxRunners": 3},
    }  # fmt: skip
    return vanished_sets.sets_in((NAMESPACE, "web-release"), [None, {"kind": "Role"}, body])


def found(parts, stored):
    options = repairs.Options(stored=stored)
    return [one for one in repairs.find(view_of(parts), options, b.NOW)
            if one.id == "set-vanished"]


def test_it_is_made_again_as_helms_own():
    stored = Stored(manifests("0.14.2", annotations={"a": "b"}))
    (repair,) = found(b.sound("0.14.2"), stored)
    assert (repair.held, repair.act.verb) == ("", "create")
    assert str(repair.ref) == f"AutoscalingRunnerSet {NAMESPACE}/gone"
    meta = repair.act.body["metadata"]
    assert meta["namespace"] == NAMESPACE
    assert meta["labels"]["app.kubernetes.io/managed-by"] == "Helm"
    assert meta["annotations"] == {
        "a": "b", "meta.helm.sh/release-name": "web-release",
        "meta.helm.sh/release-namespace": NAMESPACE,
    }  # fmt: skip
    assert repair.act.body["spec"] == {"maxRunners": 3}
    # What Helm stored is not changed by it.
    assert "namespace" not in stored.manifests[0].body["metadata"]


def test_its_helpers_are_protected_before_it_is_made_again():
    parts = b.sound("0.14.2")
    (web,) = parts["autoscalingrunnersets"]
    marks = web["metadata"]["annotations"]
    parts["autoscalingrunnersets"].clear()
    parts["roles"] = [b.helper("Role", "web-gha-rs-manager", protected=False)]
    bodies = manifests("0.14.2", web["metadata"]["name"], annotations=marks)
    first, last = found(parts, Stored(bodies))
    assert (first.ref.kind, first.act.verb) == ("Role", "patch")
    assert (last.ref.kind, last.act.verb) == ("AutoscalingRunnerSet", "create")


def test_set_that_is_there_has_not_vanished():
    parts = b.sound("0.14.2")
    name = parts["autoscalingrunnersets"][0]["metadata"]["name"]
    assert not found(parts, Stored(manifests("0.14.2", name)))


def test_sets_that_could_not_be_read_have_not_vanished():
    parts = b.sound("0.14.2")
    parts["autoscalingrunnersets"] = reads.Unread("forbidden")
    assert not found(parts, Stored(manifests("0.14.2")))


def absent(parts):
    parts["deployments"].clear()
    parts["pods"][:] = [one for one in parts["pods"] if one["metadata"]["namespace"] == NAMESPACE]


@pytest.mark.parametrize(
    ("release", "stored", "change", "word"),
    [
        ("0.9.0", {}, None, "arc_target 0.14.2"),
        ("0.14.2", {"copies": frozenset([(NAMESPACE, "gone")])}, None, "state resumed"),
        ("0.14.2", {"is_upgrade_open": True}, None, "arc.lifecycle.upgrade"),
        ("0.14.2", {}, absent, "no controller"),
    ],
    ids=["release-does-not-fit", "retired-by-a-drain", "upgrade-open", "no-controller"],
)
def test_it_is_held_with_what_to_do_instead(release, stored, change, word):
    parts = b.sound("0.14.2")
    if change:
        change(parts)
    (repair,) = found(parts, Stored(manifests(release), **stored))
    assert word in repair.held
