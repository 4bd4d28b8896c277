# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Argo CD and Flux objects rest while a run works, and when each of them may go on.

An object that a run lets rest says so itself: LABEL, and in the annotation BEFORE what it had.
So whoever looks at it sees why, and any later run can let it go on. It may go on once it wants
the release that is in place; one that still wants another would bring that back at once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any, Dict, List, Mapping, Optional, Sequence, Set, Tuple

from . import finding_table, gitops, reads, releases
from .drain_types import Act
from .finding_table import BLOCKER, INFO, WARNING, Finding
from .gitops import APPLICATION, HELM_RELEASE, KUSTOMIZATION, Owner, Verdict
from .objects import Ref

Raw = Mapping[str, Any]
Answers = Mapping[Owner, reads.Read]
Source = Tuple[str, str, str]

LABEL = "arc.lifecycle/suspended"
BEFORE = "arc.lifecycle/suspended-before"
OCI_REPOSITORY, HELM_CHART = "OCIRepository", "HelmChart"
_UNVERSIONED = ("GitRepository", "Bucket")

_CHARTS = (releases.CONTROLLER_CHART, releases.SCALE_SET_CHART)
_OWNED = "gitops-owned"
_OPTION = "arc_preflight_gitops: suspend"
_SET_RELEASE = (
    "Before it goes on, set the new release where it gets its version from (Git, as a rule): it"
    " would bring the old one back"
)
_ALWAYS = "let it go on whatever it wants (resume: always) once Git is right"


@dataclass(frozen=True)
class Hold:
    """An object of Argo CD or Flux that is at work, and can be made to rest. `item`: as read."""

    owner: Owner
    item: Raw


@dataclass(frozen=True)
class Ownership:
    """What Argo CD and Flux have in hand of ARC in one cluster.

    `verdicts`: by object ("AutoscalingRunnerSet arc-runners/web"). `holds`: what has to rest, in
    the order in which it is done. `obstacles`: by object, owners that cannot be made to rest.
    """

    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    holds: Tuple[Hold, ...] = ()
    obstacles: Mapping[str, Verdict] = field(default_factory=dict)


def ownership(groups: Mapping[str, Sequence[Raw]], answers: Answers) -> Ownership:
    """Judge all objects of ARC. `groups`: kind -> its objects. `answers`: owners and theirs."""
    verdicts: Dict[str, Verdict] = {}
    obstacles: Dict[str, Verdict] = {}
    holds: Dict[Owner, Hold] = {}
    for kind, raws in groups.items():
        for raw in raws:
            verdict = gitops.judge(raw, answers, kind)
            if verdict is None:
                continue
            name = f"{kind} {raw['metadata'].get('namespace', '')}/{raw['metadata']['name']}"
            verdicts[name] = verdict
            chain = _Chain(answers)
            obstacle = chain.of(raw, kind)
            if obstacle is not None:
                obstacles[name] = obstacle
            holds.update(chain.holds)
    return Ownership(verdicts, tuple(holds.values()), obstacles)


