# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ARC is made of, in the words of this collection: plain frozen values, no judgement.

A field that holds a collection is a tuple, or an `Unread` where the objects could not be read.
Times are aware UTC. `model.read_cluster` makes all of these.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Mapping, Optional, Tuple, Union

from . import reads
from .crd_set import CrdState
from .states import Counts, State


@dataclass(frozen=True)
class Ref:
    """Which object: enough to find it again and to tell it from a later one of the same name."""

    kind: str
    namespace: str
    name: str
    uid: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"

    def as_dict(self) -> Mapping[str, str]:
        """Return the reference as plain data."""
        return {
            "kind": self.kind,
            "namespace": self.namespace,
            "name": self.name,
            "uid": self.uid,
        }


@dataclass(frozen=True)
class Pod:
    """A pod of ARC and the state of its main container (`runner`, `listener` or `manager`).

    `container_state`: "waiting", "running", "terminated", or None before the kubelet spoke.
    `started_at`: start of the main container, while it runs. `restarts`: of that container.
    `node_is_silent`: its node does not report any more, so all else may be long past.
    """

    ref: Ref
    phase: str = ""
    node: Optional[str] = None
    started_at: Optional[datetime] = None
    ready: bool = False
    deleting_since: Optional[datetime] = None
    container_state: Optional[str] = None
    exit_code: Optional[int] = None
    reason: str = ""
    owner_uid: str = ""
    restarts: int = 0
    image: str = ""
    created: Optional[datetime] = None
    service_account: str = ""
    runner_pod: str = ""
    node_is_silent: bool = False

    @property
    def has_ended(self) -> bool:
        """True once no container of it runs again: what an eviction leaves lies there for long."""
        return self.phase in ("Succeeded", "Failed")

    @property
    def is_over(self) -> bool:
        """True once its main container can never run again."""
        return self.has_ended or self.container_state == "terminated"

    @property
    def is_running(self) -> bool:
        """True while its main container runs."""
        return self.container_state == "running" and not self.is_over


@dataclass(frozen=True)
class HelmRelease:
    """A release as Helm remembers it: proof of what was installed, never of what runs.

    `value_paths`: where the user gave values; the values themselves may hold secrets.
    `min_runners`, `max_runners`: as the user's values have them, None where they do not.
    `set_name`: runnerScaleSetName of these values, "" where the set is named after the release.
    `once_deployed`: whether this or an earlier revision was deployed.
    """

    name: str
    namespace: str
    chart: str
    chart_version: str
    app_version: str
    status: str
    revision: int = 0
    updated: str = ""
    value_paths: Tuple[str, ...] = ()
    min_runners: Optional[int] = None
    max_runners: Optional[int] = None
    set_name: str = ""
    once_deployed: bool = False

    @property
    def should_be_there(self) -> bool:
        """True if what it installs is to be expected: also after an upgrade that failed (#3562)."""
        is_broken = self.status in ("failed", "pending-upgrade", "pending-rollback")
        return self.status == "deployed" or (is_broken and self.once_deployed)


@dataclass(frozen=True)
class Controller:
    """A controller Deployment. `release`: of the image that runs, else of the chart's label.

    `watch_namespace`: the only namespace it looks at, None for all.
    """

    ref: Ref
    release: Optional[str]
    image: str
    watch_namespace: Optional[str] = None
    desired: int = 1
    ready: int = 0
    update_strategy: str = "immediate"
    service_account: Tuple[str, str] = ("", "")
    helm: Optional[HelmRelease] = None
    pods: Union[Tuple[Pod, ...], reads.Unread] = ()
    label_release: Optional[str] = None
    deleting_since: Optional[datetime] = None
    chart: str = ""
    managed_by: str = "hand"

    def watches(self, namespace: str) -> bool:
        """True if objects of this namespace are in its scope."""
        return self.watch_namespace is None or self.watch_namespace == namespace

    @property
    def is_ready(self) -> bool:
        """True if it is wanted, not on its way out, and all its pods are ready."""
        return self.desired > 0 and self.ready >= self.desired and self.deleting_since is None


