# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which scale sets, runner groups and runners does GitHub know? Source: arc.md 8 B, 10."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterable, List, Optional

from lab.service.model import Refusal, Runner, ScaleSet
from lab.service.settings import Settings

Save = Callable[[str, int, Any], None]


class Registry:
    """`save` is called with (kind, id, record or None) for each change; `number` gives the next
    id of a kind, never the same twice."""

    def __init__(
        self,
        settings: Settings,
        sets: Iterable[ScaleSet],
        runners: Iterable[Runner],
        number: Callable[[str], int],
        save: Save,
    ) -> None:
        self._settings = settings
        self._number = number
        self._save = save
        self.sets: Dict[int, ScaleSet] = {item.id: item for item in sets}
        self.runners: Dict[int, Runner] = {}
        self._by_set: Dict[int, Dict[int, Runner]] = {}
        self._by_name: Dict[str, Dict[str, Runner]] = {}
        for runner in runners:
            self._enter(runner)

    # Groups -------------------------------------------------------------------------------------

    def groups(self) -> List[Dict[str, Any]]:
        """The same in every organisation; the id is the place in the list."""
        return [
            {"id": n, "name": name, "size": 0, "isDefaultGroup": n == 1}
            for n, name in enumerate(self._settings["groups"], 1)
        ]

    def group_name(self, number: int) -> str:
        names = self._settings["groups"]
        return names[number - 1] if 0 < number <= len(names) else ""

    # Scale sets ---------------------------------------------------------------------------------

    def scale_set(self, scope: Optional[str], number: int) -> ScaleSet:
        """`scope` None: of any. Raises Refusal 404."""
        found = self.sets.get(number)
        if found is None or scope not in (None, found.scope):
            raise Refusal(
                404,
                "RunnerScaleSetNotFoundException",
                f"No runner scale set found with identifier {number}: no scale set {number}.",
            )
        return found

    def find_sets(
        self, scope: str, group: Optional[int] = None, name: Optional[str] = None
    ) -> List[ScaleSet]:
        return [
            item
            for item in self.sets.values()
            if item.scope == scope and group in (None, item.group_id) and name in (None, item.name)
        ]

    def make_set(self, scope: str, cluster: str, body: Dict[str, Any], now: float) -> ScaleSet:
        """Raises Refusal: no name, unknown group, or the (group, name) is taken."""
        name, group = str(body.get("name") or ""), int(body.get("runnerGroupId") or 1)
        if not name:
            raise Refusal(400, "ArgumentNullException", "A runner scale set needs a name.")
        if not self.group_name(group):
            raise Refusal(400, "RunnerGroupNotFoundException", f"No runner group {group}.")
        if self.find_sets(scope, group, name):
            told = f"Runner scale set {name} exists already in runner group {group}."
            raise Refusal(409, "RunnerScaleSetExistsException", told)
        made = ScaleSet(
            self._number("set"), scope, name, group, _labels(body, name), _setting(body), cluster,
            now, now,
        )
        self.sets[made.id] = made
        self.keep_set(made)
        return made

    def change_set(self, scope: str, number: int, body: Dict[str, Any]) -> ScaleSet:
        found = self.scale_set(scope, number)
        group = int(body.get("runnerGroupId") or found.group_id)
        name = str(body.get("name") or found.name)
        if any(other is not found for other in self.find_sets(scope, group, name)):
            told = f"Runner scale set {name} exists already in runner group {group}."
            raise Refusal(409, "RunnerScaleSetExistsException", told)
        found.name, found.group_id = name, group
        found.labels = _labels(body, name) if body.get("labels") else found.labels
        found.settings = _setting(body) or found.settings
        self.keep_set(found)
        return found

    def keep_set(self, item: ScaleSet) -> None:
        self._save("set", item.id, item)

    def drop_set(self, number: int) -> None:
        """With all its runners."""
        for runner in self.runners_of(number):
            self.drop_runner(runner)
        del self.sets[number]
        self._by_set.pop(number, None)
        self._save("set", number, None)

    # Runners ------------------------------------------------------------------------------------

    def _enter(self, runner: Runner) -> None:
        self.runners[runner.id] = runner
        self._by_set.setdefault(runner.scale_set_id, {})[runner.id] = runner
        self._by_name.setdefault(runner.scope, {})[runner.name] = runner

    def runners_of(self, scale_set: int) -> List[Runner]:
        return list(self._by_set.get(scale_set, {}).values())

    def runner_by_name(self, scope: str, name: str) -> Optional[Runner]:
        return self._by_name.get(scope, {}).get(name)

    def make_runner(
        self, scope: str, scale_set: int, name: str, cluster: str, now: float
    ) -> Runner:
        """Raises Refusal where a runner of that name is registered in the scope."""
        self.scale_set(scope, scale_set)
        if not name:
            raise Refusal(400, "ArgumentNullException", "A runner needs a name.")
        if self.runner_by_name(scope, name):
            told = f"A runner exists with the same name: already exists - {name}."
            raise Refusal(409, "AgentExistsException", told)
        runner = Runner(self._number("runner"), name, scale_set, scope, cluster, now)
        self._enter(runner)
        self.keep_runner(runner)
        return runner

    def keep_runner(self, runner: Runner) -> None:
        self._save("runner", runner.id, runner)

    def drop_runner(self, runner: Runner) -> None:
        self.runners.pop(runner.id, None)
        self._by_set.get(runner.scale_set_id, {}).pop(runner.id, None)
        self._by_name.get(runner.scope, {}).pop(runner.name, None)
        self._save("runner", runner.id, None)


def _labels(body: Dict[str, Any], name: str) -> List[Dict[str, Any]]:
    given = body.get("labels") or [{"name": name}]
    return [
        {"id": n, "name": str(label.get("name", "")), "type": label.get("type") or "System"}
        for n, label in enumerate(given, 1)
    ]


def _setting(body: Dict[str, Any]) -> Dict[str, Any]:
    """ARC's own client writes the key with a capital letter."""
    return dict(body.get("RunnerSetting") or body.get("runnerSetting") or {})
