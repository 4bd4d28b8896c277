# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every finding there is: its stable id, how grave it is, what it means, what to do.

A finding's id is part of the interface: users acknowledge it by name, documents are found by
it. `severity` is the usual one; a rule may lower or raise it where the case calls for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Tuple

BLOCKER, WARNING, INFO = "blocker", "warning", "info"
SEVERITIES: Tuple[str, ...] = (BLOCKER, WARNING, INFO)


@dataclass(frozen=True)
class Kind:
    """What all findings of one id share. `source`: where the trouble is described."""

    severity: str
    meaning: str
    remedy: str
    source: str = ""


@dataclass(frozen=True)
class Finding:
    """Something that stands in the way or should be known. `object`: in words to search for."""

    id: str
    severity: str
    object: str
    reason: str
    remedy: str
    cluster: str = ""

    def as_dict(self) -> Dict[str, Any]:
        """Return the finding as it stands in results."""
        return {
            "id": self.id,
            "severity": self.severity,
            "cluster": self.cluster,
            "object": self.object,
            "reason": self.reason,
            "remedy": self.remedy,
        }


def make(
    id: str, object: str, reason: str, *, cluster: str = "", severity: str = "", remedy: str = ""
) -> Finding:
    """Make a finding of a kind in the table. Raises KeyError for an id that is not in it."""
    kind = FINDINGS[id]
    return Finding(id, severity or kind.severity, object, reason, remedy or kind.remedy, cluster)


def in_order(findings: Any) -> Tuple[Finding, ...]:
    """Return findings sorted: gravest first, then by cluster, id and object; each once."""
    return tuple(
        sorted(
            set(findings),
            key=lambda one: (
                SEVERITIES.index(one.severity), one.cluster, one.id, one.object, one.reason,
            ),
        )
    )


