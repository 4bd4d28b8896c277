# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Would Argo CD or Flux put an object back, and which command stops that for a while?

The marks on the object name who owns it, and what was read of the owner says whether it is at
work. Nothing is read here. An owner that is not in this cluster may be at work in another one,
so absence of the owner is never taken for "suspended".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, Mapping, NamedTuple, Optional, Sequence, Tuple

from . import reads

Raw = Mapping[str, Any]

SUSPENDED, ACTIVE, UNREAD = "suspended", "active", "unread"

APPLICATION, KUSTOMIZATION, HELM_RELEASE = "Application", "Kustomization", "HelmRelease"
RESOURCES: Mapping[str, str] = {
    APPLICATION: "applications.argoproj.io",
    KUSTOMIZATION: "kustomizations.kustomize.toolkit.fluxcd.io",
    HELM_RELEASE: "helmreleases.helm.toolkit.fluxcd.io",
}
SET_KIND = "AutoscalingRunnerSet"
# Group of the kinds that are asked about, as Argo CD writes it into its tracking id.
_GROUPS = {SET_KIND: "actions.github.com", "Deployment": "apps", APPLICATION: "argoproj.io"}

_TRACKING_ID = "argocd.argoproj.io/tracking-id"
_ARGO_INSTANCE = "argocd.argoproj.io/instance"
_INSTANCE = "app.kubernetes.io/instance"
_HELM_RELEASE_MARK = "meta.helm.sh/release-name"
_CHART_MARK = "helm.sh/chart"
_FLUX = (
    (HELM_RELEASE, "helm.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/namespace"),
    (KUSTOMIZATION, "kustomize.toolkit.fluxcd.io/name", "kustomize.toolkit.fluxcd.io/namespace"),
)
# An annotation is free text, and these names go into commands that people paste.
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?\Z")
_WORST_FIRST = (ACTIVE, UNREAD, SUSPENDED)
# How a user says that nothing is put back: to a module, to an upgrade, a drain, an uninstallation.
SAY = (
    "gitops_suspended (arc_preflight_suspended, arc_drain_gitops_suspended,"
    " arc_uninstall_gitops_suspended)"
)
_SAY_SO = f"say so once you have made sure that it does not put it back: {SAY}"


class Owner(NamedTuple):
    """Who put an object there. `namespace`: "" where the marks do not say.

    `is_guess`: named by a label that charts set as well; proven only by its list of resources.
    """

    kind: str
    namespace: str
    name: str
    is_guess: bool = False

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else (
            f"{self.kind} {self.name}"
        )

    def as_dict(self) -> Dict[str, str]:
        """Return which object it is, as it stands in results."""
        return {"kind": self.kind, "namespace": self.namespace, "name": self.name}


@dataclass(frozen=True)
class Verdict:
    """What is known of the owners of one object, the worst of them first.

    `state`: SUSPENDED, ACTIVE or UNREAD. `remedy`: what stops them, "" for SUSPENDED.
    """

    owner: str
    state: str
    reason: str
    remedy: str

    def as_dict(self) -> Mapping[str, str]:
        """Return the verdict as plain data."""
        return {
            "owner": self.owner, "state": self.state, "reason": self.reason,
            "remedy": self.remedy,
        }


def owners(raw: Raw, kind: str = SET_KIND) -> Tuple[Owner, ...]:
    """Return who owns an object by its own marks, () if nobody does. `kind`: of the object."""
    meta = raw["metadata"]
    labels, annotations = meta.get("labels") or {}, meta.get("annotations") or {}
    found = [
        Owner(owner_kind, labels[space_mark], labels[name_mark])
        for owner_kind, name_mark, space_mark in _FLUX
        if labels.get(name_mark) and labels.get(space_mark)
    ]
    tracked = _tracked(annotations.get(_TRACKING_ID, ""), meta, kind)
    if tracked is not None:
        return (*found, tracked)
    named = labels.get(_ARGO_INSTANCE) or annotations.get(_ARGO_INSTANCE)
    is_marked = found or _TRACKING_ID in annotations
    guessed = "" if is_marked else _label_of_chart(labels, annotations)
    application = _application(named or guessed, is_guess=not named)
    return (*found, application) if application is not None else tuple(found)


def maker(raw: Raw) -> Optional[Owner]:
    """Return the Kustomization that made a HelmRelease, None if no mark names one."""
    labels = raw["metadata"].get("labels") or {}
    _kind, name_mark, space_mark = _FLUX[1]
    if labels.get(name_mark) and labels.get(space_mark):
        return Owner(KUSTOMIZATION, labels[space_mark], labels[name_mark])
    return None


