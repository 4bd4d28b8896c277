# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong or worth knowing in one cluster, as it was seen.

Rules that speak of something absent keep silent where it could not be read; the finding
`unread` speaks for them.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Callable, Iterator, List, Optional, Tuple

from . import crd_set, drain_patches, github_rest, listener_findings, reads, record, releases
from .finding_table import BLOCKER, FINDINGS, WARNING, Finding, in_order, make
from .objects import Cluster, Controller, Record, ScaleSet

__all__ = ["FINDINGS", "Finding", "findings_of", "in_order", "make"]

# A deletion without running jobs takes seconds, up to 0.9.2 some minutes (#3536).
STUCK_AFTER = timedelta(minutes=10)
ZOMBIE_AFTER = timedelta(minutes=2)
_NAMED = 5


def findings_of(cluster: Cluster) -> Tuple[Finding, ...]:
    """Return all findings of one cluster, gravest first."""
    found: List[Finding] = []
    for rule in _RULES:
        found.extend(rule(cluster))
    name = cluster.id.name
    return in_order(
        Finding(one.id, one.severity, one.object, one.reason, one.remedy, name) for one in found
    )


def is_busy(scale_set: ScaleSet) -> bool:
    """True if a job is seen to run, or may run, on the set."""
    counts = scale_set.counts
    return not counts.is_known or bool(counts.busy or counts.unknown)


def _unread(cluster: Cluster) -> Iterator[Finding]:
    for part in cluster.unread:
        right = f"the right to {part.missing_right} is missing" if part.missing_right else ""
        is_said = right in part.reason
        yield make("unread", part.part, part.reason if is_said else f"{part.reason}; {right}")


def _kinds(cluster: Cluster) -> Iterator[Finding]:
    if "autoscalingrunnersets" in cluster.kinds_absent:
        yield make("arc-absent", "autoscalingrunnersets", "the API server does not know the kind")


def _crds(cluster: Cluster) -> Iterator[Finding]:
    crds = cluster.crds
    if isinstance(crds, reads.Unread) or crds.verdict == crd_set.ABSENT:
        return
    for one in crds.crds:
        if one.terminating:
            yield make("crd-terminating", one.name, "it has a deletionTimestamp")
    if crds.verdict != crd_set.EXACT:
        yield make(f"crds-{crds.verdict}", "CRDs", crds.each)
        return
    for controller in reads.seen(cluster.controllers):
        known = releases.nearest(controller.release)
        direction = crds.direction(known.name) if known else "unclear"
        if known and direction in ("behind", "ahead"):
            yield make(
                f"crds-{direction}",
                "CRDs",
                f"they are those of {crds.span}, {controller.ref} of release"
                f" {controller.release} needs those of {known.crd_set}",
            )


def _overlap(cluster: Cluster) -> Iterator[Finding]:
    controllers = reads.seen(cluster.controllers)
    for number, one in enumerate(controllers):
        for other in controllers[number + 1:]:
            if None in (one.watch_namespace, other.watch_namespace) or (
                one.watch_namespace == other.watch_namespace
            ):
                yield make(
                    "controllers-overlap",
                    str(one.ref),
                    f"it ({one.release}) and {other.ref} ({other.release}) both watch "
                    + (one.watch_namespace or other.watch_namespace or "all namespaces"),
                )


def _controllers(cluster: Cluster) -> Iterator[Finding]:
    for one in reads.seen(cluster.controllers):
        if not one.is_ready:
            yield make(
                "controller-not-ready",
                str(one.ref),
                f"{one.ready} of {one.desired} pods are ready"
                + (" and it is being deleted" if one.deleting_since else ""),
                # A controller that has just been installed serves nobody yet.
                severity=BLOCKER if _serves_anything(cluster, one) else WARNING,
            )
        if one.label_release and one.release != one.label_release:
            yield make(
                "controller-image-differs", str(one.ref),
                f"its image is {one.image}, its chart is of {one.label_release}",
            )
        yield from _release_of(str(one.ref), one.release)
    for pod in reads.seen(cluster.stray_controller_pods):
        yield make("stray-controller-pod", str(pod.ref), f"it runs {pod.image}")


def _absent(cluster: Cluster) -> Iterator[Finding]:
    if not reads.is_read(cluster.controllers):
        return
    lonely = sorted({ns for ns in _namespaces(cluster) if not cluster.controllers_of(ns)})
    for namespace in lonely:
        yield make(
            "controller-absent", f"Namespace {namespace}",
            "ARC's objects are in it, and no controller watches it",
        )


def _release_of(object: str, release: Optional[str]) -> Iterator[Finding]:
    if not releases.is_known(release):
        yield make("release-unknown", object, f"its release is {release or 'not given'}")
    elif "slow-release" in releases.release(release or "").advice:
        yield make("slow-release", object, f"its release is {release}")


