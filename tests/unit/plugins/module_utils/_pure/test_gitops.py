# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever would put a set back is found by its marks, and only a sure word counts as suspended."""

from __future__ import annotations

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import gitops, reads
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.gitops import (
    ACTIVE,
    APPLICATION,
    HELM_RELEASE,
    KUSTOMIZATION,
    SUSPENDED,
    UNREAD,
    Owner,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b

ITSELF = "actions.github.com/AutoscalingRunnerSet:arc-runners/web"
TRACKING = "argocd.argoproj.io/tracking-id"
INSTANCE = "argocd.argoproj.io/instance"
HELM = {"helm.toolkit.fluxcd.io/name": "web", "helm.toolkit.fluxcd.io/namespace": "flux-apps"}
KUSTOMIZE = {
    "kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux",
}
RELEASE = Owner(HELM_RELEASE, "flux-apps", "web")
MADE_BY = Owner(KUSTOMIZATION, "flux", "apps")
APP = Owner(APPLICATION, "", "runners")
GUESS = Owner(APPLICATION, "", "web", True)


def owned(labels=None, annotations=None, helm=None):
    return b.scale_set(labels=labels, annotations=annotations, helm=helm)


def tracked(app="runners", rest=ITSELF):
    return owned(annotations={TRACKING: f"{app}:{rest}"})


@pytest.mark.parametrize("raw, expected", [
    (b.scale_set(), ()),
    (owned(), ()),
    (owned(HELM), (RELEASE,)),
    (owned(KUSTOMIZE), (MADE_BY,)),
    (owned({**HELM, **KUSTOMIZE}), (RELEASE, MADE_BY)),
    (owned({"helm.toolkit.fluxcd.io/name": "web"}), ()),
    (tracked(), (APP,)),
    (tracked("team-a_runners"), (Owner(APPLICATION, "team-a", "runners"),)),
    (tracked(rest="apps/Deployment:arc-runners/web"), ()),
    (tracked(rest="actions.github.com/AutoscalingRunnerSet:arc-runners/other"), ()),
    (tracked("runners; rm -rf /"), ()),
    (owned({INSTANCE: "runners"}), (APP,)),
    (owned(annotations={INSTANCE: "team-a_runners"}),
     (Owner(APPLICATION, "team-a", "runners"),)),
    (owned({"app.kubernetes.io/instance": "web"}), (GUESS,)),
    (owned({"app.kubernetes.io/instance": "web"}, helm="web"), ()),
    (owned({"app.kubernetes.io/instance": "Web"}), ()),
    (owned({"app.kubernetes.io/instance": "web", **HELM}), (RELEASE,)),
], ids=[
    "of-helm", "by-hand", "helm-release", "kustomization", "both-of-flux", "half-a-mark",
    "tracking-id", "tracking-id-of-any-namespace", "copied-from-another-kind",
    "copied-from-another-set", "no-name", "argo-label", "argo-annotation", "label-of-chart",
    "label-of-helm", "label-that-is-no-application", "label-beside-flux",
])
def test_owner_is_found_by_its_marks(raw, expected):
    assert gitops.owners(raw) == expected


def test_owner_of_a_deployment_is_found_by_its_own_tracking_id():
    raw = b.controller()
    raw["metadata"]["annotations"] = {
        TRACKING: "arc:apps/Deployment:arc-systems/arc-gha-rs-controller"
    }
    assert gitops.owners(raw, "Deployment") == (Owner(APPLICATION, "", "arc"),)
    assert gitops.owners(raw) == ()


def application(automated="absent", namespace="argocd", appset=False, lists=False):
    policy = {} if automated == "absent" else {"automated": automated}
    meta = {"namespace": namespace, "name": "runners"}
    if appset:
        meta["ownerReferences"] = [{"kind": "ApplicationSet", "name": "fleet"}]
    resources = [{"group": "actions.github.com", "kind": "AutoscalingRunnerSet",
                  "namespace": "arc-runners", "name": "web"}]
    return {"metadata": meta, "spec": {"syncPolicy": policy},
            "status": {"resources": resources if lists else []}}


def flux(suspend=None, made=False, drift=None, git_sets=False):
    meta = {"namespace": "flux-apps", "name": "web", "labels": KUSTOMIZE if made else {}}
    if git_sets:
        meta["managedFields"] = [
            {"manager": "kustomize-controller", "fieldsV1": {"f:spec": {"f:suspend": {}}}},
        ]
    spec = {} if suspend is None else {"suspend": suspend}
    if drift:
        spec["driftDetection"] = {"mode": drift}
    return {"metadata": meta, "spec": spec}


def known(*items):
    return reads.Known(items)


FORBIDDEN = reads.Unread("forbidden", "get helmreleases.helm.toolkit.fluxcd.io in namespace x")


@pytest.mark.parametrize("raw, answers, state, said", [
    (tracked(), {APP: known(application())}, SUSPENDED, "by hand"),
    (tracked(), {APP: known(application(None))}, SUSPENDED, "by hand"),
    (tracked(), {APP: known(application({"enabled": False, "selfHeal": True}))}, SUSPENDED,
     "disabled"),
    (tracked(), {APP: known(application({"selfHeal": True}))}, ACTIVE, "heals itself"),
    (tracked(), {APP: known(application({}))}, ACTIVE, "next commit"),
    (tracked(), {APP: known(application({"enabled": True}))}, ACTIVE, "next commit"),
    (tracked(), {APP: known()}, UNREAD, "not in this cluster"),
    (tracked(), {APP: reads.KindAbsent("applications")}, UNREAD, "does not serve"),
    (tracked(), {APP: FORBIDDEN}, UNREAD, "forbidden"),
    (tracked(), {}, UNREAD, "not asked"),
    (tracked(), {APP: known(application(), application({}, "other"))}, ACTIVE, "next commit"),
    (tracked(), {APP: known(application(lists=True), application({}, "other"))}, SUSPENDED,
     "by hand"),
    (tracked(rest="apps/Deployment:a/b"), {}, UNREAD, "not about this object"),
    (owned({"app.kubernetes.io/instance": "web"}, {TRACKING: "x:apps/Deployment:a/b"}), {},
     UNREAD, "not about this object"),
    (owned(HELM), {RELEASE: known(flux(True))}, SUSPENDED, "suspended"),
    (owned(HELM), {RELEASE: known(flux(True, made=True)), MADE_BY: known(flux())}, SUSPENDED,
     "Git does not set"),
    (owned(HELM), {RELEASE: known(flux(False))}, ACTIVE, "next commit"),
    (owned(HELM), {RELEASE: known(flux())}, ACTIVE, "next commit"),
    (owned(HELM), {RELEASE: known(flux(drift="enabled"))}, ACTIVE, "puts the object back"),
    (owned(HELM), {RELEASE: known(flux(made=True)), MADE_BY: known(flux(True))}, ACTIVE,
     "not suspended"),
    (owned(HELM), {RELEASE: known()}, UNREAD, "not in this cluster"),
    (owned(HELM), {RELEASE: FORBIDDEN}, UNREAD, "forbidden"),
    (owned(KUSTOMIZE), {MADE_BY: known(flux(True))}, SUSPENDED, "suspended"),
    (owned(KUSTOMIZE), {MADE_BY: known(flux())}, ACTIVE, "puts the object back"),
    (owned({**HELM, **KUSTOMIZE}), {RELEASE: known(flux(True)), MADE_BY: FORBIDDEN}, UNREAD,
     "forbidden"),
    (owned({**HELM, **KUSTOMIZE}), {RELEASE: known(flux()), MADE_BY: FORBIDDEN}, ACTIVE,
     "not suspended"),
    (owned({"app.kubernetes.io/instance": "web"}), {GUESS: known(application({}, lists=True))},
     ACTIVE, "next commit"),
])
def test_only_a_sure_word_counts_as_suspended(raw, answers, state, said):
    verdict = gitops.judge(raw, answers)
    assert (verdict.state, said in verdict.reason) == (state, True), verdict
    assert bool(verdict.remedy) == (state != SUSPENDED)


@pytest.mark.parametrize("answer", [
    known(), known(application({})), reads.KindAbsent(), FORBIDDEN,
], ids=["no-such", "lists-others", "no-kind", "forbidden"])
def test_label_that_charts_set_too_proves_nothing_by_itself(answer):
    raw = owned({"app.kubernetes.io/instance": "web"})
    assert gitops.judge(raw, {GUESS: answer}) is None


def test_object_without_marks_has_no_verdict():
    assert gitops.judge(b.scale_set(), {}) is None


@pytest.mark.parametrize("raw, answers, commands", [
    (owned(HELM), {RELEASE: known(flux())}, ["flux suspend helmrelease web -n flux-apps"]),
    (owned(KUSTOMIZE), {MADE_BY: known(flux())}, ["flux suspend kustomization apps -n flux"]),
    (owned(HELM), {RELEASE: known(flux(made=True, git_sets=True)), MADE_BY: known(flux())},
     ["flux suspend kustomization apps -n flux", "flux suspend helmrelease web -n flux-apps"]),
    (owned(HELM), {RELEASE: known(flux(made=True, git_sets=True)), MADE_BY: known(flux(True))},
     ["flux suspend helmrelease web -n flux-apps"]),
    (tracked(), {APP: known(application({}))},
     ["argocd app set argocd/runners --sync-policy none"]),
    (tracked(), {APP: known(application({}, appset=True))},
     ["ApplicationSet argocd/fleet", "argocd app set argocd/runners --sync-policy none"]),
    (owned(HELM), {RELEASE: FORBIDDEN},
     ["Grant the right to get helmreleases", "gitops_suspended"]),
], ids=["helm-release", "kustomization", "git-holds-it", "maker-suspended", "application",
        "application-set", "unread"])
def test_remedy_gives_the_commands_in_order(raw, answers, commands):
    remedy = gitops.judge(raw, answers).remedy
    places = [remedy.find(command) for command in commands]
    assert -1 not in places and places == sorted(places), remedy
    assert remedy.count("flux suspend") == sum("flux suspend" in one for one in commands)


def test_patch_of_a_flux_object_is_not_made_under_a_name_that_flux_takes_back():
    remedy = gitops.judge(owned(HELM), {RELEASE: known(flux())}).remedy
    assert "kubectl patch helmreleases.helm.toolkit.fluxcd.io web -n flux-apps" in remedy
    assert "--field-manager=flux" in remedy