def above(owner: Owner, item: Raw) -> Tuple[Owner, ...]:
    """Return what made an owner and would set back what is changed in it."""
    if owner.kind == APPLICATION:
        return tuple(one for one in owners(item, APPLICATION) if not one.is_guess)
    made_by = maker(item) if is_set_by_git(item) else None
    return (made_by,) if made_by is not None else ()


def template_of(application: Raw) -> str:
    """Return the name of the ApplicationSet that made an Application, "" if none did."""
    return next((
        one.get("name", "") for one in application["metadata"].get("ownerReferences") or ()
        if one.get("kind") == "ApplicationSet"
    ), "")


def items_for(answer: reads.Read, raw: Raw, kind: str) -> Sequence[Raw]:
    """Return the owners that were read under one name; of Applications those that list it."""
    items = answer.items if isinstance(answer, reads.Known) else ()
    return [one for one in items if _lists(one, raw, kind)] or items


def judge(raw: Raw, answers: Mapping[Owner, reads.Read], kind: str = SET_KIND) -> Optional[Verdict]:
    """Judge one object; None if nobody owns it.

    `answers`: what was read of each owner and of their makers; Known holds the object itself, or
    every Application of that name where the namespace was not known. A missing one is unread.
    """
    marked = marks_without_owner(raw, kind)
    verdicts = [] if marked is None else [marked]
    for owner in owners(raw, kind):
        answer = answers.get(owner, reads.Unread(reads.NOT_ASKED))
        if owner.is_guess and not is_proven(answer, raw, kind):
            continue
        verdicts.append(of_owner(owner, answer, answers, raw, kind))
    return _worst(verdicts) if verdicts else None


def _tracked(text: str, meta: Raw, kind: str) -> Optional[Owner]:
    """Read "app:group/kind:namespace/name"; a copy from another object's mark owns nothing."""
    app, _colon, rest = text.partition(":")
    itself = f"{_GROUPS.get(kind, '')}/{kind}:{meta.get('namespace', '')}/{meta['name']}"
    if not app or rest != itself:
        return None
    return _application(app)


def _application(text: str, is_guess: bool = False) -> Optional[Owner]:
    """An Application outside of Argo CD's own namespace is written "namespace_name"."""
    namespace, underscore, name = text.rpartition("_")
    is_sound = _NAME.match(name) and (not underscore or _NAME.match(namespace))
    return Owner(APPLICATION, namespace, name, is_guess) if is_sound else None


def _label_of_chart(labels: Raw, annotations: Raw) -> str:
    """Return the label by which Argo CD tracked before its release 3, "" where it says nothing.

    Charts set it too. An object of a chart that Helm did not put there may be Argo CD's, which
    renders charts by itself.
    """
    is_rendered = labels.get(_CHART_MARK) and not annotations.get(_HELM_RELEASE_MARK)
    return labels.get(_INSTANCE, "") if is_rendered else ""


def marks_without_owner(raw: Raw, kind: str) -> Optional[Verdict]:
    """Judge a tracking id that fits no Application or another object: somebody copied it here."""
    meta = raw["metadata"]
    text = (meta.get("annotations") or {}).get(_TRACKING_ID, "")
    if not text or _tracked(text, meta, kind) is not None or owners(raw, kind):
        return None
    return Verdict(
        "Argo CD", UNREAD, f"its annotation {_TRACKING_ID} is not about this object",
        f"Find out who put it there, then {_SAY_SO}",
    )


def is_proven(answer: reads.Read, raw: Raw, kind: str) -> bool:
    """True if the Application that was read lists the object as its own."""
    return isinstance(answer, reads.Known) and any(_lists(one, raw, kind) for one in answer.items)


def _lists(application: Raw, raw: Raw, kind: str) -> bool:
    """True if the Application's own list of resources has the object."""
    meta = raw["metadata"]
    wanted = (_GROUPS.get(kind, ""), kind, meta.get("namespace", ""), meta["name"])
    return any(
        (one.get("group", ""), one.get("kind"), one.get("namespace", ""), one.get("name"))
        == wanted
        for one in (application.get("status") or {}).get("resources") or ()
    )


def of_owner(
    owner: Owner, answer: reads.Read, answers: Mapping[Owner, reads.Read], raw: Raw, kind: str
) -> Verdict:
    """Judge one owner. `answer`: what was read of it; `answers`: what was read of its maker."""
    if isinstance(answer, reads.Unread):
        right = f"grant the right to {answer.missing_right}, or " if answer.missing_right else ""
        return _unread(owner, f"it was not read: {answer.reason}", right)
    if isinstance(answer, reads.KindAbsent) or not answer.items:
        what = "this cluster does not serve the kind" if isinstance(answer, reads.KindAbsent) else (
            "it is not in this cluster"
        )
        return _unread(owner, f"{what}, so it may be at work in another one")
    if owner.kind == APPLICATION:
        return _worst([of_application(one) for one in items_for(answer, raw, kind)])
    (item,) = answer.items
    return _of_flux(owner, item, answers)