def _gate(cluster: Cluster) -> Iterator[Finding]:
    for scale_set in reads.seen(cluster.scale_sets):
        if not releases.is_known(scale_set.release):
            yield from _release_of(str(scale_set.ref), scale_set.release)
        for controller in cluster.controllers_of(scale_set.ref.namespace):
            if scale_set.deleting_since is None and not releases.gate_allows(
                scale_set.release, controller.release or ""
            ):
                yield make(
                    "gate-mismatch", str(scale_set.ref),
                    f"its label says {scale_set.release}, {controller.ref} is {controller.release}",
                )


def _vanished(cluster: Cluster) -> Iterator[Finding]:
    for one in reads.seen(cluster.vanished):
        yield make(
            "set-vanished", f"Helm release {one.namespace}/{one.helm.name}",
            f"chart {one.helm.chart} {one.release} is {one.helm.status},"
            " and no AutoscalingRunnerSet belongs to it",
        )


def _sets(cluster: Cluster) -> Iterator[Finding]:
    for one in reads.seen(cluster.scale_sets):
        ref = str(one.ref)
        if one.deleting_since is not None:
            yield make("set-terminating", ref, f"since {one.deleting_since.isoformat()}")
        elif one.phase == "Outdated":
            yield make("outdated", ref, "its phase is Outdated")
        elif one.scale_set_id is None:
            yield make("scale-set-id-missing", ref, "annotation runner-scale-set-id has no number")
        version = releases.runner_version(one.runner_image)
        if (version and releases.is_refused_runner(version)
                and github_rest.is_githubs_own(one.config_url)):
            yield make("runner-too-old", ref, f"its image is {one.runner_image}")
        if one.max_runners is not None and one.min_runners > one.max_runners:
            yield make("limits-contradict", ref, f"min {one.min_runners}, max {one.max_runners}")
        if one.container_mode in ("kubernetes", "kubernetes-novolume"):
            yield make("kubernetes-mode", ref, f"its container mode is {one.container_mode}")
        if one.managed_by in ("argocd", "flux"):
            yield make("gitops-owned", ref, f"it carries the marks of {one.managed_by}")


def _paused(cluster: Cluster) -> Iterator[Finding]:
    for one in reads.seen(cluster.scale_sets):
        note = drain_patches.paused(one)
        if note is None or one.deleting_since is not None:
            continue
        before = ", ".join(
            f"{key} {'unset' if value is None else value}"
            for key, value in (("minRunners", note.min), ("maxRunners", note.max))
        )
        yield make(
            "set-paused", str(one.ref), f"a drain made its limits 0, they were {before}",
            remedy=f"Run arc.lifecycle.resume -e arc_drain_names={one.ref.namespace}/{one.ref.name}, or"
            " -e arc_drain_all=true for every set that was drained.",
        )


def _secrets(cluster: Cluster) -> Iterator[Finding]:
    if not reads.is_read(cluster.credentials):
        return
    there = {(one.namespace, one.name): one.keys for one in reads.seen(cluster.credentials)}
    for one in reads.seen(cluster.scale_sets):
        if not one.github_secret or one.uses_vault:
            continue
        name = f"{one.ref.namespace}/{one.github_secret}"
        keys = there.get((one.ref.namespace, one.github_secret))
        if keys is None:
            yield make("secret-missing", str(one.ref), f"there is no Secret {name}")
        elif not any(set(wanted) <= set(keys) for wanted in releases.CREDENTIALS):
            wanted = " or ".join(", ".join(one) for one in releases.CREDENTIALS)
            yield make(
                "secret-missing", str(one.ref),
                f"Secret {name} has {', '.join(keys) or 'no keys'}, wanted is {wanted}",
            )


def _owners(cluster: Cluster) -> Iterator[Finding]:
    for controller in reads.seen(cluster.controllers):
        if controller.managed_by in ("argocd", "flux"):
            yield make(
                "gitops-owned", str(controller.ref),
                f"it carries the marks of {controller.managed_by}",
            )


def _helm(cluster: Cluster) -> Iterator[Finding]:
    for one in reads.seen(cluster.helm_releases):
        name = f"Helm release {one.namespace}/{one.name}"
        if one.chart in releases.EXPERIMENTAL_CHARTS:
            yield make("experimental-chart", name, f"its chart is {one.chart}")
        if one.status.startswith("pending-"):
            yield make("helm-release-unfinished", name, f"its status is {one.status}")