FINDINGS: Dict[str, Kind] = {
    # What could be seen.
    "unread": Kind(
        BLOCKER, "A part of the cluster could not be read, so its state is unknown.",
        "Grant the right that is named, or mend the connection, and look again.",
    ),
    "right-missing": Kind(
        BLOCKER, "The user of the run may not do what the plan needs.",
        "Grant the rights that are named, or run as a user who has them.",
    ),
    "arc-absent": Kind(
        INFO, "ARC's kinds are not installed in this cluster.",
        "Nothing to do, unless another cluster was meant.",
    ),
    # Custom resource definitions.
    "crds-behind": Kind(
        WARNING, "The installed CRDs are older than the controller: new fields are dropped.",
        "Upgrade with this collection: it replaces them while nothing lives under them.",
        "#4156, #3282",
    ),
    "crds-ahead": Kind(
        WARNING, "The installed CRDs are newer than the controller: new runners may not start.",
        "Upgrade the controller, or put its own CRDs back once no runner is left.",
        "C/ephemeralrunner_controller.go, #4191",
    ),
    "crds-mixed": Kind(
        WARNING, "The four CRDs are of different releases.",
        "Upgrade with this collection, or apply the four CRDs of one release.", "#4372",
    ),
    "crds-edited": Kind(
        WARNING, "A CRD differs from the one its release brought.",
        "Keep a copy of the change: the upgrade replaces it.",
    ),
    "crds-unknown": Kind(
        WARNING, "The installed CRDs are of no known release.",
        "Find out who installed them: the upgrade replaces them.",
    ),
    "crds-partial": Kind(
        WARNING, "Some of ARC's four CRDs are missing.",
        "Apply the four CRDs of the controller's release.", "#3395",
    ),
    "crd-managed": Kind(
        BLOCKER, "Another manager than Helm and kubectl has written a CRD that has to change, and may put its own"
        " state back.",
        "Keep it from writing until the run has ended (suspend Argo CD or Flux), or have it take the CRDs of the"
        " target; then say arc_crds_force=true.",
    ),
    "crd-terminating": Kind(
        BLOCKER, "A CRD is being deleted: nothing of its kind can be made until it is gone.",
        "Let the objects of its kind go in ARC's own order; never strip the CRD's finalizer.",
        "#3395, #4167",
    ),
    # Controllers.
    "controllers-overlap": Kind(
        BLOCKER, "Several controllers watch the same namespaces and delete each other's sets.",
        "Keep one controller per namespace: remove the one that is not wanted.", "#4237, #3562",
    ),
    "controller-absent": Kind(
        BLOCKER, "Nobody serves the objects that are there: nothing can be removed cleanly.",
        "Install a controller of the release that made them; it cleans up within seconds. arc.lifecycle.repair does"
        " so with arc_repair_bring_back.",
        "#3317, #3395",
    ),
    "controller-not-ready": Kind(
        BLOCKER, "The controller is not ready, so nothing it is asked for will happen.",
        "Look at its pod and its log, mend it, and look again.",
    ),
    "controller-image-differs": Kind(
        WARNING, "The controller's image is of another release than its chart.",
        "Remove image.tag from the values of the controller's chart.",
        "chainguard-images/images#2508",
    ),
    "stray-controller-pod": Kind(
        WARNING, "A manager pod is left of a Deployment that is gone, and may still act.",
        "Wait until it is gone; delete it if its node is lost.",
    ),
    "release-unknown": Kind(
        BLOCKER, "Something is of a release that is not in the table.",
        "Upgrade this collection, or set a version label of a known release.",
    ),
    "gate-mismatch": Kind(
        WARNING, "The controller deletes this scale set, as its version label does not fit.",
        "Upgrade with this collection; until then let nobody run helm upgrade.", "#4422, #3233",
    ),
    "slow-release": Kind(
        WARNING, "Releases below 0.9.3 remove scale sets slowly, worst in kubernetes mode.",
        "Go to 0.9.3 or later, and allow for longer waits on the way.", "#3536, #3562",
    ),
    # Scale sets.
    "set-vanished": Kind(
        WARNING, "Helm has deployed the set, but its AutoscalingRunnerSet is gone.",
        "Run the upgrade: it installs the set again from the values that Helm holds.", "#3562",
    ),
    "set-terminating": Kind(
        WARNING, "The scale set is being removed.",
        "Nothing: the upgrade waits for its jobs and goes on from there.",
    ),
    "stuck-deletion": Kind(
        WARNING, "A deletion lasts long, and no running job explains it.",
        "Look at the controller's log for this object; bring the controller back if it is gone.",
        "#4484, #3395",
    ),
    "scale-set-id-missing": Kind(
        WARNING, "The scale set has no id at GitHub.",
        "Look at the controller's log: credentials, runner group, network.", "#4370",
    ),
    "outdated": Kind(
        WARNING, "GitHub called a runner too old, and the controller took the set away.",
        "Give the set a newer runner image; the upgrade brings it back, or arc.lifecycle.repair with"
        " arc_repair_repairs=outdated.", "#4404, #4595, #4596",
    ),
    "eventual-deadlock": Kind(
        WARNING, "No listener comes back while idle runners of minRunners stay.",
        "Run arc.lifecycle.repair with arc_repair_repairs=eventual-deadlock, or upgrade.", "#4432, #4563",
    ),
    "set-paused": Kind(
        WARNING, "A drain has paused the scale set: its limits are 0, so it takes no job.",
        "Run arc.lifecycle.resume with the set in arc_drain_names, or with arc_drain_all=true for every set"
        " that was drained.",
    ),
    "limits-contradict": Kind(
        WARNING, "minRunners is above maxRunners: the listener refuses to start.",
        "Correct the values of the set.", "cmd/ghalistener/config",
    ),
    "runner-too-old": Kind(
        BLOCKER, "GitHub refuses runners of this version: they end with exit code 7, and from 0.14.0 on"
        " the set is parked as Outdated.",
        "Set a newer image for the container runner in the values of the set. A runner has to be updated"
        " within 30 days of each release.", "#4595",
    ),
    "secret-missing": Kind(
        BLOCKER, "The Secret by which the set logs in at GitHub is gone, or has not what it needs.",
        "Put the Secret back: without it the set can neither be removed cleanly nor take jobs.",
        "#3574, #4655, #4093",
    ),
    "secret-refused": Kind(
        BLOCKER, "GitHub refuses the credentials of the set, so it can neither be removed there nor come"
        " back.",
        "Put credentials that are valid into the Secret. They need the right to manage self-hosted runners.",
        "#3574, #4655",
    ),
    "github-unasked": Kind(
        WARNING, "GitHub could not be asked whether it takes the credentials of the set.",
        "See that the machine that plans reaches GitHub. Name a server of your own in"
        " arc_preflight_github_api_url. Or leave arc_preflight_ask_github out.",
    ),
    "kubernetes-mode": Kind(
        INFO, "Running jobs of this mode lose the API about a minute after helm uninstall.",
        "Nothing: the upgrade removes the set first and its Helm release last.",
    ),
    "experimental-chart": Kind(
        BLOCKER, "The set or controller comes from an experimental chart with other values.",
        "Move it to the standard chart, or leave this cluster out.", "#4373",
    ),
    "gitops-owned": Kind(
        BLOCKER, "A GitOps operator puts back what the upgrade removes.",
        "Let the run suspend it (arc_preflight_gitops: suspend), or suspend it and name the cluster in"
        " arc_preflight_suspended.",
        "#3440, #3533",
    ),
    "gitops-held": Kind(
        WARNING, "An object of Argo CD or Flux rests since a run suspended it: what Git says of it is not done.",
        "See that it wants the release that is in place, then run the upgrade to that release again with"
        " arc_preflight_gitops=suspend; it lets go on what it suspended.",
    ),
    "helm-release-unfinished": Kind(
        WARNING, "Helm was interrupted in this release and refuses to go on.",
        "Nothing if an upgrade was killed: it goes on; else helm rollback.",
    ),
    # Listeners.
    "listener-missing": Kind(
        WARNING, "The scale set has no listener, so it takes no job.",
        "Look at the controller's log; a change of the set's values makes a listener anew.",
    ),
    "listener-ill": Kind(
        WARNING, "The listener's pod does not run or is not ready, so the set takes no job.",
        "Look at the log of the listener's pod in the controller's namespace.", "#3351, #4370",
    ),
    "listener-orphaned": Kind(
        WARNING, "A listener serves no scale set, or has the name of an older release's rule.",
        "Run arc.lifecycle.repair with arc_repair_repairs=orphaned-listener, or delete the AutoscalingListener"
        " (not its pod).", "#4629, #4285",
    ),
    "listener-stale-image": Kind(
        WARNING, "The listener runs the image of another release than the controller.",
        "Run arc.lifecycle.repair with arc_repair_repairs=stale-listener: the controller makes it anew.", "#4513",
    ),
    "listener-of-dead-runner-set": Kind(
        WARNING, "The listener is bound to a runner set that is gone: no runner will start.",
        "Run arc.lifecycle.repair with arc_repair_repairs=stale-listener: the controller makes it anew.",
        "#4561, #4502",
    ),
    "listener-wrong-id": Kind(
        WARNING, "The listener serves another id at GitHub than the scale set has.",
        "Remove and install the scale set: its runner set keeps the old id too.", "#4370",
    ),
    # Values of the charts.
    "value-moved": Kind(
        INFO, "A value stands elsewhere in the chart of the target.",
        "Nothing here: it is moved. Move it in your own files too.", "charts/",
    ),
    "value-unknown": Kind(
        WARNING, "The chart of the target ignores a value without a word.",
        "Take it out, or set it as the target knows it (arc_install_values).", "charts/",
    ),
    "value-reads-otherwise": Kind(
        INFO, "The target reads a value in another way.",
        "See whether it still means what you want; arc_install_values overrides it.", "charts/",
    ),
    "credentials-inline": Kind(
        INFO, "Credentials for GitHub stand in the values of a Helm release.",
        "Keep them in a Secret of your own and name it in githubConfigSecret.",
    ),
    # What the target's charts make of the values.
    "chart-refuses": Kind(
        BLOCKER, "The target's chart does not take the values that are stored.",
        "Correct the values with helm upgrade, or lay others over them with arc_install_values.",
        "charts/gha-runner-scale-set/templates",
    ),
    "rendered-refused": Kind(
        BLOCKER, "The API server would refuse what the target's chart makes of the values.",
        "Correct the values with helm upgrade, or lay others over them with arc_install_values.",
        "#4156, #4144",
    ),
    "rendered-drops": Kind(
        WARNING, "The target's CRDs do not know a field that the values set: it is dropped.",
        "Take the field out of the values, or check that the set works without it.", "#3842",
    ),
    # Runners and leftovers.
    "zombie-runners": Kind(
        WARNING, "Runners hold a slot although nothing of them runs.",
        "Run arc.lifecycle.repair with arc_repair_repairs=zombie-runner for those without a job; cancel the run at"
        " GitHub for those with one.",
        "#2721, #4136, #4148",
    ),
    "poisoned-failures": Kind(
        WARNING, "Failure marks of an old release stop every controller from 0.12.0 on.",
        "Under an older controller the upgrade ends these runners with all others; where one from 0.12.0 on stands"
        " still over them, run arc.lifecycle.repair with arc_repair_repairs=poisoned-failures.", "#4156, #4167",
    ),
    "orphan-runners": Kind(
        WARNING, "Runners or runner sets belong to no scale set.",
        "Make sure that they run no job, then delete them.",
    ),
    "helper-leftover": Kind(
        BLOCKER, "A helper object keeps its protection although no scale set is left for it.",
        "Run arc.lifecycle.repair with arc_repair_clear_finalizers=true; it releases what is proven.",
        "#3440, #4454",
    ),
    # Of earlier runs.
    "run-unfinished": Kind(
        WARNING, "An upgrade or a rollback of this cluster has begun and not ended. The plan tells it as an"
        " information, as the run that follows goes on.",
        "Nothing while that run is at work; else run the same playbook again: it goes on from what it finds.",
    ),
    "record-unreadable": Kind(
        BLOCKER, "What an earlier run left about itself makes no sense.",
        "Look at the Secret that is named; delete it once its sets are known to be in place.",
    ),
    # Of several clusters together.
    "same-name-and-group": Kind(
        BLOCKER, "Two clusters share one scale set at GitHub: removing one removes both.",
        "Give each cluster a runner group of its own.", "#3372, #3351",
    ),
    "name-in-one-cluster": Kind(
        BLOCKER, "No other cluster serves this name: its jobs wait while the cluster is empty.",
        "Serve the name in a second cluster with another runner group, or acknowledge"
        " name-in-one-cluster if its jobs may wait.",
    ),
    "peer-ill": Kind(
        BLOCKER, "Another cluster serves this name, but cannot take its jobs now.",
        "Mend the peer first.",
    ),
    "peer-full": Kind(
        WARNING, "The clusters that serve this name meanwhile have not room for all of its jobs now.",
        "Raise maxRunners there for the time of the upgrade, or choose a quieter hour: what does not"
        " fit waits at GitHub.",
    ),
    "two-hosts-one-cluster": Kind(
        BLOCKER, "Two hosts of the inventory are the same cluster.",
        "Remove one of them, or correct its kubeconfig and context.",
    ),
    # Of a plan.
    "target-unknown": Kind(
        BLOCKER, "The target is no release that this collection knows.",
        "Give a release of the table.",
    ),
    "target-unsupported": Kind(
        BLOCKER, "The target or the present release is too old for the upgrade.",
        "Choose a release from 0.9.0 on; below it, remove and install by hand.",
    ),
    "downgrade": Kind(
        BLOCKER, "The target is older than what is in place.",
        "Use the playbook arc.lifecycle.rollback: the old release's CRDs have to come back too.",
    ),
    "no-helm-release": Kind(
        BLOCKER, "Helm does not hold the values from which this would be installed again.",
        "Install it by Helm first, or remove it by hand and leave it out.",
    ),
    "namespace-override": Kind(
        BLOCKER, "A Helm release has put its objects into another namespace than its own: the upgrade would"
        " take them away and not find what brings them back.",
        "Install it anew without namespaceOverride, as a release in the namespace of its objects, or leave"
        " this cluster out.", "charts/",
    ),
    "kubernetes-too-old": Kind(
        BLOCKER, "The target's charts need a newer Kubernetes for a set of this cluster.",
        "Upgrade Kubernetes, or leave dind mode.", "#3842, #4144",
    ),
    "nothing-installed": Kind(
        BLOCKER, "There is no controller, no scale set, no Helm release and no open record.",
        "Give the right cluster, or install ARC with its charts.",
    ),
}
