# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which sets do the options of a drain mean, and is any of them nothing but a slip of the pen?"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, List, Mapping, Tuple

from . import drain_leaving, drain_report, reads
from .drain_memory import Story
from .drain_selection import PARTIAL_WAYS, Selection, Selector, named, select
from .drain_types import View
from .errors import BadInput
from .objects import Cluster


def begin(view: View, options: Mapping[str, Any], now: datetime) -> Story:
    """Return a drain that has not begun. `options`: of the module.

    Raises BadInput where they select nothing or name what is not there, unless `allow_none`.
    """
    selection = selection_of(options, view.cluster)
    left = {
        one.key for one in selection.targets
        if not one.uid and not _is_nothing(drain_leaving.remains(view.cluster, one, {}))
    }
    absent = tuple(one for one in selection.missing if not any(_fits(one, key) for key in left))
    if not options["allow_none"] and (absent or not selection.targets):
        raise BadInput(
            cluster=view.cluster.id.name,
            object="selection of scale sets",
            cause=f"{', '.join(absent)}: there is no such set, nor anything left of one"
            if absent else "no set fits it",
            next_step=f"Correct it, or set {named('allow_none')} if that is fine too",
            details={"not_selected": [drain_report.skipped(one) for one in selection.skipped]},
        )
    return Story(
        begun=now,
        targets=selection.targets,
        not_selected=tuple(map(drain_report.skipped, selection.skipped)),
        missing=absent,
    )


def selection_of(options: Mapping[str, Any], cluster: Cluster) -> Selection:
    """Return which sets of the cluster the options mean. Raises BadInput."""
    _require_one_way(options)
    named = options["scale_sets"]
    if named is not None and not named:
        return Selection(())
    names = options["names"] or []
    return select(cluster, Selector(
        namespaces=(options["namespace"],) if options["namespace"] else (),
        names=tuple(f"{one['namespace']}/{one['name']}" for one in named or ()) or tuple(names),
        labels=_labels(options["label_selector"] or []),
        controller=options["controller"] or "",
        everything=options["all"],
    ))


def _require_one_way(options: Mapping[str, Any]) -> None:
    """A role passes every option it has, so one that says nothing is not counted."""
    others = [one for one in PARTIAL_WAYS if options[one]]
    for whole in (one for one in ("scale_sets", "all") if options[one]):
        also = [*others, *(["all"] if whole == "scale_sets" and options["all"] else [])]
        if also:
            raise BadInput(
                cluster="", object=f"option {named(whole)}",
                cause=f"it says what to drain, and so does {', '.join(map(named, also))}",
                next_step=f"Leave out {' and '.join(also)}, or {whole}",
            )


def _labels(texts: List[str]) -> Dict[str, str]:
    labels = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not (key and equals) or value.startswith("=") or key.endswith("!"):
            raise BadInput(
                cluster="", object=f"option {named('label_selector')}",
                cause=f"{text!r} is not key=value",
                next_step="Give a list of key=value; a set has to have all of them",
            )
        labels[key.strip()] = value.strip()
    return labels


def _fits(name: str, key: Tuple[str, str]) -> bool:
    namespace, _slash, bare = name.rpartition("/")
    return bare == key[1] and namespace in ("", key[0])


def _is_nothing(left: drain_leaving.Remains) -> bool:
    is_unseen = not reads.is_read(left.helpers)
    return not (left.listeners or left.runner_sets or left.runners or is_unseen or left.helpers)