def _stuck(cluster: Cluster) -> Iterator[Finding]:
    for one in reads.seen(cluster.scale_sets):
        since = one.deleting_since
        if since is None or cluster.at - since < STUCK_AFTER or is_busy(one):
            continue
        served = any(c.is_ready for c in cluster.controllers_of(one.ref.namespace))
        yield make(
            "stuck-deletion", str(one.ref),
            f"deleted at {since.isoformat()}, no runner of it is busy or unknown",
            severity=WARNING if served or not reads.is_read(cluster.controllers) else BLOCKER,
        )


def _zombies(cluster: Cluster) -> Iterator[Finding]:
    for one in reads.seen(cluster.scale_sets):
        # Pods are listed after runners: that of a young one may come in between.
        dead = sorted(
            r.ref.name for r in reads.seen(one.runners)
            if r.is_zombie and not (r.created and cluster.at - r.created < ZOMBIE_AFTER)
        )
        if dead:
            yield make("zombie-runners", str(one.ref), _some(dead, "no pod and hold a slot"))


def _poisoned(cluster: Cluster) -> Iterator[Finding]:
    for one in reads.seen(cluster.scale_sets):
        bad = sorted(r.ref.name for r in reads.seen(one.runners) if r.failures_poisoned)
        if not bad:
            continue
        halted = any(
            known and known.failures_type == "date-time"
            for known in (
                releases.nearest(c.release) for c in cluster.controllers_of(one.ref.namespace)
            )
        )
        yield make(
            "poisoned-failures", str(one.ref),
            _some(bad, "failure marks that are no times")
            + (", and the controller cannot decode them: it stands still" if halted else ""),
            severity=BLOCKER if halted else WARNING,
        )


def _orphans(cluster: Cluster) -> Iterator[Finding]:
    for kind, orphans in (
        ("runner set", cluster.orphan_runner_sets), ("runner", cluster.orphan_runners)
    ):
        names = sorted(f"{one.ref.namespace}/{one.ref.name}" for one in reads.seen(orphans))
        if names:
            yield make("orphan-runners", f"{len(names)} {kind}{'s' if len(names) > 1 else ''}", _some(names, "no scale set"))


def _helpers(cluster: Cluster) -> Iterator[Finding]:
    for one in reads.seen(cluster.stuck_helpers):
        yield make(
            "helper-leftover", str(one.ref),
            "no AutoscalingRunnerSet names it"
            + (", and it is being deleted" if one.deleting_since else ""),
            # Before its deletion Helm can still take it over with the set it belongs to.
            severity=BLOCKER if one.deleting_since else WARNING,
        )


def _records(cluster: Cluster) -> Iterator[Finding]:
    for one in reads.seen(cluster.records):
        if one.state == "unreadable":
            yield make("record-unreadable", str(one.ref), "its annotations cannot be read")
        elif one.state == "open":
            yield make(
                "run-unfinished", str(one.ref),
                f"{one.kind or 'a run'} from {one.from_release or '?'} to {one.to_release or '?'},"
                f" begun {one.started or '?'}",
                remedy=_go_on(one),
            )


def _go_on(one: Record) -> str:
    """Return the next safe command of a run that did not end, "" where its record names none."""
    if one.kind == record.ROLLBACK:
        command, back = "arc.lifecycle.rollback", ""
    elif releases.is_known(one.to_release):
        command = f"arc.lifecycle.upgrade -e arc_target={one.to_release}"
        is_way_back = releases.is_known(one.from_release) and one.from_release != one.to_release
        back = f" arc.lifecycle.rollback goes back to {one.from_release}." if is_way_back else ""
    else:
        return ""
    return f"Nothing while that run is at work; else run {command} again: it goes on from what it finds.{back}"


def _namespaces(cluster: Cluster) -> Iterator[str]:
    """Namespaces that hold objects which only a controller can clear."""
    for group in (
        cluster.scale_sets, cluster.orphan_runner_sets, cluster.orphan_runners,
    ):
        for one in reads.seen(group):
            yield one.ref.namespace
    for listener in reads.seen(cluster.orphan_listeners):
        yield listener.scale_set_namespace or listener.ref.namespace


def _serves_anything(cluster: Cluster, controller: Controller) -> bool:
    return any(controller.watches(namespace) for namespace in _namespaces(cluster))


def _some(names: List[str], what: str) -> str:
    shown = ", ".join(names[:_NAMED])
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{len(names)} with {what}: {shown}{more}"


_RULES: Tuple[Callable[[Cluster], Iterator[Finding]], ...] = (
    _unread,
    _kinds,
    _crds,
    _overlap,
    _controllers,
    _absent,
    _gate,
    _vanished,
    _sets,
    _paused,
    _secrets,
    _owners,
    _helm,
    _stuck,
    _zombies,
    _poisoned,
    _orphans,
    _helpers,
    _records,
    listener_findings.of,
)
