#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: arc_scaleset_drain
short_description: Take scale sets out of service, or back, without losing or stranding a job
version_added: 1.0.0
description:
  - Lets jobs that were assigned get their runner, deletes the AutoscalingRunnerSet objects, and
    waits until listeners, idle runners, busy runners, runner sets and the sets themselves have
    gone. A busy runner is never touched.
  - Or pauses them, which stay with both limits at 0, or waits for the jobs of sets that somebody
    else takes away (O(mode)). With O(state=resumed) it brings back what it took away.
  - The helper objects of the chart stay until then, so that running jobs of container mode
    C(kubernetes) keep their ServiceAccount. Uninstall the Helm releases afterwards.
  - Nothing is kept outside the cluster. A drain that was killed is begun again, from any machine.
  - The action plugin of the same name says while it waits what it is waiting for.
options:
  state:
    description:
      - V(drained) takes the selected sets out of service, as O(mode) says.
      - V(resumed) brings them back. Limits and update strategy of before come from the notes on
        the objects themselves, a set that was retired from its copy (O(keep_copy)). Of a
        selection that names no set, those are meant that a drain left its mark on. It ends when
        every listener is at work; one that is bound to a runner set that is no more is deleted,
        and the controller makes another.
      - A retired set comes back with the labels and annotations of its Helm release, which still
        describes it. The finalizers of the chart's helper objects, which ARC took off, come back
        with the next C(helm upgrade).
    type: str
    choices: [drained, resumed]
    default: drained
  scale_sets:
    description:
      - Drain these sets. One that has gone already needs O(allow_none).
      - Excludes the other ways to select.
    type: list
    elements: dict
    suboptions:
      namespace:
        description: The namespace of the AutoscalingRunnerSet.
        type: str
        required: true
      name:
        description: The name of the AutoscalingRunnerSet.
        type: str
        required: true
  namespace:
    description: Drain sets of this namespace only.
    type: str
  names:
    description: Drain sets of these names only, each C(name) or C(namespace/name).
    type: list
    elements: str
  label_selector:
    description: Drain sets that have all of these labels only, each C(key=value).
    type: list
    elements: str
  controller:
    description:
      - Drain sets that this controller watches only; C(name) or C(namespace/name) of its
        Deployment.
    type: str
  all:
    description: Drain every set of the cluster.
    type: bool
    default: false
  allow_none:
    description:
      - Take a set that is named and not there for drained, and an empty selection for done. What
        is left of such a set, for example a runner, is waited for in any case.
      - Without it both are errors, as a slip of the pen looks the same.
    type: bool
    default: false
  mode:
    description:
      - V(retire) deletes the AutoscalingRunnerSet objects, and waits until everything of them has
        gone.
      - V(pause) keeps the sets, and sets C(minRunners) and C(maxRunners) to 0 until
        O(state=resumed). A set below ARC 0.9.1 is refused, as its listener takes jobs whatever
        its limits are. Jobs that were assigned and get no runner wait at GitHub with this set
        until it is resumed or deleted; RV(sets) says how many.
      - V(wait_only) changes nothing, and waits until no runner is busy, on its way, or in a state
        that cannot be told.
    type: str
    choices: [retire, pause, wait_only]
    default: retire
  settle:
    description:
      - Whether jobs that are assigned and have no runner yet get it first. The controller is
        switched to the update strategy C(eventual), and C(maxRunners) is changed by one, so that
        the listener goes and the runners still come. What was there before is noted on the
        objects.
      - With V(auto) that is left out where nothing runs.
      - Where it is not possible, RV(sets) says how many jobs wait, and for what.
    type: str
    choices: [auto, always, never]
    default: auto
  settle_timeout:
    description: How long assigned jobs may take to get their runner, in seconds, for each set.
    type: int
    default: 600
  grace:
    description:
      - How long a runner must have been up, in seconds, before a job that waited for it is taken
        to have started.
    type: int
    default: 30
  keep_copy:
    description:
      - Store each set as a Secret beside it before it is deleted, so that O(state=resumed) can
        bring it back. It has spec, limits of before, labels and annotations.
    type: bool
    default: true
  changed_meanwhile:
    description:
      - What O(state=resumed) does where limits or the Helm release were changed since the drain.
      - V(refuse) says so and changes nothing, V(restore) takes what was there before the drain,
        V(keep) lets changed limits stand.
    type: str
    choices: [refuse, keep, restore]
    default: refuse
  on_deadline:
    description:
      - What happens when O(timeout) is over and jobs still run.
      - V(fail) changes nothing more, and fails. V(resume) takes back what can be taken back
        (limits, update strategy, never a deletion), and fails; with O(mode=wait_only) that is
        nothing. V(report) changes nothing more, and succeeds with RV(finished) false.
    type: str
    choices: [fail, resume, report]
    default: fail
  fail_fast:
    description:
      - End the wait, as failed, as soon as RV(causes) has something that does not pass by itself.
    type: bool
    default: false
  peers:
    description:
      - Other clusters. A set is drained only if one of them serves its name now, in a runner
        group of its own, and no upgrade is under way there. After it has settled that is looked
        at once more, right before it is stopped.
      - While its runners are waited for the clusters are looked at again, at most twice a minute.
        What they do not serve any more is told in the progress line and in RV(peers_lost).
      - Without this option nobody is asked. With an empty list nobody serves, so only sets of O(may_be_down) are drained.
    type: list
    elements: dict
    suboptions:
      name:
        description: What to call the cluster.
        type: str
        required: true
      connection:
        description: How to reach it, with the connection options of this module.
        type: dict
        required: true
  may_be_down:
    description:
      - Sets that O(peers) need not serve, each C(name) or C(namespace/name), with C(*) and C(?).
    type: list
    elements: str
    default: []
  wait_for_helpers:
    description: Wait until the finalizers of the chart's helper objects have gone too.
    type: bool
    default: true
  gitops_suspended:
    description:
      - Say that Argo CD or Flux will not put the sets back.
      - Without it the drain of a set that belongs to one of them is refused, unless its
        Application, Kustomization or HelmRelease can be read and is suspended. The refusal has
        the command that suspends it.
    type: bool
    default: false
