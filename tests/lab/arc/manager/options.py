# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is the manager told? Flags and environment of the real one (arc.md 9).

Flags of other releases and of things that are not modelled are accepted and ignored.
"""

from __future__ import annotations

import argparse
from typing import List, Mapping, NamedTuple, Optional, Sequence, Tuple

from lab.arc.releases import Release, release


class Options(NamedTuple):
    """The settings of one manager."""

    facts: Release
    namespace: str
    image: str
    watch_namespace: Optional[str] = None
    eventual: bool = False
    leader_election: bool = False
    leader_election_id: str = "actions-runner-controller"
    kubeconfig: Optional[str] = None
    log_level: str = "debug"
    log_format: str = "text"
    pull_secrets: Tuple[str, ...] = ()
    excluded_prefixes: Tuple[str, ...] = ()
    runner_workers: int = 2
    sync_period_s: float = 60.0
    health_address: Optional[str] = None
    entrypoint: str = "/ghalistener"
    stale_listener: float = 0.0
    listener_metrics_addr: str = ""
    listener_metrics_endpoint: str = ""


def _seconds(text: str) -> float:
    """A Go duration of one unit, such as 1m or 30s."""
    units = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
    number = text.rstrip("mshu")
    return float(number) * units[text[len(number) :]]


def _flag(text: str) -> bool:
    return text.lower() in ("1", "t", "true")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="manager", allow_abbrev=False)

    def flag(name: str, **more: object) -> None:
        # Go takes -name and --name alike.
        parser.add_argument(f"--{name}", f"-{name}", **more)  # type: ignore[arg-type]

    for name in ("auto-scaling-runner-set-only", "enable-leader-election"):
        flag(name, nargs="?", const=True, default=False, type=_flag)
    flag("leader-election-id", default="actions-runner-controller")
    flag("update-strategy", default="immediate", choices=["immediate", "eventual"])
    flag("watch-single-namespace", default="")
    flag("kubeconfig", default="")
    flag("log-level", default="debug")
    flag("log-format", default="text")
    flag("sync-period", default="1m", type=_seconds)
    flag("auto-scaler-image-pull-secrets", action="append", default=[])
    flag("exclude-label-propagation-prefix", action="append", default=[])
    flag("runner-max-concurrent-reconciles", default=2, type=int)
    flag("health-probe-bind-address", default="")
    flag("listener-metrics-addr", default="")
    flag("listener-metrics-endpoint", default="")
    return parser


def parse(argv: Sequence[str], env: Mapping[str, str]) -> Tuple[Options, List[str]]:
    """The settings, and the flags that nobody here knows. Raises KeyError for a missing variable
    or an unknown release, ValueError for a bad probability."""
    known, unknown = _parser().parse_known_args(list(argv))
    facts = release(env["LAB_ARC_RELEASE"])
    chance = float(env.get("LAB_ARC_STALE_LISTENER") or facts.stale_listener)
    if not 0.0 <= chance <= 1.0:
        raise ValueError(f"LAB_ARC_STALE_LISTENER is {chance}; it must be between 0 and 1")
    secrets = [n for part in known.auto_scaler_image_pull_secrets for n in part.split(",") if n]
    addresses = ("", "0")
    health = known.health_probe_bind_address
    options = Options(
        facts=facts,
        namespace=env["CONTROLLER_MANAGER_POD_NAMESPACE"],
        image=env["CONTROLLER_MANAGER_CONTAINER_IMAGE"],
        watch_namespace=known.watch_single_namespace or None,
        eventual=known.update_strategy == "eventual",
        leader_election=known.enable_leader_election,
        leader_election_id=known.leader_election_id,
        kubeconfig=known.kubeconfig or env.get("KUBECONFIG") or None,
        log_level=known.log_level,
        log_format=known.log_format,
        pull_secrets=tuple(secrets),
        excluded_prefixes=tuple(known.exclude_label_propagation_prefix),
        runner_workers=known.runner_max_concurrent_reconciles,
        sync_period_s=known.sync_period,
        health_address=None if health in addresses else health,
        entrypoint=env.get("LISTENER_ENTRYPOINT") or "/ghalistener",
        stale_listener=chance,
        listener_metrics_addr=known.listener_metrics_addr,
        listener_metrics_endpoint=known.listener_metrics_endpoint,
    )
    return options, unknown
