# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How do the releases of ARC differ in what a user's tool can see?

The one table of the stand-in: a fact that changes with the release stands here and nowhere else.
Each field names its source: `arc.md` or `observed.md` with section, or the release that brought it.
Standard library only, and little of it: the listener reads this file at each start.
"""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Tuple


class Release(NamedTuple):
    """The facts of one release. Defaults are those of 0.9.0."""

    name: str
    # arc.md 3: which labels pass the version gate ("exact", "minor"), and the log's keys.
    gate: str = "exact"
    gate_keys: Tuple[str, str] = ("targetVersion", "actualVersion")
    # arc.md 3, observed a3: the other controller's delete wins against this patch nearly always.
    finalizer_lag_s: float = 0.03
    # arc.md 4 (0.9.2): every label of the set goes to its children, not only ARC's own.
    propagates_labels: bool = False
    # arc.md 2: one helper object per pass, log "Waiting for dependent resources to be deleted".
    helpers_in_one_pass: bool = False
    # arc.md 4.2: the listener's objects are deleted one per pass, or all in one.
    listener_in_one_pass: bool = False
    # arc.md 9: what of a listener pod is looked at ("phase" or the "container" named listener).
    listener_pod_by: str = "phase"
    # arc.md 4, table: evicted listener pods are made again.
    listener_restarts_evicted: bool = False
    # arc.md 1, AL: hash input of the name ("namespace", or "set": namespace@group@url).
    listener_name_by: str = "namespace"
    # arc.md 1, AL: a copy of the GitHub secret, named like the listener.
    mirror_secret: bool = True
    # arc.md 9: shape of the listener's config.json (also what the listener can read).
    listener_config: str = "camel"
    # arc.md 4.1 (0.14.0): pause after which a waiting deletion is looked at again; 0: events only.
    requeue_s: float = 0.0
    # arc.md 2: order in which an EphemeralRunner gets its finalizers.
    runner_finalizers: str = "registration-first"
    # arc.md 2: a finished runner goes without asking GitHub.
    succeeded_skips_github: bool = True
    # arc.md 4.5: deletion of a runner waits for its pod and secret to be really gone.
    waits_for_pod: bool = True
    # arc.md 4.5: hook leftovers are looked for only if the runner has container hooks.
    hooks_cleanup_conditional: bool = False
    # arc.md 1, ER: where the JIT configuration is kept ("status" or "secret"), and whether the
    # first pod is made from memory (observed n3).
    jit_in: str = "status"
    jit_from_memory: bool = False
    # arc.md 1, ER: `ready` stays true, or follows the pod's condition.
    ready_follows_pod: bool = False
    # arc.md 1, ER: Go type of the values of status.failures.
    failures: str = "bool"
    # arc.md 1, ER: a runner with too many failures stays as Failed, or is made again.
    failed_runner: str = "stays"
    # arc.md 4 (0.12.0, #4059): the pod of a runner that ended is removed before the runner is.
    ended_loses_pod: bool = False
    # arc.md 1, table: what exit 0 means ("ask" GitHub, "succeeded", "delete" the runner).
    on_exit_zero: str = "ask"
    # arc.md 1, table: a failed pod with a job ends the runner (its job cannot be resumed).
    failed_job_ends_runner: bool = False
    # arc.md 1, table: a pod that failed without its container having ended is judged.
    pod_failure_reasons: Tuple[str, ...] = ("Evicted",)
    any_pod_failure: bool = False
    init_failures: bool = False
    # arc.md 1, InvalidPod: "exceeded quota" is retried every 30 s, for 10 min.
    quota_retry: bool = False
    # arc.md 1, ER: the field by which the controller knows of a job.
    job_field: str = "jobRequestId"
    # arc.md 5, `Outdated`; phases of ARS and ERS; change-hash.
    outdated: bool = False
    phases: bool = False
    # arc.md 1, trap: status of the set is refreshed only if currentReplicas differs.
    status_by_count: bool = True
    # arc.md 5.6: with patchID > 0 nothing is scaled down.
    scale_down_any_patch: bool = True
    # arc.md 1, AL and ERS: optional blocks of the spec.
    metrics_block: bool = False
    vault_block: bool = False
    metadata_blocks: bool = False
    # arc.md 8 B: body of a new scale set says "ephemeral".
    says_ephemeral: bool = True
    # arc.md 8 C: the listener tells its capacity; when it acquires; in which order.
    capacity_header: bool = False
    acquires: bool = True
    delete_then_acquire: bool = False
    # arc.md 8 C: a poll without a message ("nothing", "zero" jobs, "latest" number).
    nil_poll: str = "nothing"
    # observed i, j2, q2: wording of the listener's and the client's errors.
    error_style: str = "actions"
    # observed h: of 14 installs 2 ended with a listener bound to a deleted runner set.
    stale_listener: float = 0.0
    # arc.md 5.2, listener: quotes in the refusal of min > max.
    limits_quote: str = '"'
    # arc.md 4, table (0.14.2): a changed config Secret restarts the listener pod.
    restarts_on_config_drift: bool = False


def _table() -> Dict[str, Release]:
    rows: List[Release] = [Release("0.9.0", limits_quote="'")]

    def add(name: str, **changes: object) -> None:
        rows.append(rows[-1]._replace(name=name, **changes))

    add(
        "0.9.1",
        capacity_header=True,
        nil_poll="zero",
        scale_down_any_patch=False,
        limits_quote='"',
    )
    add("0.9.2", propagates_labels=True)
    add(
        "0.9.3",
        helpers_in_one_pass=True,
        listener_pod_by="container",
        runner_finalizers="main-first",
    )
    add("0.10.0")
    add("0.10.1")
    add(
        "0.11.0",
        gate_keys=("buildVersion", "autoscalingRunnerSetVersion"),
        listener_config="snake",
        succeeded_skips_github=False,
        waits_for_pod=False,
        hooks_cleanup_conditional=True,
        jit_from_memory=True,
        ready_follows_pod=True,
        metrics_block=True,
    )
    add(
        "0.12.0",
        gate="minor",
        mirror_secret=False,
        listener_config="vault",
        failures="time",
        failed_runner="made-again",
        ended_loses_pod=True,
        vault_block=True,
    )
    add("0.12.1", on_exit_zero="succeeded")
    add(
        "0.13.0",
        jit_in="secret",
        on_exit_zero="delete",
        failed_job_ends_runner=True,
        job_field="jobId",
    )
    add(
        "0.13.1",
        listener_name_by="set",
        listener_in_one_pass=True,
        listener_restarts_evicted=True,
        runner_finalizers="at-creation",
        any_pod_failure=True,
        quota_retry=True,
    )
    add(
        "0.14.0",
        requeue_s=5.0,
        outdated=True,
        phases=True,
        status_by_count=False,
        metadata_blocks=True,
        says_ephemeral=False,
        acquires=False,
        nil_poll="latest",
        error_style="scaleset",
        stale_listener=0.14,
    )
    add("0.14.1", acquires=True, delete_then_acquire=True)
    add("0.14.2", init_failures=True, restarts_on_config_drift=True)
    return {row.name: row for row in rows}


RELEASES = _table()


def release(name: str) -> Release:
    """The facts of a release. Raises KeyError with the known names for an unknown one."""
    if name not in RELEASES:
        known = " ".join(RELEASES)
        raise KeyError(f"ARC release {name!r} is not in the lab's table; it knows: {known}")
    return RELEASES[name]
