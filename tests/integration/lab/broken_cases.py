# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be wrong with a cluster before an upgrade, case by case, and what the plan has to say of it.

Each case is a context manager over a BrokenLab: inside it the state is there, after it it is not.
"""

from __future__ import annotations

import contextlib
import copy
from datetime import datetime, timedelta, timezone

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import places
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.tests.integration.lab import broken_clusters
from ansible_collections.arc.lifecycle.tests.integration.lab.broken_clusters import (
    BARE,
    MANAGER,
    NAMESPACE,
    PROTECTION,
    SYSTEMS,
    VERSION,
    WEB,
    record,
    renamed,
)

# pylint: disable=wrong-import-position
from lab.arc import install  # noqa: E402
from lab.arc.helm import helm  # noqa: E402

CASES = {}
CONTROLLER = (SYSTEMS, MANAGER)
SET_CRD = "autoscalingrunnersets.actions.github.com"
LISTENER_CRD = "autoscalinglisteners.actions.github.com"
STOPPED = "blocker controller-not-ready green"
ORPHANS = "blocker orphan-runners green"
# While green's set is ill, blue's has no peer that works.
NO_PEER = "blocker peer-ill blue"


def case(*expected, names=(), says="", **options):
    """Put a case into the table. `expected`: "severity id cluster" of each finding more than the
    sound pair has; `names`, `options`: of the plan; `says`: stands in one of the findings."""

    def enter(make):
        CASES[make.__name__] = (contextlib.contextmanager(make), set(expected), names, options, says)
        return make

    return enter


# CRDs.


@case(STOPPED, NO_PEER, "warning crds-behind green")
def crds_of_an_older_release(lab):
    with lab.stopped(), lab.crds(lab.published("0.7.0")):
        yield


@case(STOPPED, NO_PEER, "warning crds-ahead green")
def crds_of_a_newer_release(lab):
    with lab.stopped(), lab.crds(lab.published("0.14.2")):
        yield


@case("warning crds-mixed green")
def one_crd_of_another_release(lab):
    with lab.crds({LISTENER_CRD: lab.published("0.14.2")[LISTENER_CRD]}):
        yield


@case("warning crds-edited green")
def crd_edited_by_hand(lab):
    crd = lab.get("green", places.CRDS, ("", LISTENER_CRD))
    edited = copy.deepcopy(crd)
    schema = edited["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    schema["properties"]["spec"]["properties"]["mine"] = {"type": "string"}
    with lab.crds({LISTENER_CRD: edited}):
        yield


@case("warning crds-unknown green")
def crd_of_a_release_that_is_not_known_yet(lab):
    newer = copy.deepcopy(lab.get("green", places.CRDS, ("", LISTENER_CRD)))
    newer["metadata"]["annotations"]["controller-gen.kubebuilder.io/version"] = "v9.0.0"
    schema = newer["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    schema["properties"]["spec"]["properties"]["fresh"] = {"type": "string"}
    with lab.crds({LISTENER_CRD: newer}):
        yield


@case("blocker nothing-installed bare", "warning crds-partial bare", "info arc-absent bare", names=(BARE,))
def only_three_crds(lab):
    with contextlib.ExitStack() as stack:
        for name, crd in lab.published(broken_clusters.RELEASE).items():
            if name != SET_CRD:
                stack.enter_context(lab.made(places.CRDS, crd, BARE))
        yield


@case("blocker nothing-installed bare", "warning crd-terminating bare",
      "warning controller-absent bare", names=(BARE,))
def crd_that_is_being_deleted(lab):
    listener = renamed(lab.get("green", places.LISTENERS, lab.listener()), "kept", namespace="default")
    listener["metadata"]["finalizers"] = ["example.com/keep"]
    with contextlib.ExitStack() as stack:
        for crd in lab.published(broken_clusters.RELEASE).values():
            stack.enter_context(lab.made(places.CRDS, crd, BARE))
        lab.until(lambda: lab.is_served(BARE, places.LISTENERS), "the kind to be served")
        stack.enter_context(lab.made(places.LISTENERS, listener, BARE))
        lab.client[BARE].delete(places.CRDS.at("", LISTENER_CRD), Deadline(20))
        kept = ("default", "kept")
        lab.until(lambda: "deletionTimestamp" in lab.get(BARE, places.LISTENERS, kept)["metadata"],
                  "what is of the kind to be deleted too")
        yield


# Controllers.


@case("blocker controllers-overlap green", "blocker namespace-override green", STOPPED, NO_PEER)
def second_controller_that_watches_all(lab):  # with the marks of the first one's Helm release
    two = renamed(lab.get("green", places.DEPLOYMENTS, CONTROLLER), "two", namespace="default")
    two["spec"]["replicas"] = 0
    with lab.made(places.DEPLOYMENTS, two):
        yield


@case(STOPPED, NO_PEER)
def controller_without_a_pod(lab):
    with lab.stopped():
        yield


@case("blocker controller-absent green", NO_PEER)
def controller_deleted(lab):
    with lab.removed(places.DEPLOYMENTS, CONTROLLER):
        yield
    lab.scale_controller("green", 1)


@case("warning controller-image-differs green")
def image_of_another_release_than_the_chart(lab):
    with lab.edited(places.DEPLOYMENTS, CONTROLLER, {"metadata": {"labels": {VERSION: "0.9.2"}}}):
        yield


@case("warning stray-controller-pod green")
def manager_pod_of_no_deployment(lab):
    template = lab.get("green", places.DEPLOYMENTS, CONTROLLER)["spec"]["template"]
    pod = {"metadata": {"name": "stray", "namespace": SYSTEMS,
                        "labels": template["metadata"]["labels"]},
           "spec": {**template["spec"], "nodeSelector": {"no": "where"}}}
    # Else the Deployment would take it for its own.
    pod["metadata"]["labels"] = {**pod["metadata"]["labels"], "app.kubernetes.io/instance": "old"}
    with lab.made(places.PODS, pod):
        yield


# Scale sets.


@case(STOPPED, NO_PEER, "blocker release-unknown green", "warning gate-mismatch green")
def release_that_nobody_knows(lab):
    with lab.stopped(), lab.edited(places.SCALE_SETS, WEB, labels("0.9.99")):
        yield


@case(STOPPED, NO_PEER, "warning gate-mismatch green")
def set_that_the_controller_would_delete(lab):
    with lab.stopped(), lab.edited(places.SCALE_SETS, WEB, labels("0.9.2")):
        yield


@case(STOPPED, "warning peer-ill blue", "warning set-vanished green", "warning helper-leftover green",
      "warning listener-orphaned green", ORPHANS)
def set_gone_behind_the_back_of_helm(lab):
    with lab.one_more():
        with lab.stopped():
            lab.delete(places.SCALE_SETS, (NAMESPACE, "extra"))
            yield
        # Without its set a listener stays for ever, and with it the name.
        lab.delete(places.LISTENERS, lab.listener("green", "extra"))
        lab.install_set("green", install.ScaleSet("extra"))


@case(STOPPED, NO_PEER, "warning set-terminating green", "warning name-in-one-cluster green")
def set_on_its_way_out(lab):
    with lab.one_more():
        with lab.stopped():
            place = places.SCALE_SETS.at(NAMESPACE, "extra")
            lab.client["green"].delete(place, Deadline(20))
            yield


@case(STOPPED, NO_PEER, "warning limits-contradict green")
def more_runners_at_least_than_at_most(lab):
    with lab.stopped(), lab.edited(places.SCALE_SETS, WEB, {"spec": {"minRunners": 9}}):
        yield


@case(STOPPED, NO_PEER, "warning set-paused green")
def set_that_a_drain_has_paused(lab):
    note = {"arc.lifecycle/limits-before": '{"min": 1, "max": null, "touched": 0, "listeners": [], "waiting": 0}'}
    paused = {"metadata": {"annotations": note}, "spec": {"minRunners": 0, "maxRunners": 0}}
    with lab.stopped(), lab.edited(places.SCALE_SETS, WEB, paused):
        yield


@case(STOPPED, NO_PEER, "warning scale-set-id-missing green")
def set_without_an_id(lab):
    gone = {"metadata": {"annotations": {"runner-scale-set-id": None}}}
    with lab.stopped(), lab.edited(places.SCALE_SETS, WEB, gone):
        yield


@case("blocker experimental-chart green", "blocker name-in-one-cluster green")
def set_of_an_experimental_chart(lab):
    chart = lab.chart_called("gha-runner-scale-set-experimental")
    values = install.values_of(lab.state, "green", install.ScaleSet("extra"))
    values["controllerServiceAccount"] = {"name": MANAGER, "namespace": SYSTEMS}
    with lab.one_more():
        helm(lab.state, "green", "upgrade", "extra", chart, "--namespace", NAMESPACE, values=values)
        yield


@case("warning helm-release-unfinished green")
def helm_killed_in_an_upgrade(lab):
    secret = lab.get("green", places.SECRETS, lab.helm_secret("web"))
    with lab.made(places.SECRETS, broken_clusters.interrupted(secret)):
        yield


@case("blocker no-helm-release green")
def set_that_helm_does_not_know(lab):
    with lab.removed(places.SECRETS, lab.helm_secret("web")):
        yield


@case("blocker secret-missing green", says="there is no Secret arc-runners/arc-github")
def secret_gone(lab):
    with lab.removed(places.SECRETS, (NAMESPACE, install.SECRET)):
        yield


@case("blocker secret-missing green", says="has token, wanted is github_token or github_app_id")
def secret_with_another_key(lab):
    other = {"data": {"github_token": None, "token": "eA=="}}
    with lab.edited(places.SECRETS, (NAMESPACE, install.SECRET), other):
        yield


@case("info credentials-inline green", "blocker name-in-one-cluster green")
def token_in_the_values(lab):
    with lab.one_more(inline=True):
        yield


@case("warning value-unknown green", "blocker name-in-one-cluster green")
def value_that_no_chart_knows(lab):
    with lab.one_more(values={"maxRuners": 5}):
        yield


# Listeners.


@case(STOPPED, NO_PEER, "warning listener-missing green")
def no_listener(lab):
    with lab.stopped(), lab.removed(places.LISTENERS, lab.listener(), is_put_back=False):
        yield


@case(STOPPED, NO_PEER, "warning listener-ill green")
def listener_without_a_pod(lab):
    with lab.stopped():
        lab.delete(places.PODS, lab.listener())
        yield


@case(STOPPED, NO_PEER, "warning eventual-deadlock green")
def idle_runners_that_keep_the_listener_away(lab):
    with lab.stopped(), lab.strategy("eventual"):
        with lab.removed(places.LISTENERS, lab.listener(), is_put_back=False):
            yield


@case(STOPPED, NO_PEER, "warning listener-orphaned green")
def listener_of_a_set_that_is_gone(lab):
    body = renamed(lab.get("green", places.LISTENERS, lab.listener()), "old-listener")
    body["spec"]["autoscalingRunnerSetName"] = "old"
    with lab.stopped(), lab.made(places.LISTENERS, body):
        yield


@case(STOPPED, NO_PEER, "warning listener-stale-image green")
def listener_of_an_older_image(lab):
    image = lab.get("green", places.LISTENERS, lab.listener())["spec"]["image"]
    older = {"spec": {"image": image.replace("0.9.3", "0.9.1")}}
    with lab.stopped(), lab.edited(places.LISTENERS, lab.listener(), older):
        yield


@case(STOPPED, NO_PEER, "warning listener-of-dead-runner-set green")
def listener_bound_to_what_is_gone(lab):
    dead = {"spec": {"ephemeralRunnerSetName": "web-old"}}
    with lab.stopped(), lab.edited(places.LISTENERS, lab.listener(), dead):
        yield


@case(STOPPED, NO_PEER, "warning listener-wrong-id green")
def listener_of_another_id(lab):
    with lab.stopped(), lab.edited(places.LISTENERS, lab.listener(), {"spec": {"runnerScaleSetId": 99}}):
        yield


# Runners and leftovers.


@case(STOPPED, NO_PEER, "warning zombie-runners green")
def runner_that_lost_its_pod(lab):
    runner = lab.runner()
    made = datetime.fromisoformat(runner["metadata"]["creationTimestamp"].replace("Z", "+00:00"))
    lab.until(lambda: datetime.now(timezone.utc) - made > timedelta(minutes=2, seconds=1),
              "a runner that is old enough", 180)
    with lab.stopped():
        lab.delete(places.PODS, (NAMESPACE, runner["metadata"]["name"]))
        yield


@case("warning poisoned-failures green")
def runner_with_marks_of_an_old_release(lab):
    name = (NAMESPACE, lab.runner()["metadata"]["name"])
    poison = {"status": {"failures": {"one": True}}}
    with lab.edited(places.RUNNERS, name, poison, part="status"):
        yield


@case(STOPPED, NO_PEER, ORPHANS)
def runner_of_no_set(lab):
    with lab.stopped(), lab.made(places.RUNNERS, lab.left_runner()):
        yield


@case(STOPPED, NO_PEER, ORPHANS, "blocker poisoned-failures green")
def runner_of_no_set_with_marks_of_an_old_release(lab):
    with lab.stopped(), lab.made(places.RUNNERS, lab.left_runner(), status={"failures": {"one": True}}):
        yield


@case("blocker helper-leftover green")
def helper_that_stays_protected(lab):
    role = {
        "metadata": {"name": "old-gha-rs-manager", "namespace": NAMESPACE, "finalizers": [PROTECTION],
                     "labels": {"actions.github.com/scale-set-name": "old",
                                "actions.github.com/scale-set-namespace": NAMESPACE}},
        "rules": [],
    }
    with lab.made(places.ROLES, role, is_deleted=True):
        yield


# Of earlier runs.


@case("info run-unfinished green")
def run_that_did_not_end(lab):
    with lab.made(places.SECRETS, record(state="open", **{
        "from-release": "0.9.3", "to-release": "0.14.2", "started": "2026-01-01T00:00:00Z",
        "scale-sets": "[]",
    })):
        yield


@case("blocker record-unreadable green")
def record_that_makes_no_sense(lab):
    with lab.made(places.SECRETS, record(state="open", **{"scale-sets": "]"})):
        yield


# Of several clusters together.


@case(STOPPED, "blocker name-in-one-cluster blue", "warning name-in-one-cluster green", "blocker same-name-and-group blue")
def one_scale_set_at_github_for_two_clusters(lab):
    with lab.stopped(), lab.edited(places.SCALE_SETS, WEB, {"spec": {"runnerGroup": "blue"}}):
        yield


@case("blocker name-in-one-cluster green")
def name_that_one_cluster_serves(lab):
    with lab.one_more():
        yield


@case("blocker two-hosts-one-cluster twin", names=("blue", "green", "twin=green"))
def one_cluster_under_two_names(lab):
    yield


@case("blocker nothing-installed bare", "info arc-absent bare", names=(BARE,))
def cluster_without_arc(lab):
    yield


# Of a plan.


@case("blocker target-unknown ", target="0.99.0")
def target_that_nobody_knows(lab):
    yield


@case("blocker downgrade blue", "blocker downgrade green", "warning slow-release ", target="0.9.1")
def target_that_is_older(lab):
    yield


@case("blocker downgrade blue", "blocker downgrade green", "blocker target-unsupported ",
      "warning slow-release ", target="0.8.3")
def target_that_is_too_old(lab):
    yield


@case("blocker right-missing green", impersonate_user="viewer",
      says="delete autoscalingrunnersets.actions.github.com in namespace arc-runners")
def user_who_may_only_look(lab):
    with lab.may("viewer", [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list"]}]):
        yield


@case("blocker unread green", "blocker peer-ill blue", "blocker right-missing green",
      impersonate_user="viewer", says="the right to list pods")
def user_who_may_not_see_pods(lab):
    groups = ["actions.github.com", "apps", "rbac.authorization.k8s.io", "apiextensions.k8s.io",
              "coordination.k8s.io"]
    with lab.may("viewer", [
        {"apiGroups": groups, "resources": ["*"], "verbs": ["get", "list"]},
        {"apiGroups": [""], "resources": ["secrets", "serviceaccounts", "namespaces"],
         "verbs": ["get", "list"]},
    ]):
        yield


def labels(release):
    return {"metadata": {"labels": {VERSION: release}}}