def _unread(owner: Owner, reason: str, right: str = "") -> Verdict:
    remedy = f"{right}{_SAY_SO}"
    return Verdict(str(owner), UNREAD, reason, remedy[0].upper() + remedy[1:])


def of_application(item: Raw) -> Verdict:
    """Judge an Application.

    An automated sync without self-heal puts a deleted object back with the next commit to its
    repository, whatever that commit is about; a drain may take hours. So it counts as active.
    """
    meta = item["metadata"]
    owner = Owner(APPLICATION, meta.get("namespace", ""), meta["name"])
    automated = ((item.get("spec") or {}).get("syncPolicy") or {}).get("automated")
    if automated is None:
        return Verdict(str(owner), SUSPENDED, "it syncs by hand only", "")
    if automated.get("enabled") is False:
        return Verdict(str(owner), SUSPENDED, "its automated sync is disabled", "")
    reason = "it syncs by itself and heals itself" if automated.get("selfHeal") else (
        "it syncs by itself: without self-heal the next commit puts the object back"
    )
    return Verdict(str(owner), ACTIVE, reason, _stop_application(owner, item))


def _stop_application(owner: Owner, item: Raw) -> str:
    template = template_of(item)
    patch = _patch(owner, '{"spec":{"syncPolicy":{"automated":null}}}')
    command = f"argocd app set {owner.namespace}/{owner.name} --sync-policy none (or: {patch})"
    if template:
        return (
            f"Take the automated sync out of the template of ApplicationSet "
            f"{owner.namespace}/{template}, which sets it back on its Applications; or let it "
            f"ignore /spec/syncPolicy (ignoreApplicationDifferences), then {command}"
        )
    return command


def _of_flux(owner: Owner, item: Raw, answers: Mapping[Owner, reads.Read]) -> Verdict:
    above = maker(item) if owner.kind == HELM_RELEASE else None
    is_in_git = above is not None and is_set_by_git(item)
    if (item.get("spec") or {}).get("suspend") is True:
        return Verdict(str(owner), SUSPENDED, f"it is suspended{_about(above, is_in_git)}", "")
    reason = "it is not suspended, and puts the object back with the next commit"
    if owner.kind == KUSTOMIZATION or _heals(item):
        reason = "it is not suspended, and puts the object back"
    steps = [_suspend(owner)]
    if above is not None and is_in_git and not _is_suspended(answers.get(above)):
        reason += f"; {above} keeps its spec.suspend as Git has it"
        steps.insert(0, _suspend(above))
    return Verdict(str(owner), ACTIVE, reason, "; then ".join(steps))


def _about(above: Optional[Owner], is_in_git: bool) -> str:
    if above is None:
        return ""
    whose = "as Git has it" if is_in_git else "and Git does not set spec.suspend"
    return f" ({above} made it, {whose})"


def is_set_by_git(item: Raw) -> bool:
    """True if the Kustomization's own controller holds `spec.suspend`: what is set by hand goes."""
    return any(
        "f:suspend" in ((one.get("fieldsV1") or {}).get("f:spec") or {})
        for one in item["metadata"].get("managedFields") or ()
        if one.get("manager") == "kustomize-controller"
    )


def _is_suspended(answer: Optional[reads.Read]) -> bool:
    return isinstance(answer, reads.Known) and any(
        (one.get("spec") or {}).get("suspend") is True for one in answer.items
    )


def _heals(item: Raw) -> bool:
    detection = (item.get("spec") or {}).get("driftDetection") or {}
    return detection.get("mode") == "enabled"


def _suspend(owner: Owner) -> str:
    command = f"flux suspend {owner.kind.lower()} {owner.name} -n {owner.namespace}"
    # kustomize-controller takes back what is written under kubectl's own name.
    patch = _patch(owner, '{"spec":{"suspend":true}}', " --field-manager=flux")
    return f"{command} (or: {patch})"


def _patch(owner: Owner, body: str, more: str = "") -> str:
    return (
        f"kubectl patch {RESOURCES[owner.kind]} {owner.name} -n {owner.namespace} "
        f"--type merge{more} -p '{body}'"
    )


def _worst(verdicts: Sequence[Verdict]) -> Verdict:
    """Join the verdicts of all owners, at least one: one that is at work is enough."""
    state = min((one.state for one in verdicts), key=_WORST_FIRST.index)
    found = [one for one in verdicts if one.state == state]
    if len(found) == 1:
        return found[0]
    return Verdict(
        ", ".join(one.owner for one in found), state,
        "; ".join(f"{one.owner}: {one.reason}" for one in found),
        "; then ".join(one.remedy for one in found if one.remedy),
    )
