# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every module does around its work: options in, one connection, one result or one error."""

from __future__ import annotations

import copy
import time
from datetime import datetime
from typing import Any, Callable, Dict, Mapping, Optional, Tuple

from ansible.module_utils.basic import AnsibleModule

from .._pure import helm_work, model, reads
from .._pure.errors import BadInput, LifecycleError, Refused
from . import connect, fleet_reading, leasing, reader
from .client import Client
from .deadline import Deadline
from .options import AUTH_OPTIONS, WAIT_OPTIONS, logins_of, secrets_of
from .starter import Starter

Result = Dict[str, Any]

# As Ansible writes it.
HIDDEN_OPTION = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
_FOR_EVER_S = 10 * 365 * 86400.0
# So long a look may take, however short its slice is.
_LEAST_LOOK_S = 20.0
# A Lease that is silent for 90 s may be taken over. A try must not hold a wait up for long.
_LEASE_EVERY_S = 20.0
_LEASE_TRY_S = 5.0


class Task:
    """One run of a module: its options, its cluster, and how long it may still take.

    `partial`: what is known so far; it stands in the result of a failure too. `memory`: gives
    what the next slice needs, None before there is something to go on from. A task that is
    offline has neither `client` nor a cluster with a name.
    """

    client: Client
    memory: Optional[Callable[[], Result]] = None

    def __init__(self, module: AnsibleModule, is_offline: bool = False) -> None:
        self.options: Dict[str, Any] = dict(module.params)
        self.is_check: bool = module.check_mode
        self.is_diff: bool = module._diff  # pylint: disable=protected-access
        self.partial: Result = {"changed": False}
        self.deadline = Deadline(_limit_s(self.options))
        self.cluster = reads.ClusterId("", "")
        self.starter = Starter(self.options.get("starter", 0))
        self.is_offline = is_offline
        if not is_offline:
            self.client = connect.connect(self.options)
            self.cluster = reads.ClusterId(self.client.cluster, "")
        self._module = module
        self._lease_at = time.monotonic()

    @property
    def is_endless(self) -> bool:
        """True if the task may wait for ever."""
        return self.options["timeout"] == 0

    def with_deadline(self, deadline: Deadline) -> Task:
        """Return the same task with another time limit."""
        twin = copy.copy(self)
        twin.deadline = deadline
        return twin

    def with_options(self, **options: Any) -> Task:
        """Return the same task with other options."""
        twin = copy.copy(self)
        twin.options = {**self.options, **options}
        return twin

    def identify(self) -> None:
        """Learn who answers, for every result. Raises ReadFailed, BadInput or Refused."""
        # There is something to go on from after the first slice only, so that one keeps trying.
        is_later = bool(self.options.get("memory"))
        self.cluster = connect.identity(
            self.client, self.brief() if is_later else self.deadline
        )
        self.partial["cluster"] = self.cluster.as_dict()
        wanted = self.options["cluster_uid"]
        if wanted and wanted != self.cluster.uid:
            raise Refused(
                cluster=self.cluster.name,
                object=f"cluster {self.cluster.uid} at {self.cluster.server}",
                cause=f"meant is the cluster with the UID {wanted}",
                next_step="See which cluster kubeconfig and context lead to, and plan anew",
            )

    def brief(self) -> Deadline:
        """Return the time limit of a look within a slice; without slices that of the task.

        A slice that is silent much longer than it was told to be is taken for a hang.
        """
        slice_s = self.options.get("slice", 0)
        return self.deadline.within(max(slice_s, _LEAST_LOOK_S)) if slice_s else self.deadline

    def require_starter(self) -> None:
        """Raise Refused where the run that started this task has ended: nobody is at the wheel."""
        if self.starter.is_gone():
            raise Refused(
                cluster=self.cluster.name, object="this task",
                cause="the run that started it has ended; nothing more is changed",
                next_step="Run it again: it goes on where this one stopped",
            )

    def now(self) -> datetime:
        """Return the time by the cluster's clock: ages are told from times that it wrote."""
        return self.client.now()

    def keep_lease(self) -> None:
        """Renew the Lease of the run, if it has one. Raises Refused if it was taken over."""
        held = self.options["lease"]
        if held and not self.is_check:
            leasing.keep(self.client, self.deadline, held["namespace"], held["holder"])

    def renew_lease(self) -> None:
        """Renew the Lease now and then while it is worked or waited.

        Raises Refused if it was taken over; what else fails is tried again, as it may pass.
        """
        if time.monotonic() - self._lease_at < _LEASE_EVERY_S:
            return
        try:
            self.with_deadline(self.deadline.within(_LEASE_TRY_S)).keep_lease()
        except Refused:
            raise
        except LifecycleError:
            pass
        self._lease_at = time.monotonic()

    def look(
        self,
        parts: Optional[Tuple[str, ...]] = None,
        namespaces: Optional[Tuple[str, ...]] = None,
    ) -> Tuple[reads.Snapshot, model.Cluster]:
        """Read the cluster, or some parts of it, into the model."""
        snapshot = reader.read_snapshot(
            self.client, self.deadline, parts, namespaces, self.cluster
        )
        return snapshot, model.read_cluster(snapshot)

    def hide_values(self) -> None:
        """Keep the option `values`, which has `no_log`, out of the result as a whole.

        Ansible would blot each of its leaves out of every text instead, "5" and "web" too.
        """
        shown = helm_work.garbling_of(self.options["values"])
        kept = {str(self.options[name]) for name, one in AUTH_OPTIONS.items() if one.get("no_log")}
        self._module.no_log_values -= shown - kept
        self._module.params["values"] = HIDDEN_OPTION

    def warn(self, text: str) -> None:
        """Add a warning to the result."""
        self._module.warn(text)


