# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is a listener told, and what does it refuse? Source: arc.md 9 (keys), 5.2 (limits)."""

from __future__ import annotations

import json
from typing import Any, Dict, NamedTuple

from lab.arc.releases import Release


class BadConfig(Exception):
    """The configuration cannot be used; the listener ends at once."""


class Config(NamedTuple):
    """The configuration of one listener, whatever keys its release uses."""

    url: str
    namespace: str
    runners: str
    minimum: int
    maximum: int
    scale_set_id: int
    scale_set: str
    auth: Dict[str, str]
    log_level: str
    log_format: str


def _snake(name: str) -> str:
    """configureUrl -> configure_url, appID -> app_id, serverRootCA -> server_root_ca."""
    text = ""
    for before, letter in zip(" " + name, name):
        text += ("_" if letter.isupper() and not before.isupper() else "") + letter.lower()
    return text


def read(facts: Release, path: str) -> Config:
    """Raises BadConfig: the file is not there, not JSON, or not for this release."""
    try:
        with open(path, encoding="utf-8") as file:
            content: Dict[str, Any] = json.load(file)
    except (OSError, ValueError) as error:
        raise BadConfig(f"Failed to read config: {error}") from error
    entries = content
    if facts.listener_config == "camel":
        # A key of another release is not known to this one, as in Go: it is passed over.
        entries = {_snake(key): value for key, value in content.items() if "_" not in key}
    return parse(facts, entries)


def parse(facts: Release, entries: Dict[str, Any]) -> Config:
    """From entries with keys in snake_case."""
    if facts.listener_config == "vault":
        names = ("github_token", "github_app_id", "github_app_installation_id")
        keys = dict(zip(names, names), github_app_private_key="github_app_private_key")
    else:
        keys = {
            "github_token": "token",
            "github_app_id": "app_id",
            "github_app_installation_id": "app_installation_id",
            "github_app_private_key": "app_private_key",
        }
    auth = {name: str(entries.get(key) or "") for name, key in keys.items()}
    config = Config(
        url=entries.get("configure_url", ""),
        namespace=entries.get("ephemeral_runner_set_namespace", ""),
        runners=entries.get("ephemeral_runner_set_name", ""),
        minimum=int(entries.get("min_runners", 0)),
        maximum=int(entries.get("max_runners", 0)),
        scale_set_id=int(entries.get("runner_scale_set_id", 0)),
        scale_set=entries.get("runner_scale_set_name", ""),
        auth=auth,
        log_level=entries.get("log_level") or "debug",
        log_format=entries.get("log_format") or "text",
    )
    problem = _problem(facts, config)
    if problem:
        raise BadConfig(f"Failed to read config: failed to validate config: {problem}")
    return config


def _problem(facts: Release, config: Config) -> str:
    if not config.url:
        return "GitHubConfigUrl is not provided"
    if not config.namespace or not config.runners:
        return (
            f'EphemeralRunnerSetNamespace "{config.namespace}" or EphemeralRunnerSetName '
            f'"{config.runners}" is missing'
        )
    if config.scale_set_id == 0:
        return 'RunnerScaleSetId "0" is missing'
    if config.maximum < config.minimum:
        quote = facts.limits_quote
        return (
            f"MinRunners {quote}{config.minimum}{quote} cannot be greater than "
            f"MaxRunners {quote}{config.maximum}{quote}"
        )
    if not config.auth["github_token"] and not config.auth["github_app_private_key"]:
        return "GitHub auth credential is missing"
    return ""
