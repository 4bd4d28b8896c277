# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What does a runner do in its life? It comes online, takes one job, runs it, reports, ends.

Exit codes as GitHub's runner: 0 after a job, whatever became of it, and when told to stop while
idle; 1 for a configuration or registration that is no good; 7 when its version is refused. Told to
stop while busy: 143.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import Any, Dict, Mapping, Optional

from lab.runner.service import BadConfig, JitConfig, NotRegistered, Service, Unreachable, decode

HEARTBEAT_S = 2.0
HOOK_CALL_S = 1.0
# How long a service that is away is waited for: idle, and with a result in hand.
PATIENCE_S = 120.0
SHUT_DOWN = 143
TOLD_TO_STOP = "The runner has received a shutdown signal."
CONTAINER_HOOKS = "ACTIONS_RUNNER_CONTAINER_HOOKS"


class Shutdown(Exception):
    """SIGTERM or SIGINT."""


class Stop(Exception):
    """The runner's end, with its exit code."""

    def __init__(self, code: int, told: str = "") -> None:
        self.code = code
        self.told = told
        super().__init__(told)


def say(text: str) -> None:
    sys.stdout.write(f"{time.strftime('%Y-%m-%d %H:%M:%SZ', time.gmtime())}: {text}\n")
    sys.stdout.flush()


class Runner:
    """One runner; `env` as in its container."""

    def __init__(self, config: JitConfig, env: Mapping[str, str]) -> None:
        self._config = config
        self._env = env
        self._service = Service(config)
        # What is to be told should the runner be stopped now.
        self._report = {"result": "lost", "detail": TOLD_TO_STOP}

    def _ask(self, path: str, body: Any = None, limit_s: float = PATIENCE_S) -> Dict[str, Any]:
        answer = self._service.ask("POST", f"/_runner/{path}", body or {}, limit_s) or {}
        return self._checked(answer)

    @staticmethod
    def _checked(answer: Dict[str, Any]) -> Dict[str, Any]:
        refused = answer.get("refused")
        if refused:
            raise Stop(int(refused["exit"]), refused["message"])
        return answer

    def run(self) -> int:
        """The exit code."""
        try:
            self._come_online()
            return self._work(self._take_job())
        except Stop as end:
            say(end.told)
            return end.code
        except NotRegistered:
            say("Registration was not found or is not medium trust.")
            return 1
        except Unreachable as error:
            say(f"The server cannot be reached: {error}")
            return 1
        except Shutdown:
            return self._shut_down()

    def _come_online(self) -> None:
        time.sleep(self._config.online_s)
        self._ask("online")
        say(f"Connected to GitHub. Runner name: '{self._config.runner_name}'")
        say("Listening for Jobs")

    def _take_job(self) -> Dict[str, Any]:
        while True:
            answer = self._service.ask("GET", "/_runner/job", limit_s=PATIENCE_S)
            job = self._checked(answer or {}).get("job")
            if job:
                return dict(job)

    def _work(self, job: Dict[str, Any]) -> int:
        self._ask("started", {"job": job["id"]})
        say(f"Running job: job-{job['id']}")
        result, detail = self._run_job(float(job["duration_s"])) or (job["result"], "")
        self._report = {"result": result, "detail": detail}
        self._ask("completed", self._report)
        say(f"Job job-{job['id']} completed with result: {result.capitalize()} {detail}".rstrip())
        return 0

    def _run_job(self, duration_s: float) -> Optional[Any]:
        """None when it ran to its end, else (result, why)."""
        hooks = None
        if self._env.get(CONTAINER_HOOKS):
            # pylint: disable=import-outside-toplevel
            # Costs memory that a runner of another mode need not pay.
            from lab.runner.hooks import Hooks

            try:
                hooks = Hooks(self._env)
            except (KeyError, OSError) as error:
                return "failed", f"the container hook has no service account: {error!r}"
        end = time.monotonic() + duration_s
        next_beat, next_call = time.monotonic() + HEARTBEAT_S, time.monotonic()
        while True:
            now = time.monotonic()
            if hooks is not None and now >= next_call:
                next_call = now + HOOK_CALL_S
                refusal = hooks.refusal()
                if refusal:
                    return "failed", f"the container hook was refused by the API server: {refusal}"
            if now >= end:
                return None
            if now >= next_beat:
                next_beat = now + HEARTBEAT_S
                if self._is_cancelled():
                    return "canceled", "The operation was canceled."
            wakes = [end, next_beat] + ([next_call] if hooks is not None else [])
            time.sleep(max(0.0, min(wakes) - time.monotonic()))

    def _is_cancelled(self) -> bool:
        """A job goes on while the service is away."""
        try:
            return bool(self._ask("alive", limit_s=0.0).get("cancel"))
        except Unreachable:
            return False

    def _shut_down(self) -> int:
        """A job that runs is lost, and the service hears it at once. Only the service knows
        whether there is one: its answer may have been on the way."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        say(TOLD_TO_STOP)
        try:
            had_job = self._ask("completed", self._report, limit_s=2.0).get("had_job")
        except (Stop, NotRegistered, Unreachable):
            had_job = False
        say("The job was given up." if had_job else "Exiting...")
        return SHUT_DOWN if had_job else 0


def main() -> int:
    def shut_down(*_: Any) -> None:
        raise Shutdown()

    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, shut_down)
        config = decode(os.environ.get("ACTIONS_RUNNER_INPUT_JITCONFIG", ""))
    except BadConfig as error:
        say(f"An error occurred: {error}")
        return 1
    except Shutdown:
        return 0
    try:
        return Runner(config, os.environ).run()
    except Shutdown:
        # It came while the end of the runner was being told.
        return SHUT_DOWN


if __name__ == "__main__":
    sys.exit(main())
