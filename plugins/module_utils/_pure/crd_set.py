# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which release do the installed CRDs come from? Told by content, as no label says it.

Whether objects live well under other CRDs is asked in crd_rules.py and crd_objects.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple

from . import crd_digests, crd_form, releases

# Verdicts, of the set and of each CRD in it.
EXACT, MIXED, EDITED, PARTIAL, ABSENT, UNKNOWN = (
    "exact", "mixed", "edited", "partial", "absent", "unknown",
)  # fmt: skip
GENERATOR = "controller-gen.kubebuilder.io/version"
# Who installs ARC's CRDs by the published ways (Helm, kubectl create, apply, replace), and we.
# Not among them: kubectl-edit and kubectl-patch, by which a person wrote.
_INSTALLERS = frozenset((
    "helm", "kubectl", "kubectl-create", "kubectl-replace", "kubectl-client-side-apply",
    "before-first-apply", "arc.lifecycle",
    # What has Helm built in goes by its own name (helm/helm#9870), and leaves a chart's CRDs alone
    # as Helm does: Flux (fluxcd/helm-controller#346), and Helm before 3.7.
    "helm-controller", "Go-http-client",
))  # fmt: skip
# Terraform's provider runs under a file name with its version (terraform-provider-helm_v2.13.0_x5).
_TERRAFORM = "terraform-provider-helm"
# More parts than this share differ: a CRD of a set that is not known, rather than an edited one.
EDITED_SHARE = 0.5


@dataclass(frozen=True)
class CrdMatch:
    """What one CRD is.

    `verdict`: EXACT, EDITED, ABSENT or UNKNOWN. `sets`: the sets it belongs to, several where
    a release left this CRD as it was. `nearest`, `differing`: of an edited or unknown one, the
    set with the fewest differing parts, and the paths of these. `edited_text`: exact, but for
    descriptions. `terminating`: it is being deleted. `managers`: who has written its versions and
    would put them back (see `managers_of`).
    """

    name: str
    verdict: str
    sets: Tuple[str, ...] = ()
    nearest: Optional[str] = None
    differing: Tuple[str, ...] = ()
    edited_text: bool = False
    generator: str = ""
    established: bool = True
    terminating: bool = False
    managers: Tuple[str, ...] = ()

    def as_dict(self) -> Dict[str, Any]:
        """Return the match as plain data."""
        return {
            "name": self.name,
            "verdict": self.verdict,
            "sets": list(self.sets),
            "nearest": self.nearest,
            "differing": list(self.differing),
            "edited_text": self.edited_text,
            "terminating": self.terminating,
            "managers": list(self.managers),
        }


@dataclass(frozen=True)
class CrdState:
    """What the CRDs of ARC are together.

    `verdict`: EXACT (all four of one set), MIXED (each of a known set, not the same), EDITED
    (one at least was changed by hand), PARTIAL (some are missing), ABSENT (all are), UNKNOWN
    (one at least is of no known set). `set`: the set, None unless it is one.
    `releases`: the releases that publish it, oldest first.
    """

    verdict: str
    set: Optional[str] = None
    releases: Tuple[str, ...] = ()
    crds: Tuple[CrdMatch, ...] = ()

    @property
    def span(self) -> str:
        """The releases as people write them: "0.9.0-0.10.1", or "" where there is no set."""
        if len(self.releases) < 2:
            return "".join(self.releases)
        return f"{self.releases[0]}-{self.releases[-1]}"

    @property
    def missing(self) -> Tuple[str, ...]:
        """Names of the CRDs that are not there."""
        return tuple(one.name for one in self.crds if one.verdict == ABSENT)

    def fits(self, release: str) -> bool:
        """True if these are exactly the CRDs that a release publishes."""
        return self.verdict == EXACT and release in self.releases

    def direction(self, release: str) -> str:
        """Tell how these CRDs stand to a release: "same", "behind", "ahead" or "unclear"."""
        if self.set is None or not releases.is_known(release):
            return "unclear"
        order, target = list(crd_digests.SETS), releases.release(release).crd_set
        if self.set == target:
            return "same" if self.verdict == EXACT else "unclear"
        return "behind" if order.index(self.set) < order.index(target) else "ahead"

    def as_dict(self) -> Dict[str, Any]:
        """Return the state as plain data."""
        return {
            "verdict": self.verdict,
            "set": self.set,
            "releases": list(self.releases),
            "span": self.span,
            "crds": [one.as_dict() for one in self.crds],
        }

    def __str__(self) -> str:
        if self.verdict == EXACT:
            return f"CRDs of {self.span}"
        if self.verdict == ABSENT:
            return "no CRDs"
        return f"CRDs {self.verdict}: {self.each}"

    @property
    def each(self) -> str:
        """What each of the four CRDs is, in words."""
        return "; ".join(_said(one) for one in self.crds)


