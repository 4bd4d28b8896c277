# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the guides that are tables: every id the collection may say, every fact of a release.

They stand in docs/docsite/rst; a test fails where they are not what the code says.
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Dict, Iterator, Sequence

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    crd_changes,
    drain_causes,
    finalizer_verdicts,
    finding_table,
    plan,
    release_facts,
    releases,
    repair_table,
)

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "docsite" / "rst"
_LICENCE = (
    "..\n  Copyright (c) 2026 arc.lifecycle contributors\n  GNU General Public License v3.0+"
    " (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)\n"
    "  SPDX-License-Identifier: GPL-3.0-or-later\n"
)


ARC = "https://github.com/actions/actions-runner-controller"
# An issue or pull request of ARC; of other repositories their name stands before it.
_ISSUE = re.compile(r"(?<![\w/])#(\d+)")
_FOLDERS = {"C/": "controllers/actions.github.com/", "API/": "apis/actions.github.com/v1alpha1/"}


def pages() -> Dict[str, str]:
    """Return file name -> text."""
    return {
        "guide_findings.rst": "\n".join(_findings()) + "\n",
        "guide_releases.rst": "\n".join(_releases()) + "\n",
    }


def _head(anchor: str, title: str, text: str) -> Iterator[str]:
    yield _LICENCE
    yield f".. _ansible_collections.arc.lifecycle.docsite.{anchor}:\n"
    yield f"{title}\n{'=' * len(title)}\n"
    yield _wrapped(text) + "\n"


def _section(title: str, text: str) -> Iterator[str]:
    yield f"{title}\n{'-' * len(title)}\n"
    yield _wrapped(text) + "\n"


def _entry(id: str, lines: Sequence[str]) -> str:
    told = [one for one in lines if one]
    return f"``{id}``\n" + "\n\n".join(
        textwrap.fill(_linked(_safe(one)), 118, initial_indent="  ", subsequent_indent="  ",
                      break_long_words=False, break_on_hyphens=False)
        for one in told
    ) + "\n"


def _linked(text: str) -> str:
    """Give each issue of ARC its address, where pull requests are found too."""
    return _ISSUE.sub(rf"`#\1 <{ARC}/issues/\1>`__", text)


def _wrapped(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), 118, break_long_words=False,
                         break_on_hyphens=False)


def _safe(text: str) -> str:
    """Nothing in a text of the code is markup here."""
    plain = text.replace("\\", "\\\\").replace("*", "\\*").replace("_ ", "\\_ ")
    return plain.replace("`", "``") if "``" not in plain else plain


def _findings() -> Iterator[str]:
    yield from _head(
        "findings", "What each finding means",
        "Every id that a result may hold, with its meaning and the way out. Ids do not change: a finding is"
        " acknowledged by its id, and a page of a report is searched for it. Sources are issues and files of"
        " actions/actions-runner-controller.",
    )
    yield from _section(
        "Findings of arc_info, arc_plan and the playbooks",
        "A blocker stops an upgrade before its first write; ``arc_preflight_acknowledge`` lets it pass by its id, but for "
        + ", ".join(f"``{id}``" for id in sorted(("right-missing", *plan.NEVER_ACKNOWLEDGED))) + ".",
    )
    for id, kind in sorted(finding_table.FINDINGS.items()):
        yield _entry(id, (f"{kind.severity.capitalize()}. {kind.meaning}", kind.remedy,
                          _source(kind.source)))
    yield from _section(
        "Causes of a drain that does not go on",
        "What ``arc_scaleset_drain`` says in ``causes`` when nothing legitimate holds it.",
    )
    for id, remedy in sorted(drain_causes.REMEDIES.items()):
        yield _entry(id, (_sentence(remedy),))
    yield from _section(
        "Verdicts on finalizers",
        "What ``arc_finalizer_clear`` says in ``code`` of a finalizer that it does not release.",
    )
    for id, reason in sorted(finalizer_verdicts.REASONS.items()):
        remedy = finalizer_verdicts.REMEDIES.get(id, "")
        yield _entry(id, (_sentence(reason), _sentence(remedy)))
    yield from _section(
        "Repairs",
        "What ``arc_repair`` finds and mends, in this order. Each is made only if it is named.",
    )
    for id, repair in repair_table.REPAIRS.items():
        yield _entry(id, (repair.meaning, "Effect: " + repair.effect, "Undo: " + repair.undo,
                          _source(repair.source)))
    yield from _section(
        "Differences of CRDs",
        "What ``arc_crd_check`` says in ``crds``. Whether it matters is for the objects to say that live.",
    )
    for id, reason in sorted(crd_changes.REASONS.items()):
        yield _entry(id, (_sentence(reason),))


def _releases() -> Iterator[str]:
    yield from _head(
        "releases", "Releases of ARC and their traps",
        f"What the collection knows of ARC {releases.OLDEST} to {releases.LATEST}. Upgrades are supported from"
        f" {release_facts.OLDEST_SUPPORTED} on. Sources are issues and files of actions/actions-runner-controller.",
    )
    yield from _section("Releases", "With the day of the tag and the CRDs that they carry.")
    yield ".. list-table::\n  :header-rows: 1\n\n  * - Release\n    - Tagged\n    - CRDs of\n    - Deletes sets whose label differs"
    gates = {"none": "never", "exact": "in anything", "minor": "in the minor release"}
    for name, day in release_facts.TAGGED.items():
        one = releases.release(name)
        yield f"  * - {name}\n    - {day}\n    - {one.crd_set}\n    - {gates[one.gate]}"
    yield ""
    yield from _section("Known faults", "They shape what a drain, a repair or an upgrade does.")
    for bug in release_facts.KNOWN_BUGS:
        span = f"{bug.first} to {bug.last}" if bug.first != bug.last else f"{bug.first} only"
        yield _entry(bug.id, (f"{span}. {bug.text}", _source(bug.source)))
    yield from _section("What a hop has to reckon with", "On the way across the release, up or down.")
    for since, id, text, source in release_facts.CROSSINGS:
        yield _entry(id, (f"{since}. {text}", _source(source)))


def _source(text: str) -> str:
    for short, folder in _FOLDERS.items():
        text = re.sub(rf"(?<!\w){short}", folder, text)
    return f"Source: {text}" if text else ""


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") or not text else ".")


def main() -> None:
    """Write them."""
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
