# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Job templates on the lab as AWX runs them: through ansible-runner, with the answers of the survey."""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

import ansible_runner
import yaml

TESTS = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TESTS), str(TESTS / "unit" / "roles")]

# pylint: disable=wrong-import-position
import surveys  # noqa: E402
from rehearsal import Rehearsal  # noqa: E402

# AWX cuts what a result says beyond so many characters.
AWX_RESULT_CHARACTERS = 700_000


class Job:
    """A job that has ended. `status` as ansible-runner tells it; `artifacts`: what set_stats gave."""

    def __init__(self, runner: Any, seconds: float) -> None:
        self.status, self.code, self.seconds = runner.status, runner.rc, seconds
        self.events: List[Dict[str, Any]] = list(runner.events)
        self.text = "\n".join(one.get("stdout", "") for one in self.events)
        self.artifacts: Dict[str, Any] = {}
        for one in self.events:
            self.artifacts.update(one.get("event_data", {}).get("artifact_data", {}))

    @property
    def longest_event(self) -> int:
        """Characters of the longest event."""
        return max(len(json.dumps(one)) for one in self.events)


def answers(template: str) -> Dict[str, Any]:
    """Return the defaults of the survey of a job template, or of the workflow."""
    keys = surveys.workflow() if template == "workflow" else surveys.templates()[template]
    return {surveys.questions()[key]["variable"]: surveys.questions()[key]["default"] for key in keys}


class Controller:
    """What AWX is to a playbook. `secrets`: texts that no event may have."""

    def __init__(self, rehearsal: Rehearsal, folder: Path) -> None:
        self.rehearsal, self._folder, self._numbers = rehearsal, folder, 0
        kubeconfig = rehearsal.state.kubeconfig.read_text(encoding="utf-8")
        users = yaml.safe_load(kubeconfig)["users"]
        self.secrets = [one["user"]["client-key-data"] for one in users]
        self.secrets += [f"ghp_lab_{name}" for name in rehearsal.state.cluster_names()]

    def launch(
        self, template: str, until: Optional[Callable[[], bool]] = None, job_type: str = "run",
        idle_timeout: int = 0, **extra: Any,
    ) -> Job:
        """Run a job template with the defaults of its survey but for `extra`; cancels it as soon as `until`."""
        self._numbers += 1
        private = self._folder / f"job-{self._numbers}"
        private.mkdir()
        environment = self.rehearsal.environment()
        environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
        given = {
            **answers(template), "arc_report_file": "", "arc_report_page": "",
            **self.rehearsal.charts("0.14.2"), **extra,
        }
        begun = time.monotonic()
        runner = ansible_runner.run(
            private_data_dir=str(private), playbook=f"arc.lifecycle.{template}",
            inventory=str(self.rehearsal.inventory), envvars=environment, quiet=True,
            settings={"idle_timeout": idle_timeout} if idle_timeout else {}, extravars=given,
            cmdline="--check --diff" if job_type == "check" else "--diff",
            cancel_callback=until or (lambda: False),
        )
        job = Job(runner, time.monotonic() - begun)
        shutil.rmtree(private)
        self._judge(template, job)
        return job

    def _judge(self, template: str, job: Job) -> None:
        """What holds for every job: no secret in an event, and results that AWX keeps whole."""
        text = json.dumps(job.events)
        told = [secret[:24] for secret in self.secrets if secret in text]
        assert told == [], f"{template}: {told} stands in an event"
        assert job.longest_event < AWX_RESULT_CHARACTERS, template
        assert len(json.dumps(job.artifacts)) < AWX_RESULT_CHARACTERS, template
