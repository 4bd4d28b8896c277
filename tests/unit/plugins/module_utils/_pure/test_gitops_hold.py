# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What rests and in which order, what it gets back, and when it may go on."""

from __future__ import annotations

import json

import jsonpatch
import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    finding_table,
    gitops,
    gitops_hold,
    reads,
)
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.gitops import (
    APPLICATION,
    HELM_RELEASE,
    KUSTOMIZATION,
    Owner,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b

ITSELF = "actions.github.com/AutoscalingRunnerSet:arc-runners/web"
NAME = "AutoscalingRunnerSet arc-runners/web"
HELM = {"helm.toolkit.fluxcd.io/name": "web", "helm.toolkit.fluxcd.io/namespace": "flux"}
KUSTOMIZE = {
    "kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux",
}
RELEASE, ABOVE = Owner(HELM_RELEASE, "flux", "web"), Owner(KUSTOMIZATION, "flux", "apps")
APP, ROOT = Owner(APPLICATION, "argocd", "web"), Owner(APPLICATION, "argocd", "root")
GUESS = Owner(APPLICATION, "", "web")
FROM_GIT = {"manager": "kustomize-controller", "fieldsV1": {"f:spec": {"f:suspend": {}}}}
AUTOMATED = {"automated": {"selfHeal": True, "prune": False}}


def item(owner, spec=None, labels=None, annotations=None, managed=None, **more):
    meta = {"name": owner.name, "namespace": owner.namespace, "resourceVersion": "7", "uid": "u"}
    for key, value in (("labels", labels), ("annotations", annotations), ("managedFields", managed)):
        if value is not None:
            meta[key] = value
    return {"metadata": meta, "spec": spec or {}, **more}


def known(one):
    return reads.Known((one,))


def tracked(app, rest=ITSELF):
    return {"argocd.argoproj.io/tracking-id": f"{app}:{rest}"}


def owned(raw, answers):
    return gitops_hold.ownership({"AutoscalingRunnerSet": [raw]}, answers)


def names(found):
    return [str(one.owner) for one in found.holds]


def flux_set():
    return b.scale_set(labels=HELM, helm=None)


def test_set_that_nobody_owns_has_nothing_to_rest():
    assert owned(b.scale_set(), {}) == gitops_hold.Ownership()


def test_helm_release_rests_alone_where_git_does_not_set_it_back():
    found = owned(flux_set(), {
        RELEASE: known(item(RELEASE, labels=KUSTOMIZE)), ABOVE: known(item(ABOVE)),
    })
    assert (names(found), found.obstacles) == (["HelmRelease flux/web"], {})


def test_what_sets_an_object_back_rests_before_it():
    found = owned(flux_set(), {
        RELEASE: known(item(RELEASE, labels=KUSTOMIZE, managed=[FROM_GIT])),
        ABOVE: known(item(ABOVE, labels=KUSTOMIZE, managed=[FROM_GIT])),
    })
    # A Kustomization that makes itself, as Flux's own does, ends there.
    assert names(found) == ["Kustomization flux/apps", "HelmRelease flux/web"]


def test_applications_of_applications_rest_from_the_outermost_on():
    child = item(APP, {"syncPolicy": AUTOMATED},
                 annotations=tracked("root", "argoproj.io/Application:argocd/web"))
    raw = b.scale_set(annotations=tracked("web"), helm=None)
    root = Owner(APPLICATION, "", "root")
    answers = {GUESS: known(child), root: known(item(ROOT, {"syncPolicy": AUTOMATED}))}
    assert names(owned(raw, answers)) == ["Application argocd/root", "Application argocd/web"]
    answers[root] = known(item(ROOT))
    assert names(owned(raw, answers)) == ["Application argocd/web"]


def test_two_sets_of_one_owner_are_one_hold():
    raws = [b.scale_set(name, labels=HELM, helm=None) for name in ("web", "batch")]
    found = gitops_hold.ownership({"AutoscalingRunnerSet": raws}, {RELEASE: known(item(RELEASE))})
    assert (names(found), len(found.verdicts)) == (["HelmRelease flux/web"], 2)


@pytest.mark.parametrize("answers, word", [
    ({}, "was not read"),
    ({RELEASE: reads.KindAbsent()}, "does not serve the kind"),
    ({RELEASE: reads.Known()}, "not in this cluster"),
    ({RELEASE: reads.Unread("the right is missing", "get it")}, "the right is missing"),
    ({RELEASE: known(item(RELEASE, labels=KUSTOMIZE, managed=[FROM_GIT])),
      ABOVE: reads.Unread("no answer")}, "no answer"),
], ids=["not-asked", "no-kind", "elsewhere", "no-right", "no-right-above"])
def test_owner_that_cannot_be_made_to_rest_is_an_obstacle(answers, word):
    found = owned(flux_set(), answers)
    assert word in found.obstacles[NAME].reason
    (finding,) = gitops_hold.findings_with([], found, True, "east")
    assert (finding.severity, word in finding.reason) == ("blocker", True)
    assert finding.remedy == found.obstacles[NAME].remedy


def test_application_set_would_set_its_application_back():
    made = item(APP, {"syncPolicy": AUTOMATED})
    made["metadata"]["ownerReferences"] = [{"kind": "ApplicationSet", "name": "all"}]
    found = owned(b.scale_set(annotations=tracked("web"), helm=None), {GUESS: known(made)})
    assert found.holds == () and "ApplicationSet argocd/all" in found.obstacles[NAME].remedy


def test_copied_mark_is_an_obstacle():
    raw = b.scale_set(annotations=tracked("web", "apps/Deployment:a/b"), helm=None)
    assert "not about this object" in owned(raw, {}).obstacles[NAME].reason


BEFORE = {
    "flux-unset": (RELEASE, {}),
    "flux-false": (RELEASE, {"suspend": False, "interval": "1m"}),
    "kustomization": (ABOVE, {"path": "./apps"}),
    "application": (APP, {"syncPolicy": {**AUTOMATED, "syncOptions": ["a=b"]}, "project": "x"}),
    "application-bare": (APP, {"syncPolicy": {"automated": {}}}),
}


@pytest.mark.parametrize("owner, spec", BEFORE.values(), ids=BEFORE.keys())
@pytest.mark.parametrize("labels, annotations", [
    (None, None), ({"a/b": "c"}, {"d": "e"}),
], ids=["bare", "marked"])
def test_what_rested_is_given_back_what_it_had(owner, spec, labels, annotations):
    there = item(owner, spec, labels, annotations)
    resting = jsonpatch.apply_patch(
        there, gitops_hold.suspend(gitops_hold.Hold(owner, there)).body)
    assert gitops_hold.rests(owner, resting) and gitops_hold.is_held(resting)
    assert not gitops_hold.rests(owner, there) and not gitops_hold.is_held(there)
    again = jsonpatch.apply_patch(resting, gitops_hold.resume(owner, resting).body)
    assert again["spec"] == spec
    for part, value in (("labels", labels), ("annotations", annotations)):
        assert (again["metadata"].get(part) or {}) == (value or {})


@pytest.mark.parametrize("owner", [RELEASE, APP], ids=str)
def test_patch_fits_only_what_was_read(owner):
    there = item(owner, {"syncPolicy": AUTOMATED})
    changed = {**there, "metadata": {**there["metadata"], "resourceVersion": "8"}}
    for act in (gitops_hold.suspend(gitops_hold.Hold(owner, there)),
                gitops_hold.resume(owner, item(owner, labels={gitops_hold.LABEL: "true"}))):
        with pytest.raises(jsonpatch.JsonPatchTestFailed):
            jsonpatch.apply_patch(changed, act.body)


@pytest.mark.parametrize("owner, now", [
    (RELEASE, {"suspend": False}), (APP, {"syncPolicy": {"automated": {"prune": True}}}),
], ids=str)
def test_what_somebody_let_go_on_keeps_what_it_was_given(owner, now):
    there = item(owner, now, {gitops_hold.LABEL: "true"}, {gitops_hold.BEFORE: json.dumps({})})
    again = jsonpatch.apply_patch(there, gitops_hold.resume(owner, there).body)
    assert (again["spec"], gitops_hold.is_held(again)) == (now, False)


@pytest.mark.parametrize("kept", [None, "no json"], ids=["absent", "garbled"])
def test_lost_memory_leaves_an_application_to_be_synced_by_hand(kept):
    there = item(APP, {}, {gitops_hold.LABEL: "true"}, kept and {gitops_hold.BEFORE: kept})
    again = jsonpatch.apply_patch(there, gitops_hold.resume(APP, there).body)
    assert (again["spec"], gitops_hold.is_held(again)) == ({}, False)


def conditions(*ones):
    return {"conditions": [dict(zip(("type", "status", "reason"), one)) for one in ones]}


@pytest.mark.parametrize("owner, status, expected", [
    (RELEASE, {}, False),
    (RELEASE, conditions(("Ready", "True", "UpgradeSucceeded")), False),
    (RELEASE, conditions(("Reconciling", "True", "Progressing")), True),
    (RELEASE, conditions(("Ready", "Unknown", "Progressing")), True),
    (RELEASE, conditions(("Reconciling", "True", "ProgressingWithRetry")), False),
    (ABOVE, conditions(("Reconciling", "True", "Progressing")), True),
    (APP, {"operationState": {"phase": "Running"}}, True),
    (APP, {"operationState": {"phase": "Succeeded"}}, False),
    (APP, {}, False),
])
def test_what_is_under_way_is_seen(owner, status, expected):
    assert gitops_hold.is_at_work(owner, item(owner, status=status)) is expected


def chart(version, **more):
    return {"chart": {"spec": {"chart": "gha-runner-scale-set", "version": version, **more}}}


def from_source(kind, **more):
    return {"chartRef": {"kind": kind, "name": "charts", **more}}


def app(*sources):
    return {"sources": list(sources)}


OCI = ("OCIRepository", "flux", "charts")
SET_CHART = {"chart": "actions/gha-runner-scale-set", "targetRevision": "0.14.2"}
CONTROLLER_CHART = {"chart": "gha-runner-scale-set-controller", "targetRevision": "v0.14.2"}
VALUES = {"repoURL": "git", "ref": "values"}
WANTS = {
    "same": (RELEASE, chart("0.14.2"), {}, ""),
    "with-v": (RELEASE, chart("v0.14.2"), {}, ""),
    "older": (RELEASE, chart("0.9.0"), {}, "it wants 0.9.0"),
    "range": (RELEASE, chart(">=0.9.0"), {}, "not to be seen"),
    "any": (RELEASE, chart(None), {}, "not to be seen"),
    "oci": (RELEASE, from_source("OCIRepository"),
            {OCI: known({"spec": {"ref": {"tag": "0.14.2"}}})}, ""),
    "oci-older": (RELEASE, from_source("OCIRepository", namespace="flux"),
                  {OCI: known({"spec": {"ref": {"tag": "0.9.3"}}})}, "it wants 0.9.3"),
    "oci-digest": (RELEASE, from_source("OCIRepository"),
                   {OCI: known({"spec": {"ref": {"digest": "sha256:1"}}})}, "not to be seen"),
    "oci-tag-and-digest": (RELEASE, from_source("OCIRepository"), {OCI: known(
        {"spec": {"ref": {"tag": "0.14.2", "digest": "sha256:1"}}})}, "not to be seen"),
    "oci-tag-and-range": (RELEASE, from_source("OCIRepository"), {OCI: known(
        {"spec": {"ref": {"tag": "0.14.2", "semver": "0.9.x"}}})}, "not to be seen"),
    "chart-in-git": (RELEASE, chart("0.14.2", sourceRef={"kind": "GitRepository"}), {},
                     "not to be seen"),
    "chart-in-registry": (RELEASE, chart("0.14.2", sourceRef={"kind": "HelmRepository"}), {}, ""),
    "oci-gone": (RELEASE, from_source("OCIRepository"), {OCI: reads.Known()}, "not to be seen"),
    "helm-chart": (RELEASE, from_source("HelmChart"),
                   {("HelmChart", "flux", "charts"): known({"spec": {"version": "0.14.2"}})}, ""),
    "kustomization": (ABOVE, {}, {}, "not to be seen"),
    "app": (APP, {"source": SET_CHART}, {}, ""),
    "app-two": (APP, app(SET_CHART, CONTROLLER_CHART, VALUES), {}, ""),
    "app-older": (APP, app(SET_CHART, {**CONTROLLER_CHART, "targetRevision": "0.9.0"}), {},
                  "it wants 0.9.0"),
    "app-range": (APP, app(SET_CHART, {**CONTROLLER_CHART, "targetRevision": "0.*"}), {},
                  "not to be seen"),
    "app-git": (APP, {"source": {"path": "arc", "targetRevision": "main"}}, {}, "not to be seen"),
    "app-more": (APP, app(SET_CHART, {"path": "more"}), {}, "not to be seen"),
    "app-bare": (APP, {}, {}, "not to be seen"),
}


@pytest.mark.parametrize("owner, spec, sources, reason", WANTS.values(), ids=WANTS.keys())
def test_goes_on_only_if_it_is_to_be_seen_that_it_wants_what_is_there(
    owner, spec, sources, reason
):
    there = item(owner, spec)
    told, remedy = gitops_hold.stays_because(owner, there, "0.14.2", sources)
    assert (bool(told), bool(remedy)) == (bool(reason), bool(reason))
    assert reason in told


def test_findings_say_what_the_run_will_do():
    found = owned(flux_set(), {RELEASE: known(item(RELEASE, {"driftDetection": {}}))})
    old = finding_table.make("gitops-owned", NAME, "it carries the marks of flux", cluster="east")
    other = finding_table.make("kubernetes-mode", NAME, "r", cluster="east")
    (kept, refused) = gitops_hold.findings_with([old, other], found, False, "east")
    assert (kept, refused.severity) == (other, "blocker")
    assert refused.remedy.startswith("Let the run suspend it (arc_preflight_gitops: suspend), or: flux")
    (told,) = gitops_hold.findings_with([old], found, True, "east")
    assert (told.severity, told.cluster) == ("warning", "east")
    assert "suspended for the run" in told.reason and "Git" in told.remedy
    resting = owned(flux_set(), {RELEASE: known(item(RELEASE, {"suspend": True}))})
    (told,) = gitops_hold.findings_with([old], resting, False, "east")
    assert (told.severity, gitops_hold.owners_of(resting)) == ("warning", ())
    assert gitops_hold.findings_with([old], None, True, "east") == [old]
    assert gitops_hold.owners_of(None) == () and gitops_hold.owners_of(found) == (RELEASE,)


def test_at_rest_an_owner_is_no_fault_and_what_a_run_left_suspended_is():
    owned_one = finding_table.make("gitops-owned", NAME, "it carries the marks of flux", cluster="east")
    other = finding_table.make("listener-ill", NAME, "r", cluster="east")
    kept, same, left = gitops_hold.findings_at_rest([owned_one, other], [RELEASE], "east")
    assert (kept.id, kept.severity, kept.reason) == ("gitops-owned", "info", owned_one.reason)
    assert same == other
    assert (left.id, left.severity, left.object, left.cluster) == (
        "gitops-held", "warning", "HelmRelease flux/web", "east")
    assert len(gitops_hold.findings_at_rest([other], None, "east")) == 1


def test_verdict_of_what_rests_names_no_hold():
    found = owned(flux_set(), {RELEASE: known(item(RELEASE, {"suspend": True}))})
    assert (found.holds, found.verdicts[NAME].state) == ((), gitops.SUSPENDED)
