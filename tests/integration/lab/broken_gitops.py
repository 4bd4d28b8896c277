# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases in which Argo CD or Flux owns what an upgrade changes. They go into the table of the others."""

from __future__ import annotations

import contextlib
import json

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import places
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.transport import Request
from ansible_collections.arc.lifecycle.tests.integration.lab import flux_stand_in
from ansible_collections.arc.lifecycle.tests.integration.lab.broken_cases import (
    CASES,
    CONTROLLER,
    LISTENER_CRD,
    case,
)
from ansible_collections.arc.lifecycle.tests.integration.lab.broken_clusters import WEB

__all__ = ["CASES"]

OF_WEB = "actions.github.com/AutoscalingRunnerSet:arc-runners/web"
APPLICATIONS = places.Resource("argoproj.io", "v1alpha1", "applications", "Application")
FLUX, SPACE = flux_stand_in.GROUP, flux_stand_in.SPACE


def apply_as(lab, manager, crd):
    """Apply a CRD of green as another manager does."""
    place = places.CRDS.at(name=crd["metadata"]["name"])
    request = Request("PATCH", place.path, (("fieldManager", manager),), json.dumps(crd).encode(),
                      "application/apply-patch+yaml")
    # pylint: disable=protected-access
    lab.client["green"]._ask(request, place, "apply", Deadline(20), is_write=True)


@contextlib.contextmanager
def of_flux(lab, **spec):
    """Have a HelmRelease that owns green's set."""
    marks = {"metadata": {"labels": {f"{FLUX}/name": "web", f"{FLUX}/namespace": SPACE}}}
    with lab.served(flux_stand_in.RELEASES), lab.made(flux_stand_in.RELEASES, {
        "apiVersion": f"{FLUX}/v2", "kind": "HelmRelease",
        "metadata": {"name": "web", "namespace": SPACE}, "spec": spec,
    }), lab.edited(places.SCALE_SETS, WEB, marks):
        yield


@case("blocker crd-managed green", says="kustomize-controller has written it")
def crd_of_a_kustomization(lab):
    crd = lab.get("green", places.CRDS, ("", LISTENER_CRD))
    kept = {"apiVersion": crd["apiVersion"], "kind": crd["kind"], "metadata": {"name": LISTENER_CRD}}
    apply_as(lab, "kustomize-controller", {**kept, "spec": crd["spec"]})
    try:
        yield
    finally:
        # What Helm owns as well stays.
        apply_as(lab, "kustomize-controller", kept)


@case("blocker gitops-owned green")
def set_of_argo_cd(lab):
    mark = {"metadata": {"annotations": {"argocd.argoproj.io/tracking-id": "arc:web"}}}
    with lab.edited(places.SCALE_SETS, WEB, mark):
        yield


@case("blocker gitops-owned green")
def controller_of_flux(lab):
    mark = {"metadata": {"labels": {"helm.toolkit.fluxcd.io/name": "arc"}}}
    with lab.edited(places.DEPLOYMENTS, CONTROLLER, mark):
        yield


@case("blocker gitops-owned green", gitops="suspend", says="is not suspended")
def set_of_a_helm_release_that_an_application_set_has_too(lab):
    mark = {"metadata": {"annotations": {"argocd.argoproj.io/tracking-id": f"{SPACE}_arc:{OF_WEB}"}}}
    made_by = {"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "name": "all", "uid": "1"}
    with of_flux(lab), lab.served(APPLICATIONS), lab.edited(places.SCALE_SETS, WEB, mark):
        with lab.made(APPLICATIONS, {
            "apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
            "metadata": {"name": "arc", "namespace": SPACE, "ownerReferences": [made_by]},
            "spec": {"syncPolicy": {"automated": {}}},
        }):
            yield


@case("blocker gitops-owned green", says="HelmRelease flux-system/web: it is not suspended")
def set_of_a_helm_release_at_work(lab):
    with of_flux(lab):
        yield


@case("warning gitops-owned green", gitops="suspend", says="It is suspended for the run")
def set_of_a_helm_release_that_the_run_suspends(lab):
    with of_flux(lab):
        yield


@case("warning gitops-owned green", says="it is suspended")
def set_of_a_helm_release_that_is_suspended(lab):
    with of_flux(lab, suspend=True):
        yield