extends_documentation_fragment:
  - arc.lifecycle.auth
  - arc.lifecycle.wait
  - arc.lifecycle.wait.speak
  - arc.lifecycle.github
  - arc.lifecycle.attributes
  - arc.lifecycle.attributes.group
attributes:
  check_mode:
    support: full
    details:
      - Predicts the first writes and the deletions; nothing is waited for.
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - A second run finds the sets gone, which needs O(allow_none) where they are named.
notes:
  - At the time limit nothing more is changed, unless O(on_deadline) asks for it. The task fails,
    and RV(holders) names everything it still waits for. Run it again, and it goes on.
  - There is no way to end running jobs with this module. Cancel them at GitHub.
  - With O(timeout=0) it waits for ever.
seealso:
  - module: arc.lifecycle.arc_info
  - module: arc.lifecycle.arc_scaleset_wait
author:
  - arc.lifecycle contributors (@arc-lifecycle)
"""

EXAMPLES = r"""
- name: Drain every scale set of a cluster, for at most two hours
  arc.lifecycle.arc_scaleset_drain:
    kubeconfig: ~/.kube/config
    context: east
    all: true
    timeout: 7200

- name: Drain two scale sets, one of which may have gone in a run before
  arc.lifecycle.arc_scaleset_drain:
    context: east
    scale_sets:
      - {namespace: arc-runners, name: web}
      - {namespace: arc-runners, name: build}
    allow_none: true

- name: Let no job start on the sets of a team, while another cluster serves them
  arc.lifecycle.arc_scaleset_drain:
    context: east
    label_selector: [team=web]
    mode: pause
    peers:
      - {name: west, connection: {kubeconfig: ~/.kube/config, context: west}}

- name: Bring back whatever was drained in this cluster
  arc.lifecycle.arc_scaleset_drain:
    context: east
    all: true
    state: resumed

- name: Wait until no job runs
  arc.lifecycle.arc_scaleset_drain:
    context: east
    namespace: arc-runners
    mode: wait_only
"""

RETURN = r"""
cluster:
  description: The cluster that answered. C(uid) is the UID of its namespace kube-system.
  returned: once the cluster has answered
  type: dict
finished:
  description: Whether everything that was selected is drained.
  returned: always
  type: bool
selected:
  description: The sets that were selected. C(uid) is empty for one that had gone.
  returned: once the sets were read
  type: list
  elements: dict
  sample: [{namespace: arc-runners, name: web, uid: 5a3a1c5e-0000-4000-8000-000000000000}]
not_selected:
  description: The other sets of the cluster, and why each was not selected.
  returned: once the sets were read
  type: list
  elements: dict
missing:
  description: Names of which nothing was there.
  returned: once the sets were read
  type: list
  elements: str
sets:
  description:
    - Each set with its stage, counts of runners by state, the jobs that wait for a runner, the
      seconds it spent in each stage, and a note of how it settled.
    - C(stage) is one of V(settle-controller), V(settle-limits), V(settle-listener),
      V(settle-assigned), V(delete), V(scale-down), V(listener), V(idle), V(busy), V(strategy),
      V(runner-sets), V(set), V(helpers), V(drained), and V(unknown) where something could not be
      read.
    - With O(state=resumed) it is one of V(going), V(create), V(limits), V(listener) and
      V(resumed), beside the limits that the set has or gets.
  returned: once the sets were read
  type: list
  elements: dict