class _Chain:
    """The owners of one object that are at work, each after what would set it back."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._seen: Set[Owner] = set()
        self.holds: Dict[Owner, Hold] = {}

    def of(self, raw: Raw, kind: str) -> Optional[Verdict]:
        """Collect what has to rest; return the first owner that cannot be made to."""
        found = [gitops.marks_without_owner(raw, kind)]
        found += [self._owner(owner, raw, kind) for owner in gitops.owners(raw, kind)]
        return next((one for one in found if one is not None), None)

    def _owner(self, owner: Owner, raw: Raw, kind: str) -> Optional[Verdict]:
        answer = self._answers.get(owner, reads.Unread(reads.NOT_ASKED))
        if owner.is_guess and not gitops.is_proven(answer, raw, kind):
            return None
        verdict = gitops.of_owner(owner, answer, self._answers, raw, kind)
        if verdict.state == gitops.UNREAD:
            return verdict
        found = [
            self._item(Owner(owner.kind, item["metadata"].get("namespace", ""),
                             item["metadata"]["name"]), item)
            for item in gitops.items_for(answer, raw, kind)
        ]
        return next((one for one in found if one is not None), None)

    def _item(self, owner: Owner, item: Raw) -> Optional[Verdict]:
        if owner in self._seen or rests(owner, item):
            return None
        self._seen.add(owner)
        if owner.kind == APPLICATION and gitops.template_of(item):
            return gitops.of_application(item)
        for above in gitops.above(owner, item):
            obstacle = self._owner(above, item, owner.kind)
            if obstacle is not None:
                return obstacle
        self.holds.setdefault(owner, Hold(owner, item))
        return None


def owners_of(owned: Optional[Ownership]) -> Tuple[Owner, ...]:
    """Return what a run would make rest, in order."""
    return tuple(one.owner for one in owned.holds) if owned is not None else ()


def findings_with(
    found: Sequence[Finding], owned: Optional[Ownership], is_told: bool, cluster: str
) -> List[Finding]:
    """Return a cluster's findings, those of kind gitops-owned as what was read of the owners says.

    `owned`: None where it was not read. `is_told`: the run makes owners rest that can be.
    """
    if owned is None:
        return list(found)
    of_owners = [_finding(name, owned, is_told, cluster) for name in owned.verdicts]
    others = [
        one for one in found if one.id != _OWNED or one.object not in owned.verdicts
    ]
    return [*others, *of_owners]


def findings_at_rest(
    found: Sequence[Finding], held: Optional[Sequence[Owner]], cluster: str
) -> List[Finding]:
    """Return a cluster's findings as they count while nothing is about to be changed.

    To belong to Argo CD or Flux is no fault then; to rest since a run is. `held`: what rests,
    None where it was not read.
    """
    return [
        *(replace(one, severity=INFO) if one.id == _OWNED else one for one in found),
        *(finding_table.make("gitops-held", str(owner), "a run suspended it, and it still rests",
                             cluster=cluster) for owner in held or ()),
    ]


def _finding(name: str, owned: Ownership, is_told: bool, cluster: str) -> Finding:
    verdict, obstacle = owned.verdicts[name], owned.obstacles.get(name)
    severity, remedy = WARNING, _SET_RELEASE
    reason = f"{verdict.owner}: {verdict.reason}"
    if verdict.state != gitops.SUSPENDED:
        if obstacle is not None:
            severity, remedy = BLOCKER, obstacle.remedy
            if obstacle.owner != verdict.owner:
                reason += f"; {obstacle.owner}: {obstacle.reason}"
        elif is_told:
            reason += ". It is suspended for the run"
        else:
            severity, remedy = BLOCKER, f"Let the run suspend it ({_OPTION}), or: {verdict.remedy}"
    return finding_table.make(
        _OWNED, name, reason, cluster=cluster, severity=severity, remedy=remedy
    )


def is_held(item: Raw) -> bool:
    """True for an object that a run made to rest."""
    return LABEL in (item["metadata"].get("labels") or {})


def suspend(hold: Hold) -> Act:
    """Return the write that makes an object rest and remembers what it had."""
    item, spec = hold.item, hold.item.get("spec") or {}
    if hold.owner.kind == APPLICATION:
        before: Any = spec["syncPolicy"]["automated"]
        change = {"op": "remove", "path": "/spec/syncPolicy/automated"}
    else:
        before = spec.get("suspend")
        change = {"op": "add", "path": "/spec/suspend", "value": True}
    steps = [_same(item), change]
    for part, key, value in (("labels", LABEL, "true"), ("annotations", BEFORE, json.dumps(before))):
        if not item["metadata"].get(part):
            steps.append({"op": "add", "path": f"/metadata/{part}", "value": {}})
        steps.append({"op": "add", "path": _path(part, key), "value": value})
    return Act("patch", _ref(hold.owner, item), steps, "It would put back what the run takes away",
               {"before": before})


def resume(owner: Owner, item: Raw) -> Act:
    """Return the write that gives an object back what it had.

    What somebody has let go on by hand keeps what it was given; only the marks go.
    """
    meta, spec = item["metadata"], item.get("spec") or {}
    kept = _before(item)
    steps: List[Dict[str, Any]] = [_same(item)]
    if rests(owner, item):
        if owner.kind != APPLICATION:
            steps.append({"op": "remove", "path": "/spec/suspend"} if kept is None else
                         {"op": "add", "path": "/spec/suspend", "value": kept})
        elif kept is not None:
            if not spec.get("syncPolicy"):
                steps.append({"op": "add", "path": "/spec/syncPolicy", "value": {}})
            steps.append({"op": "add", "path": "/spec/syncPolicy/automated", "value": kept})
    steps.append({"op": "remove", "path": _path("labels", LABEL)})
    if BEFORE in (meta.get("annotations") or {}):
        steps.append({"op": "remove", "path": _path("annotations", BEFORE)})
    return Act("patch", _ref(owner, item), steps, "It goes on", {"before": kept})


def is_at_work(owner: Owner, item: Raw) -> bool:
    """True while a reconciliation or a sync that began before is still under way.

    Flux leaves Reconciling=True with ProgressingWithRetry where it waits between two tries.
    """
    status = item.get("status") or {}
    if owner.kind == APPLICATION:
        return (status.get("operationState") or {}).get("phase") in ("Running", "Terminating")
    return any(
        one.get("reason") == "Progressing"
        and (one.get("type"), one.get("status")) in (("Reconciling", "True"), ("Ready", "Unknown"))
        for one in status.get("conditions") or ()
    )


def source_of(owner: Owner, item: Raw) -> Optional[Source]:
    """Return (kind, namespace, name) of the object that has the chart's version, None if none."""
    if owner.kind != HELM_RELEASE:
        return None
    reference = (item.get("spec") or {}).get("chartRef") or {}
    if reference.get("kind") not in (OCI_REPOSITORY, HELM_CHART):
        return None
    return (reference["kind"], reference.get("namespace") or owner.namespace, reference["name"])