def _limit_s(options: Mapping[str, Any]) -> float:
    """Only a drain may wait for ever: how long the jobs take is not ours to say."""
    limit, may_be_endless = options["timeout"], "on_deadline" in options
    if limit == 0 and may_be_endless:
        return _FOR_EVER_S
    if limit <= 0:
        also = ", or 0 to wait for ever" if may_be_endless else ""
        raise BadInput(
            cluster="", object="option timeout", cause=f"{limit} is no time limit",
            next_step=f"Give a number of seconds above 0{also}",
        )
    return float(limit)


def run(
    spec: Mapping[str, Any],
    work: Callable[[Task], Result],
    is_offline: Callable[[Mapping[str, Any]], bool] = lambda options: False,
    **module_options: Any,
) -> None:
    """Run `work` as a module with the options of `spec` beside those of every module.

    `work` returns the result; `cluster` and what stands in `task.partial` is added. A
    LifecycleError fails the module with `msg` and, as plain data, `error`. `is_offline`: whether
    the module with these options asks no cluster.
    """
    options = copy.deepcopy({**AUTH_OPTIONS, **WAIT_OPTIONS, **spec})
    module = AnsibleModule(argument_spec=options, supports_check_mode=True, **module_options)
    module.no_log_values.update(secrets_of(module.params["kubeconfig"]))
    # Helm tells the URL of a chart as it was given.
    module.no_log_values.update(logins_of(module.params))
    module.no_log_values.update(fleet_reading.hidden_of(module.params.get("peers") or []))
    task = None
    try:
        task = Task(module, is_offline(module.params))
        if not task.is_offline:
            task.identify()
            task.keep_lease()
        result = work(task)
    except LifecycleError as error:
        partial = dict(task.partial) if task else {"changed": False}
        # What fails may pass, and what was done stands in the memory too.
        if task and task.memory and task.options.get("slice"):
            partial["memory"] = task.memory()
        module.fail_json(msg=str(error), error=error.as_dict(), **partial)
    else:
        module.exit_json(**{**task.partial, **result})
    finally:
        if task is not None and not task.is_offline:
            task.client.close()
