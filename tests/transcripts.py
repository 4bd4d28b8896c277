# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the commands of a guide on two lab clusters, and writes what they said into it.

A region of the guide begins with the comment `transcript NAME` and ends with `transcript end`. Of the
output stand there: what a task speaks while it waits, the lists that tasks print, and of a run that may write
Ansible's last lines. A list that is no table is told with the host that printed it.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Tuple

TOP = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOP / "tests"))

# pylint: disable=wrong-import-position
from rehearsal import Rehearsal  # noqa: E402

from lab.arc import await_arc, install  # noqa: E402
from lab.arc.install import ScaleSet  # noqa: E402
from lab.kube import path_of  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.state import LabState  # noqa: E402

GUIDE = TOP / "docs" / "docsite" / "rst" / "guide_upgrade.rst"
OLD, NEW, CLUSTERS = "0.9.3", "0.14.2", ("blue", "green")
SETS = (ScaleSet("web", min_runners=1, max_runners=6), ScaleSet("build", mode="kubernetes", max_runners=6))
WRITING = ("upgrade", "rollback")
_HOST = re.compile(r"ok: \[(\S+)\] => \{$")
_SPOKEN = re.compile(rf"({'|'.join(CLUSTERS)}) \| ")
_REGION = r"\.\. transcript {}\n.*?\.\. transcript end\n"


class Step(NamedTuple):
    """A command. `name`: of its region. `variables`: as they stand in the guide."""

    name: str
    playbook: str
    variables: Dict[str, Any]

    @property
    def command(self) -> str:
        """The command line as the guide shows it."""
        given = "".join(f" -e {key}={value}" for key, value in self.variables.items())
        return f"ansible-playbook -i clusters.yml arc.lifecycle.{self.playbook}{given}"


STEPS = (
    Step("status", "status", {}),
    Step("repair", "repair", {}),
    Step("finding", "plan", {"arc_target": NEW}),
    Step("mended", "repair", {"arc_repair_repairs": "set-vanished"}),
    Step("plan", "plan", {"arc_target": NEW}),
    Step("upgrade", "upgrade", {"arc_target": NEW}),
    Step("again", "upgrade", {"arc_target": NEW}),
    Step("after", "status", {}),
    Step("rollback", "rollback", {}),
)


def abridged(text: str, with_end: bool = False) -> List[str]:
    """Return what a run said: of lines spoken while a task waits the first and the last, and printed lists.

    `with_end`: Ansible's counts of the tasks of each host too.
    """
    body, _recap, end = text.partition("PLAY RECAP")
    said: List[str] = []
    waited: List[str] = []
    for is_spoken, line in _lines(body):
        if is_spoken:
            waited.append(line)
            continue
        said += _ends(waited) + [line]
        waited = []
    said += _ends(waited)
    return said + [" ".join(line.split()) for line in end.splitlines()[1:] if line and with_end]


def _lines(text: str) -> Iterator[Tuple[bool, str]]:
    printed: List[str] = []
    is_open, host = False, ""
    for line in text.splitlines():
        begun = _HOST.match(line)
        if begun:
            host = begun.group(1)
        elif _SPOKEN.match(line):
            yield True, line
        elif line.strip() == '"msg": [':
            is_open, printed = True, []
        elif is_open and line.strip() == "]":
            is_open = False
            is_table = printed[:1] and printed[0].startswith("CLUSTER ")
            yield from ((False, one if is_table else f"{host}: {one}") for one in printed)
        elif is_open:
            printed.append(str(json.loads(line.strip().rstrip(","))))


def _ends(lines: List[str]) -> List[str]:
    return lines if len(lines) < 3 else [lines[0], "...", lines[-1]]


def region(name: str, lines: List[str]) -> str:
    """Return a region of the guide with these lines."""
    body = "".join(f"  {line}".rstrip() + "\n" for line in lines)
    return f".. transcript {name}\n\n.. code-block:: text\n\n{body}\n.. transcript end\n"


def replaced(guide: str, name: str, lines: List[str]) -> str:
    """Return the guide with another region of that name. Raises ValueError where it has none."""
    found = re.compile(_REGION.format(name), re.DOTALL)
    if len(found.findall(guide)) != 1:
        raise ValueError(f"{GUIDE.name} needs one region `.. transcript {name}`")
    return found.sub(lambda _match: region(name, lines), guide)


def lose(run: Rehearsal, cluster: str, name: str) -> None:
    """Delete a scale set as somebody with kubectl would: Helm goes on calling it deployed."""
    path = path_of(await_arc.ARC, "autoscalingrunnersets", install.RUNNERS, name)
    await_arc.delete(run.state, cluster, path)
    await_arc.wait_absent(run.state, cluster, name, install.RUNNERS)


def main() -> int:
    """Write the regions; the report of the upgrade is kept in build."""
    kept = TOP / "build" / "transcripts"
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="arc-transcripts-") as folder:
        lab = Lab(LabState(Path(folder) / "lab"))
        lab.up(list(CLUSTERS))
        try:
            run = Rehearsal(lab, Path(folder))
            run.install(OLD, SETS)
            lose(run, "green", "build")
            run.load(SETS, every_s=6, durations_s=(5, 40))
            guide = GUIDE.read_text(encoding="utf-8")
            for step in STEPS:
                charts = run.charts(OLD) if step.playbook == "rollback" else {}
                done = run.play(step.playbook, **charts, **step.variables)
                print(f"{step.command}: {done.code} after {done.seconds:.0f} s", flush=True)
                if done.code:
                    print(done.text[-4000:])
                    return 1
                guide = replaced(guide, step.name, abridged(done.text, step.playbook in WRITING))
                if step.name == "upgrade":
                    for file in (run.report_file, run.report_file.with_suffix(".html")):
                        shutil.copy(file, kept / file.name)
            GUIDE.write_text(guide, encoding="utf-8")
        finally:
            lab.down()
    return 0


if __name__ == "__main__":
    sys.exit(main())