@dataclass(frozen=True)
class Listener:
    """An AutoscalingListener. Its health shows only on its pod: the status is always empty."""

    ref: Ref
    image: str
    release: Optional[str]
    scale_set_namespace: str
    scale_set_name: str
    runner_set_name: str
    scale_set_id: Optional[int] = None
    min_runners: int = 0
    max_runners: int = 0
    created: Optional[datetime] = None
    deleting_since: Optional[datetime] = None
    finalizers: Tuple[str, ...] = ()
    pod: Union[Pod, None, reads.Unread] = None

    @property
    def serving_since(self) -> Optional[datetime]:
        """Start of the listener process that runs now; None if none does or none was seen."""
        if isinstance(self.pod, Pod) and self.pod.is_running and self.pod.deleting_since is None:
            return self.pod.started_at
        return None


@dataclass(frozen=True)
class RunnerSet:
    """An EphemeralRunnerSet. `replicas`: absent in the object means 0."""

    ref: Ref
    owner_uid: str
    replicas: int = 0
    patch_id: Optional[int] = None
    phase: Optional[str] = None
    created: Optional[datetime] = None
    deleting_since: Optional[datetime] = None
    finalizers: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Job:
    """The job a listener wrote into a runner's status. Any field may be missing."""

    request_id: int = 0
    job_id: str = ""
    repository: str = ""
    workflow: str = ""
    run_id: int = 0
    display_name: str = ""


@dataclass(frozen=True)
class Runner:
    """An EphemeralRunner. `job_pods`: pods that a kubernetes-mode job made and left running.

    `failures_poisoned`: its `failures` hold booleans, which a controller from 0.12.0 on cannot
    decode; one such object stops that controller altogether.
    """

    ref: Ref
    owner_uid: str
    scale_set_name: str
    phase: str = ""
    ready: bool = False
    job: Optional[Job] = None
    runner_id: Optional[int] = None
    created: Optional[datetime] = None
    deleting_since: Optional[datetime] = None
    finalizers: Tuple[str, ...] = ()
    pod: Union[Pod, None, reads.Unread] = None
    state: State = State.UNKNOWN
    failures_poisoned: bool = False
    job_pods: Tuple[Pod, ...] = ()
    reason: str = ""
    message: str = ""
    failure_count: int = 0
    config_url: str = ""
    github_secret: str = ""

    @property
    def is_zombie(self) -> bool:
        """True if it holds a slot although nothing of it runs: Failed, or Running without pod."""
        if isinstance(self.pod, reads.Unread) or self.deleting_since is not None:
            return False
        if self.pod is not None and not self.pod.is_over:
            return False
        return self.phase == "Failed" or (self.phase == "Running" and self.pod is None)


@dataclass(frozen=True)
class Helper:
    """An object that the scale-set chart makes beside the set; `role`: what it is for."""

    ref: Ref
    finalizers: Tuple[str, ...] = ()
    deleting_since: Optional[datetime] = None
    role: str = "other"
    scale_set_namespace: str = ""
    scale_set_name: str = ""
    created: Optional[datetime] = None