def recognise(crds: Iterable[Mapping[str, Any]]) -> CrdState:
    """Say which set of CRDs these are.

    `crds`: CustomResourceDefinitions as files or the API give them, any order; those of other
    groups are left aside.
    """
    by_name = {(crd.get("metadata") or {}).get("name"): crd for crd in crds}
    matches = tuple(_match(name, by_name.get(name)) for name in crd_digests.NAMES)
    present = [one for one in matches if one.verdict != ABSENT]
    if not present:
        return CrdState(ABSENT, crds=matches)
    common = _common(present)
    for verdict in (UNKNOWN, EDITED):
        if any(one.verdict == verdict for one in present):
            return CrdState(verdict, crds=matches)
    if len(present) < len(matches):
        return _state(PARTIAL, common, matches)
    return _state(EXACT if common else MIXED, common, matches)


def managers_of(crd: Mapping[str, Any], fields: Iterable[str]) -> Tuple[str, ...]:
    """Return who manages one of these fields of the spec and would put its own state back.

    Those that install CRDs and leave them alone from then on are none of them.
    """
    wanted = {f"f:{name}" for name in fields}
    found = {
        str(entry.get("manager", ""))
        for entry in (crd.get("metadata") or {}).get("managedFields") or ()
        if wanted & set((entry.get("fieldsV1") or {}).get("f:spec") or ())
    }
    return tuple(sorted(
        one for one in found - _INSTALLERS if not one.startswith(_TERRAFORM)
    ))


def releases_of(crd_set: str) -> Tuple[str, ...]:
    """Return the releases that publish a set, oldest first."""
    return tuple(name for name, one in releases.RELEASES.items() if one.crd_set == crd_set)


def _state(verdict: str, sets: Tuple[str, ...], matches: Tuple[CrdMatch, ...]) -> CrdState:
    if len(sets) != 1:
        return CrdState(verdict, crds=matches)
    return CrdState(verdict, sets[0], releases_of(sets[0]), matches)


def _match(name: str, crd: Optional[Mapping[str, Any]]) -> CrdMatch:
    if crd is None:
        return CrdMatch(name, ABSENT)
    meta = crd.get("metadata") or {}
    signs: Dict[str, Any] = {
        "generator": (meta.get("annotations") or {}).get(GENERATOR, ""),
        "established": _is_established(crd),
        "terminating": "deletionTimestamp" in meta,
        "managers": managers_of(crd, ["versions"]),
    }
    form = crd_form.normalise(crd)
    sets = _sets_with(crd_digests.SHAPES[name], crd_form.digest(form))
    if not sets:
        nearest, differing, share = _nearest(name, form)
        is_newer = signs["generator"] not in crd_digests.GENERATORS
        verdict = UNKNOWN if share > EDITED_SHARE or is_newer else EDITED
        return CrdMatch(name, verdict, (), nearest, differing, **signs)
    text = crd_form.digest(crd_form.normalise(crd, with_text=True))
    same_text = _sets_with(crd_digests.TEXTS[name], text)
    # A set's own text is the better witness where several sets share one schema, unless
    # another CRD contradicts it: so all of them stay candidates.
    return CrdMatch(name, EXACT, sets, edited_text=not same_text, **signs)


def _sets_with(row: Tuple[str, ...], digest: str) -> Tuple[str, ...]:
    return tuple(name for name, one in zip(crd_digests.SETS, row) if one == digest)


def _common(matches: List[CrdMatch]) -> Tuple[str, ...]:
    return tuple(name for name in crd_digests.SETS if all(name in one.sets for one in matches))


def _nearest(name: str, form: Mapping[str, Any]) -> Tuple[str, Tuple[str, ...], float]:
    """Return the newest set with the fewest parts that differ, these parts, and their share."""
    mine, rows = crd_form.sections(form), crd_digests.SECTIONS[name]
    best: Tuple[str, Tuple[str, ...], float] = ("", (), 2.0)
    for column, known in enumerate(crd_digests.SETS):
        theirs = {path: row.split()[column] for path, row in rows.items()}
        theirs = {path: digest for path, digest in theirs.items() if digest != "-"}
        paths = tuple(
            path for path in sorted({*mine, *theirs}) if mine.get(path) != theirs.get(path)
        )
        share = len(paths) / max(len(mine), len(theirs))
        if share <= best[2]:
            best = (known, paths, share)
    return best


def _is_established(crd: Mapping[str, Any]) -> bool:
    """A file has no conditions: only a stored CRD can say that it is not served."""
    conditions = (crd.get("status") or {}).get("conditions") or ()
    told = [one.get("status") for one in conditions if one.get("type") == "Established"]
    return all(status == "True" for status in told)


def _said(match: CrdMatch) -> str:
    if match.verdict == EXACT:
        return f"{match.name} of {', '.join(match.sets)}"
    if match.verdict in (EDITED, UNKNOWN):
        count = len(match.differing)
        where = f"{count} part{'s' * (count != 1)} unlike {match.nearest}"
        if match.verdict == EDITED:
            where += f": {', '.join(match.differing[:2])}{', …' * (count > 2)}"
        return f"{match.name} {match.verdict} ({where})"
    return f"{match.name} {match.verdict}"
