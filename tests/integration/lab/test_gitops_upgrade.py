# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An upgrade of what somebody else keeps as Git wants it. The ledger is the judge."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import gitops_holding, places
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.plugins.module_utils._pure import gitops_hold
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.errors import LifecycleError
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.reads import ClusterId
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules import run_module

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

# pylint: disable=wrong-import-position
import flux_stand_in  # noqa: E402
from flux_stand_in import GROUP, RELEASES, SPACE, Flux  # noqa: E402
from rehearsal import TOP, Rehearsal  # noqa: E402
from test_upgrade import releases_of  # noqa: E402

from lab.arc.install import ScaleSet  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.state import LabState  # noqa: E402

pytestmark = pytest.mark.lab

WEB = ScaleSet("web", min_runners=1)
OLD, NEW = "0.13.1", "0.14.2"
CLEAN = {"lost": 0, "stranded": 0, "failed": 0}
APPLICATIONS = places.Resource("argoproj.io", "v1alpha1", "applications", "Application")
RBAC = "rbac.authorization.k8s.io"
ROLES = places.Resource(RBAC, "v1", "clusterroles", "ClusterRole", is_namespaced=False)
BINDINGS = places.Resource(
    RBAC, "v1", "clusterrolebindings", "ClusterRoleBinding", is_namespaced=False)
_ADMISSION = ("admissionregistration.k8s.io", "v1")
POLICIES = places.Resource(
    *_ADMISSION, "validatingadmissionpolicies", "ValidatingAdmissionPolicy", is_namespaced=False)
POLICY_BINDINGS = places.Resource(
    *_ADMISSION, "validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding",
    is_namespaced=False)
TOLD = {"arc_preflight_gitops": "suspend"}


@pytest.fixture(name="run", scope="module")
def _run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gitops")
    lab = Lab(LabState(folder / "lab"))
    lab.up(["blue", "green"])
    try:
        run = Rehearsal(lab, folder)
        run.install(OLD, (WEB,))
        yield run
    finally:
        lab.down()


@pytest.fixture(name="flux", scope="module")
def _flux(run):
    with Flux(run.state, "blue", WEB, OLD) as flux:
        flux.wait_settled()
        yield flux


def module(run, *, check=False, **options):
    given = {"kubeconfig": str(run.state.kubeconfig), "context": "blue", **options}
    return run_module.run("arc_gitops", given, check=check)


def held(flux):
    found = flux.helm_release
    return gitops_hold.is_held(found), found["spec"].get("suspend")


def test_module_suspends_and_gives_back_and_says_so_in_check_mode(run, flux):
    code, said = module(run, check=True, state="suspended")
    assert (code, said["changed"], held(flux)) == (0, True, (False, None)), said
    code, said = module(run, state="suspended")
    assert (code, said["changed"], held(flux)) == (0, True, (True, True)), said
    assert [one["object"]["name"] for one in said["acts"]] == ["web"]
    assert module(run, state="suspended")[1]["changed"] is False
    code, said = module(run, state="resumed", release=NEW)
    assert (code, said["changed"], held(flux)) == (0, False, (True, True))
    assert "it wants 0.13.1, and 0.14.2 is in place" in said["left"][0]["reason"]
    code, said = module(run, check=True, state="resumed", release=OLD)
    assert (code, said["changed"], held(flux)) == (0, True, (True, True))
    code, said = module(run, state="resumed", release=OLD)
    assert (code, said["changed"], held(flux)) == (0, True, (False, None))
    assert module(run, state="resumed", release=OLD)[1]["changed"] is False
    code, said = module(run, state="resumed")
    assert (code, said["error"]["object"]) == (1, "option release")


def test_what_flux_had_begun_is_waited_for(run, flux):
    status = {"status": {"conditions": [
        {"type": "Reconciling", "status": "True", "reason": "Progressing"}]}}
    place = RELEASES.at(SPACE, "web")
    flux.client.merge_patch(place, status, Deadline(10))
    code, said = module(run, state="suspended", timeout=4)
    assert (code, said["error"]["class"], said["changed"]) == (1, "DeadlineReached", True)
    assert "still under way" in said["msg"] and held(flux) == (True, True)
    flux.client.merge_patch(place, {"status": None}, Deadline(10))
    assert module(run, state="suspended")[0] == 0
    assert module(run, state="resumed", resume="always")[0] == 0


