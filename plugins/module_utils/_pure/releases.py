# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is true of an ARC release, and what lies between two of them.

This is the only place that compares releases; the data stands in release_facts.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

from . import errors, release_facts

FINALIZERS = release_facts.FINALIZERS
CLEANUP_PROTECTION = "actions.github.com/cleanup-protection"

CONTROLLER_CHART = "gha-runner-scale-set-controller"
SCALE_SET_CHART = "gha-runner-scale-set"
EXPERIMENTAL_CHARTS = (
    "gha-runner-scale-set-experimental",
    "gha-runner-scale-set-controller-experimental",
)
# Keys of the Secret that githubConfigSecret names; one of these sets has to be whole (arc's
# charts/gha-runner-scale-set/values.yaml).
CREDENTIALS = (
    ("github_token",),
    ("github_app_id", "github_app_installation_id", "github_app_private_key"),
)
SCALE_SET_CHARTS = (SCALE_SET_CHART, "gha-runner-scale-set-experimental")
CONTROLLER_CHARTS = (CONTROLLER_CHART, "gha-runner-scale-set-controller-experimental")

# Its own image, also from a mirror; of other images the tag says nothing.
_RUNNER_IMAGE = re.compile(r".*/actions-runner:v?([0-9]+)\.([0-9]+)\.([0-9]+)(@.*)?")

# Phases of a runner that has not started, and of one that will never run a job again.
NOT_STARTED = ("", "Pending")
ENDED_BADLY = ("Failed", "Outdated")

NONE, IN_PLACE, FULL_CYCLE = "none", "in_place", "full_cycle"

_NUMBER = "(0|[1-9][0-9]*)"
_RELEASE = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}")
# `parseSemver` of ARC's API/version.go at 0.12.0: text after the patch digits is ignored,
# a number has no leading zero.
_GATE_VERSION = re.compile(
    r"(0|[1-9][0-9]*)(?:\.(0|[1-9][0-9]*)(?:\.(?:0(?![0-9])|[1-9][0-9]*).*)?)?", re.DOTALL
)
_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


@dataclass(frozen=True)
class Release:
    """All facts that hold for one release; their meaning stands in release_facts.FACTS."""

    name: str
    number: Tuple[int, int, int]
    tagged: str
    is_supported: bool
    gate: str
    crd_set: str
    listener_hash: str
    job_fields: Tuple[str, ...]
    controller_job_field: str
    has_capacity_header: bool
    acquires: str
    helper_pace: str
    has_update_strategy: bool
    scale_set_phases: Tuple[str, ...]
    failed_runner: str
    requires_patch_id: bool
    failures_type: str
    jit_config: str
    finished_runner_needs_github: bool
    has_mirror_secret: bool
    dind_minimum_kubernetes: Optional[Tuple[int, int]]
    min_runners_means: str
    listener_config: str
    drain_traps: Tuple[str, ...]
    has_experimental_charts: bool
    known_bugs: Tuple[str, ...]
    advice: Tuple[str, ...]


@dataclass(frozen=True)
class Hop:
    """What lies between two releases.

    `kind`: NONE, IN_PLACE (the gate lets live sets through) or FULL_CYCLE.
    `notes`: ids of release_facts.CROSSINGS on the way, in either direction.
    """

    from_release: str
    to_release: str
    kind: str
    crds_change: bool
    downgrade: bool
    notes: Tuple[str, ...] = ()

    def as_dict(self) -> Dict[str, Any]:
        """Return the hop as plain data."""
        return {
            "from": self.from_release,
            "to": self.to_release,
            "kind": self.kind,
            "crds_change": self.crds_change,
            "downgrade": self.downgrade,
            "notes": list(self.notes),
        }


def parse(text: Optional[str]) -> Optional[Tuple[int, int, int]]:
    """Return the numbers of a release name, None for anything else ("dev", "latest", "v0.9.0")."""
    match = _RELEASE.fullmatch(text or "")
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def is_known(name: Optional[str]) -> bool:
    """True if the table has this release."""
    return name in RELEASES


def release(name: str) -> Release:
    """Return the facts of a release. Raises BadInput if the table does not have it."""
    found = RELEASES.get(name)
    if found is None:
        raise errors.BadInput(
            cluster="",
            object=f"release {name!r}",
            cause=f"it is none of the known ARC releases {OLDEST} to {LATEST}",
            next_step="Give one of " + ", ".join(SUPPORTED),
        )
    return found


def nearest(name: Optional[str]) -> Optional[Release]:
    """Return the newest known release that is not newer than this one, None if unreadable.

    For reading objects of a release that the table does not have yet; never for planning.
    """
    number = parse(name)
    if number is None:
        return None
    older = [one for one in RELEASES.values() if one.number <= number]
    return max(older, key=lambda one: one.number, default=None)


def hop(from_release: str, to_release: str) -> Hop:
    """Return what lies between two known releases. Raises BadInput for an unknown one."""
    start, end = release(from_release), release(to_release)
    return Hop(
        from_release=start.name,
        to_release=end.name,
        kind=_kind(start, end),
        crds_change=start.crd_set != end.crd_set,
        downgrade=end.number < start.number,
        notes=_crossed(start, end),
    )