@dataclass(frozen=True)
class ScaleSet:
    """An AutoscalingRunnerSet and all that belongs to it.

    `name` and `group` are what GitHub sees; `spec_group` is the raw text that the listener's
    name is hashed from. `max_runners` None: no limit. `release`: the gate label as it stands.
    `cleanup`: which helper object each cleanup annotation points at. `uses_vault`: `github_secret`
    names an entry of a key vault (from 0.12.0 on), not a Secret. `runner_image`: of the container
    `runner` in its template. `limits_note`: raw text of the note that a drain left of its limits.
    """

    ref: Ref
    release: Optional[str]
    name: str
    group: str
    config_url: str
    min_runners: int = 0
    max_runners: Optional[int] = None
    container_mode: Optional[str] = None
    scale_set_id: Optional[int] = None
    phase: Optional[str] = None
    created: Optional[datetime] = None
    deleting_since: Optional[datetime] = None
    finalizers: Tuple[str, ...] = ()
    cleanup: Mapping[str, str] = field(default_factory=dict)
    managed_by: str = "hand"
    helm: Optional[HelmRelease] = None
    listeners: Union[Tuple[Listener, ...], reads.Unread] = ()
    runner_sets: Union[Tuple[RunnerSet, ...], reads.Unread] = ()
    runners: Union[Tuple[Runner, ...], reads.Unread] = ()
    helpers: Union[Tuple[Helper, ...], reads.Unread] = ()
    spec_group: str = ""
    github_secret: str = ""
    uses_vault: bool = False
    chart: str = ""
    service_account: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    runner_image: str = ""
    limits_note: str = ""

    @property
    def live_runner_set(self) -> Union[RunnerSet, None, reads.Unread]:
        """The newest runner set that is not being deleted; None if there is none."""
        if isinstance(self.runner_sets, reads.Unread):
            return self.runner_sets
        alive = [one for one in self.runner_sets if one.deleting_since is None]
        if not alive:
            return None
        return max(alive, key=lambda one: (one.created is not None, one.created, one.ref.name))

    @property
    def counts(self) -> Counts:
        """How many of its runners are in each state; all None where runners were not read."""
        if isinstance(self.runners, reads.Unread):
            return Counts.unread()
        return Counts.of(runner.state for runner in self.runners)

    @property
    def github_identity(self) -> Tuple[str, str, str]:
        """What makes it one scale set at GitHub: URL, runner group, name (caseless)."""
        return (self.config_url.rstrip("/").lower(), self.group.lower(), self.name.lower())


@dataclass(frozen=True)
class VanishedSet:
    """A scale set that Helm has deployed although its AutoscalingRunnerSet is gone (#3562).

    `name`: of the object, as the chart makes it of the release's name or values.
    `serves_as`: its name at GitHub.
    """

    name: str
    namespace: str
    release: str
    helm: HelmRelease
    serves_as: str = ""


@dataclass(frozen=True)
class Credentials:
    """A Secret by which scale sets log in at GitHub, without what is in it."""

    namespace: str
    name: str
    keys: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Record:
    """What an earlier run left on the cluster about itself, read from a Secret's metadata.

    `kind`: "upgrade" or "rollback".
    """

    ref: Ref
    state: str
    from_release: str = ""
    to_release: str = ""
    scale_sets: Tuple[Mapping[str, str], ...] = ()
    started: str = ""
    operator: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Cluster:
    """One cluster as it was seen at `at`. `unread`: every part that could not be seen."""

    id: reads.ClusterId
    at: datetime
    controllers: Union[Tuple[Controller, ...], reads.Unread] = ()
    scale_sets: Union[Tuple[ScaleSet, ...], reads.Unread] = ()
    vanished: Union[Tuple[VanishedSet, ...], reads.Unread] = ()
    orphan_listeners: Union[Tuple[Listener, ...], reads.Unread] = ()
    orphan_runner_sets: Union[Tuple[RunnerSet, ...], reads.Unread] = ()
    orphan_runners: Union[Tuple[Runner, ...], reads.Unread] = ()
    stuck_helpers: Union[Tuple[Helper, ...], reads.Unread] = ()
    stray_controller_pods: Union[Tuple[Pod, ...], reads.Unread] = ()
    crds: Union[CrdState, reads.Unread] = CrdState("absent")
    helm_releases: Union[Tuple[HelmRelease, ...], reads.Unread] = ()
    unread: Tuple[reads.Unread, ...] = ()
    kinds_absent: Tuple[str, ...] = ()
    records: Union[Tuple[Record, ...], reads.Unread] = ()
    credentials: Union[Tuple[Credentials, ...], reads.Unread] = ()

    def controllers_of(self, namespace: str) -> Tuple[Controller, ...]:
        """Return every controller that was seen to watch this namespace."""
        return tuple(one for one in reads.seen(self.controllers) if one.watches(namespace))