stage:
  description: The earliest stage of all sets.
  returned: once the sets were read
  type: str
counts:
  description: Runners of the sets by state. Each is V(null) where runners could not be read.
  returned: once the sets were read
  type: dict
holders:
  description:
    - What is still waited for, with its state, why, since when, and the job.
    - RV(holders_not_shown) counts what did not fit.
  returned: once the sets were read
  type: list
  elements: dict
holders_not_shown:
  description: How many holders RV(holders) leaves out.
  returned: once the sets were read
  type: int
causes:
  description: Why it does not go on, with a stable id, the object, what was seen, and the remedy.
  returned: once the sets were read
  type: list
  elements: dict
acts:
  description:
    - Every write with its verb, object, reason, the evidence that justifies it, and when it was
      done. In check mode each has RV(ignore:predicted) instead of a time.
  returned: once the sets were read
  type: list
  elements: dict
awaited:
  description: Runners that were seen with a job, with the job, and when it was seen to have ended.
  returned: once the sets were read
  type: list
  elements: dict
awaited_count:
  description: How many these are, at most 500.
  returned: once the sets were read
  type: int
rights_missing:
  description: Rights that settling would need and that are missing.
  returned: once the sets were read
  type: list
  elements: str
github_problems:
  description: Why GitHub gave no word of runners that the cluster cannot tell of, at most 5 texts.
  returned: once the sets were read, with O(state=drained)
  type: list
  elements: str
peers_lost:
  description:
    - When no cluster of O(peers) served a set that was away, with the reason, C(since) and
      C(until), at most 50. C(until) is empty where that lasts.
  returned: once the sets were read, with O(state=drained)
  type: list
  elements: dict
  sample:
    - object: AutoscalingRunnerSet arc-runners/web
      reason: 'green: it has no pod'
      since: '2026-01-01T12:00:00+00:00'
      until: ''
durations:
  description: Seconds spent in each stage.
  returned: once the sets were read
  type: dict
  sample: {settle-controller: 2.1, settle-assigned: 11.0, busy: 42.3}
timeline:
  description:
    - How stage, counts and causes changed, with times, at most 200 entries.
  returned: once the sets were read, with O(state=drained)
  type: list
  elements: dict
  sample: [{at: '2026-01-01T12:00:00+00:00', stage: busy, counts: {busy: 2, idle: 0}, causes: []}]
line:
  description: The last progress line.
  returned: once the sets were read
  type: str
waited:
  description: The progress lines with their times, at most 200.
  returned: by the action plugin
  type: list
  elements: dict
memory:
  description: What the next slice needs to know.
  returned: with O(slice), unless RV(finished)
  type: dict
error:
  description: The error as data, with its class, object, cause and next step.
  returned: failure
  type: dict
"""

from typing import Any, Dict

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import (
    draining,
    fleet_reading,
    github,
    options,
    resuming,
    task,
)

SCALE_SETS = {
    "namespace": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
}
OPTIONS = {
    "state": {"type": "str", "choices": ["drained", "resumed"], "default": "drained"},
    "scale_sets": {"type": "list", "elements": "dict", "options": SCALE_SETS},
    "namespace": {"type": "str"},
    "names": {"type": "list", "elements": "str"},
    "label_selector": {"type": "list", "elements": "str"},
    "controller": {"type": "str"},
    "all": {"type": "bool", "default": False},
    "allow_none": {"type": "bool", "default": False},
    "mode": {"type": "str", "choices": ["retire", "pause", "wait_only"], "default": "retire"},
    "settle": {"type": "str", "choices": ["auto", "always", "never"], "default": "auto"},
    "settle_timeout": {"type": "int", "default": 600},
    "grace": {"type": "int", "default": 30},
    "keep_copy": {"type": "bool", "default": True},
    "changed_meanwhile": {
        "type": "str", "choices": ["refuse", "keep", "restore"], "default": "refuse",
    },
    "on_deadline": {"type": "str", "choices": ["fail", "resume", "report"], "default": "fail"},
    "fail_fast": {"type": "bool", "default": False},
    "peers": {
        "type": "list", "elements": "dict", "options": fleet_reading.CLUSTER_OPTIONS,
    },
    "may_be_down": {"type": "list", "elements": "str", "default": []},
    "wait_for_helpers": {"type": "bool", "default": True},
    "gitops_suspended": {"type": "bool", "default": False},
    **github.GITHUB_OPTIONS,
    **options.SPEAK_OPTIONS,
}


def work(running: task.Task) -> Dict[str, Any]:
    """Drain or resume."""
    if running.options["state"] == "resumed":
        return resuming.resume_sets(running)
    return draining.drain_sets(running)


def main() -> None:
    task.run(OPTIONS, work)


if __name__ == "__main__":
    main()
