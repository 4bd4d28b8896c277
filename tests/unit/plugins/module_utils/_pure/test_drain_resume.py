# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets that were retired come back from their copies, and what stands in their way is told."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    drain,
    drain_copy,
    drain_request,
    drain_resume,
)
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.errors import (
    BadInput,
    ReadFailed,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure.drain_looks import (
    WEB,
    decided,
    deleting,
    gone,
    view_of,
)

OPTIONS = {
    "scale_sets": None, "namespace": None, "names": None, "label_selector": None,
    "controller": None, "all": False, "allow_none": False,
}


def stored(parts, revision=3, at=b.NOW):
    """The copy that a drain of these parts would keep."""
    view = view_of(parts)
    (scale_set,) = view.cluster.scale_sets
    secret = drain_copy.secret_of(drain_copy.store(scale_set, view), revision, at)
    return drain_copy.read(secret, "blue")


def way_back(parts, *copies, **changes):
    revisions = {("arc-runners", copy.helm): copy.revision for copy in copies if copy.helm}
    wish = drain_resume.Wish(**{"targets": (WEB.key,), "revisions": revisions, **changes})
    return drain_resume.decide(view_of(parts), copies, wish)


def test_copy_is_kept_right_before_the_deletion():
    acts = decided(b.sound(), keep_copy=True).acts
    assert [(act.verb, act.ref.kind) for act in acts] == [
        ("store", "Secret"), ("delete", "AutoscalingRunnerSet"),
    ]
    assert acts[0].ref.namespace == "arc-runners"


def test_copy_has_what_its_owner_wrote_and_nothing_of_arc_s():
    parts = b.sound()
    (raw,) = parts["autoscalingrunnersets"]
    raw["metadata"]["annotations"].update({
        "actions.github.com/change-hash": "abc", "actions.github.com/values-hash": "def",
        "example.com/team": "web",
    })
    raw["metadata"]["finalizers"] = ["autoscalingrunnerset.actions.github.com/finalizer"]
    manifest = stored(parts).manifest
    assert manifest["spec"] == raw["spec"]
    assert set(manifest["metadata"]) == {"namespace", "name", "labels", "annotations"}
    assert manifest["metadata"]["labels"] == raw["metadata"]["labels"]
    kept = manifest["metadata"]["annotations"]
    assert kept["example.com/team"] == "web" and kept["actions.github.com/values-hash"] == "def"
    assert not {"runner-scale-set-id", "actions.github.com/change-hash",
                "actions.github.com/runner-group-name"} & set(kept)
    assert "status" not in manifest


@pytest.mark.parametrize("before", [{"minRunners": 2, "maxRunners": 7}, {}])
def test_copy_of_a_paused_set_has_the_limits_of_before(before):
    parts = b.sound()
    (raw,) = parts["autoscalingrunnersets"]
    raw["spec"].update(minRunners=0, maxRunners=0)
    raw["metadata"]["annotations"]["arc.lifecycle/limits-before"] = json.dumps({
        "min": before.get("minRunners"), "max": before.get("maxRunners"), "touched": 0,
        "listeners": [], "waiting": 0,
    })
    spec = stored(parts).manifest["spec"]
    assert {key: spec[key] for key in ("minRunners", "maxRunners") if key in spec} == before


def test_set_that_has_gone_is_made_anew_then_its_copy_goes():
    copy = stored(b.sound())
    found = way_back(gone(b.sound()), copy)
    (act,) = found.acts
    assert (act.verb, act.body, found.finished, found.stage) == (
        "create", copy.manifest, False, "create")
    parts = b.sound()
    parts["autoscalingrunnersets"][0]["metadata"]["uid"] = "another"
    (act,) = way_back(parts, copy).acts
    assert (act.verb, act.ref) == ("delete", copy.ref)


def test_set_that_still_goes_is_waited_for():
    copy = stored(b.sound())
    found = way_back(deleting(b.sound()), copy)
    assert (found.acts, found.refused, found.stage) == ((), (), "going")


def test_set_that_goes_and_has_no_copy_is_refused():
    (refused,) = way_back(deleting(b.sound())).refused
    assert refused.id == "no-copy"


def test_copy_of_another_release_than_the_controller_is_refused():
    """#3562: the controller would delete it at once."""
    copy = stored(b.sound("0.9.3"))
    found = way_back(gone(b.sound("0.14.2")), copy, changed="restore")
    assert (found.acts, [one.id for one in found.refused]) == ((), ["version-gate"])
    assert "release 0.9.3" in found.refused[0].reason and "0.14.2" in found.refused[0].reason


def test_nothing_is_made_without_a_controller():
    parts = gone(b.sound())
    parts["deployments"][0]["spec"]["replicas"] = 0
    found = way_back(parts, stored(b.sound()))
    assert (found.acts, [one.id for one in found.refused]) == ((), ["controller-absent"])


@pytest.mark.parametrize("revision, now, finding", [
    (3, 3, None), (3, 4, "helm-changed"), (3, 0, "helm-gone"), (3, None, "helm-unknown"),
    (None, 3, "helm-unknown"),
])
def test_helm_release_that_changed_is_asked_about(revision, now, finding):
    copy = stored(b.sound(), revision=revision)
    assert copy.helm == "web"
    revisions = {("arc-runners", "web"): now}
    found = way_back(gone(b.sound()), copy, revisions=revisions)
    assert [one.id for one in found.refused] == ([finding] if finding else [])
    assert bool(found.acts) is (finding is None)
    told = way_back(gone(b.sound()), copy, revisions=revisions, changed="restore")
    assert [act.verb for act in told.acts] == ["create"]


def test_set_that_helm_did_not_make_needs_no_helm():
    parts = b.sound()
    marks = parts["autoscalingrunnersets"][0]["metadata"]["annotations"]
    del marks["meta.helm.sh/release-name"]
    copy = stored(parts, revision=None)
    assert [act.verb for act in way_back(gone(b.sound()), copy).acts] == ["create"]


@pytest.mark.parametrize("text", [None, "", "e30=", base64.b64encode(b"[1]").decode(), "%%%"])
def test_damaged_copy_is_told_and_not_guessed(text):
    secret = {"metadata": {"namespace": "arc-runners", "name": "arc-lifecycle-copy-web"},
              "data": {} if text is None else {drain_copy.DATA_KEY: text}}
    with pytest.raises(ReadFailed) as error:
        drain_copy.read(secret, "blue")
    assert "Secret arc-runners/arc-lifecycle-copy-web" in str(error.value)


def chosen(parts, *copies, **options):
    return drain_resume.choose(view_of(parts), copies, {**OPTIONS, **options})[0]


def test_all_means_what_a_drain_left_its_mark_on():
    assert chosen(b.sound(), all=True) == ()
    copy = stored(b.sound())
    assert chosen(gone(b.sound()), copy, all=True) == (WEB.key,)
    assert chosen(gone(b.sound()), copy, namespace="elsewhere") == ()
    assert chosen(gone(b.sound()), copy, namespace="arc-runners") == (WEB.key,)
    marked = b.sound()
    marks = marked["autoscalingrunnersets"][0]["metadata"]["annotations"]
    marks["arc.lifecycle/limits-before"] = "{}"
    assert chosen(marked, all=True) == (WEB.key,)


def test_named_set_is_meant_also_without_a_mark():
    assert chosen(b.sound(), names=["web"]) == (WEB.key,)


def test_copy_is_selected_by_the_labels_of_its_set():
    parts = b.sound()
    parts["autoscalingrunnersets"][0]["metadata"]["labels"]["team"] = "a"
    copy = stored(parts)
    assert chosen(gone(b.sound()), copy, label_selector=["team=a"]) == (WEB.key,)
    assert chosen(gone(b.sound()), copy, label_selector=["team=b"]) == ()


def test_name_of_which_nothing_is_there_is_an_error_unless_allowed():
    with pytest.raises(BadInput, match="there is no such set, and no copy of one"):
        chosen(gone(b.sound()), names=["web"], namespace="arc-runners")
    assert chosen(gone(b.sound()), names=["web"], allow_none=True) == ()


def test_selection_of_a_drain_is_the_same():
    view = view_of(b.sound())
    asked = {**OPTIONS, "names": ["web"]}
    drained = drain_request.begin(view, asked, b.NOW).targets
    assert tuple(one.key for one in drained) == drain_resume.choose(view, (), asked)[0]


def test_listener_of_other_limits_is_no_proof():
    parts = b.sound()
    assert way_back(parts).finished
    parts["autoscalinglisteners"][0]["spec"]["maxRunners"] = 1
    found = way_back(parts)
    assert (found.finished, found.stage) == (False, "listener")


def test_strategy_stays_while_another_set_needs_it():
    parts = b.sound(names=("web", "api"))
    note = {"min": 1, "max": 4, "touched": 5, "listeners": [], "waiting": 0}
    for raw in parts["autoscalingrunnersets"]:
        raw["spec"].update(minRunners=1, maxRunners=5)
        raw["metadata"]["annotations"]["arc.lifecycle/limits-before"] = json.dumps(note)
    manager = parts["deployments"][0]
    manager["metadata"].setdefault("annotations", {})[
        "arc.lifecycle/update-strategy-before"] = ""
    args = manager["spec"]["template"]["spec"]["containers"][0]["args"]
    args[:] = [one for one in args if "update-strategy" not in one]
    args.append("--update-strategy=eventual")
    assert [act.ref.kind for act in way_back(parts).acts] == ["AutoscalingRunnerSet"]
    both = (WEB.key, ("arc-runners", "api"))
    assert [act.ref.kind for act in way_back(parts, targets=both).acts] == [
        "Deployment", "AutoscalingRunnerSet", "AutoscalingRunnerSet",
    ]


def test_undo_leaves_what_somebody_else_changed_and_says_so():
    parts = b.sound()
    (raw,) = parts["autoscalingrunnersets"]
    raw["spec"].update(minRunners=1, maxRunners=9)
    raw["metadata"]["annotations"]["arc.lifecycle/limits-before"] = json.dumps(
        {"min": 1, "max": 4, "touched": 0, "listeners": [], "waiting": 0})
    acts, left = drain_resume.undo(view_of(parts), (WEB.key,))
    assert acts == () and "somebody made them" in left[0]


def test_pause_keeps_no_copy():
    options = drain.Options((replace(WEB),), mode="pause", keep_copy=True)
    parts = b.sound()
    acts = drain.decide(view_of(parts), options, drain.Memory(), b.NOW).acts
    assert [act.verb for act in acts] == ["patch"]
