# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is a listener told, and under which keys? Pure. Source: arc.md 9, table of keys."""

from __future__ import annotations

import base64
import json
from typing import Any, Dict, Mapping

from lab.arc.manager.options import Options
from lab.arc.manager.runner_objects import owner, with_metadata

Item = Dict[str, Any]


def config_secret(options: Options, listener: Item, auth: Mapping[str, str], root_ca: str) -> Item:
    """The Secret `<listener>-config`; its keys differ by release (arc.md 9, table)."""
    meta = listener["metadata"]
    content = config(options, listener["spec"], auth, root_ca)
    text = json.dumps(content, separators=(",", ":")) + "\n"
    item = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": f"{meta['name']}-config",
            "namespace": meta["namespace"],
            "ownerReferences": owner(listener, "AutoscalingListener"),
        },
        "data": {"config.json": base64.b64encode(text.encode()).decode()},
    }
    return with_metadata(item, listener["spec"].get("configSecretMetadata"))


def config(options: Options, spec: Item, auth: Mapping[str, str], root_ca: str) -> Item:
    """The listener's configuration, without keys that are empty."""
    style = options.facts.listener_config
    app = auth.get("github_app_id")
    installation = auth.get("github_app_installation_id")
    entries: Item = {
        "configure_url": spec["githubConfigUrl"],
        "ephemeral_runner_set_namespace": spec["autoscalingRunnerSetNamespace"],
        "ephemeral_runner_set_name": spec["ephemeralRunnerSetName"],
        "max_runners": spec.get("maxRunners", 0),
        "min_runners": spec.get("minRunners", 0),
        "runner_scale_set_id": spec["runnerScaleSetId"],
        "runner_scale_set_name": spec["autoscalingRunnerSetName"],
        "server_root_ca": root_ca,
        "log_level": options.log_level,
        "log_format": options.log_format,
        "metrics_addr": options.listener_metrics_addr,
        "metrics_endpoint": options.listener_metrics_endpoint,
    }
    if style == "vault":
        entries.update(
            github_token=auth.get("github_token", ""),
            github_app_id=app or "",
            github_app_installation_id=int(installation or 0),
            github_app_private_key=auth.get("github_app_private_key", ""),
        )
    else:
        entries.update(
            token=auth.get("github_token", ""),
            app_id=int(app or 0),
            app_installation_id=int(installation or 0),
            app_private_key=auth.get("github_app_private_key", ""),
        )
    if spec.get("metrics") and style != "camel":
        entries["metrics"] = spec["metrics"]
    if style == "camel":
        entries = {camel(name): value for name, value in entries.items()}
    return entries


def camel(name: str) -> str:
    """configure_url -> configureUrl, app_id -> appID, server_root_ca -> serverRootCA."""
    fixed = {"app_id": "appID", "app_installation_id": "appInstallationID"}
    fixed["server_root_ca"] = "serverRootCA"
    head, *rest = name.split("_")
    return fixed.get(name) or head + "".join(part.capitalize() for part in rest)