def stays_because(
    owner: Owner, item: Raw, release: str, sources: Mapping[Source, reads.Read]
) -> Tuple[str, str]:
    """Return why an object must rest on, and what to do; two empty texts if it may go on.

    `release`: what is in place. `sources`: what source_of() names, as it was read.
    """
    if owner.kind == KUSTOMIZATION:
        return "what its Git wants is not to be seen in the cluster", _sentence(
            f"See that it wants {release}, and {_ALWAYS}")
    wanted = _versions_of_application(item) if owner.kind == APPLICATION else (
        _versions_of_helm_release(owner, item, sources)
    )
    if not wanted:
        return "which version of the chart it wants is not to be seen in the cluster", _sentence(
            f"See that it wants {release}, and {_ALWAYS}")
    others = sorted({one for one in wanted if one != release})
    if others:
        return f"it wants {', '.join(others)}, and {release} is in place", _sentence(
            f"Set {release} where it gets its version from (Git, as a rule), then run again")
    return "", ""


def _versions_of_helm_release(
    owner: Owner, item: Raw, sources: Mapping[Source, reads.Read]
) -> Tuple[str, ...]:
    spec = item.get("spec") or {}
    source = source_of(owner, item)
    if source is None:
        return _of_chart((spec.get("chart") or {}).get("spec") or {})
    answer = sources.get(source)
    if not isinstance(answer, reads.Known) or not answer.items:
        return ()
    of_source = answer.items[0].get("spec") or {}
    if source[0] == HELM_CHART:
        return _of_chart(of_source)
    reference = of_source.get("ref") or {}
    # Flux goes by the digest, else by the range, and by the tag only where there is neither.
    if reference.get("digest") or reference.get("semver"):
        return ()
    return _version(reference.get("tag"))


def _of_chart(spec: Raw) -> Tuple[str, ...]:
    """Of a chart in Git or in a bucket Flux ignores the version, and takes what is there."""
    kind = (spec.get("sourceRef") or {}).get("kind")
    return () if kind in _UNVERSIONED else _version(spec.get("version"))


def _versions_of_application(item: Raw) -> Tuple[str, ...]:
    """Versions of ARC's charts among the sources; () if there are other ones than charts."""
    spec = item.get("spec") or {}
    sources = spec.get("sources") or ([spec["source"]] if spec.get("source") else [])
    charts = [
        one for one in sources if str(one.get("chart", "")).rpartition("/")[2] in _CHARTS
    ]
    # A source with a `ref` only brings values for the others.
    if not charts or any(one not in charts and not one.get("ref") for one in sources):
        return ()
    found = [_version(one.get("targetRevision")) for one in charts]
    return tuple(version for one in found for version in one) if all(found) else ()


def _version(text: Optional[str]) -> Tuple[str, ...]:
    """A range names no version; what it takes next is not to be seen."""
    plain = (text or "").strip().lstrip("=v").strip()
    return (plain,) if releases.parse(plain) else ()


def rests(owner: Owner, item: Raw) -> bool:
    """True for an object that puts nothing back by itself."""
    if owner.kind == APPLICATION:
        return gitops.of_application(item).state == gitops.SUSPENDED
    return (item.get("spec") or {}).get("suspend") is True


def _before(item: Raw) -> Any:
    try:
        return json.loads((item["metadata"].get("annotations") or {}).get(BEFORE, "null"))
    except ValueError:
        return None


def _same(item: Raw) -> Dict[str, Any]:
    return {"op": "test", "path": "/metadata/resourceVersion",
            "value": item["metadata"]["resourceVersion"]}


def _path(part: str, key: str) -> str:
    return f"/metadata/{part}/{key.replace('/', '~1')}"


def _ref(owner: Owner, item: Raw) -> Ref:
    return Ref(owner.kind, owner.namespace, owner.name, item["metadata"].get("uid", ""))


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]
