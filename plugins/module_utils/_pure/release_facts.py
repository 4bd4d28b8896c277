# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between ARC releases 0.4.0 to 0.14.2: data only, each fact with its source.

A fact holds from its `since` on, until the next one of the same name. `releases.py` turns this
into one value per release; nothing else in the collection compares releases.

Sources: paths are of the repository actions/actions-runner-controller at the tag
`gha-runner-scale-set-<since>`; `C/` is `controllers/actions.github.com/`, `API/` is
`apis/actions.github.com/v1alpha1/`, `charts/` as it stands; `#n` is an issue or pull request.
"""

from __future__ import annotations

from typing import Any, Dict, NamedTuple, Tuple

# Releases with their tag dates.
TAGGED: Dict[str, str] = {
    "0.4.0": "2023-04-05",
    "0.5.0": "2023-08-21",
    "0.6.0": "2023-09-15",
    "0.6.1": "2023-09-26",
    "0.7.0": "2023-11-15",
    "0.8.0": "2023-12-20",
    "0.8.1": "2023-12-21",
    "0.8.2": "2024-01-26",
    "0.8.3": "2024-02-28",
    "0.9.0": "2024-03-27",
    "0.9.1": "2024-04-17",
    "0.9.2": "2024-05-20",
    "0.9.3": "2024-06-25",
    "0.10.0": "2024-12-16",
    "0.10.1": "2024-12-18",
    "0.11.0": "2025-03-25",
    "0.12.0": "2025-06-13",
    "0.12.1": "2025-06-27",
    "0.13.0": "2025-10-16",
    "0.13.1": "2025-12-23",
    "0.14.0": "2026-03-19",
    "0.14.1": "2026-04-14",
    "0.14.2": "2026-05-22",
}

OLDEST_SUPPORTED = "0.9.0"

# The newest version of the runner that GitHub was seen to refuse ("Runner version v2.334.0 is
# deprecated and cannot receive messages": ARC #4595). Older ones are refused as well: each is for
# 30 days after the next one has come.
RUNNER_REFUSED = "2.334.0"


class Fact(NamedTuple):
    """`value` holds from release `since` on. `source`: where it can be checked."""

    since: str
    value: Any
    source: str


_FIELDS = ("jobRequestId", "workflowRunId", "jobRepositoryName", "jobWorkflowRef", "jobDisplayName")

FACTS: Dict[str, Tuple[Fact, ...]] = {
    # Which scale sets a controller deletes by their label: none, all but its own release,
    # all but its own minor.
    "gate": (
        Fact("0.4.0", "none", "C/autoscalingrunnerset_controller.go: no comparison"),
        Fact("0.5.0", "exact", "C/autoscalingrunnerset_controller.go, #2521"),
        Fact("0.12.0", "minor", "API/version.go IsVersionAllowed, #4080"),
    ),
    # The release that brought the CRDs which this release carries.
    "crd_set": (
        Fact("0.4.0", "0.4.0", "charts/gha-runner-scale-set-controller/crds"),
        Fact("0.6.0", "0.6.0", "charts/…/crds: listenerTemplate, AutoscalingListener template"),
        Fact("0.7.0", "0.7.0", "charts/…/crds: pod spec additions"),
        Fact("0.9.0", "0.9.0", "charts/…/crds: EphemeralRunnerSet patchID required"),
        Fact("0.11.0", "0.11.0", "charts/…/crds: listenerMetrics, required runner fields"),
        Fact("0.12.0", "0.12.0", "charts/…/crds: vaultConfig, failures become date-time"),
        Fact("0.13.0", "0.13.0", "charts/…/crds: jobId in, runnerJITConfig out"),
        Fact("0.14.0", "0.14.0", "charts/…/crds: phase in, metadata blocks"),
    ),
    # What the eight characters in a listener's name are hashed from.
    "listener_hash": (
        Fact("0.4.0", "namespace", "C/resourcebuilder.go scaleSetListenerName"),
        Fact("0.13.1", "namespace@group@url", "C/resourcebuilder.go hashSuffix, #4299"),
    ),
    "job_fields": (
        Fact("0.4.0", _FIELDS, "API/ephemeralrunner_types.go; written by the listener alone"),
        Fact("0.13.0", ("jobId",) + _FIELDS, "API/ephemeralrunner_types.go HasJob"),
    ),
    # The field by which this release's own controller tells a busy runner.
    "controller_job_field": (
        Fact("0.4.0", "jobRequestId", "C/ephemeralrunnerset_controller.go"),
        Fact("0.13.0", "jobId", "API/ephemeralrunner_types.go HasJob"),
    ),
    "has_capacity_header": (
        Fact("0.4.0", False, "github/actions/client.go"),
        Fact("0.9.1", True, "github/actions/client.go X-ScaleSetMaxCapacity, #3431"),
    ),
    # Which of the jobs GitHub offers the listener takes, whatever its limits are.
    "acquires": (
        Fact("0.4.0", "all", "cmd/ghalistener/listener: acquirejobs without capacity"),
        Fact("0.9.1", "offered", "cmd/ghalistener/listener: GitHub knows the capacity, #3431"),
        Fact("0.14.0", "none", "actions/scaleset v0.2.0: JobAvailable is not acquired, #4390"),
        Fact("0.14.1", "offered", "actions/scaleset v0.3.0, #4447"),
    ),
    # How many helper objects lose `cleanup-protection` per reconcile.
    "helper_pace": (
        Fact("0.4.0", "one_per_pass", "C/autoscalingrunnerset_controller.go, #3497, #3512"),
        Fact("0.9.3", "all_in_one_pass", "C/autoscalingrunnerset_controller.go, #3536"),
    ),
    "has_update_strategy": (
        Fact("0.4.0", False, "main.go: no --update-strategy"),
        Fact("0.5.0", True, "main.go --update-strategy, flags.updateStrategy, #2569"),
    ),
    "scale_set_phases": (
        Fact("0.4.0", (), "API/autoscalingrunnerset_types.go: state is never written"),
        Fact("0.14.0", ("Pending", "Running", "Outdated"), "API/…_types.go, #4404"),
    ),
    # What becomes of a runner after more than five failed starts.
    "failed_runner": (
        Fact("0.4.0", "holds_slot", "C/ephemeralrunner_controller.go TooManyPodFailures, #2721"),
        Fact("0.12.0", "made_anew", "C/ephemeralrunner_controller.go, #4059"),
    ),
    # Whether a stored runner set must have spec.patchID.
    "requires_patch_id": (
        Fact("0.4.0", False, "charts/…/crds: no such field"),
        Fact("0.9.0", True, "charts/…/crds: EphemeralRunnerSet spec.patchID is required"),
    ),
    "failures_type": (
        Fact("0.4.0", "boolean", "API/ephemeralrunner_types.go"),
        Fact("0.12.0", "date-time", "API/ephemeralrunner_types.go, #4156, #4167"),
    ),
    # Where a runner's just-in-time configuration is kept: a newer CRD prunes the status field.
    "jit_config": (
        Fact("0.4.0", "status", "API/ephemeralrunner_types.go runnerJITConfig"),
        Fact("0.13.0", "secret", "C/ephemeralrunner_controller.go, #4191"),
    ),
    "finished_runner_needs_github": (
        Fact("0.4.0", False, "C/ephemeralrunner_controller.go: Succeeded drops the finalizer"),
        Fact("0.11.0", True, "C/ephemeralrunner_controller.go: always asks GitHub"),
    ),
    "has_mirror_secret": (
        Fact("0.4.0", True, "C/autoscalinglistener_controller.go: copy of the GitHub secret"),
        Fact("0.12.0", False, "C/autoscalinglistener_controller.go, #4033"),
    ),
    "dind_minimum_kubernetes": (
        Fact("0.4.0", None, "charts/gha-runner-scale-set: dind is an ordinary container"),
        Fact("0.12.0", (1, 29), "charts/gha-runner-scale-set: native sidecar, #3842"),
    ),
    "min_runners_means": (
        Fact("0.4.0", "lower bound of all runners", "cmd/githubrunnerscalesetlistener"),
        Fact("0.8.0", "number of idle runners", "cmd/ghalistener, #3139"),
    ),
    "listener_config": (
        Fact("0.4.0", "environment", "C/resourcebuilder.go"),
        Fact("0.7.0", "camel case", "cmd/ghalistener/config: key config.json"),
        Fact("0.11.0", "snake case", "cmd/ghalistener/config"),
        Fact("0.12.0", "snake case with vault", "cmd/ghalistener/config, #4090"),
    ),
    # Ways in which a drain goes wrong in this release.
    "drain_traps": (
        Fact("0.4.0", ("limits-take-jobs", "helm-uninstall-kubernetes-mode"), "#3446"),
        Fact(
            "0.5.0",
            ("limits-take-jobs", "helm-uninstall-kubernetes-mode", "eventual-deadlock"),
            "#3446, #4432, #4563",
        ),
        Fact(
            "0.9.1",
            ("limits-keep-assigned", "helm-uninstall-kubernetes-mode", "eventual-deadlock"),
            "#3431, #4432, #4563",
        ),
    ),
    "has_experimental_charts": (
        Fact("0.4.0", False, "charts/"),
        Fact("0.14.0", True, "charts/gha-runner-scale-set-experimental, #4373"),
    ),
}


class Span(NamedTuple):
    """Something that is so from release `first` to `last`, both included."""

    id: str
    first: str
    last: str
    text: str
    source: str


KNOWN_BUGS: Tuple[Span, ...] = (
    Span(
        "zombie-runners", "0.4.0", "0.11.0",
        "A runner that failed to start more than five times stays and holds a slot.",
        "#2721, #3014, #3685, #3700, #4073, #4102",
    ),
    Span(
        "slow-helper-cleanup", "0.4.0", "0.9.2",
        "Helper objects lose their finalizer one per reconcile; removals take minutes.",
        "#3497, #3512, fixed by #3536",
    ),
    Span(
        "eventual-deadlock", "0.5.0", "0.14.2",
        "With update strategy eventual and minRunners > 0 a changed set gets no listener again.",
        "#4432, #4563, #4458",
    ),
    Span(
        "runner-asks-github-for-ever", "0.4.0", "0.14.2",
        "A runner whose pod died in a job is retried every 30 s without end.",
        "#4585",
    ),
    Span(
        "stale-scale-set-id", "0.4.0", "0.14.2",
        "A scale set that GitHub no longer knows is neither registered again nor deletable.",
        "#4370, #4322, #4571",
    ),
    Span(
        "concurrency-flag-key", "0.10.0", "0.10.0",
        "The chart reads flags.runnerMaxConcurrentReconciles under a wrong key.",
        "charts/gha-runner-scale-set-controller/templates/deployment.yaml, fixed in 0.10.1",
    ),
    Span(
        "owner-reference-without-kind", "0.11.0", "0.14.1",
        "Owner references can be written with empty kind and apiVersion.",
        "#4475",
    ),
    Span(
        "stale-listener-image", "0.12.0", "0.14.2",
        "A controller of another patch release leaves listeners with the old image.",
        "#4513, #4572",
    ),
    Span(
        "dind-indentation", "0.12.0", "0.12.0",
        "The chart's dind sidecar is wrongly indented.",
        "charts/gha-runner-scale-set/templates/_helpers.tpl, fixed in 0.12.1",
    ),
    Span(
        "novolume-service-account", "0.13.0", "0.14.1",
        "In kubernetes-novolume mode the no-permission ServiceAccount is never released.",
        "#4454, fixed by #4455",
    ),
    Span(
        "outdated-deadlock", "0.14.0", "0.14.2",
        "One runner that GitHub calls too old takes the whole set away, and it stays away.",
        "#4404, #4595, #4596",
    ),
    Span(
        "labels-only-metadata", "0.14.0", "0.14.2",
        "A resourceMeta block with labels and no annotations makes the controller panic.",
        "C/resourcebuilder.go mergeAnnotations",
    ),
    Span(
        "listener-of-dead-runner-set", "0.14.0", "0.14.2",
        "A fresh set's listener can be bound to a runner set that was deleted a moment later.",
        "#4561, fixed after 0.14.2 by #4502",
    ),
)

ADVICE: Tuple[Span, ...] = (
    Span(
        "slow-release", "0.4.0", "0.9.2",
        "Go to 0.9.3 or later: deletions are slow below, worst in kubernetes mode.",
        "#3536, #3562",
    ),
    Span(
        "limits-drain-unsafe", "0.4.0", "0.9.0",
        "Never drain by maxRunners 0: the listener takes jobs that it will not run.",
        "#3446, #3431",
    ),
    Span(
        "dind-kubernetes", "0.12.0", "0.14.2",
        "The chart's dind mode needs Kubernetes 1.29: its sidecar is an init container.",
        "#3842, #4144, #4165",
    ),
    Span(
        "runner-image-age", "0.14.0", "0.14.2",
        "Check the age of the runner image: a deprecated one takes its scale set away.",
        "#4404, #4595",
    ),
)

# What a hop across a release has to reckon with, in either direction.
CROSSINGS: Tuple[Tuple[str, str, str, str], ...] = (
    ("0.5.0", "object-names-shortened", "Controller and helper names change.", "#2706"),
    ("0.6.0", "set-named-by-value", "The set is named after runnerScaleSetName.", "#2803"),
    ("0.6.1", "helper-names-follow-set", "Helper objects are renamed.", "charts/"),
    ("0.8.0", "min-runners-idle", "minRunners becomes the number of idle runners.", "#3139"),
    ("0.9.0", "patch-id-required", "A stored runner set without patchID is invalid.", "API/"),
    ("0.9.0", "dind-socket-moved", "dind's socket becomes /var/run/docker.sock.", "charts/"),
    (
        "0.11.0", "kubernetes-mode-annotations-key",
        "containerMode.kubernetesModeServiceAccount.annotations moves to resourceMeta.",
        "#3934",
    ),
    (
        "0.12.0", "failures-type",
        "Failure marks change from booleans to times; one old mark stops the new controller.",
        "#4156, #4167",
    ),
    ("0.12.0", "dind-sidecar", "dind becomes a native sidecar.", "#3842"),
    ("0.13.0", "underscore-names", "Underscores in names become hyphens.", "charts/"),
    ("0.13.0", "jit-config-secret", "The runner's configuration moves to a Secret.", "#4191"),
    (
        "0.13.1", "listener-name",
        "Listeners get another name: one that stays from before works beside one that cannot.",
        "#4299, #4629",
    ),
    ("0.14.0", "runner-image-age", "A deprecated runner image takes its set away.", "#4404"),
)


class ValueMove(NamedTuple):
    """A value of a chart that stands elsewhere from release `since` on, or is read otherwise."""

    since: str
    chart: str
    old: str
    new: str
    source: str


class ValueKey(NamedTuple):
    """A key that a chart knows from release `since` on."""

    since: str
    chart: str
    path: str


VALUE_MOVES: Tuple[ValueMove, ...] = (
    ValueMove(
        "0.11.0", "scale-set", "containerMode.kubernetesModeServiceAccount.annotations",
        "resourceMeta.kubernetesModeServiceAccount.annotations", "#3934",
    ),
)
# `new`: what the value means on the far side.
VALUE_READINGS: Tuple[ValueMove, ...] = (
    ValueMove(
        "0.8.0", "scale-set", "minRunners",
        "a lower bound of all runners below 0.8.0, the number of idle ones from it on", "#3139",
    ),
    ValueMove(
        "0.12.0", "scale-set", "template.spec.initContainers",
        "in dind mode the chart adds a sidecar of its own to these from 0.12.0 on", "#3842",
    ),
)
# charts/*/values.yaml and templates at each tag.
VALUE_KEYS: Tuple[ValueKey, ...] = (
    ValueKey("0.6.0", "scale-set", "listenerTemplate"),
    ValueKey("0.7.0", "scale-set", "containerMode.kubernetesModeServiceAccount"),
    ValueKey("0.11.0", "scale-set", "namespaceOverride"),
    ValueKey("0.11.0", "scale-set", "labels"),
    ValueKey("0.11.0", "scale-set", "annotations"),
    ValueKey("0.11.0", "scale-set", "resourceMeta"),
    ValueKey("0.11.0", "scale-set", "listenerMetrics"),
    ValueKey("0.12.0", "scale-set", "keyVault"),
    ValueKey("0.13.1", "scale-set", "containerMode.kubernetesModeAdditionalRoleRules"),
    ValueKey("0.14.0", "scale-set", "scaleSetLabels"),
    ValueKey("0.5.0", "controller", "flags.logFormat"),
    ValueKey("0.5.0", "controller", "flags.updateStrategy"),
    ValueKey("0.5.0", "controller", "metrics"),
    ValueKey("0.7.0", "controller", "podLabels"),
    ValueKey("0.8.3", "controller", "volumes"),
    ValueKey("0.8.3", "controller", "volumeMounts"),
    ValueKey("0.9.1", "controller", "topologySpreadConstraints"),
    ValueKey("0.9.3", "controller", "flags.excludeLabelPropagationPrefixes"),
    ValueKey("0.10.0", "controller", "flags.runnerMaxConcurrentReconciles"),
    ValueKey("0.10.0", "controller", "flags.k8sClientRateLimiterQPS"),
    ValueKey("0.10.0", "controller", "flags.k8sClientRateLimiterBurst"),
    ValueKey("0.11.0", "controller", "namespaceOverride"),
    ValueKey("0.14.2", "controller", "pprof"),
    ValueKey("0.14.2", "controller", "flags.rateLimiter"),
    ValueKey("0.14.2", "controller", "flags.healthProbeBindAddress"),
)

# Every key at the top of charts/*/values.yaml of any release, commented ones too, and what
# the templates and Helm itself read beside them.
VALUE_TOP: Dict[str, Tuple[str, ...]] = {
    "scale-set": (
        "annotations", "containerMode", "controllerServiceAccount", "fullnameOverride",
        "githubConfigSecret", "githubConfigUrl", "githubServerTLS", "global", "keyVault",
        "labels", "listenerMetrics", "listenerTemplate", "maxRunners", "minRunners",
        "nameOverride", "namespaceOverride", "proxy", "resourceMeta", "runnerGroup",
        "runnerScaleSetName", "scaleSetLabels", "template",
    ),
    "controller": (
        "affinity", "env", "flags", "fullnameOverride", "global", "image", "imagePullSecrets",
        "labels", "metrics", "nameOverride", "namespaceOverride", "nodeSelector",
        "podAnnotations", "podLabels", "podSecurityContext", "pprof", "priorityClassName",
        "replicaCount", "resources", "securityContext", "serviceAccount", "tolerations",
        "topologySpreadConstraints", "volumeMounts", "volumes",
    ),
}

FINALIZERS: Dict[str, Tuple[str, ...]] = {
    # ARC's finalizers and the kinds they sit on; unchanged from 0.4.0 to 0.14.2
    # (C/constants.go, charts/gha-runner-scale-set/templates, #2433).
    "autoscalingrunnerset.actions.github.com/finalizer": ("AutoscalingRunnerSet",),
    "autoscalinglistener.actions.github.com/finalizer": ("AutoscalingListener",),
    "ephemeralrunner.actions.github.com/finalizer": ("EphemeralRunnerSet", "EphemeralRunner"),
    "ephemeralrunner.actions.github.com/runner-registration-finalizer": ("EphemeralRunner",),
    # After 0.14.2 the runner set's own name on master; an older object keeps the old one.
    "ephemeralrunnerset.actions.github.com/finalizer": ("EphemeralRunnerSet",),
    "actions.github.com/cleanup-protection": ("Secret", "ServiceAccount", "Role", "RoleBinding"),
}

_CLEANUP = "actions.github.com/cleanup-"
CLEANUP_ANNOTATIONS: Dict[str, Tuple[str, str]] = {
    # Annotation on the set -> (kind, role) of the helper it names
    # (charts/gha-runner-scale-set/templates/autoscalingrunnerset.yaml).
    _CLEANUP + "github-secret-name": ("Secret", "github-secret"),
    _CLEANUP + "manager-role-binding": ("RoleBinding", "manager-role-binding"),
    _CLEANUP + "manager-role-name": ("Role", "manager-role"),
    _CLEANUP + "kubernetes-mode-role-binding-name": (
        "RoleBinding", "kubernetes-mode-role-binding",
    ),
    _CLEANUP + "kubernetes-mode-role-name": ("Role", "kubernetes-mode-role"),
    _CLEANUP + "kubernetes-mode-service-account-name": (
        "ServiceAccount", "kubernetes-mode-service-account",
    ),
    _CLEANUP + "no-permission-service-account-name": (
        "ServiceAccount", "no-permission-service-account",
    ),
}