def gate_allows(label: Optional[str], build: str) -> bool:
    """Tell whether a controller of this build keeps a scale set with this version label.

    False means that it deletes the set. `label`: None where the object has none.
    A build that the table does not have is taken for one of the present rule.
    """
    label = label or ""
    known = nearest(build)
    return _GATES[known.gate if known else "minor"](label, build)


def listener_name(
    rule: str, *, namespace: str, scale_set: str, group: str = "", url: str = ""
) -> str:
    """Return the name a controller gives to a set's listener. `rule`: Release.listener_hash.

    `group`, `url`: raw `spec.runnerGroup` and `spec.githubConfigUrl`.
    """
    text = namespace if rule == "namespace" else f"{namespace}@{group}@{url}"
    return f"{scale_set}-{_short_hash(text)}-listener"


def release_of_image(image: str) -> Optional[str]:
    """Return the release that an image reference names by its tag, None if it names none."""
    last = image.partition("@")[0].rpartition("/")[2]
    tag = last.partition(":")[2]
    return tag if parse(tag) else None


def minimum_kubernetes(name: str, container_mode: Optional[str]) -> Optional[Tuple[int, int]]:
    """Return the oldest Kubernetes on which sets of this mode work, None if none is known."""
    return release(name).dind_minimum_kubernetes if container_mode == "dind" else None


def fact_source(field: str, name: str) -> str:
    """Return where a fact of a release can be checked."""
    return _fact(field, release(name).number).source


def named_helpers(annotations: Mapping[str, str]) -> Iterator[Tuple[str, str, str]]:
    """Yield (kind, name, role) of the helpers that annotations of a scale set point at."""
    for annotation, name in sorted(annotations.items()):
        if annotation in release_facts.CLEANUP_ANNOTATIONS:
            kind, role = release_facts.CLEANUP_ANNOTATIONS[annotation]
            yield kind, name, role


def _kind(start: Release, end: Release) -> str:
    if start.name == end.name:
        return NONE
    keeps = gate_allows(start.name, end.name) and gate_allows(end.name, start.name)
    return IN_PLACE if keeps else FULL_CYCLE


def _crossed(start: Release, end: Release) -> Tuple[str, ...]:
    low, high = sorted((start.number, end.number))
    return tuple(
        note
        for at, note, _text, _source in release_facts.CROSSINGS
        if low < _number(at) <= high
    )


def _gate_minor(label: str, build: str) -> bool:
    if build == "dev" or label == build or build.startswith("canary-"):
        return True
    ours, theirs = _GATE_VERSION.fullmatch(label), _GATE_VERSION.fullmatch(build)
    if not (ours and theirs):
        return False
    return (ours[1], ours[2] or "0") == (theirs[1], theirs[2] or "0")


_GATES = {
    "none": lambda label, build: True,
    "exact": lambda label, build: label == build,
    "minor": _gate_minor,
}


def _short_hash(text: str) -> str:
    """FNV-1a 32 in decimal, in Kubernetes' safe alphabet, cut to 8 (ARC hash/fnv.go)."""
    value = 0x811C9DC5
    for byte in text.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return "".join(_ALPHABET[ord(digit) % len(_ALPHABET)] for digit in str(value))[:8]


def _number(name: str) -> Tuple[int, int, int]:
    number = parse(name)
    if number is None:
        raise ValueError(f"{name!r} is no release")
    return number


def _fact(field: str, number: Tuple[int, int, int]) -> release_facts.Fact:
    return [one for one in release_facts.FACTS[field] if _number(one.since) <= number][-1]


def _spans(spans: Tuple[release_facts.Span, ...], number: Tuple[int, int, int]) -> Tuple[str, ...]:
    return tuple(
        span.id for span in spans if _number(span.first) <= number <= _number(span.last)
    )


def _build(name: str) -> Release:
    number = _number(name)
    facts = {field: _fact(field, number).value for field in release_facts.FACTS}
    return Release(
        name=name,
        number=number,
        tagged=release_facts.TAGGED[name],
        is_supported=number >= _number(release_facts.OLDEST_SUPPORTED),
        known_bugs=_spans(release_facts.KNOWN_BUGS, number),
        advice=_spans(release_facts.ADVICE, number),
        **facts,
    )


def runner_version(image: str) -> Tuple[int, ...]:
    """Return the version that the tag of ARC's runner image tells, () where it tells none."""
    match = _RUNNER_IMAGE.fullmatch(image)
    return tuple(int(part) for part in match.groups()[:3]) if match else ()


def is_refused_runner(version: Tuple[int, ...]) -> bool:
    """Tell whether GitHub refuses runners of a version; a GitHub Enterprise Server takes older ones."""
    return version <= tuple(int(part) for part in release_facts.RUNNER_REFUSED.split("."))


def _all_job_fields() -> Tuple[str, ...]:
    found: List[str] = []
    for fact in release_facts.FACTS["job_fields"]:
        found.extend(field for field in fact.value if field not in found)
    return tuple(found)


RELEASES: Dict[str, Release] = {name: _build(name) for name in release_facts.TAGGED}
SUPPORTED: Tuple[str, ...] = tuple(one.name for one in RELEASES.values() if one.is_supported)
OLDEST, LATEST = min(RELEASES, key=_number), max(RELEASES, key=_number)
# Every field by which any release shows that a runner has a job.
BUSY_FIELDS: Tuple[str, ...] = _all_job_fields()