def test_owner_that_cannot_rest_is_refused_before_anything_is_written(run, flux):
    client, batch = flux.client, places.SCALE_SETS.at("arc-runners", "web")
    mark = "argocd.argoproj.io/tracking-id"
    text = "runners:actions.github.com/AutoscalingRunnerSet:arc-runners/web"
    client.merge_patch(batch, {"metadata": {"annotations": {mark: text}}}, Deadline(10))
    code, said = module(run, state="suspended")
    assert (code, said["error"]["class"], held(flux)) == (1, "Refused", (False, None))
    assert "does not serve the kind" in said["msg"] and "Nothing was changed" in said["msg"]
    flux_stand_in.serve(client, APPLICATIONS)
    client.create(APPLICATIONS.at(SPACE), {
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
        "metadata": {"name": "runners", "namespace": SPACE,
                     "ownerReferences": [{"apiVersion": "argoproj.io/v1alpha1", "uid": "1",
                                          "kind": "ApplicationSet", "name": "all"}]},
        "spec": {"syncPolicy": {"automated": {"selfHeal": True}}},
    }, Deadline(10))  # fmt: skip
    code, said = module(run, state="suspended")
    assert (code, held(flux)) == (1, (False, None)) and "ApplicationSet flux-system/all" in said["msg"]
    code, said = module(run, state="suspended", gitops_suspended=True)
    assert (code, held(flux)) == (0, (True, True)), said
    assert module(run, state="resumed", resume="always")[0] == 0
    client.merge_patch(batch, {"metadata": {"annotations": {mark: None}}}, Deadline(10))


def grant(client, name, without=()):
    """Give a user the rights of a file in docs/rbac, less some verbs."""
    role = yaml.safe_load((TOP / "docs" / "rbac" / f"{name}.yml").read_text(encoding="utf-8"))
    for rule in role["rules"]:
        rule["verbs"] = [verb for verb in rule["verbs"] if verb not in without]
    name = role["metadata"]["name"]
    client.apply(ROLES.at(name=name), role, Deadline(10), force=True)
    client.apply(BINDINGS.at(name=name), {
        "apiVersion": f"{RBAC}/v1", "kind": "ClusterRoleBinding", "metadata": {"name": name},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": name},
        "subjects": [{"apiGroup": RBAC, "kind": "User", "name": "upgrader"}],
    }, Deadline(10), force=True)  # fmt: skip


def test_rights_that_are_told_are_enough_and_a_missing_one_is_named(run, flux):
    user = {"impersonate_user": "upgrader", "impersonate_groups": ["system:authenticated"]}

    def said_in_time(word):
        deadline = Deadline(20)
        while True:
            code, said = module(run, state="suspended", **user)
            if word in said.get("msg", "") and bool(word) == bool(code):
                return
            assert not deadline.is_over(), said
            assert code, said

    grant(flux.client, "arc_upgrade")
    said_in_time(f"the right to get helmreleases.{GROUP} in namespace {SPACE}")
    grant(flux.client, "arc_gitops", without=("patch",))
    said_in_time(f"the right to patch helmreleases.{GROUP} in namespace {SPACE}")
    grant(flux.client, "arc_gitops", without=("list",))
    said_in_time(f"the right to list helmreleases.{GROUP} in all namespaces")
    assert held(flux) == (False, None)
    grant(flux.client, "arc_gitops")
    said_in_time("")
    assert held(flux) == (True, True)
    code, said = module(run, state="resumed", release=OLD, **user)
    assert (code, held(flux)) == (0, (False, None)), said


def test_what_changes_meanwhile_is_judged_anew(run, flux, monkeypatch):
    assert module(run, state="suspended")[0] == 0
    patch = flux.client.json_patch

    def after_a_commit(*given, **more):
        monkeypatch.setattr(flux.client, "json_patch", patch)
        flux.wants("0.12.0")
        return patch(*given, **more)

    monkeypatch.setattr(flux.client, "json_patch", after_a_commit)
    said = gitops_holding.hold_or_let_go(SimpleNamespace(
        client=flux.client, deadline=Deadline(30), cluster=ClusterId("blue", ""), is_check=False,
        is_diff=False, partial={}, options={"state": "resumed", "release": OLD, "resume": "matching"},
    ))  # fmt: skip
    assert (said["changed"], held(flux)) == (False, (True, True))
    assert "it wants 0.12.0" in said["left"][0]["reason"]
    flux.wants(OLD)
    assert module(run, state="resumed", release=OLD)[1]["changed"] is True


