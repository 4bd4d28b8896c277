# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of drains that do not go on: each function returns the parts of one look."""

from __future__ import annotations

from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b

SECRET = "web-gha-rs-github-secret"
MANAGER, KUBE_MODE = "web-gha-rs-manager", "web-gha-rs-kube-mode"


def sound(release="0.9.3", **changes):
    parts = b.sound(release, **{"busy": 1, "idle": 0, **changes})
    parts["secrets"] = [b.helper("Secret", SECRET)]
    parts["roles"] = [b.helper("Role", MANAGER)]
    parts["rolebindings"] = [b.helper("RoleBinding", MANAGER)]
    return parts


def going(release="0.9.3", **changes):
    """A set in deletion whose listener has gone."""
    parts = sound(release, **changes)
    parts["autoscalingrunnersets"][0]["metadata"]["deletionTimestamp"] = b.ago(0.1)
    parts["autoscalinglisteners"] = []
    return parts


def no_controller():
    return {**going(), "deployments": []}


def scaled_to_zero():
    return {**going(), "deployments": [b.controller(replicas=0)]}


def crash_loop():
    parts = going()
    parts["deployments"] = [b.controller(ready=0)]
    parts["pods"][0]["status"]["containerStatuses"][1].update(
        restartCount=7, state={"waiting": {"reason": "CrashLoopBackOff"}}
    )
    return parts


def two_controllers():
    parts = going()
    parts["deployments"].append(b.controller("0.14.2", name="second"))
    return parts


def other_label():
    parts = sound(idle=1)
    parts["deployments"] = [b.controller("0.14.2")]
    return parts


def poisoned():
    parts = going("0.14.2")
    parts["ephemeralrunners"][0]["status"]["failures"] = {"x": True}
    return parts


def secret_gone():
    return {**going(), "secrets": []}


def idle_stays():
    parts = going(busy=0, idle=1)
    pod = parts["pods"][-1]
    pod["status"]["containerStatuses"][1]["state"] = {"terminated": {"exitCode": 0}}
    return parts


def listener_of_lost_node():
    parts = going()
    listener = b.listener(parts["autoscalingrunnersets"][0], deleting=0.5)
    parts["autoscalinglisteners"] = [listener]
    parts["pods"] = [parts["pods"][0], b.listener_pod(listener, deleting=0.1, reason="NodeLost")]
    return parts


def listener_of_silent_node():
    parts = going()
    listener = b.listener(parts["autoscalingrunnersets"][0], deleting=0.1)
    parts["autoscalinglisteners"] = [listener]
    pod = of_silent_node(b.listener_pod(listener, deleting=-0.9))
    parts["pods"] = [parts["pods"][0], pod]
    return parts


def of_silent_node(pod):
    """As the node lifecycle controller leaves it."""
    pod["status"]["conditions"] = [
        {"type": "Ready", "status": "False"}, {"type": "ContainersReady", "status": "True"},
    ]
    return pod


def listener_without_pod():
    """The controller must not delete what is left of it."""
    parts = going()
    listener = b.listener(parts["autoscalingrunnersets"][0], deleting=0.1)
    parts["autoscalinglisteners"] = [listener]
    return parts


def listener_whose_pod_is_left_alone():
    parts = going()
    listener = b.listener(parts["autoscalingrunnersets"][0], deleting=0.1)
    parts["autoscalinglisteners"] = [listener]
    parts["pods"] = [parts["pods"][0], parts["pods"][-1], b.listener_pod(listener)]
    return parts


def pending_stays():
    parts = going(busy=0, idle=1)
    parts["pods"][-1]["status"]["containerStatuses"][1]["state"] = {"waiting": {}}
    return parts


def runner_that_github_let_go():
    parts = going(busy=0, idle=1)
    parts["ephemeralrunners"][0]["metadata"].update(
        deletionTimestamp=b.ago(0.1), finalizers=[b.RUNNER_FINALIZER]
    )
    parts["pods"][-1]["status"]["containerStatuses"][1]["state"] = {"terminated": {"exitCode": 0}}
    return parts


def runner_set_stays():
    parts = going(busy=0)
    parts["ephemeralrunnersets"][0]["metadata"]["deletionTimestamp"] = b.ago(0.1)
    return parts


def set_that_github_has_let_go():
    parts = all_gone_but_the_set()
    del parts["autoscalingrunnersets"][0]["metadata"]["annotations"]["runner-scale-set-id"]
    return parts


def listener_untouched():
    parts = going()
    parts["autoscalinglisteners"] = [b.listener(parts["autoscalingrunnersets"][0])]
    return parts


