# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told of one cluster when an upgrade has ended, or stopped."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence

DONE, NOTHING, FAILED, NOT_REACHED = "upgraded", "nothing to do", "failed", "not reached"
# Rolled back is one whose upgrade failed; gone back is one that was asked to.
ROLLED_BACK, WENT_BACK = "rolled back", "gone back"
# What a run in check mode says instead, as it writes nothing.
REHEARSED = {DONE: "would be upgraded", WENT_BACK: "would go back"}
END = "end"
MOST_ACTS = 200


def entry_of(
    planned: Mapping[str, Any],
    findings: Sequence[Mapping[str, Any]] = (),
    phases: Sequence[Mapping[str, Any]] = (),
    drained: Optional[Mapping[str, Any]] = None,
    verified: Optional[Mapping[str, Any]] = None,
    failure: Optional[Mapping[str, Any]] = None,
    written: Sequence[Mapping[str, Any]] = (),
    peers_ill: Sequence[str] = (),
    gitops: Optional[Mapping[str, Sequence[Mapping[str, Any]]]] = None,
    left: Sequence[Mapping[str, Any]] = (),
    restored: bool = False,
    rehearsed: bool = False,
) -> Dict[str, Any]:
    """Return a cluster's part of the report.

    `planned`: its part of arc_plan's result; `findings`: those of the whole plan. `phases`:
    [{phase, at}] with epoch seconds, the last one being "end". `drained`, `verified`: results
    of arc_scaleset_drain and arc_scaleset_wait. `failure`: {task, msg, rolled_back} of what failed.
    `written`: [{releases, crds, repaired}] of the other modules, a way back after the way there.
    `peers_ill`: which peers fell out meanwhile, and why. `gitops`: what arc_gitops wrote, by state;
    `left`: what of Argo CD and Flux stays suspended, and why. `restored`: the run was a rollback.
    `rehearsed`: it ran in check mode.
    """
    drained, verified, failure, gitops = drained or {}, verified or {}, failure or {}, gitops or {}
    name = planned["cluster"]["name"]
    awaited = list(drained.get("awaited") or ())
    timed = _timed(phases)
    result = _result(planned, phases, failure, restored)
    return {
        "name": name,
        "cluster": dict(planned["cluster"]),
        "from": ", ".join(planned["from"]),
        "to": planned["to"],
        "method": planned["method"],
        "was_resumed": planned["is_resumed"],
        "result": REHEARSED.get(result, result) if rehearsed else result,
        "began": float(phases[0]["at"]) if phases else None,
        "ended": float(phases[-1]["at"]) if phases else None,
        "sets": _sets(planned, drained),
        "acts": [
            *gitops.get("suspended", ()), *(drained.get("acts") or ()), *_writes(written),
            *gitops.get("resumed", ()),
        ][:MOST_ACTS],
        "gitops_left": [
            f"{one['kind']} {one['namespace']}/{one['name']}: {one['reason']}. {one['remedy']}"
            for one in left
        ],
        "peers_lost": [*(drained.get("peers_lost") or ())],
        "peers_ill": list(peers_ill),
        "scale_sets": [f"{one['namespace']}/{one['name']}" for one in planned["scale_sets"]],
        "jobs_awaited": len(awaited),
        "awaited": awaited,
        "cured": list(verified.get("cured") or ()),
        "phases": timed,
        "findings": [dict(one) for one in findings if one.get("cluster") == name],
        "failed_in": failure.get("task", ""),
        "failure": failure.get("msg", ""),
    }


def _writes(written: Sequence[Mapping[str, Any]]) -> Iterator[Dict[str, Any]]:
    """Yield what other modules wrote, in the form of a drain's acts."""
    for one in written:
        for release in one.get("releases") or ():
            if release["action"] != "unchanged":
                yield {
                    "verb": release["action"],
                    "object": {"kind": "Helm release", "namespace": release["namespace"],
                               "name": release["name"]},
                    "reason": release.get("error") or "",
                    "evidence": _known(release, ("chart", "seconds")),
                }  # fmt: skip
        for crd in one.get("crds") or ():
            if crd["action"] != "unchanged":
                yield {
                    "verb": crd["action"],
                    "object": {"kind": "CustomResourceDefinition", "name": crd["name"]},
                    "reason": f"{_release(crd.get('before'))} to {_release(crd.get('after'))}",
                    "evidence": _known(crd, ("changes", "backup", "migrated", "probed")),
                }  # fmt: skip
        for mended in one.get("repaired") or ():
            yield {
                "verb": str(mended["id"]), "object": dict(mended["object"]),
                "reason": str(mended["effect"]), "evidence": {"proof": mended["proof"]},
            }  # fmt: skip


def _known(data: Mapping[str, Any], keys: Sequence[str]) -> Dict[str, Any]:
    return {key: data[key] for key in keys if data.get(key) not in (None, "", {})}


def _release(told: Optional[Mapping[str, Any]]) -> str:
    """Say which releases a CRD belongs to."""
    if not told:
        return "none"
    return ", ".join(told.get("releases") or ()) or f"{told.get('verdict')} {told.get('nearest') or ''}".strip()


def _sets(planned: Mapping[str, Any], drained: Mapping[str, Any]) -> List[Dict[str, Any]]:
    """Return each set with what was planned for it, and how long each stage of its drain took."""
    spent = {
        (one.get("namespace"), one.get("name")): one.get("durations") or {}
        for one in drained.get("sets") or ()
    }
    return [
        {
            "name": f"{one['namespace']}/{one['name']}", "source": one["source"],
            "from": one["from"], "action": one["action"],
            "durations": dict(spent.get((one["namespace"], one["name"]), {})),
        }
        for one in planned["scale_sets"]
    ]


def _result(
    planned: Mapping[str, Any], phases: Sequence[Any], failure: Mapping[str, Any],
    is_way_back: bool,
) -> str:
    if failure:
        return ROLLED_BACK if failure.get("rolled_back") else FAILED
    if not planned["is_anything_to_do"]:
        return NOTHING
    if not phases or phases[-1]["phase"] != END:
        return NOT_REACHED
    return WENT_BACK if is_way_back else DONE


def _timed(phases: Sequence[Mapping[str, Any]]) -> List[Dict[str, Any]]:
    return [
        {"phase": one["phase"], "seconds": round(float(after["at"]) - float(one["at"]), 1)}
        for one, after in zip(phases, phases[1:])
    ]