@contextlib.contextmanager
def nobody_lets_go(client):
    """An admission policy by which what is suspended stays suspended."""
    name, limit = "stays-suspended", Deadline(30)
    client.create(POLICIES.at(), {"metadata": {"name": name}, "spec": {
        "matchConstraints": {"resourceRules": [{
            "apiGroups": [GROUP], "apiVersions": ["*"], "operations": ["UPDATE"],
            "resources": ["helmreleases"]}]},
        "validations": [{"expression": (
            "!oldObject.spec.?suspend.orValue(false) || object.spec.?suspend.orValue(false)")}],
    }}, limit)
    client.create(POLICY_BINDINGS.at(), {"metadata": {"name": name}, "spec": {
        "policyName": name, "validationActions": ["Deny"]}}, limit)
    probe = {"metadata": {"name": "probe"}, "spec": {"suspend": True}}
    client.create(RELEASES.at(SPACE), {
        "apiVersion": f"{GROUP}/v2", "kind": "HelmRelease", **probe}, limit)
    place = RELEASES.at(SPACE, "probe")
    while _may(client, place):
        assert not limit.is_over(), "the policy does not work"
        limit.pause(0.2)
    client.delete(place, limit)
    try:
        yield
    finally:
        client.delete(POLICY_BINDINGS.at(name=name), Deadline(20))
        client.delete(POLICIES.at(name=name), Deadline(20))


def _may(client, place):
    try:
        client.merge_patch(place, {"spec": {"suspend": False}}, Deadline(10), dry_run=True)
    except LifecycleError:
        return False
    return True


def test_upgrade_suspends_flux_and_lets_it_go_on_once_git_has_the_release(run, flux):
    run.load((WEB,), every_s=4, durations_s=(2, 10))
    refused = run.play("upgrade", arc_target=NEW)
    assert refused.code != 0 and not refused.changed
    assert "gitops-owned" in refused.text and "arc_preflight_gitops: suspend" in refused.text
    put_back = flux.put_back
    predicted = subprocess.run(
        [*run.command("upgrade", {"arc_target": NEW, **TOLD}), "--check"], env=run.environment(),
        cwd=run.folder, capture_output=True, text=True, timeout=300, check=False,
    )
    assert predicted.returncode == 0, predicted.stdout[-4000:]
    assert (held(flux), releases_of(run, "blue")) == ((False, None), {"web": OLD})
    # One that cannot be let go fails the run after the cluster is done, and not without a report.
    with nobody_lets_go(flux.client):
        kept = run.play("upgrade", arc_target=NEW, **TOLD, arc_gitops_resume="always")
    assert kept.code != 0 and "blue: suspends HelmRelease flux-system/web" in kept.text
    assert "stays-suspended" in kept.text, kept.text[-4000:]
    (told,) = [one for one in kept.report["clusters"] if one["name"] == "blue"]
    assert told["result"] == "failed" and "stays-suspended" in told["failure"]
    assert told["acts"][0]["object"]["kind"] == "HelmRelease"
    assert [releases_of(run, one) for one in ("blue", "green")] == [{"web": NEW}, {"web": OLD}]
    assert held(flux) == (True, True)
    status = run.play("status", arc_status_fail_on="warning")
    assert status.code != 0 and "gitops-held: HelmRelease flux-system/web" in status.text
    done = run.play("upgrade", arc_target=NEW, **TOLD)
    assert done.code == 0, done.text[-4000:]
    assert "HelmRelease flux-system/web stays suspended: it wants 0.13.1" in done.text
    assert (held(flux), flux.put_back) == ((True, True), put_back)
    assert [releases_of(run, one) for one in ("blue", "green")] == [{"web": NEW}] * 2
    (told,) = [one for one in done.report["clusters"] if one["name"] == "blue"]
    assert (told["result"], len(told["gitops_left"])) == ("nothing to do", 1)
    flux.wants(NEW)
    again = run.play("upgrade", arc_target=NEW, **TOLD)
    assert (again.code, again.changed, held(flux)) == (0, 1, (False, None)), again.text[-4000:]
    (told,) = [one for one in again.report["clusters"] if one["name"] == "blue"]
    assert (told["result"], told["acts"][-1]["reason"]) == ("nothing to do", "It goes on")
    flux.wait_settled()
    assert flux.put_back == put_back + 1
    last = run.play("upgrade", arc_target=NEW, **TOLD)
    assert (last.code, last.changed) == (0, 0), last.text[-4000:]
    assert [releases_of(run, one) for one in ("blue", "green")] == [{"web": NEW}] * 2
    ledger = run.end_load()
    assert {key: ledger[key] for key in CLEAN} == CLEAN and ledger["completed"] > 0