def listener_of_an_older_rule():
    parts = going("0.13.1")
    one = b.listener(parts["autoscalingrunnersets"][0], release="0.13.0", rule="namespace")
    parts["autoscalinglisteners"].append(one)
    parts["pods"].append(b.listener_pod(one))
    return parts


def listener_whose_set_has_gone():
    parts = listener_of_an_older_rule()
    for part in ("autoscalingrunnersets", "ephemeralrunnersets", "ephemeralrunners", "secrets",
                 "serviceaccounts", "roles", "rolebindings"):
        parts[part] = []
    return parts


def runner_pod_overdue():
    parts = going()
    parts["pods"][-1]["metadata"]["deletionTimestamp"] = b.ago(1)
    return parts


def runner_of_silent_node():
    parts = going()
    of_silent_node(parts["pods"][-1])
    return parts


def controller_of_silent_node():
    parts = going()
    parts["deployments"] = [b.controller(ready=0)]
    of_silent_node(parts["pods"][0])
    return parts


def manager_role_gone():
    return {**going(), "roles": []}


def manager_binding_gone_before_the_set_goes():
    return {**sound(), "rolebindings": []}


def kube_mode(**changes):
    """A busy runner of container mode kubernetes; `changes`: helper kind -> what became of it."""
    parts = going(mode="kubernetes")
    parts["pods"][-1]["spec"]["serviceAccountName"] = KUBE_MODE
    helpers = {"ServiceAccount": {}, "Role": {}, "RoleBinding": {}, **changes}
    for part, kind in (("serviceaccounts", "ServiceAccount"), ("roles", "Role"),
                       ("rolebindings", "RoleBinding")):
        if helpers[kind] is not None:
            parts.setdefault(part, []).append(b.helper(kind, KUBE_MODE, **helpers[kind]))
    return parts


def account_going():
    return kube_mode(ServiceAccount={"deleting": 0.1})


def account_gone():
    return kube_mode(ServiceAccount=None)


def account_made_anew():
    return kube_mode(ServiceAccount={"created": 1})


def role_of_jobs_gone():
    return kube_mode(Role=None)


def pod_gone():
    parts = going()
    parts["pods"] = parts["pods"][:1]
    return parts


def zombie():
    parts = sound()
    parts["ephemeralrunners"][0]["status"] = {"phase": "Failed", "reason": "TooManyPodFailures"}
    parts["pods"] = parts["pods"][:-1]
    return parts


def outdated():
    return sound("0.14.2", phase="Outdated")


def all_gone_but_the_set():
    parts = going()
    parts["ephemeralrunnersets"], parts["ephemeralrunners"] = [], []
    return parts


def helper_left():
    parts = all_gone_but_the_set()
    parts["autoscalingrunnersets"], parts["roles"], parts["rolebindings"] = [], [], []
    return parts


AT_ONCE = [
    (no_controller, "controller-absent"),
    (scaled_to_zero, "controller-absent"),
    (two_controllers, "controllers-several"),
    (other_label, "version-gate"),
    (poisoned, "runner-undecodable"),
    (secret_gone, "credentials-missing"),
    (listener_of_lost_node, "listener-stuck"),
    (listener_of_silent_node, "listener-stuck"),
    (runner_pod_overdue, "runner-pod-stuck"),
    (runner_of_silent_node, "runner-pod-stuck"),
    (controller_of_silent_node, "controller-not-ready"),
    (manager_role_gone, "rbac-missing"),
    (manager_binding_gone_before_the_set_goes, "rbac-missing"),
    (account_going, "serviceaccount-going"),
    (account_gone, "serviceaccount-going"),
    (account_made_anew, "serviceaccount-going"),
    (role_of_jobs_gone, "serviceaccount-going"),
    (outdated, "outdated"),
]
AFTER_A_WHILE = [
    (crash_loop, "controller-not-ready"),
    (idle_stays, "github-refuses"),
    (listener_untouched, "listener-stays"),
    (listener_of_an_older_rule, "listener-orphaned"),
    (listener_whose_set_has_gone, "listener-orphaned"),
    (pod_gone, "busy-without-pod"),
    (zombie, "zombie"),
    (all_gone_but_the_set, "held-at-github"),
    (helper_left, "helper-left"),
    (listener_without_pod, "controller-silent"),
    (listener_whose_pod_is_left_alone, "controller-silent"),
    (pending_stays, "controller-silent"),
    (runner_that_github_let_go, "controller-silent"),
    (runner_set_stays, "controller-silent"),
    (set_that_github_has_let_go, "controller-silent"),
]
